//! Names of callables: the ways in which one and the same thing can be written.
//!
//! A loader imports a module and then follows attributes, so `collections` `_sys.modules.get` is `sys.modules.get`, and
//! `torch.library` `torch.utils.collect_env.run` is what its tail says. Modules re-export and accelerate each other
//! (`_operator`, `posixpath`, `__builtin__`). A rule that denies is asked for every reading; one that allows only for those
//! that import the same module.

use super::error::{Code, Problem};
use super::hash;
use super::read::{Problems, Table, name_of};
use super::text::{Str, part};
use crate::limits::{COMPONENTS, READINGS};
use std::collections::BTreeMap;

/// What `rules/aliases.toml` says.
#[derive(Debug, Default)]
pub struct Names {
    aliases: hash::Table<Str, Str>,
    /// Packages of which something has an alias.
    renamed: hash::Set<Str>,
    /// What is below a module that has an alias.
    below: hash::Table<Str, Vec<Str>>,
    roots: hash::Set<Str>,
    bare: hash::Set<Str>,
    lists: BTreeMap<String, Vec<Str>>,
}

impl Names {
    pub(super) fn read(mut root: Table<'_>, problems: &mut Problems) -> Self {
        let mut names = Names::default();
        for key in ["modules", "names"] {
            for (alias, value) in root.table(key, problems).map(Table::into_entries).unwrap_or_default() {
                let span = alias.span();
                let alias = alias.into_inner().into_str();
                let Some(target) = name_of(value, "an alias has to be text", problems) else { continue };
                names.renamed.insert(part(&alias, 0..alias.find('.').unwrap_or(alias.len())));
                for (at, _) in alias.match_indices('.') {
                    names.below.entry(part(&alias, 0..at)).or_default().push(part(&alias, at + 1..alias.len()));
                }
                if names.aliases.insert(alias.clone(), target.into_inner()).is_some() {
                    problems.push(Problem::new(Code::Duplicate, span, format!("alias `{alias}` is there twice")));
                }
            }
        }
        if let Some(mut table) = root.table("roots", problems) {
            for key in ["stdlib", "libraries"] {
                let list: Vec<Str> = table.names(key, problems);
                names.roots.extend(list.iter().cloned());
                names.lists.insert(key.to_owned(), list);
            }
            names.bare = table.names("bare", problems).into_iter().collect();
            table.finish(problems);
        }
        names.roots.extend(names.aliases.keys().filter(|alias| !alias.contains('.')).cloned());
        root.finish(problems);
        names
    }

    /// All names that have an alias.
    #[cfg(test)]
    pub(super) fn all_aliases(&self) -> impl Iterator<Item = &str> {
        self.aliases.keys().map(|alias| &**alias)
    }

    /// The lists that every pack may use: `@stdlib`, `@libraries`.
    pub fn lists(&self) -> &BTreeMap<String, Vec<Str>> {
        &self.lists
    }

    /// Every reading of a name, the written one first.
    pub fn readings(&self, module: &str, name: &str) -> Vec<String> {
        let written = join(module, name);
        let mut readings = vec![written];
        // A tail of the name that begins with a module reaches that module, whatever it is reached through.
        let mut start = 0;
        for (at, component) in name.split('.').enumerate().take(COMPONENTS) {
            let bare = component.trim_start_matches('_');
            let rest = &name[(start + component.len()).min(name.len())..];
            for root in [component, bare] {
                let known = self.roots.contains(root) && !root.is_empty();
                // A module by itself is only meant where nothing else is called that (`trace`, `test`, `select` are functions too).
                if known && (!rest.is_empty() || self.bare.contains(root)) && !(module.is_empty() && at == 0 && root == component) {
                    push(&mut readings, format!("{root}{rest}"));
                }
            }
            start += component.len() + 1;
        }
        self.follow(&mut readings);
        readings
    }

    /// Readings that import the same module: the written one and its aliases, without what attributes lead to.
    pub fn imports(&self, module: &str, name: &str) -> Vec<String> {
        let mut readings = vec![join(module, name)];
        self.follow(&mut readings);
        readings
    }

    /// A dotted path and its aliases.
    pub fn aliased(&self, path: &str) -> Vec<String> {
        let mut readings = vec![path.to_owned()];
        self.follow(&mut readings);
        readings
    }

    /// Whether a module, and what `names` say of it, has no alias: then it stands for itself, as most do.
    pub fn is_plain<'n>(&self, module: &str, names: impl Iterator<Item = &'n str>) -> bool {
        // Most modules are of a package of which nothing has one.
        let (root, _) = module.split_once('.').unwrap_or((module, ""));
        !self.renamed.contains(root) || (prefixes(module).all(|(prefix, _)| !self.aliases.contains_key(prefix)) && self.is_plain_below(module, names))
    }

    /// Whether none of the names has an alias of its own, beside those of the module.
    pub fn is_plain_below<'n>(&self, module: &str, mut names: impl Iterator<Item = &'n str>) -> bool {
        let is_below = |tail: &str, name: &str| name.strip_prefix(tail).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        self.below.get(module).is_none_or(|tails| names.all(|name| !tails.iter().any(|tail| is_below(tail, name))))
    }

    fn follow(&self, readings: &mut Vec<String>) {
        let mut at = 0;
        while at < readings.len() && readings.len() < READINGS {
            let found: Vec<String> = prefixes(&readings[at])
                .filter_map(|(prefix, rest)| {
                    let target = self.aliases.get(prefix)?;
                    // One that leads below itself (`dbm` was what is `dbm.ndbm` now) would do so for ever.
                    if target.len() > prefix.len() && prefixes(&readings[at]).any(|(prefix, _)| prefix == target) {
                        return None;
                    }
                    Some(if rest.is_empty() { target.to_string() } else { format!("{target}.{rest}") })
                })
                .collect();
            for reading in found {
                push(readings, reading);
            }
            at += 1;
        }
    }
}

fn push(readings: &mut Vec<String>, reading: String) {
    if readings.len() < READINGS && !readings.contains(&reading) {
        readings.push(reading);
    }
}

fn join(module: &str, name: &str) -> String {
    match (module.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => module.to_owned(),
        _ => format!("{module}.{name}"),
    }
}

/// Every leading run of components, from the whole path down, and what follows it.
pub fn prefixes(path: &str) -> impl Iterator<Item = (&str, &str)> {
    // Written out: every start of the program asks this some ten thousand times.
    let (mut from, mut left) = (Some(0), COMPONENTS);
    std::iter::from_fn(move || {
        let start = from?;
        let dot = path.as_bytes()[start..].iter().position(|&byte| byte == b'.').filter(|_| left > 0);
        left = left.saturating_sub(1);
        from = dot.map(|dot| start + dot + 1);
        Some(from.map_or((path, ""), |next| (&path[..next - 1], &path[next..])))
    })
}
