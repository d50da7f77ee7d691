//! Limits of the plugin, each with its reason.

/// Bytes in which a model shows itself.
pub(crate) const PROBE: usize = 4 << 10;

/// Bytes held of the input at a time.
pub(crate) const WINDOW: usize = 64 << 10;

/// Levels whose keys are told apart; what matters stands at seven.
pub(crate) const LEVELS: usize = 16;

/// Containers of UBJSON that are open at a time. XGBoost recurses.
pub(crate) const DEPTH: usize = 10_000;

/// Nodes of one tree whose links are followed: 16 MiB of them. A tree of depth 20 has two million.
pub(crate) const NODES: usize = 2_000_000;

/// Bytes of one string that are kept.
pub(crate) const TEXT: usize = 4 << 10;

/// Strings of one model that are handed on.
pub(crate) const TEXTS: usize = 1_024;

/// Faults of trees that are named one by one.
pub(crate) const FAULTS: u64 = 16;

/// Bytes behind a break that are searched for text.
pub(crate) const REST: u64 = 1 << 20;

/// The shortest text that is worth a look.
pub(crate) const SHORTEST: usize = 6;

/// Steps between two polls.
pub(crate) const POLL: u64 = 4_096;
