//! Sets of callables, looked up by name.

use super::evaluate::name_field;
use super::names::{Names, prefixes};
use super::pattern::Pattern;
use crate::fact::Fact;
use std::collections::{HashMap, HashSet};
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

/// What of a module is meant, to the letter.
#[derive(Debug)]
enum Letter {
    All,
    Named(HashSet<Box<str>>),
    Matching(Arc<Pattern>),
}

/// The same for packs that read names as they are written: no aliases, no attributes, and a module is not what lies below it unless that is said (`os.**`).
#[derive(Debug)]
pub struct ExactMap<T> {
    entries: HashMap<Box<str>, Vec<(bool, Letter, T)>>,
}

impl<T> Default for ExactMap<T> {
    fn default() -> Self {
        ExactMap { entries: HashMap::new() }
    }
}

impl<T: Copy> ExactMap<T> {
    /// Puts a value in for every callable of a list.
    pub fn insert(&mut self, listed: &Listed, value: T) {
        for (module, members) in &listed.0 {
            let (module, below) = below(module);
            let letter = match members {
                Members::All => Letter::All,
                Members::Named(names) => Letter::Named(names.iter().map(|name| name.as_str().into()).collect()),
                Members::Matching(pattern) => Letter::Matching(pattern.clone()),
            };
            self.entries.entry(module.into()).or_default().push((below, letter, value));
        }
    }

    /// Calls `found` with the values of every entry that a name falls under; `false` ends it.
    pub fn each(&self, (module, name): (&str, &str), mut found: impl FnMut(T) -> bool) {
        if self.entries.is_empty() {
            return;
        }
        for (prefix, rest) in prefixes(module) {
            for (below, letter, value) in self.entries.get(prefix).into_iter().flatten() {
                let meant = match letter {
                    Letter::All => true,
                    Letter::Named(names) => names.contains(name),
                    Letter::Matching(pattern) => pattern.is_match(name),
                };
                if meant && (*below || rest.is_empty()) && !found(*value) {
                    return;
                }
            }
        }
    }
}

/// A module without `.**`, and whether modules below it are meant too.
pub fn below(module: &str) -> (&str, bool) {
    module.strip_suffix(".**").map_or((module, false), |module| (module, true))
}

/// Module and name of a fact as they stand in the file.
pub fn written(fact: &Fact) -> (&str, &str) {
    let module = fact.text("written_module").or_else(|| fact.text("module")).unwrap_or_default();
    let name = fact.text("written_name").or_else(|| fact.text(name_field(fact)?)).unwrap_or_default();
    (module, name)
}

/// A list and its lookup, which is made when it is first asked: most lists are looked up in the index of all rules only.
#[derive(Debug)]
pub struct NameSet {
    /// As it was listed.
    pub listed: Listed,
    /// Whether names are read as they are written.
    pub exact: bool,
    map: OnceLock<Map>,
}

#[derive(Debug)]
enum Map {
    Read(NameMap<()>),
    Exact(ExactMap<()>),
}

impl NameSet {
    /// Of a list.
    pub fn new(listed: Listed, exact: bool) -> Self {
        NameSet { listed, exact, map: OnceLock::new() }
    }

    /// Whether a callable is in it: `written` as the file has it, `readings` what that may mean.
    pub fn contains(&self, names: &Names, written: (&str, &str), readings: impl FnOnce() -> Vec<String>) -> bool {
        let map = self.map.get_or_init(|| {
            if self.exact {
                let mut map = ExactMap::default();
                map.insert(&self.listed, ());
                return Map::Exact(map);
            }
            let mut map = NameMap::default();
            map.insert(names, &self.listed, ());
            Map::Read(map)
        });
        match map {
            Map::Read(map) => map.contains(&readings()),
            Map::Exact(map) => {
                let mut any = false;
                map.each(written, |()| {
                    any = true;
                    false
                });
                any
            }
        }
    }
}
