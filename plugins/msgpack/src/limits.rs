//! Limits of the plugin, each with its reason.

/// Bytes held of the input at a time: parameters are skipped by seeking, so that a larger window costs more than it saves.
pub(crate) const WINDOW: usize = 16 << 10;

/// Values that identification looks at.
pub(crate) const PROBE: u64 = 4_096;

/// Containers that are open at a time. Python's reader ends at 1,024.
pub(crate) const DEPTH: usize = 100_000;

/// Keys of one map that are compared with each other.
pub(crate) const KEYS: usize = 4_096;

/// Maps whose keys are compared, when they are open at a time.
pub(crate) const COMPARED: usize = 64;

/// Bytes of a string that are handed on.
pub(crate) const TEXT: usize = 4 << 10;

/// Strings of one document that are handed on.
pub(crate) const TEXTS: usize = 4_096;

/// The shortest string that can be code.
pub(crate) const SHORTEST: u64 = 6;

/// Bytes up to this size are looked into; larger ones are parameters.
pub(crate) const CONSTANT: u64 = 1 << 20;

/// Bytes of the description of an array within an extension value.
pub(crate) const ARRAY: usize = 512;

/// Children of one document.
pub(crate) const CHILDREN: u64 = 4_096;
