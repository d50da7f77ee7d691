//! From the signature header to the list of files.
//!
//! ```text
//! SignatureHeader = '7' 'z' BC AF 27 1C major minor StartHeaderCRC(4) NextHeaderOffset(8) NextHeaderSize(8) NextHeaderCRC(4)
//! ```
//!
//! Offsets count from its end. Checksums that do not fit are said, and what they cover is read all the same.

use crate::coders::{Closed, SIGNATURE_HEADER};
use crate::cursor::Bad;
use crate::files::File;
use crate::header::{self, Header, Part, Streams};
use crate::limits;
use crate::reader::{Broken, Reader};
use std::ops::Range;
use weighbridge_sdk::{ReadAt, Stop, read_up_to};

pub(crate) const SIGNATURE: &[u8; 6] = b"7z\xBC\xAF\x27\x1C";

/// What an archive says of itself, and what is wrong with that.
#[derive(Default)]
pub(crate) struct Archive {
    pub streams: Streams,
    pub files: Vec<File>,
    /// Headers, and packed streams that hold headers.
    pub structure: Vec<Range<u64>>,
    /// Code, detail, where.
    pub notes: Vec<(&'static str, String, u64)>,
    /// Why the files are not known, or not all.
    pub trouble: Option<Trouble>,
    /// Where the archive ends.
    pub end: u64,
}

/// Why an archive's files are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    Malformed,
    Unsupported,
}

struct Loading<'l, R> {
    input: &'l R,
    start: u64,
    archive: Archive,
}

/// Whether the checksum over the second part of a signature header is right.
pub(crate) fn start_header_fits(head: &[u8]) -> bool {
    head.get(8..32).is_some_and(|head| head[..4] == crc32fast::hash(&head[4..]).to_le_bytes())
}

/// Reads the archive that begins at `start`.
pub(crate) fn load<R: ReadAt + Clone>(input: &R, start: u64) -> Result<Archive, Stop> {
    let mut loading = Loading { input, start, archive: Archive::default() };
    loading.archive.end = input.size();
    loading.run()?;
    Ok(loading.archive)
}

impl<R: ReadAt + Clone> Loading<'_, R> {
    fn trouble(&mut self, trouble: Trouble, code: &'static str, detail: &str, at: u64) {
        self.archive.notes.push((code, detail.to_owned(), at));
        self.archive.trouble = Some(trouble);
    }

    fn run(&mut self) -> Result<(), Stop> {
        let head = read_up_to(self.input, self.start, SIGNATURE_HEADER as usize)?;
        self.archive.structure.push(self.start..self.start + head.len() as u64);
        let Some((&[_, _, _, _, _, _, major, _minor], rest)) = head.split_first_chunk::<8>() else {
            self.trouble(Trouble::Malformed, "truncated", "signature-header", self.start);
            return Ok(());
        };
        if rest.len() < 24 {
            self.trouble(Trouble::Malformed, "truncated", "signature-header", self.start);
            return Ok(());
        }
        if major != 0 {
            self.trouble(Trouble::Unsupported, "unsupported", &format!("version {major}"), self.start);
            return Ok(());
        }
        if !start_header_fits(&head) {
            self.archive.notes.push(("bad-crc", "start-header".into(), self.start + 8));
        }
        let number = |at: usize| head[at..at + 8].iter().rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
        let (offset, size, crc) = (number(12), number(20), number(24) >> 32);
        if size == 0 {
            self.archive.end = self.start + SIGNATURE_HEADER;
            if self.input.size() > self.archive.end && rest.iter().all(|&b| b == 0) {
                // What an archiver leaves that did not come to its end.
                self.trouble(Trouble::Malformed, "truncated", "no header was written", self.start);
            }
            return Ok(());
        }
        let begin = (self.start + SIGNATURE_HEADER).checked_add(offset);
        let Some(end) = begin.and_then(|begin| begin.checked_add(size)).filter(|&end| end <= self.input.size()) else {
            self.trouble(Trouble::Malformed, "truncated", "the header lies behind the end", self.start + 12);
            return Ok(());
        };
        self.archive.end = end;
        self.archive.structure.push(end - size..end);
        if size > limits::HEADER {
            self.trouble(Trouble::Malformed, "limit-size", &format!("a header of {size} bytes"), end - size);
            return Ok(());
        }
        let bytes = read_up_to(self.input, end - size, size as usize)?;
        if u64::from(crc32fast::hash(&bytes)) != crc {
            self.archive.notes.push(("bad-crc", "header".into(), end - size));
        }
        self.header(bytes, end - size)
    }

    fn header(&mut self, mut bytes: Vec<u8>, at: u64) -> Result<(), Stop> {
        for _ in 0..limits::ENCODED {
            self.input.poll(1 + bytes.len() as u64 / 64)?;
            match header::read(&bytes) {
                Ok(Header::Plain(streams, files)) => {
                    (self.archive.streams, self.archive.files) = (streams, files);
                    return Ok(());
                }
                Ok(Header::Encoded(streams)) => match self.decoded(&streams)? {
                    Ok(decoded) => bytes = decoded,
                    Err(broken) => {
                        self.broken(&broken, at);
                        return Ok(());
                    }
                },
                Err(Bad { offset, expected, limit }) => {
                    let code = if limit { "limit-size" } else { "invalid" };
                    self.trouble(Trouble::Malformed, code, &format!("byte {offset} of the header is not {expected}"), at);
                    return Ok(());
                }
            }
        }
        self.trouble(Trouble::Malformed, "limit-depth", "a header in a header", at);
        Ok(())
    }

    /// A header that is a folder's content.
    fn decoded(&mut self, streams: &Streams) -> Result<Result<Vec<u8>, Broken>, Stop> {
        let Some(folder) = streams.folders.first() else { return Ok(Ok(Vec::new())) };
        let size = folder.size();
        if size > limits::HEADER {
            return Ok(Err(Broken::Far));
        }
        let packed: u64 = streams.packed.last().map_or(0, |(begin, size)| begin.saturating_add(*size));
        let begin = (self.start + SIGNATURE_HEADER).saturating_add(streams.position).min(self.input.size());
        self.archive.structure.push(begin..begin.saturating_add(packed).min(self.input.size()));
        let mut reader = Reader::new(self.input.clone(), self.start);
        let part = Part { folder: 0, offset: 0, size, crc: folder.crc };
        let bytes = match reader.whole(streams, &part) {
            Err(Broken::Stop(stop)) => return Err(stop),
            other => other,
        };
        if let (Ok(bytes), Some(crc)) = (&bytes, folder.crc)
            && crc32fast::hash(bytes) != crc
        {
            self.archive.notes.push(("bad-crc", "packed-header".into(), begin));
        }
        Ok(bytes)
    }

    fn broken(&mut self, broken: &Broken, at: u64) {
        let (trouble, code, detail) = describe(broken);
        self.trouble(trouble, code, &format!("the header: {detail}"), at);
    }
}

/// What a reader's trouble is to the host: how it ends, the anomaly, its detail.
pub(crate) fn describe(broken: &Broken) -> (Trouble, &'static str, String) {
    match broken {
        Broken::Stop(_) => (Trouble::Malformed, "unread", String::new()),
        Broken::Closed(Closed::Encrypted) => (Trouble::Unsupported, "encrypted", "encrypted".into()),
        Broken::Closed(Closed::Unsupported(method)) => (Trouble::Unsupported, "unsupported", method.clone()),
        Broken::Closed(Closed::Memory(detail)) => (Trouble::Unsupported, "limit-memory", detail.clone()),
        Broken::Closed(Closed::Invalid(detail)) => (Trouble::Malformed, "invalid", (*detail).into()),
        Broken::Truncated => (Trouble::Malformed, "truncated", "the packed data end early".into()),
        Broken::Corrupt(detail) => (Trouble::Malformed, "invalid", detail.clone()),
        Broken::Far => (Trouble::Malformed, "limit-size", "too much content lies before it".into()),
    }
}
