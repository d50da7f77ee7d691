//! Accounting: which record claims which bytes, what overlaps, and what nothing claims.

/// A stretch of the input and what it is. Regions come in order, adjoin, and cover the input exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// What it is.
    pub kind: RegionKind,
    /// Where it begins.
    pub offset: u64,
    /// Its length in bytes, never zero.
    pub length: u64,
    /// The entry that it belongs to, for headers and data.
    pub entry: Option<u64>,
}

/// What a region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionKind {
    /// Headers, descriptors, directories, end records.
    Structure,
    /// Data of an entry.
    Payload,
    /// Zeros between records.
    Padding,
    /// The archive's comment, which may hold anything.
    Comment,
    /// Bytes that no record names.
    Unclaimed,
}

/// An entry's bytes: header `start..data`, data `data..data_end`, descriptor `data_end..end`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub start: u64,
    pub data: u64,
    pub data_end: u64,
    pub end: u64,
    pub entry: u32,
}

/// Everything that is claimed.
#[derive(Default)]
pub(crate) struct Spans {
    entries: Vec<Span>,
    /// Directories, end records, comments.
    records: Vec<(u64, u64, RegionKind)>,
    sorted: bool,
}

/// Two records over the same bytes.
pub(crate) struct Overlap {
    pub offset: u64,
    /// The later one.
    pub entry: Option<u64>,
    /// The one that was there.
    pub other: Option<u64>,
}

impl Spans {
    pub(crate) fn add_entry(&mut self, span: Span) {
        self.sorted = false;
        self.entries.push(span);
    }

    pub(crate) fn add_record(&mut self, start: u64, end: u64, kind: RegionKind) {
        if end > start {
            self.sorted = false;
            self.records.push((start, end, kind));
        }
    }

    /// The entry whose local header begins here.
    pub(crate) fn entry_at(&mut self, offset: u64) -> Option<u64> {
        self.sort();
        let at = self.entries.partition_point(|span| span.start < offset);
        self.entries.get(at).filter(|span| span.start == offset).map(|span| span.entry.into())
    }

    /// Which of `offsets`, in ascending order, are inside an entry's data.
    pub(crate) fn in_payload(&self, offsets: &[u64]) -> Vec<bool> {
        let mut steps = vec![0i64; offsets.len() + 1];
        for span in &self.entries {
            steps[offsets.partition_point(|&offset| offset < span.data)] += 1;
            steps[offsets.partition_point(|&offset| offset < span.data_end.max(span.data))] -= 1;
        }
        let mut depth = 0;
        let covered = steps.iter().map(|step| {
            depth += step;
            depth > 0
        });
        covered.take(offsets.len()).collect()
    }

    /// The first overlap of each record.
    pub(crate) fn overlaps(&mut self) -> Vec<Overlap> {
        self.sort();
        let mut found = Vec::new();
        let mut reach = (0, None);
        let mut records = self.records.iter().peekable();
        let mut meet = |start: u64, end: u64, entry: Option<u64>, reach: &mut (u64, Option<u64>)| {
            // Records of the directory may repeat one another: only an entry makes it an overlap.
            if start < reach.0 && (entry.is_some() || reach.1.is_some()) {
                found.push(Overlap { offset: start, entry, other: reach.1 });
            }
            if end > reach.0 {
                *reach = (end, entry);
            }
        };
        for span in &self.entries {
            while let Some(&(start, end, _)) = records.next_if(|record| record.0 < span.start) {
                meet(start, end, None, &mut reach);
            }
            meet(span.start, span.end, Some(span.entry.into()), &mut reach);
        }
        for &(start, end, _) in records {
            meet(start, end, None, &mut reach);
        }
        found
    }

    /// What no record claims, in order.
    pub(crate) fn gaps(&mut self, size: u64) -> Vec<(u64, u64)> {
        let mut gaps = Vec::new();
        let keep = |region: Region| {
            if region.kind == RegionKind::Unclaimed {
                gaps.push((region.offset, region.offset + region.length));
            }
            Ok::<(), std::convert::Infallible>(())
        };
        match self.regions(size, keep) {
            Ok(()) => gaps,
            Err(never) => match never {},
        }
    }

    /// All regions in order. Where records overlap, the one that begins first has the bytes.
    pub(crate) fn regions<E>(&mut self, size: u64, mut each: impl FnMut(Region) -> Result<(), E>) -> Result<(), E> {
        self.sort();
        let mut at = 0;
        let mut claim = |start: u64, end: u64, kind, entry: Option<u64>| {
            let (start, end) = (start.clamp(at, size), end.min(size));
            if start >= end {
                return Ok(());
            }
            if start > at {
                each(Region { kind: RegionKind::Unclaimed, offset: at, length: start - at, entry: None })?;
            }
            at = end;
            each(Region { kind, offset: start, length: end - start, entry })
        };
        let mut records = self.records.iter().peekable();
        for span in &self.entries {
            while let Some(&(start, end, kind)) = records.next_if(|record| record.0 < span.start) {
                claim(start, end, kind, None)?;
            }
            let entry = Some(span.entry.into());
            claim(span.start, span.data, RegionKind::Structure, entry)?;
            claim(span.data, span.data_end, RegionKind::Payload, entry)?;
            claim(span.data_end, span.end, RegionKind::Structure, entry)?;
        }
        for &(start, end, kind) in records {
            claim(start, end, kind, None)?;
        }
        if at < size {
            each(Region { kind: RegionKind::Unclaimed, offset: at, length: size - at, entry: None })?;
        }
        Ok(())
    }

    fn sort(&mut self) {
        if !self.sorted {
            self.entries.sort_unstable_by_key(|span| (span.start, span.entry));
            self.records.sort_unstable_by_key(|record| (record.0, record.1));
            self.sorted = true;
        }
    }
}
