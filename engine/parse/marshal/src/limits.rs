//! Every bound of this crate, with its reason.

/// Containers and code objects within one another. CPython's own reader gives up at 2,000.
pub const DEPTH: usize = 2_000;
/// Objects of one stream, some 40 bytes each: the largest module of the standard library has 30,000.
pub const NODES: usize = 1 << 19;
/// Bytecode of one code object that is decoded. The largest function of the standard library has 20 KiB; a jump reaches further with EXTENDED_ARG alone.
pub const BYTECODE: usize = 1 << 20;
/// Bytes of one name: a longer one is no name that anything has.
pub const NAME: usize = 512;
/// Entries of one code object's names, constants or variables that are looked at. An index of two bytes reaches no further.
pub const ENTRIES: usize = 1 << 16;
/// Dotted names that are kept of one stream.
pub const NAMES: usize = 4_096;
/// Names of one code object that stand for other names (`import os as o`).
pub const ALIASES: usize = 4_096;
/// Values that are followed on the evaluation stack; compilers stay below a hundred.
pub const STACK: usize = 1_024;
/// Characters of one rendered constant.
pub const CONSTANT: usize = 200;
/// Values that one rendered constant visits: references make small streams with large values.
pub const RENDERED: usize = 64;
/// Bytes that identification looks at.
pub const PROBE: usize = 64 << 10;
/// Code objects that identification checks the bytecode of.
pub const PROBE_CODES: usize = 64;
/// An object that a prefix cuts is recognised by this many instructions at least.
pub const PROBE_INSTRUCTIONS: usize = 4;
