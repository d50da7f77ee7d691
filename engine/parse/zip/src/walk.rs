//! The walk as a whole: end records, the directories they lead to, the gaps between, the accounts.

use std::collections::BTreeMap;

use weighbridge_parse_read::members::Names;
use weighbridge_parse_read::{ReadAt, Stop, Window, read_up_to};

use crate::bytes::{DESCRIPTOR, END, LOCAL, SPLIT_ONE, find_signature};
use crate::end::{self, EndRecord};
use crate::limits::{self, Limits};
use crate::spans::{Region, RegionKind, Spans};
use crate::{Code, Directory, Entry, Issue, Value};

/// Told of everything that a walk finds. A method may end the walk: [`walk`] returns its [`Stop`] unchanged.
pub trait Visitor {
    /// An entry: those of directories in their order, then hidden ones by offset.
    fn entry(&mut self, entry: &Entry) -> Result<(), Stop>;

    /// An issue. Those of one entry come after it; names and overlaps are compared at the end.
    fn issue(&mut self, issue: &Issue) -> Result<(), Stop>;

    /// A region. All come last, in order, and cover the input.
    fn region(&mut self, region: Region) -> Result<(), Stop>;
}

/// What a walk found, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The end records that were followed, in the order of following: first those that readers take first.
    pub end_records: Vec<EndRecord>,
    /// The directories that were walked.
    pub directories: Vec<Directory>,
    /// Entries reported.
    pub entries: u64,
    /// Those of them that no directory names.
    pub local_only: u64,
    /// How often each code came up, also beyond [`Limits::max_issues_per_code`].
    pub issues: BTreeMap<Code, u64>,
}

impl Summary {
    /// Whether no limit cut the walk short.
    pub fn is_complete(&self) -> bool {
        [Code::LimitEntries, Code::LimitEndRecords, Code::LimitGapSearch].iter().all(|code| !self.issues.contains_key(code))
    }
}

/// Walks every record of an archive. The input may be anything: what is no archive gives no entries and one unclaimed region.
///
/// # Errors
/// Only what the input or the visitor returned.
pub fn walk<R: ReadAt>(input: R, limits: &Limits, visitor: &mut impl Visitor) -> Result<Summary, Stop> {
    let mut walker = Walker {
        input: &input,
        size: input.size(),
        limits,
        visitor,
        directory_window: Window::new(&input, limits::DIRECTORY_BLOCK),
        local_window: Window::new(&input, limits::LOCAL_BLOCK),
        spans: Spans::default(),
        names: Names::default(),
        headers: Vec::new(),
        header_visits: 0,
        search_left: limits.max_gap_search,
        summary: Summary::default(),
    };
    walker.run()?;
    Ok(walker.summary)
}

/// The state of a walk. Directories and gaps are walked in modules of their own.
pub(crate) struct Walker<'a, R, V> {
    pub input: &'a R,
    pub size: u64,
    pub limits: &'a Limits,
    pub visitor: &'a mut V,
    pub directory_window: Window<&'a R>,
    pub local_window: Window<&'a R>,
    pub spans: Spans,
    pub names: Names,
    /// Offsets of all central headers walked, directory after directory.
    pub headers: Vec<u64>,
    pub header_visits: u64,
    pub search_left: u64,
    pub summary: Summary,
}

impl<R: ReadAt, V: Visitor> Walker<'_, R, V> {
    fn run(&mut self) -> Result<(), Stop> {
        self.split_marker()?;
        let ends = self.tail_records()?;
        if ends.is_empty() {
            self.issue(Code::EndRecordMissing, self.size, None, Value::None, Value::None)?;
        }
        self.follow_tail(ends)?;
        self.follow_ends_in_gaps()?;
        self.walk_gaps()?;
        self.report_names()?;
        self.report_overlaps()?;
        self.report_regions()
    }

    /// "Split archives … spanning signature 0x08074b50 … first four bytes"; 0x30304b50 if it fitted into one segment (8.5).
    fn split_marker(&mut self) -> Result<(), Stop> {
        if let Some([a, b, c, d, rest @ ..]) = self.local_window.array::<8>(0)?
            && ([a, b, c, d] == DESCRIPTOR || [a, b, c, d] == SPLIT_ONE)
            && rest == LOCAL
        {
            self.spans.add_record(0, 4, RegionKind::Structure);
        }
        Ok(())
    }

    /// The end records as far back as readers look, in order.
    fn tail_records(&mut self) -> Result<Vec<EndRecord>, Stop> {
        let start = self.size.saturating_sub(limits::TAIL as u64);
        let tail = read_up_to(self.input, start, limits::TAIL)?;
        self.input.poll(1)?;
        let mut records = Vec::new();
        let mut at = 0;
        while let Some(hit) = tail.get(at..).and_then(|rest| find_signature(rest, &[END])) {
            at += hit;
            records.extend(EndRecord::parse(start + at as u64, &tail[at..]));
            at += 1;
        }
        Ok(records)
    }

    /// Readers take the last record, or the last whose comment ends with the input, or the last whose comment does
    /// not reach past it. Those are followed first; then the others, but for those inside entries, which belong
    /// to nested archives.
    fn follow_tail(&mut self, records: Vec<EndRecord>) -> Result<(), Stop> {
        let comment_end = |r: &EndRecord| r.offset + end::FIXED as u64 + u64::from(r.comment_length);
        let size = self.size;
        let mut first = vec![];
        for taken in [records.last(), records.iter().rfind(|r| comment_end(r) == size), records.iter().rfind(|r| comment_end(r) <= size)] {
            first.extend(taken.map(|r| r.offset).filter(|offset| !first.contains(offset)));
        }
        for &offset in &first {
            self.follow_end(offset)?;
        }
        let others: Vec<u64> = records.iter().map(|r| r.offset).filter(|offset| !first.contains(offset)).collect();
        let nested = self.spans.in_payload(&others);
        for (offset, _) in others.into_iter().zip(nested).rev().filter(|(_, nested)| !nested) {
            self.follow_end(offset)?;
        }
        Ok(())
    }

    /// Reports an issue, up to the limit for its code.
    pub fn issue(&mut self, code: Code, offset: u64, entry: Option<u64>, expected: impl Into<Value>, found: impl Into<Value>) -> Result<(), Stop> {
        let count = self.summary.issues.entry(code).or_default();
        *count += 1;
        if *count > self.limits.max_issues_per_code {
            return Ok(());
        }
        self.visitor.issue(&Issue { code, offset, entry, expected: expected.into(), found: found.into() })
    }

    /// Reports an issue the first time only: for limits.
    pub fn issue_once(&mut self, code: Code, offset: u64, limit: u64) -> Result<(), Stop> {
        if self.summary.issues.contains_key(&code) {
            return Ok(());
        }
        self.issue(code, offset, None, limit, Value::None)
    }

    /// Whether there is no room for another entry, which is then reported.
    pub fn is_full(&mut self, offset: u64) -> Result<bool, Stop> {
        let max = self.limits.max_entries.min(u32::MAX.into());
        let full = self.summary.entries >= max || self.header_visits > max.saturating_mul(2);
        if full {
            self.issue_once(Code::LimitEntries, offset, max)?;
        }
        Ok(full)
    }

    fn report_names(&mut self) -> Result<(), Stop> {
        for equal in std::mem::take(&mut self.names).equal() {
            self.input.poll(1)?;
            let code = if equal.exact { Code::DuplicateName } else { Code::NameCollision };
            self.issue(code, 0, Some(equal.entry), equal.first, equal.entry)?;
        }
        Ok(())
    }

    fn report_overlaps(&mut self) -> Result<(), Stop> {
        for overlap in self.spans.overlaps() {
            self.input.poll(1)?;
            let (entry, other) = match (overlap.entry, overlap.other) {
                (None, other) => (other, None),
                both => both,
            };
            let other = other.map_or(Value::None, Value::Number);
            self.issue(Code::OverlappingEntries, overlap.offset, entry, other, overlap.offset)?;
        }
        Ok(())
    }

    fn report_regions(&mut self) -> Result<(), Stop> {
        let size = self.size;
        let mut spans = std::mem::take(&mut self.spans);
        spans.regions(size, |mut region| {
            self.input.poll(1)?;
            if region.kind == RegionKind::Unclaimed {
                let end = region.offset + region.length;
                if self.is_padding(region)? {
                    region.kind = RegionKind::Padding;
                } else {
                    let code = match (region.offset, end == size) {
                        (0, _) => Code::PrefixData,
                        (_, true) => Code::SuffixData,
                        _ => Code::GapData,
                    };
                    self.issue(code, region.offset, None, Value::None, region.length)?;
                }
            }
            self.visitor.region(region)
        })
    }

    /// A short run of zeros between two records. At either end of the input zeros matter: they move what readers look for.
    fn is_padding(&self, region: Region) -> Result<bool, Stop> {
        let inside = region.offset != 0 && region.offset + region.length != self.size;
        if !inside || region.length > limits::ZERO_PADDING {
            return Ok(false);
        }
        let bytes = read_up_to(self.input, region.offset, region.length as usize)?;
        Ok(bytes.iter().all(|&b| b == 0))
    }
}
