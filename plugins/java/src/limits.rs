//! Limits of the plugin, each with its reason.

/// Bytes held of the input at a time: arrays are skipped by seeking.
pub(crate) const WINDOW: usize = 16 << 10;

/// Things that are open at a time. Java recurses, and its stack ends at some ten thousand.
pub(crate) const DEPTH: usize = 100_000;

/// Objects that may be referred to again: 16 MiB. Forests of decision trees have some hundred thousand.
pub(crate) const HANDLES: usize = 1 << 20;

/// Descriptors of classes of one stream. Real ones have some hundred.
pub(crate) const CLASSES: usize = 16_384;

/// Fields of one class that are kept.
pub(crate) const FIELDS: usize = 4_096;

/// Classes above one that are gone through.
pub(crate) const PARENTS: usize = 256;

/// Bytes of a class's name.
pub(crate) const NAME: usize = 1 << 10;

/// Bytes of a string that are handed on.
pub(crate) const TEXT: usize = 4 << 10;

/// Strings of one file that are handed on.
pub(crate) const TEXTS: usize = 1_024;

/// Arrays of bytes that are looked into as files of their own.
pub(crate) const CHILDREN: u64 = 4_096;

/// No file that would be recognised is shorter.
pub(crate) const CHILD: u64 = 8;

/// Bytes behind a break that are searched for descriptors and texts.
pub(crate) const REST: usize = 1 << 20;

/// The shortest text that is worth a look.
pub(crate) const SHORTEST: usize = 6;

/// Names that one class calls, which are told.
pub(crate) const CALLS: usize = 1_024;
