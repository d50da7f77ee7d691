//! Identification: whether an input is an archive, and where it begins.

use crate::bytes::{CENTRAL, DESCRIPTOR, END, LOCAL, LOCATOR64, SPLIT_ONE};
use crate::end::{self, EndRecord};

/// Where an archive was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Where its records begin: what its own offsets count from, if an end record says so.
    pub begins: u64,
    /// By what.
    pub evidence: Evidence,
}

/// What an archive was recognised by, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// An end record whose directory is not within the bytes that were given.
    EndRecord,
    /// A local header or end record at offset 0: readers of streams would begin.
    Head,
    /// An end record and the directory that it points to: readers from the end would find it, whatever is at offset 0.
    Directory,
}

/// Recognises an archive by the first bytes of an input (8 are enough) and its last ones (up to 64 KiB + 22, see
/// [`limits::TAIL`](crate::limits::TAIL)); `size` is that of the input. An archive at the end of something else is found too.
pub fn probe(head: &[u8], tail: &[u8], size: u64) -> Option<Probe> {
    let head_begins = starts(head);
    let by_end = memchr::memmem::rfind_iter(tail, &END)
        .take(64)
        .filter_map(|at| {
            let offset = size.checked_sub(tail.len() as u64)?.checked_add(at as u64)?;
            by_end(&EndRecord::parse(offset, &tail[at..])?, tail, at, size)
        })
        .max_by_key(|probe| probe.evidence);
    match by_end {
        Some(probe) if !head_begins || probe.evidence > Evidence::Head => Some(probe),
        _ => head_begins.then_some(Probe { begins: 0, evidence: Evidence::Head }),
    }
}

fn starts(head: &[u8]) -> bool {
    let begins = |at: usize, signature: [u8; 4]| head.get(at..).is_some_and(|rest| rest.starts_with(&signature));
    begins(0, LOCAL) || begins(0, END) || ((begins(0, DESCRIPTOR) || begins(0, SPLIT_ONE)) && begins(4, LOCAL))
}

fn by_end(record: &EndRecord, tail: &[u8], at: usize, size: u64) -> Option<Probe> {
    let tail_starts = size - tail.len() as u64;
    let has_central = |offset: u64| {
        let at = offset.checked_sub(tail_starts).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| tail.get(at..)).map(|rest| rest.starts_with(&CENTRAL))
    };
    if record.asks_for_zip64() {
        let locator = at.checked_sub(end::LOCATOR).and_then(|at| tail.get(at..));
        return locator.is_some_and(|bytes| bytes.starts_with(&LOCATOR64)).then_some(Probe { begins: 0, evidence: Evidence::EndRecord });
    }
    let (length, declared) = (u64::from(record.directory_size), u64::from(record.directory_offset));
    // Each header takes 46 bytes at least; a lying count is no reason to look away, but no header at all is.
    if length < 46 {
        return (length == 0 && record.entries == 0 && record.comment_length as usize + at + end::FIXED == tail.len())
            .then_some(Probe { begins: record.offset.saturating_sub(declared), evidence: Evidence::EndRecord });
    }
    let computed = record.offset.checked_sub(length);
    let mut weak = None;
    for start in [computed, Some(declared)].into_iter().flatten() {
        match has_central(start) {
            Some(true) => {
                return Some(Probe { begins: start.saturating_sub(declared), evidence: Evidence::Directory });
            }
            Some(false) => {}
            None if start < size => {
                weak = weak.or(Some(Probe { begins: start.saturating_sub(declared), evidence: Evidence::EndRecord }));
            }
            None => {}
        }
    }
    weak
}
