//! Whether a condition holds for a fact.
//!
//! What is not known (arguments that the host merged away, text that was cut) is taken to be so as it is worse: a rule that
//! denies takes it as matching, an entry that allows as not matching. `assume` is that answer; `not` turns it round.

use super::condition::{Condition, Test};
use super::names::Names;
use super::pattern::glob;
use crate::fact::{Fact, Value};
use crate::record::FileFacts;

/// Fields of a call that are not given where `args_omitted` is 1.
const OMITTED: &[&str] = &["args", "text", "arg_globals", "folded"];

/// Levels of parents that are followed.
const PARENTS: usize = 8;

/// What conditions are evaluated against.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Where parents are found.
    pub file: &'a FileFacts,
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
        let parts = match condition {
            Condition::All(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
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
            Condition::Globals(set) => set.contains(self.names, &readings(self.names, fact)),
            Condition::Field(name, test) => match fact.field(name) {
                Some(value) => self.passes(test, value),
                None if self.is_omitted(fact, name) => self.assume,
                None => absent(test),
            },
        }
    }

    fn is_omitted(self, fact: &Fact, field: &str) -> bool {
        OMITTED.contains(&field) && fact.field("args_omitted").and_then(Value::as_u64).is_some_and(|n| n != 0)
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
            (Test::Range(min, max), Value::List(_, full)) => in_range(i128::from(*full), *min, *max),
            (Test::AnyItem(inner), Value::List(..)) => self.any_item(inner, value),
            (_, Value::List(..)) => self.any_item(test, value),
            (Test::AnyItem(_) | Test::EveryItem(_) | Test::Item(..), _) => false,
            (Test::Range(min, max), Value::U64(n)) => in_range(i128::from(*n), *min, *max),
            (Test::Range(min, max), Value::I64(n)) => in_range(i128::from(*n), *min, *max),
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
            Test::Contains(part) => text.contains(part.as_str()) || unknown,
            Test::Globals(set) => {
                // Code names builtins without their module.
                let module = if text.contains('.') { "" } else { "builtins" };
                set.contains(self.names, &self.names.readings(module, text)) || unknown
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

fn in_range(n: i128, min: Option<i128>, max: Option<i128>) -> bool {
    min.is_none_or(|min| n >= min) && max.is_none_or(|max| n <= max)
}

/// Every reading of the callable (for `state`: of the target, for `layer`: of the class) that a fact names; none for other kinds.
pub fn readings(names: &Names, fact: &Fact) -> Vec<String> {
    let field = match fact.kind.as_str() {
        "layer" => "class",
        "state" => "name",
        _ if is_name(fact) => "name",
        _ => return Vec::new(),
    };
    let (module, name) = (fact.text("module").unwrap_or_default(), fact.text(field).unwrap_or_default());
    if module.is_empty() && name.is_empty() { Vec::new() } else { names.readings(module, name) }
}

/// Whether the fact names a callable.
pub fn is_name(fact: &Fact) -> bool {
    fact.kind == "global" || fact.kind == "call"
}
