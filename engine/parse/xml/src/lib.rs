//! XML as a stream of events, read from hostile input: bounded in memory and depth, and nothing is expanded, resolved or fetched.
//!
//! Specification: <https://www.w3.org/TR/xml/>. A document type is read for what it declares; references to its entities are left as they stand and
//! counted. Long texts are cut, long lists end, and both are said; the walk goes on.
//!
//! ```
//! use weighbridge_parse_xml::{Event, Reader};
//!
//! let mut reader = Reader::new(&b"<net><layer type='Const'/></net>"[..]);
//! let mut types = Vec::new();
//! while let Some(event) = reader.next()? {
//!     if let Event::Start(element) = event {
//!         types.extend(element.get("type").map(str::to_owned));
//!     }
//! }
//! assert_eq!(types, ["Const"]);
//! # Ok::<(), weighbridge_parse_xml::Stop>(())
//! ```
#![deny(missing_docs)]

mod doctype;
mod event;
pub mod limits;
mod reader;
mod source;
#[cfg(test)]
mod tests;

pub use doctype::{Doctype, Entity, ExternalId};
pub use event::{Attribute, Code, Element, Event, Issue, Text};
pub use reader::Reader;
pub use source::Encoding;
pub use weighbridge_parse_read::{ReadAt, Stop};
