//! What bounds the work on one file, and why.

/// Bytes of the input held at once.
pub(crate) const WINDOW: usize = 64 << 10;
/// Values between two polls.
pub(crate) const POLL: u64 = 8_192;
/// Bytes of a key: the specification's bound.
pub(crate) const KEY: u64 = 65_535;
/// Bytes of a key that go into a fact.
pub(crate) const KEY_SHOWN: usize = 256;
/// Bytes of a text that go into a fact.
pub(crate) const SHOWN: usize = 4 << 10;
/// Bytes of a text that are looked at for what it is.
pub(crate) const LOOKED_AT: usize = 64 << 10;
/// Keys that become facts; the largest real headers have some hundred.
pub(crate) const KEYS: u64 = 4_096;
/// Bytes of one token of a vocabulary beyond which something is wrong: real ones have some hundred.
pub(crate) const TOKEN: u64 = 64 << 10;
/// Arrays within arrays; the reference reader has none.
pub(crate) const DEPTH: u32 = 8;
/// Dimensions of a tensor: the reference reader's bound.
pub(crate) const DIMENSIONS: u32 = 4;
/// Bytes of a tensor's name, likewise.
pub(crate) const NAME: u64 = 63;
/// Tensors whose places are compared: 24 bytes are kept of each. The largest models have some ten thousand.
pub(crate) const TENSORS: usize = 1 << 19;
/// Places at which tensors are wrong that are said one by one.
pub(crate) const PLACES: u32 = 16;
/// Bytes of a tensor's name in files before GGUF, which have no bound.
pub(crate) const LEGACY_NAME: u64 = 4 << 10;
/// Texts of an array that is no vocabulary: templates, tags, languages. Longer ones are passed over as vocabularies are.
pub(crate) const ARRAY: u64 = 256;
/// Layers of a model: the largest have some hundred, the reference reader takes 512.
pub(crate) const LAYERS: u64 = 1 << 16;
/// Elements of an array of bytes that may be a file: shorter ones hold nothing that runs.
pub(crate) const BYTES: u64 = 16;
/// Parts of a model in several files that are named: the largest models have some hundred.
pub(crate) const PARTS: u16 = 1_024;
