//! Every bound of this crate, with its reason.

/// Bytes of input that are read. Configurations have some thousand; a vocabulary has a few million.
pub const INPUT: usize = 4 << 20;
/// Faults behind which reading goes on: what has more is no YAML.
pub const FAULTS: usize = 64;
/// Characters in which a key shows that it is one, by the specification.
pub(crate) const KEY: usize = 1024;
/// Characters between two polls.
pub(crate) const POLL: u64 = 8 << 10;
/// Characters whose offset in the input is remembered.
pub(crate) const STEP: usize = 1 << 10;
/// Bytes of a tag or an anchor that are kept.
pub(crate) const NAME: usize = 1 << 10;
/// `%TAG` directives of one document.
pub(crate) const HANDLES: usize = 256;
/// Levels that are open at one time. PyYAML's composer ends at Python's recursion limit, some 300 levels; what lies deeper is read as if it stood here.
pub const DEPTH: usize = 10_000;
