//! A file on disk.

use crate::scan::Source;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// An open file: its size is what it was when it was opened.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    size: u64,
}

impl FileSource {
    /// Opens a regular file. With `follow` a link at the end of the path is followed, without it that is an error: what a walk
    /// took for a file may have been replaced since.
    pub fn open(path: &Path, follow: bool) -> io::Result<Self> {
        let file = options(follow).open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(FileSource { file, size: metadata.len() })
    }

    /// A file that is open already, read from its beginning.
    pub fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        Ok(FileSource { file, size })
    }

    /// A file that is open already and has that size.
    pub(crate) fn sized(file: File, size: u64) -> Self {
        FileSource { file, size }
    }

    /// The open file by itself.
    pub fn into_file(self) -> File {
        self.file
    }
}

/// Opening never waits for the other end of a pipe, even where a file was replaced by one.
#[cfg(unix)]
fn options(follow: bool) -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY | if follow { 0 } else { libc::O_NOFOLLOW });
    options
}

#[cfg(not(unix))]
fn options(_follow: bool) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

impl Source for FileSource {
    fn size(&self) -> u64 {
        self.size
    }

    fn file(&self) -> Option<&File> {
        Some(&self.file)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = self.size.saturating_sub(offset);
        let want = usize::try_from(rest).map_or(buf.len(), |rest| rest.min(buf.len()));
        let mut done = 0;
        while done < want {
            match pread(&self.file, &mut buf[done..want], offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}

#[cfg(unix)]
fn pread(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(windows)]
fn pread(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, offset)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn reads_short_only_at_the_end() {
        let dir = crate::source::walk::tests::Scratch::new("file");
        let path = dir.file("a.bin", b"0123456789");
        let source = FileSource::open(&path, false).unwrap();
        assert_eq!(source.size(), 10);
        let mut buf = [0; 4];
        assert_eq!(source.read_at(3, &mut buf).unwrap(), 4);
        assert_eq!(&buf, b"3456");
        assert_eq!(source.read_at(8, &mut buf).unwrap(), 2);
        assert_eq!(source.read_at(10, &mut buf).unwrap(), 0);
        assert_eq!(source.read_at(u64::MAX, &mut buf).unwrap(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn follows_a_link_only_when_told() {
        let dir = crate::source::walk::tests::Scratch::new("follow");
        dir.file("a", b"x");
        std::os::unix::fs::symlink("a", dir.path().join("l")).unwrap();
        assert!(FileSource::open(&dir.path().join("l"), false).is_err());
        assert!(FileSource::open(&dir.path().join("l"), true).is_ok());
        assert!(FileSource::open(dir.path(), true).is_err());
    }
}
