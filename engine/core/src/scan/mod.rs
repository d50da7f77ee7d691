//! The scanning side: bytes to records.

mod options;

pub use options::{Cancel, CancelReason, Mode, ScanOptions};

use crate::host::Registry;
use crate::record::Sink;

/// Bytes of a known size, read at any offset: where a file's scan gets its bytes from.
pub trait Source: Send + Sync {
    /// In bytes.
    fn size(&self) -> u64;

    /// Fills `buf` from `offset`; less than `buf.len()` only at the end.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize>;
}

/// Scans one file: `name` is its base name (a hint), `source` its bytes. Everything goes to `sink`, in order; it never fails as a
/// whole: what fails is a record.
pub fn scan(registry: &Registry, source: &dyn Source, name: &str, options: &ScanOptions, cancel: &Cancel, sink: &mut dyn Sink) {
    let _ = (registry, source, name, options, cancel, sink);
}
