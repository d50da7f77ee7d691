//! Random-access reading of hostile input: the one seam between a parser and where its bytes come from.
//!
//! A parser is handed something that implements [`ReadAt`] and never opens, owns or sizes anything by
//! itself. Every call may end the scan early: see [`Stop`], which a parser returns unchanged and at once.
#![deny(missing_docs)]

pub mod members;
pub mod python;
mod span;
mod stream;
mod window;

pub use span::Span;
pub use stream::{Stopped, Stream};
pub use window::Window;

/// Why reading ended early. Not a verdict on the input: the caller asked for the end, or could not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The medium failed: a read error of the operating system, a lost connection.
    Io,
    /// The scan was cancelled, by a person or by a time limit.
    Cancelled,
    /// A budget of bytes, steps, facts or depth is used up.
    Budget,
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stop::Io => "the input could not be read",
            Stop::Cancelled => "the scan was cancelled",
            Stop::Budget => "a budget of the scan is used up",
        })
    }
}

impl std::error::Error for Stop {}

/// Bytes of a known size that can be read at any offset.
pub trait ReadAt {
    /// The size of the input in bytes.
    fn size(&self) -> u64;

    /// Fills `buf` from `offset`. The answer is the number of bytes read: less than `buf.len()` only at the end of the input.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop>;

    /// Says that `steps` steps of work are done (an opcode, a directory entry, a table row). To be called
    /// at least every 10,000 steps or 64 KiB of input: it is how a scan stays within its budget and can be cancelled.
    fn poll(&self, steps: u64) -> Result<(), Stop>;
}

impl ReadAt for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    fn poll(&self, _steps: u64) -> Result<(), Stop> {
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        self.as_slice().read_at(offset, buf)
    }

    fn poll(&self, _steps: u64) -> Result<(), Stop> {
        Ok(())
    }
}

impl<R: ReadAt + ?Sized> ReadAt for &R {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        (**self).read_at(offset, buf)
    }

    fn poll(&self, steps: u64) -> Result<(), Stop> {
        (**self).poll(steps)
    }
}

/// Reads `len` bytes at `offset`, or fewer at the end of the input. `len` is the caller's own bound, never a number from the file.
pub fn read_up_to<R: ReadAt + ?Sized>(input: &R, offset: u64, len: usize) -> Result<Vec<u8>, Stop> {
    let rest = input.size().saturating_sub(offset);
    let len = usize::try_from(rest).map_or(len, |rest| rest.min(len));
    let mut buf = vec![0; len];
    let got = input.read_at(offset, &mut buf)?;
    buf.truncate(got);
    Ok(buf)
}

/// Whether `word` stands anywhere in `bytes`: for the heads of files, in which identification looks for words.
pub fn contains(bytes: &[u8], word: &[u8]) -> bool {
    word.is_empty() || bytes.windows(word.len()).any(|window| window == word)
}

/// What archives, arrays, programs and files of tensors begin with.
const MAGICS: [&[u8]; 7] = [b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"\x93NUMPY", b"\x7fELF", b"\x89HDF\r\n\x1a\n", b"GGUF", b"Rar!\x1a\x07"];

/// Whether bytes that were found in other bytes begin like an archive, an array, a program or a file of tensors. Compressed streams and pickles have readers
/// that know more than their first bytes.
pub fn begins_a_file(head: &[u8]) -> bool {
    // The header of a program for Windows leads to the next one, which lies within 64 KiB.
    let windows = head.starts_with(b"MZ") && head.len() >= 64 && head[62..64] == [0, 0];
    windows || MAGICS.iter().any(|magic| head.starts_with(magic))
}

#[cfg(test)]
mod tests {
    use super::{begins_a_file, contains};

    #[test]
    fn files_begin_with_their_magic() {
        let windows = |high| [b"MZ".as_slice(), &[0; 58], &[0x80, 0, high, 0]].concat();
        for (head, begins) in [
            (b"PK\x03\x04".as_slice(), true),
            (b"\x7fELF\x02", true),
            (b"GGUF", true),
            (b"GGU", false),
            (b" PK\x03\x04", false),
            (b"MZ", false),
            (b"", false),
        ] {
            assert_eq!(begins_a_file(head), begins, "{}", head.escape_ascii());
        }
        assert!(begins_a_file(&windows(0)) && !begins_a_file(&windows(1)));
    }

    #[test]
    fn a_word_is_found_wherever_it_stands() {
        for (word, found) in [(&b"ab"[..], true), (b"bc", true), (b"cd", true), (b"abcd", true), (b"", true), (b"ac", false), (b"abcde", false)] {
            assert_eq!(contains(b"abcd", word), found, "{}", word.escape_ascii());
        }
    }
}
