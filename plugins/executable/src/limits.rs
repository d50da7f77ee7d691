//! Every bound of this plugin, with its reason.

/// Bytes of a header that identification looks at.
pub(crate) const HEAD: usize = 1 << 10;
/// Bytes at the beginning of a program in which it says that it is a llamafile: what a host lets a probe read, less the end.
pub(crate) const MARKER: u64 = 3 << 20;
/// Bytes at its end that are looked at likewise: an archive's directory with its last entries.
pub(crate) const TAIL: u64 = (64 << 10) + 22;
/// Bytes of a runtime that are looked at in quick mode, from its beginning: without the weights.
pub(crate) const RUNTIME: u64 = 16 << 20;
/// Bytes at its end, likewise.
pub(crate) const END: u64 = 1 << 20;
/// The shortest text that is worth a look.
pub(crate) const SHORTEST: usize = 8;
/// Texts of one runtime that are told.
pub(crate) const TEXTS: u64 = 4_096;
/// Bytes of a text that are told.
pub(crate) const TEXT: usize = 1 << 10;
/// Models that lie in one runtime without an archive.
pub(crate) const MODELS: u64 = 16;
/// Bytes held at once.
pub(crate) const BLOCK: usize = 64 << 10;
/// Sections, segments, architectures and commands of one program that are gone through. Large programs have some hundred.
pub(crate) const PARTS: u64 = 4_096;
/// The least that lies behind a program and could be something.
pub(crate) const OVERLAY: u64 = 16;
/// Bytes of a file of arguments.
pub(crate) const ARGUMENTS: usize = 64 << 10;
/// Arguments that are told.
pub(crate) const ARGUMENT_COUNT: usize = 1_024;
/// Bytes of a script that go into a fact: most are shorter.
pub(crate) const SCRIPT: usize = 32 << 10;
