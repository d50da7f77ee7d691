//! Entries as members and children.

use crate::anomalies;
use std::ops::Range;
use weighbridge_parse_tar::sparse::Segment;
use weighbridge_parse_tar::{BLOCK, Code, Entry, Issue, Kind, Region, RegionKind, Seen, Visitor};
use weighbridge_sdk::{Child, Fact, Input, ReadAt, Region as Class, Stop};

/// The data of a sparse file.
pub(crate) struct Packed {
    pub data: Range<u64>,
    pub segments: Vec<Segment>,
    pub size: u64,
}

/// What a walk finds, on its way to the host.
pub(crate) struct Report<'r, 'h> {
    input: &'r Input<'h>,
    packed: &'r mut Vec<Packed>,
    /// Names and places by entry, for the issues that come later.
    names: Vec<(Box<str>, u64)>,
    /// Part of the archive is not there, or broken.
    pub broken: bool,
    /// Part of it cannot be read.
    pub unread: bool,
    /// Children that are no entries have indices after all.
    strays: u64,
}

impl<'r, 'h> Report<'r, 'h> {
    pub fn new(input: &'r Input<'h>, packed: &'r mut Vec<Packed>) -> Self {
        Report { input, packed, names: Vec::new(), broken: false, unread: false, strays: 0 }
    }

    fn member(&self, entry: &Entry, name: &[u8], flags: &[&str]) -> Result<u64, Stop> {
        let text = String::from_utf8_lossy(name);
        let base = text.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        let (stem, extension) = base.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((base, ""));
        let extension = extension.to_ascii_lowercase();
        let target = String::from_utf8_lossy(&entry.target);
        let mut fact = Fact::new("member").text("name", &text).text("stem", stem).text_if("extension", &extension).u64("index", entry.index);
        if std::str::from_utf8(name).is_err() {
            fact = fact.bytes("raw_name", name);
        }
        fact = fact.u64("size", entry.size).u64("packed", entry.data.end - entry.data.start);
        let method = if entry.sparse.is_some() { "sparse" } else { "stored" };
        fact = fact.text("method", method).text("type", kind(entry.kind)).text_if("target", &target);
        if !flags.is_empty() {
            fact = fact.texts("flags", flags, 0);
        }
        self.input.emit(&fact.at(entry.offset, entry.data.end.saturating_sub(entry.offset)))
    }

    /// Bytes that belong to no entry, to be looked at all the same: those of a broken header without the header.
    fn stray(&mut self, issue: &Issue) -> Result<(), Stop> {
        let skipped = if self.input.array::<5>(issue.offset + 257)? == Some(*b"ustar") { BLOCK as u64 } else { 0 };
        let (offset, length) = (issue.offset + skipped, issue.length.saturating_sub(skipped));
        if length == 0 || length == self.input.size() {
            return Ok(());
        }
        let index = self.names.len() as u64 + self.strays;
        self.strays += 1;
        self.input.child(&Child { speculative: true, ..Child::range(b"", index, offset, length) })
    }
}

impl Visitor for Report<'_, '_> {
    fn entry(&mut self, entry: &Entry) -> Result<(), Stop> {
        self.input.poll(1)?;
        self.names.push((String::from_utf8_lossy(&entry.name).into(), entry.header));
        let mut flags = Vec::new();
        if entry.seen != Seen::Plain {
            flags.push("hidden");
        }
        if entry.sparse.is_some() {
            flags.push("sparse");
        }
        if entry.mode & 0o6000 != 0 {
            flags.push("setuid");
        }
        let id = self.member(entry, &entry.name, &flags)?;
        if let Some(name) = &entry.other_name {
            flags.push("other-name");
            self.member(entry, name, &flags)?;
        }
        if entry.kind != Kind::File {
            return Ok(());
        }
        let length = entry.data.end - entry.data.start;
        let stored = Child { parent: id, ..Child::range(&entry.name, entry.index, entry.data.start, length) };
        match &entry.sparse {
            None => self.input.child(&Child { declared_size: Some(entry.size), ..stored }),
            Some(segments) => {
                self.packed.push(Packed { data: entry.data.clone(), segments: segments.clone(), size: entry.size });
                let token = self.packed.len() as u64 - 1;
                let child = Child::token(&entry.name, entry.index, token, "sparse").at(entry.data.start, length);
                self.input.child(&Child { parent: id, declared_size: Some(entry.size), ..child })?;
                // Readers that know no sparse files take the data as they stand.
                self.input.child(&Child { speculative: true, ..stored })
            }
        }
    }

    fn issue(&mut self, issue: &Issue) -> Result<(), Stop> {
        self.broken |= anomalies::is_break(issue.code);
        self.unread |= issue.code == Code::MultiVolume;
        let entry = issue.entry.and_then(|entry| self.names.get(usize::try_from(entry).ok()?));
        let (name, header) = entry.map_or(("", issue.offset), |(name, header)| (name, *header));
        // What is known at the end alone has no place of its own.
        let offset = if issue.length == 0 { header } else { issue.offset };
        anomalies::emit(self.input, issue, name, offset)?;
        match issue.code {
            Code::HeaderInvalid | Code::TrailingData | Code::PrefixData => self.stray(issue),
            _ => Ok(()),
        }
    }

    fn region(&mut self, region: Region) -> Result<(), Stop> {
        let class = match region.kind {
            RegionKind::Structure => Class::Structure,
            RegionKind::Payload => Class::Payload,
            RegionKind::Padding => Class::Padding,
        };
        self.input.region(class, region.offset, region.length)
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File | Kind::Note => "file",
        Kind::Directory => "directory",
        Kind::Symlink => "symlink",
        Kind::Hardlink => "hardlink",
        Kind::Device => "device",
        Kind::Fifo => "fifo",
    }
}
