//! A raw walker over tar archives of every dialect.
//!
//! Specifications: POSIX pax and ustar, <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html>; GNU tar,
//! <https://www.gnu.org/software/tar/manual/html_node/Standard.html> (with the sparse formats and the old GNU header);
//! star, <https://codeberg.org/schilytools/schilytools/src/branch/master/star/star.4>; and what Python's `tarfile` makes of all of them,
//! <https://github.com/python/cpython/blob/main/Lib/tarfile.py>, since that is what model loaders use.
//!
//! A tar archive has no directory: each header says where the next one is, and the first zero block ends it. Readers differ in how they
//! read a number, in which entries have data, in which of three names counts, and in where they stop. So this walker follows Python's
//! reading to the end of the *input*, over damage and end blocks alike, and then every other place where another reader would find a
//! header. It returns the union of the entries, and a typed [`Issue`] for each disagreement. It judges nothing.
//!
//! - [`walk`] drives a [`Visitor`]: entries, issues, and regions that account for every byte.
//! - [`probe`] identifies an archive.
//! - [`sparse::Expander`] gives the content of a sparse entry.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod entry;
mod extension;
mod header;
mod issue;
pub mod limits;
mod links;
mod member;
mod names;
mod number;
mod pax;
mod probe;
pub mod sparse;
mod walk;
mod walker;

pub use entry::{Entry, Kind, Region, RegionKind, Seen};
pub use header::Dialect;
pub use issue::{Code, Issue, Value};
pub use limits::Limits;
pub use probe::{Evidence, Probe, probe};
pub use walk::{Summary, Visitor, walk};

/// Size of a block: headers take one, data are filled up to a multiple of it.
pub const BLOCK: usize = 512;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
