//! Texts among bytes: runs of printable ASCII, and of the same in UTF-16.
//!
//! For formats whose inside is not public, and for what lies behind a break: what somebody wrote there to be read or run is text.
//! As `strings` of binutils finds them: <https://sourceware.org/binutils/docs/binutils/strings.html>.
//!
//! ```
//! let bytes = b"\x01\x02hello world\x00\xff".as_slice();
//! let mut found = Vec::new();
//! weighbridge_parse_strings::runs(bytes, 0, u64::MAX, 4, |run| {
//!     found.push((run.at, run.text.to_owned()));
//!     Ok(())
//! })?;
//! assert_eq!(found, [(2, "hello world".to_owned())]);
//! # Ok::<(), weighbridge_parse_strings::Stop>(())
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod looks;

pub use looks::{could_be_code, leads_out, looks_encoded};

use weighbridge_parse_read::ReadAt;
pub use weighbridge_parse_read::Stop;

/// Bytes of the input held at once.
const BLOCK: usize = 64 << 10;

/// The longest run that is given in one piece; a longer one comes in several.
const LONGEST: usize = 4 << 10;

/// A run of text.
#[derive(Debug, Clone, Copy)]
pub struct Run<'r> {
    /// Where it begins.
    pub at: u64,
    /// Bytes that it takes in the input.
    pub length: u64,
    /// The text.
    pub text: &'r str,
}

/// One way to read characters, and the run that is open in it.
struct Track {
    width: u64,
    /// Which byte of a character is its letter.
    phase: u64,
    at: u64,
    text: String,
}

impl Track {
    fn new(width: u64, phase: u64) -> Self {
        Track { width, phase, at: 0, text: String::new() }
    }

    fn close(&mut self, shortest: usize, each: &mut impl FnMut(Run<'_>) -> Result<(), Stop>) -> Result<(), Stop> {
        if self.text.len() >= shortest {
            each(Run { at: self.at, length: self.text.len() as u64 * self.width, text: &self.text })?;
        }
        self.text.clear();
        Ok(())
    }

    fn put(&mut self, at: u64, byte: u8) {
        if self.text.is_empty() {
            self.at = at;
        }
        self.text.push(char::from(byte));
    }
}

fn printable(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e)
}

/// Hands out the runs of at least `shortest` characters between `from` and `to`, in the order in which they end.
pub fn runs<R: ReadAt>(input: R, from: u64, to: u64, shortest: usize, mut each: impl FnMut(Run<'_>) -> Result<(), Stop>) -> Result<(), Stop> {
    let to = to.min(input.size());
    let mut block = vec![0; BLOCK];
    let mut narrow = Track::new(1, 0);
    // UTF-16 with the low byte first, at even and at odd places.
    let mut wide = [Track::new(2, 0), Track::new(2, 1)];
    let mut at = from;
    while at < to {
        let want = usize::try_from(to - at).unwrap_or(BLOCK).min(BLOCK);
        let got = input.read_at(at, &mut block[..want])?;
        if got == 0 {
            break;
        }
        input.poll(got as u64 / 16 + 1)?;
        for (index, &byte) in block[..got].iter().enumerate() {
            let here = at + index as u64;
            if printable(byte) {
                narrow.put(here, byte);
                if narrow.text.len() >= LONGEST {
                    narrow.close(shortest, &mut each)?;
                }
            } else {
                narrow.close(shortest, &mut each)?;
            }
            for track in &mut wide {
                if here % 2 == track.phase {
                    if printable(byte) && track.text.len() < LONGEST {
                        track.put(here, byte);
                    } else {
                        track.close(shortest, &mut each)?;
                    }
                } else if byte != 0 && !track.text.is_empty() {
                    // The last letter had another byte behind it: it belongs to another character.
                    track.text.pop();
                    track.close(shortest, &mut each)?;
                }
            }
        }
        at += got as u64;
    }
    narrow.close(shortest, &mut each)?;
    for mut track in wide {
        // The end cuts the last character in two.
        if track.at + track.text.len() as u64 * track.width > at {
            track.text.pop();
        }
        track.close(shortest, &mut each)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Result<Vec<(u64, String)>, Stop> {
        let mut found = Vec::new();
        runs(bytes, 0, u64::MAX, 4, |run| {
            found.push((run.at, run.text.to_owned()));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn finds_both_widths() -> Result<(), Stop> {
        let wide: Vec<u8> = "cmd.exe".bytes().flat_map(|byte| [byte, 0]).collect();
        let bytes = [b"\x01abc\x02/bin/sh\x00\xff".as_slice(), &wide, b"\xff\xffend."].concat();
        let mut all = found(&bytes)?;
        all.sort();
        assert_eq!(all, [(5, "/bin/sh".into()), (14, "cmd.exe".into()), (30, "end.".into())]);
        Ok(())
    }

    #[test]
    fn long_runs_come_in_pieces_across_blocks() -> Result<(), Stop> {
        let bytes = vec![b'x'; BLOCK + 10];
        let all = found(&bytes)?;
        assert_eq!(all.iter().map(|(_, text)| text.len()).sum::<usize>(), BLOCK + 10);
        assert!(all.iter().all(|(_, text)| text.len() <= LONGEST));
        Ok(())
    }
}
