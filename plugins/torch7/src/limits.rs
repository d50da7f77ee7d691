//! Limits of the plugin, each with its reason.

/// Bytes held of the input at a time: tensors are skipped by seeking.
pub(crate) const WINDOW: usize = 16 << 10;

/// Objects that are open at a time. Torch recurses.
pub(crate) const DEPTH: usize = 100_000;

/// Objects that are remembered by their number, to know which were read before: 8 MiB.
pub(crate) const OBJECTS: usize = 1 << 20;

/// Bytes of a class's name, and of the version before it.
pub(crate) const NAME: u64 = 1 << 10;

/// Dimensions of a tensor. Torch has no limit; models have up to six.
pub(crate) const DIMENSIONS: i32 = 1 << 10;

/// Bytes of a string that are handed on.
pub(crate) const TEXT: usize = 4 << 10;

/// Strings of one file that are handed on.
pub(crate) const TEXTS: usize = 1_024;

/// Bytes of a dumped function in which names are looked for.
pub(crate) const FUNCTION: u64 = 1 << 20;

/// Names kept of one function.
pub(crate) const NAMES: usize = 256;

/// Classes that are named.
pub(crate) const CLASSES: usize = 256;

/// Bytes behind a break that are searched for text.
pub(crate) const REST: u64 = 1 << 20;

/// The shortest text that is worth a look.
pub(crate) const SHORTEST: usize = 6;
