//! Whether an input is JSON: told by its first tokens.

use crate::encoding::Encoding;
use crate::limits::{self, Limits};
use crate::reader::Reader;
use crate::token::Kind;
use weighbridge_parse_read::{ReadAt, Stop, read_up_to};

/// Tokens that have to be in order.
const TOKENS: u32 = 8;

/// Whether an input begins, from `start` on, with an object or array as some loader takes it: the first few tokens without a fault.
pub fn probe<R: ReadAt>(input: &R, start: u64) -> Result<bool, Stop> {
    let head = read_up_to(input, start, limits::PROBE)?;
    let whole = start.saturating_add(head.len() as u64) >= input.size();
    let (encoding, mark) = Encoding::detect(&head);
    let first = head[mark as usize..].chunks(encoding.unit()).filter_map(|unit| encoding.read(unit)).find(|unit| !matches!(unit, 9 | 10 | 13 | 32));
    // Comments may stand before the value; a file of nothing but white space is none.
    if !first.is_some_and(|first| matches!(first, 0x7b | 0x5b | 0x2f | 0x23)) {
        return Ok(false);
    }
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
