//! Indexes of chunks: where the parts of a chunked dataset lie.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#Appendices> (fixed and extensible arrays, B-trees)

use crate::cursor::Cursor;
use crate::file::{File, Span};
use crate::issue::{Fault, Issue, Problem, Read};
use crate::layout::Index;
use crate::limits;
use crate::tree1::Keys;
use crate::types::Dataspace;
use weighbridge_parse_read::ReadAt;

/// Entries of an array of chunks that are read at once.
const ENTRIES: u64 = 512;

impl<R: ReadAt + ?Sized> File<'_, R> {
    /// Gives each chunk. The answer is whether those are all: past the bound on nodes, and in indexes that are not read, it is not known where chunks lie.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn chunks_of(
        &self,
        index: u64,
        kind: Index,
        dims: &[u64],
        space: &Dataspace,
        element: u64,
        filtered: bool,
        each: &mut dyn FnMut(Span) -> Read<()>,
    ) -> Read<bool> {
        let rank = space.dims.len();
        // Sizes of chunks are followed by the size of an element.
        let sides = dims.get(..rank).unwrap_or(dims);
        let whole = sides.iter().fold(element, |all, side| all.saturating_mul(*side));
        let result = match kind {
            Index::Single(len) => each(Span { at: index, len: len.unwrap_or(whole) }),
            Index::Implicit => each(Span { at: index, len: whole.saturating_mul(count(space, sides)) }),
            Index::Tree1 => self.tree1(index, Keys::Chunks { rank: u8::try_from(rank).unwrap_or(limits::RANK) }, &mut |child| {
                let len = child.key.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
                each(Span { at: child.at, len: u64::from(len) })
            }),
            // Type 10: address, offsets; type 11: address, size, filter mask, offsets.
            Index::Tree2 => self.tree2(index, &mut |record| {
                let mut cursor = Cursor::new(record.bytes, record.at, self.widths());
                let at = cursor.address("the address of a chunk")?;
                let width = record.bytes.len().saturating_sub(usize::from(self.widths().offset) + 4 + 8 * rank);
                let len = if record.kind == 11 { cursor.uint(width, "the size of a chunk")? } else { whole };
                at.map_or(Ok(()), |at| each(Span { at, len }))
            }),
            Index::FixedArray => self.fixed_array(index, whole, filtered, each),
            Index::ExtensibleArray => return Ok(false),
            Index::Unknown(other) => return Err(Issue::unsupported(index, "an index of chunks of a known type", other.to_string()).into()),
        };
        match result {
            Err(Fault::Issue(Issue { problem: Problem::Limit, .. })) => Ok(false),
            other => other.map(|()| true),
        }
    }

    /// "FAHD", version, client, entry size, page bits, number of entries, address of the data block, checksum.
    /// "FADB", version, client, header's address, (page bitmap), then entries, or pages of them that end with a checksum each.
    fn fixed_array(&self, at: u64, whole: u64, filtered: bool, each: &mut dyn FnMut(Span) -> Read<()>) -> Read<()> {
        let offset = usize::from(self.widths().offset);
        let len = 8 + usize::from(self.widths().length) + offset + 4;
        let bytes = self.blocks.read(at, len)?;
        let mut cursor = Cursor::new(&bytes, at, self.widths());
        cursor.signature(b"FAHD", "a fixed array of chunks")?;
        let _version_and_client = cursor.u16("a fixed array of chunks")?;
        let entry = u64::from(cursor.u8("a fixed array of chunks")?);
        let page_bits = cursor.u8("a fixed array of chunks")?;
        let entries = cursor.length("the entries of a fixed array")?;
        let block = cursor.address("the data block of a fixed array")?;
        self.structure(at, len as u64);
        let Some(block) = block else { return Ok(()) };
        if entry < offset as u64 || page_bits > 32 {
            return Err(Issue::invalid(at, "entries that hold an address", format!("{entry} bytes")).into());
        }
        let bytes = self.blocks.read(block, 4)?;
        Cursor::new(&bytes, block, self.widths()).signature(b"FADB", "the data block of a fixed array")?;
        let page = 1u64 << page_bits;
        let head = 6 + offset as u64;
        let (mut at, per_page, checksum) = if entries > page {
            let bitmap = entries.div_ceil(page).div_ceil(8);
            (block.saturating_add(head).saturating_add(bitmap).saturating_add(4), page, 4)
        } else {
            (block + head, entries.max(1), 0)
        };
        let start = block;
        let mut left = entries;
        while left > 0 {
            let in_page = per_page.min(left);
            let mut rest = in_page;
            while rest > 0 {
                self.chunk_node(at, ENTRIES as usize)?;
                let now = rest.min(ENTRIES);
                let bytes = self.blocks.read(at, (now * entry) as usize)?;
                let mut cursor = Cursor::new(&bytes, at, self.widths());
                for _ in 0..now {
                    let mut entry = Cursor::new(cursor.take(entry as usize, "the entries of a fixed array")?, at, self.widths());
                    let chunk = entry.address("the address of a chunk")?;
                    let len = if filtered { entry.uint(entry.left().saturating_sub(4), "the size of a chunk")? } else { whole };
                    if let Some(at) = chunk {
                        each(Span { at, len })?;
                    }
                }
                at += now * entry;
                rest -= now;
            }
            at += checksum;
            left -= in_page;
        }
        self.structure(start, at.saturating_add(if checksum == 0 { 4 } else { 0 }) - start);
        Ok(())
    }
}

/// How many chunks a shape takes.
fn count(space: &Dataspace, sides: &[u64]) -> u64 {
    space.dims.iter().zip(sides).fold(1, |all, (dim, side)| all.saturating_mul(dim.div_ceil((*side).max(1))))
}
