//! Sets of callables, looked up by name.

use super::names::{Names, prefixes};
use super::pattern::Pattern;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// What of a module is meant.
#[derive(Debug, Clone)]
pub enum Members {
    /// The module and everything under it.
    All,
    /// These names, and attributes of them (`eval.__call__`).
    Named(Vec<String>),
    /// Dotted names below the module that match.
    Matching(Arc<Pattern>),
}

/// Callables, as a rule lists them.
#[derive(Debug, Clone, Default)]
pub struct Listed(pub Vec<(String, Members)>);

#[derive(Debug)]
enum How {
    Path,
    Matching(Arc<Pattern>),
}

/// From callables to whatever was put in for them; a lookup costs one hash for each component of a name.
#[derive(Debug)]
pub struct NameMap<T> {
    entries: HashMap<Box<str>, Vec<(How, T)>>,
}

impl<T> Default for NameMap<T> {
    fn default() -> Self {
        NameMap { entries: HashMap::new() }
    }
}

impl<T: Copy> NameMap<T> {
    /// Puts a value in for every callable of a list, under every alias.
    pub fn insert(&mut self, names: &Names, listed: &Listed, value: T) {
        for (module, members) in &listed.0 {
            match members {
                Members::All => self.put(names, module, None, value),
                Members::Named(list) => {
                    for name in list {
                        self.put(names, &format!("{module}.{name}"), None, value);
                    }
                }
                Members::Matching(pattern) => self.put(names, module, Some(pattern), value),
            }
        }
    }

    fn put(&mut self, names: &Names, path: &str, pattern: Option<&Arc<Pattern>>, value: T) {
        for path in names.aliased(path) {
            let how = pattern.map_or(How::Path, |pattern| How::Matching(pattern.clone()));
            self.entries.entry(path.into()).or_default().push((how, value));
        }
    }

    /// Calls `found` with the values of every entry that one of the readings falls under; `false` ends it.
    pub fn each(&self, readings: &[String], mut found: impl FnMut(T) -> bool) {
        for reading in readings {
            for (prefix, rest) in prefixes(reading) {
                for (how, value) in self.entries.get(prefix).into_iter().flatten() {
                    let hit = match how {
                        How::Path => true,
                        How::Matching(pattern) => !rest.is_empty() && pattern.is_match(rest),
                    };
                    if hit && !found(*value) {
                        return;
                    }
                }
            }
        }
    }

    /// Whether one of the readings falls under an entry.
    pub fn contains(&self, readings: &[String]) -> bool {
        let mut any = false;
        self.each(readings, |_| {
            any = true;
            false
        });
        any
    }
}

/// A list and its lookup, which is made when it is first asked: most lists are looked up in the index of all rules only.
#[derive(Debug)]
pub struct NameSet {
    /// As it was listed.
    pub listed: Listed,
    map: OnceLock<NameMap<()>>,
}

impl NameSet {
    /// Of a list.
    pub fn new(listed: Listed) -> Self {
        NameSet { listed, map: OnceLock::new() }
    }

    /// Whether one of the readings is in it.
    pub fn contains(&self, names: &Names, readings: &[String]) -> bool {
        let map = self.map.get_or_init(|| {
            let mut map = NameMap::default();
            map.insert(names, &self.listed, ());
            map
        });
        map.contains(readings)
    }
}
