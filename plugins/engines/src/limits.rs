//! Limits of the plugin, each with its reason.

/// Bytes that are looked at in quick mode from the beginning, where names of layers and plugins stand.
pub(crate) const QUICK: u64 = 4 << 20;

/// The shortest text that is worth a look.
pub(crate) const SHORTEST: usize = 6;

/// Texts, names and libraries of one file that are handed on.
pub(crate) const TEXTS: usize = 1_024;

/// Programs within one file that are looked at.
pub(crate) const PROGRAMS: u64 = 16;

/// Bytes held at a time.
pub(crate) const BLOCK: usize = 64 << 10;
