//! How often things occur, for a table of those who inspect a file.

use crate::{Input, Stop};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Different things that are counted one by one: real graphs have some hundred operators.
const KEYS: usize = 4_096;

/// Counts what belongs to a group: operators of a graph, and of each of its functions.
#[derive(Debug, Default)]
pub struct Counts {
    /// Groups in the order in which they were met.
    groups: HashMap<String, usize>,
    counts: HashMap<(usize, String, String), Count>,
    /// What found no room.
    others: u64,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    number: u64,
    offset: u64,
    length: u64,
}

impl Counts {
    /// Nothing was met.
    pub fn new() -> Self {
        Counts::default()
    }

    /// Counts something, and keeps where it is met first.
    pub fn add(&mut self, group: &str, domain: &str, name: &str, offset: u64, length: u64) {
        let next = self.groups.len();
        let group = match self.groups.get(group) {
            Some(group) => *group,
            None if next < KEYS => *self.groups.entry(group.to_owned()).or_insert(next),
            None => next,
        };
        let key = (group, domain.to_owned(), name.to_owned());
        if let Some(count) = self.counts.get_mut(&key) {
            count.number += 1;
        } else if self.counts.len() < KEYS {
            self.counts.insert(key, Count { number: 1, offset, length });
        } else {
            self.others += 1;
        }
    }

    /// Lists what was counted, group by group, what is most often first.
    pub fn list(&self, input: &Input<'_>, listing: &'static str, columns: [&str; 4]) -> Result<(), Stop> {
        if self.counts.is_empty() {
            return Ok(());
        }
        let Some(table) = input.table(listing, &columns)? else { return Ok(()) };
        let mut groups: Vec<(&str, usize)> = self.groups.iter().map(|(name, number)| (name.as_str(), *number)).collect();
        groups.sort_by_key(|(_, number)| *number);
        let mut counts: Vec<_> = self.counts.iter().collect();
        counts.sort_by_key(|((group, domain, name), count)| (*group, Reverse(count.number), domain, name));
        for ((group, domain, name), count) in counts {
            let group = groups.get(*group).map_or("", |(name, _)| *name);
            table.row(count.offset, count.length, 0, &[group, domain, name, &count.number.to_string()])?;
        }
        match self.others {
            0 => Ok(()),
            others => table.row(0, 0, 0, &["", "", "(others)", &others.to_string()]),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_counted_is_bounded() {
        let mut counts = Counts::new();
        for number in 0..2 * KEYS as u64 {
            counts.add("graph", "", &number.to_string(), number, 1);
            counts.add("graph", "", "0", number, 1);
        }
        assert_eq!((counts.counts.len(), counts.others), (KEYS, KEYS as u64));
        let zero = counts.counts[&(0, String::new(), "0".to_owned())];
        assert_eq!((zero.number, zero.offset), (2 * KEYS as u64 + 1, 0));
    }
}
