//! Limits of the plugin, each with its reason.

/// Fields that identification looks at: a model has three or four.
pub(crate) const PROBE: u64 = 16;

/// The highest version of the specification that is plausible; the newest is 10.
pub(crate) const VERSION: u64 = 64;

/// Bytes of a name.
pub(crate) const NAME: usize = 1 << 10;

/// Bytes of a text that are handed on.
pub(crate) const TEXT: usize = 4 << 10;

/// Texts of one model that are handed on.
pub(crate) const TEXTS: usize = 1_024;

/// Values of this size and above that are not looked into are weights, or what nobody knows: shorter ones hold nothing that runs.
pub(crate) const WEIGHTS: u64 = 32;

/// Bytes within a model that are looked at as files.
pub(crate) const CONSTANT: u64 = 1 << 20;

/// Bytes of a program as text: large ones have some megabytes, as their weights lie beside them.
pub(crate) const PROGRAM: usize = 16 << 20;

/// Bytes of a compiled model's description in which texts are looked for.
pub(crate) const DESCRIPTION: u64 = 1 << 20;

/// The shortest text that is worth a look.
pub(crate) const SHORTEST: usize = 6;
