//! What a walk gives.

use crate::header::Dialect;
use crate::sparse::Segment;
use std::ops::Range;

/// What an entry unpacks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file; unknown types are extracted as files by all readers.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A hard link, to another entry of the archive.
    Hardlink,
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
    /// A volume label, a list of names: nothing that is unpacked.
    Note,
}

/// Which readers see an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// All.
    Plain,
    /// Those that go on after the end blocks.
    AfterEnd,
    /// Those that go on after a broken header.
    AfterDamage,
    /// Those that read an earlier entry's size or type differently.
    Elsewhere,
}

/// An entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Position among all that were found.
    pub index: u64,
    /// Where its first header lies: of an extension, if it has one.
    pub offset: u64,
    /// Where its own header lies.
    pub header: u64,
    /// By the header's magic.
    pub dialect: Dialect,
    /// The type flag as it stands.
    pub typeflag: u8,
    /// What it unpacks to.
    pub kind: Kind,
    /// The name, as Python reads it.
    pub name: Vec<u8>,
    /// The name as GNU tar reads it, where that differs.
    pub other_name: Option<Vec<u8>>,
    /// Target of a link, as Python reads it.
    pub target: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Size of the content, as declared: of a sparse file with its holes.
    pub size: u64,
    /// The data in the input, cut to what is there.
    pub data: Range<u64>,
    /// How the data expand, of a sparse file.
    pub sparse: Option<Vec<Segment>>,
    /// Which readers see it.
    pub seen: Seen,
}

/// Classes of regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionKind {
    /// Headers.
    Structure,
    /// An entry's data.
    Payload,
    /// Filler up to a block, and end blocks.
    Padding,
}

/// A part of the input that is accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Its class.
    pub kind: RegionKind,
    /// First byte.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
}
