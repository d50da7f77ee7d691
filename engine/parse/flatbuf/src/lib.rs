//! A bounded walker over FlatBuffers.
//!
//! Specification: <https://flatbuffers.dev/internals/>, with the offsets and vectors of 64 bits of
//! <https://github.com/google/flatbuffers/blob/master/include/flatbuffers/base.h>. What loaders check before they read:
//! <https://github.com/google/flatbuffers/blob/master/include/flatbuffers/verifier.h>.
//!
//! A buffer is a graph of tables, found by offsets; only a schema tells which field of a table is what. So the walk is the caller's: from
//! [`Buffer::root`] on, by the numbers that the schema gives the fields. Nothing is held but a window of the input, so a vector of gigabytes
//! costs nothing until it is read. Each part is checked when it is reached: one that is broken leaves the others readable.
//!
//! Offsets lead forward alone, and so never in a circle; but many may lead to one table. How many tables are opened is bounded.
//!
//! ```
//! use weighbridge_parse_flatbuf::Buffer;
//!
//! // root -> table { 0: "hi" }, its vtable before it
//! let bytes: &[u8] = b"\x10\0\0\0TEST\0\0\x06\0\x08\0\x04\0\x06\0\0\0\x04\0\0\0\x02\0\0\0hi\0";
//! let mut buffer = Buffer::new(bytes);
//! assert_eq!(buffer.identifier()?, Some(*b"TEST"));
//! let root = buffer.root()?;
//! assert_eq!(buffer.string_text(&root, 0, 100)?.as_deref(), Some("hi"));
//! assert_eq!(buffer.table(&root, 1)?, None);
//! # Ok::<(), weighbridge_parse_flatbuf::Error>(())
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod buffer;
mod error;
mod limits;

pub use buffer::{Buffer, Table, Vector};
pub use error::{Broken, Error, Fault, unless_broken};
pub use weighbridge_parse_read::Span;

#[cfg(test)]
mod tests;
