//! Where in its text a pack says what: for the linter, which speaks of packs that are whole.

use super::pattern::Pattern;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Places of what a pack itself says, without what it extends.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// By id.
    pub rules: BTreeMap<String, RuleMarks>,
    /// Of each allow entry, in order.
    pub allow: Vec<EntryMarks>,
    /// Of each override: its reason.
    pub reasons: Vec<(String, Range<usize>)>,
    /// Of each list.
    pub lists: Vec<ListMarks>,
    /// Of each expression.
    pub patterns: Vec<(Arc<Pattern>, Range<usize>)>,
    /// Of kinds that are asked for, and of fields with the kinds that they are asked of (none: any).
    pub kinds: Vec<(String, Range<usize>)>,
    pub fields: Vec<(String, Vec<String>, Range<usize>)>,
    /// Of words that a field never holds, with what to say of them and what to do.
    pub words: Vec<(String, String, Range<usize>)>,
    /// Of each glob.
    pub globs: Vec<(String, Range<usize>)>,
}

/// Places of one rule.
#[derive(Debug, Clone, Default)]
pub struct RuleMarks {
    pub id: Range<usize>,
    pub title: Range<usize>,
    pub condition: Range<usize>,
    pub why: Range<usize>,
    pub remedy: Range<usize>,
    pub references: Vec<(String, Range<usize>)>,
    /// Of each example, in order.
    pub examples: Vec<Range<usize>>,
}

/// Places of one allow entry.
#[derive(Debug, Clone, Default)]
pub struct EntryMarks {
    pub module: Range<usize>,
    pub names: Range<usize>,
    pub reason: Range<usize>,
}

/// A list, and whether anything uses it.
#[derive(Debug, Clone)]
pub struct ListMarks {
    pub name: String,
    pub span: Range<usize>,
    pub used: bool,
}
