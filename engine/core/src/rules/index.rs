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
    fields: hash::Table<String, hash::Table<String, hash::Table<Str, Vec<u32>>>>,
    kinds: hash::Table<String, Vec<u32>>,
    rest: Vec<u32>,
}

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

    /// Adds a rule by its condition.
    pub fn add(&mut self, names: &Names, condition: &Condition, rule: u32) {
        let parts = condition.parts();
        if let Some(set) = listed(condition) {
            match set.exact {
                true => self.written.insert(&set.listed, rule),
                false => self.names.insert(names, &set.listed, rule),
            }
            return;
        }
        let kinds = parts.iter().find_map(|part| match part {
            Condition::Kind(kinds) => Some(kinds),
            _ => None,
        });
        if let Some(kinds) = kinds {
            for kind in kinds {
                match parts.iter().find_map(|part| part.texts().filter(|(field, _)| !may_be_omitted(kind, field))) {
                    Some((field, texts)) => {
                        let by_text = self.fields.entry(kind.clone()).or_default().entry(field.to_owned()).or_default();
                        texts.iter().for_each(|text| by_text.entry(text.clone()).or_default().push(rule));
                    }
                    _ => self.kinds.entry(kind.clone()).or_default().push(rule),
                }
            }
            return;
        }
        // Alternatives hang each on its own; one of them has to hold, whatever else is asked.
        if let Some(alternatives) = parts.iter().find_map(|part| match part {
            Condition::Any(alternatives) => Some(alternatives),
            _ => None,
        }) {
            alternatives.iter().for_each(|alternative| self.add(names, alternative, rule));
            return;
        }
        self.rest.push(rule);
    }

    /// Whether a rule asks for the files themselves.
    pub fn asks_for_files(&self) -> bool {
        self.kinds.contains_key(FILE) || self.fields.contains_key(FILE)
    }

    /// Numbers of the rules that may match, in order. `turn` is that of what the fact names.
    pub fn candidates(&self, names: &Names, fact: &Fact, turn: Option<Turn<'_>>, named: &mut Latest<Vec<u32>>, found: &mut Vec<u32>) {
        found.clear();
        // What the engine itself says of files is for rules that ask for it.
        if fact.kind != FILE {
            found.extend(&self.rest);
        }
        found.extend(self.kinds.get(&fact.kind).into_iter().flatten());
        if let Some(turn) = turn {
            found.extend_from_slice(named.get(turn, || self.named(names, turn.callable)));
        }
        for (field, by_text) in self.fields.get(&fact.kind).into_iter().flatten() {
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
        found.sort_unstable();
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

/// The callables that a condition lists.
fn listed(condition: &Condition) -> Option<&NameSet> {
    condition.parts().iter().find_map(|part| match part {
        Condition::Globals(set) => Some(&**set),
        _ => None,
    })
}
