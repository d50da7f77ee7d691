//! Limits of the reader, each with its reason.

/// Bytes held of the input at a time.
pub(crate) const WINDOW: usize = 64 << 10;

/// Items that are open at a time. R itself ends at some 5,000 nested calls; a frame takes some 50 bytes here.
pub(crate) const DEPTH: usize = 100_000;

/// Symbols and environments that later parts may refer to by number. A workspace with every object of a session has some ten thousand.
pub(crate) const REFERENCES: usize = 1_000_000;

/// Bytes of all symbols' names together.
pub(crate) const NAME_BYTES: usize = 8 << 20;

/// Bytes kept of one name or string. R's own names end at 10,000 bytes.
pub(crate) const STRING: usize = 4 << 10;

/// Nodes of one expression that are kept to be shown; names are collected beyond that.
pub(crate) const NODES: usize = 20_000;

/// Bytes of constants that are kept of one expression: what is folded and shown comes from them.
pub(crate) const CONSTANTS: usize = 1 << 20;

/// Nesting of an expression that is shown.
pub(crate) const SHOWN_DEPTH: u32 = 60;

/// Bytes of an expression as text.
pub(crate) const TEXT: usize = 4 << 10;

/// Names collected of one piece of code.
pub(crate) const NAMES: usize = 512;

/// Elements of a vector within code that are read one by one; longer ones are data.
pub(crate) const ELEMENTS: u64 = 512;

/// Names of objects in a workspace that are listed.
pub(crate) const BINDINGS: usize = 256;

/// Steps between two polls.
pub(crate) const POLL: u64 = 2_048;

/// Bytes behind a break that are searched for text in quick mode.
pub(crate) const REST: usize = 64 << 10;

/// The shortest text that is worth a look.
pub(crate) const RUN: usize = 8;
/// Elements of a vector of bytes that may be a file: shorter ones hold nothing that runs.
pub(crate) const RAW: u64 = 16;
/// Such vectors that are looked at.
pub(crate) const FILES: u64 = 4_096;
