//! The reader: a loop over units, with a bit for each open bracket.

use crate::cursor::Cursor;
use crate::encoding::Encoding;
use crate::issue::{Code, Issues};
use crate::keys::{Key, Keys};
use crate::levels::Levels;
use crate::limits::{self, Limits};
use crate::number;
use crate::string::{self, Ended, Kept};
use crate::token::{Kind, Token};
use std::hash::Hasher;
use weighbridge_parse_read::{ReadAt, Stop};

/// What the grammar asks for next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// A value at the top.
    Document,
    /// A value, or the end of the array that has just begun.
    FirstItem,
    /// A key, or the end of the object that has just begun.
    FirstKey,
    /// A value behind a comma.
    Item,
    /// A key behind a comma.
    Key,
    Colon,
    /// A value behind a colon.
    Value,
    /// A comma, or the end of the container.
    Comma,
    /// Nothing.
    Done,
}

/// Reads JSON token by token. Memory is a window of the input, one bounded text, a bit for each level, and hashes of the keys of open objects.
pub struct Reader<R> {
    cursor: Cursor<R>,
    limits: Limits,
    levels: Levels,
    keys: Keys,
    need: Need,
    kept: Kept,
    text: String,
    verbatim: bool,
    issues: Issues,
    documents: u64,
    end: u64,
    deep: bool,
}

impl<R: ReadAt> Reader<R> {
    /// Reads a whole input.
    pub fn new(input: R) -> Self {
        Reader::with(input, 0, u64::MAX, Limits::default())
    }

    /// Reads the part of an input that begins at `start` and ends before `end`, within limits of the caller's own.
    pub fn with(input: R, start: u64, end: u64, limits: Limits) -> Self {
        Reader {
            cursor: Cursor::new(input, start, end, Encoding::Utf8),
            levels: Levels::default(),
            keys: Keys::default(),
            need: Need::Document,
            kept: Kept::default(),
            text: String::new(),
            verbatim: false,
            issues: Issues::new(limits.issues_per_code),
            documents: 0,
            end: start,
            deep: false,
            limits,
        }
        .detected()
    }

    /// Reading the first bytes may fail; then the first token says so.
    fn detected(mut self) -> Self {
        let head: Vec<u8> = self.cursor.bytes(4).map(|bytes| bytes[..bytes.len().min(4)].to_vec()).unwrap_or_default();
        let (encoding, mark) = Encoding::detect(&head);
        let at = self.cursor.at;
        self.cursor.encoding = encoding;
        self.cursor.at = (at + mark).min(self.cursor.end());
        if encoding != Encoding::Utf8 {
            self.issues.add(Code::WideEncoding, at, "UTF-8", || encoding.name().to_owned());
        }
        if mark > 0 {
            self.issues.add(Code::ByteOrderMark, at, "no byte order mark", || encoding.name().to_owned());
        }
        self
    }

    /// The text of the last token: a key or string decoded, a number as it stands; at most [`Limits::text`] bytes of it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The length of that text in bytes, whether or not all of it was kept.
    pub fn text_len(&self) -> u64 {
        self.kept.full
    }

    /// Whether that text was cut.
    pub fn is_cut(&self) -> bool {
        self.kept.full > self.kept.bytes.len() as u64
    }

    /// Whether that text stands in the input as it is, between the quotes: without escapes, in UTF-8.
    pub fn verbatim(&self) -> bool {
        self.verbatim
    }

    /// Sets how much is kept of the texts that follow.
    pub fn keep(&mut self, bytes: usize) {
        self.limits.text = bytes;
    }

    /// What was wrong so far.
    pub fn issues(&self) -> &Issues {
        &self.issues
    }

    /// The encoding of the input.
    pub fn encoding(&self) -> Encoding {
        self.cursor.encoding
    }

    /// The offset behind the last token.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// How many values stood at the top so far.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// The next token.
    #[allow(clippy::should_implement_trait)] // An iterator cannot lend the text of its last item.
    pub fn next(&mut self) -> Result<Token, Stop> {
        loop {
            if self.need == Need::Done {
                return Ok(Token { kind: Kind::End, at: self.end, length: 0, depth: 0 });
            }
            self.space()?;
            if self.issues.faults() > self.limits.faults {
                self.issues.add(Code::GivenUp, self.cursor.at, "JSON", String::new);
                self.need = Need::Done;
                continue;
            }
            let at = self.cursor.at;
            let Some(unit) = self.cursor.peek()? else {
                self.finish(at);
                continue;
            };
            if self.documents > 0 && self.levels.depth() == 0 && !self.limits.lines {
                self.fault(Code::TrailingData, at, "the end")?;
                self.need = Need::Done;
                continue;
            }
            if let Some(token) = self.token(at, unit)? {
                self.end = self.cursor.at;
                return Ok(token);
            }
        }
    }

    fn token(&mut self, at: u64, unit: u32) -> Result<Option<Token>, Stop> {
        let byte = u8::try_from(unit).unwrap_or(0);
        match byte {
            b'{' | b'[' => self.open(at, byte == b'{').map(Some),
            b'}' | b']' => self.close(at, byte == b'}'),
            b',' => {
                if self.need != Need::Comma {
                    self.fault(Code::Expected, at, self.wanted())?;
                }
                self.cursor.advance(1);
                self.need = match self.levels.object() {
                    _ if self.levels.depth() == 0 => Need::Document,
                    Some(true) => Need::Key,
                    _ => Need::Item,
                };
                Ok(None)
            }
            b':' => {
                let unsure = self.levels.object().is_none() && self.need == Need::Comma && self.levels.depth() > 0;
                if self.need != Need::Colon && !unsure {
                    self.fault(Code::Expected, at, self.wanted())?;
                }
                self.cursor.advance(1);
                if self.levels.depth() > 0 {
                    self.need = Need::Value;
                }
                Ok(None)
            }
            b'"' | b'\'' => self.string(at, byte).map(Some),
            _ if number::is_part(byte) || byte == b'$' => self.word(at).map(Some),
            _ => {
                self.fault(Code::Character, at, self.wanted())?;
                // What is no JSON is passed over to where it might be again.
                self.cursor.advance(1);
                Ok(None)
            }
        }
    }

    /// Passes over the container that the token begins; over nothing where it begins none. The answer is the offset behind it.
    pub fn skip(&mut self, token: &Token) -> Result<u64, Stop> {
        if token.begins() {
            loop {
                let next = self.next()?;
                if next.kind == Kind::End || next.ends() && next.depth <= token.depth {
                    return Ok(next.end());
                }
            }
        }
        Ok(token.end())
    }

    fn wanted(&self) -> &'static str {
        match self.need {
            Need::Document | Need::Item | Need::Value => "a value",
            Need::FirstItem => "a value or ]",
            Need::FirstKey => "a key or }",
            Need::Key => "a key",
            Need::Colon => "a colon",
            Need::Comma if self.levels.depth() == 0 => "the end",
            Need::Comma => "a comma or a closing bracket",
            Need::Done => "the end",
        }
    }

    fn fault(&mut self, code: Code, at: u64, expected: &'static str) -> Result<(), Stop> {
        let shown = self.cursor.shown(at)?;
        self.issues.add(code, at, expected, || shown);
        Ok(())
    }

    /// A value begins: whether the grammar lets it, and what comes after it. The answer says whether it is a key.
    fn arrives(&mut self, at: u64, scalar: bool) -> Result<bool, Stop> {
        let key = scalar && matches!(self.need, Need::FirstKey | Need::Key);
        match self.need {
            Need::Document | Need::FirstItem | Need::Item | Need::Value => {}
            _ if key => {}
            need => {
                self.fault(Code::Expected, at, self.wanted())?;
                // A comma was forgotten: in an object a key comes next.
                if scalar && need == Need::Comma && self.levels.object() == Some(true) {
                    self.need = Need::Colon;
                    return Ok(true);
                }
            }
        }
        self.need = if key { Need::Colon } else { Need::Comma };
        Ok(key)
    }

    /// A value at the top is complete.
    fn complete(&mut self) {
        if self.levels.depth() == 0 {
            self.documents += 1;
            self.need = Need::Document;
        }
    }

    fn open(&mut self, at: u64, object: bool) -> Result<Token, Stop> {
        self.arrives(at, false)?;
        let depth = self.levels.depth();
        self.levels.push(object);
        if depth >= self.limits.depth && !std::mem::replace(&mut self.deep, true) {
            let limit = self.limits.depth;
            self.issues.add(Code::Depth, at, "less nesting", || format!("more than {limit} levels"));
        }
        self.need = if object { Need::FirstKey } else { Need::FirstItem };
        self.cursor.advance(1);
        Ok(Token { kind: if object { Kind::BeginObject } else { Kind::BeginArray }, at, length: 1, depth })
    }

    fn close(&mut self, at: u64, object: bool) -> Result<Option<Token>, Stop> {
        let depth = self.levels.depth();
        if depth == 0 {
            self.fault(Code::Bracket, at, self.wanted())?;
            self.cursor.advance(1);
            return Ok(None);
        }
        match self.need {
            Need::Item | Need::Key => self.issues.add(Code::TrailingComma, at, "no comma before a closing bracket", String::new),
            Need::Colon | Need::Value => self.fault(Code::Expected, at, self.wanted())?,
            _ => {}
        }
        let was = self.levels.object().unwrap_or(object);
        if was != object {
            self.fault(Code::Bracket, at, if was { "}" } else { "]" })?;
        }
        self.cursor.advance(1);
        self.levels.pop();
        self.keys.close(depth);
        self.need = Need::Comma;
        self.complete();
        Ok(Some(Token { kind: if was { Kind::EndObject } else { Kind::EndArray }, at, length: 1, depth: depth - 1 }))
    }

    fn string(&mut self, at: u64, quote: u8) -> Result<Token, Stop> {
        let key = self.arrives(at, true)?;
        if quote == b'\'' {
            self.issues.add(Code::SingleQuotes, at, "\"", String::new);
        }
        self.cursor.advance(1);
        self.kept.start(self.limits.text);
        self.verbatim = true;
        let ended = string::decode(&mut self.cursor, quote, &mut self.kept, &mut self.issues, &mut self.verbatim)?;
        self.decoded(at);
        if ended == Ended::Input {
            self.issues.add(Code::Truncated, self.cursor.at, "the end of a string", || "the end of the input".to_owned());
            self.need = Need::Done;
        }
        self.scalar(at, key, Kind::String)
    }

    /// Makes text of the bytes that were kept.
    fn decoded(&mut self, at: u64) {
        self.text.clear();
        // What is cut may be cut within a character.
        let bytes = match std::str::from_utf8(&self.kept.bytes) {
            Err(error) if error.error_len().is_none() && self.kept.full > self.kept.bytes.len() as u64 => &self.kept.bytes[..error.valid_up_to()],
            _ => &self.kept.bytes[..],
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => self.text.push_str(text),
            Err(error) => {
                self.verbatim = false;
                self.issues.add(Code::BadEncoding, at, "UTF-8", || format!("{:#04x}", bytes[error.valid_up_to()]));
                self.text.push_str(&String::from_utf8_lossy(bytes));
            }
        }
    }

    fn scalar(&mut self, at: u64, key: bool, kind: Kind) -> Result<Token, Stop> {
        let depth = self.levels.depth();
        if key {
            match self.keys.add(depth, self.kept.hash.finish(), self.limits.keys) {
                Key::New => {}
                Key::Twice => {
                    let shown: String = self.text.chars().take(limits::SHOWN).collect();
                    self.issues.add(Code::DuplicateKey, at, "a key that the object does not have yet", || shown);
                }
                Key::Full => {
                    let limit = self.limits.keys;
                    self.issues.add(Code::Keys, at, "fewer keys", || format!("more than {limit}"));
                }
            }
        } else {
            self.complete();
        }
        Ok(Token { kind: if key { Kind::Key } else { kind }, at, length: self.cursor.at - at, depth })
    }

    /// A number or a word: all that is neither white space nor punctuation.
    fn word(&mut self, at: u64) -> Result<Token, Stop> {
        let key = self.arrives(at, true)?;
        self.kept.start(limits::NUMBER);
        self.verbatim = true;
        self.take_word()?;
        self.decoded(at);
        let shown = || self.text.chars().take(limits::SHOWN).collect();
        let begins = self.text.trim_start_matches(['+', '-']).chars().next();
        let kind = match self.text.as_str() {
            _ if key => {
                self.issues.add(Code::BareKey, at, "\"", shown);
                Kind::String
            }
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "null" => Kind::Null,
            "True" | "False" | "None" => {
                self.issues.add(Code::PythonWord, at, "true, false or null", shown);
                if self.text == "None" { Kind::Null } else { Kind::Bool(self.text == "True") }
            }
            "NaN" | "Infinity" | "-Infinity" | "+Infinity" | "-NaN" | "nan" | "inf" | "-inf" => {
                self.issues.add(Code::NotFinite, at, "a finite number", shown);
                Kind::Number
            }
            text if number::is_number(text) || self.is_cut() => Kind::Number,
            _ if begins.is_some_and(|c| c.is_ascii_digit() || c == '.') => {
                self.issues.add(Code::NumberForm, at, "a number", shown);
                Kind::Number
            }
            _ => {
                self.issues.add(Code::Word, at, "a value", shown);
                Kind::String
            }
        };
        self.scalar(at, key, kind)
    }

    fn take_word(&mut self) -> Result<(), Stop> {
        use string::Sink;
        if self.cursor.encoding == Encoding::Utf8 {
            loop {
                let run = self.cursor.run()?;
                let word = run.iter().position(|byte| !number::is_part(*byte) && *byte != b'$').unwrap_or(run.len());
                let all = word == run.len();
                self.kept.put(&run[..word]);
                self.cursor.advance(word);
                if !all || word == 0 {
                    return Ok(());
                }
            }
        }
        self.verbatim = false;
        while let Some(byte) = self.cursor.peek()?.and_then(|unit| u8::try_from(unit).ok()).filter(|byte| number::is_part(*byte) || *byte == b'$') {
            self.kept.put(&[byte]);
            self.cursor.advance(1);
        }
        Ok(())
    }

    /// White space, and comments.
    fn space(&mut self) -> Result<(), Stop> {
        loop {
            if self.cursor.encoding == Encoding::Utf8 {
                let run = self.cursor.run()?;
                let blank = run.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(run.len());
                let all = blank == run.len();
                self.cursor.advance(blank);
                if all && blank > 0 {
                    continue;
                }
            }
            let at = self.cursor.at;
            let Some(unit) = self.cursor.peek()? else { return Ok(()) };
            match u8::try_from(unit) {
                Ok(b' ' | b'\t' | b'\n' | b'\r') => self.cursor.advance(1),
                Ok(0x0b | 0x0c) => {
                    self.issues.add(Code::Space, at, "a space", || format!("{unit:#04x}"));
                    self.cursor.advance(1);
                }
                Ok(0xc2) if self.cursor.encoding == Encoding::Utf8 && self.cursor.peek_at(1)? == Some(0xa0) => {
                    self.issues.add(Code::Space, at, "a space", || "U+00A0".to_owned());
                    self.cursor.advance(2);
                }
                Ok(b'/') => match self.cursor.peek_at(1)? {
                    Some(next) if next == u32::from(b'/') => self.comment(at, false)?,
                    Some(next) if next == u32::from(b'*') => self.comment(at, true)?,
                    _ => return Ok(()),
                },
                Ok(b'#') => self.comment(at, false)?,
                _ => return Ok(()),
            }
        }
    }

    fn comment(&mut self, at: u64, block: bool) -> Result<(), Stop> {
        let shown = self.cursor.shown(at)?;
        self.issues.add(Code::Comment, at, "no comment", || shown);
        self.cursor.advance(if block { 2 } else { 1 });
        let mut star = false;
        while let Some(unit) = self.cursor.peek()? {
            self.cursor.advance(1);
            let ends = if block { star && unit == u32::from(b'/') } else { unit == u32::from(b'\n') };
            if ends {
                return Ok(());
            }
            star = unit == u32::from(b'*');
        }
        if block {
            self.issues.add(Code::Truncated, self.cursor.at, "the end of a comment", || "the end of the input".to_owned());
        }
        Ok(())
    }

    /// The input ends: inside a value, or behind the last.
    fn finish(&mut self, at: u64) {
        if at < self.cursor.end() {
            self.issues.add(Code::BadEncoding, at, "a whole unit", || "a part of one".to_owned());
        }
        if self.levels.depth() > 0 {
            let depth = self.levels.depth();
            self.issues.add(Code::Truncated, at, self.wanted(), || {
                format!("the end of the input, {depth} {} deep", if depth == 1 { "level" } else { "levels" })
            });
        } else if self.documents == 0 {
            self.issues.add(Code::Empty, at, "a value", || "the end of the input".to_owned());
        }
        self.need = Need::Done;
        self.end = at;
    }
}
