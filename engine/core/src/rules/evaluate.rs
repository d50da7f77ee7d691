//! Whether a condition holds for a fact.
//!
//! What is not known (arguments that the host merged away, text that was cut) is taken to be so as it is worse: a rule that
//! denies takes it as matching, an entry that allows as not matching. `assume` is that answer; `not` turns it round.

use super::around::Surroundings;
use super::callable::Callable;
use super::condition::{Condition, Number, Test};
use super::name_map::written;
use super::names::Names;
use super::pattern::glob;
use crate::fact::{Fact, Value};
use crate::limits::{INPUT_PLACES, PARENTS};
use crate::record::FileFacts;

/// Fields of a call that are not given where `args_omitted` is 1.
const OMITTED: &[&str] = &["args", "text", "arg_globals", "folded"];

/// Kinds of facts whose text describes, and does nothing by itself.
const DESCRIPTIVE: &[&str] = &["metadata", "text"];

/// What conditions are evaluated against.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Where parents are found.
    pub file: &'a FileFacts,
    /// Where the file lies, and what it is.
    pub surroundings: &'a Surroundings<'a>,
    /// How names are read.
    pub names: &'a Names,
    /// The answer to what is not known.
    pub assume: bool,
}

impl<'a> Scene<'a> {
    fn opposite(self) -> Self {
        Scene { assume: !self.assume, ..self }
    }

    /// Whether `condition` holds for `fact`.
    pub fn holds(self, condition: &Condition, fact: &'a Fact) -> bool {
        self.holds_at(condition, fact, PARENTS)
    }

    /// Whether what a condition asks beside its list of callables holds, for a fact that was found by that list.
    pub fn holds_beside_names(self, condition: &Condition, fact: &'a Fact) -> bool {
        let parts = condition.parts();
        let anchor = parts.iter().position(|part| matches!(part, Condition::Globals(_)));
        parts.iter().enumerate().all(|(at, part)| Some(at) == anchor || self.holds(part, fact))
    }

    fn holds_at(self, condition: &Condition, fact: &'a Fact, parents: usize) -> bool {
        match condition {
            Condition::All(all) => all.iter().all(|condition| self.holds_at(condition, fact, parents)),
            Condition::Any(any) => any.iter().any(|condition| self.holds_at(condition, fact, parents)),
            Condition::Not(inner) => !self.opposite().holds_at(inner, fact, parents),
            Condition::Kind(kinds) => kinds.contains(&fact.kind),
            Condition::Parent(inner) => match fact.parent.and_then(|id| self.file.fact(id)) {
                Some(parent) if parents > 0 => self.holds_at(inner, parent, parents - 1),
                Some(_) => self.assume,
                None => false,
            },
            Condition::Within(inner) => self.within(inner, fact, parents),
            Condition::Count(range) => range.holds(Number::Whole(i128::from(fact.count))),
            Condition::Globals(set) => has_name(fact) && set.contains(self.names, written(fact), || self.surroundings.readings(self.names, fact)),
            Condition::Field(name, test) => match fact.field(name) {
                // What a file says of itself is often long and rarely dangerous: a rule judges as much of it as is there.
                Some(value @ Value::Text(text, _)) if value.is_truncated() && DESCRIPTIVE.contains(&fact.kind.as_str()) => {
                    self.passes(test, &Value::text(text.clone()))
                }
                Some(value) => self.passes(test, value),
                None if is_omitted(fact, name) => self.assume,
                None => absent(test),
            },
        }
    }

    /// Whether a condition holds for a file that the fact lies in: the innermost, or one around it.
    fn within(self, inner: &Condition, fact: &'a Fact, parents: usize) -> bool {
        let files = self.surroundings.files();
        let mut chains = fact.places.iter().flat_map(|place| self.file.chain(place.input));
        let holds = chains.any(|input| files.get(input.id.0 as usize).is_some_and(|file| self.holds_at(inner, file, parents)));
        // Of a fact that occurs in very many inputs not every one is known.
        holds || (fact.places.len() >= INPUT_PLACES && self.assume)
    }

    fn passes(self, test: &Test, value: &Value) -> bool {
        match (test, value) {
            (Test::Present(present), _) => *present,
            (Test::Not(inner), _) => !self.opposite().passes(inner, value),
            (Test::EveryItem(inner), Value::List(items, full)) => {
                let known = items.iter().all(|item| self.passes(inner, item));
                known && !items.is_empty() && ((items.len() as u64) == *full || self.assume)
            }
            (Test::Item(at, inner), Value::List(items, full)) => match items.get(*at) {
                Some(item) => self.passes(inner, item),
                None => (*at as u64) < *full && self.assume,
            },
            (Test::Range(range), Value::List(_, full)) => range.holds(Number::Whole(i128::from(*full))),
            (Test::AnyItem(inner), Value::List(..)) => self.any_item(inner, value),
            (_, Value::List(..)) => self.any_item(test, value),
            (Test::AnyItem(_) | Test::EveryItem(_) | Test::Item(..), _) => false,
            (Test::Range(range), Value::U64(n)) => range.holds(Number::Whole(i128::from(*n))),
            (Test::Range(range), Value::I64(n)) => range.holds(Number::Whole(i128::from(*n))),
            (Test::Range(range), Value::F64(n)) => range.holds(Number::Real(*n)),
            (_, Value::Text(text, full)) => self.text(test, text, (text.len() as u64) < *full),
            (_, Value::Bytes(bytes, full)) => self.text(test, &String::from_utf8_lossy(bytes), (bytes.len() as u64) < *full),
            (_, Value::U64(n)) => self.text(test, &n.to_string(), false),
            (_, Value::I64(n)) => self.text(test, &n.to_string(), false),
            (_, Value::F64(n)) => self.text(test, &n.to_string(), false),
        }
    }

    fn any_item(self, test: &Test, list: &Value) -> bool {
        let Value::List(items, full) = list else { return false };
        items.iter().any(|item| self.passes(test, item)) || ((items.len() as u64) < *full && self.assume)
    }

    fn text(self, test: &Test, text: &str, cut: bool) -> bool {
        let unknown = cut && self.assume;
        match test {
            Test::OneOf(texts) => !cut && texts.contains(text),
            Test::Glob(pattern) => glob(pattern, text) || unknown,
            Test::Matches(pattern) => pattern.is_match(text) || unknown,
            Test::Prefix(prefix) => text.starts_with(prefix.as_str()) || (unknown && prefix.starts_with(text)),
            Test::Suffix(suffix) => text.ends_with(suffix.as_str()) || unknown,
            Test::Component(parts) => text.split('.').any(|part| parts.contains(part)) || unknown,
            Test::Contains(part) => text.contains(part.as_str()) || unknown,
            Test::Globals(set) => {
                // Code names builtins without their module.
                let module = if text.contains('.') { "" } else { "builtins" };
                let written = text.rsplit_once('.').unwrap_or((module, text));
                set.contains(self.names, written, || self.names.readings(module, text)) || unknown
            }
            _ => false,
        }
    }
}

/// What a test says of a field that is not there.
fn absent(test: &Test) -> bool {
    match test {
        Test::Present(present) => !present,
        Test::Not(inner) => !absent(inner),
        _ => false,
    }
}

/// Whether facts of a kind may lack a field for that reason: what is asked of it then holds or does not by assumption.
pub fn may_be_omitted(kind: &str, field: &str) -> bool {
    kind == "call" && OMITTED.contains(&field)
}

/// Whether a field is one that is not given because there were too many variants of the fact.
pub fn is_omitted(fact: &Fact, field: &str) -> bool {
    OMITTED.contains(&field) && fact.field("args_omitted").and_then(Value::as_u64).is_some_and(|n| n != 0)
}

/// Every reading of a callable; none where it has no name at all.
pub fn readings(names: &Names, callable: Callable<'_>) -> Vec<String> {
    let (module, name) = callable.read;
    if module.is_empty() && name.is_empty() { Vec::new() } else { names.readings(module, name) }
}

/// The field in which a fact names a callable, or a class that is made.
pub fn name_field(fact: &Fact) -> Option<&'static str> {
    name_field_of(&fact.kind)
}

/// The field in which facts of a kind do.
pub fn name_field_of(kind: &str) -> Option<&'static str> {
    match kind {
        "global" | "call" | "state" => Some("name"),
        "layer" => Some("class"),
        _ => None,
    }
}

/// Whether it has one.
pub fn has_name(fact: &Fact) -> bool {
    name_field(fact).is_some()
}

/// Whether it is a layer or object of a configuration that names its class in full: a loader imports the module and makes or calls what it finds there.
pub fn names_class(fact: &Fact) -> bool {
    let named = |field: &str| fact.text(field).is_some_and(|text| !text.is_empty());
    fact.kind == "layer" && named("module") && named("class")
}

/// Whether the fact names a callable.
pub fn is_name(fact: &Fact) -> bool {
    fact.kind == "global" || fact.kind == "call"
}
