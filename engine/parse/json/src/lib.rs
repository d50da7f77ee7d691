//! A streaming reader of JSON: tokens with their offsets, in memory that does not depend on the input.
//!
//! Grammar: <https://www.rfc-editor.org/rfc/rfc8259>; JSON Lines: <https://jsonlines.org/>. Beyond it whatever some loader takes: Python's `json`
//! (<https://docs.python.org/3/library/json.html>: `NaN`, `Infinity`, repeated keys, lone surrogates, UTF-16 and UTF-32), and JSON5
//! (<https://spec.json5.org/>: comments, trailing commas, quotes of either kind, bare keys). Each such liberty is a typed [`Issue`], and so is each fault,
//! behind which reading goes on where that makes sense.
//!
//! - [`Reader`] gives one [`Token`] after the other; the text of a key, string or number is [`Reader::text`]. Depth is a counter, nothing recurses.
//! - [`Reader::skip`] passes over a value, [`Reader::tree`] takes a small one as a [`Node`].
//! - [`probe`] says whether an input is JSON at all, [`keys`] which of some keys it holds: that is what tells formats that are written in JSON.
//! - [`Trail`] remembers under which keys the current token stands.
//! - [`Text`] decodes one string again, from its offset, however long it is.
//!
//! ```
//! use weighbridge_parse_json::{Kind, Reader};
//!
//! # fn main() -> Result<(), weighbridge_parse_read::Stop> {
//! let input = br#"{"a": [1, "two"]}"#;
//! let mut reader = Reader::new(&input[..]);
//! let mut strings = Vec::new();
//! loop {
//!     let token = reader.next()?;
//!     match token.kind {
//!         Kind::End => break,
//!         Kind::String => strings.push((token.at, reader.text().to_owned())),
//!         _ => {}
//!     }
//! }
//! assert_eq!(strings, [(10, "two".to_owned())]);
//! assert!(reader.issues().list().is_empty());
//! # Ok(())
//! # }
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod cursor;
mod encoding;
mod issue;
mod keys;
mod levels;
pub mod limits;
mod number;
mod probe;
mod reader;
mod string;
mod text;
mod token;
mod trail;
mod tree;

pub use encoding::Encoding;
pub use issue::{Code, Issue, Issues};
pub use limits::Limits;
pub use probe::{keys, probe};
pub use reader::Reader;
pub use text::Text;
pub use token::{Kind, Token};
pub use trail::Trail;
pub use tree::{Bounds, Member, Node, Tree, Value};

#[cfg(test)]
mod tests;
