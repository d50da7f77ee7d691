//! Every bound of this plugin, with its reason.

/// Top-level fields that a probe looks at: a model has a dozen, and some for each function and piece of metadata.
pub(crate) const PROBE_FIELDS: u64 = 512;
/// Fields of a graph and of a node that a probe looks at.
pub(crate) const PROBE_INNER: u64 = 64;
/// Graphs and nodes that a probe looks into before it gives up: the first ones may be there to deceive.
pub(crate) const PROBE_TRIES: usize = 16;
/// Bytes held at once while probing, where there is more to skip than to read.
pub(crate) const PROBE_WINDOW: usize = 1 << 10;
/// Bytes of a name: longer ones are cut, and no loader has one.
pub(crate) const NAME: usize = 1 << 10;
/// Bytes of an argument or a value of metadata in one fact: what a person reads of it.
pub(crate) const VALUE: usize = 4 << 10;
/// Bytes of an argument of an operator.
pub(crate) const ARGUMENT: usize = 256;
/// Arguments of an operator that are told.
pub(crate) const ARGUMENTS: usize = 16;
/// Entries of metadata and texts of one input that become facts.
pub(crate) const ENTRIES: u64 = 1_000;
/// Entries that tell where a tensor's data lie, of one tensor. The format has five keys.
pub(crate) const LOCATIONS: usize = 16;
/// Dimensions of a tensor that are multiplied: more than any runtime takes.
pub(crate) const DIMENSIONS: usize = 64;
/// Local functions that are remembered: beyond them an operator is told as one from elsewhere.
pub(crate) const FUNCTIONS: usize = 16 << 10;
/// Anomalies of one input that are told.
pub(crate) const ANOMALIES: u64 = 1_000;
/// Constants of one input that are looked into as files of their own.
pub(crate) const CHILDREN: u64 = 1_000;
/// No file that would be recognised is shorter.
pub(crate) const CHILD: u64 = 16;
/// Constants beyond this size are looked into by a thorough scan alone.
pub(crate) const CONSTANT: u64 = 1 << 20;
/// Bytes from this size on, and all of a tensor's, are payload rather than structure: a thorough scan searches them.
pub(crate) const PAYLOAD: u64 = 4 << 10;
/// Graphs within graphs of a FlatBuffer, which has no depth of its own. ONNX Runtime recurses without a bound; no converter nests a dozen.
pub(crate) const DEPTH: u32 = 64;
/// Data of tensors of a FlatBuffer, which lie in no order, that are accounted for as payload: 4 MiB of memory.
pub(crate) const TENSORS: usize = 256 << 10;
