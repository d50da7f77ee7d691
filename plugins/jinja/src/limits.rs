//! What bounds the work on one template, and why.

/// Bytes of a template that are read: the longest chat templates have some 20,000.
pub(crate) const TEMPLATE: usize = 1 << 20;
/// Names that go into a fact.
pub(crate) const NAMES: usize = 256;
/// Texts that become facts.
pub(crate) const LITERALS: usize = 64;
/// Conditional texts that become facts.
pub(crate) const BRANCHES: usize = 32;
/// Bytes that a probe looks at.
pub(crate) const PROBE: usize = 4 << 10;
/// Bytes of a longer text that are searched for the beginning of a construct, before it is said to be unread.
pub(crate) const SEARCHED: u64 = 64 << 20;
/// Bytes searched at a time.
pub(crate) const BLOCK: usize = 64 << 10;
