//! HDF5 files of every version of the format: what is linked, named and stored in them, read from their metadata alone.
//!
//! The format: <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html>. [`walk`] begins at the superblock and visits each object that hard links
//! lead to once: groups with their links (symbol tables, compact and dense storage; hard, soft, external), attributes (in headers and in heaps, of fixed and
//! variable length), datasets with their shape and with where their elements lie. Elements themselves are not read, filters not undone.
//!
//! Whatever the bytes say, nothing recurses, no allocation is sized by a number from them beyond the bounds in [`limits`], and what is wrong with one part
//! is said and does not keep the others from being read.
#![deny(missing_docs)]

mod attributes;
mod blocks;
mod checksum;
mod chunks;
mod cursor;
mod dataset;
mod file;
mod fractal;
mod groups;
mod header;
mod heaps;
mod issue;
mod layout;
pub mod limits;
mod selection;
mod spans;
mod superblock;
mod tree1;
mod tree2;
mod types;
mod walk;

pub use attributes::Attribute;
pub use cursor::Widths;
pub use dataset::{Dataset, ExternalFile, Storage, VirtualSource};
pub use file::Span;
pub use groups::{Link, LinkTarget};
pub use issue::{Issue, Problem};
pub use spans::{Account, Class};
pub use superblock::{FIRST_USER_BLOCK, SIGNATURE, Superblock, find};
pub use types::{Dataspace, Datatype, TypeClass};
pub use walk::{Kind, Object, Visitor, walk};

#[cfg(test)]
mod tests;
