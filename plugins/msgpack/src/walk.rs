//! Values one after the other, without recursion.
//!
//! <https://github.com/msgpack/msgpack/blob/master/spec.md>: a first byte says the type and, of small values, the length; the length of others follows in
//! one, two or four bytes, high byte first.

use crate::limits;
use weighbridge_sdk::{ReadAt, Stop, Window};

/// What a value is. Spans are of the bytes behind its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nil,
    Bool,
    /// A number; the value of integers that fit.
    Number(Option<u64>),
    Str(u64),
    Bin(u64),
    Ext(i8, u64),
    Array(u64),
    Map(u64),
}

/// A value, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub kind: Kind,
    /// Where its header begins.
    pub at: u64,
    /// Where the bytes behind its header begin.
    pub body: u64,
    /// How many containers are around it.
    pub depth: usize,
    /// Whether it is a key.
    pub key: bool,
}

impl Item {
    /// Where the next value begins.
    pub fn end(&self) -> u64 {
        match self.kind {
            Kind::Str(length) | Kind::Bin(length) | Kind::Ext(_, length) => self.body.saturating_add(length),
            _ => self.body,
        }
    }
}

/// Why the walk ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    Truncated { at: u64, expected: &'static str },
    Invalid { at: u64, found: u8 },
    Depth { at: u64 },
}

struct Level {
    left: u64,
    map: bool,
    value: bool,
}

pub(crate) struct Walk<R> {
    window: Window<R>,
    pub at: u64,
    end: u64,
    levels: Vec<Level>,
    begun: bool,
}

impl<R: ReadAt> Walk<R> {
    pub fn new(input: R, at: u64, end: u64) -> Self {
        let end = end.min(input.size());
        Walk { window: Window::new(input, limits::WINDOW), at, end, levels: Vec::new(), begun: false }
    }

    /// The next value; `None` behind the outermost one.
    pub fn next(&mut self) -> Result<Result<Option<Item>, Ended>, Stop> {
        while self.levels.last().is_some_and(|level| level.left == 0) {
            self.levels.pop();
        }
        if self.begun && self.levels.is_empty() {
            return Ok(Ok(None));
        }
        self.begun = true;
        let depth = self.levels.len();
        let key = match self.levels.last_mut() {
            Some(level) if level.map && !level.value => {
                level.value = true;
                true
            }
            Some(level) => {
                level.value = false;
                level.left -= 1;
                false
            }
            None => false,
        };
        let item = match self.item(depth, key)? {
            Ok(item) => item,
            Err(ended) => return Ok(Err(ended)),
        };
        self.at = item.end();
        if let Kind::Array(left) | Kind::Map(left) = item.kind {
            if depth >= limits::DEPTH {
                return Ok(Err(Ended::Depth { at: item.at }));
            }
            self.levels.push(Level { left, map: matches!(item.kind, Kind::Map(_)), value: false });
        }
        if self.at > self.end {
            return Ok(Err(Ended::Truncated { at: item.at, expected: "the bytes of a string, binary or extension value" }));
        }
        Ok(Ok(Some(item)))
    }

    fn item(&mut self, depth: usize, key: bool) -> Result<Result<Item, Ended>, Stop> {
        let at = self.at;
        let head = self.window.at(at, 6)?;
        let within = usize::try_from(self.end.saturating_sub(at)).unwrap_or(usize::MAX);
        let head = &head[..head.len().min(within).min(6)];
        let Some(&first) = head.first() else { return Ok(Err(Ended::Truncated { at, expected: "a value" })) };
        // The length, in so many bytes behind the first.
        let number = |bytes: usize| head.get(1..1 + bytes).map(|bytes| bytes.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte)));
        let short = Ended::Truncated { at, expected: "the length of a value" };
        let (kind, header) = match first {
            0x00..=0x7f => (Kind::Number(Some(u64::from(first))), 1),
            0x80..=0x8f => (Kind::Map(u64::from(first & 15)), 1),
            0x90..=0x9f => (Kind::Array(u64::from(first & 15)), 1),
            0xa0..=0xbf => (Kind::Str(u64::from(first & 31)), 1),
            0xc0 => (Kind::Nil, 1),
            0xc1 => return Ok(Err(Ended::Invalid { at, found: first })),
            0xc2 | 0xc3 => (Kind::Bool, 1),
            0xc4..=0xc6 | 0xd9..=0xdb => {
                let width = 1 << (if first < 0xd9 { first - 0xc4 } else { first - 0xd9 });
                let Some(length) = number(width) else { return Ok(Err(short)) };
                (if first < 0xd9 { Kind::Bin(length) } else { Kind::Str(length) }, 1 + width as u64)
            }
            0xc7..=0xc9 => {
                let width = 1usize << (first - 0xc7);
                let (Some(length), Some(kind)) = (number(width), head.get(1 + width)) else { return Ok(Err(short)) };
                (Kind::Ext(*kind as i8, length), 2 + width as u64)
            }
            0xd4..=0xd8 => {
                let Some(kind) = head.get(1) else { return Ok(Err(short)) };
                (Kind::Ext(*kind as i8, 1 << (first - 0xd4)), 2)
            }
            0xca | 0xcb => (Kind::Number(None), if first == 0xca { 5 } else { 9 }),
            0xcc..=0xcf => {
                let width = 1usize << (first - 0xcc);
                (Kind::Number(number(width.min(4)).filter(|_| width <= 4)), 1 + width as u64)
            }
            0xd0..=0xd3 => (Kind::Number(None), 1 + (1 << (first - 0xd0))),
            0xdc | 0xdd => {
                let width = if first == 0xdc { 2 } else { 4 };
                let Some(length) = number(width) else { return Ok(Err(short)) };
                (Kind::Array(length), 1 + width as u64)
            }
            0xde | 0xdf => {
                let width = if first == 0xde { 2 } else { 4 };
                let Some(length) = number(width) else { return Ok(Err(short)) };
                (Kind::Map(length), 1 + width as u64)
            }
            0xe0.. => (Kind::Number(None), 1),
        };
        let body = at + header;
        if body > self.end {
            return Ok(Err(Ended::Truncated { at, expected: "the bytes of a number" }));
        }
        Ok(Ok(Item { kind, at, body, depth, key }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(bytes: &[u8]) -> Result<(Vec<Kind>, Option<Ended>), Stop> {
        let mut walk = Walk::new(bytes, 0, u64::MAX);
        let mut found = Vec::new();
        loop {
            match walk.next()? {
                Ok(Some(item)) => found.push(item.kind),
                Ok(None) => return Ok((found, None)),
                Err(ended) => return Ok((found, Some(ended))),
            }
        }
    }

    #[test]
    fn reads_values_of_every_length() -> Result<(), Stop> {
        let bytes = b"\x82\xa1a\x93\x01\xff\xcb\0\0\0\0\0\0\0\0\xd9\x01b\xdc\0\x05\xc0\xc2\xc4\x02xy\xd4\x01z\xc7\x03\x05abc";
        let (found, ended) = kinds(bytes)?;
        let number = Kind::Number;
        let wanted = [
            Kind::Map(2),
            Kind::Str(1),
            Kind::Array(3),
            number(Some(1)),
            number(None),
            number(None),
            Kind::Str(1),
            Kind::Array(5),
            Kind::Nil,
            Kind::Bool,
            Kind::Bin(2),
            Kind::Ext(1, 1),
            Kind::Ext(5, 3),
        ];
        assert_eq!((found.as_slice(), ended), (&wanted[..], None));
        Ok(())
    }

    #[test]
    fn every_prefix_is_truncated() -> Result<(), Stop> {
        let bytes = b"\x82\xa1a\x91\xcd\x01\x02\xa1b\xc6\0\0\0\x02xy";
        assert_eq!(kinds(bytes)?.1, None);
        for end in 0..bytes.len() {
            assert!(matches!(kinds(&bytes[..end])?.1, Some(Ended::Truncated { .. })), "{end}");
        }
        assert!(matches!(kinds(b"\xdf\xff\xff\xff\xff")?.1, Some(Ended::Truncated { .. })));
        assert_eq!(kinds(b"\x91\xc1")?.1, Some(Ended::Invalid { at: 1, found: 0xc1 }));
        assert!(matches!(kinds(&[0x91; 200_000])?.1, Some(Ended::Depth { .. })));
        Ok(())
    }
}
