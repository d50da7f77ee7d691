//! The facts of one file's scan: equal ones are one, with a count, and their number is bounded.

use crate::fact::{Fact, InputId, Place, Value};
use crate::limits;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Fields that say what a fact is about; the others are dropped once the table is full.
const IDENTITY: &[&str] = &["args_omitted", "module", "name", "code", "opcode", "resolved", "op", "class", "type", "role", "language", "framework"];

/// What became of a fact.
pub(super) enum Merged {
    /// Seen for the first time.
    New(Fact),
    /// Known, and the place is one of the first few.
    Again(u64),
    /// Known, counted only.
    Counted(u64),
    /// There is no room left, not even for what it is about.
    Lost,
}

#[derive(Default)]
pub(super) struct FactTable {
    entries: HashMap<u64, Entry>,
    bytes: usize,
    full: bool,
}

struct Entry {
    fact: Fact,
    count: u64,
    /// Places that are kept.
    kept: usize,
    /// Where it occurred last.
    last: InputId,
}

impl FactTable {
    /// Merges a fact in; its fields need not be sorted.
    pub fn merge(&mut self, kind: String, parent: Option<u64>, fields: Vec<(String, Value)>, place: Place, plugin: &str) -> Merged {
        let mut fact = Fact { id: 0, kind, parent, fields, places: vec![place], count: 1, plugin: plugin.to_owned() };
        fact.fields.sort_by(|a, b| a.0.cmp(&b.0));
        if self.find(&mut fact) {
            return self.merged(fact.id, place.input);
        }
        if !self.has_room(&fact, 1) {
            // From here on, only what a fact is about is kept. Rules treat arguments that are not there as matching.
            self.full = true;
            fact.fields.retain(|(name, _)| IDENTITY.contains(&name.as_str()));
            if fact.kind == "call" {
                fact.fields.insert(0, ("args_omitted".into(), Value::U64(1)));
            }
            if self.find(&mut fact) {
                return self.merged(fact.id, place.input);
            }
            if !self.has_room(&fact, 2) {
                return Merged::Lost;
            }
        }
        self.bytes += size(&fact);
        self.entries.insert(fact.id, Entry { fact: fact.clone(), count: 1, kept: 1, last: place.input });
        Merged::New(fact)
    }

    /// Gives the fact its id, and says whether an equal one has it already.
    fn find(&self, fact: &mut Fact) -> bool {
        fact.id = identify(fact);
        while let Some(Entry { fact: have, .. }) = self.entries.get(&fact.id) {
            if have.kind == fact.kind && have.parent == fact.parent && have.fields == fact.fields && have.plugin == fact.plugin {
                return true;
            }
            // Another fact with the same hash: an attacker can make one, and must not thereby hide a fact.
            fact.id = fact.id.wrapping_add(1).max(1);
        }
        false
    }

    fn has_room(&self, fact: &Fact, times: usize) -> bool {
        self.entries.len() < times * limits::FACTS && self.bytes + size(fact) <= times * limits::FACT_BYTES
    }

    /// Counts further occurrences of a fact in one input: whether the first of them is among the places that are kept. `None` for no such fact.
    pub fn again(&mut self, id: u64, count: u64, input: InputId) -> Option<bool> {
        let entry = self.entries.get_mut(&id)?;
        let elsewhere = input != entry.last && entry.kept < limits::INPUT_PLACES;
        let first = entry.kept < limits::PLACES || elsewhere;
        entry.count = entry.count.saturating_add(count);
        entry.kept += usize::from(first);
        entry.last = input;
        Some(first)
    }

    fn merged(&mut self, id: u64, input: InputId) -> Merged {
        if self.again(id, 1, input) == Some(true) { Merged::Again(id) } else { Merged::Counted(id) }
    }

    /// What says that facts had to be cut to what they are about, or were lost: there is room for this one always.
    pub fn full(&self, place: Place) -> Option<Fact> {
        let fields = vec![("code".into(), Value::Text("limit-facts".into(), 11))];
        let mut fact = Fact { id: 0, kind: "anomaly".into(), parent: None, fields, places: vec![place], count: 1, plugin: "core".into() };
        fact.id = identify(&fact);
        while self.entries.contains_key(&fact.id) {
            fact.id = fact.id.wrapping_add(1).max(1);
        }
        self.full.then_some(fact)
    }

    /// Facts that occurred more than once: id and count, in the order of their ids.
    pub fn counts(&self) -> Vec<(u64, u64)> {
        // One occurrence is the fact's own record; each further place was one more.
        let many = self.entries.iter().filter(|(_, entry)| entry.count > 1);
        let mut counts: Vec<_> = many.map(|(id, entry)| (*id, entry.count)).collect();
        counts.sort_unstable();
        counts
    }
}

fn size(fact: &Fact) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Bytes(bytes, _) => bytes.len(),
            Value::Text(text, _) => text.len(),
            Value::List(items, _) => items.iter().map(|item| of(item) + size_of::<Value>()).sum(),
            _ => 8,
        }
    }
    fact.kind.len() + fact.fields.iter().map(|(name, value)| name.len() + of(value) + size_of::<(String, Value)>()).sum::<usize>()
}

/// The fact's id: a hash of what it says, never 0.
fn identify(fact: &Fact) -> u64 {
    fn hash(value: &Value, state: &mut DefaultHasher) {
        match value {
            Value::U64(n) => (1u8, n).hash(state),
            Value::I64(n) => (2u8, n).hash(state),
            Value::F64(n) => (3u8, n.to_bits()).hash(state),
            Value::Bytes(bytes, full) => (4u8, bytes, full).hash(state),
            Value::Text(text, full) => (5u8, text, full).hash(state),
            Value::List(items, full) => {
                (6u8, items.len(), full).hash(state);
                items.iter().for_each(|item| hash(item, state));
            }
        }
    }
    let mut state = DefaultHasher::new();
    (&fact.kind, fact.parent).hash(&mut state);
    for (name, value) in &fact.fields {
        name.hash(&mut state);
        hash(value, &mut state);
    }
    state.finish().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::InputId;

    fn place(offset: u64) -> Place {
        Place { input: InputId(0), offset, length: 1 }
    }

    fn call(table: &mut FactTable, name: &str, arg: &str, offset: u64) -> Merged {
        let fields = vec![("name".to_owned(), Value::text(name)), ("module".to_owned(), Value::text("os")), ("text".to_owned(), Value::text(arg))];
        table.merge("call".into(), None, fields, place(offset), "pickle")
    }

    #[test]
    fn equal_facts_are_one_with_a_few_places() {
        let mut table = FactTable::default();
        assert!(matches!(call(&mut table, "system", "a", 0), Merged::New(_)));
        for offset in 1..limits::PLACES as u64 {
            assert!(matches!(call(&mut table, "system", "a", offset), Merged::Again(_)));
        }
        assert!(matches!(call(&mut table, "system", "a", 99), Merged::Counted(_)));
        assert!(matches!(call(&mut table, "system", "b", 99), Merged::New(_)));
        assert_eq!(table.counts().iter().map(|c| c.1).collect::<Vec<_>>(), [9]);
    }

    #[test]
    fn each_input_in_which_a_fact_occurs_is_known_however_often_it_does_in_one() {
        let mut table = FactTable::default();
        let mut call = |input: u32, offset: u64| {
            let place = Place { input: InputId(input), offset, length: 1 };
            table.merge("call".into(), None, vec![("name".into(), Value::text("relu"))], place, "pickle")
        };
        (0..100).for_each(|offset| drop(call(0, offset)));
        for input in 1..=(limits::INPUT_PLACES - limits::PLACES) as u32 {
            assert!(matches!(call(input, 0), Merged::Again(_)), "{input}");
            assert!(matches!(call(input, 1), Merged::Counted(_)), "{input}");
        }
        assert!(matches!(call(1_000, 0), Merged::Counted(_)));
    }

    #[test]
    fn past_the_cap_facts_lose_their_arguments_and_never_their_names() {
        let mut table = FactTable::default();
        for i in 0..limits::FACTS {
            call(&mut table, "system", &i.to_string(), 0);
        }
        let place = Place { input: InputId(0), offset: 0, length: 0 };
        assert_eq!(table.full(place), None);
        let Merged::New(fact) = call(&mut table, "popen", "x", 7) else { panic!("it is new") };
        assert_eq!(table.full(place).and_then(|fact| fact.text("code").map(str::to_owned)).as_deref(), Some("limit-facts"));
        assert_eq!((fact.text("name"), fact.text("text")), (Some("popen"), None));
        assert_eq!(fact.field("args_omitted"), Some(&Value::U64(1)));
        assert!(matches!(call(&mut table, "popen", "y", 7), Merged::Again(_)));
        assert!(matches!(call(&mut table, "system", "5", 7), Merged::Again(_)));
    }
}
