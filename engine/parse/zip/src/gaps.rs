//! What no directory names: end records further in, local headers, directories without an end record.

use weighbridge_parse_read::{ReadAt, Stop};

use crate::bytes::{CENTRAL, DESCRIPTOR, END, END64, LOCAL, find_signature};
use crate::spans::RegionKind;
use crate::walk::{Visitor, Walker};
use crate::{Code, Descriptor, Entry, Local, Value, local, names};

/// Bytes that are searched between two polls.
const STEP: usize = 64 << 10;

/// How far behind the first header inside an entry of unknown size its descriptor is looked for: the price is paid for each
/// such entry that has no descriptor at all.
const LOOK_PAST: u64 = 1 << 20;

impl<R: ReadAt, V: Visitor> Walker<'_, R, V> {
    /// End records outside the tail and outside all entries: of an archive that another one follows, or that much data
    /// follow. Readers of whole files (the zip crate, carvers) find them.
    pub fn follow_ends_in_gaps(&mut self) -> Result<(), Stop> {
        for (start, end) in self.spans.gaps(self.size) {
            let mut at = start;
            while let Some((hit, _)) = self.search(at, end, &[END])? {
                if self.summary.end_records.iter().all(|record| record.offset != hit) && self.is_end(hit)? {
                    self.follow_end(hit)?;
                }
                at = hit + 4;
            }
        }
        Ok(())
    }

    /// Four bytes are easily found by chance: an end record's fields must fit what is before it.
    fn is_end(&mut self, at: u64) -> Result<bool, Stop> {
        let record = self.local_window.array::<{ crate::end::FIXED }>(at)?;
        let record = record.and_then(|bytes| crate::EndRecord::parse(at, &bytes));
        Ok(record.is_some_and(|r| r.asks_for_zip64() || u64::from(r.directory_size) <= at))
    }

    /// Local headers and directories in what is still unclaimed. In a truncated archive that is everything.
    pub fn walk_gaps(&mut self) -> Result<(), Stop> {
        self.search_left = self.limits.max_gap_search;
        // Where directories and local headers meet, the local header is taken up first and has the entry.
        for (start, end) in self.spans.gaps(self.size) {
            self.walk_gap(start, end)?;
        }
        Ok(())
    }

    fn walk_gap(&mut self, start: u64, end: u64) -> Result<(), Stop> {
        let mut at = start;
        while let Some((hit, signature)) = self.next_header(at, end)? {
            self.input.poll(1)?;
            if self.is_full(hit)? {
                return Ok(());
            }
            at = if signature == CENTRAL { self.orphan(hit)? } else { self.hidden(hit, at, end)? }.max(hit + 4);
        }
        Ok(())
    }

    /// The header at `at`, where a chain goes on, costs no search.
    fn next_header(&mut self, at: u64, end: u64) -> Result<Option<(u64, [u8; 4])>, Stop> {
        match self.local_window.array::<4>(at)? {
            Some(signature @ (LOCAL | CENTRAL)) if at < end => Ok(Some((at, signature))),
            _ => self.search(at, end, &[LOCAL, CENTRAL]),
        }
    }

    /// A directory that no end record leads to. Its answer is where it ends.
    fn orphan(&mut self, at: u64) -> Result<u64, Stop> {
        use crate::central::{Found, read};
        let Found::Header(first) = read(&mut self.directory_window, at)? else {
            return Ok(at);
        };
        if first.local_offset >= self.size || !is_sane(first.method, &first.name) {
            return Ok(at);
        }
        let max = self.limits.max_end_records as u64;
        if self.summary.issues.get(&Code::DirectoryOrphan).is_some_and(|&orphans| orphans >= max) {
            self.issue_once(Code::LimitEndRecords, at, max)?;
            return Ok(at);
        }
        self.issue(Code::DirectoryOrphan, at, None, Value::None, at)?;
        let mut end = at;
        loop {
            self.input.poll(1)?;
            let Found::Header(header) = read(&mut self.directory_window, end)? else {
                break;
            };
            // An entry that its local header has already shown is not shown again.
            if self.spans.entry_at(header.local_offset).is_none() {
                let index = self.directory(end, 0, None)?;
                end = index.and_then(|i| self.summary.directories.get(i)).map_or(end, |d| d.offset + d.length);
                return Ok(end);
            }
            end = (end + header.length).min(self.size);
        }
        self.spans.add_record(at, end, RegionKind::Structure);
        Ok(end)
    }

    /// A local header in a gap. Its answer is where to go on.
    fn hidden(&mut self, at: u64, chain: u64, gap_end: u64) -> Result<u64, Stop> {
        let local::Found::Header(local) = local::read(&mut self.local_window, at)? else {
            return Ok(at);
        };
        // In its place in a chain a header counts whatever it says; elsewhere four bytes may be chance.
        if at != chain && (local.cut || !is_sane(local.method, &local.name)) {
            return Ok(at);
        }
        let (open_end, descriptor) = self.extent(&local, gap_end)?;
        let data_offset = local.data_offset;
        let entry = Entry {
            index: self.summary.entries,
            directory: None,
            position: None,
            central: None,
            local: Some(*local),
            descriptor,
            data_offset,
            input_size: self.size,
            open_end,
        };
        self.summary.local_only += 1;
        self.report(&entry)?;
        // Without any end record the archive is truncated, and every entry is such.
        if !self.summary.end_records.is_empty() {
            self.issue(Code::HiddenEntry, at, Some(entry.index), Value::None, entry.name())?;
        }
        let compressed = entry.local.as_ref().map_or(0, |local| local.compressed);
        let end = match (open_end, descriptor) {
            (_, Some(d)) => d.offset.saturating_add(d.length),
            (Some(end), None) => end,
            (None, None) => data_offset.saturating_add(compressed),
        };
        // A size that reaches into what others claim is a lie: what follows the header is searched too.
        Ok(if end > gap_end { data_offset } else { end })
    }

    /// Where the data of a local header end: (where the next record begins if nothing says their size, descriptor).
    fn extent(&mut self, local: &Local, gap_end: u64) -> Result<(Option<u64>, Option<Descriptor>), Stop> {
        if !local.has_descriptor() {
            return Ok((None, None));
        }
        if local.compressed != 0 {
            let end = local.data_offset.saturating_add(local.compressed);
            let agrees = |d: &Descriptor| d.compressed == local.compressed;
            return Ok((None, Descriptor::read(&mut self.local_window, end, agrees)?));
        }
        // As libarchive does: the descriptor is the place where its own compressed size is right.
        let mut next_record: Option<u64> = None;
        let mut at = local.data_offset;
        let wanted = [DESCRIPTOR, LOCAL, CENTRAL, END, END64];
        loop {
            // Data may hold headers of nested archives; how far to look behind the first one has a limit.
            let to = next_record.map_or(gap_end, |first| gap_end.min(first.saturating_add(LOOK_PAST)));
            let Some((hit, signature)) = self.search(at, to, &wanted)? else {
                break;
            };
            let found = if signature == DESCRIPTOR { self.signed_descriptor(local, hit, gap_end)? } else { self.unsigned_descriptor(local, hit)? };
            if found.is_some() {
                return Ok((None, found));
            }
            if signature != DESCRIPTOR {
                next_record.get_or_insert(hit);
            }
            at = hit + 4;
        }
        let found = self.unsigned_descriptor(local, gap_end)?;
        let open_end = next_record.unwrap_or(gap_end).max(local.data_offset);
        Ok((found.is_none().then_some(open_end), found))
    }

    fn signed_descriptor(&mut self, local: &Local, at: u64, gap_end: u64) -> Result<Option<Descriptor>, Stop> {
        let bytes = self.local_window.at(at, Descriptor::LONGEST + 4)?;
        // The narrow form of a wide descriptor has the right compressed size too: what follows decides.
        let followed = |d: &Descriptor| {
            let after = bytes.get(d.length as usize..).unwrap_or(&[]);
            at + d.length == gap_end || after.starts_with(b"PK")
        };
        let forms = || Descriptor::forms(at, &bytes[..bytes.len().min(Descriptor::LONGEST)]).filter(|d| fits(d, local));
        Ok(forms().find(followed).or_else(|| forms().next()))
    }

    /// A descriptor without a signature, right before `end`.
    fn unsigned_descriptor(&mut self, local: &Local, end: u64) -> Result<Option<Descriptor>, Stop> {
        for length in [12, 20] {
            let Some(at) = end.checked_sub(length).filter(|&at| at >= local.data_offset) else {
                break;
            };
            let bytes = self.local_window.at(at, length as usize)?;
            let bytes = &bytes[..bytes.len().min(length as usize)];
            let found = Descriptor::forms(at, bytes).find(|d| d.length == length && fits(d, local));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The first of `wanted` in `from..to`, as long as the limit for searching lasts.
    fn search(&mut self, from: u64, to: u64, wanted: &[[u8; 4]]) -> Result<Option<(u64, [u8; 4])>, Stop> {
        let mut at = from;
        while at + 4 <= to {
            if self.search_left == 0 {
                self.issue_once(Code::LimitGapSearch, at, self.limits.max_gap_search)?;
                return Ok(None);
            }
            self.input.poll(1)?;
            let bytes = self.directory_window.at(at, 4)?;
            let room = usize::try_from(to - at).unwrap_or(usize::MAX);
            let bytes = &bytes[..bytes.len().min(STEP).min(room)];
            if let Some(hit) = find_signature(bytes, wanted) {
                let mut signature = [0; 4];
                signature.copy_from_slice(&bytes[hit..hit + 4]);
                self.search_left = self.search_left.saturating_sub(hit as u64 + 4);
                return Ok(Some((at + hit as u64, signature)));
            }
            if bytes.len() < 4 {
                return Ok(None);
            }
            let step = bytes.len() as u64 - 3;
            self.search_left = self.search_left.saturating_sub(step);
            at += step;
        }
        Ok(None)
    }
}

/// Whether a descriptor is at the place that it gives itself.
fn fits(d: &Descriptor, local: &Local) -> bool {
    d.offset.checked_sub(local.data_offset) == Some(d.compressed) && (local.method != 0 || d.size == d.compressed)
}

/// Whether a header found by searching looks like one.
fn is_sane(method: u16, name: &[u8]) -> bool {
    let printable = !name.is_empty() && names::oddities(name).all(|code| !matches!(code, Code::NameControl | Code::NameNotUtf8));
    printable || matches!(method, 0 | 8)
}
