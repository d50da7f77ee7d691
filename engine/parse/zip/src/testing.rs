//! A writer of archives that are as wrong as a test wants them, and a visitor that keeps everything.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::Write;

use weighbridge_parse_read::{ReadAt, Stop};

use crate::{Code, Entry, Issue, Limits, Region, RegionKind, Summary, Visitor, walk};

/// The fields that both headers of a member have.
#[derive(Clone)]
pub struct Header {
    pub version: u16,
    pub flags: u16,
    pub method: u16,
    pub crc: u32,
    pub compressed: u32,
    pub size: u32,
    pub name: Vec<u8>,
    pub extra: Vec<u8>,
}

impl Header {
    fn write(&self, out: &mut Vec<u8>) {
        for field in [self.version, self.flags, self.method, 0, 0x21] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.crc, self.compressed, self.size] {
            out.extend(field.to_le_bytes());
        }
        for field in [self.name.len(), self.extra.len()] {
            out.extend((field as u16).to_le_bytes());
        }
    }
}

#[derive(Clone)]
pub struct Member {
    pub local: Header,
    pub central: Header,
    pub signature: [u8; 4],
    pub data: Vec<u8>,
    /// What follows the data: a descriptor, or a gap.
    pub after: Vec<u8>,
    pub in_directory: bool,
    pub made_by: u16,
    pub external: u32,
    pub disk: u16,
    /// The local header's offset, if not the right one.
    pub offset: Option<u32>,
}

pub fn stored(name: &str, data: &[u8]) -> Member {
    member(name, 0, data, data.to_vec())
}

pub fn deflated(name: &str, data: &[u8]) -> Member {
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(data).unwrap();
    member(name, 8, data, writer.finish().unwrap())
}

pub fn member(name: &str, method: u16, data: &[u8], compressed: Vec<u8>) -> Member {
    let header = Header {
        version: 20,
        flags: 0,
        method,
        crc: crc32fast::hash(data),
        compressed: compressed.len() as u32,
        size: data.len() as u32,
        name: name.into(),
        extra: Vec::new(),
    };
    Member {
        local: header.clone(),
        central: header,
        signature: crate::bytes::LOCAL,
        data: compressed,
        after: Vec::new(),
        in_directory: true,
        made_by: 20,
        external: 0,
        disk: 0,
        offset: None,
    }
}

impl Member {
    /// The member after `change`.
    pub fn with(mut self, change: impl FnOnce(&mut Member)) -> Member {
        change(&mut self);
        self
    }

    /// The member after `change` of both headers.
    pub fn both(mut self, change: impl Fn(&mut Header)) -> Member {
        change(&mut self.local);
        change(&mut self.central);
        self
    }

    /// The member as written to a stream: flag 3, zeros in the local header, a descriptor.
    pub fn streamed(mut self, signed: bool, wide: bool) -> Member {
        let crc = self.central.crc;
        if signed {
            self.after.extend(crate::bytes::DESCRIPTOR);
        }
        self.after.extend(crc.to_le_bytes());
        for size in [self.central.compressed, self.central.size] {
            self.after.extend(&u64::from(size).to_le_bytes()[..if wide { 8 } else { 4 }]);
        }
        self.local = Header { crc: 0, compressed: 0, size: 0, ..self.local };
        self.both(|header| header.flags |= 8)
    }
}

/// An archive; `None` is what is right.
#[derive(Clone, Default)]
pub struct Archive {
    pub prefix: Vec<u8>,
    pub members: Vec<Member>,
    pub gap: Vec<u8>,
    pub zip64: bool,
    pub zip64_entries: Option<u64>,
    pub locator_offset: Option<u64>,
    pub locator_disks: Option<u32>,
    pub disk: u16,
    pub entries: Option<u16>,
    pub size: Option<u32>,
    pub offset: Option<u32>,
    pub comment: Vec<u8>,
    pub comment_length: Option<u16>,
    pub suffix: Vec<u8>,
    pub no_end: bool,
    /// Offsets count the prefix.
    pub absolute: bool,
}

impl Archive {
    pub fn of(members: impl IntoIterator<Item = Member>) -> Archive {
        Archive { members: members.into_iter().collect(), ..Archive::default() }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Archive)) -> Archive {
        change(&mut self);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let origin = if self.absolute { 0 } else { out.len() };
        let mut offsets = Vec::new();
        for member in &self.members {
            offsets.push((out.len() - origin) as u32);
            out.extend(member.signature);
            member.local.write(&mut out);
            for part in [&member.local.name, &member.local.extra, &member.data, &member.after] {
                out.extend(part);
            }
        }
        out.extend(&self.gap);
        let start = out.len();
        let mut count = 0;
        for (member, offset) in self.members.iter().zip(offsets).filter(|(member, _)| member.in_directory) {
            count += 1;
            out.extend(crate::bytes::CENTRAL);
            out.extend(member.made_by.to_le_bytes());
            member.central.write(&mut out);
            for field in [0, member.disk, 0] {
                out.extend(field.to_le_bytes());
            }
            out.extend(member.external.to_le_bytes());
            out.extend(member.offset.unwrap_or(offset).to_le_bytes());
            out.extend(&member.central.name);
            out.extend(&member.central.extra);
        }
        let (size, offset) = ((out.len() - start) as u32, (start - origin) as u32);
        if self.zip64 {
            let record = out.len() - origin;
            out.extend(crate::bytes::END64);
            out.extend(44u64.to_le_bytes());
            out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            let entries = self.zip64_entries.unwrap_or(count);
            for field in [entries, entries, size.into(), offset.into()] {
                out.extend(field.to_le_bytes());
            }
            out.extend(crate::bytes::LOCATOR64);
            out.extend(0u32.to_le_bytes());
            out.extend(self.locator_offset.unwrap_or(record as u64).to_le_bytes());
            out.extend(self.locator_disks.unwrap_or(1).to_le_bytes());
        }
        if !self.no_end {
            out.extend(crate::bytes::END);
            let entries = self.entries.unwrap_or(count as u16);
            for field in [self.disk, 0, entries, entries] {
                out.extend(field.to_le_bytes());
            }
            out.extend(self.size.unwrap_or(size).to_le_bytes());
            out.extend(self.offset.unwrap_or(offset).to_le_bytes());
            out.extend(self.comment_length.unwrap_or(self.comment.len() as u16).to_le_bytes());
            out.extend(&self.comment);
        }
        out.extend(&self.suffix);
        out
    }
}

/// Everything that a walk tells.
#[derive(Default)]
pub struct Walked {
    pub entries: Vec<Entry>,
    pub issues: Vec<Issue>,
    pub regions: Vec<Region>,
    pub summary: Summary,
}

impl Visitor for Walked {
    fn entry(&mut self, entry: &Entry) -> Result<(), Stop> {
        assert_eq!(entry.index, self.entries.len() as u64);
        self.entries.push(entry.clone());
        Ok(())
    }

    fn issue(&mut self, issue: &Issue) -> Result<(), Stop> {
        self.issues.push(issue.clone());
        Ok(())
    }

    fn region(&mut self, region: Region) -> Result<(), Stop> {
        let end = self.regions.last().map_or(0, |last| last.offset + last.length);
        assert_eq!(region.offset, end);
        assert_ne!(region.length, 0);
        self.regions.push(region);
        Ok(())
    }
}

impl Walked {
    pub fn codes(&self) -> BTreeSet<Code> {
        self.issues.iter().map(|issue| issue.code).collect()
    }

    pub fn names(&self) -> Vec<String> {
        self.entries.iter().map(|entry| String::from_utf8_lossy(entry.name()).into_owned()).collect()
    }

    pub fn length_of(&self, kind: RegionKind) -> u64 {
        self.regions.iter().filter(|region| region.kind == kind).map(|region| region.length).sum()
    }
}

pub fn walked_with<R: ReadAt>(input: R, limits: &Limits) -> Walked {
    let size = input.size();
    let mut walked = Walked::default();
    walked.summary = walk(input, limits, &mut walked).unwrap();
    assert_eq!(walked.regions.iter().map(|region| region.length).sum::<u64>(), size, "regions cover the input");
    walked
}

pub fn walked(bytes: &[u8]) -> Walked {
    walked_with(bytes, &Limits::default())
}
