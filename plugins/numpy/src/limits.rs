//! What bounds the work on one array, and why.

/// Name of the limit of the header's bytes.
pub(crate) const HEADER_NAME: &str = "numpy.header-bytes";
/// NumPy itself writes headers of some hundred bytes, and of some ten thousand for a thousand fields. What is parsed takes fifty times its length in memory.
pub(crate) const HEADER: u64 = 256 << 10;
/// The same, for people.
pub(crate) const HEADER_REASON: &str = "a header lists the fields of an array: those of real files take some hundred bytes";

/// NumPy since 1.24 refuses longer headers unless pickles are allowed.
pub(crate) const HEADER_OF_NUMPY: u64 = 10_000;

/// Brackets within brackets: records of records of records are three.
pub(crate) const DEPTH: usize = 32;

/// NumPy 2 has no more dimensions.
pub(crate) const DIMENSIONS: usize = 64;

/// Arrays of bytes up to this size are looked into in quick mode, as constants of other formats are.
pub(crate) const CONSTANT: u64 = 1 << 20;

/// Text of the header that is given in facts.
pub(crate) const SHOWN: usize = 200;
