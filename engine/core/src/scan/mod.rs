//! The scanning side: bytes to records.
//!
//! A file is an input; a plugin that reads it reports children, which become inputs in turn, down to a depth. Everything that plugins
//! say goes through [`crate::record::Sink`], merged and bounded here.

mod child;
mod cycle;
mod dump;
mod ending;
mod engine;
mod frame;
mod identify;
mod intervals;
mod members;
mod options;
mod side;
mod sweep;
mod table;
mod view;

pub(crate) use identify::is_asked;
pub(crate) use options::CODE;
pub use options::{Cancel, CancelReason, Listings, Mode, ScanOptions};
pub(crate) use sweep::Carver;

use crate::host::Registry;
use crate::record::Sink;

/// Bytes of a known size, read at any offset: where a file's scan gets its bytes from.
pub trait Source: Send + Sync {
    /// In bytes.
    fn size(&self) -> u64;

    /// Fills `buf` from `offset`; less than `buf.len()` only at the end.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize>;

    /// The open file that has just these bytes, where there is one: what a worker process may be given to read by itself.
    fn file(&self) -> Option<&std::fs::File> {
        None
    }
}

impl Source for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let from = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or(&[]);
        let n = from.len().min(buf.len());
        buf[..n].copy_from_slice(&from[..n]);
        Ok(n)
    }
}

impl Source for Vec<u8> {
    fn size(&self) -> u64 {
        self.as_slice().size()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        self.as_slice().read_at(offset, buf)
    }
}

/// Where what is unpacked goes when it is too large for memory: a new empty file that nobody else has.
pub type Scratch<'a> = dyn Fn() -> std::io::Result<std::fs::File> + 'a;

/// Scans one file: `name` is its base name (a hint), `source` its bytes. Everything goes to `sink`, in order; it never fails as a
/// whole: what fails is a record.
pub fn scan(registry: &Registry, source: &dyn Source, name: &str, options: &ScanOptions, cancel: &Cancel, sink: &mut dyn Sink) {
    scan_with(registry, source, name, options, cancel, sink, &tempfile::tempfile);
}

/// [`scan`], with scratch files of the caller's.
pub(crate) fn scan_with(
    registry: &Registry,
    source: &dyn Source,
    name: &str,
    options: &ScanOptions,
    cancel: &Cancel,
    sink: &mut dyn Sink,
    scratch: &Scratch<'_>,
) {
    engine::Engine::new(registry, options, cancel, sink, scratch).file(source, name);
}
