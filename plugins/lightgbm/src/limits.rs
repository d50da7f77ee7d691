//! Limits of the plugin, each with its reason.

/// Bytes in which a model shows itself.
pub(crate) const PROBE: usize = 512;

/// Bytes held of the input at a time.
pub(crate) const WINDOW: usize = 64 << 10;

/// Bytes of a key.
pub(crate) const KEY: usize = 128;

/// Bytes kept of a value that is text. Lists of names are longer, and are looked at piece by piece.
pub(crate) const TEXT: usize = 4 << 10;

/// Nodes of one tree whose links are followed. LightGBM's own limit is 131,072 leaves.
pub(crate) const NODES: usize = 1 << 20;

/// Texts of one model that are handed on.
pub(crate) const TEXTS: usize = 1_024;

/// Faults of trees that are named one by one.
pub(crate) const FAULTS: u64 = 16;

/// Steps between two polls.
pub(crate) const POLL: u64 = 4_096;

/// Bytes behind the last line that may be blank.
pub(crate) const BLANK: usize = 4 << 10;
