//! Fractal heaps: links and attributes of new groups, one after the other in blocks that grow.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#FractalHeap>

use crate::checksum::lookup3;
use crate::cursor::Cursor;
use crate::file::{File, Span};
use crate::issue::{Issue, Problem, Read};
use crate::limits;
use crate::tree2::Record;
use weighbridge_parse_read::ReadAt;

/// A heap's header.
#[derive(Debug, Clone)]
pub(crate) struct FractalHeap {
    at: u64,
    id_len: u16,
    /// Its blocks pass through filters.
    filtered: bool,
    filter_len: u16,
    huge: Option<u64>,
    width: u64,
    start: u64,
    max_direct: u64,
    /// Bytes of an offset, and of a length, in the id of an object.
    offset_len: usize,
    length_len: usize,
    root: Option<u64>,
    rows: u16,
    checksums: bool,
}

impl<R: ReadAt + ?Sized> File<'_, R> {
    /// "FRHP", version, heap ID length, I/O filters' encoded length, flags, maximum size of managed objects, next huge object ID, address of the huge objects' tree,
    /// free space, address of its manager, managed space, allocated managed space, iterator's offset, managed objects, size and number of huge objects, of tiny
    /// ones, table width, starting block size, maximum direct block size, maximum heap size (bits), starting rows, address of root block, current rows, (size of
    /// filtered root block, filter mask, filters), checksum.
    pub(crate) fn heap(&self, at: u64) -> Read<FractalHeap> {
        let (o, l) = (usize::from(self.widths().offset), usize::from(self.widths().length));
        let len = 22 + 12 * l + 3 * o;
        let bytes = self.blocks.read(at, len + 4)?;
        let mut cursor = Cursor::new(&bytes, at, self.widths());
        cursor.signature(b"FRHP", "a fractal heap")?;
        let version = cursor.u8("a fractal heap")?;
        if version != 0 {
            return Err(Issue::unsupported(at + 4, "a fractal heap of version 0", version.to_string()).into());
        }
        let id_len = cursor.u16("a fractal heap")?;
        let filter_len = cursor.u16("a fractal heap")?;
        let flags = cursor.u8("a fractal heap")?;
        let max_managed = cursor.u32("a fractal heap")?;
        let _next_huge = cursor.length("a fractal heap")?;
        let huge = cursor.address("the tree of huge objects")?;
        let _free = cursor.length("a fractal heap")?;
        let _free_manager = cursor.address("a fractal heap")?;
        for _ in 0..8 {
            let _statistics = cursor.length("a fractal heap")?;
        }
        let width = u64::from(cursor.u16("a fractal heap's table width")?);
        let start = cursor.length("a fractal heap's starting block size")?;
        let max_direct = cursor.length("a fractal heap's maximum direct block size")?;
        let bits = cursor.u16("a fractal heap's maximum size")?;
        let _starting_rows = cursor.u16("a fractal heap")?;
        let root = cursor.address("a fractal heap's root block")?;
        let rows = cursor.u16("a fractal heap's rows")?;
        if !width.is_power_of_two() || !start.is_power_of_two() || !max_direct.is_power_of_two() || bits > 64 || width > 1 << 16 {
            return Err(
                Issue::invalid(at, "a fractal heap whose sizes are powers of two", format!("{width}, {start}, {max_direct}, 2^{bits}")).into()
            );
        }
        let filtered = filter_len > 0;
        if !filtered && cursor.u32("a fractal heap's checksum").is_ok_and(|stored| lookup3(&bytes[..len]) != stored) {
            return Err(Issue::new(Problem::Invalid, at, "a fractal heap that matches its checksum", "").into());
        }
        let total = len as u64 + 4 + if filtered { l as u64 + 4 + u64::from(filter_len) } else { 0 };
        self.structure(at, total);
        // A length takes as many bytes as the largest object or the offset in the largest direct block, whichever is less.
        let in_block = (max_direct.ilog2() as usize).div_ceil(8);
        let managed = (max_managed.max(1).ilog2() as usize).div_ceil(8);
        let length_len = in_block.min(managed.max(1));
        let offset_len = usize::from(bits).div_ceil(8);
        let checksums = flags & 2 != 0;
        Ok(FractalHeap { at, id_len, filtered, filter_len, huge, width, start, max_direct, offset_len, length_len, root, rows, checksums })
    }
}

impl FractalHeap {
    pub fn id_len(&self) -> usize {
        usize::from(self.id_len)
    }

    /// Where the object of an id lies. `place` is where the id stands.
    ///
    /// Version and type; managed: offset, length; huge: (key of a tree's record) or address and length; tiny: length, data.
    pub fn object<R: ReadAt + ?Sized>(&self, file: &File<'_, R>, id: &[u8], place: u64) -> Read<Span> {
        let mut cursor = Cursor::new(id, place, file.widths());
        let flags = cursor.u8("the id of an object")?;
        let found = match flags >> 4 & 3 {
            0 => {
                let offset = cursor.uint(self.offset_len, "the offset of an object")?;
                let len = cursor.uint(self.length_len, "the length of an object")?;
                Span { at: self.managed(file, offset)?, len }
            }
            1 => self.huge(file, &mut cursor, place)?,
            2 if self.id_len > 18 => Span { at: place + 2, len: (u64::from(flags & 15) << 8 | u64::from(cursor.u8("a tiny object")?)) + 1 },
            2 => Span { at: place + 1, len: u64::from(flags & 15) + 1 },
            other => return Err(Issue::invalid(place, "an object that is managed, huge or tiny", other.to_string()).into()),
        };
        if found.at.checked_add(found.len).is_none_or(|end| end > file.blocks.size()) {
            let found = format!("{} bytes at {:#x}", found.len, found.at);
            return Err(Issue::new(Problem::Truncated, place, "an object of a fractal heap within the file", found).into());
        }
        Ok(found)
    }

    /// Descends through indirect blocks to the direct block in which an offset lies. Of both: signature, version, address of the heap, block offset;
    /// then (checksum) and data, or the addresses of blocks.
    fn managed<R: ReadAt + ?Sized>(&self, file: &File<'_, R>, offset: u64) -> Read<u64> {
        if self.filtered {
            return Err(Issue::unsupported(self.at, "a fractal heap without filters", format!("filters of {} bytes", self.filter_len)).into());
        }
        let Some(mut at) = self.root else {
            return Err(Issue::invalid(self.at, "a fractal heap with blocks", "none").into());
        };
        let (mut offset, mut rows) = (offset, u32::from(self.rows));
        let prefix = 5 + file.offset_width() + self.offset_len as u64;
        for _ in 0..limits::LEVELS {
            let head = file.blocks.read(at, 4)?;
            if rows == 0 {
                Cursor::new(&head, at, file.widths()).signature(b"FHDB", "a direct block of a fractal heap")?;
                file.structure(at, prefix + if self.checksums { 4 } else { 0 });
                return match at.checked_add(offset) {
                    Some(found) => Ok(found),
                    None => Err(Issue::invalid(at, "an object within its block", format!("offset {offset}")).into()),
                };
            }
            Cursor::new(&head, at, file.widths()).signature(b"FHIB", "an indirect block of a fractal heap")?;
            file.node(at)?;
            // Rows 0 and 1 have blocks of the starting size, each further row blocks twice as large.
            let first = self.width.saturating_mul(self.start);
            let (row, size, within) = if offset < first {
                (0, self.start, offset)
            } else {
                let row = (offset / first).ilog2() + 1;
                (row, self.start.checked_shl(row - 1).unwrap_or(u64::MAX), offset - (first << (row - 1)))
            };
            if row >= rows {
                return Err(Issue::invalid(at, "an object within the rows of its heap", format!("row {row} of {rows}")).into());
            }
            let entry = u64::from(row) * self.width + within / size;
            let place = at + prefix + entry * file.offset_width();
            let bytes = file.blocks.read(place, usize::from(file.widths().offset))?;
            file.structure(at, prefix + u64::from(rows) * self.width * file.offset_width() + 4);
            let Some(next) = Cursor::new(&bytes, place, file.widths()).address("a block of a fractal heap")? else {
                return Err(Issue::invalid(place, "a block of a fractal heap", "none").into());
            };
            offset = within % size;
            rows = if size <= self.max_direct {
                file.structure(next, size);
                0
            } else {
                (size / first).max(1).ilog2() + 1
            };
            at = next;
        }
        Err(Issue::new(Problem::Cycle, at, "a fractal heap of fewer levels", limits::LEVELS.to_string()).into())
    }

    fn huge<R: ReadAt + ?Sized>(&self, file: &File<'_, R>, cursor: &mut Cursor<'_>, place: u64) -> Read<Span> {
        let unsupported = || Issue::unsupported(place, "a huge object without filters", "filters");
        let direct = file.offset_width() + file.length_width();
        if u64::from(self.id_len) > direct && !self.filtered {
            let at = cursor.address("the address of a huge object")?;
            let len = cursor.length("the length of a huge object")?;
            return at.map(|at| Span { at, len }).ok_or_else(|| Issue::invalid(place, "the address of a huge object", "none").into());
        }
        if self.filtered {
            return Err(unsupported().into());
        }
        let key = cursor.uint(cursor.left().min(usize::from(file.widths().length)), "the key of a huge object")?;
        let Some(tree) = self.huge else {
            return Err(Issue::invalid(place, "a tree of huge objects", "none").into());
        };
        let mut found = None;
        file.tree2(tree, &mut |record: Record<'_>| {
            let mut cursor = Cursor::new(record.bytes, record.at, file.widths());
            let at = cursor.address("the address of a huge object")?;
            let len = cursor.length("the length of a huge object")?;
            if record.kind == 1 && cursor.length("the key of a huge object")? == key {
                found = at.map(|at| Span { at, len });
            }
            Ok(())
        })?;
        found.ok_or_else(|| Issue::invalid(place, "a huge object of that key", key.to_string()).into())
    }
}
