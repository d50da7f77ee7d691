//! Safe Rust for authors of Weighbridge format plugins.
//!
//! A plugin is a struct, an implementation of [`Scanner`], and one line of [`export!`]:
//!
//! ```
//! use weighbridge_sdk::{About, Failure, Fact, Input, Probe, ReadAt, Scanner, Stop, format, kinds, magic, strs};
//!
//! struct Tiny;
//!
//! impl Scanner for Tiny {
//!     const ABOUT: About = About {
//!         id: "tiny",
//!         name: "TINY models",
//!         version: env!("CARGO_PKG_VERSION"),
//!         license: "Apache-2.0",
//!         formats: &[&format("tiny", "TINY model", 0, &[magic(b"TINY")], strs!["tiny"])],
//!         kinds: kinds! { "metadata" => ["key", "value"] },
//!         limits: &[],
//!     };
//!
//!     fn new() -> Self {
//!         Tiny
//!     }
//!
//!     fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
//!         Ok(if input.array::<4>(0)? == Some(*b"TINY") { Probe::certain(0) } else { Probe::NO })
//!     }
//!
//!     fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
//!         input.emit(&Fact::new("metadata").text("key", "size").u64("value", input.size()).at(0, 4))?;
//!         Ok(())
//!     }
//! }
//!
//! weighbridge_sdk::export!(weighbridge_plugin_tiny = Tiny);
//! ```
//!
//! Everything a plugin reads comes from [`Input`], everything it says goes there. A [`Stop`] from any of its functions ends the scan: `?` passes it on.
#![deny(missing_docs)]

mod about;
mod account;
mod broken;
mod child;
mod claimed;
mod counts;
mod current;
mod cursor;
mod export;
mod fact;
mod faults;
pub mod harness;
mod input;
mod scanner;
mod table;
mod tally;

pub use about::{About, fact_kind, format, limit, magic, magic_at, magic_from_end, magic_tail, marked, reads};
pub use account::Account;
pub use broken::{Broken, Found};
pub use child::{Child, ChildKind};
pub use counts::Counts;
pub use current::Current;
pub use cursor::{Cursor, Taken};
#[doc(hidden)]
pub use export::glue;
pub use fact::Fact;
pub use faults::Faults;
pub use input::{HostVersion, Input, Region};
pub use scanner::{Failure, Probe, Scanner};
pub use table::Table;
pub use tally::Tally;
pub use weighbridge_abi as abi;
pub use weighbridge_parse_read::{ReadAt, Span, Stop, Stopped, Stream, Window, begins_a_file, contains, read_up_to};
