//! A raw walker over every record of a ZIP archive.
//!
//! Specification: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT> (6.3.10), section numbers below are its own.
//!
//! A ZIP archive says most things twice: in the central directory at its end and in the local header before
//! each entry's data. Readers believe different halves, find the directory in different ways, and stop at different
//! errors. What one of them would load and another would not see is where hostile files hide. So this crate walks
//! everything: each end record, each directory that an end record can be understood to point to, each local header,
//! and the bytes that none of these names. It returns the *union* of the entries, and a typed [`Issue`] for each
//! disagreement. It judges nothing.
//!
//! - [`walk`] drives a [`Visitor`]: entries, issues, then regions that account for every byte.
//! - [`Entry::views`] are the distinct ways in which readers would find an entry's data.
//! - [`open`] decodes one view, as a stream.
//! - [`probe`] identifies an archive, also behind a prefix.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod bytes;
mod central;
mod checks;
mod decode;
mod descriptor;
mod directory;
mod end;
mod entry;
pub mod extra;
mod gaps;
mod issue;
pub mod limits;
mod local;
mod names;
mod probe;
mod spans;
mod walk;

pub use central::Central;
pub use decode::{DecodeError, Decoder, Method, Outcome, open, open_entry};
pub use descriptor::Descriptor;
pub use directory::Directory;
pub use end::{EndRecord, Zip64End};
pub use entry::{Entry, Seen, View};
pub use issue::{Code, Issue, Value};
pub use limits::Limits;
pub use local::Local;
pub use names::normalized;
pub use probe::{Evidence, Probe, probe};
pub use spans::{Region, RegionKind};
pub use walk::{Summary, Visitor, walk};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
