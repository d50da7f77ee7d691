//! Every bound of this plugin, with its reason.

/// Bytes of disassembly or source in one fact: what a person reads of it, not the whole.
pub(crate) const TEXT: usize = 8 << 10;
/// String constants of one file that become facts. Attacks hold few; a table of words is no use to a pattern.
pub(crate) const STRINGS: usize = 256;
/// Bytes of one such string: a script fits, a novel need not.
pub(crate) const STRING: usize = 4 << 10;
/// Strings shorter than this say nothing that a pattern could hold to.
pub(crate) const SHORTEST: usize = 4;
/// Byte strings of one file that are looked into as files of their own.
pub(crate) const CHILDREN: u64 = 1_000;
/// No file that would be recognised is shorter.
pub(crate) const CHILD: u32 = 8;
/// Constants from this size on are payload rather than structure: a thorough scan searches them for what is encoded in them.
pub(crate) const PAYLOAD: u32 = 64;
/// Bytes that tell whether text is source.
pub(crate) const PROBE: usize = 4 << 10;
/// Source that is read: the largest module that a model comes with has some 200 KiB.
pub(crate) const SOURCE: usize = 8 << 20;

/// Operators of one source of TorchScript, and comments in it, that are told.
pub(crate) const OPERATORS: usize = 4_096;
