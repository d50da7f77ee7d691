//! What bounds the work on one notebook, and why.

/// Bytes of one text: a cell whose source is no list is one text.
pub(crate) const TEXT: usize = 1 << 20;
/// Bytes of source of all cells that are read as one program.
pub(crate) const SOURCE: usize = 8 << 20;
/// Commands and texts of one notebook that become facts.
pub(crate) const FACTS: u64 = 1_024;
/// Bytes of a command or a text in a fact.
pub(crate) const SHOWN: usize = 2 << 10;
