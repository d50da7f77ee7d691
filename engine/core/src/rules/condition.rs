//! Conditions on facts, as they are held once validated.

use super::name_map::NameSet;
use super::pattern::Pattern;
use std::collections::HashSet;
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
    /// It holds for the fact that this one belongs to.
    Parent(Box<Condition>),
    /// The callable that the fact names is listed.
    Globals(Arc<NameSet>),
}

/// A test of a value. Over a list it holds where one item passes.
#[derive(Debug, Clone)]
pub enum Test {
    /// Text that is one of these.
    OneOf(Arc<HashSet<String>>),
    /// Text that matches a glob.
    Glob(String),
    /// Text in which an expression matches.
    Matches(Arc<Pattern>),
    /// Text that begins so.
    Prefix(String),
    /// Text that ends so.
    Suffix(String),
    /// Text that contains this.
    Contains(String),
    /// A number (or the length of a list) in a range, ends included.
    Range(Option<i128>, Option<i128>),
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
