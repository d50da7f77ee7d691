//! Conditions on facts, as they are held once validated.

use super::hash;
use super::name_map::NameSet;
use super::pattern::Pattern;
use super::text::Str;
use std::cmp::Ordering;
use std::sync::Arc;

/// A condition on a fact.
#[derive(Debug, Clone)]
pub enum Condition {
    /// All hold.
    All(Vec<Condition>),
    /// One holds at least.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The fact is of one of these kinds.
    Kind(Vec<String>),
    /// A field's value passes a test.
    Field(String, Test),
    /// How often the fact occurs.
    Count(Range),
    /// It holds for the fact that this one belongs to.
    Parent(Box<Condition>),
    /// It holds for the file that the fact lies in, or for one around that.
    Within(Box<Condition>),
    /// The callable that the fact names is listed.
    Globals(Arc<NameSet>),
}

impl Condition {
    /// All of some conditions, the cheapest first: most facts are told apart by a word, and nothing else is asked of them.
    pub fn all(mut parts: Vec<Condition>) -> Self {
        parts.sort_by_key(Condition::cost);
        Condition::All(parts)
    }

    /// How much it costs to ask, as far as that tells conditions apart.
    fn cost(&self) -> u8 {
        match self {
            Condition::Kind(_) => 0,
            Condition::Count(_) => 1,
            Condition::Field(_, test) => test.cost(),
            Condition::Globals(_) => NAMES,
            Condition::Not(inner) => inner.cost(),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().map(Condition::cost).max().unwrap_or(0),
            Condition::Parent(inner) => inner.cost().max(PARENT),
            Condition::Within(inner) => inner.cost().max(FILES),
        }
    }

    /// What has to hold for it to hold: itself, or its parts.
    pub fn parts(&self) -> &[Condition] {
        match self {
            Condition::All(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// The kinds of facts that it pins down at its top.
    pub fn kinds(&self) -> Option<&[String]> {
        self.parts().iter().find_map(|part| if let Condition::Kind(kinds) = part { Some(kinds.as_slice()) } else { None })
    }

    /// The field of which it wants one of some texts, or wants a list to hold one.
    pub fn texts(&self) -> Option<(&str, &hash::Set<Str>)> {
        let Condition::Field(field, test) = self else { return None };
        let mut test = test;
        while let Test::AnyItem(inner) = test {
            test = inner;
        }
        match test {
            Test::OneOf(texts) => Some((field, texts)),
            _ => None,
        }
    }
}

/// Costs above that of looking at a field: following a fact to the one that it belongs to, putting readings of a name together, trying an expression,
/// walking up the files that a fact lies in.
const PARENT: u8 = 3;
const NAMES: u8 = 4;
const PATTERN: u8 = 5;
const FILES: u8 = 6;

/// A test of a value. Over a list it holds where one item passes.
#[derive(Debug, Clone)]
pub enum Test {
    /// Text that is one of these.
    OneOf(Arc<hash::Set<Str>>),
    /// Text that matches a glob.
    Glob(String),
    /// Text in which an expression matches.
    Matches(Arc<Pattern>),
    /// Text that begins so.
    Prefix(String),
    /// Text that ends so.
    Suffix(String),
    /// Dotted text of which one part is one of these.
    Component(Arc<hash::Set<Str>>),
    /// Text that contains this.
    Contains(String),
    /// A number (or the length of a list) in a range.
    Range(Range),
    /// An item of a list passes.
    AnyItem(Box<Test>),
    /// Every item of a list passes; an empty list does not.
    EveryItem(Box<Test>),
    /// The item at this position (from 0) passes.
    Item(usize, Box<Test>),
    /// The field is there, or is not.
    Present(bool),
    /// Text that names a listed callable.
    Globals(Arc<NameSet>),
    /// The test does not hold.
    Not(Box<Test>),
}

impl Test {
    fn cost(&self) -> u8 {
        match self {
            Test::OneOf(_) | Test::Range(_) | Test::Present(_) | Test::Prefix(_) | Test::Suffix(_) => 1,
            Test::Component(_) | Test::Contains(_) | Test::Glob(_) => 2,
            Test::Globals(_) => NAMES,
            Test::Matches(_) => PATTERN,
            Test::AnyItem(inner) | Test::EveryItem(inner) | Test::Item(_, inner) | Test::Not(inner) => inner.cost(),
        }
    }
}

/// A range of numbers, ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub min: Option<Number>,
    pub max: Option<Number>,
}

/// A number of a pack or a fact. Whole numbers are compared as such: sizes do not fit into a float.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Whole(i128),
    Real(f64),
}

impl Number {
    /// None where one of them is not a number.
    pub fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => Some(a.cmp(&b)),
            (Number::Whole(a), Number::Real(b)) => (a as f64).partial_cmp(&b),
            (Number::Real(a), Number::Whole(b)) => a.partial_cmp(&(b as f64)),
            (Number::Real(a), Number::Real(b)) => a.partial_cmp(&b),
        }
    }
}

impl Range {
    /// A number alone.
    pub fn exactly(number: Number) -> Self {
        Range { min: Some(number), max: Some(number) }
    }

    /// Whether a number lies in it.
    pub fn holds(&self, number: Number) -> bool {
        let min = self.min.is_none_or(|min| matches!(number.compare(min), Some(Ordering::Greater | Ordering::Equal)));
        let max = self.max.is_none_or(|max| matches!(number.compare(max), Some(Ordering::Less | Ordering::Equal)));
        min && max
    }

    /// Whether no number lies in it.
    pub fn is_empty(&self) -> bool {
        matches!((self.min, self.max), (Some(min), Some(max)) if min.compare(max) != Some(Ordering::Less) && min.compare(max) != Some(Ordering::Equal))
    }
}
