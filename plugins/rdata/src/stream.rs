//! Numbers and strings in R's three encodings.
//!
//! <https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats>: `X` is XDR (big-endian), `A` is text, one value a line, `B` is the
//! writer's own byte order.

use crate::limits;
use weighbridge_sdk::{Input, ReadAt, Stop, Window};

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Big-endian, as XDR asks.
    Big,
    /// Little-endian: what the machines of today write as their own.
    Little,
    /// Words of text.
    Ascii,
}

/// Why a reader cannot go on.
#[derive(Debug)]
pub(crate) enum Error {
    /// The host asked for the end.
    Stop(Stop),
    /// The input ends inside `expected`.
    Truncated { at: u64, expected: &'static str },
    /// What stands at `at` is not `expected`.
    Invalid { at: u64, expected: &'static str, found: String },
    /// Nested deeper, or more of something, than is followed.
    Limit { at: u64, code: &'static str, expected: String },
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        Error::Stop(stop)
    }
}

/// A position in the input, and how to read there.
pub(crate) struct Stream<'i, 'h> {
    window: Window<&'i Input<'h>>,
    /// Where the next value begins.
    pub at: u64,
    pub encoding: Encoding,
    steps: u64,
}

/// The longest word that R reads: its buffer has 128 bytes.
const WORD: usize = 128;

impl<'i, 'h> Stream<'i, 'h> {
    pub fn new(input: &'i Input<'h>, at: u64, encoding: Encoding) -> Self {
        Stream { window: Window::new(input, limits::WINDOW), at, encoding, steps: 0 }
    }

    pub fn size(&self) -> u64 {
        self.window.size()
    }

    /// Counts a step of work.
    pub fn step(&mut self) -> Result<(), Error> {
        self.steps += 1;
        if self.steps >= limits::POLL {
            self.window.input().poll(self.steps)?;
            self.steps = 0;
        }
        Ok(())
    }

    /// A 32-bit integer; `NA` is its smallest value.
    pub fn int(&mut self, expected: &'static str) -> Result<i32, Error> {
        self.step()?;
        if self.encoding == Encoding::Ascii {
            let at = self.at;
            let word = self.word(expected)?;
            return match word.as_str() {
                "NA" => Ok(i32::MIN),
                word => word.parse().map_err(|_| Error::Invalid { at, expected, found: word.to_owned() }),
            };
        }
        let bytes = self.window.array::<4>(self.at)?.ok_or(Error::Truncated { at: self.at, expected })?;
        self.at += 4;
        Ok(if self.encoding == Encoding::Big { i32::from_be_bytes(bytes) } else { i32::from_le_bytes(bytes) })
    }

    /// A double.
    pub fn real(&mut self, expected: &'static str) -> Result<f64, Error> {
        self.step()?;
        if self.encoding == Encoding::Ascii {
            let at = self.at;
            let word = self.word(expected)?;
            return match word.as_str() {
                "NA" | "NaN" => Ok(f64::NAN),
                "Inf" => Ok(f64::INFINITY),
                "-Inf" => Ok(f64::NEG_INFINITY),
                // C's hexadecimal notation is a number that is never wanted here.
                word if word.contains("0x") => Ok(f64::NAN),
                word => word.parse().map_err(|_| Error::Invalid { at, expected, found: word.to_owned() }),
            };
        }
        let bytes = self.window.array::<8>(self.at)?.ok_or(Error::Truncated { at: self.at, expected })?;
        self.at += 8;
        Ok(if self.encoding == Encoding::Big { f64::from_be_bytes(bytes) } else { f64::from_le_bytes(bytes) })
    }

    /// A raw byte: in text two hexadecimal digits.
    pub fn raw(&mut self, expected: &'static str) -> Result<u8, Error> {
        self.step()?;
        if self.encoding == Encoding::Ascii {
            let at = self.at;
            let word = self.word(expected)?;
            return u8::from_str_radix(&word, 16).map_err(|_| Error::Invalid { at, expected, found: word });
        }
        self.byte(expected)
    }

    /// The length of a vector: an integer, or -1 and the two halves of a longer one.
    pub fn length(&mut self, expected: &'static str) -> Result<u64, Error> {
        let at = self.at;
        let length = self.int(expected)?;
        if length != -1 {
            return u64::try_from(length).map_err(|_| Error::Invalid { at, expected, found: length.to_string() });
        }
        let (high, low) = (self.int(expected)? as u32, self.int(expected)? as u32);
        // R refuses lengths beyond 2^48.
        if high > 65_536 {
            return Err(Error::Invalid { at, expected, found: format!("{high} times 2^32") });
        }
        Ok(u64::from(high) << 32 | u64::from(low))
    }

    /// Passes over `count` values of `width` bytes each.
    pub fn skip(&mut self, count: u64, width: u64, expected: &'static str) -> Result<(), Error> {
        if self.encoding == Encoding::Ascii {
            // A complex number is two words, a raw byte one.
            for _ in 0..count.saturating_mul(if width == 16 { 2 } else { 1 }) {
                self.step()?;
                self.word(expected)?;
            }
            return Ok(());
        }
        let end = count.checked_mul(width).and_then(|length| self.at.checked_add(length));
        match end.filter(|end| *end <= self.size()) {
            Some(end) => self.at = end,
            None => return Err(Error::Truncated { at: self.at, expected }),
        }
        Ok(())
    }

    /// A string of that length; at most [`limits::STRING`] bytes of it are kept.
    pub fn string(&mut self, length: u64, expected: &'static str) -> Result<Vec<u8>, Error> {
        self.step()?;
        if self.encoding == Encoding::Ascii {
            return self.escaped(length, expected);
        }
        let keep = usize::try_from(length).map_or(limits::STRING, |length| length.min(limits::STRING));
        let kept = self.window.at(self.at, keep)?;
        let kept = kept[..keep.min(kept.len())].to_vec();
        self.skip(length, 1, expected)?;
        Ok(kept)
    }

    /// Text's string: `length` bytes, with C's escapes.
    fn escaped(&mut self, length: u64, expected: &'static str) -> Result<Vec<u8>, Error> {
        let mut kept = Vec::new();
        if length > 0 {
            self.blanks()?;
        }
        for _ in 0..length {
            self.step()?;
            let byte = match self.byte(expected)? {
                b'\\' => match self.byte(expected)? {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'v' => 0x0b,
                    b'b' => 0x08,
                    b'r' => b'\r',
                    b'f' => 0x0c,
                    b'a' => 0x07,
                    digit @ b'0'..=b'7' => {
                        let mut value = u32::from(digit - b'0');
                        for _ in 0..2 {
                            match self.peek()? {
                                Some(digit @ b'0'..=b'7') => {
                                    value = value * 8 + u32::from(digit - b'0');
                                    self.at += 1;
                                }
                                _ => break,
                            }
                        }
                        value as u8
                    }
                    other => other,
                },
                byte => byte,
            };
            if kept.len() < limits::STRING {
                kept.push(byte);
            }
        }
        Ok(kept)
    }

    fn peek(&mut self) -> Result<Option<u8>, Error> {
        Ok(self.window.at(self.at, 1)?.first().copied())
    }

    fn byte(&mut self, expected: &'static str) -> Result<u8, Error> {
        let byte = self.peek()?.ok_or(Error::Truncated { at: self.at, expected })?;
        self.at += 1;
        Ok(byte)
    }

    /// Passes over blanks and line breaks, which stand between the words of text.
    pub fn blanks(&mut self) -> Result<(), Error> {
        while self.peek()?.is_some_and(|byte| byte.is_ascii_whitespace() || byte == 0x0b) {
            self.at += 1;
            self.step()?;
        }
        Ok(())
    }

    fn word(&mut self, expected: &'static str) -> Result<String, Error> {
        self.blanks()?;
        let start = self.at;
        let mut word = String::new();
        while let Some(byte) = self.peek()?.filter(|byte| !byte.is_ascii_whitespace()) {
            if word.len() >= WORD || !byte.is_ascii() {
                return Err(Error::Invalid { at: start, expected, found: word });
            }
            word.push(char::from(byte));
            self.at += 1;
        }
        if word.is_empty() { Err(Error::Truncated { at: self.at, expected }) } else { Ok(word) }
    }
}
