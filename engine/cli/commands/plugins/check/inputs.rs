//! Inputs made from others: cut, changed, made longer. All of it follows from a seed.

use weighbridge_core::drive::Seen;
use weighbridge_core::fact::RegionClass;

/// Bytes for a plugin to read.
#[derive(Debug, Clone)]
pub struct Input {
    /// What people are told that it is.
    pub name: String,
    /// The name that the plugin is given.
    pub file: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Input {
    /// A variant of this one.
    pub fn variant(&self, how: impl std::fmt::Display, bytes: Vec<u8>) -> Input {
        Input { name: format!("{} {how}", self.name), file: self.file.clone(), bytes }
    }
}

/// Numbers that look like chance and are the same every time: xorshift64*.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Random(seed ^ 0x9E37_79B9_7F4A_7C15 | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next() >> 16) as usize % bound }
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| (self.next() >> 32) as u8).collect()
    }
}

/// So many of them, evenly spread, the first and the last among them.
pub fn spread<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most {
        return all.to_vec();
    }
    (0..most).map(|at| all[at * (all.len() - 1) / (most - 1).max(1)].clone()).collect()
}

/// Some small ones of them, of different sizes: what is run many times.
pub fn small(all: &[Input], most: usize) -> Vec<Input> {
    let mut all: Vec<&Input> = all.iter().collect();
    all.sort_by(|a, b| (a.bytes.len(), &a.name).cmp(&(b.bytes.len(), &b.name)));
    let few = all.iter().take_while(|input| input.bytes.len() <= SMALL).count().max(1).min(all.len());
    spread(&all[..few], most).into_iter().cloned().collect()
}

/// Bytes of an input that may be run a thousand times.
const SMALL: usize = 8 << 10;

/// Offsets at which what the plugin saw begins and ends, and those next to them, that lie within the input.
pub fn boundaries(seen: &Seen, size: usize) -> Vec<usize> {
    let regions = seen.regions.iter().map(|region| (region.offset, region.length));
    let facts = seen.facts.iter().map(|fact| (fact.offset, fact.length));
    let children = seen.children.iter().map(|child| (child.offset, child.length));
    let mut at: Vec<usize> = regions
        .chain(facts)
        .chain(children)
        .flat_map(|(offset, length)| [offset, offset.saturating_add(length)])
        .filter_map(|at| usize::try_from(at).ok())
        .flat_map(|at| [at.saturating_sub(1), at, at.saturating_add(1)])
        // The first bytes are where magics and headers end, whatever was said of them.
        .chain(2..24)
        .filter(|at| (2..size).contains(at))
        .collect();
    at.sort_unstable();
    at.dedup();
    at
}

/// One bit of the input, in what the plugin understands of it where it says so.
pub fn bit(random: &mut Random, seen: &Seen, size: usize) -> (usize, u8) {
    let structure: Vec<_> = seen.regions.iter().filter(|region| region.class == RegionClass::Structure && region.length > 0).collect();
    let bit = random.below(8) as u8;
    if structure.is_empty() || random.below(4) == 0 {
        return (random.below(size), bit);
    }
    let region = structure[random.below(structure.len())];
    let within = random.below(usize::try_from(region.length).unwrap_or(usize::MAX));
    (usize::try_from(region.offset).unwrap_or(0).saturating_add(within).min(size - 1), bit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_spread_has_both_ends() {
        assert_eq!(spread(&[1, 2, 3], 5), [1, 2, 3]);
        assert_eq!(spread(&(0..100).collect::<Vec<_>>(), 4), [0, 33, 66, 99]);
    }

    #[test]
    fn chance_is_the_same_every_time() {
        let numbers = |seed| (0..4).map(|_| Random::new(seed).next()).collect::<Vec<_>>();
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(Random::new(1).bytes(16), Random::new(2).bytes(16));
    }
}
