//! Limits of the plugin, each with its reason.

/// Nodes that are open at a time. skops recurses, and Python ends at 1,000.
pub(crate) const DEPTH: usize = 4_096;

/// Bytes of one name.
pub(crate) const NAME: usize = 512;

/// Names kept of one key that stands more than once in a node.
pub(crate) const REPEATED: usize = 4;

/// Constants kept of one node and those below it.
pub(crate) const CONSTANTS: usize = 8;

/// Bytes of one constant.
pub(crate) const CONSTANT: usize = 1 << 10;

/// Bytes in which a kind of node is looked for.
pub(crate) const PROBE: usize = 4 << 10;

/// Texts among an object's constants that are handed on, of those that could be code.
pub(crate) const TEXTS: usize = 1_024;
