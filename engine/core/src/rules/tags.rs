//! The compact form of built-in packs, which the build script writes and `compact.rs` reads.
//!
//! ```text
//! value   = TEXT string | INTEGER i64 | REAL f64 | FALSE | TRUE | LIST count value* | TABLE count (string value)*
//!         | CALLABLES count (string string)*    modules, each with `*` or with its names, a space between them
//! string  = count                  bytes of UTF-8, which stand one after the other in a text of their own
//! count   = 7 bits a byte, the lowest first, the high bit set in all but the last
//! i64 f64 = 8 bytes, little-endian
//! ```
//! Keys of a table are sorted. A pack is one TABLE. Examples and places in the text are left out: they are for those who ask about a pack, and those read
//! its text.

pub const TEXT: u8 = 0;
pub const INTEGER: u8 = 1;
pub const REAL: u8 = 2;
pub const FALSE: u8 = 3;
pub const TRUE: u8 = 4;
pub const LIST: u8 = 5;
pub const TABLE: u8 = 6;
pub const CALLABLES: u8 = 7;
