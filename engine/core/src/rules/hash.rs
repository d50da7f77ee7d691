//! Hashing of what packs list.
//!
//! A table is filled from packs alone, which somebody chose; what files say is only looked up, and cannot make it slow. So a fast hash does, without a
//! key: tens of thousands of names are put in at every start.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A table of what packs list.
pub type Table<K, V> = HashMap<K, V, BuildHasherDefault<Fast>>;

/// A set of what packs list.
pub type Set<T> = HashSet<T, BuildHasherDefault<Fast>>;

/// Eight bytes at a time: rotated, mixed in, multiplied.
#[derive(Debug, Default, Clone, Copy)]
pub struct Fast(u64);

/// An odd number without a pattern in its bits (from π).
const MULTIPLIER: u64 = 0x517c_c1b7_2722_0a95;

impl Fast {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER);
    }
}

impl Hasher for Fast {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.mix(u64::from_le_bytes(last));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(byte.into());
    }

    fn finish(&self) -> u64 {
        // The table takes its bits from both ends, and multiplying leaves the low ones poor.
        self.0 ^ (self.0 >> 32)
    }
}
