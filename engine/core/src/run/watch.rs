//! How far a run is within the files that are being read, for whoever shows that: nothing else looks at it.

use super::{Open, Source};
use crate::scan::Mode;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files of a run that are being read.
#[derive(Debug, Default)]
pub struct Watch(Mutex<BTreeMap<usize, Progress>>);

/// Of one file. Bytes that are read again count again, as far as there are that many: it is how far, not what.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    size: u64,
    /// How often all of it is read, where all of it is.
    passes: u64,
    read: Arc<AtomicU64>,
}

impl Watch {
    /// A file is opened: its number in the order of the walk.
    pub(super) fn begin(&self, number: usize, size: u64, mode: Mode) -> Progress {
        // One pass hashes and one searches, side by side.
        let passes = if mode == Mode::Thorough { 2 } else { 1 };
        let progress = Progress { size, passes, read: Arc::default() };
        self.files().insert(number, progress.clone());
        progress
    }

    /// It is done.
    pub(super) fn end(&self, number: usize) {
        self.files().remove(&number);
    }

    /// The file that was met first of those that are being read: its number in the order of the walk, and how many of its bytes were read.
    pub fn first(&self) -> Option<(usize, u64)> {
        self.files().first_key_value().map(|(number, progress)| (*number, progress.read()))
    }

    /// Bytes of all of them that were read.
    pub fn bytes(&self) -> u64 {
        self.files().values().map(Progress::read).sum()
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<usize, Progress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    /// So many were read in all.
    #[cfg(target_os = "linux")]
    pub fn set(&self, bytes: u64) {
        self.read.store(bytes, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        (self.read.load(Ordering::Relaxed) / self.passes).min(self.size)
    }
}

impl Open {
    /// The same file, whose reading is watched.
    pub(super) fn watched(mut self, progress: Progress) -> Self {
        self.source = Box::new(Watched { source: self.source, progress });
        self
    }
}

struct Watched {
    source: Box<dyn Source>,
    progress: Progress,
}

impl Source for Watched {
    fn size(&self) -> u64 {
        self.source.size()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read_at(offset, buf)?;
        self.progress.read.fetch_add(got as u64, Ordering::Relaxed);
        Ok(got)
    }

    fn file(&self) -> Option<&File> {
        self.source.file()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_read_counts_until_the_file_is_done() {
        let watch = Watch::default();
        let (first, second) = (watch.begin(3, 10, Mode::Quick), watch.begin(4, 10, Mode::Thorough));
        let source = Watched { source: Box::new(vec![7_u8; 10]), progress: first };
        assert_eq!((source.read_at(2, &mut [0; 4]).unwrap(), source.size()), (4, 10));
        second.read.store(12, Ordering::Relaxed);
        assert_eq!((watch.first(), watch.bytes()), (Some((3, 4)), 10));
        second.read.store(99, Ordering::Relaxed);
        assert_eq!(watch.bytes(), 14);
        watch.end(3);
        assert_eq!(watch.first(), Some((4, 10)));
        watch.end(4);
        assert_eq!((watch.first(), watch.bytes()), (None, 0));
    }
}
