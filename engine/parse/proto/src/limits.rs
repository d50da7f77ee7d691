//! Every bound of the walk, with its reason.

/// Bytes of the input held at once: some dozens of graph nodes, while a seek over a tensor costs one such read.
pub(crate) const WINDOW: usize = 16 << 10;
/// Messages within messages. C++, Python and Java read 100 and refuse more; a loader may raise that, and no schema of a model format asks for it.
pub const DEPTH: u32 = 200;
/// Groups within groups, in one field: as many. Each level is walked once for every level around it, so it costs to allow more.
pub(crate) const GROUPS: usize = 100;
/// Bytes of a varint: ten hold 64 bits. Every reader refuses an eleventh.
pub(crate) const VARINT: usize = 10;
/// Bytes of a tag: five hold 32 bits. C++, upb and Go refuse more.
pub(crate) const TAG: usize = 5;
/// Different field numbers that a survey tells apart: no message of a model format has as many in use.
pub(crate) const SURVEYED: usize = 64;
/// Steps between two polls.
pub(crate) const POLL: u64 = 1_000;
