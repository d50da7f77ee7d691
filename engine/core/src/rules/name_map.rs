//! Sets of callables, looked up by name.

use super::evaluate::name_field;
use super::hash;
use super::names::{Names, prefixes};
use super::pattern::Pattern;
use super::text::Str;
use crate::fact::Fact;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// Names of one list that are looked through one by one; more are put in order first.
const FEW: usize = 12;

/// What of a module is meant.
#[derive(Debug, Clone)]
pub enum Members {
    /// The module and everything under it.
    All,
    /// These names, and attributes of them (`eval.__call__`).
    Named(Arc<[Str]>),
    /// These, with a space between them: names of built-in packs, which are not taken apart before they are asked for.
    Joined(&'static str),
    /// Dotted names below the module that match.
    Matching(Arc<Pattern>),
}

impl Members {
    /// One name.
    pub fn one(name: Str) -> Self {
        match name {
            Str::Borrowed(name) => Members::Joined(name),
            Str::Owned(_) => Members::Named([name].into()),
        }
    }

    /// The names that are listed.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        let (named, joined): (&[Str], &str) = match self {
            Members::Named(names) => (names, ""),
            Members::Joined(names) => (&[], names),
            Members::All | Members::Matching(_) => (&[], ""),
        };
        named.iter().map(|name| &**name).chain(joined.split(' ').filter(|name| !name.is_empty()))
    }
}

/// Callables, as a rule lists them.
#[derive(Debug, Clone, Default)]
pub struct Listed(pub Vec<(Str, Members)>);

/// Names that are looked up.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// As they were listed.
    Few(Arc<[Str]>),
    /// In order.
    Sorted(Box<[Str]>),
    /// With a space between them.
    Joined(&'static str),
}

impl Lookup {
    /// Of a list.
    pub fn new(names: &Arc<[Str]>) -> Self {
        if names.len() <= FEW {
            return Lookup::Few(names.clone());
        }
        let mut sorted: Box<[Str]> = names.iter().cloned().collect();
        sorted.sort_unstable();
        Lookup::Sorted(sorted)
    }

    /// Whether a name is listed.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Lookup::Few(names) => names.iter().any(|known| known == name),
            Lookup::Joined(names) => names.split(' ').any(|known| known == name),
            Lookup::Sorted(names) => names.binary_search_by(|known| known.as_ref().cmp(name)).is_ok(),
        }
    }
}

#[derive(Debug)]
enum How {
    Path,
    Named(Lookup),
    Matching(Arc<Pattern>),
}

impl How {
    fn of(members: &Members) -> Self {
        match members {
            Members::All => How::Path,
            Members::Named(list) => How::Named(Lookup::new(list)),
            Members::Joined(list) => How::Named(Lookup::Joined(list)),
            Members::Matching(pattern) => How::Matching(pattern.clone()),
        }
    }
}

/// What was put in under one path.
#[derive(Debug)]
struct Slot<T> {
    how: How,
    value: T,
    /// Another one under the same path, by number.
    next: Option<u32>,
}

/// From callables to whatever was put in for them; a lookup costs one hash for each component of a name.
#[derive(Debug)]
pub struct NameMap<T> {
    /// The last slot under each path.
    paths: hash::Table<Str, u32>,
    slots: Vec<Slot<T>>,
}

impl<T> Default for NameMap<T> {
    fn default() -> Self {
        NameMap { paths: hash::Table::default(), slots: Vec::new() }
    }
}

impl<T: Copy> NameMap<T> {
    /// Makes room for so many modules.
    pub fn reserve(&mut self, modules: usize) {
        self.paths.reserve(modules);
        self.slots.reserve(modules);
    }

    /// Puts a value in for every callable of a list, under every alias.
    pub fn insert(&mut self, names: &Names, listed: &Listed, value: T) {
        for (module, members) in &listed.0 {
            if names.is_plain(module, members.names()) {
                self.put(module.clone(), How::of(members), value);
                continue;
            }
            let modules = names.aliased(module);
            if modules.iter().all(|module| names.is_plain_below(module, members.names())) {
                modules.into_iter().for_each(|module| self.put(module.into(), How::of(members), value));
            } else {
                let paths = members.names().flat_map(|name| names.aliased(&format!("{module}.{name}")));
                paths.for_each(|path| self.put(path.into(), How::Path, value));
            }
        }
    }

    fn put(&mut self, path: Str, how: How, value: T) {
        let at = self.slots.len() as u32;
        let next = self.paths.insert(path, at);
        self.slots.push(Slot { how, value, next });
    }

    fn under(&self, path: &str) -> impl Iterator<Item = &Slot<T>> {
        let slot = |at: u32| &self.slots[at as usize];
        std::iter::successors(self.paths.get(path).map(|&at| slot(at)), move |last| last.next.map(slot))
    }

    /// Whether nothing was put in.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Calls `found` with the values of every entry that one of the readings falls under; `false` ends it.
    pub fn each(&self, readings: &[String], mut found: impl FnMut(T) -> bool) {
        for reading in readings {
            for (prefix, rest) in prefixes(reading) {
                for slot in self.under(prefix) {
                    let hit = match &slot.how {
                        How::Path => true,
                        How::Named(names) => !rest.is_empty() && prefixes(rest).any(|(name, _)| names.contains(name)),
                        How::Matching(pattern) => !rest.is_empty() && pattern.is_match(rest),
                    };
                    if hit && !found(slot.value) {
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
    Named(Lookup),
    Matching(Arc<Pattern>),
}

/// The same for packs that read names as they are written: no aliases, no attributes, and a module is not what lies below it unless that is said (`os.**`).
#[derive(Debug)]
pub struct ExactMap<T> {
    entries: hash::Table<Str, Vec<(bool, Letter, T)>>,
}

impl<T> Default for ExactMap<T> {
    fn default() -> Self {
        ExactMap { entries: hash::Table::default() }
    }
}

impl<T: Copy> ExactMap<T> {
    /// Makes room for so many modules.
    pub fn reserve(&mut self, modules: usize) {
        self.entries.reserve(modules);
    }

    /// Puts a value in for every callable of a list.
    pub fn insert(&mut self, listed: &Listed, value: T) {
        for (module, members) in &listed.0 {
            let (module, below) = below(module);
            let letter = match members {
                Members::All => Letter::All,
                Members::Named(names) => Letter::Named(Lookup::new(names)),
                Members::Joined(names) => Letter::Named(Lookup::Joined(names)),
                Members::Matching(pattern) => Letter::Matching(pattern.clone()),
            };
            self.entries.entry(module.to_owned().into()).or_default().push((below, letter, value));
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
    pub fn contains<R: Deref<Target = [String]>>(&self, names: &Names, written: (&str, &str), readings: impl FnOnce() -> R) -> bool {
        let map = self.map.get_or_init(|| {
            if self.exact {
                let mut map = ExactMap::default();
                map.reserve(self.listed.0.len());
                map.insert(&self.listed, ());
                return Map::Exact(map);
            }
            let mut map = NameMap::default();
            map.reserve(self.listed.0.len());
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
