//! Version 1: sections with markers, in letters of two bytes each.
//!
//! ```text
//! file := "BCN" ["BVersion" version:u64 "EVersion"] nodes:u64 "BNodeList" node… "ENodeList" "BRelation" … "ECN"
//! ```
//! A node's content has no length and is another for each operator. None of it is executed: its texts are looked at, no more.

use crate::limits;
use crate::report::Texts;
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop};

/// `BCN`, with the zero that ends it.
pub(crate) const MAGIC: &[u8] = b"B\0C\0N\0\0\0";
/// `BVersion`, likewise.
const VERSION: &[u8; 18] = b"B\0V\0e\0r\0s\0i\0o\0n\0\0\0";
/// `EVersion`.
const VERSION_END: &[u8; 18] = b"E\0V\0e\0r\0s\0i\0o\0n\0\0\0";
/// `BNodeList`, likewise.
const NODES: &[u8; 20] = b"B\0N\0o\0d\0e\0L\0i\0s\0t\0\0\0";

/// `ECN`, likewise: the end of all.
const END: &[u8; 8] = b"E\0C\0N\0\0\0";

pub(crate) fn is(input: &Input<'_>) -> Result<bool, Stop> {
    Ok(input.array::<8>(0)?.is_some_and(|head| head == MAGIC))
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    let mut at = MAGIC.len() as u64;
    let mut sound = true;
    let mut expect = |what: &str, found: Option<bool>, at: u64| -> Result<(), Stop> {
        if found != Some(true) {
            sound = false;
            let code = if found.is_none() { "truncated" } else { "invalid" };
            input.emit(&Fact::anomaly(code).text("expected", what).at(at.min(size), 0))?;
        }
        Ok(())
    };
    // Files of the very first version have none.
    if input.array::<18>(at)? == Some(*VERSION) {
        at += 18;
        let version = input.array::<8>(at)?.map(u64::from_le_bytes);
        expect("a version", version.map(|_| true), at)?;
        if let Some(version) = version {
            let version = version.to_string();
            input.emit(&Fact::new("metadata").text("key", "cntk.version").text("value", &version).at(at, 8))?;
        }
        at += 8;
        expect("EVersion", input.array::<18>(at)?.map(|marker| marker == *VERSION_END), at)?;
        at += 18;
    }
    expect("the number of nodes", input.array::<8>(at)?.map(|_| true), at)?;
    expect("BNodeList", input.array::<20>(at + 8)?.map(|marker| marker == *NODES), at + 8)?;
    let last = size.saturating_sub(END.len() as u64);
    expect("ECN at the end", input.array::<8>(last)?.and_then(|marker| (marker == *END).then_some(true)), size)?;
    let at = (at + 28).min(size);
    input.region(Region::Structure, 0, at)?;
    input.region(Region::Payload, at, size - at)?;
    let mut texts = Texts::new();
    let first = if input.thorough() { size } else { size.min(at + limits::QUICK) };
    texts.stray(input, at, first)?;
    texts.stray(input, size.saturating_sub(limits::QUICK).max(first), size)?;
    if texts.cut() {
        input.emit(&Fact::anomaly("limit-facts").text("detail", "texts that were not told"))?;
        return Err(Failure::Unsupported);
    }
    if sound { Ok(()) } else { Err(Failure::Malformed) }
}
