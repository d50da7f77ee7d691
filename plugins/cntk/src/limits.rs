//! Every bound of this plugin, with its reason.

/// Entries of the outermost dictionary that a probe looks at: a function has some ten.
pub(crate) const PROBE: u64 = 32;
/// Bytes of a key or a name.
pub(crate) const NAME: usize = 256;
/// Bytes of a text that are told.
pub(crate) const TEXT: usize = 4 << 10;
/// Texts of one file that are told.
pub(crate) const TEXTS: u64 = 1_024;
/// The shortest text in unread bytes that is worth a look.
pub(crate) const SHORTEST: usize = 6;
/// Bytes of a first-version file that are searched for texts in quick mode, from its beginning; and at its end, where the nodes' relations are.
pub(crate) const QUICK: u64 = 4 << 20;
/// Bytes from this size on are an array's and no structure.
pub(crate) const PAYLOAD: u64 = 256;
/// Texts that are kept of one dictionary: a user function has some ten.
pub(crate) const KEPT: usize = 32;
/// Breaks of one file that are told.
pub(crate) const BROKEN: u64 = 16;
/// Operators of one file that become facts.
pub(crate) const OPERATORS: u64 = 10_000;
/// Bytes of a field that the grammar does not have, below which it holds nothing that runs.
pub(crate) const UNKNOWN: u64 = 8;
