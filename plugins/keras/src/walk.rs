//! The walk over a configuration: objects are declared when they end, since their keys may come in any order.

use crate::encoded::Token;
use crate::object::{self, Item, Object, Said, Text};
use crate::tree::Tree;
use crate::{issues, limits};
use weighbridge_parse_json::{Encoding, Kind, Limits, Reader};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop};

/// An object or array that is open.
struct Frame {
    object: bool,
    at: u64,
    /// Of an object: the key whose value comes next.
    key: String,
    said: Said,
}

pub(crate) struct Walk<'w, 'h> {
    input: &'w Input<'h>,
    tokens: &'w mut Vec<Token>,
    encoding: Encoding,
    frames: Vec<Frame>,
    /// Something lay too deep.
    lost: Option<u64>,
    /// Where structure that is not yet said begins.
    said_to: u64,
    pub codes: u64,
    /// Code that could not be read.
    pub unread: bool,
    /// For those who inspect.
    pub tree: Tree,
}

/// Texts at the top that say what wrote the file.
const WRITER: [&str; 3] = ["keras_version", "backend", "date_saved"];

impl<'w, 'h> Walk<'w, 'h> {
    pub fn new(input: &'w Input<'h>, tokens: &'w mut Vec<Token>) -> Self {
        Walk { input, tokens, encoding: Encoding::Utf8, frames: Vec::new(), lost: None, said_to: 0, codes: 0, unread: false, tree: Tree::default() }
    }

    pub fn input(&self) -> &'w Input<'h> {
        self.input
    }

    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub fn run(mut self) -> Result<(), Failure> {
        let mut reader = Reader::with(self.input, self.input.start(), u64::MAX, Limits { text: limits::TEXT, ..Limits::default() });
        self.encoding = reader.encoding();
        loop {
            let token = reader.next()?;
            match token.kind {
                Kind::End => break,
                Kind::BeginObject | Kind::BeginArray => self.open(token.kind == Kind::BeginObject, token.at),
                Kind::EndObject | Kind::EndArray => {
                    while self.frames.len() as u64 > token.depth {
                        self.close(token.end())?;
                    }
                }
                Kind::Key => {
                    if let Some(frame) = self.frames.last_mut() {
                        frame.key.clear();
                        frame.key.push_str(reader.text());
                    }
                }
                Kind::String => {
                    let text = Text { text: reader.text().to_owned(), full: reader.text_len(), at: token.at, length: token.length };
                    if token.length >= limits::PAYLOAD {
                        self.input.region(Region::Structure, self.said_to, token.at.saturating_sub(self.said_to))?;
                        self.input.region(Region::Payload, token.at, token.length)?;
                        self.said_to = token.end();
                    }
                    self.string(text, token.depth)?;
                }
                Kind::Null => self.null(),
                _ => {}
            }
        }
        let end = self.input.size();
        while !self.frames.is_empty() {
            self.close(end)?;
        }
        self.input.region(Region::Structure, self.said_to, end.saturating_sub(self.said_to))?;
        let broken = issues::report(self.input, reader.issues())?;
        std::mem::take(&mut self.tree).list(self.input)?;
        if let Some(at) = self.lost {
            let expected = format!("at most {} levels", limits::FRAMES);
            self.input.emit(&Fact::anomaly("limit-depth").text("expected", &expected).at(at, 0))?;
        }
        match (broken, self.lost.is_some() || self.unread) {
            (true, _) => Err(Failure::Malformed),
            (false, true) => Err(Failure::Unsupported),
            (false, false) => Ok(()),
        }
    }

    fn open(&mut self, object: bool, at: u64) {
        // Deeper levels count as the deepest that is kept.
        if self.frames.len() >= limits::FRAMES {
            self.lost.get_or_insert(at);
            return;
        }
        self.frames.push(Frame { object, at, key: String::new(), said: Said::default() });
    }

    /// The innermost object that is open.
    fn object(&mut self) -> Option<&mut Frame> {
        self.frames.iter_mut().rev().find(|frame| frame.object)
    }

    fn null(&mut self) {
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.object)
            && frame.key == "module"
        {
            // The last of a name counts, also where it says nothing.
            frame.said.modules.push(Text::default());
        }
    }

    fn string(&mut self, text: Text, depth: u64) -> Result<(), Stop> {
        if depth > self.frames.len() as u64 {
            self.lost.get_or_insert(text.at);
        }
        let direct = self.frames.last().is_some_and(|frame| frame.object);
        let top = self.frames.len() == 1;
        let Some(frame) = self.object() else { return Ok(()) };
        let key = frame.key.clone();
        if direct && top && WRITER.contains(&key.as_str()) {
            let (at, length) = (text.at, text.length);
            let name = format!("keras.{key}");
            self.input.emit(&Fact::new("metadata").text("key", &name).text_cut("value", &text.text, text.full).at(at, length))?;
            return Ok(());
        }
        if direct && key == "name" {
            frame.said.name = text.text[..text.text.floor_char_boundary(limits::NAMED.min(text.text.len()))].to_owned();
        }
        if direct && frame.said.take(&key, &text) {
            return Ok(());
        }
        let encoded = text.is_encoded();
        if !encoded && !object::is_wanted(&key) {
            return Ok(());
        }
        if frame.said.items.len() >= limits::ITEMS {
            return if encoded { self.child(&text, &key, 0) } else { Ok(()) };
        }
        frame.said.items.push(Item { key, text, levels: 0, direct, encoded });
        Ok(())
    }

    fn close(&mut self, end: u64) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        if !frame.object {
            return Ok(());
        }
        if !frame.said.classes.is_empty() {
            let object = Object { at: frame.at, length: end.saturating_sub(frame.at), said: frame.said };
            return object::declare(self, &object);
        }
        // What has no class of its own belongs to what it is a part of.
        let name = frame.said.name.clone();
        let left = frame.said.into_items();
        let Some(parent) = self.object() else { return self.leftover(left) };
        if parent.key == "config" && !name.is_empty() {
            parent.said.name = name;
        }
        let mut dropped = Vec::new();
        for mut item in left {
            item.levels += 1;
            if item.levels <= limits::LEVELS && parent.said.items.len() < limits::ITEMS {
                parent.said.items.push(item);
            } else {
                dropped.push(item);
            }
        }
        self.leftover(dropped)
    }

    /// Strings that belong to no object are looked into all the same.
    fn leftover(&mut self, items: Vec<Item>) -> Result<(), Stop> {
        for item in items.iter().filter(|item| item.encoded) {
            self.child(&item.text, &item.key, 0)?;
        }
        Ok(())
    }

    /// A string as a file of its own.
    pub fn child(&mut self, text: &Text, key: &str, parent: u64) -> Result<(), Stop> {
        if self.tokens.len() >= limits::CHILDREN {
            return Ok(());
        }
        let number = self.tokens.len() as u64;
        self.tokens.push(Token { at: text.at, encoding: self.encoding });
        let child = Child::token(key.as_bytes(), number, number, "base64").at(text.at, text.length);
        self.input.child(&Child { parent, speculative: true, ..child })
    }
}
