//! Limits of the plugin, each with its reason.

/// Bytes of a name.
pub(crate) const NAME: usize = 1 << 10;

/// Bytes of a text that are handed on: the parameters of a training are some KiB of JSON.
pub(crate) const TEXT: usize = 32 << 10;

/// Entries of the table of texts.
pub(crate) const ENTRIES: u64 = 4_096;

/// Parts behind the core: CatBoost has three.
pub(crate) const PARTS: u64 = 16;

/// Trees that are looked at.
pub(crate) const TREES: u64 = 1 << 20;

/// Splits of one symmetric tree: CatBoost's own limit is 16.
pub(crate) const DEPTH: i32 = 32;

/// Faults that are named one by one.
pub(crate) const FAULTS: usize = 16;

/// Texts of a broken model that are handed on, and the bytes in which they are looked for: what stands where a loader stops is seen by no loader.
pub(crate) const STRAY: usize = 256;
pub(crate) const STRAY_BYTES: u64 = 16 << 20;

/// The shortest of them.
pub(crate) const SHORTEST: usize = 8;
