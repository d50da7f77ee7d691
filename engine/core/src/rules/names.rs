//! Names of callables: the ways in which one and the same thing can be written.
//!
//! A loader imports a module and then follows attributes, so `collections` `_sys.modules.get` is `sys.modules.get`, and
//! `torch.library` `torch.utils.collect_env.run` is what its tail says. Modules re-export and accelerate each other
//! (`_operator`, `posixpath`, `__builtin__`). A rule that denies is asked for every reading; one that allows only for those
//! that import the same module.

use super::error::{Code, Problem};
use super::read::{Problems, Table, text_of};
use crate::limits::{COMPONENTS, READINGS};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What `rules/aliases.toml` says.
#[derive(Debug, Default)]
pub struct Names {
    aliases: HashMap<String, String>,
    roots: HashSet<String>,
    bare: HashSet<String>,
    lists: BTreeMap<String, Vec<String>>,
}

impl Names {
    pub(super) fn read(mut root: Table<'_>, problems: &mut Problems) -> Self {
        let mut names = Names::default();
        for key in ["modules", "names"] {
            for (alias, value) in root.table(key, problems).map(Table::into_entries).unwrap_or_default() {
                let span = alias.span();
                let alias = alias.into_inner().into_owned();
                let Some(target) = text_of(value, "an alias has to be text", problems) else { continue };
                if names.aliases.insert(alias.clone(), target.into_inner()).is_some() {
                    problems.push(Problem::new(Code::Duplicate, span, format!("alias `{alias}` is there twice")));
                }
            }
        }
        if let Some(mut table) = root.table("roots", problems) {
            for key in ["stdlib", "libraries"] {
                let list: Vec<String> = table.texts(key, problems).into_iter().map(toml::Spanned::into_inner).collect();
                names.roots.extend(list.iter().cloned());
                names.lists.insert(key.to_owned(), list);
            }
            names.bare = table.texts("bare", problems).into_iter().map(toml::Spanned::into_inner).collect();
            table.finish(problems);
        }
        names.roots.extend(names.aliases.keys().filter(|alias| !alias.contains('.')).cloned());
        root.finish(problems);
        names
    }

    /// The lists that every pack may use: `@stdlib`, `@libraries`.
    pub fn lists(&self) -> &BTreeMap<String, Vec<String>> {
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

    fn follow(&self, readings: &mut Vec<String>) {
        let mut at = 0;
        while at < readings.len() && readings.len() < READINGS {
            let found: Vec<String> = prefixes(&readings[at])
                .filter_map(|(prefix, rest)| {
                    let target = self.aliases.get(prefix)?;
                    Some(if rest.is_empty() { target.clone() } else { format!("{target}.{rest}") })
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
    let cut = path.char_indices().filter(|&(_, c)| c == '.').map(|(at, _)| at).take(COMPONENTS);
    cut.map(move |at| (&path[..at], &path[at + 1..])).chain(std::iter::once((path, "")))
}
