//! Limits of the reader, each with its reason.

/// Bytes held of the input at a time.
pub const WINDOW: usize = 64 << 10;

/// Bytes kept of a name: those of real vocabularies stay below 100.
pub const NAME: usize = 1 << 10;

/// Bytes kept of an attribute's value, a text, a comment. Weights in text form are longer, and are data.
pub const VALUE: usize = 64 << 10;

/// Attributes kept of one element.
pub const ATTRIBUTES: usize = 1_024;

/// Bytes kept of all attributes of one element.
pub const ATTRIBUTE_BYTES: usize = 256 << 10;

/// Elements that are open at a time; eight bytes each.
pub const DEPTH: usize = 1_000_000;

/// Declarations kept of one document type.
pub const ENTITIES: usize = 4_096;

/// Issues that are reported one by one; later ones are counted.
pub const ISSUES: usize = 64;

/// Steps between two polls.
pub const POLL: u64 = 4_096;

/// Bytes kept of all entities of one document type.
pub const ENTITY_BYTES: usize = 1 << 20;
