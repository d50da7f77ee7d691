//! Limits of the plugin, each with its reason.

/// Bytes of a name.
pub(crate) const NAME: usize = 4 << 10;

/// Names of operators beyond this length make regular expressions of MXNet's tools run without end (CVE-2022-24294).
pub(crate) const OPERATOR: usize = 256;

/// Texts of one file that are handed on.
pub(crate) const TEXTS: usize = 1_024;

/// Constant arguments of one operator.
pub(crate) const ARGUMENTS: usize = 16;

/// Arrays of one file of parameters, and their names.
pub(crate) const ARRAYS: u64 = 1 << 20;

/// Dimensions of an array. NumPy's limit is 64.
pub(crate) const DIMENSIONS: u32 = 64;

/// Bytes of an array that are looked at as a file.
pub(crate) const CONSTANT: u64 = 1 << 20;

/// Faults that are named one by one.
pub(crate) const FAULTS: u64 = 16;

/// Bytes behind a break that are searched for text.
pub(crate) const REST: u64 = 1 << 20;
