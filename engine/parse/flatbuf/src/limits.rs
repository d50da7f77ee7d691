//! Every bound of the walk, with its reason.

/// Bytes of the input held at once: a table, its vtable and what it points to mostly lie near each other.
pub(crate) const WINDOW: usize = 16 << 10;
/// Tables of one buffer that are opened. Offsets may share tables, so that a small file could name a few without end. The verifier of the
/// C++ library, which loaders run first, allows a million; a table may be opened more than once here.
pub(crate) const TABLES: u64 = 4_000_000;
/// Steps between two polls.
pub(crate) const POLL: u64 = 1_000;
