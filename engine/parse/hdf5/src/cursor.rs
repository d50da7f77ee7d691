//! Fields of a structure, read one after the other.

use crate::issue::{Issue, Problem};

/// How a file writes addresses and lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Widths {
    /// Where the superblock stands: addresses count from there.
    pub base: u64,
    /// Bytes of an address ("size of offsets").
    pub offset: u8,
    /// Bytes of a length ("size of lengths").
    pub length: u8,
}

/// Bytes of one structure, and how far they were read.
#[derive(Clone)]
pub(crate) struct Cursor<'b> {
    bytes: &'b [u8],
    /// Where they stand in the file.
    start: u64,
    at: usize,
    widths: Widths,
}

impl<'b> Cursor<'b> {
    pub fn new(bytes: &'b [u8], start: u64, widths: Widths) -> Self {
        Cursor { bytes, start, at: 0, widths }
    }

    /// Offset in the file.
    pub fn place(&self) -> u64 {
        self.start.saturating_add(self.at as u64)
    }

    /// Bytes read so far.
    pub fn consumed(&self) -> usize {
        self.at
    }

    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn take(&mut self, len: usize, expected: &'static str) -> Result<&'b [u8], Issue> {
        let Some(bytes) = self.at.checked_add(len).and_then(|end| self.bytes.get(self.at..end)) else {
            let found = format!("{} bytes of {len}", self.left());
            return Err(Issue::new(Problem::Truncated, self.place(), expected, found));
        };
        self.at += len;
        Ok(bytes)
    }

    pub fn skip(&mut self, len: usize, expected: &'static str) -> Result<(), Issue> {
        self.take(len, expected).map(|_| ())
    }

    pub fn u8(&mut self, expected: &'static str) -> Result<u8, Issue> {
        Ok(self.take(1, expected)?[0])
    }

    pub fn u16(&mut self, expected: &'static str) -> Result<u16, Issue> {
        Ok(self.uint(2, expected)? as u16)
    }

    pub fn u32(&mut self, expected: &'static str) -> Result<u32, Issue> {
        Ok(self.uint(4, expected)? as u32)
    }

    pub fn u64(&mut self, expected: &'static str) -> Result<u64, Issue> {
        self.uint(8, expected)
    }

    /// A little-endian number of `width` bytes, of which those beyond the eighth have to be zero.
    pub fn uint(&mut self, width: usize, expected: &'static str) -> Result<u64, Issue> {
        let at = self.place();
        let bytes = self.take(width, expected)?;
        if bytes.get(8..).is_some_and(|high| high.iter().any(|byte| *byte != 0)) {
            return Err(Issue::invalid(at, expected, "a number of more than 64 bits"));
        }
        Ok(bytes.iter().take(8).rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub fn length(&mut self, expected: &'static str) -> Result<u64, Issue> {
        self.uint(usize::from(self.widths.length), expected)
    }

    /// An offset in the file; `None` where there is none (all bits set).
    pub fn address(&mut self, expected: &'static str) -> Result<Option<u64>, Issue> {
        let width = usize::from(self.widths.offset);
        let at = self.at;
        let none = self.bytes.get(at..at + width).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0xff));
        if none {
            self.at += width;
            return Ok(None);
        }
        let place = self.place();
        let address = self.uint(width, expected)?;
        match self.widths.base.checked_add(address) {
            Some(address) => Ok(Some(address)),
            None => Err(Issue::invalid(place, expected, format!("{address:#x}"))),
        }
    }

    /// Bytes up to a NUL, which is stepped over.
    pub fn until_nul(&mut self, expected: &'static str) -> Result<&'b [u8], Issue> {
        let rest = &self.bytes[self.at..];
        let Some(end) = rest.iter().position(|byte| *byte == 0) else {
            return Err(Issue::new(Problem::Truncated, self.place(), expected, format!("{} bytes without a NUL", rest.len())));
        };
        self.at += end + 1;
        Ok(&rest[..end])
    }

    pub fn signature(&mut self, want: &[u8], expected: &'static str) -> Result<(), Issue> {
        let at = self.place();
        let have = self.take(want.len(), expected)?;
        if have == want { Ok(()) } else { Err(Issue::invalid(at, expected, have.escape_ascii().to_string())) }
    }
}
