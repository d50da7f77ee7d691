//! What bounds the work on one file, and why.

/// Bytes that a probe reads: what says that a file is a configuration stands near its beginning. Larger files are read to be sure.
pub(crate) const PROBE: u64 = 1 << 20;
/// Bytes in which text that is not YAML by its name shows that it is.
pub(crate) const SNIFF: usize = 64 << 10;
/// Bytes of a text that are kept while reading.
pub(crate) const TEXT: usize = 64 << 10;
/// Bytes of a text that go into a fact.
pub(crate) const SHOWN: usize = 2 << 10;
/// Characters of a number that are shown.
pub(crate) const NUMBER: usize = 64;
/// Facts and children of one file: a configuration has some ten.
pub(crate) const FACTS: u64 = 4_096;
/// Different shards that an index names.
pub(crate) const SHARDS: usize = 16 << 10;
/// Texts of one list that are looked at together.
pub(crate) const ITEMS: usize = 64;
/// Bytes of decoded texts that are held for the children of one file.
pub(crate) const HELD: usize = 4 << 20;
/// Anchors of one document that are remembered.
pub(crate) const ANCHORS: usize = 4_096;
/// Values beyond which the aliases of a file make more than anyone writes.
pub(crate) const EXPANDED: u64 = 10_000_000;
/// Faults that become facts.
pub(crate) const FAULTS: usize = 16;
/// Levels of a model in YAML that are written as JSON.
pub(crate) const LEVELS: usize = 1_000;
/// Bytes of a list of requirements, of sections and keys, or of a text of protocol buffers. They have some thousand.
pub(crate) const LINES: usize = 1 << 20;
/// Bytes of a line, with those that continue it.
pub(crate) const LINE: usize = 16 << 10;
