//! Identification.

use crate::BLOCK;
use crate::header::Header;

/// What speaks for an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A header whose checksum is right.
    Header,
    /// The magic in a header whose checksum is wrong: Python refuses such an archive, GNU tar goes on to the next header.
    Magic,
    /// A header after blocks that are none: GNU tar skips to it.
    Later,
}

/// Where an archive begins, and why one is supposed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// Offset of the first header.
    pub begins: u64,
    /// Why.
    pub evidence: Evidence,
}

/// Looks for an archive in the first bytes of an input: 4 KiB are enough.
pub fn probe(head: &[u8]) -> Option<Probe> {
    let (blocks, _) = head.as_chunks::<BLOCK>();
    let first = blocks.first()?;
    if Header::checked(first).is_some() {
        return Some(Probe { begins: 0, evidence: Evidence::Header });
    }
    let magic = |block: &[u8; BLOCK]| &block[257..262] == b"ustar";
    if magic(first) {
        return Some(Probe { begins: 0, evidence: Evidence::Magic });
    }
    let at = blocks.iter().position(|block| magic(block) && Header::checked(block).is_some())?;
    Some(Probe { begins: (at * BLOCK) as u64, evidence: Evidence::Later })
}
