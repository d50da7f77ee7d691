//! Every bound of this plugin, with its reason.

/// Fields of one message that a probe looks at.
pub(crate) const PROBE_FIELDS: u64 = 64;
/// Nodes, graphs and the like that a probe looks into before it gives up: the first ones may be there to deceive.
pub(crate) const PROBE_TRIES: usize = 16;
/// Bytes held at once while probing, where there is more to skip than to read.
pub(crate) const PROBE_WINDOW: usize = 1 << 10;
/// Bytes at the beginning of a text that a probe looks at.
pub(crate) const PROBE_TEXT: usize = 4 << 10;
/// Bytes of a name: longer ones are cut. Names of nodes have their whole scope in them.
pub(crate) const NAME: usize = 1 << 10;
/// Bytes of a value of metadata in one fact: what a person reads of it.
pub(crate) const VALUE: usize = 4 << 10;
/// Bytes of an argument of an operator.
pub(crate) const ARGUMENT: usize = 512;
/// Arguments of an operator that are told, and inputs that are resolved for it.
pub(crate) const ARGUMENTS: usize = 16;
/// Strings of one constant that are taken for an argument.
pub(crate) const STRINGS: usize = 16;
/// Strings of one tensor stored as raw content whose lengths are read: a vocabulary may have a million, the paths of an operator do not.
pub(crate) const CONTENT: u64 = 64 << 10;
/// Entries of metadata of one input that become facts.
pub(crate) const ENTRIES: u64 = 1_000;
/// Numbers of TFLite's own operators, of which there are some 210: those that come later are below this too.
pub(crate) const OPERATORS: i32 = 1_024;
/// Functions of one graph whose names and places are kept, some 100 bytes each. A large model has some thousand.
pub(crate) const FUNCTIONS: usize = 32 << 10;
/// Operators of one graph whose arguments are resolved. Beyond them they are told without.
pub(crate) const QUERIES: usize = 1_000;
/// Nodes that are kept while arguments are resolved.
pub(crate) const NODES: usize = 16 << 10;
/// Times that a graph is walked again to follow arguments back, and steps from one node to the next.
pub(crate) const ROUNDS: usize = 12;
/// Places from which one function is called that are followed.
pub(crate) const CALLERS: usize = 8;
/// Anomalies of one input that are told.
pub(crate) const ANOMALIES: u64 = 1_000;
/// Constants of one input that are looked into as files of their own. Past them the input is incomplete.
pub(crate) const CHILDREN: u64 = 10_000;
/// No file that would be recognised is shorter.
pub(crate) const CHILD: u64 = 16;
/// Constants beyond this size are looked into by a thorough scan alone, unless they are graphs.
pub(crate) const CONSTANT: u64 = 1 << 20;
/// Plain text below this size, in one line, is a word of a vocabulary and no file.
pub(crate) const WORD: u64 = 256;
/// Bytes from this size on, and all of a tensor's, are payload rather than structure: a thorough scan searches them.
pub(crate) const PAYLOAD: u64 = 4 << 10;
/// Bytes of an index block of a checkpoint. TensorFlow writes blocks of 256 KiB; the index of those has some 30 bytes for each.
pub(crate) const BLOCK: u64 = 16 << 20;
/// Bytes of a key of a checkpoint's index, which are kept from one entry to the next.
pub(crate) const KEY: usize = 64 << 10;
/// Files that the data of one checkpoint are spread over: a large cluster has some thousand.
pub(crate) const SHARDS: usize = 16 << 10;
/// Bytes of the text file `checkpoint`: it names some dozens of checkpoints.
pub(crate) const STATE: usize = 1 << 20;
/// Buffers of a TFLite model whose places are kept, 16 bytes each. A large model has some thousand.
pub(crate) const BUFFERS: usize = 256 << 10;
/// The shortest text in a model's metadata that is worth a look.
pub(crate) const SHORTEST: usize = 8;

/// Fields of a message without a schema that are looked at before it is taken for one: bytes that are none break off among the first.
pub(crate) const MESSAGE_FIELDS: usize = 4_096;
/// Messages within one another: schemas nest some ten deep.
pub(crate) const MESSAGE_DEPTH: usize = 32;
/// Shorter texts say nothing that a pattern could hold to.
pub(crate) const MESSAGE_SHORTEST: u64 = 4;
/// Bytes of one text of such a message.
pub(crate) const MESSAGE_TEXT: usize = 4 << 10;
/// Texts of one such message: a table of words has more, and they are alike.
pub(crate) const MESSAGE_TEXTS: usize = 4_096;
