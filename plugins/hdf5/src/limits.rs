//! Every bound of this plugin, with its reason.

/// Text attributes of one file that become facts. Models have two or three, data files some for each variable.
pub(crate) const TEXTS: u64 = 256;
/// Bytes of such a text.
pub(crate) const TEXT: usize = 1 << 10;
/// Attributes and elements that are looked into as files of their own.
pub(crate) const CHILDREN: u64 = 8_192;
/// Texts of datasets among them: tables of words are long, and none of it is loaded as anything but text.
pub(crate) const WORDS: u64 = 1_024;
/// No file that would be recognised is shorter.
pub(crate) const SHORTEST: u64 = 16;
/// No text that holds a file of its own is shorter.
pub(crate) const SHORTEST_TEXT: u64 = 64;
/// Elements of datasets are looked into up to this size: larger ones are tensors, which a thorough scan goes over.
pub(crate) const ELEMENT: u64 = 1 << 20;
/// Bytes from the end of a text in which its padding is looked for.
pub(crate) const PADDING: u64 = 64 << 10;
/// A shape that asks for less costs its reader nothing worth a word.
pub(crate) const SHAPE: u64 = 1 << 30;
/// What a byte that is stored may come to: deflate reaches 1,032 on zeros.
pub(crate) const EXPANSION: u64 = 1_100;
/// Bytes between two structures that are free space: what the library leaves when something grows and moves. A larger gap is for somebody to explain.
pub(crate) const FREE: u64 = 16 << 10;
/// Gaps that are looked into, and how small they may be.
pub(crate) const GAPS: u64 = 1_024;
pub(crate) const GAP: u64 = 64;
