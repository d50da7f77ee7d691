//! A bounded walker over the wire format of protocol buffers.
//!
//! Specification: <https://protobuf.dev/programming-guides/encoding/>. What readers make of it where that is silent:
//! <https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/parse_context.h>,
//! <https://github.com/protocolbuffers/protobuf/blob/main/upb/wire/decode.c>.
//!
//! The wire has no magic and no names: a message is a row of fields, each a number, a wire type and a value, and only a schema tells which
//! bytes are messages again. So the walk is the caller's: [`Reader::next`] gives the fields of one message in the order in which they
//! stand, whatever their numbers, repeated or unknown to the schema; the caller descends into those that it knows by
//! [`Message::nested`] and leaves the others. Bytes are never copied but by [`Reader::bytes`] and [`Reader::text`], which take a bound: a
//! tensor of gigabytes costs a seek.
//!
//! Of a field that a schema has once, readers take the last value, and merge messages; all of them are given here. A message that breaks off is read up
//! to there, and the value that is cut short too: what stands in it is seen, although no reader would load it.
//!
//! ```
//! use weighbridge_parse_proto::{Reader, Value};
//!
//! // 1: 150, 2: { 1: "a" }
//! let bytes: &[u8] = b"\x08\x96\x01\x12\x03\x0a\x01a";
//! let mut reader = Reader::new(bytes);
//! let mut message = reader.whole();
//! while let Some(field) = reader.next(&mut message)? {
//!     match (field.number, field.value) {
//!         (1, Value::Varint(number)) => assert_eq!(number, 150),
//!         (2, Value::Bytes(span)) => {
//!             let mut inner = message.nested(span)?;
//!             while let Some(field) = reader.next(&mut inner)? {
//!                 if let Some(span) = field.bytes() {
//!                     assert_eq!(reader.text(span, 100)?, "a");
//!                 }
//!             }
//!         }
//!         _ => {}
//!     }
//! }
//! # Ok::<(), weighbridge_parse_proto::Error>(())
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod error;
mod field;
mod limits;
mod reader;
mod survey;

pub use error::{Broken, Error, Fault};
pub use field::{Field, Message, Value, Wire};
pub use limits::DEPTH;
pub use reader::Reader;
pub use survey::{Seen, Survey, survey};
pub use weighbridge_parse_read::Span;

#[cfg(test)]
mod tests;
