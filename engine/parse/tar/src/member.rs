//! What the header of an entry and its extensions come to.

use weighbridge_parse_read::members::normalized;
use weighbridge_parse_read::{ReadAt, Stop};

use crate::entry::{RegionKind, Seen};
use crate::extension::{Extensions, Readings};
use crate::header::Header;
use crate::links::Leads;
use crate::names::{oddities, shortens};
use crate::pax::Records;
use crate::sparse::Map;
use crate::walk::Visitor;
use crate::walker::{Walker, filled};
use crate::{BLOCK, Code, Entry, Kind, Value};

const BLOCK_BYTES: u64 = BLOCK as u64;

/// The largest size that eleven octal digits hold: up to it, a pax size has no reason to differ from the header's.
const OCTAL_SIZE: u64 = 0o77_777_777_777;

/// Offsets in an old GNU header of type `S`, and in the blocks after it: the map, whether another block follows, the real size.
const SPARSE_MAP: (usize, usize) = (386, 96);
const SPARSE_MORE: usize = 482;
const SPARSE_REAL: (usize, usize) = (483, 12);
const SPARSE_BLOCK_MAP: usize = 504;

impl<R: ReadAt, V: Visitor> Walker<'_, R, V> {
    /// Reports the entry whose header is at `at`. The answer is where Python looks for the next one.
    pub(crate) fn member(&mut self, start: u64, at: u64, header: &Header<'_>, extensions: &Extensions) -> Result<u64, Stop> {
        let index = self.entries;
        self.entries += 1;
        let records = extensions.records();
        let name = extensions.name(header, &self.global);
        let target = extensions.target(header, &self.global);
        let kind = kind(header.typeflag(), &name.python);
        let mut entry = Entry {
            index,
            offset: start,
            header: at,
            dialect: header.dialect(),
            typeflag: header.typeflag(),
            kind,
            other_name: (trimmed(&name.python) != trimmed(&name.gnu)).then(|| name.gnu.clone()),
            name: name.python.clone(),
            target: if matches!(kind, Kind::Symlink | Kind::Hardlink) { target.python.clone() } else { Vec::new() },
            mode: header.mode(),
            size: 0,
            data: 0..0,
            sparse: None,
            seen: self.seen,
        };
        let sizes = Sizes::of(header, &records, &self.global);
        let (begin, map) = self.sparse(at + BLOCK_BYTES, header, &records, sizes.content)?;
        let next = if has_data(header.typeflag(), kind) { filled(begin, sizes.walk) } else { begin };
        // Whether a reader skips data, and how many: each that differs from Python may find another header next.
        // All of them skip the data of a regular file: an archive in an archive, such as the layers of a container image, is no differential.
        let regular = kind == Kind::File && matches!(header.typeflag(), b'0' | b'\0' | b'7');
        for size in sizes.all.iter().copied().chain((!regular).then_some(0)) {
            let other = filled(begin, size);
            if other != next {
                self.alternate(other)?;
            }
        }
        let data_begin = map.as_ref().map_or(begin, |map| map.begin).min(self.size);
        let content = if has_data(header.typeflag(), kind) { sizes.content } else { 0 };
        let data_end = begin.saturating_add(content);
        entry.size = content;
        entry.data = data_begin..data_end.min(self.size).max(data_begin);
        self.region(RegionKind::Structure, at, data_begin - at)?;
        self.region(RegionKind::Payload, data_begin, entry.data.end - data_begin)?;
        let claimed = entry.data.end.max(data_begin);
        self.region(RegionKind::Padding, claimed, next.min(self.size).saturating_sub(claimed))?;
        if let Some(map) = &map {
            entry.size = map.real.unwrap_or(content);
            entry.sparse = Some(map.map.segments.clone());
        }
        self.visitor.entry(&entry)?;

        self.seen_by(&entry)?;
        self.numbers(&entry, header, &sizes)?;
        self.names_of(&entry, header, extensions, &name)?;
        self.leads(&entry, &name, &target)?;
        self.window.input().poll(self.links.work())?;
        if data_end > self.size {
            let there = self.size.saturating_sub(begin);
            self.issue(Code::DataTruncated, begin.min(self.size), there, Some(index), content.into(), there.into())?;
        }
        if let Some(map) = map {
            if map.map.invalid || map.real.is_none() {
                self.issue(Code::SparseInvalid, at, BLOCK_BYTES, Some(index), Value::None, Value::None)?;
            }
            if map.map.cut {
                self.issue(Code::LimitSegments, at, 0, Some(index), Value::None, (self.limits.max_segments as u64).into())?;
            }
        }
        if header.typeflag() == b'M' {
            self.issue(Code::MultiVolume, at, BLOCK_BYTES, Some(index), Value::None, Value::None)?;
        }
        if self.seen != Seen::Elsewhere && kind != Kind::Note {
            self.names.add(entry.name.strip_suffix(b"/").unwrap_or(&entry.name), &normalized(&entry.name), index);
        }
        Ok(next)
    }

    fn seen_by(&mut self, entry: &Entry) -> Result<(), Stop> {
        let code = match entry.seen {
            Seen::Plain => return Ok(()),
            Seen::AfterEnd => Code::EntryAfterEnd,
            Seen::AfterDamage => Code::EntryAfterDamage,
            Seen::Elsewhere => Code::EntryElsewhere,
        };
        self.issue(code, entry.offset, BLOCK_BYTES, Some(entry.index), Value::None, Value::None)
    }

    fn numbers(&mut self, entry: &Entry, header: &Header<'_>, sizes: &Sizes) -> Result<(), Stop> {
        let (at, index) = (entry.header, Some(entry.index));
        let (invalid, differs) = header.odd_numbers();
        if let Some(name) = invalid {
            self.issue(Code::NumberInvalid, at, BLOCK_BYTES, index, Value::None, name.as_bytes().into())?;
            if self.seen == Seen::Plain {
                self.seen = Seen::AfterDamage;
            }
        }
        if let Some(name) = differs {
            self.issue(Code::NumberDiffers, at, BLOCK_BYTES, index, Value::None, name.as_bytes().into())?;
        }
        if sizes.negative {
            self.issue(Code::SizeNegative, at, BLOCK_BYTES, index, Value::None, Value::None)?;
        }
        if let Some((header, pax)) = sizes.mismatch {
            self.issue(Code::SizeMismatch, at, BLOCK_BYTES, index, header.into(), pax.into())?;
        }
        Ok(())
    }

    fn names_of(&mut self, entry: &Entry, header: &Header<'_>, extensions: &Extensions, name: &Readings) -> Result<(), Stop> {
        let (at, index) = (entry.header, Some(entry.index));
        if extensions.twice() {
            self.issue(Code::ExtensionTwice, entry.offset, at - entry.offset, index, Value::None, Value::None)?;
        }
        if let Some(other) = &entry.other_name {
            self.issue(Code::NameDiffers, at, BLOCK_BYTES, index, entry.name.as_slice().into(), other.as_slice().into())?;
        }
        let written = header.posix_name();
        if !shortens(&written, &name.python) && !shortens(header.short_name(), &name.python) {
            self.issue(Code::NameMismatch, at, BLOCK_BYTES, index, name.python.as_slice().into(), written.as_slice().into())?;
        }
        let mut codes: Vec<Code> = oddities(&name.python).collect();
        codes.extend(oddities(&name.gnu).filter(|code| !codes.contains(code)).collect::<Vec<_>>());
        for code in codes {
            self.issue(code, at, BLOCK_BYTES, index, Value::None, entry.name.as_slice().into())?;
        }
        Ok(())
    }

    /// Where name and target lead, with the links that the archive has made so far.
    fn leads(&mut self, entry: &Entry, name: &Readings, target: &Readings) -> Result<(), Stop> {
        let (at, index) = (entry.header, Some(entry.index));
        // A name that leads out by itself is said already.
        let folder = |name: &[u8]| name[..name.iter().rposition(|&b| b == b'/').unwrap_or(0)].to_vec();
        let is_link = matches!(entry.kind, Kind::Symlink | Kind::Hardlink);
        for (which, name) in [&name.python, &name.gnu].into_iter().enumerate() {
            if which == 1 && entry.other_name.is_none() {
                continue;
            }
            // A link replaces what has its name; anything else is written through it.
            let through = if is_link { self.links.leads(b"", &folder(name)) } else { self.links.leads(b"", name) };
            if through == Leads::Through {
                self.issue(Code::NameThroughLink, at, BLOCK_BYTES, index, Value::None, name.as_slice().into())?;
            }
        }
        if matches!(entry.kind, Kind::Device | Kind::Fifo) {
            return self.issue(Code::SpecialFile, at, BLOCK_BYTES, index, Value::None, u64::from(entry.typeflag).into());
        }
        if !is_link {
            return Ok(());
        }
        let differs = target.python != target.gnu;
        if differs {
            self.issue(Code::TargetDiffers, at, BLOCK_BYTES, index, target.python.as_slice().into(), target.gnu.as_slice().into())?;
        }
        let from = if entry.kind == Kind::Symlink { folder(&entry.name) } else { Vec::new() };
        let mut out = false;
        for target in [&target.python, &target.gnu].into_iter().take(1 + usize::from(differs)) {
            let code = match self.links.leads(&from, target) {
                Leads::Inside => continue,
                Leads::Absolute => Code::LinkAbsolute,
                Leads::Out => Code::LinkOutside,
                Leads::Through => Code::LinkThroughLink,
            };
            out = true;
            self.issue(code, at, BLOCK_BYTES, index, Value::None, target.as_slice().into())?;
        }
        if entry.kind == Kind::Symlink {
            self.links.symlink(&entry.name, &entry.target, entry.index, out, self.limits);
        } else {
            self.links.hardlink(&entry.name, &entry.target, entry.index, self.limits);
        }
        Ok(())
    }

    /// The map of a sparse file, and where the data begin that the header's size counts.
    fn sparse(&mut self, begin: u64, header: &Header<'_>, records: &Records, content: u64) -> Result<(u64, Option<Sparse>), Stop> {
        let max = self.limits.max_segments;
        let mut map = Map::default();
        if header.typeflag() == b'S' {
            map.add_fields(header.field(SPARSE_MAP.0, SPARSE_MAP.1), max);
            let mut more = header.field(SPARSE_MORE, 1) != [0];
            let mut at = begin;
            while more && let Some(block) = self.window.array::<BLOCK>(at)? {
                self.window.input().poll(1)?;
                map.add_fields(&block[..SPARSE_BLOCK_MAP], max);
                more = block[SPARSE_BLOCK_MAP] != 0;
                at += BLOCK_BYTES;
                if map.cut {
                    break;
                }
            }
            let real = u64::try_from(header.number(SPARSE_REAL.0, SPARSE_REAL.1).best()).ok();
            return Ok((at, Some(Sparse { map, real, begin: at })));
        }
        let real = records.sparse_real.and_then(|real| u64::try_from(real).ok());
        if records.sparse_major == Some(1) {
            let text = self.read(begin, content)?;
            let (numbers, length) = decimal_map(&text);
            map.add_text(numbers, b'\n', max);
            return Ok((begin, Some(Sparse { map, real, begin: filled(begin, length as u64) })));
        }
        if records.sparse_map.is_empty() {
            return Ok((begin, None));
        }
        map.add_text(&records.sparse_map, b',', max);
        Ok((begin, Some(Sparse { map, real, begin })))
    }
}

/// A map, the file's size with its holes, and where the data begin.
struct Sparse {
    map: Map,
    real: Option<u64>,
    begin: u64,
}

/// The map of format 1.0: a count, then as many pairs of numbers, each on a line. The answer is the pairs, and the length of it all.
fn decimal_map(text: &[u8]) -> (&[u8], usize) {
    let Some(first) = text.iter().position(|&b| b == b'\n') else { return (&[], 0) };
    let count = crate::number::decimal(&text[..first]).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    let mut end = first + 1;
    for _ in 0..count.saturating_mul(2) {
        let Some(line) = text[end..].iter().position(|&b| b == b'\n') else { break };
        end += line + 1;
    }
    (&text[first + 1..end], end)
}

/// Sizes, as readers take them.
struct Sizes {
    /// Of the content: a global pax size counts here, in Python.
    content: u64,
    /// How many bytes Python skips.
    walk: u64,
    /// All that any reader may skip.
    all: Vec<u64>,
    negative: bool,
    /// Of the header and of the pax record, where they differ and need not.
    mismatch: Option<(u64, u64)>,
}

impl Sizes {
    fn of(header: &Header<'_>, records: &Records, global: &Records) -> Self {
        let readings = header.size();
        let mut all: Vec<u64> = readings.all().chain(records.size).chain(global.size).filter_map(|size| u64::try_from(size).ok()).collect();
        all.sort_unstable();
        all.dedup();
        let plain = |size: i128| u64::try_from(size).unwrap_or(0);
        let written = plain(readings.best());
        let walk = records.size.map_or(written, plain);
        let content = records.size.or(global.size).map_or(written, plain);
        let negative = readings.best() < 0 || records.size.or(global.size).is_some_and(|size| size < 0);
        let pax = records.size.or(global.size).map(plain).filter(|&pax| pax != written && pax <= OCTAL_SIZE);
        Sizes { content, walk, all, negative, mismatch: pax.map(|pax| (written, pax)) }
    }
}

/// Whether Python skips data after the header: it does for files, and for types that it does not know.
fn has_data(typeflag: u8, kind: Kind) -> bool {
    match typeflag {
        b'1'..=b'6' => false,
        0 => kind != Kind::Directory,
        _ => true,
    }
}

fn kind(typeflag: u8, name: &[u8]) -> Kind {
    match typeflag {
        b'1' => Kind::Hardlink,
        b'2' => Kind::Symlink,
        b'3' | b'4' => Kind::Device,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        // Old tars had no type for directories.
        0 if name.ends_with(b"/") => Kind::Directory,
        // GNU: a directory with a list of its names; a volume's label; old long names.
        b'D' => Kind::Directory,
        b'V' | b'N' => Kind::Note,
        _ => Kind::File,
    }
}

fn trimmed(name: &[u8]) -> &[u8] {
    let end = name.iter().rposition(|&b| b != b'/').map_or(0, |at| at + 1);
    &name[..end]
}
