//! YAML as events: what opens and closes, scalars with their decoded text, tags as they resolve, anchors and aliases by name.
//!
//! YAML 1.1: <https://yaml.org/spec/1.1/>, as PyYAML reads it (<https://pyyaml.org/wiki/PyYAMLDocumentation>), since that is the loader that makes objects of
//! tags; where libyaml takes more (<https://github.com/yaml/libyaml>), so is more taken here. Nothing is composed: an alias is an event, and an anchor that
//! stands for a billion others is one event too. Behind a fault reading goes on, so that nothing hides behind
//! what a parser refuses.
//!
//! ```
//! use weighbridge_parse_yaml::{Events, Kind};
//!
//! # fn main() -> Result<(), weighbridge_parse_read::Stop> {
//! let mut events = Events::new(&b"a: !!python/name:os.system ''"[..])?;
//! let mut tags = Vec::new();
//! loop {
//!     let event = events.next()?;
//!     tags.extend(event.tag);
//!     if event.kind == Kind::End {
//!         break;
//!     }
//! }
//! assert_eq!(tags, ["tag:yaml.org,2002:python/name:os.system"]);
//! # Ok(())
//! # }
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod block;
mod events;
mod flow;
pub mod limits;
mod plain;
mod properties;
mod scanner;
mod source;
mod token;

pub use events::{Event, Events, Kind};
pub use token::Style;

/// A place that is not as the grammar has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, in bytes of the input.
    pub at: u64,
    /// What should be there.
    pub expected: &'static str,
}

#[cfg(test)]
mod tests;
