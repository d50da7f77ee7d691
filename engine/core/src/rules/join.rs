//! Joins: what a rule asks for beside the fact that it judges.
//!
//! The facts that a join may find are put into a table by what they are compared in, once, when the rule first asks; each question is then one
//! lookup. So a rule costs what there is of facts, not their product.

use super::condition::Condition;
use super::evaluate::Scene;
use super::evidence;
use crate::fact::{Fact, Value};
use crate::limits::{JOIN_FIELDS, JOIN_KEYS};
use std::collections::HashMap;

/// Which facts a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One, by itself.
    Fact,
    /// Those of one file on disk, with all that is nested in it.
    File,
    /// Those of all files of one artifact, and the names beside the file.
    Artifact,
}

impl Scope {
    /// Its name in a pack.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Fact => "fact",
            Scope::File => "file",
            Scope::Artifact => "artifact",
        }
    }
}

/// What there has to be, or must not be, beside a fact.
#[derive(Debug, Clone)]
pub struct Join {
    /// As the rule calls it.
    pub name: String,
    /// Which facts are meant; it names their kinds.
    pub condition: Condition,
    /// Whether there must be none.
    pub absent: bool,
    /// What has to be equal: of the fact that is judged, and of the other.
    pub same: Vec<(Side, Side)>,
}

/// A field, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    pub field: String,
    pub part: Part,
}

/// Which part of dotted text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// What stands before the first dot.
    First,
    /// What stands after the last dot.
    Last,
    /// The folder of a path: what stands before its last slash, behind the one before.
    Folder,
}

/// What a fact is compared in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// One of these; none where a field is not there.
    Known(Vec<String>),
    /// Cut, or not given: it may be anything.
    Unknown,
}

impl Join {
    /// What the judged fact is compared in.
    pub fn keys(&self, fact: &Fact) -> Keys {
        keys(fact, self.same.iter().map(|(own, _)| own))
    }

    /// What another fact is compared in.
    pub fn other_keys(&self, fact: &Fact) -> Keys {
        keys(fact, self.same.iter().map(|(_, other)| other))
    }

    /// What of a fact is the name of a file beside it that the join may find; none where it asks for more than files of one name.
    pub fn names(&self, fact: &Fact) -> Option<Vec<String>> {
        if self.kinds() != ["member"] {
            return None;
        }
        // What lies in the file's own folder has no folder in its name.
        if self.same.iter().any(|(_, other)| other.field == "name" && other.part == Part::Folder) {
            return Some(Vec::new());
        }
        let named = |other: &Side| matches!(other.field.as_str(), "stem" | "name") && other.part == Part::Whole;
        let (own, _) = self.same.iter().find(|(_, other)| named(other))?;
        values(fact, own)
    }

    /// The kinds of facts that it may find.
    pub fn kinds(&self) -> &[String] {
        self.condition.kinds().unwrap_or_default()
    }

    /// Whether another fact is meant. What is not known is taken as it is worse: a fact that has to be there is, one that must not be is not.
    pub fn means<'a>(&self, scene: Scene<'a>, fact: &'a Fact) -> bool {
        Scene { assume: !self.absent, ..scene }.holds(&self.condition, fact)
    }
}

fn keys<'s>(fact: &Fact, sides: impl Iterator<Item = &'s Side>) -> Keys {
    let mut keys = vec![String::new()];
    for side in sides.take(JOIN_FIELDS) {
        let Some(values) = values(fact, side) else { return Keys::Unknown };
        let mut longer = Vec::new();
        for key in &keys {
            for part in &values {
                if longer.len() < JOIN_KEYS {
                    // Lengths keep two fields apart.
                    longer.push(format!("{key}{}:{part}", part.len()));
                }
            }
        }
        keys = longer;
    }
    Keys::Known(keys)
}

/// The texts of a side; none where they are cut or not given. An empty name is no name: two facts do not agree in having none.
fn values(fact: &Fact, side: &Side) -> Option<Vec<String>> {
    let values: Vec<String> = match fact.field(&side.field) {
        Some(value) if value.is_truncated() => return None,
        Some(Value::List(items, _)) => items.iter().take(JOIN_KEYS).filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None if super::evaluate::is_omitted(fact, &side.field) => return None,
        None => Vec::new(),
    };
    let part = |value: String| match side.part {
        Part::Whole => value,
        Part::First => value.split('.').next().unwrap_or_default().to_owned(),
        Part::Last => value.rsplit('.').next().unwrap_or_default().to_owned(),
        Part::Folder => value.rsplit('/').nth(1).unwrap_or_default().to_owned(),
    };
    Some(values.into_iter().map(part).filter(|part| !part.is_empty()).collect())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text, _) => Some(text.clone()),
        Value::U64(n) => Some(n.to_string()),
        Value::I64(n) => Some(n.to_string()),
        Value::Bytes(bytes, _) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::F64(_) | Value::List(..) => None,
    }
}

/// What one join of one rule may find.
#[derive(Debug, Default)]
pub struct Found {
    keys: HashMap<String, One>,
    /// A fact that may be compared in anything.
    unknown: Option<One>,
    any: Option<One>,
}

/// Facts of one key.
#[derive(Debug, Clone)]
struct One {
    /// Which fact, so that a fact does not find itself.
    who: u64,
    /// There are others.
    more: bool,
    shown: String,
}

impl Found {
    /// Adds a fact; `who` tells it from others.
    pub fn add(&mut self, who: u64, keys: Keys, shown: impl Fn() -> String) {
        let one = || One { who, more: false, shown: shown() };
        let note = |slot: &mut Option<One>| match slot {
            Some(known) => known.more |= known.who != who,
            None => *slot = Some(one()),
        };
        note(&mut self.any);
        match keys {
            Keys::Unknown => note(&mut self.unknown),
            Keys::Known(keys) => {
                for key in keys {
                    self.keys.entry(key).and_modify(|known| known.more |= known.who != who).or_insert_with(one);
                }
            }
        }
    }

    /// Whether the join holds for a fact that is compared in `keys`; where it does so by what was found, what that is.
    pub fn answers(&self, join: &Join, who: u64, keys: &Keys) -> Option<&str> {
        let other = |one: &One| one.more || one.who != who;
        let known = match keys {
            _ if join.same.is_empty() => self.any.as_ref().filter(|one| other(one)),
            Keys::Known(keys) => keys.iter().find_map(|key| self.keys.get(key).filter(|one| other(one))),
            Keys::Unknown => None,
        };
        let unknown = match keys {
            _ if join.same.is_empty() => None,
            Keys::Known(keys) if keys.is_empty() => None,
            Keys::Known(_) => self.unknown.as_ref(),
            Keys::Unknown => self.any.as_ref(),
        };
        if join.absent {
            // What may or may not be meant does not make a loader safe.
            return known.is_none().then_some("");
        }
        known.or(unknown.filter(|one| other(one))).map(|one| one.shown.as_str())
    }
}

/// How a fact that a join found is shown.
pub fn shown(fact: &Fact) -> String {
    evidence::evidence(&[fact])
}
