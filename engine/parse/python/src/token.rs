//! Logical lines of tokens, as far as it takes to find names and strings.
//!
//! <https://docs.python.org/3/reference/lexical_analysis.html>. One pass over the bytes with counters in place of recursion: brackets and f-strings of any
//! depth cost nothing. What is no token is counted as a fault and stepped over.

use crate::{fold, limits};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    Number,
    String,
    /// A bracket, or the edge of an f-string's field.
    Open,
    Close,
    Operator,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: Kind,
    /// A name in its own form, a string's content, an operator.
    pub text: String,
    /// Offset in the source.
    pub at: usize,
    /// Brackets around it.
    pub depth: u32,
}

impl Token {
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::String && self.text == text
    }
}

/// A logical line, or a piece of a very long one.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub indent: u32,
    pub tokens: Vec<Token>,
    /// Offset of its beginning and of its end.
    pub at: usize,
    pub end: usize,
    /// The line goes on after the piece.
    pub piece: bool,
}

struct Field {
    quote: u8,
    triple: bool,
    raw: bool,
    /// Brackets around the field that is being read.
    depth: u32,
}

pub(crate) struct Tokens<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    depth: u32,
    indent: u32,
    fields: Vec<Field>,
    pub faults: u64,
    /// The source ended inside a string or a bracket.
    pub open: bool,
}

impl<'s> Tokens<'s> {
    pub fn new(source: &'s str) -> Self {
        let start = if source.starts_with('\u{feff}') { 3 } else { 0 };
        Tokens { source, bytes: source.as_bytes(), at: start, depth: 0, indent: 0, fields: Vec::new(), faults: 0, open: false }
    }

    /// The next line that has tokens.
    pub fn line(&mut self) -> Option<Line> {
        let mut line = Line::default();
        let mut fresh = self.depth == 0;
        while self.at < self.bytes.len() {
            if fresh {
                self.indentation();
                fresh = false;
                line.at = self.at;
            }
            if line.tokens.len() >= limits::LINE {
                line.piece = true;
                break;
            }
            let Some(&byte) = self.bytes.get(self.at) else { break };
            match byte {
                b'\n' | b'\r' => {
                    self.at += 1;
                    if self.depth == 0 {
                        if !line.tokens.is_empty() {
                            break;
                        }
                        fresh = true;
                    }
                }
                b' ' | b'\t' | 0x0c => self.at += 1,
                b'#' => self.at = self.end_of_line(),
                b'\\' if matches!(self.bytes.get(self.at + 1), Some(b'\n' | b'\r')) => {
                    self.at += 2 + usize::from(self.bytes.get(self.at + 1..self.at + 3) == Some(b"\r\n"));
                }
                _ => self.token(&mut line.tokens),
            }
        }
        line.indent = self.indent;
        line.end = self.at;
        if self.at >= self.bytes.len() && self.depth > 0 {
            self.open = true;
        }
        (!line.tokens.is_empty()).then_some(line)
    }

    fn indentation(&mut self) {
        self.indent = 0;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b' ' => self.indent = self.indent.saturating_add(1),
                b'\t' => self.indent = (self.indent / 8).saturating_add(1).saturating_mul(8),
                0x0c => self.indent = 0,
                _ => break,
            }
            self.at += 1;
        }
    }

    fn end_of_line(&self) -> usize {
        self.bytes[self.at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(self.bytes.len(), |n| self.at + n)
    }

    fn push(&mut self, out: &mut Vec<Token>, kind: Kind, text: impl Into<String>, at: usize) {
        out.push(Token { kind, text: text.into(), at, depth: self.depth });
    }

    fn token(&mut self, out: &mut Vec<Token>) {
        let start = self.at;
        let byte = self.bytes[start];
        let field = self.fields.last().is_some_and(|field| field.depth == self.depth);
        match byte {
            b'"' | b'\'' => self.string(out, start),
            b'0'..=b'9' => {
                while self.bytes.get(self.at).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')) {
                    self.at += 1;
                }
                self.push(out, Kind::Number, &self.source[start..self.at], start);
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => self.word(out, start),
            b'(' | b'[' | b'{' => {
                self.at += 1;
                self.push(out, Kind::Open, char::from(byte), start);
                self.depth = self.depth.saturating_add(1);
            }
            b'}' if field => {
                self.at += 1;
                self.close_field(out, start);
            }
            b':' if field => {
                // A format specification: text again, with fields of its own.
                self.at += 1;
                self.push(out, Kind::Operator, ":", start);
                self.fstring_text(out, true);
            }
            b'!' if field && self.bytes.get(self.at + 1) != Some(&b'=') => {
                // A conversion: `!r`.
                self.at += 1;
                while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
                    self.at += 1;
                }
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                if self.depth == 0 || field {
                    self.faults += 1;
                } else {
                    self.depth -= 1;
                }
                self.push(out, Kind::Close, char::from(byte), start);
            }
            b'.' | b',' | b';' | b':' | b'=' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^' | b'~' | b'@' | b'!' => {
                let rest = &self.bytes[start..];
                let length = if rest.starts_with(b"**=") || rest.starts_with(b"//=") || rest.starts_with(b">>=") || rest.starts_with(b"<<=") {
                    3
                } else if !matches!(byte, b'.' | b',' | b';') && rest.get(1) == Some(&b'=') || rest.starts_with(b"->") {
                    2
                } else {
                    1
                };
                if byte == b'!' && length == 1 {
                    self.faults += 1;
                }
                self.at += length;
                self.push(out, Kind::Operator, &self.source[start..self.at], start);
            }
            _ => {
                self.faults += 1;
                self.at += 1;
            }
        }
    }

    fn word(&mut self, out: &mut Vec<Token>, start: usize) {
        let rest = &self.source[start..];
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || !c.is_ascii())).unwrap_or(rest.len());
        let word = &rest[..length];
        self.at += length;
        let quoted = matches!(self.bytes.get(self.at), Some(b'"' | b'\''));
        if quoted && length <= 3 && word.bytes().all(|b| b"rRbBuUfFtT".contains(&b)) {
            return self.string(out, start);
        }
        if !word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || !c.is_ascii() && !c.is_ascii_punctuation()) {
            self.faults += 1;
        }
        let name = if word.is_ascii() { word.to_owned() } else { fold::identifier(word) };
        self.push(out, Kind::Name, name, start);
    }

    /// A string whose prefix begins at `start` and whose quote is here.
    fn string(&mut self, out: &mut Vec<Token>, start: usize) {
        let prefix = self.source[start..self.at].to_ascii_lowercase();
        let quote = self.bytes[self.at];
        let triple = self.bytes.get(self.at..self.at + 3).is_some_and(|quotes| quotes.iter().all(|b| *b == quote));
        self.at += if triple { 3 } else { 1 };
        let raw = prefix.contains('r');
        if prefix.contains(['f', 't']) && self.fields.len() < limits::FSTRINGS {
            self.depth = self.depth.saturating_add(1);
            self.fields.push(Field { quote, triple, raw, depth: self.depth });
            self.fstring_text(out, false);
            return;
        }
        let body = self.at;
        let mut end = self.bytes.len();
        let mut closed = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'\\' {
                self.at += 2;
            } else if byte == quote && (!triple || self.bytes[self.at..].starts_with(&[quote; 3])) {
                (end, closed) = (self.at, true);
                self.at += if triple { 3 } else { 1 };
                break;
            } else if byte == b'\n' && !triple {
                (end, closed) = (self.at, true);
                self.faults += 1;
                break;
            } else {
                self.at += 1;
            }
        }
        self.at = self.at.min(self.bytes.len());
        self.open |= !closed;
        let text = unescape(&self.source[body..end], raw);
        self.push(out, Kind::String, text, start);
    }

    /// Text of an f-string up to its next field or its end; in a format specification up to the end of the field.
    fn fstring_text(&mut self, out: &mut Vec<Token>, specification: bool) {
        let Some(&Field { quote, triple, raw, .. }) = self.fields.last() else { return };
        let start = self.at;
        let mut specification = specification;
        loop {
            let Some(&byte) = self.bytes.get(self.at) else {
                self.open = true;
                self.fields.pop();
                self.depth = self.depth.saturating_sub(1);
                break;
            };
            let closes = byte == quote && (!triple || self.bytes[self.at..].starts_with(&[quote; 3]));
            if closes || byte == b'\n' && !triple {
                self.faults += u64::from(!closes);
                let text = unescape(&self.source[start..self.at], raw);
                self.at += if !closes {
                    0
                } else if triple {
                    3
                } else {
                    1
                };
                self.fields.pop();
                self.depth = self.depth.saturating_sub(1);
                self.push(out, Kind::String, text, start);
                return;
            }
            match byte {
                b'{' if !specification && self.bytes.get(self.at + 1) == Some(&b'{') => self.at += 2,
                b'{' => {
                    let text = unescape(&self.source[start..self.at], raw);
                    self.push(out, Kind::String, text, start);
                    self.push(out, Kind::Open, "{", self.at);
                    self.at += 1;
                    return;
                }
                b'}' if specification => {
                    self.at += 1;
                    specification = false;
                    self.push(out, Kind::Close, "}", self.at - 1);
                }
                b'\\' => match self.bytes.get(self.at + 1) {
                    // A field begins behind a backslash too; the braces of `\N{…}` are none.
                    Some(b'{' | b'}') => self.at += 1,
                    Some(b'N') if !raw && self.bytes.get(self.at + 2) == Some(&b'{') => {
                        let name = self.bytes[self.at..].iter().take(128).position(|byte| *byte == b'}');
                        self.at += name.map_or(2, |end| end + 1);
                    }
                    _ => self.at += 2,
                },
                _ => self.at += 1,
            }
            self.at = self.at.min(self.bytes.len());
        }
    }

    fn close_field(&mut self, out: &mut Vec<Token>, at: usize) {
        self.push(out, Kind::Close, "}", at);
        self.fstring_text(out, false);
    }
}

/// A string's value, cut to the limit. Escapes of bytes above ASCII are read as characters of that number.
fn unescape(text: &str, raw: bool) -> String {
    let cut = &text[..text.floor_char_boundary(limits::STRING.min(text.len()))];
    if raw || !cut.contains('\\') {
        return cut.to_owned();
    }
    let mut out = String::with_capacity(cut.len());
    let mut rest = cut.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('x') => out.push(number(&mut rest, 16, None, 2)),
            Some('u') => out.push(number(&mut rest, 16, None, 4)),
            Some('U') => out.push(number(&mut rest, 16, None, 8)),
            Some(c @ '0'..='7') => out.push(number(&mut rest, 8, Some(c), 2)),
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('\n') => {}
            Some(c @ ('\\' | '\'' | '"')) => out.push(c),
            Some(c) => out.extend(['\\', c]),
            None => out.push('\\'),
        }
    }
    out
}

fn number(rest: &mut std::str::Chars<'_>, radix: u32, first: Option<char>, most: usize) -> char {
    let mut value = first.and_then(|c| c.to_digit(radix)).unwrap_or(0);
    for _ in 0..most {
        let Some(digit) = rest.clone().next().and_then(|c| c.to_digit(radix)) else { break };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        rest.next();
    }
    char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
}
