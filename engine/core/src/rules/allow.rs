//! What an allowlist admits.

use super::callable::Callable;
use super::catalogue::Catalogue;
use super::condition::Condition;
use super::evaluate::Scene;
use super::hash;
use super::names::{Names, prefixes};
use super::pattern::Pattern;
use super::text::Str;
use crate::fact::{Fact, Value};
use std::sync::Arc;

/// Which calls of a name are admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// None: the name may be imported.
    Never,
    /// Those that make an object without running its constructor (`NEWOBJ`, `NEWOBJ_EX`).
    New,
    /// All.
    Any,
}

/// Which names of a module are meant.
#[derive(Debug)]
pub enum Admitted {
    /// Every name without a dot.
    All,
    /// These, in order.
    Named(Box<[Str]>),
    /// Those that match.
    Matching(Arc<Pattern>),
}

impl Admitted {
    /// Names that are listed.
    pub fn named(mut names: Vec<Str>) -> Self {
        names.sort_unstable();
        names.dedup();
        Admitted::Named(names.into())
    }
}

/// An entry of an allowlist.
#[derive(Debug)]
pub struct AllowEntry {
    /// The pack that it stands in.
    pub pack: Arc<str>,
    /// The module, without `.**`.
    pub module: String,
    /// Whether modules below it are meant too.
    pub below: bool,
    /// Whether names are read as they are written.
    pub exact: bool,
    /// Which calls.
    pub calls: Calls,
    /// The library that it belongs to; may be empty.
    pub library: String,
    /// Why it is admitted.
    pub reason: String,
    /// Files in which it was seen when it was learned.
    pub seen_in: Vec<String>,
    pub(super) names: Admitted,
    pub(super) when: Option<Condition>,
}

/// Opcodes that make an object by `__new__` alone.
const NEW: &[&str] = &["NEWOBJ", "NEWOBJ_EX"];

/// Opcodes of protocol 0 and 1 that do so where they have no arguments.
const NEW_WITHOUT_ARGUMENTS: &[&str] = &["INST", "OBJ"];

impl AllowEntry {
    /// Whether a dotted name below its module is meant; `Some(true)` where it is so in full, `Some(false)` where it is an
    /// attribute of a name that is meant: such a one may be imported, not called.
    fn covers(&self, name: &str) -> Option<bool> {
        let meant = |name: &str| match &self.names {
            Admitted::All => !name.contains('.'),
            Admitted::Named(names) => names.binary_search_by(|known| known.as_ref().cmp(name)).is_ok(),
            Admitted::Matching(pattern) => pattern.is_match(name),
        };
        if meant(name) || (self.exact && matches!(self.names, Admitted::All)) {
            return Some(true);
        }
        if self.exact {
            return None;
        }
        prefixes(name).any(|(prefix, rest)| !rest.is_empty() && meant(prefix)).then_some(false)
    }

    fn admits_call(&self, fact: &Fact) -> bool {
        match self.calls {
            Calls::Never => false,
            Calls::New => makes_only(fact),
            Calls::Any => true,
        }
    }
}

/// Whether a call makes an object and runs no constructor.
pub fn makes_only(fact: &Fact) -> bool {
    fact.text("opcode").is_some_and(|opcode| {
        let bare = || fact.field("args").and_then(Value::as_list).is_some_and(<[Value]>::is_empty);
        NEW.contains(&opcode) || (NEW_WITHOUT_ARGUMENTS.contains(&opcode) && bare())
    })
}

/// Allow entries and their lookup.
#[derive(Debug, Default, Clone)]
pub struct AllowList {
    entries: Vec<Arc<AllowEntry>>,
    /// Module of entries that list names.
    listed: hash::Table<Box<str>, Vec<u32>>,
    /// `module.name` of such entries, where a part of it has an alias.
    exact: hash::Table<Box<str>, Vec<u32>>,
    /// Module of entries that do not list names.
    modules: hash::Table<Box<str>, Vec<u32>>,
    /// Module of entries that are read as they are written.
    written: hash::Table<Box<str>, Vec<u32>>,
    catalogues: Vec<Arc<Catalogue>>,
}

impl AllowList {
    /// Adds an entry.
    pub fn push(&mut self, names: &Names, entry: Arc<AllowEntry>) {
        let id = self.entries.len() as u32;
        if entry.exact {
            self.written.entry(entry.module.as_str().into()).or_default().push(id);
            self.entries.push(entry);
            return;
        }
        match &entry.names {
            Admitted::Named(list) if !entry.below && names.is_plain(&entry.module, list.iter().map(|name| &**name)) => {
                self.listed.entry(entry.module.as_str().into()).or_default().push(id);
            }
            Admitted::Named(list) if !entry.below => {
                for name in list {
                    for path in names.aliased(&format!("{}.{name}", entry.module)) {
                        self.exact.entry(path.into()).or_default().push(id);
                    }
                }
            }
            _ => {
                for module in names.aliased(&entry.module) {
                    self.modules.entry(module.into()).or_default().push(id);
                }
            }
        }
        self.entries.push(entry);
    }

    /// Adds a catalogue, which is looked into after the entries.
    pub fn push_catalogue(&mut self, catalogue: Arc<Catalogue>) {
        self.catalogues.push(catalogue);
    }

    /// All catalogues.
    pub fn catalogues(&self) -> &[Arc<Catalogue>] {
        &self.catalogues
    }

    /// All entries.
    pub fn entries(&self) -> &[Arc<AllowEntry>] {
        &self.entries
    }

    /// Entries that list the name of a fact itself.
    pub fn naming(&self, names: &Names, fact: &Fact) -> Vec<&Arc<AllowEntry>> {
        let Some(Callable { read: (module, name), exact: true, .. }) = Callable::of(fact) else { return Vec::new() };
        let paths = names.imports(module, name);
        let exact = paths.iter().flat_map(|path| self.exact.get(path.as_str()).into_iter().flatten());
        let listed = paths.iter().flat_map(|path| self.listing(path).filter(|(_, in_full)| *in_full).map(|(id, _)| id).collect::<Vec<_>>());
        let modules = paths.iter().flat_map(|path| {
            let module = path.strip_suffix(tail(path, name)).map_or("", |module| module.trim_end_matches('.'));
            prefixes(module).flat_map(|(prefix, _)| self.modules.get(prefix).into_iter().flatten()).collect::<Vec<_>>()
        });
        let entries = exact.chain(modules).copied().chain(listed).map(|id| &self.entries[id as usize]);
        entries.filter(|entry| entry.covers(name) == Some(true)).collect()
    }

    /// Entries that list a name in a dotted path, each with whether nothing follows that name.
    fn listing<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (u32, bool)> + 'a {
        let below = prefixes(path).filter(|(_, rest)| !rest.is_empty());
        below.flat_map(|(module, rest)| self.listed.get(module).into_iter().flatten().map(move |&id| (id, rest))).filter_map(|(id, rest)| {
            let Admitted::Named(names) = &self.entries[id as usize].names else { return None };
            let listed = |name: &str| names.binary_search_by(|known| known.as_ref().cmp(name)).is_ok();
            let in_full = listed(rest);
            (in_full || prefixes(rest).any(|(name, _)| listed(name))).then_some((id, in_full))
        })
    }

    /// Entries that a callable falls under, in the order in which they are asked, each with whether it does so in full or as an attribute of what
    /// is listed.
    pub fn meaning(&self, names: &Names, callable: Callable<'_>) -> Vec<Meant<'_>> {
        let mut found = Vec::new();
        if !callable.exact {
            return found;
        }
        let (module, name) = callable.read;
        let entry = |id: u32| &self.entries[id as usize];
        if !self.written.is_empty() {
            let (module, name) = callable.written;
            for (prefix, rest) in prefixes(module) {
                let ids = self.written.get(prefix).into_iter().flatten();
                let entries = ids.map(|&id| entry(id)).filter(|entry| rest.is_empty() || entry.below);
                found.extend(entries.filter_map(|entry| Some((entry, entry.covers(name)?))));
            }
        }
        if self.exact.is_empty() && self.modules.is_empty() && self.listed.is_empty() {
            return found;
        }
        for path in &names.imports(module, name) {
            let tail = tail(path, name);
            found.extend(self.listing(path).map(|(id, in_full)| (entry(id), in_full)));
            for (prefix, rest) in prefixes(path) {
                found.extend(self.exact.get(prefix).into_iter().flatten().map(|&id| (entry(id), rest.is_empty())));
                for entry in self.modules.get(prefix).into_iter().flatten().map(|&id| entry(id)) {
                    // The fact's own split counts: a name below an attribute is no name of a module.
                    if rest.len() >= tail.len() && (entry.below || rest == tail) {
                        found.extend(entry.covers(tail).map(|in_full| (entry, in_full)));
                    }
                }
            }
        }
        found
    }
}

/// An entry that a callable falls under, and whether it does so in full.
pub type Meant<'a> = (&'a Arc<AllowEntry>, bool);

/// The first of some entries that admits a fact. `scene` has to assume the worse, which is `false` here. `conditioned` is set where an entry names
/// the callable under a condition that does not hold: no catalogue, of whichever pack, then admits it.
pub fn admitting<'e>(meant: &[Meant<'e>], scene: Scene<'_>, fact: &Fact, conditioned: &mut bool) -> Option<&'e Arc<AllowEntry>> {
    let mut admits = |entry: &AllowEntry, in_full: bool| {
        let when = || entry.when.as_ref().is_none_or(|when| scene.holds(when, fact));
        let admitted = match fact.kind.as_str() {
            "call" => in_full && entry.admits_call(fact) && when(),
            // What a configuration names is made or called as well, and with which arguments is not known.
            "layer" => in_full && entry.calls == Calls::Any && entry.when.is_none(),
            _ => true,
        };
        *conditioned |= !admitted && in_full && entry.when.is_some();
        admitted
    };
    meant.iter().find(|(entry, in_full)| admits(entry, *in_full)).map(|(entry, _)| *entry)
}

/// The last components of a path, as many as the name has.
fn tail<'p>(path: &'p str, name: &str) -> &'p str {
    let components = name.matches('.').count();
    path.rmatch_indices('.').nth(components).map_or(path, |(at, _)| &path[at + 1..])
}
