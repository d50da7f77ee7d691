//! Every bound of this plugin, with its reason.

/// Bytes in which an object of Keras has to show itself.
pub(crate) const PROBE: u64 = 256 << 10;
/// The same where the name is the one under which Keras looks for it.
pub(crate) const PROBE_NAMED: u64 = 2 << 20;
/// Levels that a probe keeps apart.
pub(crate) const PROBE_LEVELS: usize = 256;
/// Bytes of a string that are kept while it is read: names and paths are shorter, code is read again.
pub(crate) const TEXT: usize = 4 << 10;
/// Levels of objects and arrays that are kept apart. Python's reader of JSON gives up at its recursion limit, 1,000.
pub(crate) const FRAMES: usize = 2_048;
/// Strings of one object that are kept until its class is known.
pub(crate) const ITEMS: usize = 64;
/// Objects that such a string is handed up through: from a part of a configuration to the object that it configures.
pub(crate) const LEVELS: u8 = 3;
/// Bytes of one function's code. A large module has a tenth of it.
pub(crate) const CODE: usize = 4 << 20;
/// Functions of one file whose code is taken apart.
pub(crate) const CODES: u64 = 4_096;
/// Bytes of disassembly or source in one fact: what a person reads of it, not the whole.
pub(crate) const LISTED: usize = 8 << 10;
/// Names of one code that are given.
pub(crate) const NAMES: usize = 4_096;
/// Strings that are looked into as files of their own.
pub(crate) const CHILDREN: usize = 10_000;
/// No base64 of a file that would be recognised is shorter.
pub(crate) const ENCODED: u64 = 40;
/// Strings from this size on are payload rather than structure.
pub(crate) const PAYLOAD: u64 = 16 << 10;
/// Longer strings are no path.
pub(crate) const PATH: u64 = 2 << 10;
/// Keys that are said to stand twice in an object.
pub(crate) const DUPLICATES: usize = 16;
/// Objects that are listed for those who inspect a file: models of many thousand layers are read by nobody line by line.
pub(crate) const TREE: usize = 20_000;
/// Bytes of a name in that list.
pub(crate) const NAMED: usize = 256;
