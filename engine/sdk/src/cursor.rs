//! Reading from front to back: every error says where it is and what was expected, and nothing is allocated by a number from the file.

use crate::{Broken, Failure, Found};
use weighbridge_parse_read::{ReadAt, Window};

/// Bytes held in memory: reads near each other cost one call of the host.
const BLOCK: usize = 16 << 10;

/// Bytes that are passed, and reads that are made, between two polls: the contract asks for one at least every 64 KiB or 10,000 steps.
const POLL_BYTES: u64 = 32 << 10;
const POLL_READS: u64 = 1_000;

/// A place in an input that moves forward. It polls by itself.
///
/// `what` in its functions is what a person is told was expected there: "the number of tensors".
pub struct Cursor<R> {
    window: Window<R>,
    at: u64,
    end: u64,
    /// Where it was when it polled.
    polled: u64,
    reads: u64,
}

/// Bytes of which there may be more than are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The first of them.
    pub bytes: Vec<u8>,
    /// How many there are in the input.
    pub full_len: u64,
}

impl Taken {
    /// As text: replacement characters stand for what is not UTF-8.
    pub fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        if self.is_cut() {
            // The cut may have split a character.
            return text.trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned();
        }
        text.into_owned()
    }

    /// Whether there are more.
    pub fn is_cut(&self) -> bool {
        (self.bytes.len() as u64) < self.full_len
    }
}

macro_rules! numbers {
    ($($le:ident $be:ident $type:ident $size:literal)*) => {
        $(
            #[doc = concat!("A `", stringify!($type), "`, its least byte first.")]
            pub fn $le(&mut self, what: &'static str) -> Result<$type, Failure> {
                self.array::<$size>(what).map($type::from_le_bytes)
            }

            #[doc = concat!("A `", stringify!($type), "`, its greatest byte first.")]
            pub fn $be(&mut self, what: &'static str) -> Result<$type, Failure> {
                self.array::<$size>(what).map($type::from_be_bytes)
            }
        )*
    };
}

impl<R: ReadAt> Cursor<R> {
    /// At the beginning of an input.
    pub fn new(input: R) -> Self {
        let end = input.size();
        Cursor { window: Window::new(input, BLOCK), at: 0, end, polled: 0, reads: 0 }
    }

    /// At `start`, and no further than `length` bytes from there: a part of a larger format. What reaches beyond the input is cut.
    pub fn within(input: R, start: u64, length: u64) -> Self {
        let size = input.size();
        let at = start.min(size);
        Cursor { at, end: start.saturating_add(length).min(size), polled: at, ..Cursor::new(input) }
    }

    /// Where it is, in the input's own bytes.
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// Bytes that follow.
    pub fn remaining(&self) -> u64 {
        self.end - self.at
    }

    /// Whether it has come to the end.
    pub fn is_at_end(&self) -> bool {
        self.at >= self.end
    }

    /// An error here, or where it was before: the input breaks its format. See [`Broken`].
    pub fn invalid(&self, offset: u64, expected: &'static str, found: Found) -> Failure {
        Failure::Broken(Broken { offset, code: "invalid", expected, found })
    }

    fn ended(&self, what: &'static str) -> Failure {
        Failure::Broken(Broken { offset: self.at, code: "truncated", expected: what, found: Found::Left(self.remaining()) })
    }

    /// `N` bytes.
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Failure> {
        if self.remaining() < N as u64 {
            return Err(self.ended(what));
        }
        let Some(array) = self.window.array::<N>(self.at)? else { return Err(self.ended(what)) };
        self.pass(N as u64)?;
        Ok(array)
    }

    /// A byte.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, Failure> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    numbers! {
        u16_le u16_be u16 2
        u32_le u32_be u32 4
        u64_le u64_be u64 8
        i32_le i32_be i32 4
        i64_le i64_be i64 8
        f32_le f32_be f32 4
        f64_le f64_be f64 8
    }

    /// These bytes and no others.
    pub fn expect<const N: usize>(&mut self, bytes: [u8; N], what: &'static str) -> Result<(), Failure> {
        let at = self.at;
        if self.array::<N>(what)? == bytes { Ok(()) } else { Err(self.invalid(at, what, Found::Other)) }
    }

    /// `len` bytes, a number from the file, of which at most `max` are held: `max` is the plugin's own bound.
    pub fn take(&mut self, len: u64, max: usize, what: &'static str) -> Result<Taken, Failure> {
        if len > self.remaining() {
            return Err(self.ended(what));
        }
        let held = usize::try_from(len).unwrap_or(usize::MAX).min(max);
        let mut bytes = Vec::with_capacity(held.min(BLOCK));
        while bytes.len() < held {
            let from = self.at + bytes.len() as u64;
            let piece = self.window.at(from, 1)?;
            let piece = &piece[..piece.len().min(held - bytes.len())];
            if piece.is_empty() {
                return Err(self.ended(what));
            }
            bytes.extend_from_slice(piece);
            self.window.input().poll(1)?;
        }
        self.pass(len)?;
        Ok(Taken { bytes, full_len: len })
    }

    /// Steps over bytes without reading them.
    pub fn skip(&mut self, len: u64, what: &'static str) -> Result<(), Failure> {
        if len > self.remaining() {
            return Err(self.ended(what));
        }
        Ok(self.pass(len)?)
    }

    /// Goes to an offset of the input, forward or back.
    pub fn seek(&mut self, offset: u64, what: &'static str) -> Result<(), Failure> {
        if offset > self.end {
            return Err(self.invalid(self.at, what, Found::Number(offset)));
        }
        self.at = offset;
        // Whoever goes to and fro does work without passing anything.
        Ok(self.pass(0)?)
    }

    /// A number of items that the file says follow: more than could fit, at `least` bytes each, is an error before anything is made for them.
    pub fn count(&self, count: u64, least: u64, what: &'static str) -> Result<u64, Failure> {
        match count.checked_mul(least.max(1)) {
            Some(bytes) if bytes <= self.remaining() => Ok(count),
            _ => Err(self.invalid(self.at, what, Found::Number(count))),
        }
    }

    fn pass(&mut self, bytes: u64) -> Result<(), weighbridge_parse_read::Stop> {
        self.at += bytes;
        self.reads += 1;
        if self.reads >= POLL_READS || self.at.abs_diff(self.polled) >= POLL_BYTES {
            let steps = std::mem::take(&mut self.reads);
            self.polled = self.at;
            self.window.input().poll(steps)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::cell::Cell;
    use weighbridge_parse_read::Stop;

    fn broken(result: Result<impl std::fmt::Debug, Failure>) -> Broken {
        match result {
            Err(Failure::Broken(broken)) => broken,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_texts_and_places() {
        let mut cursor = Cursor::new(&b"MAGC\x02\x00\x00\x00\x00\x03ab\xffrest"[..]);
        cursor.expect(*b"MAGC", "the magic").unwrap();
        assert_eq!(cursor.u32_le("a count").unwrap(), 2);
        assert_eq!(cursor.u16_be("a length").unwrap(), 3);
        assert_eq!(cursor.take(3, 64, "a name").unwrap().text(), "ab\u{fffd}");
        let taken = cursor.take(4, 2, "the rest").unwrap();
        assert_eq!((taken.text().as_str(), taken.is_cut(), cursor.is_at_end()), ("re", true, true));
        cursor.seek(4, "back").unwrap();
        assert_eq!((cursor.u8("again").unwrap(), cursor.offset()), (2, 5));
    }

    #[test]
    fn every_error_says_where_and_what() {
        let mut cursor = Cursor::new(&b"MAGC\xff\xff"[..]);
        let error = broken(cursor.expect(*b"MAGX", "the magic"));
        assert_eq!((error.offset, error.code, error.expected), (0, "invalid", "the magic"));
        let error = broken(cursor.u32_le("a count"));
        assert_eq!((error.offset, error.code, error.found), (4, "truncated", Found::Left(2)));
        assert_eq!(broken(cursor.take(u64::MAX, 16, "a name")).offset, 4);
        assert_eq!(broken(cursor.skip(3, "a body")).found, Found::Left(2));
        assert_eq!(broken(cursor.seek(7, "an offset")).found, Found::Number(7));
        assert_eq!(broken(cursor.count(u64::MAX, 16, "the number of items")).found, Found::Number(u64::MAX));
        assert_eq!(cursor.count(2, 1, "the number of items"), Ok(2));
        assert_eq!(cursor.offset(), 4);
    }

    #[test]
    fn a_part_ends_where_it_is_said_to() {
        let mut cursor = Cursor::within(&b"0123456789"[..], 3, 4);
        assert_eq!(cursor.array::<4>("four").unwrap(), *b"3456");
        assert_eq!(broken(cursor.u8("more")).offset, 7);
        assert_eq!(Cursor::within(&b"0123"[..], 9, 9).remaining(), 0);
        assert_eq!(Cursor::within(&b"0123"[..], 2, u64::MAX).remaining(), 2);
    }

    /// Zeros without end, that count how often they are polled.
    struct Zeros(Cell<u64>);

    impl ReadAt for Zeros {
        fn size(&self) -> u64 {
            1 << 40
        }

        fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
            buf.fill(0);
            Ok(buf.len())
        }

        fn poll(&self, _steps: u64) -> Result<(), Stop> {
            self.0.set(self.0.get() + 1);
            if self.0.get() > 100 { Err(Stop::Cancelled) } else { Ok(()) }
        }
    }

    #[test]
    fn it_polls_by_itself() {
        let zeros = Zeros(Cell::new(0));
        let mut cursor = Cursor::new(&zeros);
        for _ in 0..POLL_READS * 3 {
            cursor.u8("a byte").unwrap();
        }
        assert_eq!(zeros.0.get(), 3);
        cursor.skip(1 << 30, "a payload").unwrap();
        assert_eq!(zeros.0.get(), 4);
        let end = std::iter::repeat_with(|| cursor.skip(POLL_BYTES, "more")).find_map(Result::err);
        assert_eq!(end, Some(Failure::Stop(Stop::Cancelled)));
    }
}
