//! Limits of the plugin, each with its reason.

/// Bytes of a script that are read: more is generated, or data.
pub(crate) const SOURCE: usize = 1 << 20;

/// Bytes that tell whether a file is text, and a recipe.
pub(crate) const HEAD: usize = 4 << 10;

/// Bytes of a script that go into a fact: most are shorter.
pub(crate) const SCRIPT: usize = 32 << 10;

/// Names of one source that are told.
pub(crate) const NAMES: usize = 512;

/// Bytes of one name.
pub(crate) const NAME: usize = 256;

/// Instructions of one recipe that are told: real ones have some tens.
pub(crate) const INSTRUCTIONS: usize = 1_024;

/// Bytes of one instruction of a recipe, with the lines that it goes on in.
pub(crate) const INSTRUCTION: usize = 16 << 10;

/// Bytes of a compiled chunk in which names are looked for.
pub(crate) const CHUNK: u64 = 1 << 20;

/// Bytes of a shortcut in which texts are looked for: Windows writes some KiB.
pub(crate) const SHORTCUT: u64 = 64 << 10;

/// The shortest text that is kept: `os`.
pub(crate) const SHORTEST: usize = 2;

/// Bytes before the first zero of a file that is a text all the same.
pub(crate) const TEXT_FIRST: usize = 16;
