//! Files as members and children.

use crate::archive::Archive;
use crate::coders::SIGNATURE_HEADER;
use crate::files::File;
use crate::header::{Folder, Part};
use crate::limits;
use crate::names;
use crate::reader::Reader;
use crc32fast::Hasher;
use std::collections::HashMap;
use std::ops::Range;
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop};

/// An anomaly of the archive.
pub(crate) fn note(input: &Input<'_>, code: &str, detail: &str, target: &str, at: u64) -> Result<(), Stop> {
    input.emit(&Fact::anomaly(code).text_if("detail", detail).text_if("target", target).at(at, 0))?;
    Ok(())
}

struct Report<'r, 'h> {
    input: &'r Input<'h>,
    archive: &'r Archive,
    links: Reader<'r, &'r Input<'h>>,
    /// Why not all of it can be read.
    closed: Option<Failure>,
}

/// Says what is in an archive.
pub(crate) fn report<'r, 'h>(input: &'r Input<'h>, archive: &'r Archive) -> Result<(), Failure> {
    for (code, detail, at) in &archive.notes {
        note(input, code, detail, "", *at)?;
    }
    let mut report = Report { input, archive, links: Reader::new(input, input.start()), closed: None };
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut parts = archive.streams.parts.iter().enumerate();
    for (index, file) in archive.files.iter().enumerate() {
        input.poll(1)?;
        let part = if file.has_stream { parts.next() } else { None };
        report.file(index as u64, file, part)?;
        if file.has_stream && part.is_none() {
            note(input, "invalid", "no-content", &file.name, input.start())?;
        }
        match seen.get(&names::normalized(&file.name)) {
            Some(&first) => {
                let detail = if archive.files[first].name == file.name { "duplicate-name" } else { "name-collision" };
                note(input, "duplicate-name", detail, &file.name, input.start())?;
            }
            None => drop(seen.insert(names::normalized(&file.name), index)),
        }
    }
    // Content that no name belongs to: no archiver writes it, and none unpacks it.
    for (token, part) in parts {
        note(input, "hidden-entry", "content-without-name", "", input.start())?;
        let index = archive.files.len() as u64 + token as u64;
        report.child("", index, token, part, 0)?;
    }
    if archive.streams.folders.iter().any(Folder::is_encrypted) {
        note(input, "encrypted", "content", "", input.start() + SIGNATURE_HEADER)?;
    }
    regions(input, archive)?;
    report.closed.map_or(Ok(()), Err)
}

impl Report<'_, '_> {
    fn folder(&self, part: &Part) -> Option<&Folder> {
        self.archive.streams.folders.get(part.folder)
    }

    /// Where the packed streams of a folder lie.
    fn place(&self, folder: &Folder) -> Range<u64> {
        let base = (self.input.start() + SIGNATURE_HEADER).saturating_add(self.archive.streams.position);
        let last = folder.first + folder.packed.len().max(1) - 1;
        let packed = &self.archive.streams.packed;
        let begin = packed.get(folder.first).map_or(0, |(begin, _)| *begin);
        let end = packed.get(last).map_or(begin, |(begin, size)| begin.saturating_add(*size));
        let clamp = |at: u64| base.saturating_add(at).min(self.input.size());
        clamp(begin)..clamp(end).max(clamp(begin))
    }

    fn file(&mut self, index: u64, file: &File, part: Option<(usize, &Part)>) -> Result<(), Stop> {
        let folder = part.and_then(|(_, part)| self.folder(part));
        let mut flags = Vec::new();
        if folder.is_some_and(Folder::is_encrypted) {
            flags.push("encrypted");
        }
        if file.is_anti {
            flags.push("anti-item");
        }
        let kind = match () {
            () if file.is_symlink() => "symlink",
            () if file.is_special() => "device",
            () if file.is_directory => "directory",
            () => "file",
        };
        let methods = folder.map_or_else(|| "stored".into(), Folder::methods);
        let place = folder.map_or(0..0, |folder| self.place(folder));
        let target = if file.is_symlink() { self.target(part.map(|(_, part)| part))? } else { None };
        let base = file.name.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        let (stem, extension) = base.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((base, ""));
        let extension = extension.to_ascii_lowercase();
        let mut fact = Fact::new("member").text("name", &file.name).text("stem", stem).text_if("extension", &extension).u64("index", index);
        fact = fact.u64("size", part.map_or(0, |(_, part)| part.size)).u64("packed", place.end - place.start);
        fact = fact.text("method", &methods).text("type", kind).text_if("target", target.as_deref().unwrap_or(""));
        if !flags.is_empty() {
            fact = fact.texts("flags", &flags, 0);
        }
        let id = self.input.emit(&fact.at(place.start, place.end - place.start))?;
        for detail in names::oddities(&file.name) {
            note(self.input, "unsafe-name", detail, &file.name, place.start)?;
        }
        let unsafe_link = match (kind, &target) {
            ("symlink", Some(target)) => names::leads_out(&file.name, target),
            ("symlink", None) => Some("link-unread"),
            ("device", _) => Some("special-file"),
            _ => None,
        };
        if let Some(detail) = unsafe_link {
            note(self.input, "unsafe-link", detail, &file.name, place.start)?;
        }
        if let Some((token, part)) = part
            && kind != "symlink"
        {
            self.child(&file.name, index, token, part, id)?;
        }
        Ok(())
    }

    fn child(&mut self, name: &str, index: u64, token: usize, part: &Part, parent: u64) -> Result<(), Stop> {
        let Some(folder) = self.folder(part) else { return Ok(()) };
        if folder.is_encrypted() {
            self.closed = Some(Failure::Unsupported);
            return Ok(());
        }
        let place = self.place(folder);
        let methods = folder.methods();
        let child = if methods == "stored" {
            let begin = place.start.saturating_add(part.offset).min(place.end);
            let length = part.size.min(place.end - begin);
            if length < part.size {
                note(self.input, "truncated", "content", name, begin)?;
                self.closed = Some(Failure::Malformed);
            } else if length <= limits::QUICK_CRC || self.input.thorough() {
                self.check(part, begin, name)?;
            }
            Child::range(name.as_bytes(), index, begin, length)
        } else {
            Child::token(name.as_bytes(), index, token as u64, &methods).at(place.start, place.end - place.start)
        };
        self.input.child(&Child { parent, declared_size: Some(part.size), ..child })
    }

    /// Stored content against its checksum; that of the rest is compared when it is decoded.
    fn check(&self, part: &Part, begin: u64, name: &str) -> Result<(), Stop> {
        let Some(declared) = part.crc else { return Ok(()) };
        let mut hasher = Hasher::new();
        let mut block = [0; limits::STEP];
        let mut at = begin;
        while at < begin + part.size {
            let want = usize::try_from(begin + part.size - at).unwrap_or(usize::MAX).min(block.len());
            let got = self.input.read_at(at, &mut block[..want])?;
            if got == 0 {
                break;
            }
            hasher.update(&block[..got]);
            at += got as u64;
            self.input.poll(1)?;
        }
        if hasher.finalize() != declared { note(self.input, "bad-crc", "content", name, begin) } else { Ok(()) }
    }

    /// A symbolic link's target is its content.
    fn target(&mut self, part: Option<&Part>) -> Result<Option<String>, Stop> {
        let Some(part) = part.filter(|part| part.size <= limits::LINK && part.offset <= limits::LINK_DEPTH) else { return Ok(None) };
        match self.links.whole(&self.archive.streams, part) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(crate::reader::Broken::Stop(stop)) => Err(stop),
            Err(_) => Ok(None),
        }
    }
}

/// Headers, packed streams, and what lies between and behind them.
fn regions(input: &Input<'_>, archive: &Archive) -> Result<(), Stop> {
    let mut all: Vec<(Range<u64>, Region)> = archive.structure.iter().map(|range| (range.clone(), Region::Structure)).collect();
    let base = (input.start() + SIGNATURE_HEADER).saturating_add(archive.streams.position);
    let class = if archive.streams.folders.iter().any(Folder::is_encrypted) { Region::Opaque } else { Region::Payload };
    let packed = archive.streams.packed.last().map_or(0, |(begin, size)| begin.saturating_add(*size));
    all.push((base..base.saturating_add(packed), class));
    all.sort_by_key(|(range, _)| range.start);
    let mut at = input.start();
    let mut stray = archive.files.len() as u64 + archive.streams.parts.len() as u64;
    for (range, class) in all {
        let (begin, end) = (range.start.clamp(at, input.size()), range.end.min(input.size()));
        if begin > at && archive.trouble.is_none() {
            // Nothing says what this is.
            input.child(&Child { speculative: true, ..Child::range(b"", stray, at, begin - at) })?;
            stray += 1;
        }
        input.region(class, begin, end.saturating_sub(begin))?;
        at = at.max(end);
    }
    let left = input.size().saturating_sub(at);
    if left > 0 && archive.trouble.is_none() && !input.carved() {
        input.emit(&Fact::anomaly("trailing-data").text("found", &left.to_string()).at(at, left))?;
        input.child(&Child { speculative: true, ..Child::range(b"", stray, at, left) })?;
    }
    Ok(())
}
