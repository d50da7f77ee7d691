//! Whether an input is JSON, and what of: told by its first tokens, and by the keys that its first part holds.

use crate::encoding::Encoding;
use crate::limits::{self, Limits};
use crate::reader::Reader;
use crate::token::Kind;
use weighbridge_parse_read::{ReadAt, Stop, read_up_to};

/// Tokens that have to be in order.
const TOKENS: u32 = 8;

/// Whether an input begins, from `start` on, with an object or array as some loader takes it: the first few tokens without a fault.
pub fn probe<R: ReadAt + ?Sized>(input: &R, start: u64) -> Result<bool, Stop> {
    let Some(start) = opening(input, start)? else { return Ok(false) };
    let head = read_up_to(input, start, limits::PROBE)?;
    let whole = start.saturating_add(head.len() as u64) >= input.size();
    let mut reader = Reader::with(&head[..], 0, u64::MAX, Limits { lines: true, faults: 0, ..Limits::default() });
    for at in 0..TOKENS {
        let token = reader.next()?;
        let faults = reader.issues().faults();
        if token.kind == Kind::End {
            return Ok(at > 0 && (faults == 0 || !whole && reader.end() >= head.len() as u64));
        }
        if faults > 0 {
            // The head may be cut within a string.
            return Ok(at > 0 && !whole && reader.end() >= head.len() as u64);
        }
    }
    Ok(true)
}

/// Which of `wanted` are keys of a JSON text, at any depth of its first [`limits::KEYS`] bytes, however they are spelt there; none where the input is
/// no JSON. The answer is in the order of `wanted`.
pub fn keys<const N: usize, R: ReadAt + ?Sized>(input: &R, wanted: [&str; N]) -> Result<Option<[bool; N]>, Stop> {
    if !probe(input, 0)? {
        return Ok(None);
    }
    let mut found = [false; N];
    let mut reader = Reader::with(input, 0, limits::KEYS, Limits { text: limits::KEY, keys: 0, lines: true, ..Limits::default() });
    loop {
        match reader.next()?.kind {
            Kind::End => return Ok(Some(found)),
            Kind::Key => {
                if let Some(at) = wanted.iter().position(|key| *key == reader.text()) {
                    found[at] = true;
                }
            }
            _ => {}
        }
        if found == [true; N] {
            return Ok(Some(found));
        }
    }
}

/// Where the bracket that opens the text stands, or the comment before it; `start` itself where that is within the first bytes. Readers pass over any
/// amount of white space.
fn opening<R: ReadAt + ?Sized>(input: &R, start: u64) -> Result<Option<u64>, Stop> {
    let (encoding, mark) = Encoding::detect(&read_up_to(input, start, limits::FIRST)?);
    let (mut at, mut len) = (start + mark, limits::FIRST);
    while at - start < limits::BLANK {
        let block = read_up_to(input, at, len)?;
        let mut units = block.chunks(encoding.unit()).filter_map(|unit| encoding.read(unit)).enumerate();
        match units.find(|(_, unit)| !matches!(unit, 9 | 10 | 13 | 32)) {
            Some((_, 0x7b | 0x5b | 0x2f | 0x23)) if len == limits::FIRST => return Ok(Some(start)),
            Some((index, 0x7b | 0x5b | 0x2f | 0x23)) => return Ok(Some(at + (index * encoding.unit()) as u64)),
            None if block.len() == len => {}
            _ => return Ok(None),
        }
        at += block.len() as u64;
        len = limits::PROBE;
    }
    Ok(None)
}
