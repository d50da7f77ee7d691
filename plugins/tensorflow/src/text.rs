//! Graphs and SavedModels in the text format of protocol buffers (`saved_model.pbtxt`, `graph.pbtxt`), which loaders take too.
//!
//! <https://protobuf.dev/reference/protobuf/textformat-spec/>. What is read is the same as of the binary form: nodes, their operators, and the
//! constants that they are given.

use crate::resolve::{Known, Node, Source};
use crate::{arguments, limits, state};
use weighbridge_sdk::{Failure, Input, ReadAt, Span, Stop, Window, contains};

/// Bytes of the input held at once.
const WINDOW: usize = 64 << 10;
/// Blocks within each other: as many as readers take of the binary form.
const DEPTH: usize = 200;

/// What such a text begins with.
const FIRST: [&[u8]; 9] =
    [b"saved_model_schema_version", b"meta_graphs", b"meta_info_def", b"graph_def", b"node", b"library", b"versions", b"saver_def", b"producer"];

pub(crate) fn is_text(head: &[u8]) -> bool {
    let mut text = head.trim_ascii_start();
    while text.starts_with(b"#") {
        let Some(end) = text.iter().position(|byte| *byte == b'\n') else { return false };
        text = text[end..].trim_ascii_start();
    }
    let begins = FIRST.iter().any(|first| {
        text.strip_prefix(*first).is_some_and(|rest| rest.trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'{' | b':' | b'<')))
    });
    begins && [&b"op:"[..], b"meta_graphs", b"node_def", b"graph_def"].iter().any(|word| contains(head, word))
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut text = Text {
        window: Window::new(input, WINDOW),
        report: crate::report::Report::new(input),
        at: 0,
        polled: 0,
        stack: Vec::new(),
        node: None,
        key: String::new(),
        body: 0,
        bodies: 1,
        functions: Vec::new(),
        argument: false,
        known: Known::default(),
        asked: Vec::new(),
    };
    text.walk()?;
    text.finish()
}

struct Text<'i, 'h> {
    window: Window<&'i Input<'h>>,
    report: crate::report::Report<'i, 'h>,
    at: u64,
    polled: u64,
    /// The blocks that are open.
    stack: Vec<String>,
    /// The node that is open, its name, how deep it is, and where it began.
    node: Option<(Node, String, usize, u64)>,
    /// Of the attribute that is open.
    key: String,
    /// Which nodes stand together.
    body: usize,
    bodies: usize,
    functions: Vec<(String, usize, Vec<String>)>,
    argument: bool,
    known: Known,
    asked: Vec<(usize, Node, Span)>,
}

/// A part of the text.
enum Token {
    Word(String),
    String(String),
    Mark(u8),
    End,
}

impl Text<'_, '_> {
    fn byte(&mut self) -> Result<Option<u8>, Stop> {
        if self.at - self.polled >= 32 << 10 {
            self.report.input.poll(self.at - self.polled)?;
            self.polled = self.at;
        }
        Ok(self.window.at(self.at, 1)?.first().copied())
    }

    fn token(&mut self) -> Result<Token, Stop> {
        loop {
            let Some(byte) = self.byte()? else { return Ok(Token::End) };
            match byte {
                b'#' => {
                    while self.byte()?.is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b';' => self.at += 1,
                b'"' | b'\'' => return self.string(byte),
                _ if is_word(byte) => {
                    let mut word = String::new();
                    while let Some(byte) = self.byte()?.filter(|byte| is_word(*byte)) {
                        if word.len() < limits::NAME {
                            word.push(char::from(byte));
                        }
                        self.at += 1;
                    }
                    return Ok(Token::Word(word));
                }
                mark => {
                    self.at += 1;
                    return Ok(Token::Mark(mark));
                }
            }
        }
    }

    /// A string as it stands, up to the bound, with its escapes resolved.
    fn string(&mut self, quote: u8) -> Result<Token, Stop> {
        let mut raw = vec![quote];
        let start = self.at;
        self.at += 1;
        let mut ended = false;
        while let Some(byte) = self.byte()? {
            self.at += 1;
            if raw.len() < limits::ARGUMENT * 4 {
                raw.push(byte);
            }
            if byte == quote {
                ended = true;
                break;
            }
            if byte == b'\\'
                && let Some(escaped) = self.byte()?
            {
                self.at += 1;
                raw.push(escaped);
            }
        }
        if !ended {
            self.report.broken("truncated", "text", "the end of a string", "the end of the file", start)?;
        }
        let mut text = state::unquoted(&String::from_utf8_lossy(&raw));
        text.truncate(text.floor_char_boundary(limits::ARGUMENT.min(text.len())));
        Ok(Token::String(text))
    }

    fn walk(&mut self) -> Result<(), Stop> {
        let mut field = String::new();
        let mut listed = false;
        loop {
            let start = self.at;
            let token = self.token()?;
            // The items of a list are told apart from fields by nothing but its end.
            listed = matches!(token, Token::Mark(b']')) || listed && matches!(token, Token::End);
            match token {
                Token::End => break,
                Token::Word(word) if field.is_empty() => field = word,
                Token::Word(word) => {
                    self.leaf(&field, word);
                    field.clear();
                }
                Token::String(text) => {
                    // Strings that follow each other are one; the first part tells enough.
                    self.leaf(&field, text);
                    field.clear();
                }
                Token::Mark(b':') => {}
                // An extension's or Any's name in brackets, a list: its items are told as if each had the field's name.
                Token::Mark(b'[' | b']') => {}
                Token::Mark(b'{' | b'<') => {
                    if self.stack.len() >= DEPTH {
                        let most = format!("at most {DEPTH} blocks within each other");
                        self.report.broken("limit-depth", "text", &most, "more", start)?;
                        return Ok(());
                    }
                    self.open(std::mem::take(&mut field), start);
                }
                Token::Mark(b'}' | b'>') => {
                    field.clear();
                    if self.stack.is_empty() {
                        return self.report.broken("invalid", "text", "a field", "the end of a block", start);
                    }
                    self.close()?;
                }
                Token::Mark(b'-' | b'+') => {}
                Token::Mark(mark) => {
                    return self.report.broken("invalid", "text", "a field", &char::from(mark).escape_default().to_string(), start);
                }
            }
        }
        if !field.is_empty() && !listed {
            self.report.broken("truncated", "text", "a field's value", "the end of the file", self.at)?;
        }
        if !self.stack.is_empty() {
            let found = format!("{} blocks are open", self.stack.len());
            self.report.broken("truncated", "text", "the end of each block", &found, self.at)?;
        }
        Ok(())
    }

    fn open(&mut self, field: String, at: u64) {
        match field.as_str() {
            "node" | "node_def" if self.node.is_none() => self.node = Some((Node::default(), String::new(), self.stack.len(), at)),
            "function" if self.node.is_none() => {
                self.body = self.bodies;
                self.bodies += 1;
                self.functions.push((String::new(), self.body, Vec::new()));
            }
            "input_arg" => self.argument = true,
            "attr" => self.key.clear(),
            _ => {}
        }
        self.stack.push(field);
    }

    fn close(&mut self) -> Result<(), Stop> {
        let field = self.stack.pop().unwrap_or_default();
        if let Some((node, name, _, start)) = self.node.take_if(|(_, _, depth, _)| *depth == self.stack.len()) {
            return self.told(node, name, Span::new(start, self.at));
        }
        if field == "input_arg" {
            self.argument = false;
        }
        if field == "function" && self.node.is_none() {
            self.body = 0;
        }
        Ok(())
    }

    fn leaf(&mut self, field: &str, text: String) {
        let parent = self.stack.last().map(String::as_str);
        let Some((node, name, depth, _)) = &mut self.node else {
            if let (Some("signature" | "input_arg"), "name", Some((function, _, arguments))) = (parent, field, self.functions.last_mut()) {
                if self.argument {
                    arguments.push(text);
                } else {
                    *function = text;
                }
            }
            return;
        };
        let direct = self.stack.len() == *depth + 1;
        match (field, parent) {
            ("name", _) if direct => *name = text,
            ("op", _) if direct => node.op = text,
            ("input", _) if direct && node.inputs.len() < limits::ARGUMENTS * 4 => node.inputs.push(text),
            ("key", Some("attr")) => self.key = text,
            ("name", Some("func")) if node.functions.len() < limits::ARGUMENTS => node.functions.push(text),
            ("s", Some("value" | "list")) if node.texts.len() < limits::ARGUMENTS => node.texts.push((self.key.clone(), text)),
            ("string_val", _) if node.strings.len() < limits::STRINGS => node.strings.push(text),
            _ => {}
        }
    }

    /// A node is read.
    fn told(&mut self, node: Node, name: String, at: Span) -> Result<(), Stop> {
        for function in node.functions.iter().chain([&node.op]) {
            let callers = self.known.callers.entry(function.clone()).or_default();
            if callers.len() < limits::CALLERS {
                callers.push((self.body, node.inputs.clone()));
            }
        }
        self.report.node(&node.op, at);
        let told = arguments::are_told(&node.op);
        let full = self.asked.len() >= limits::QUERIES;
        if !told || full {
            self.report.operator("tensorflow", &node.op, Vec::new(), told, false, at)?;
        }
        if told && !full {
            self.asked.push((self.body, node, at));
        } else if self.known.sources.len() < limits::NODES {
            self.known.sources.insert((self.body, name), Source::Node(node));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Failure> {
        for (function, body, arguments) in std::mem::take(&mut self.functions) {
            for (index, argument) in arguments.into_iter().enumerate() {
                self.known.sources.entry((body, argument)).or_insert(Source::Argument { function: function.clone(), index });
            }
        }
        for (body, node, at) in std::mem::take(&mut self.asked) {
            let args = self.known.arguments(body, &node);
            self.report.operator("tensorflow", &node.op, args, false, false, at)?;
        }
        self.report.finish()
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/') || byte >= 0x80
}
