//! The walk over a document.

mod declaration;

use crate::event::{Attribute, Code, Element, Event, Issue, Text};
use crate::limits;
use crate::source::{Encoding, Recent, Source};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use weighbridge_parse_read::{ReadAt, Stop};

/// Encodings that the declaration may name, by their beginnings, in which ASCII is ASCII: markup is found without knowing more.
const ASCII_COMPATIBLE: [&str; 14] =
    ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859", "iso8859", "latin", "windows-", "cp125", "cp437", "koi8", "euc-", "gb", "macintosh"];

/// Reads a document event by event.
pub struct Reader<R> {
    source: Source<R>,
    /// Names of the elements that are open, hashed.
    open: Vec<u64>,
    ready: VecDeque<Event>,
    begun: bool,
    rooted: bool,
    ended: bool,
    issues: usize,
    dropped: u64,
}

impl<R: ReadAt> Reader<R> {
    /// A reader at the beginning of `input`.
    pub fn new(input: R) -> Self {
        Reader {
            source: Source::new(input),
            open: Vec::new(),
            ready: VecDeque::new(),
            begun: false,
            rooted: false,
            ended: false,
            issues: 0,
            dropped: 0,
        }
    }

    /// Where the next event begins.
    pub fn at(&self) -> u64 {
        self.source.at.min(self.source.size())
    }

    /// How characters are written.
    pub fn encoding(&self) -> Encoding {
        self.source.encoding
    }

    /// Issues beyond [`limits::ISSUES`].
    pub fn dropped_issues(&self) -> u64 {
        self.dropped
    }

    /// The next event; `None` at the end.
    #[allow(clippy::should_implement_trait)] // An iterator cannot stop.
    pub fn next(&mut self) -> Result<Option<Event>, Stop> {
        if !self.begun {
            self.begun = true;
            self.source.begin()?;
            if self.source.encoding == Encoding::Other {
                self.issue(Code::Encoding, 0, "UTF-8 or UTF-16", "four bytes to a character, or EBCDIC".into());
            }
        }
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> Result<(), Stop> {
        let at = self.source.at;
        match self.source.peek()? {
            None => {
                self.ended = true;
                if !self.open.is_empty() {
                    let found = format!("the end of the document in {} open elements", self.open.len());
                    self.issue(Code::Truncated, at, "an end tag", found);
                } else if !self.rooted {
                    self.issue(Code::Truncated, at, "an element", "the end of the document".into());
                }
                Ok(())
            }
            Some(b'<') => {
                self.source.take()?;
                self.markup(at)
            }
            Some(_) => {
                let text = self.text(at)?;
                let blank = text.value.trim().is_empty() && !text.cut;
                if self.open.is_empty() && !blank {
                    let found = text.value.chars().take(40).collect();
                    self.issue(Code::Invalid, at, "markup outside the root element", found);
                }
                if !blank {
                    self.ready.push_back(Event::Text(text));
                }
                Ok(())
            }
        }
    }

    /// `charData? ((element | Reference | CDSect | PI | Comment) CharData?)*`, up to the next tag.
    fn text(&mut self, at: u64) -> Result<Text, Stop> {
        let mut bytes = Vec::new();
        let length = self.source.until(b"<", &mut bytes, limits::VALUE)?;
        Ok(resolved(bytes, length, at))
    }

    /// What begins with `<`.
    fn markup(&mut self, at: u64) -> Result<(), Stop> {
        match self.source.peek()? {
            Some(b'/') => {
                self.source.take()?;
                self.end_tag(at)
            }
            Some(b'?') => {
                self.source.take()?;
                self.instruction(at)
            }
            Some(b'!') => {
                self.source.take()?;
                self.bang(at)
            }
            Some(byte) if is_name_start(byte) => self.start_tag(at),
            Some(byte) => {
                self.issue(Code::Invalid, at, "a name after <", String::from_utf8_lossy(&[byte]).into_owned());
                Ok(())
            }
            None => self.truncated(at, "a name after <"),
        }
    }

    fn truncated(&mut self, at: u64, expected: &'static str) -> Result<(), Stop> {
        self.issue(Code::Truncated, at, expected, "the end of the document".into());
        Ok(())
    }

    /// `'<' Name (S Attribute)* S? '/'? '>'`
    fn start_tag(&mut self, at: u64) -> Result<(), Stop> {
        let name = self.name()?;
        let mut element = Element { name, attributes: Vec::new(), empty: false, at, end: at, depth: self.open.len() };
        let mut kept = 0;
        loop {
            self.blanks()?;
            match self.source.peek()? {
                None => return self.truncated(at, "the end of a start tag"),
                Some(b'>') => {
                    self.source.take()?;
                    break;
                }
                Some(b'/') => {
                    self.source.take()?;
                    if self.source.peek()? == Some(b'>') {
                        self.source.take()?;
                        element.empty = true;
                        break;
                    }
                    self.issue(Code::Invalid, at, "> after / in a tag", element.name.clone());
                }
                Some(b'<') => {
                    // A tag that is not closed: the next one begins.
                    self.issue(Code::Invalid, self.source.at, "the end of a start tag", "<".into());
                    break;
                }
                Some(_) => {
                    let Some(attribute) = self.attribute()? else { continue };
                    if element.attributes.iter().any(|other| other.name == attribute.name) {
                        self.issue(Code::Duplicate, attribute.value.at, "an attribute of another name", attribute.name.clone());
                    }
                    kept += attribute.name.len() + attribute.value.value.len();
                    if element.attributes.len() < limits::ATTRIBUTES && kept <= limits::ATTRIBUTE_BYTES {
                        element.attributes.push(attribute);
                    } else if element.attributes.len() <= limits::ATTRIBUTES {
                        self.issue(Code::Limit, at, "fewer or shorter attributes", element.name.clone());
                        return Ok(());
                    }
                }
            }
        }
        element.end = self.source.at;
        if self.open.is_empty() {
            if self.rooted {
                self.issue(Code::Duplicate, at, "one root element", element.name.clone());
            }
            self.rooted = true;
        }
        if !element.empty {
            if self.open.len() >= limits::DEPTH {
                self.issue(Code::Limit, at, "fewer open elements", self.open.len().to_string());
                return Ok(());
            }
            self.open.push(hash(&element.name));
        }
        self.ready.push_back(Event::Start(element));
        Ok(())
    }

    /// `Name Eq AttValue`. `None` where there is none, and something was passed over.
    fn attribute(&mut self) -> Result<Option<Attribute>, Stop> {
        let at = self.source.at;
        let name = self.name()?;
        if name.is_empty() {
            let byte = self.source.byte()?;
            self.issue(Code::Invalid, at, "an attribute's name", byte.map(|byte| String::from_utf8_lossy(&[byte]).into_owned()).unwrap_or_default());
            return Ok(None);
        }
        self.blanks()?;
        if self.source.peek()? != Some(b'=') {
            self.issue(Code::Invalid, at, "= after an attribute's name", name.clone());
            return Ok(Some(Attribute { name, value: Text { at, ..Text::default() } }));
        }
        self.source.take()?;
        self.blanks()?;
        let value = self.literal("an attribute's value")?;
        Ok(Some(Attribute { name, value }))
    }

    /// Characters in quotes; without quotes up to a blank or `>`.
    fn literal(&mut self, expected: &'static str) -> Result<Text, Stop> {
        let at = self.source.at;
        let mut bytes = Vec::new();
        let length = match self.source.peek()? {
            Some(quote @ (b'"' | b'\'')) => {
                self.source.take()?;
                let length = self.source.until(&[quote], &mut bytes, limits::VALUE)?;
                if self.source.byte()?.is_none() {
                    self.issue(Code::Truncated, at, expected, "the end of the document".into());
                }
                length
            }
            _ => {
                self.issue(Code::Invalid, at, expected, "no quotation mark".into());
                self.source.until(b" \t\r\n>/", &mut bytes, limits::VALUE)?
            }
        };
        Ok(resolved(bytes, length, at))
    }

    /// `'</' Name S? '>'`
    fn end_tag(&mut self, at: u64) -> Result<(), Stop> {
        let name = self.name()?;
        let mut junk = Vec::new();
        self.source.until(b"><", &mut junk, 64)?;
        match self.source.peek()? {
            Some(b'>') => self.source.take()?,
            Some(_) => self.issue(Code::Invalid, at, "> after an end tag's name", String::from_utf8_lossy(&junk).into_owned()),
            None => return self.truncated(at, "the end of an end tag"),
        }
        match self.open.last() {
            None => self.issue(Code::Invalid, at, "no end tag: nothing is open", name.clone()),
            Some(open) if *open == hash(&name) => {
                self.open.pop();
            }
            Some(_) => {
                self.issue(Code::Invalid, at, "the end tag of the innermost element", name.clone());
                // What it is the end of, if that is open further out, ends too.
                if let Some(outer) = self.open.iter().rev().take(64).position(|open| *open == hash(&name)) {
                    self.open.truncate(self.open.len() - 1 - outer);
                }
            }
        }
        self.ready.push_back(Event::End { name, at });
        Ok(())
    }

    /// `'<?' PITarget (S (Char* - (Char* '?>' Char*)))? '?>'`
    fn instruction(&mut self, at: u64) -> Result<(), Stop> {
        let target = self.name()?;
        let text = self.up_to(b"?>", "the end of a processing instruction")?;
        if target == "xml" {
            self.declared(&text);
        }
        self.ready.push_back(Event::Instruction { target, text: Text { at, ..text } });
        Ok(())
    }

    /// The encoding that the XML declaration names.
    fn declared(&mut self, text: &Text) {
        let Some(rest) = text.value.split("encoding").nth(1) else { return };
        let rest = rest.trim_start_matches([' ', '\t', '\r', '\n', '=']);
        let name: String = rest.chars().skip(1).take_while(|c| !matches!(c, '"' | '\'')).take(64).collect();
        let lower = name.to_ascii_lowercase();
        let known = match self.source.encoding {
            Encoding::Bytes => {
                ASCII_COMPATIBLE.iter().any(|known| lower.starts_with(known)) || matches!(lower.as_str(), "shift_jis" | "sjis" | "big5")
            }
            // Who reads it by its declaration alone reads something else.
            _ => lower.starts_with("utf-16") || lower.starts_with("utf16") || lower.contains("ucs-2"),
        };
        if !known && !name.is_empty() {
            self.issue(Code::Encoding, text.at, "an encoding in which ASCII is ASCII, or UTF-16 with its mark", name);
        }
    }

    /// Comments, CDATA sections and document types.
    fn bang(&mut self, at: u64) -> Result<(), Stop> {
        let mut word = Vec::new();
        while word.len() < 7
            && let Some(byte) = self.source.peek()?
            && (byte == b'-' && word.len() < 2 || byte == b'[' || byte.is_ascii_alphabetic())
            && word != b"--"
        {
            word.push(byte);
            self.source.take()?;
        }
        match word.as_slice() {
            b"--" => {
                let text = self.up_to(b"-->", "the end of a comment")?;
                self.ready.push_back(Event::Comment(Text { at, ..text }));
            }
            b"[CDATA[" => {
                let text = self.up_to(b"]]>", "the end of a CDATA section")?;
                self.ready.push_back(Event::Text(Text { at, ..text }));
            }
            word if word.eq_ignore_ascii_case(b"DOCTYPE") => {
                let doctype = self.doctype(at)?;
                self.ready.push_back(Event::Doctype(doctype));
            }
            word => {
                let found = String::from_utf8_lossy(word).into_owned();
                self.issue(Code::Invalid, at, "a comment, a CDATA section or a document type", found);
                let mut junk = Vec::new();
                self.source.until(b">", &mut junk, 0)?;
                self.source.byte()?;
            }
        }
        Ok(())
    }

    /// Characters up to `end`, which is taken.
    fn up_to(&mut self, end: &[u8], expected: &'static str) -> Result<Text, Stop> {
        let at = self.source.at;
        let mut bytes = Vec::new();
        let mut length = 0;
        let (head, last) = end.split_at(end.len() - 1);
        self.source.recent = Recent::default();
        loop {
            length += self.source.until(last, &mut bytes, limits::VALUE)?;
            if self.source.byte()?.is_none() {
                self.issue(Code::Truncated, at, expected, "the end of the document".into());
                break;
            }
            if self.source.recent.ends_with(head) {
                let kept = length == bytes.len() as u64;
                length -= head.len() as u64;
                if kept {
                    bytes.truncate(bytes.len() - head.len());
                }
                break;
            }
            self.source.recent.push(last);
            length += 1;
            if bytes.len() < limits::VALUE {
                bytes.extend_from_slice(last);
            }
        }
        let cut = length > bytes.len() as u64;
        Ok(Text { value: String::from_utf8_lossy(&bytes).into_owned(), length, cut, entities: 0, at })
    }

    /// A name; empty where there is none.
    fn name(&mut self) -> Result<String, Stop> {
        let mut bytes = Vec::new();
        while let Some(byte) = self.source.peek()?.filter(|byte| is_name(*byte)) {
            self.source.take()?;
            if bytes.len() < limits::NAME {
                bytes.push(byte);
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn blanks(&mut self) -> Result<bool, Stop> {
        let mut any = false;
        while self.source.peek()?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.source.take()?;
            any = true;
        }
        Ok(any)
    }

    fn issue(&mut self, code: Code, at: u64, expected: &'static str, found: String) {
        self.issues += 1;
        if code.is_fatal() {
            self.ended = true;
        } else if self.issues > limits::ISSUES {
            self.dropped += 1;
            return;
        }
        self.ready.push_back(Event::Issue(Issue { code, at: at.min(self.source.size()), expected, found }));
    }
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// Anything beyond ASCII may be a part of a name: which, is of no matter here.
fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || byte >= 0x80
}

fn is_name(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
}

/// Puts in what `&#…;` and the five predefined entities stand for.
fn resolved(bytes: Vec<u8>, length: u64, at: u64) -> Text {
    let cut = length > bytes.len() as u64;
    let raw = String::from_utf8_lossy(&bytes);
    let mut value = String::with_capacity(raw.len());
    let mut entities = 0;
    let mut rest = &*raw;
    while let Some(start) = rest.find('&') {
        value.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find(';').filter(|end| *end <= limits::NAME) else {
            value.push('&');
            rest = &rest[1..];
            continue;
        };
        let name = &rest[1..end];
        let code = match name.strip_prefix('#') {
            Some(number) => match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => number.parse().ok(),
            },
            None => match name {
                "amp" => Some(u32::from(b'&')),
                "lt" => Some(u32::from(b'<')),
                "gt" => Some(u32::from(b'>')),
                "quot" => Some(u32::from(b'"')),
                "apos" => Some(u32::from(b'\'')),
                _ => None,
            },
        };
        match code.and_then(char::from_u32) {
            Some(char) => value.push(char),
            None => {
                entities += 1;
                value.push_str(&rest[..=end]);
            }
        }
        rest = &rest[end + 1..];
    }
    value.push_str(rest);
    Text { value, length, cut, entities, at }
}
