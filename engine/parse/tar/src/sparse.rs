//! Sparse files: data without their holes.
//!
//! GNU tar knows four ways to say where data belong: the map in an old GNU header of type `S` and in blocks after it; pairs of pax records
//! (0.0); one pax record (0.1); a map in decimal lines before the data (1.0).
//! <https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html>

use std::ops::Range;

use weighbridge_parse_read::{ReadAt, Stop};

use crate::number::{Readings, decimal};

/// Data that lie at `offset` of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// In the expanded file.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
}

/// A map, and whether it makes sense.
#[derive(Debug, Default)]
pub(crate) struct Map {
    pub segments: Vec<Segment>,
    pub invalid: bool,
    /// There were more than are kept.
    pub cut: bool,
}

impl Map {
    fn add(&mut self, offset: i128, length: i128, max: usize) {
        let (Ok(offset), Ok(length)) = (u64::try_from(offset), u64::try_from(length)) else {
            self.invalid = true;
            return;
        };
        let end = self.segments.last().map_or(0, |last| last.offset.saturating_add(last.length));
        self.invalid |= offset < end || offset.checked_add(length).is_none();
        if length == 0 {
            return;
        }
        if self.segments.len() >= max {
            self.cut = true;
        } else {
            self.segments.push(Segment { offset, length });
        }
    }

    /// Pairs of 12-byte fields, of an old GNU header or a block after it.
    pub fn add_fields(&mut self, fields: &[u8], max: usize) {
        for pair in fields.as_chunks::<24>().0 {
            if pair[0] == 0 && pair[12] == 0 {
                break;
            }
            self.add(Readings::of(&pair[..12]).best(), Readings::of(&pair[12..]).best(), max);
        }
    }

    /// Decimal numbers between `separator`s: offset and length by turns.
    pub fn add_text(&mut self, text: &[u8], separator: u8, max: usize) {
        let mut numbers = text.split(|&b| b == separator).filter(|number| !number.is_empty()).map(decimal);
        while let Some(offset) = numbers.next() {
            match (offset, numbers.next().flatten()) {
                (Some(offset), Some(length)) => self.add(offset, length, max),
                _ => self.invalid = true,
            }
        }
    }
}

/// The content of a sparse file: its data, and zeros between them.
pub struct Expander<R> {
    input: R,
    segments: std::vec::IntoIter<Segment>,
    /// Zeros, then data, that come next.
    zeros: u64,
    data: u64,
    packed: Range<u64>,
    at: u64,
    size: u64,
}

impl<R: ReadAt> Expander<R> {
    /// Of the data at `packed` in the input, for a file of `size` bytes.
    pub fn new(input: R, packed: Range<u64>, segments: Vec<Segment>, size: u64) -> Self {
        Expander { input, segments: segments.into_iter(), zeros: 0, data: 0, packed, at: 0, size }
    }

    /// The next bytes: 0 at the end.
    ///
    /// # Errors
    /// The input stopped.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Stop> {
        self.input.poll(1)?;
        while self.zeros == 0 && self.data == 0 {
            match self.segments.next() {
                Some(segment) => {
                    self.zeros = segment.offset.saturating_sub(self.at);
                    self.data = segment.length;
                }
                None if self.at < self.size => self.zeros = self.size - self.at,
                None => return Ok(0),
            }
        }
        let cut = |length: u64| usize::try_from(length).unwrap_or(usize::MAX).min(buf.len());
        let got = if self.zeros != 0 {
            let n = cut(self.zeros);
            buf[..n].fill(0);
            self.zeros -= n as u64;
            n
        } else {
            let n = cut(self.data.min(self.packed.end.saturating_sub(self.packed.start)));
            let got = self.input.read_at(self.packed.start, &mut buf[..n])?;
            self.packed.start += got as u64;
            self.data -= got as u64;
            if got == 0 {
                // The data are used up: what the map still says has no bytes.
                (self.data, self.size, self.segments) = (0, 0, Vec::new().into_iter());
            }
            got
        };
        self.at += got as u64;
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_zeros() -> Result<(), Stop> {
        let mut map = Map::default();
        map.add_text(b"2,3,7,2", b',', 10);
        assert!(!map.invalid);
        let mut expander = Expander::new(b"abcde".to_vec(), 0..5, map.segments, 11);
        let mut content = Vec::new();
        let mut buf = [0; 4];
        loop {
            match expander.read(&mut buf)? {
                0 => break,
                n => content.extend_from_slice(&buf[..n]),
            }
        }
        assert_eq!(content, b"\0\0abc\0\0de\0\0");
        Ok(())
    }
}
