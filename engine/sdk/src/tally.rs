//! Facts that come again and again.

use crate::{Input, Stop};
use std::collections::HashMap;
use std::hash::Hash;

/// Different facts that are remembered: beyond them each is said by itself, and the host merges.
const KEYS: usize = 4_096;
/// Repetitions that are said with their places; the host keeps no more of a fact.
const PLACES: u64 = 4;

/// Says each different fact once, and counts its repetitions.
#[derive(Debug)]
pub struct Tally<K> {
    said: HashMap<K, Said>,
}

#[derive(Debug)]
struct Said {
    id: u64,
    again: u64,
    /// Repetitions that are not said yet, and where the first of them is.
    unsaid: u64,
    offset: u64,
    length: u64,
}

impl<K: Hash + Eq> Tally<K> {
    /// Nothing has been said.
    pub fn new() -> Self {
        Tally { said: HashMap::new() }
    }

    /// Says the fact that `key` stands for, or that it occurs again.
    pub fn say(&mut self, input: &Input<'_>, key: K, offset: u64, length: u64, fact: impl FnOnce(&K) -> Result<u64, Stop>) -> Result<(), Stop> {
        if let Some(said) = self.said.get_mut(&key) {
            said.again += 1;
            if said.again <= PLACES {
                return input.again(said.id, offset, length, 1);
            }
            if said.unsaid == 0 {
                (said.offset, said.length) = (offset, length);
            }
            said.unsaid += 1;
            return Ok(());
        }
        let id = fact(&key)?;
        if self.said.len() < KEYS {
            self.said.insert(key, Said { id, again: 0, unsaid: 0, offset, length });
        }
        Ok(())
    }

    /// Says what has only been counted so far. To be called before the scan ends.
    pub fn finish(&mut self, input: &Input<'_>) -> Result<(), Stop> {
        let mut left: Vec<Said> = self.said.drain().map(|(_, said)| said).filter(|said| said.unsaid > 0).collect();
        left.sort_by_key(|said| (said.offset, said.id));
        left.iter().try_for_each(|said| input.again(said.id, said.offset, said.length, said.unsaid))
    }
}

impl<K: Hash + Eq> Default for Tally<K> {
    fn default() -> Self {
        Tally::new()
    }
}
