//! What bounds the work on one file, and why.

/// Bytes that a probe reads: what says that a file is a configuration stands near its beginning. Larger files are read to be sure.
pub(crate) const PROBE: u64 = 1 << 20;
/// Bytes of a text that are kept while reading.
pub(crate) const TEXT: usize = 64 << 10;
/// Bytes of a text that go into a fact.
pub(crate) const SHOWN: usize = 2 << 10;
/// Facts and children of one file: a configuration has some ten.
pub(crate) const FACTS: u64 = 4_096;
/// Different shards that an index names.
pub(crate) const SHARDS: usize = 16 << 10;
/// Bytes of YAML that are read: configurations have some thousand.
pub(crate) const YAML: usize = 4 << 20;
