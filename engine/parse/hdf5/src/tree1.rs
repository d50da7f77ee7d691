//! B-trees of version 1: names of old groups, and chunks of datasets.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#V1Btrees>

use crate::cursor::Cursor;
use crate::file::File;
use crate::issue::{Issue, Problem, Read};
use crate::limits;
use std::collections::HashSet;
use weighbridge_parse_read::ReadAt;

/// What a tree leads to, and what a key of it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Symbol table nodes; a key is an offset in the group's heap.
    Names,
    /// Chunks; a key is size, filter mask and an offset for each dimension and one more.
    Chunks {
        /// Of the dataset.
        rank: u8,
    },
}

/// A child of a leaf.
pub(crate) struct Child<'k> {
    pub at: u64,
    /// The key before it.
    pub key: &'k [u8],
}

impl<R: ReadAt + ?Sized> File<'_, R> {
    /// Gives each child of the leaves below a node, in order.
    ///
    /// "TREE", node type, node level, entries used, addresses of left and right sibling; key, child, key, child, …, key.
    pub(crate) fn tree1(&self, root: u64, keys: Keys, each: &mut dyn FnMut(Child<'_>) -> Read<()>) -> Read<()> {
        let (kind, key_len, rank) = match keys {
            Keys::Names => (0, usize::from(self.widths().length), self.superblock.ranks[1]),
            Keys::Chunks { rank } => (1, 8 + 8 * (usize::from(rank) + 1), self.chunk_rank.get()),
        };
        let child_len = usize::from(self.widths().offset);
        let head = 8 + 2 * child_len;
        let mut seen = HashSet::new();
        // Node and the level that it has to be of.
        let mut next: Vec<(u64, Option<u8>)> = vec![(root, None)];
        while let Some((at, expected)) = next.pop() {
            if !seen.insert(at) {
                return Err(Issue::new(Problem::Cycle, at, "a node of a B-tree that was not met before", "the same node").into());
            }
            match keys {
                Keys::Names => self.node(at)?,
                Keys::Chunks { .. } => self.chunk_node(at, 0)?,
            }
            let bytes = self.blocks.read(at, head)?;
            let mut cursor = Cursor::new(&bytes, at, self.widths());
            cursor.signature(b"TREE", "a node of a B-tree")?;
            let found = cursor.u8("a node of a B-tree")?;
            let level = cursor.u8("a node of a B-tree")?;
            let entries = usize::from(cursor.u16("a node of a B-tree")?);
            let _left = cursor.address("a node of a B-tree")?;
            let _right = cursor.address("a node of a B-tree")?;
            if found != kind || expected.is_some_and(|expected| expected != level) || usize::from(level) > limits::LEVELS {
                let found = format!("type {found}, level {level}");
                return Err(Issue::invalid(at + 4, "a node of the tree's type, one level below its parent", found).into());
            }
            match keys {
                Keys::Names => self.items(entries, at)?,
                Keys::Chunks { .. } => self.chunk_node(at, entries)?,
            }
            let allocated = 2 * usize::from(rank).max(entries.div_ceil(2));
            self.structure(at, (head + allocated * child_len + (allocated + 1) * key_len) as u64);
            let len = (entries * (key_len + child_len)).min(limits::NODE * 4);
            let bytes = self.blocks.read(at + head as u64, len)?;
            let mut cursor = Cursor::new(&bytes, at + head as u64, self.widths());
            let mut below = Vec::new();
            for _ in 0..entries {
                let key = cursor.take(key_len, "the keys of a B-tree")?;
                let Some(child) = cursor.address("the children of a B-tree")? else { continue };
                if level == 0 {
                    // Two names for one node of symbols would list them twice.
                    if keys == Keys::Names && !seen.insert(child) {
                        return Err(Issue::new(Problem::Cycle, child, "a symbol table node that was not met before", "the same node").into());
                    }
                    each(Child { at: child, key })?;
                } else {
                    below.push((child, Some(level - 1)));
                }
            }
            next.extend(below.into_iter().rev());
        }
        Ok(())
    }

    /// Counts a node of a tree of chunks, and its entries.
    pub(crate) fn chunk_node(&self, at: u64, entries: usize) -> Read<()> {
        self.chunk_nodes.set(self.chunk_nodes.get().saturating_add(1 + entries as u64 / 512));
        if self.chunk_nodes.get() > limits::CHUNK_NODES {
            return Err(Issue::new(Problem::Limit, at, "fewer nodes of trees of chunks", limits::CHUNK_NODES.to_string()).into());
        }
        self.blocks.input().poll(1)?;
        Ok(())
    }
}
