//! The input as characters, and where each lies.

use crate::limits;
use weighbridge_parse_read::{ReadAt, Stop, read_up_to};

pub(crate) struct Source<R> {
    input: R,
    chars: Vec<char>,
    /// Offset of every `STEP`th character.
    offsets: Vec<u64>,
    width: Width,
    /// Offset of the first character that stands for what is no text.
    pub bad: Option<u64>,
    /// The input goes on behind what was read.
    pub cut: bool,
    passed: u64,
}

#[derive(Clone, Copy)]
enum Width {
    Utf8,
    /// Every byte is a character: what is no UTF-8 is read so, and keeps its ASCII.
    Bytes,
    Utf16,
}

impl<R: ReadAt> Source<R> {
    /// By the byte order mark, as PyYAML finds it; without one, UTF-16 by its zero bytes.
    pub fn new(input: R) -> Result<Self, Stop> {
        let bytes = read_up_to(&input, 0, limits::INPUT)?;
        let cut = input.size() > bytes.len() as u64;
        let (width, big) = match *bytes {
            [0xff, 0xfe, ..] => (Width::Utf16, false),
            [0xfe, 0xff, ..] => (Width::Utf16, true),
            [0, b, 0, d, ..] if b != 0 && d != 0 => (Width::Utf16, true),
            [a, 0, c, 0, ..] if a != 0 && c != 0 => (Width::Utf16, false),
            _ => (Width::Utf8, false),
        };
        let mut source = Source { input, chars: Vec::new(), offsets: Vec::new(), width, bad: None, cut, passed: 0 };
        match width {
            Width::Utf16 => source.utf16(&bytes, big),
            _ => source.utf8(&bytes),
        }
        Ok(source)
    }

    fn utf8(&mut self, bytes: &[u8]) {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            // The bound may cut a character in two.
            Err(error) if self.cut && error.error_len().is_none() => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or(""),
            Err(error) => {
                self.width = Width::Bytes;
                self.bad = Some(error.valid_up_to() as u64);
                for byte in bytes {
                    self.push(char::from(*byte), self.chars.len() as u64);
                }
                return;
            }
        };
        for (at, c) in text.char_indices() {
            self.push(c, at as u64);
        }
    }

    fn utf16(&mut self, bytes: &[u8], big: bool) {
        let unit = |pair: &[u8]| if big { u16::from_be_bytes([pair[0], pair[1]]) } else { u16::from_le_bytes([pair[0], pair[1]]) };
        let mut at = 0;
        for c in char::decode_utf16(bytes.chunks_exact(2).map(unit)) {
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.push(c, at);
            at += 2 * c.len_utf16() as u64;
        }
    }

    fn push(&mut self, c: char, at: u64) {
        if self.chars.len().is_multiple_of(limits::STEP) {
            self.offsets.push(at);
        }
        // No YAML has a zero, which stands for the end here.
        if c == '\0' {
            self.bad.get_or_insert(at);
        }
        // What stands for it is as long as it.
        self.chars.push(if c == '\0' { '\u{1}' } else { c });
    }

    pub fn len(&self) -> usize {
        self.chars.len()
    }

    /// The character at a position; zero behind the end.
    pub fn get(&self, at: usize) -> char {
        self.chars.get(at).copied().unwrap_or('\0')
    }

    pub fn text(&self, from: usize, to: usize) -> String {
        self.chars.get(from..to.min(self.chars.len())).unwrap_or(&[]).iter().collect()
    }

    /// Where a character lies in the input.
    pub fn offset(&self, at: usize) -> u64 {
        let at = at.min(self.chars.len());
        let step = (at / limits::STEP).min(self.offsets.len().saturating_sub(1));
        let Some(base) = self.offsets.get(step) else { return 0 };
        let size = |c: &char| match self.width {
            Width::Utf8 => c.len_utf8(),
            Width::Bytes => 1,
            Width::Utf16 => 2 * c.len_utf16(),
        } as u64;
        // What was replaced was one byte or one unit, as long as what replaces it in UTF-16 alone.
        base + self.chars[step * limits::STEP..at].iter().map(size).sum::<u64>()
    }

    /// Says that characters were passed.
    pub fn pass(&mut self, characters: u64) -> Result<(), Stop> {
        self.passed += characters;
        if self.passed >= limits::POLL {
            self.input.poll(self.passed)?;
            self.passed = 0;
        }
        Ok(())
    }
}
