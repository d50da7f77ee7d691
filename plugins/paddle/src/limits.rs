//! Limits of the plugin, each with its reason.

/// Fields that identification looks at: a program has a block for each branch and loop, and two more.
pub(crate) const PROBE: u64 = 64;

/// Bytes of a name.
pub(crate) const NAME: usize = 1 << 10;

/// Bytes of a text that are handed on.
pub(crate) const TEXT: usize = 4 << 10;

/// Texts of one program that are handed on.
pub(crate) const TEXTS: usize = 1_024;

/// Constant arguments of one operator.
pub(crate) const ARGUMENTS: usize = 16;

/// Tensors of one file of parameters.
pub(crate) const TENSORS: u64 = 1 << 20;

/// Bytes of the description of a tensor: a type and its dimensions.
pub(crate) const DESCRIPTION: u64 = 1 << 10;

/// Levels of a tensor of sequences. Programs use one or two.
pub(crate) const LEVELS: u64 = 64;

/// Bytes behind a break that are searched for text.
pub(crate) const REST: u64 = 1 << 20;

/// Bytes of a field that the grammar does not have, below which it holds nothing that runs.
pub(crate) const UNKNOWN: u64 = 8;

/// The first number that no version has given to a field of an attribute; the last are those of scalars, 20 and 21.
pub(crate) const ATTRIBUTE_FIELDS: u32 = 24;
