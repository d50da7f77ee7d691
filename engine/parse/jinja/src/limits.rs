//! Every bound of this crate, with its reason.

/// Parentheses and operators within one another in one expression: minijinja stops at 150, honest templates at some ten.
pub const DEPTH: u32 = 64;
/// Statements within one another that are kept apart: deeper ones count as the body of the last.
pub const BLOCKS: usize = 256;
/// Bytes of one dotted name.
pub const NAME: usize = 512;
/// Names that are kept of one template.
pub const NAMES: usize = 1_024;
/// Texts that a value can be, which are kept: a variable that is set in branches, a loop over words.
pub const ALTERNATIVES: usize = 8;
/// Bytes of one text that is followed.
pub const TEXT: usize = 512;
/// Items of a list, and entries of a dictionary, that are followed.
pub const ITEMS: usize = 64;
/// Bytes of one value, with all that is in it: a variable's value is copied wherever it is named.
pub const WEIGHT: usize = 2 << 10;
/// Variables that are followed.
pub const VARIABLES: usize = 4_096;
/// Literal texts that are kept.
pub const LITERALS: usize = 256;
/// Bytes of one literal text that are kept.
pub const LITERAL: usize = 2 << 10;
/// Branches on content that are kept.
pub const BRANCHES: usize = 64;
/// Issues that are kept; all are counted.
pub const ISSUES: usize = 16;
/// Bytes of the excerpt.
pub const EXCERPT: usize = 2 << 10;
/// Words of a text that make it prose rather than markup.
pub const PROSE: usize = 6;
