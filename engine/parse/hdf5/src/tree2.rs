//! B-trees of version 2: names of new groups and of attributes, huge objects, chunks.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#V2Btrees>

use crate::checksum::lookup3;
use crate::cursor::Cursor;
use crate::file::File;
use crate::issue::{Issue, Problem, Read};
use crate::limits;
use std::collections::HashSet;
use weighbridge_parse_read::ReadAt;

/// A record.
pub(crate) struct Record<'r> {
    /// The tree's type.
    pub kind: u8,
    pub at: u64,
    pub bytes: &'r [u8],
}

/// A node to be read, as its parent says.
struct Node {
    at: u64,
    records: u64,
    depth: u16,
}

/// Bytes of a number that goes up to `max`.
fn width(max: u64) -> usize {
    (max.max(1).ilog2() as usize / 8) + 1
}

impl<R: ReadAt + ?Sized> File<'_, R> {
    /// Gives each record of a tree, those of leaves before those that divide them.
    ///
    /// "BTHD", version, type, node size, record size, depth, split and merge percent, address of root node, its records, records in all, checksum.
    pub(crate) fn tree2(&self, at: u64, each: &mut dyn FnMut(Record<'_>) -> Read<()>) -> Read<()> {
        let len = 16 + usize::from(self.widths().offset) + 2 + usize::from(self.widths().length) + 4;
        let bytes = self.blocks.read(at, len)?;
        let mut cursor = Cursor::new(&bytes, at, self.widths());
        cursor.signature(b"BTHD", "a B-tree")?;
        let _version = cursor.u8("a B-tree")?;
        let kind = cursor.u8("a B-tree")?;
        let node_size = cursor.u32("the size of a B-tree's nodes")?;
        let record_size = usize::from(cursor.u16("the size of a B-tree's records")?);
        let depth = cursor.u16("the depth of a B-tree")?;
        let _split_and_merge = cursor.u16("a B-tree")?;
        let root = cursor.address("the root of a B-tree")?;
        let records = u64::from(cursor.u16("the records of a B-tree")?);
        let _total = cursor.length("the records of a B-tree")?;
        self.structure(at, len as u64);
        let Some(root) = root else { return Ok(()) };
        let node = usize::try_from(node_size).unwrap_or(usize::MAX);
        if node > limits::NODE || record_size == 0 || record_size > node || usize::from(depth) > limits::LEVELS {
            let found = format!("nodes of {node_size} bytes, records of {record_size}, depth {depth}");
            return Err(Issue::invalid(at, "a B-tree of nodes up to 64 KiB that hold records", found).into());
        }
        let sizes = sizes(node, record_size, depth, usize::from(self.widths().offset));
        let mut seen = HashSet::new();
        let mut next = vec![Node { at: root, records, depth }];
        while let Some(Node { at, records, depth }) = next.pop() {
            if !seen.insert(at) {
                return Err(Issue::new(Problem::Cycle, at, "a node of a B-tree that was not met before", "the same node").into());
            }
            let entries = usize::try_from(records).unwrap_or(usize::MAX).min(node / record_size);
            if kind >= 10 {
                self.chunk_node(at, entries)?
            } else {
                self.items(entries, at)?
            }
            let bytes = self.blocks.read(at, node)?;
            self.structure(at, node as u64);
            let mut cursor = Cursor::new(&bytes, at, self.widths());
            let signature: &[u8] = if depth == 0 { b"BTLF" } else { b"BTIN" };
            cursor.signature(signature, "a node of a B-tree")?;
            let _version = cursor.u8("a node of a B-tree")?;
            let found = cursor.u8("a node of a B-tree")?;
            if found != kind {
                return Err(Issue::invalid(at + 5, "a node of the tree's type", found.to_string()).into());
            }
            for _ in 0..records {
                let at = cursor.place();
                let bytes = cursor.take(record_size, "the records of a B-tree")?;
                each(Record { kind, at, bytes })?;
            }
            let mut below = Vec::new();
            if depth > 0 {
                let (count, total) = sizes.get(usize::from(depth) - 1).copied().unwrap_or((8, 8));
                for _ in 0..=records {
                    let child = cursor.address("the children of a B-tree")?;
                    let records = cursor.uint(count, "the children of a B-tree")?;
                    if depth > 1 {
                        let _total = cursor.uint(total, "the children of a B-tree")?;
                    }
                    if let Some(at) = child {
                        below.push(Node { at, records, depth: depth - 1 });
                    }
                }
            }
            let covered = cursor.consumed();
            if cursor.u32("a B-tree's checksum").is_ok_and(|stored| lookup3(&bytes[..covered]) != stored) {
                return Err(Issue::invalid(at, "a node of a B-tree that matches its checksum", "").into());
            }
            next.extend(below.into_iter().rev());
        }
        Ok(())
    }
}

/// For nodes of depth 1 and up: bytes of the number of records of a child, and of those below it.
fn sizes(node: usize, record: usize, depth: u16, offset: usize) -> Vec<(usize, usize)> {
    // Signature, version, type, checksum.
    let room = node.saturating_sub(10) as u64;
    let leaf = room / record as u64;
    let count = width(leaf);
    let mut below = leaf;
    let mut sizes = Vec::new();
    for level in 0..depth {
        let total = if level == 0 { 0 } else { width(below) };
        sizes.push((count, total));
        // A node of this level: records and one child more.
        let pointer = (offset + count + total) as u64;
        let here = room.saturating_sub(pointer) / (record as u64 + pointer);
        below = (here + 1).saturating_mul(below).saturating_add(here);
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_as_many_bytes_as_their_largest() {
        assert_eq!([1, 255, 256, 65_535, 65_536].map(width), [1, 1, 2, 2, 3]);
        // Nodes of 512 bytes with records of 11: 45 in a leaf, which one byte counts.
        assert_eq!(sizes(512, 11, 2, 8), [(1, 0), (1, 2)]);
    }
}
