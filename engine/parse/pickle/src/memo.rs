//! The memo: exact, dense where indexes are dense, bounded whatever the indexes are.

use std::collections::HashMap;

use crate::value::{Tag, Value};

const CHUNK: usize = 4096;

/// What became of an entry that was to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    New,
    Overwrote,
    /// Over the cap: a plain value, which is forgotten.
    Forgotten,
}

/// Entries by index. `entries` counts distinct indexes, which is what MEMOIZE numbers by.
pub(crate) struct Memo {
    chunks: Vec<Option<Box<[u64; CHUNK]>>>,
    far: HashMap<u64, u64>,
    entries: u64,
    dense_cap: u64,
    far_cap: usize,
    /// Writes of an alternative reading, which must not be seen by the main one.
    overlay: Option<(HashMap<u64, u64>, u64)>,
}

impl Memo {
    pub(crate) fn new(dense_cap: u64, far_cap: usize) -> Self {
        Memo { chunks: Vec::new(), far: HashMap::new(), entries: 0, dense_cap, far_cap, overlay: None }
    }

    pub(crate) fn clear(&mut self) {
        if self.entries > 0 {
            self.chunks.clear();
            self.far.clear();
            self.entries = 0;
        }
    }

    /// An empty memo with the same bounds.
    pub(crate) fn fresh(&self) -> Self {
        Memo::new(self.dense_cap, self.far_cap)
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    pub(crate) fn begin_overlay(&mut self) {
        self.overlay = Some((HashMap::new(), self.entries));
    }

    pub(crate) fn end_overlay(&mut self) {
        if let Some((_, entries)) = self.overlay.take() {
            self.entries = entries;
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: u64) -> Option<Value> {
        if let Some((map, _)) = &self.overlay
            && let Some(&bits) = map.get(&index)
        {
            return Value::from_bits(bits);
        }
        if index < self.dense_cap {
            let index = index as usize;
            let chunk = self.chunks.get(index / CHUNK)?.as_ref()?;
            Value::from_bits(chunk[index % CHUNK])
        } else {
            Value::from_bits(*self.far.get(&index)?)
        }
    }

    #[inline]
    pub(crate) fn put(&mut self, index: u64, value: Value) -> Stored {
        if self.overlay.is_some() {
            return self.put_overlay(index, value);
        }
        if index >= self.dense_cap {
            return self.put_far(index, value);
        }
        let index = index as usize;
        let at = index / CHUNK;
        if at >= self.chunks.len() {
            self.chunks.resize_with(at + 1, || None);
        }
        let chunk = self.chunks[at].get_or_insert_with(|| Box::new([0; CHUNK]));
        let slot = &mut chunk[index % CHUNK];
        let old = std::mem::replace(slot, value.bits());
        if old == 0 {
            self.entries += 1;
            Stored::New
        } else {
            Stored::Overwrote
        }
    }

    #[cold]
    fn put_overlay(&mut self, index: u64, value: Value) -> Stored {
        let known = self.get(index).is_some();
        if let Some((map, _)) = &mut self.overlay {
            if map.len() >= self.far_cap && !map.contains_key(&index) {
                return Stored::Forgotten;
            }
            map.insert(index, value.bits());
        }
        if known {
            return Stored::Overwrote;
        }
        self.entries += 1;
        Stored::New
    }

    #[cold]
    fn put_far(&mut self, index: u64, value: Value) -> Stored {
        let keep = value.is_container() || matches!(value.tag(), Tag::Name | Tag::Expr);
        if let Some(slot) = self.far.get_mut(&index) {
            *slot = value.bits();
            return Stored::Overwrote;
        }
        self.entries += 1;
        // A few far indexes are kept whatever they hold: PUT 4294967295 of a string is a trick, not a large file.
        let plain_room = self.far.len() < self.far_cap / 2;
        if self.far.len() < self.far_cap && (keep || plain_room) {
            self.far.insert(index, value.bits());
            Stored::New
        } else {
            Stored::Forgotten
        }
    }
}
