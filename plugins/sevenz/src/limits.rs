//! Every limit, each with its reason. How much content comes out is the host's to limit: it stops reading.

/// Bytes of a header, packed or not: names of 100,000 files take some 10 MB, and a header is held in memory, as is what it says.
pub(crate) const HEADER: u64 = 32 << 20;

/// Entries: each costs some 100 bytes, and two bytes of a header can make one.
pub(crate) const ENTRIES: u64 = 1 << 20;

/// Folders (blocks): each costs some 200 bytes. An archive that is not solid has one for each file.
pub(crate) const FOLDERS: u64 = 1 << 18;

/// Properties of all files together: there are eleven kinds.
pub(crate) const PROPERTIES: usize = 64;

/// Headers in headers: real archives have one.
pub(crate) const ENCODED: usize = 4;

/// Coders of one folder, and streams of one coder. 7-Zip takes 32; real archives have up to four coders.
pub(crate) const CODERS: u64 = 32;

/// Largest dictionary that a decoder gets. 7-Zip's "ultra" asks for 64 MiB; of a larger one what it cannot hold is corrupt to the decoder.
pub(crate) const DICTIONARY: u32 = 128 << 20;

/// Largest memory of a PPMd model, which is taken at once. 7-Zip's "ultra" asks for 192 MiB.
pub(crate) const PPMD: u32 = 256 << 20;

/// Bytes that are decoded and dropped to come to an entry behind one that was not read to its end.
pub(crate) const SKIP: u64 = 1 << 30;

/// Bytes that one read of a chain of decoders gives: what an error loses, and what is then decoded anew byte by byte.
pub(crate) const STEP: usize = 4 << 10;

/// A link's target is as long as a path may be.
pub(crate) const LINK: u64 = 4 << 10;

/// How far into its folder a link's content may lie to be decoded while the entries are listed.
pub(crate) const LINK_DEPTH: u64 = 16 << 20;

/// Stored content up to this size is checked against its CRC in quick mode: it is read anyway, to see what it is. Larger content is in thorough mode.
pub(crate) const QUICK_CRC: u64 = 64 << 10;
