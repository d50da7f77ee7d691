//! Reading numbers and texts in the file's byte order, each error with its place.

use crate::limits;
use weighbridge_sdk::{Fact, Input, ReadAt, Stop, Window};

/// Why reading ended.
pub(crate) enum Broken {
    Stop(Stop),
    /// An anomaly says why.
    Said,
}

impl From<Stop> for Broken {
    fn from(stop: Stop) -> Self {
        Broken::Stop(stop)
    }
}

pub(crate) struct Cursor<'c, 'h> {
    pub input: &'c Input<'h>,
    window: Window<&'c Input<'h>>,
    pub at: u64,
    pub big: bool,
    /// Counts and lengths take eight bytes since version 2.
    pub wide: bool,
    steps: u64,
}

/// A text's place, and its first bytes.
pub(crate) struct Text {
    pub at: u64,
    pub length: u64,
    pub start: String,
}

impl<'c, 'h> Cursor<'c, 'h> {
    pub fn new(input: &'c Input<'h>) -> Self {
        Cursor { input, window: Window::new(input, limits::WINDOW), at: 0, big: false, wide: true, steps: 0 }
    }

    pub fn left(&self) -> u64 {
        self.input.size().saturating_sub(self.at)
    }

    /// Says that the file is broken at an offset, and ends.
    pub fn broken<T>(&self, code: &str, detail: &str, expected: &str, found: &str, at: u64) -> Result<T, Broken> {
        let fact = Fact::anomaly(code).text("detail", detail).text("expected", expected).text("found", found);
        self.input.emit(&fact.at(at, 0))?;
        Err(Broken::Said)
    }

    pub fn step(&mut self) -> Result<(), Broken> {
        self.steps += 1;
        if self.steps.is_multiple_of(limits::POLL) {
            self.input.poll(limits::POLL)?;
        }
        Ok(())
    }

    fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N], Broken> {
        match self.window.array::<N>(self.at)? {
            Some(mut bytes) => {
                self.at += N as u64;
                if self.big {
                    bytes.reverse();
                }
                Ok(bytes)
            }
            None => self.broken("truncated", what, &format!("{N} bytes"), &self.left().to_string(), self.at),
        }
    }

    pub fn u16(&mut self, what: &str) -> Result<u16, Broken> {
        self.bytes(what).map(u16::from_le_bytes)
    }

    pub fn u32(&mut self, what: &str) -> Result<u32, Broken> {
        self.bytes(what).map(u32::from_le_bytes)
    }

    pub fn u64(&mut self, what: &str) -> Result<u64, Broken> {
        self.bytes(what).map(u64::from_le_bytes)
    }

    /// A count or a length.
    pub fn count(&mut self, what: &str) -> Result<u64, Broken> {
        if self.wide { self.u64(what) } else { self.u32(what).map(u64::from) }
    }

    /// Passes over bytes that have to be there.
    pub fn skip(&mut self, length: u64, what: &str) -> Result<(), Broken> {
        if length > self.left() {
            return self.broken("truncated", what, &format!("{length} bytes"), &self.left().to_string(), self.at);
        }
        self.at += length;
        Ok(())
    }

    /// `gguf_string_t`: a length, and as many bytes.
    pub fn text(&mut self, what: &str, shown: usize) -> Result<Text, Broken> {
        let place = self.at;
        let length = self.count(what)?;
        if length > self.left() {
            return self.broken("truncated", what, &format!("a text of {length} bytes"), &self.left().to_string(), place);
        }
        self.known_text(length, what, shown)
    }

    /// A text whose length stands elsewhere.
    pub fn known_text(&mut self, length: u64, what: &str, shown: usize) -> Result<Text, Broken> {
        let at = self.at;
        if length > self.left() {
            return self.broken("truncated", what, &format!("a text of {length} bytes"), &self.left().to_string(), at);
        }
        let want = usize::try_from(length).unwrap_or(usize::MAX).min(shown);
        let mut start = Vec::new();
        if want > 0 {
            start = if want <= 4096 { self.window.at(at, want)?.to_vec() } else { weighbridge_sdk::read_up_to(self.input, at, want)? };
        }
        start.truncate(want);
        self.at += length;
        Ok(Text { at, length, start: String::from_utf8_lossy(&start).into_owned() })
    }
}
