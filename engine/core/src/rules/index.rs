//! Finding the rules that a fact may match, without trying them all.
//!
//! Every rule hangs on the narrowest thing that its condition pins down: callables by name, else one exact text of one
//! field, else a kind, else the same of each of its alternatives, else nothing.

use super::callable::{Callable, Latest, Turn};
use super::condition::Condition;
use super::evaluate::{may_be_omitted, readings};
use super::hash;
use super::name_map::{ExactMap, NameMap, NameSet};
use super::names::Names;
use super::text::Str;
use crate::fact::{Fact, Value};

/// The kind of facts that the engine makes of files.
const FILE: &str = "file";

/// Rules by what they pin down; rules are numbers, in order.
#[derive(Debug, Default)]
pub struct Index {
    names: NameMap<u32>,
    written: ExactMap<u32>,
    kinds: hash::Table<String, OfKind>,
    rest: Vec<u32>,
    /// The kinds that each rule asks for, as bits.
    asked: Vec<u64>,
}

/// What hangs on a kind.
#[derive(Debug, Default)]
struct OfKind {
    bit: u64,
    rules: Vec<u32>,
    by_text: Vec<(String, hash::Table<Str, Vec<u32>>)>,
}

/// Facts of any kind are asked for.
const ANY: u64 = u64::MAX;

impl Index {
    /// Makes room for the names that rules list, at once: a table that grows is made anew each time.
    pub fn reserve<'c>(&mut self, conditions: impl Iterator<Item = &'c Condition>) {
        let (mut read, mut exact) = (0, 0);
        for set in conditions.filter_map(listed) {
            *(if set.exact { &mut exact } else { &mut read }) += set.listed.0.len();
        }
        self.names.reserve(read);
        self.written.reserve(exact);
    }

    /// Adds a rule by its condition; rules are added in the order of their numbers.
    pub fn add(&mut self, names: &Names, condition: &Condition, rule: u32) {
        let kinds = condition.kinds();
        let bits = kinds.map_or(ANY, |kinds| kinds.iter().fold(0, |bits, kind| bits | self.bit(kind)));
        self.asked.resize(rule as usize, ANY);
        self.asked.push(bits);
        self.hang(names, condition, rule);
    }

    /// The bit of a kind. Where more kinds are asked for than there are bits, the last ones have all.
    fn bit(&mut self, kind: &str) -> u64 {
        if let Some(known) = self.kinds.get(kind) {
            return known.bit;
        }
        let bit = 1_u64.checked_shl(self.kinds.len() as u32).unwrap_or(ANY);
        self.kinds.insert(kind.to_owned(), OfKind { bit, ..OfKind::default() });
        bit
    }

    fn hang(&mut self, names: &Names, condition: &Condition, rule: u32) {
        if let Some(set) = listed(condition) {
            match set.exact {
                true => self.written.insert(&set.listed, rule),
                false => self.names.insert(names, &set.listed, rule),
            }
            return;
        }
        let parts = condition.parts();
        let alternatives = parts.iter().filter_map(|part| if let Condition::Any(alternatives) = part { Some(alternatives) } else { None });
        let named = alternatives.clone().find(|alternatives| alternatives.iter().all(|alternative| listed(alternative).is_some()));
        let Some(kinds) = condition.kinds() else {
            // Alternatives hang each on its own; one of them has to hold, whatever else is asked.
            match named.or(alternatives.clone().next()) {
                Some(alternatives) => alternatives.iter().for_each(|alternative| self.hang(names, alternative, rule)),
                None => self.rest.push(rule),
            }
            return;
        };
        let mut by_name = false;
        for kind in kinds {
            let text = parts.iter().find_map(|part| part.texts().filter(|(field, _)| !may_be_omitted(kind, field)));
            self.bit(kind);
            let Some(of_kind) = self.kinds.get_mut(kind) else { continue };
            match text {
                Some((field, texts)) => texts.iter().for_each(|text| of_kind.table(field).entry(text.clone()).or_default().push(rule)),
                None if named.is_some() => by_name = true,
                None => of_kind.rules.push(rule),
            }
        }
        if let Some(alternatives) = named.filter(|_| by_name) {
            alternatives.iter().for_each(|alternative| self.hang(names, alternative, rule));
        }
    }

    /// Whether a rule asks for the files themselves.
    pub fn asks_for_files(&self) -> bool {
        self.kinds.get(FILE).is_some_and(|files| !files.rules.is_empty() || !files.by_text.is_empty())
    }

    /// Numbers of the rules that may match, in order. `turn` is that of what the fact names.
    pub fn candidates(&self, names: &Names, fact: &Fact, turn: Option<Turn<'_>>, named: &mut Latest<Vec<u32>>, found: &mut Vec<u32>) {
        found.clear();
        let of_kind = self.kinds.get(&fact.kind);
        // What the engine itself says of files is for rules that ask for it.
        if fact.kind != FILE {
            found.extend(&self.rest);
        }
        if let Some(turn) = turn {
            let bit = of_kind.map_or(0, |of_kind| of_kind.bit);
            let asks = |rule: &&u32| self.asked.get(**rule as usize).is_none_or(|asked| *asked == ANY || asked & bit != 0);
            found.extend(named.get(turn, || self.named(names, turn.callable)).iter().filter(asks));
        }
        found.extend(of_kind.into_iter().flat_map(|of_kind| &of_kind.rules));
        for (field, by_text) in of_kind.into_iter().flat_map(|of_kind| &of_kind.by_text) {
            let mut one = |value: &Value| match value {
                Value::Text(text, _) => found.extend(by_text.get(text.as_str()).into_iter().flatten()),
                Value::U64(n) => found.extend(by_text.get(n.to_string().as_str()).into_iter().flatten()),
                Value::I64(n) => found.extend(by_text.get(n.to_string().as_str()).into_iter().flatten()),
                _ => {}
            };
            match fact.field(field) {
                // A list that was cut may hold it: every rule on this field is tried.
                Some(value @ Value::List(..)) if value.is_truncated() => found.extend(by_text.values().flatten()),
                Some(Value::List(items, _)) => items.iter().for_each(&mut one),
                Some(Value::Bytes(bytes, _)) => one(&Value::text(String::from_utf8_lossy(bytes))),
                Some(value) => one(value),
                None => {}
            }
        }
        if !found.is_sorted() {
            found.sort_unstable();
        }
        found.dedup();
    }

    /// Numbers of the rules that list a callable.
    fn named(&self, names: &Names, callable: Callable<'_>) -> Vec<u32> {
        let mut found = Vec::new();
        let mut push = |rule| {
            found.push(rule);
            true
        };
        if !self.names.is_empty() {
            self.names.each(&readings(names, callable), &mut push);
        }
        self.written.each(callable.written, push);
        found
    }
}

impl OfKind {
    /// Rules by the text of a field.
    fn table(&mut self, field: &str) -> &mut hash::Table<Str, Vec<u32>> {
        let at = self.by_text.iter().position(|(known, _)| known == field).unwrap_or_else(|| {
            self.by_text.push((field.to_owned(), hash::Table::default()));
            self.by_text.len() - 1
        });
        &mut self.by_text[at].1
    }
}

/// The callables that a condition lists.
fn listed(condition: &Condition) -> Option<&NameSet> {
    condition.parts().iter().find_map(|part| match part {
        Condition::Globals(set) => Some(&**set),
        _ => None,
    })
}
