//! Central directories: finding them from an end record, walking them, pairing each header with its local one.

use weighbridge_parse_read::{ReadAt, Stop};

use crate::bytes::{SIGNATURE, u16_at};
use crate::central::{self, Central};
use crate::end::{self, Claim, EndRecord};
use crate::names::normalized;
use crate::spans::{RegionKind, Span};
use crate::walk::{Visitor, Walker};
use crate::{Code, Descriptor, Entry, Local, Value, checks, local};

/// A central directory that was walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Where its first header begins.
    pub offset: u64,
    /// Length of its headers in bytes, as found.
    pub length: u64,
    /// Number of headers, as found: until something that is none.
    pub entries: u64,
    /// What is added to the offsets that the archive declares: the length of prepended data, where they were not
    /// corrected for it (Python's `concat`). Negative where data were cut off at the front.
    pub base: i64,
    /// The first end record that leads here; `None` for an orphan.
    pub end_record: Option<u64>,
    /// Number of entries as that record, or its zip64 one, declares it.
    pub declared_entries: Option<u64>,
    /// Size in bytes as declared.
    pub declared_size: Option<u64>,
    /// Its part of the walker's list of headers.
    pub(crate) headers: std::ops::Range<usize>,
    /// Length of the digital signature behind it, which some count as part of it.
    pub(crate) signature: u64,
}

impl<R: ReadAt, V: Visitor> Walker<'_, R, V> {
    /// Takes the end record at `offset` up: its bytes, its contradictions, and every directory it may mean.
    pub fn follow_end(&mut self, offset: u64) -> Result<(), Stop> {
        self.input.poll(1)?;
        let max = self.limits.max_end_records;
        if self.summary.end_records.len() >= max {
            return self.issue_once(Code::LimitEndRecords, offset, max as u64);
        }
        let Some(record) = EndRecord::read(self.input, offset)? else {
            return Ok(());
        };
        if let Some(first) = self.summary.end_records.first().map(|first| first.offset) {
            self.issue(Code::SeveralEndRecords, offset, None, first, offset)?;
        }
        self.claim_end(&record)?;
        self.check_end(&record)?;
        self.summary.end_records.push(record.clone());

        let mut reached = Vec::new();
        for claim in record.claims() {
            // As declared, and as Python computes it back from the end record.
            for start in [Some(claim.offset), claim.end.checked_sub(claim.size)].into_iter().flatten() {
                let base = start.wrapping_sub(claim.offset) as i64;
                if base != 0 && self.is_zip64_gap(&record, &claim, start, base)? {
                    continue;
                }
                if let Some(directory) = self.directory(start, base, Some(offset))?
                    && !reached.contains(&directory)
                {
                    self.check_directory(directory, &claim)?;
                    reached.push(directory);
                }
            }
        }
        self.check_reached(&record, &reached)
    }

    /// Whether the start that counts back from the end record lies in the directory that the zip64 record names, off by the zip64 records between them, and no header from
    /// there on leads to a local one: PyTorch fills in both records, and a first header as long as these (76 bytes) is then taken for prepended data. No reader finds content by it.
    fn is_zip64_gap(&mut self, record: &EndRecord, claim: &Claim, start: u64, base: i64) -> Result<bool, Stop> {
        let same = |wide: &end::Zip64End| (wide.entries, wide.directory_size, wide.directory_offset) == (claim.entries, claim.size, claim.offset);
        if claim.end != record.offset || !record.zip64.iter().any(same) || !self.is_walked(start) {
            return Ok(false);
        }
        let mut at = start;
        while let central::Found::Header(header) = central::read(&mut self.directory_window, at)? {
            self.input.poll(1)?;
            if let Some(local) = header.local_offset.checked_add_signed(base)
                && !matches!(local::read(&mut self.local_window, local)?, local::Found::Other(_))
            {
                return Ok(false);
            }
            at += header.length;
        }
        Ok(at > start)
    }

    fn claim_end(&mut self, record: &EndRecord) -> Result<(), Stop> {
        let fixed_end = record.offset + end::FIXED as u64;
        let rest = self.size.saturating_sub(fixed_end);
        self.spans.add_record(record.offset, fixed_end, RegionKind::Structure);
        let comment = u64::from(record.comment_length);
        self.spans.add_record(fixed_end, fixed_end + comment.min(rest), RegionKind::Comment);
        if let Some((locator, ..)) = record.locator {
            self.spans.add_record(locator, locator + end::LOCATOR as u64, RegionKind::Structure);
            for wide in &record.zip64 {
                let length = wide.size.saturating_add(12).max(end::FIXED64 as u64);
                let room = locator.saturating_sub(wide.offset).max(end::FIXED64 as u64);
                self.spans.add_record(wide.offset, wide.offset + length.min(room), RegionKind::Structure);
            }
        }
        if comment > rest {
            self.issue(Code::EndCommentTruncated, record.offset, None, rest, comment)?;
        }
        Ok(())
    }

    /// The record against its zip64 record, and against an archive of one disk.
    fn check_end(&mut self, record: &EndRecord) -> Result<(), Stop> {
        let at = record.offset;
        let wide = record.zip64.first();
        let mask = |narrow: u16| wide.is_some() && narrow == u16::MAX;
        for (expected, found) in [(0, record.disk), (0, record.directory_disk), (record.entries, record.disk_entries)] {
            if expected != found && !mask(found) {
                self.issue(Code::MultiDisk, at, None, expected, found)?;
            }
        }
        if let Some((locator, declared, disks)) = record.locator {
            if disks > 1 {
                self.issue(Code::MultiDisk, locator, None, 1u64, disks)?;
            }
            if record.zip64.is_empty() {
                self.issue(Code::Zip64RecordMissing, locator, None, declared, Value::None)?;
            }
            if let [_, adjacent] = record.zip64.as_slice() {
                self.issue(Code::Zip64LocatorMismatch, locator, None, adjacent.offset, declared)?;
            }
        }
        for wide in &record.zip64 {
            for (expected, found) in [(0, wide.disk.into()), (0, wide.directory_disk.into()), (wide.entries, wide.disk_entries)] {
                if expected != found {
                    self.issue(Code::MultiDisk, wide.offset, None, expected, found)?;
                }
            }
            for (narrow, mask, wide_value) in [
                (u64::from(record.entries), u64::from(u16::MAX), wide.entries),
                (record.directory_size.into(), u32::MAX.into(), wide.directory_size),
                (record.directory_offset.into(), u32::MAX.into(), wide.directory_offset),
            ] {
                if narrow != mask && narrow != wide_value {
                    self.issue(Code::Zip64EndMismatch, at, None, wide_value, narrow)?;
                }
            }
        }
        Ok(())
    }

    fn check_reached(&mut self, record: &EndRecord, reached: &[usize]) -> Result<(), Stop> {
        let is_empty = |claim: &Claim| claim.entries == 0 && claim.size == 0;
        if reached.is_empty() && !record.claims().iter().all(is_empty) {
            let declared = record.claims().first().map_or(0, |claim| claim.offset);
            self.issue(Code::DirectoryMissing, record.offset, None, declared, Value::None)?;
        }
        let offset_of = |index: &usize| self.summary.directories.get(*index).map_or(0, |d| d.offset);
        if let [first, others @ ..] = reached {
            let first = offset_of(first);
            for other in others.iter().map(offset_of).collect::<Vec<_>>() {
                self.issue(Code::SeveralDirectories, other, None, first, other)?;
            }
        }
        // Prepended data move the zip64 record by as much as the directory.
        if let (Some((locator, declared, _)), [wide]) = (record.locator, record.zip64.as_slice()) {
            let shift = wide.offset.wrapping_sub(declared) as i64;
            let explained = shift == 0 || reached.iter().any(|&d| self.summary.directories.get(d).is_some_and(|d| d.base == shift));
            if !explained {
                self.issue(Code::Zip64LocatorMismatch, locator, None, wide.offset, declared)?;
            }
        }
        Ok(())
    }

    /// A count that lies hides entries from readers that walk by count; a size, from those that walk by size.
    fn check_directory(&mut self, index: usize, claim: &Claim) -> Result<(), Stop> {
        let Some(directory) = self.summary.directories.get_mut(index) else {
            return Ok(());
        };
        directory.declared_entries.get_or_insert(claim.entries);
        directory.declared_size.get_or_insert(claim.size);
        let (offset, entries, length, signature) = (directory.offset, directory.entries, directory.length, directory.signature);
        if entries != claim.entries {
            self.issue(Code::DirectoryCountMismatch, offset, None, claim.entries, entries)?;
        }
        if length != claim.size && length + signature != claim.size {
            self.issue(Code::DirectorySizeMismatch, offset, None, claim.size, length)?;
        }
        Ok(())
    }

    /// The directory at `start`, walked now or before; `None` if no header is there.
    pub fn directory(&mut self, start: u64, base: i64, end_record: Option<u64>) -> Result<Option<usize>, Stop> {
        let known = self.summary.directories.iter().position(|d| d.offset == start && d.base == base);
        if known.is_some() {
            return Ok(known);
        }
        if matches!(central::read(&mut self.directory_window, start)?, central::Found::Other) {
            return Ok(None);
        }
        self.android_signature(start)?;
        let index = self.summary.directories.len();
        let mut directory = Directory {
            offset: start,
            length: 0,
            entries: 0,
            base,
            end_record,
            declared_entries: None,
            declared_size: None,
            headers: self.headers.len()..self.headers.len(),
            signature: 0,
        };
        let mut at = start;
        loop {
            self.input.poll(1)?;
            self.header_visits += 1;
            if self.is_full(at)? {
                break;
            }
            let header = match central::read(&mut self.directory_window, at)? {
                central::Found::Header(header) => header,
                central::Found::Other => break,
                central::Found::Cut => {
                    self.issue(Code::DirectoryTruncated, at, None, Value::None, self.size)?;
                    at = self.size;
                    break;
                }
            };
            // Another directory runs on here with the same offsets: the rest is known.
            if let Some((entries, end)) = self.joins(at, base) {
                directory.entries += entries;
                at = end;
                break;
            }
            let seen = self.is_walked(at);
            if header.cut {
                self.issue(Code::DirectoryTruncated, at, None, at + header.length, self.size)?;
            }
            at = (at + header.length).min(self.size);
            self.headers.push(header.offset);
            self.central_entry(*header, index, directory.entries, base, seen)?;
            directory.entries += 1;
        }
        directory.headers.end = self.headers.len();
        directory.length = at - start;
        directory.signature = self.digital_signature(at)?;
        self.spans.add_record(start, at + directory.signature, RegionKind::Structure);
        self.summary.directories.push(directory);
        Ok(Some(index))
    }

    /// Where a directory with this base has a header at `offset`: how many follow from there, and where they end.
    fn joins(&self, offset: u64, base: i64) -> Option<(u64, u64)> {
        self.summary.directories.iter().filter(|d| d.base == base).find_map(|d| {
            let walked = self.headers.get(d.headers.clone())?;
            let at = walked.binary_search(&offset).ok()?;
            Some((d.entries - at as u64, d.offset + d.length))
        })
    }

    fn is_walked(&self, offset: u64) -> bool {
        self.summary.directories.iter().any(|d| self.headers.get(d.headers.clone()).is_some_and(|walked| walked.binary_search(&offset).is_ok()))
    }

    /// Digital signature (4.3.13): header signature, size of data (2 bytes), signature data.
    fn digital_signature(&mut self, at: u64) -> Result<u64, Stop> {
        let bytes = self.directory_window.at(at, 6)?;
        let length = 6 + u64::from(u16_at(bytes, 4));
        Ok(if bytes.starts_with(&SIGNATURE) && at + length <= self.size { length } else { 0 })
    }

    /// The APK Signing Block right before the directory: size (8 bytes), pairs, size again, magic
    /// <https://source.android.com/docs/security/features/apksigning/v2>.
    fn android_signature(&mut self, directory: u64) -> Result<(), Stop> {
        let Some(at) = directory.checked_sub(24) else {
            return Ok(());
        };
        let Some([tail @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]) = self.local_window.array::<24>(at)? else {
            return Ok(());
        };
        let magic = self.local_window.array::<16>(at + 8)?;
        let size = u64::from_le_bytes(tail);
        let Some(start) = directory.checked_sub(size).and_then(|at| at.checked_sub(8)).filter(|_| size >= 24) else {
            return Ok(());
        };
        if magic.as_ref() == Some(b"APK Sig Block 42") && self.local_window.array::<8>(start)? == Some(tail) {
            self.spans.add_record(start, directory, RegionKind::Structure);
        }
        Ok(())
    }

    /// One header of a directory. `seen`: with another base it was already reported; then only one that leads somewhere counts.
    fn central_entry(&mut self, central: Central, directory: usize, position: u64, base: i64, seen: bool) -> Result<(), Stop> {
        let declared = central.local_offset;
        let moved = declared.checked_add_signed(base);
        let mut shifted = false;
        let mut found = match moved {
            Some(at) => local::read(&mut self.local_window, at)?,
            None => local::Found::Other(Vec::new()),
        };
        if matches!(found, local::Found::Other(_)) {
            if seen {
                return Ok(());
            }
            if base != 0 {
                // Info-ZIP: "attempting to re-compensate".
                let retry = local::read(&mut self.local_window, declared)?;
                if matches!(retry, local::Found::Header(_)) {
                    (found, shifted) = (retry, true);
                }
            }
        }
        let (local, data_offset, missing) = match found {
            local::Found::Header(local) => (Some(*local), None, None),
            local::Found::Other(bytes) => {
                let at = moved.unwrap_or(declared);
                (None, Some(self.guess_data(at, &bytes, &central)), Some((at, bytes)))
            }
        };
        let data_offset = match (&local, data_offset) {
            (Some(local), _) => local.data_offset,
            (None, guess) => guess.unwrap_or(0),
        };
        let descriptor = match &local {
            Some(local) if local.has_descriptor() => self.descriptor(&central, local)?,
            _ => None,
        };
        let entry = Entry {
            index: self.summary.entries,
            directory: Some(directory),
            position: Some(position),
            central: Some(central),
            local,
            descriptor,
            data_offset,
            input_size: self.size,
            open_end: None,
        };
        self.report(&entry)?;
        if let Some((at, bytes)) = missing {
            let four = &bytes[..bytes.len().min(4)];
            self.issue(Code::LocalHeaderMissing, at, Some(entry.index), &crate::bytes::LOCAL[..], four)?;
        }
        if shifted {
            self.issue(Code::LocalHeaderShifted, declared, Some(entry.index), moved.unwrap_or(0), declared)?;
        }
        Ok(())
    }

    /// Readers that do not check the signature take the lengths that stand at the header's place; failing that, the central name's.
    fn guess_data(&self, at: u64, bytes: &[u8], central: &Central) -> u64 {
        let fixed = at.saturating_add(local::FIXED as u64);
        let lengths = u64::from(u16_at(bytes, 26)) + u64::from(u16_at(bytes, 28));
        let guess = fixed.saturating_add(lengths);
        if bytes.len() == local::FIXED && guess.saturating_add(central.compressed) <= self.size {
            guess
        } else {
            fixed.saturating_add(central.name.len() as u64)
        }
    }

    fn descriptor(&mut self, central: &Central, local: &Local) -> Result<Option<Descriptor>, Stop> {
        let end = local.data_offset.saturating_add(central.compressed);
        Descriptor::read(&mut self.local_window, end, |d| d.crc32 == central.crc32 && d.compressed == central.compressed && d.size == central.size)
    }

    /// Hands an entry to the visitor, then its issues, and enters its bytes and its name into the accounts.
    pub fn report(&mut self, entry: &Entry) -> Result<(), Stop> {
        self.summary.entries += 1;
        self.names.add(entry.name(), &normalized(entry.name()), entry.index);
        if let Some(local) = &entry.local {
            let compressed = match (&entry.central, &entry.descriptor, entry.open_end) {
                (Some(central), ..) => central.compressed,
                (None, Some(descriptor), _) => descriptor.compressed,
                (None, None, Some(end)) => end.saturating_sub(local.data_offset),
                (None, None, None) => local.compressed,
            };
            let data = local.data_offset.min(self.size);
            let data_end = local.data_offset.saturating_add(compressed).min(self.size);
            let end = data_end.saturating_add(entry.descriptor.map_or(0, |d| d.length)).min(self.size);
            self.spans.add_entry(Span { start: local.offset, data, data_end, end, entry: entry.index as u32 });
        }
        self.visitor.entry(entry)?;
        let mut issues = Vec::new();
        checks::check(entry, self.limits, &mut |code, offset, expected, found| issues.push((code, offset, expected, found)));
        for (code, offset, expected, found) in issues {
            self.issue(code, offset, Some(entry.index), expected, found)?;
        }
        Ok(())
    }
}
