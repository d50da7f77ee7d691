//! Objects, one within the other, read without recursion.

use crate::limits;
use std::collections::HashSet;
use weighbridge_sdk::{Input, ReadAt, Stop, Window};

/// Why a reader cannot go on.
#[derive(Debug)]
pub(crate) enum Error {
    Stop(Stop),
    Truncated { at: u64, expected: &'static str },
    Invalid { at: u64, expected: &'static str, found: String },
    Limit { at: u64, code: &'static str, expected: String },
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        Error::Stop(stop)
    }
}

/// What the reader finds.
pub(crate) trait Visitor {
    fn string(&mut self, text: &[u8], length: u64, at: u64) -> Result<(), Stop>;
    fn class(&mut self, name: &str, at: u64) -> Result<(), Stop>;
    /// A dumped function: where its bytes lie.
    fn function(&mut self, at: u64, length: u64) -> Result<(), Stop>;
    fn payload(&mut self, at: u64, length: u64) -> Result<(), Stop>;
}

/// What is still to be read.
enum Task {
    /// So many objects.
    Objects(u64),
}

pub(crate) struct Reader<'v, 'i, 'h, V> {
    window: Window<&'i Input<'h>>,
    visitor: &'v mut V,
    text: bool,
    pub at: u64,
    tasks: Vec<Task>,
    seen: HashSet<i32>,
    steps: u64,
}

/// Bytes of an element of a storage, by its class.
fn width(class: &str) -> Option<u64> {
    Some(match class.strip_prefix("torch.")?.strip_suffix("Storage")?.trim_start_matches("Cuda") {
        "Double" | "Long" => 8,
        "Float" | "Int" | "" => 4,
        "Short" | "Half" => 2,
        "Byte" | "Char" => 1,
        _ => return None,
    })
}

impl<'v, 'i, 'h, V: Visitor> Reader<'v, 'i, 'h, V> {
    pub fn new(input: &'i Input<'h>, visitor: &'v mut V, text: bool) -> Self {
        let window = Window::new(input, limits::WINDOW);
        Reader { window, visitor, text, at: 0, tasks: Vec::new(), seen: HashSet::new(), steps: 0 }
    }

    /// Reads one object and all that is in it.
    pub fn read(&mut self) -> Result<(), Error> {
        self.tasks.push(Task::Objects(1));
        while let Some(Task::Objects(left)) = self.tasks.last_mut() {
            if *left == 0 {
                self.tasks.pop();
                continue;
            }
            *left -= 1;
            self.steps += 1;
            if self.steps.is_multiple_of(1024) {
                self.window.input().poll(1024)?;
            }
            self.object()?;
        }
        Ok(())
    }

    fn then(&mut self, objects: u64) -> Result<(), Error> {
        if self.tasks.len() >= limits::DEPTH {
            let expected = format!("at most {} levels", limits::DEPTH);
            return Err(Error::Limit { at: self.at, code: "limit-depth", expected });
        }
        self.tasks.push(Task::Objects(objects));
        Ok(())
    }

    fn object(&mut self) -> Result<(), Error> {
        let at = self.at;
        match self.int("an object's type")? {
            0 => Ok(()),
            1 => self.skip(1, 8, "a number"),
            2 => {
                let at = self.at;
                let (text, length) = self.string(limits::TEXT as u64, "a string")?;
                Ok(self.visitor.string(&text, length, at)?)
            }
            3 => {
                if self.first("a table's index")? {
                    let at = self.at;
                    let size = self.int("a table's size")?;
                    let size = u64::try_from(size).map_err(|_| Error::Invalid { at, expected: "a table's size", found: size.to_string() })?;
                    self.then(size * 2)?;
                }
                Ok(())
            }
            4 => self.torch(),
            5 => self.skip(1, 4, "a boolean"),
            6..=8 => {
                if self.first("a function's index")? {
                    let at = self.at;
                    let length = self.int("the length of a function")?;
                    let length =
                        u64::try_from(length).map_err(|_| Error::Invalid { at, expected: "the length of a function", found: length.to_string() })?;
                    self.separator()?;
                    let start = self.at;
                    self.pass(length, "a function")?;
                    self.visitor.function(start, length)?;
                    self.then(1)?;
                }
                Ok(())
            }
            other => Err(Error::Invalid { at, expected: "an object's type, from 0 to 8", found: other.to_string() }),
        }
    }

    /// Reads an index, and says whether its object follows.
    fn first(&mut self, expected: &'static str) -> Result<bool, Error> {
        let index = self.int(expected)?;
        if self.seen.len() >= limits::OBJECTS {
            let expected = format!("at most {} objects", limits::OBJECTS);
            return Err(Error::Limit { at: self.at, code: "limit-memory", expected });
        }
        Ok(self.seen.insert(index))
    }

    fn torch(&mut self) -> Result<(), Error> {
        if !self.first("a Torch object's index")? {
            return Ok(());
        }
        let at = self.at;
        let (version, _) = self.string(limits::NAME, "a Torch object's version")?;
        // Before versions were written the class's name stood here.
        let name = if version.starts_with(b"V ") { self.string(limits::NAME, "a class's name")?.0 } else { version };
        let name = String::from_utf8_lossy(&name).into_owned();
        if name.is_empty() {
            return Err(Error::Invalid { at, expected: "a class's name", found: "none".into() });
        }
        self.visitor.class(&name, at)?;
        if name.starts_with("torch.") && name.ends_with("Tensor") {
            return self.tensor();
        }
        if let Some(width) = width(&name) {
            let at = self.at;
            let length = self.long("the length of a storage")?;
            let length = u64::try_from(length).map_err(|_| Error::Invalid { at, expected: "the length of a storage", found: length.to_string() })?;
            self.separator()?;
            let start = self.at;
            self.skip(length, width, "the elements of a storage")?;
            self.visitor.payload(start, self.at - start)?;
            return Ok(());
        }
        // A class of Lua writes the table that it is.
        self.then(1)
    }

    fn tensor(&mut self) -> Result<(), Error> {
        let at = self.at;
        let dimensions = self.int("the number of a tensor's dimensions")?;
        if !(0..=limits::DIMENSIONS).contains(&dimensions) {
            return Err(Error::Invalid { at, expected: "the number of a tensor's dimensions", found: dimensions.to_string() });
        }
        for _ in 0..dimensions {
            let at = self.at;
            let size = self.long("a tensor's size")?;
            if size < 0 {
                return Err(Error::Invalid { at, expected: "a tensor's size", found: size.to_string() });
            }
        }
        for _ in 0..=dimensions {
            let _stride_or_offset = self.long("a tensor's strides and offset")?;
        }
        self.then(1)
    }

    fn int(&mut self, expected: &'static str) -> Result<i32, Error> {
        if self.text {
            let at = self.at;
            let word = self.word(expected)?;
            return word.parse().map_err(|_| Error::Invalid { at, expected, found: word });
        }
        let bytes = self.window.array::<4>(self.at)?.ok_or(Error::Truncated { at: self.at, expected })?;
        self.at += 4;
        Ok(i32::from_le_bytes(bytes))
    }

    fn long(&mut self, expected: &'static str) -> Result<i64, Error> {
        if self.text {
            let at = self.at;
            let word = self.word(expected)?;
            return word.parse().map_err(|_| Error::Invalid { at, expected, found: word });
        }
        let bytes = self.window.array::<8>(self.at)?.ok_or(Error::Truncated { at: self.at, expected })?;
        self.at += 8;
        Ok(i64::from_le_bytes(bytes))
    }

    /// `length:i32 bytes`; at most `keep` of them are given, and how many there are.
    fn string(&mut self, keep: u64, expected: &'static str) -> Result<(Vec<u8>, u64), Error> {
        let at = self.at;
        let length = self.int(expected)?;
        let length = u64::try_from(length).map_err(|_| Error::Invalid { at, expected, found: length.to_string() })?;
        self.separator()?;
        let keep = length.min(keep) as usize;
        let bytes = self.window.at(self.at, keep)?;
        let bytes = bytes[..keep.min(bytes.len())].to_vec();
        self.pass(length, expected)?;
        Ok((bytes, length))
    }

    fn pass(&mut self, bytes: u64, expected: &'static str) -> Result<(), Error> {
        let end = self.at.checked_add(bytes).filter(|end| *end <= self.window.size());
        self.at = end.ok_or(Error::Truncated { at: self.at, expected })?;
        Ok(())
    }

    /// Passes over numbers.
    fn skip(&mut self, count: u64, width: u64, expected: &'static str) -> Result<(), Error> {
        if !self.text {
            let bytes = count.checked_mul(width).ok_or(Error::Truncated { at: self.at, expected })?;
            return self.pass(bytes, expected);
        }
        for _ in 0..count {
            self.word(expected)?;
            self.steps += 1;
            if self.steps.is_multiple_of(1024) {
                self.window.input().poll(1024)?;
            }
        }
        Ok(())
    }

    /// In text a line's end stands between a length and its bytes.
    fn separator(&mut self) -> Result<(), Error> {
        if self.text && self.window.at(self.at, 1)?.first() == Some(&b'\n') {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self, expected: &'static str) -> Result<String, Error> {
        while self.window.at(self.at, 1)?.first().is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let bytes = self.window.at(self.at, 64)?;
        let word: String = bytes.iter().take(64).take_while(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
        if word.is_empty() {
            return Err(Error::Truncated { at: self.at, expected });
        }
        self.at += word.len() as u64;
        Ok(word)
    }
}
