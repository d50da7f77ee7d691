//! Limits of the plugin, each with its reason.

/// Bytes of a name.
pub(crate) const NAME: usize = 1 << 10;

/// Bytes of a text that are handed on.
pub(crate) const TEXT: usize = 4 << 10;

/// Texts of one program that are handed on.
pub(crate) const TEXTS: usize = 1_024;

/// Entries of one table that are looked at: programs have up to some ten thousand values and instructions.
pub(crate) const ENTRIES: u64 = 1 << 18;

/// Faults that are named one by one.
pub(crate) const FAULTS: usize = 32;

/// Dimensions of a tensor. The runtime allows 16.
pub(crate) const DIMENSIONS: u64 = 16;

/// Delegated data and buffers up to this size are looked at as files.
pub(crate) const CONSTANT: u64 = 1 << 20;

/// Steps between two polls.
pub(crate) const POLL: u64 = 1_000;
