//! What bounds the work on one file, and why.

/// Bytes of a header: the reference reader refuses more.
pub(crate) const HEADER: u64 = 100_000_000;
/// Nesting of a header: the reference reader's JSON goes no deeper; an honest header has three levels.
pub(crate) const DEPTH: u64 = 127;
/// Tensors whose places are compared: 24 bytes are kept of each. The largest models have some hundred thousand in one file.
pub(crate) const TENSORS: usize = 1 << 20;
/// Dimensions of a tensor that are read: NumPy has at most 64.
pub(crate) const DIMENSIONS: usize = 64;
/// Bytes of a key or value that are kept while reading: trainers store whole configurations in one value.
pub(crate) const VALUE: usize = 1 << 20;
/// Bytes of a metadata value that go into a fact.
pub(crate) const SHOWN: usize = 4 << 10;
/// Bytes of a tensor's name that go into a fact.
pub(crate) const NAME: usize = 256;
/// Entries of the metadata that become facts and children; trainers write some hundred.
pub(crate) const ENTRIES: u64 = 4_096;
/// Places at which tensors overlap or leave gaps that are said one by one.
pub(crate) const PLACES: usize = 16;
/// What a probe looks at: the first tensor's entry lies in it, unless there is much metadata.
pub(crate) const PROBE: usize = 4 << 10;
