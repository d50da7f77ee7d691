//! The walk: from header to header as Python goes, over what stops it, and then the other ways.

use std::collections::{BTreeMap, HashSet};

use weighbridge_parse_read::members::Names;
use weighbridge_parse_read::{ReadAt, Stop, Window, read_up_to};

use crate::entry::{Region, RegionKind, Seen};
use crate::extension::{Extension, Extensions};
use crate::header::Header;
use crate::limits::{SEARCH_WINDOW, WINDOW};
use crate::links::Links;
use crate::pax::Records;
use crate::walk::{Summary, Visitor};
use crate::{BLOCK, Code, Issue, Limits, Value};

const BLOCK_BYTES: u64 = BLOCK as u64;

pub(crate) struct Walker<'w, R, V> {
    pub window: Window<R>,
    pub size: u64,
    pub limits: &'w Limits,
    pub visitor: &'w mut V,
    pub entries: u64,
    counts: BTreeMap<Code, u64>,
    /// Offsets of all entries' headers.
    headers: HashSet<u64>,
    /// Where another reader may find a header.
    alternates: Vec<u64>,
    pub seen: Seen,
    pub global: Records,
    pub links: Links,
    pub names: Names,
    searched: u64,
}

/// What stands at a place.
enum At {
    /// Nothing: the input ends.
    End,
    /// Less than a block.
    Part(u64),
    Zeros,
    Other,
    Header,
}

/// How the headers of one entry ended.
enum Next {
    /// An entry; the next header is here.
    Entry(u64),
    /// Extensions that no entry follows; the walk goes on here.
    Dangling(u64),
    /// A limit.
    Full,
}

impl<'w, R: ReadAt, V: Visitor> Walker<'w, R, V> {
    pub fn new(input: R, limits: &'w Limits, visitor: &'w mut V) -> Self {
        Walker {
            size: input.size(),
            window: Window::new(input, WINDOW),
            limits,
            visitor,
            entries: 0,
            counts: BTreeMap::new(),
            headers: HashSet::new(),
            alternates: Vec::new(),
            seen: Seen::Plain,
            global: Records::default(),
            links: Links::default(),
            names: Names::default(),
            searched: 0,
        }
    }

    pub fn run(mut self, start: u64) -> Result<Summary, Stop> {
        if start > 0 {
            self.issue(Code::PrefixData, 0, start, None, Value::None, start.into())?;
        }
        self.main(start)?;
        self.elsewhere()?;
        let input = self.window.input();
        for entry in self.links.late(|steps| input.poll(steps))? {
            self.issue(Code::LinkThroughLink, 0, 0, Some(entry), Value::None, Value::None)?;
        }
        if self.links.full {
            self.issue(Code::LimitLinks, 0, 0, None, Value::None, Value::None)?;
        }
        for equal in std::mem::take(&mut self.names).equal() {
            let code = if equal.exact { Code::DuplicateName } else { Code::NameCollision };
            self.issue(code, 0, 0, Some(equal.entry), equal.first.into(), Value::None)?;
        }
        Ok(Summary { entries: self.entries, issues: self.counts.into_iter().collect() })
    }

    /// The walk from the first header to the end of the input.
    fn main(&mut self, start: u64) -> Result<(), Stop> {
        let (mut at, mut ended) = (start, false);
        loop {
            self.window.input().poll(1)?;
            match self.look(at)? {
                At::End => break,
                At::Zeros | At::Part(_) | At::Other if self.limits.stop_at_end => {
                    // Two zero blocks end an archive.
                    let zeros = self.window.at(at, 2 * BLOCK)?.iter().take(2 * BLOCK).take_while(|&&b| b == 0).count();
                    return self.region(RegionKind::Padding, at, (zeros / BLOCK * BLOCK) as u64);
                }
                At::Zeros => {
                    let next = self.skip(at, |block| block.iter().all(|&b| b == 0))?;
                    self.region(RegionKind::Padding, at, next - at)?;
                    if self.spent() {
                        return self.search_ended(next);
                    }
                    (at, ended) = (next, true);
                    self.seen = Seen::AfterEnd;
                }
                At::Header => match self.entry(at)? {
                    Next::Entry(next) | Next::Dangling(next) => at = next,
                    Next::Full => {
                        self.issue(Code::LimitEntries, at, self.size - at, None, Value::None, self.limits.max_entries.into())?;
                        return Ok(());
                    }
                },
                At::Part(length) if !ended => {
                    self.issue(Code::HeaderTruncated, at, length, None, BLOCK_BYTES.into(), length.into())?;
                    self.region(RegionKind::Structure, at, length)?;
                    return Ok(());
                }
                found @ (At::Part(_) | At::Other) => {
                    let next = match found {
                        // The last part of a block is no header, even where it would be one if zeros filled it up.
                        At::Part(length) => at + length,
                        _ => self.skip(at, |block| Header::checked(block).is_none() && block.iter().any(|&b| b != 0))?,
                    };
                    let code = if ended { Code::TrailingData } else { Code::HeaderInvalid };
                    self.issue(code, at, next - at, None, Value::None, Value::None)?;
                    if self.spent() {
                        return self.search_ended(next);
                    }
                    if !ended {
                        self.seen = Seen::AfterDamage;
                    }
                    at = next;
                }
            }
        }
        let cut = [Code::DataTruncated, Code::ExtensionTruncated].iter().any(|code| self.counts.contains_key(code));
        if !ended && !cut {
            self.issue(Code::EndMissing, self.size, 0, None, Value::None, Value::None)?;
        }
        Ok(())
    }

    /// The headers that only another reader finds.
    fn elsewhere(&mut self) -> Result<(), Stop> {
        self.seen = Seen::Elsewhere;
        // Places found on the way are tried too, later.
        let mut tried = 0;
        while let Some(&place) = self.alternates.get(tried) {
            tried += 1;
            let mut at = place;
            while !self.headers.contains(&at) && matches!(self.look(at)?, At::Header) {
                self.window.input().poll(1)?;
                if self.spent() {
                    return self.search_ended(at);
                }
                match self.entry(at)? {
                    Next::Entry(next) => at = next,
                    Next::Dangling(_) => break,
                    Next::Full => {
                        self.issue(Code::LimitEntries, at, 0, None, Value::None, self.limits.max_entries.into())?;
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn look(&mut self, at: u64) -> Result<At, Stop> {
        let bytes = self.window.at(at, BLOCK)?;
        let Some(block) = bytes.first_chunk::<BLOCK>() else {
            return Ok(match bytes {
                [] => At::End,
                rest if rest.iter().all(|&b| b == 0) => At::Zeros,
                rest => At::Part(rest.len() as u64),
            });
        };
        Ok(match block {
            _ if block.iter().all(|&b| b == 0) => At::Zeros,
            _ if Header::checked(block).is_some() => At::Header,
            _ => At::Other,
        })
    }

    /// The first place from `at` on, block by block, where `passes` says no; the end of the input, if nowhere; or how far the search may go.
    fn skip(&mut self, mut at: u64, passes: impl Fn(&[u8; BLOCK]) -> bool) -> Result<u64, Stop> {
        let mut window = Window::new(self.window.input(), SEARCH_WINDOW);
        while at < self.size && self.searched <= self.limits.max_search {
            let bytes = window.at(at, SEARCH_WINDOW)?;
            let (blocks, rest) = bytes.as_chunks::<BLOCK>();
            if let Some(stop) = blocks.iter().position(|block| !passes(block)) {
                return Ok(at + (stop * BLOCK) as u64);
            }
            if blocks.is_empty() {
                // A part of a block: as if zeros filled it up.
                let mut last = [0; BLOCK];
                last[..rest.len()].copy_from_slice(rest);
                return Ok(if passes(&last) { self.size } else { at });
            }
            let step = (blocks.len() * BLOCK) as u64;
            self.window.input().poll(1)?;
            self.searched += step;
            at += step;
        }
        Ok(at.min(self.size))
    }

    fn spent(&self) -> bool {
        self.searched > self.limits.max_search
    }

    fn search_ended(&mut self, at: u64) -> Result<(), Stop> {
        self.issue(Code::LimitSearch, at, self.size - at, None, Value::None, self.limits.max_search.into())
    }

    /// One entry: its extensions, its header, its data.
    fn entry(&mut self, start: u64) -> Result<Next, Stop> {
        let mut extensions = Extensions::default();
        let mut at = start;
        loop {
            if extensions.len() >= MAX_EXTENSIONS || self.entries >= self.limits.max_entries {
                return Ok(Next::Full);
            }
            let block = self.window.array::<BLOCK>(at)?;
            let header = block.as_ref().and_then(Header::checked);
            let Some(header) = header else {
                if !extensions.is_empty() {
                    self.issue(Code::ExtensionDangling, start, at.saturating_sub(start), None, Value::None, Value::None)?;
                }
                return Ok(Next::Dangling(at.max(start)));
            };
            self.headers.insert(at);
            let typeflag = header.typeflag();
            if !matches!(typeflag, b'x' | b'X' | b'g' | b'L' | b'K') {
                let next = self.member(start, at, &header, &extensions)?;
                return Ok(Next::Entry(next));
            }
            let Some((data, next)) = self.extension_data(at, &header)? else {
                return Ok(Next::Dangling(self.size));
            };
            match typeflag {
                b'L' => extensions.add(Extension::Name(until_nul(data))),
                b'K' => extensions.add(Extension::Target(until_nul(data))),
                _ => {
                    let records = Records::read(&data);
                    if records.malformed {
                        self.issue(Code::PaxMalformed, at + BLOCK_BYTES, data.len() as u64, None, Value::None, Value::None)?;
                    }
                    if typeflag == b'g' {
                        self.global.overlay(records);
                    } else {
                        extensions.add(Extension::Pax(Box::new(records)));
                    }
                }
            }
            at = next;
        }
    }

    /// The data of an extension header, and where the next header is. `None`: the input ends before that.
    fn extension_data(&mut self, at: u64, header: &Header<'_>) -> Result<Option<(Vec<u8>, u64)>, Stop> {
        let begin = at + BLOCK_BYTES;
        let size = u64::try_from(header.size().best()).unwrap_or(0);
        let next = filled(begin, size);
        let others: Vec<u64> = header.size().all().filter_map(|size| Some(filled(begin, u64::try_from(size).ok()?))).collect();
        for other in others.into_iter().filter(|&other| other != next) {
            self.alternate(other)?;
        }
        if begin.saturating_add(size) > self.size {
            self.issue(Code::ExtensionTruncated, at, self.size - at, None, size.into(), self.size.saturating_sub(begin).into())?;
            self.region(RegionKind::Structure, at, self.size - at)?;
            return Ok(None);
        }
        self.region(RegionKind::Structure, at, next.min(self.size) - at)?;
        if size > self.limits.max_extension as u64 {
            self.issue(Code::LimitExtension, begin, size, None, (self.limits.max_extension as u64).into(), size.into())?;
        }
        Ok(Some((self.read(begin, size)?, next)))
    }

    /// Reads up to `length` bytes, within the limit of extensions. What is read beside the main walk may be read again and again, and counts.
    pub fn read(&mut self, begin: u64, length: u64) -> Result<Vec<u8>, Stop> {
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(self.limits.max_extension);
        if self.seen == Seen::Elsewhere {
            self.searched += length as u64;
        }
        read_up_to(self.window.input(), begin, length)
    }

    /// Notes a place where another reader may find a header.
    pub fn alternate(&mut self, at: u64) -> Result<(), Stop> {
        if at >= self.size {
            return Ok(());
        }
        if self.alternates.len() >= self.limits.max_alternates {
            return self.issue(Code::LimitAlternates, at, 0, None, Value::None, (self.limits.max_alternates as u64).into());
        }
        self.alternates.push(at);
        Ok(())
    }

    pub fn issue(&mut self, code: Code, offset: u64, length: u64, entry: Option<u64>, expected: Value, found: Value) -> Result<(), Stop> {
        let count = self.counts.entry(code).or_insert(0);
        *count += 1;
        if *count > self.limits.max_issues_per_code {
            return Ok(());
        }
        // What is padded to a block may end within it.
        let length = length.min(self.size.saturating_sub(offset));
        self.visitor.issue(&Issue { code, offset, length, entry, expected, found })
    }

    /// Accounts for bytes, on the main walk: what other readers find elsewhere lies within it.
    pub fn region(&mut self, kind: RegionKind, offset: u64, length: u64) -> Result<(), Stop> {
        if self.seen == Seen::Elsewhere || length == 0 {
            return Ok(());
        }
        self.visitor.region(Region { kind, offset, length })
    }
}

/// Extensions of one entry: real ones have up to three. Python recurses for each, and gives up at about a thousand.
const MAX_EXTENSIONS: usize = 1_000;

/// Where the block after `size` bytes at `begin` is.
pub(crate) fn filled(begin: u64, size: u64) -> u64 {
    begin.saturating_add(size.checked_next_multiple_of(BLOCK_BYTES).unwrap_or(u64::MAX))
}

fn until_nul(mut data: Vec<u8>) -> Vec<u8> {
    data.truncate(data.iter().position(|&b| b == 0).unwrap_or(data.len()));
    data
}
