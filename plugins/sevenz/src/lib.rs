//! 7z archives.
//!
//! Specification: <https://github.com/ip7z/7zip/blob/main/DOC/7zFormat.txt>, <https://github.com/ip7z/7zip/blob/main/DOC/Methods.txt>.
//! The header is read here and not by a library: what it declares sizes nothing unchecked, checksums that do not fit end nothing, and
//! files come out as a stream, each folder decoded once.

mod archive;
mod coders;
mod cursor;
mod files;
mod header;
mod limits;
mod names;
mod reader;
mod report;
#[cfg(test)]
mod tests;

use archive::{Archive, SIGNATURE, Trouble};
use crc32fast::Hasher;
use reader::{Broken, Reader};
use weighbridge_sdk::{About, Current, Fact, Failure, Input, Probe, Scanner, Stop, format, kinds, magic, read_up_to, strs};

struct SevenZ {
    archive: Archive,
    start: u64,
    /// Kept from one file to the next: they share folders.
    reader: Option<Reader<'static, Current>>,
    open: Option<Open>,
}

/// The file that is being read.
struct Open {
    part: usize,
    left: u64,
    crc: Hasher,
}

impl Scanner for SevenZ {
    const ABOUT: About = About {
        id: "sevenz",
        name: "7z archives",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("7z", "7z archive", 0, &[magic(SIGNATURE)], strs!["7z"])],
        kinds: kinds! {
            "member" => ["name", "stem", "extension", "index", "size", "packed", "method", "type", "target", "flags"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("7z", "the headers and all members, which are unpacked and read as files of their own", "")];

    fn new() -> Self {
        SevenZ { archive: Archive::default(), start: 0, reader: None, open: None }
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, 32)?;
        // Among other bytes the signature alone may be a string of a program.
        let sure = head.starts_with(SIGNATURE) && (!input.carved() || archive::start_header_fits(&head));
        Ok(if sure { Probe::certain(0) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        (self.reader, self.open, self.start) = (None, None, input.start());
        self.archive = archive::load(&input, input.start())?;
        let said = report::report(input, &self.archive);
        match (said, &self.archive.trouble) {
            (Err(failure), _) => Err(failure),
            (Ok(()), Some(Trouble::Malformed)) => Err(Failure::Malformed),
            (Ok(()), Some(Trouble::Unsupported)) => Err(Failure::Unsupported),
            (Ok(()), None) => Ok(()),
        }
    }

    fn open_child(&mut self, input: Current, token: u64) -> Result<(), Failure> {
        let index = usize::try_from(token).unwrap_or(usize::MAX);
        let part = self.archive.streams.parts.get(index).ok_or(Failure::Unsupported)?;
        self.reader.get_or_insert_with(|| Reader::new(input, self.start));
        // Its folder is opened with the first read, which can say what is wrong.
        self.open = Some(Open { part: index, left: part.size, crc: Hasher::new() });
        Ok(())
    }

    fn read_child(&mut self, input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        let (Some(open), Some(reader)) = (&mut self.open, &mut self.reader) else { return Ok(0) };
        let Some(part) = self.archive.streams.parts.get(open.part) else { return Ok(0) };
        let said = |broken: Broken| -> Failure {
            let (trouble, code, detail) = archive::describe(&broken);
            match (broken, report::note(input, code, &detail, "", input.start())) {
                (Broken::Stop(stop), _) | (_, Err(stop)) => Failure::Stop(stop),
                _ if trouble == Trouble::Unsupported => Failure::Unsupported,
                _ => Failure::Malformed,
            }
        };
        if open.left == part.size {
            reader.seek(&self.archive.streams, part).map_err(said)?;
        }
        let n = usize::try_from(open.left).unwrap_or(usize::MAX).min(buf.len());
        if n == 0 {
            let found = std::mem::take(&mut open.crc).finalize();
            if let Some(declared) = part.crc.filter(|declared| *declared != found) {
                let (expected, found) = (format!("{declared:08x}"), format!("{found:08x}"));
                input.emit(&Fact::anomaly("bad-crc").text("expected", &expected).text("found", &found).at(input.start(), 0))?;
            }
            return Ok(0);
        }
        match reader.read(&self.archive.streams, &mut buf[..n]).map_err(said)? {
            0 => Err(said(Broken::Truncated)),
            n => {
                open.crc.update(&buf[..n]);
                open.left -= n as u64;
                Ok(n)
            }
        }
    }

    fn close_child(&mut self) {
        self.open = None;
    }
}

weighbridge_sdk::export!(weighbridge_plugin_sevenz = SevenZ);
