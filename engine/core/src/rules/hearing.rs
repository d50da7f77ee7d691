//! One file before all who judge it: whether a rule holds for a fact is the same for everybody.

use super::allow::Meant;
use super::around::Surroundings;
use super::callable::{Latest, Turn};
use super::catalogue::Catalogue;
use super::evaluate::Scene;
use super::join::{Found, Join, Keys, Scope, shown};
use super::names::Names;
use super::pack::Rule;
use crate::fact::Fact;
use crate::record::FileFacts;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

/// Whether a rule holds for a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    No,
    Yes,
    /// Its condition does, and the rest is for other files of the artifact to say.
    Waits,
}

/// A catalogue, by where it is held, and its entries that a callable falls under.
type Catalogued<'a> = (usize, Vec<Meant<'a>>);

/// A file, and what has been looked up of it.
pub struct Hearing<'a> {
    pub names: &'a Names,
    pub file: &'a FileFacts,
    pub surroundings: &'a Surroundings<'a>,
    /// For what denies.
    pub deny: Scene<'a>,
    /// For what admits.
    pub admit: Scene<'a>,
    /// What joins may find, for those that asked: by rule (where it is held), number of the join, and scope.
    found: RefCell<HashMap<(usize, usize, Scope), Found>>,
    /// Positions of the file's facts by their kind.
    kinds: OnceCell<Vec<(&'a str, Vec<usize>)>>,
    /// What each catalogue says of the callable that was looked up last.
    catalogued: RefCell<Latest<Vec<Catalogued<'a>>>>,
}

impl<'a> Hearing<'a> {
    /// Of a file.
    pub fn new(names: &'a Names, file: &'a FileFacts, surroundings: &'a Surroundings<'a>) -> Self {
        let deny = Scene { file, surroundings, names, assume: true };
        Hearing {
            names,
            file,
            surroundings,
            deny,
            admit: Scene { assume: false, ..deny },
            found: RefCell::default(),
            kinds: OnceCell::default(),
            catalogued: RefCell::default(),
        }
    }

    /// Whether a rule holds for a fact that it was found for.
    pub fn holds(&self, rule: &Rule, fact: &'a Fact) -> Holds {
        let waits = rule.scope == Scope::Artifact && self.surroundings.around.artifact.is_some();
        if !waits && rule.joins.iter().any(|join| self.finds_nothing(join, rule.scope)) {
            return Holds::No;
        }
        if !self.deny.holds_beside_names(&rule.condition, fact) {
            return Holds::No;
        }
        if waits {
            return Holds::Waits;
        }
        let joined = rule.joins.iter().enumerate().all(|(number, join)| self.joined(rule, number, join, fact).is_some());
        if joined { Holds::Yes } else { Holds::No }
    }

    /// Whether nothing is there that a join could find, where it wants something.
    fn finds_nothing(&self, join: &Join, scope: Scope) -> bool {
        let beside = |kind: &str| kind == "member" && scope == Scope::Artifact && !self.surroundings.around.beside.is_empty();
        !join.absent && join.kinds().iter().all(|kind| kind != "file" && !beside(kind) && self.of_kind(kind).is_empty())
    }

    /// What a join of a rule finds for a fact, within the file and what is known to lie beside it.
    pub fn joined(&self, rule: &Rule, number: usize, join: &Join, fact: &Fact) -> Option<String> {
        let keys = join.keys(fact);
        // A folder may hold thousands of files: those of one name are looked up, and nothing is made of the others.
        if let Some(names) = join.names(fact).filter(|_| rule.scope == Scope::Artifact && !join.absent) {
            let mut found = Found::default();
            for member in names.iter().flat_map(|name| self.surroundings.members_named(name)) {
                if join.means(self.deny, &member) {
                    found.add(member.id, join.other_keys(&member), || shown(&member));
                }
            }
            if let Some(shown) = found.answers(join, fact.id, &keys) {
                return Some(shown.to_owned());
            }
            return self.found_by(rule, number, join, Scope::File, fact, &keys);
        }
        self.found_by(rule, number, join, rule.scope, fact, &keys)
    }

    /// What a join finds among all facts of its kinds within a scope.
    fn found_by(&self, rule: &Rule, number: usize, join: &Join, scope: Scope, fact: &Fact, keys: &Keys) -> Option<String> {
        let mut tables = self.found.borrow_mut();
        let found = tables.entry((std::ptr::from_ref(rule).addr(), number, scope)).or_insert_with(|| {
            let mut found = Found::default();
            self.others(join, scope, |other| found.add(other.id, join.other_keys(other), || shown(other)));
            found
        });
        found.answers(join, fact.id, keys).map(str::to_owned)
    }

    /// Calls `each` with the facts that a join may find.
    pub fn others(&self, join: &Join, scope: Scope, mut each: impl FnMut(&Fact)) {
        let kinds = join.kinds();
        let of = |kind: &str| kinds.iter().any(|known| known == kind);
        let files: &[Fact] = if of("file") { self.surroundings.files() } else { &[] };
        let beside: &[Fact] = if of("member") && scope == Scope::Artifact { self.surroundings.members() } else { &[] };
        let mut inside: Vec<usize> = kinds.iter().flat_map(|kind| self.of_kind(kind)).copied().collect();
        inside.sort_unstable();
        inside.dedup();
        let facts = inside.into_iter().map(|at| &self.file.facts[at]).chain(files).chain(beside);
        facts.filter(|fact| join.means(self.deny, fact)).for_each(&mut each);
    }

    /// Positions of the file's facts of a kind.
    fn of_kind(&self, kind: &str) -> &[usize] {
        let known = self.kinds.get_or_init(|| {
            // There are few kinds, and facts of one mostly follow each other.
            let mut known: Vec<(&str, Vec<usize>)> = Vec::new();
            let mut last = 0;
            for (at, fact) in self.file.facts.iter().enumerate() {
                if known.get(last).is_none_or(|(kind, _)| *kind != fact.kind) {
                    last = known.iter().position(|(kind, _)| *kind == fact.kind).unwrap_or(known.len());
                    if last == known.len() {
                        known.push((&fact.kind, Vec::new()));
                    }
                }
                known[last].1.push(at);
            }
            known
        });
        known.iter().find(|(known, _)| *known == kind).map_or(&[], |(_, at)| at)
    }

    /// Asks what a catalogue has of a callable.
    pub fn catalogued<T>(&self, turn: Turn<'_>, catalogue: &'a Arc<Catalogue>, ask: impl FnOnce(&[Meant<'a>]) -> T) -> T {
        let mut latest = self.catalogued.borrow_mut();
        let known = latest.get(turn, Vec::new);
        let key = Arc::as_ptr(catalogue).addr();
        let at = known.iter().position(|(of, _)| *of == key).unwrap_or_else(|| {
            known.push((key, catalogue.meaning(self.names, turn.callable)));
            known.len() - 1
        });
        ask(&known[at].1)
    }
}
