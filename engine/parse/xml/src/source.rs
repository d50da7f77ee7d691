//! Bytes of the document as UTF-8, whatever it is written in.
//!
//! Detection: <https://www.w3.org/TR/xml/#sec-guessing>. UTF-16 is put into UTF-8 on the way; in encodings whose ASCII is ASCII markup is found
//! without knowing them.

use crate::limits;
use weighbridge_parse_read::{ReadAt, Stop, Window};

/// How characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, or another in which ASCII is ASCII.
    Bytes,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Four bytes to a character, or EBCDIC: not read.
    Other,
}

pub(crate) struct Source<R> {
    window: Window<R>,
    /// Where the next character begins in the input.
    pub at: u64,
    pub encoding: Encoding,
    /// UTF-8 of the character that is handed out byte by byte.
    pending: [u8; 4],
    left: u8,
    steps: u64,
    /// The last bytes that [`Source::until`] passed over.
    pub recent: Recent,
}

/// The last two bytes before a place.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Recent {
    bytes: [u8; 2],
    count: usize,
}

impl Recent {
    pub fn push(&mut self, bytes: &[u8]) {
        for byte in &bytes[bytes.len().saturating_sub(2)..] {
            self.bytes = [self.bytes[1], *byte];
            self.count = (self.count + 1).min(2);
        }
    }

    /// Whether they end with `end`, of at most two bytes.
    pub fn ends_with(&self, end: &[u8]) -> bool {
        self.count >= end.len() && self.bytes.ends_with(end)
    }
}

impl<R: ReadAt> Source<R> {
    pub fn new(input: R) -> Self {
        Source {
            window: Window::new(input, limits::WINDOW),
            at: 0,
            encoding: Encoding::Bytes,
            pending: [0; 4],
            left: 0,
            steps: 0,
            recent: Recent::default(),
        }
    }

    pub fn size(&self) -> u64 {
        self.window.size()
    }

    /// Finds the encoding, and passes over a byte order mark.
    pub fn begin(&mut self) -> Result<(), Stop> {
        let (encoding, mark) = match self.window.at(0, 4)? {
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Bytes, 3),
            [0, 0, 0xfe, 0xff, ..] | [0xff, 0xfe, 0, 0, ..] | [0, 0, 0, b'<', ..] | [b'<', 0, 0, 0, ..] => (Encoding::Other, 0),
            [0xff, 0xfe, ..] => (Encoding::Utf16Le, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16Be, 2),
            [b'<', 0, _, 0, ..] => (Encoding::Utf16Le, 0),
            [0, b'<', 0, _, ..] => (Encoding::Utf16Be, 0),
            [0x4c, 0x6f, 0xa7, 0x94, ..] => (Encoding::Other, 0),
            _ => (Encoding::Bytes, 0),
        };
        (self.encoding, self.at) = (encoding, mark);
        Ok(())
    }

    /// Counts work.
    pub fn step(&mut self, steps: u64) -> Result<(), Stop> {
        self.steps += steps;
        if self.steps >= limits::POLL {
            self.window.input().poll(self.steps)?;
            self.steps = 0;
        }
        Ok(())
    }

    /// The next byte, without taking it.
    pub fn peek(&mut self) -> Result<Option<u8>, Stop> {
        if self.left > 0 {
            return Ok(Some(self.pending[4 - usize::from(self.left)]));
        }
        match self.encoding {
            Encoding::Bytes | Encoding::Other => Ok(self.window.at(self.at, 1)?.first().copied()),
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let (char, width) = match self.unit(self.at)? {
                    None => return Ok(None),
                    Some(high @ 0xd800..0xdc00) => match self.unit(self.at + 2)? {
                        Some(low @ 0xdc00..0xe000) => {
                            let code = 0x10000 + ((u32::from(high) - 0xd800) << 10 | (u32::from(low) - 0xdc00));
                            (char::from_u32(code).unwrap_or('\u{fffd}'), 4)
                        }
                        _ => ('\u{fffd}', 2),
                    },
                    Some(unit) => (char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}'), 2),
                };
                self.at += width;
                let mut utf8 = [0; 4];
                let length = char.encode_utf8(&mut utf8).len();
                self.pending[4 - length..].copy_from_slice(&utf8[..length]);
                self.left = length as u8;
                Ok(Some(self.pending[4 - length]))
            }
        }
    }

    fn unit(&mut self, at: u64) -> Result<Option<u16>, Stop> {
        let bytes = self.window.array::<2>(at)?;
        Ok(bytes.map(|bytes| if self.encoding == Encoding::Utf16Le { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }))
    }

    /// Takes the byte that was peeked.
    pub fn take(&mut self) -> Result<(), Stop> {
        if self.left > 0 {
            self.left -= 1;
        } else {
            self.at += 1;
        }
        self.step(1)
    }

    /// Takes the next byte.
    pub fn byte(&mut self) -> Result<Option<u8>, Stop> {
        let byte = self.peek()?;
        if byte.is_some() {
            self.take()?;
        }
        Ok(byte)
    }

    /// Takes bytes up to one of `stops`, which is left; they are added to `into` while that is shorter than `keep`. The answer is how many they were.
    pub fn until(&mut self, stops: &[u8], into: &mut Vec<u8>, keep: usize) -> Result<u64, Stop> {
        let mut taken = 0;
        loop {
            if self.encoding == Encoding::Bytes && self.left == 0 {
                let held = self.window.at(self.at, 1)?;
                if held.is_empty() {
                    return Ok(taken);
                }
                let found = held.iter().position(|byte| stops.contains(byte));
                let run = found.unwrap_or(held.len());
                into.extend_from_slice(&held[..run.min(keep.saturating_sub(into.len()))]);
                self.recent.push(&held[..run]);
                self.at += run as u64;
                taken += run as u64;
                self.step(run as u64 / 16 + 1)?;
                if found.is_some() {
                    return Ok(taken);
                }
                continue;
            }
            match self.peek()? {
                Some(byte) if !stops.contains(&byte) => {
                    self.take()?;
                    self.recent.push(&[byte]);
                    taken += 1;
                    if into.len() < keep {
                        into.push(byte);
                    }
                }
                _ => return Ok(taken),
            }
        }
    }
}
