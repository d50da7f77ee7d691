//! Limits of the plugin, each with its reason.

/// Bytes that identification looks at: a root element stands behind a declaration and a comment.
pub(crate) const PROBE: usize = 4 << 10;

/// Bytes that entities may come to. Documents that use entities for what they are meant for stay below some KiB.
pub(crate) const EXPANSION: u64 = 1 << 20;

/// Texts of one document that are handed on.
pub(crate) const TEXTS: usize = 512;

/// Bytes of a captured element's markup.
pub(crate) const MARKUP: usize = 16 << 10;

/// Models of one document that are named.
pub(crate) const MODELS: usize = 64;
