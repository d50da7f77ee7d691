//! Keys of the objects that are open, so that one that comes twice is seen. Hashes are kept, not texts.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

/// A set of what is a hash already.
#[derive(Default)]
pub(crate) struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }
}

#[derive(Default)]
pub(crate) struct Keys {
    /// (object, hash of the key) of every open object, mixed into one number.
    seen: HashSet<u64, BuildHasherDefault<Same>>,
    /// The same in the order in which they came.
    order: Vec<u64>,
    /// For each open object that has keys: its depth, its number, and where its keys begin in `order`.
    open: Vec<(u64, u64, usize)>,
    objects: u64,
    pub full: bool,
}

pub(crate) enum Key {
    New,
    Twice,
    /// The limit was reached with this one.
    Full,
}

impl Keys {
    /// A key, as its hash, of the object at a depth.
    pub fn add(&mut self, depth: u64, hash: u64, limit: usize) -> Key {
        if self.order.len() >= limit {
            return if std::mem::replace(&mut self.full, true) { Key::New } else { Key::Full };
        }
        if self.open.last().is_none_or(|(open, ..)| *open < depth) {
            self.objects += 1;
            self.open.push((depth, self.objects, self.order.len()));
        }
        let object = self.open.last().map_or(0, |(_, object, _)| *object);
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(object);
        hasher.write_u64(hash);
        let mixed = hasher.finish();
        if !self.seen.insert(mixed) {
            return Key::Twice;
        }
        self.order.push(mixed);
        Key::New
    }

    /// The object at a depth ends.
    pub fn close(&mut self, depth: u64) {
        while let Some((_, _, from)) = self.open.pop_if(|(open, ..)| *open >= depth) {
            for mixed in self.order.drain(from..) {
                self.seen.remove(&mixed);
            }
        }
    }
}
