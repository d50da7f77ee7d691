//! Where bytes come from: files, folders, lists and standard input, as [`Target`]s in a fixed order.
//!
//! What is found on the way and is not a file that can be read (a broken link, a device, a folder without permission) is a
//! target too: the report says what became of everything that it met.

mod file;
mod list;
mod spool;
mod target;
mod walk;

pub use file::FileSource;
pub use list::read_list;
pub use spool::{Spool, Spooled};
pub(crate) use target::hex;
pub use target::{Folder, Kind, Neighbour, NeighbourKind, ReportPath, Target};
pub(crate) use walk::sentence;
pub use walk::{Root, Walk};

#[cfg(test)]
pub(crate) use walk::tests;
