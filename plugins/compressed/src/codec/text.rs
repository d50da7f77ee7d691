//! Bytes written as text: base64 of both alphabets (<https://www.rfc-editor.org/rfc/rfc4648#section-4>), and hexadecimal digits.

use crate::source::Source;
use std::io;
use weighbridge_sdk::ReadAt;

/// What stands for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    Base64,
    Hex,
}

impl Alphabet {
    fn digit(self, byte: u8) -> Option<u32> {
        let value = match (self, byte) {
            (Alphabet::Hex, b'0'..=b'9') => byte - b'0',
            (Alphabet::Hex, b'a'..=b'f') => byte - b'a' + 10,
            (Alphabet::Hex, b'A'..=b'F') => byte - b'A' + 10,
            (Alphabet::Hex, _) => return None,
            (_, b'A'..=b'Z') => byte - b'A',
            (_, b'a'..=b'z') => byte - b'a' + 26,
            (_, b'0'..=b'9') => byte - b'0' + 52,
            (_, b'+' | b'-') => 62,
            (_, b'/' | b'_') => 63,
            _ => return None,
        };
        Some(u32::from(value))
    }

    fn bits(self) -> u32 {
        if self == Alphabet::Hex { 4 } else { 6 }
    }
}

/// A text that is being decoded: what is left of digits that made no whole byte yet.
pub(crate) struct Text {
    alphabet: Alphabet,
    rest: u32,
    bits: u32,
    padded: bool,
}

impl Text {
    pub fn new(alphabet: Alphabet) -> Self {
        Text { alphabet, rest: 0, bits: 0, padded: false }
    }

    /// Takes bytes of the text. The answer is how many it took, and whether the text ended at the next one.
    fn take(&mut self, text: &[u8], out: &mut [u8], made: &mut usize) -> (usize, bool) {
        for (at, &byte) in text.iter().enumerate() {
            if byte.is_ascii_whitespace() {
                continue;
            }
            if byte == b'=' && self.alphabet == Alphabet::Base64 {
                self.padded = true;
                continue;
            }
            let Some(digit) = self.alphabet.digit(byte).filter(|_| !self.padded) else { return (at, true) };
            if *made == out.len() {
                return (at, false);
            }
            self.rest = self.rest << self.alphabet.bits() | digit;
            self.bits += self.alphabet.bits();
            if self.bits >= 8 {
                self.bits -= 8;
                out[*made] = (self.rest >> self.bits & 0xff) as u8;
                *made += 1;
                self.rest &= (1 << self.bits) - 1;
            }
        }
        (text.len(), false)
    }

    /// The next bytes; 0 at the end of the text.
    pub fn read<R: ReadAt>(&mut self, source: &Source<R>, buf: &mut [u8]) -> io::Result<usize> {
        let mut made = 0;
        loop {
            let (none, ended) = source.with(|text| {
                let (taken, ended) = self.take(text, buf, &mut made);
                (taken, (text.is_empty(), ended))
            })?;
            if none || ended || made == buf.len() {
                return Ok(made);
            }
        }
    }

    /// What some text stands for, up to where it ends.
    pub fn decode(alphabet: Alphabet, text: &[u8]) -> Vec<u8> {
        let mut out = vec![0; text.len()];
        let mut made = 0;
        Text::new(alphabet).take(text, &mut out, &mut made);
        out.truncate(made);
        out
    }
}
