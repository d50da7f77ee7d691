//! The linter: what is allowed in a pack, and not as it should be.
//!
//! One file for each lint. A lint says in one sentence what to do, and speaks of a place in the pack's text.

mod denied_entry;
mod entry_shadowed;
mod example_fails;
mod example_idle;
mod examples_missing;
mod glob_literal;
mod list_unused;
mod pattern_costs;
mod pattern_matches_everything;
mod pattern_not_anchored;
mod reason_says_nothing;
mod reference_missing;
mod rule_broad;
mod rule_repeated;
mod rule_shadowed;
mod rule_unreachable;
mod rule_within;
mod text_says_nothing;
mod undeclared;
mod word_unknown;

use super::error::{Code, Gravity, Problem, position, show};
use super::library::{Entry, Library};
use super::marks::RuleMarks;
use super::pack::{Pack, Rule};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// Kinds of facts that plugins declare, each with its fields.
pub type Declared = BTreeMap<String, BTreeSet<String>>;

/// Something that could be better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Id of the lint.
    pub lint: &'static str,
    /// How much it matters.
    pub gravity: Gravity,
    /// What, where, and what to do.
    pub problem: Problem,
}

/// A pack that is whole, and what the linter says of it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The pack.
    pub entry: Entry,
    /// Where its text came from.
    pub origin: String,
    /// In the order of the text.
    pub notes: Vec<Note>,
    pub(super) text: Arc<str>,
}

impl Checked {
    /// A note with its line underlined.
    pub fn show(&self, note: &Note) -> String {
        show(&self.origin, &self.text, &note.problem, note.gravity, &format!("lint: {}", note.lint))
    }

    /// Line and column, both from 1.
    pub fn position(&self, at: usize) -> (usize, usize) {
        position(&self.text, at)
    }
}

/// One check.
pub trait Lint: Sync {
    /// Its id.
    fn id(&self) -> &'static str;

    /// What it speaks of.
    fn finds(&self) -> &'static str;

    /// What it asks for, as an order.
    fn asks(&self) -> &'static str;

    /// How much it matters.
    fn gravity(&self) -> Gravity {
        Gravity::Warning
    }

    /// Looks at a pack.
    fn check(&self, pack: &Subject<'_>, notes: &mut Notes);
}

/// All checks, by id.
pub const LINTS: &[&dyn Lint] = &[
    &denied_entry::DeniedEntry,
    &entry_shadowed::EntryShadowed,
    &example_fails::ExampleFails,
    &example_idle::ExampleIdle,
    &examples_missing::ExamplesMissing,
    &glob_literal::GlobLiteral,
    &list_unused::ListUnused,
    &pattern_costs::PatternCosts,
    &pattern_matches_everything::PatternMatchesEverything,
    &pattern_not_anchored::PatternNotAnchored,
    &reason_says_nothing::ReasonSaysNothing,
    &reference_missing::ReferenceMissing,
    &rule_broad::RuleBroad,
    &rule_repeated::RuleRepeated,
    &rule_shadowed::RuleShadowed,
    &rule_unreachable::RuleUnreachable,
    &rule_within::RuleWithin,
    &text_says_nothing::TextSaysNothing,
    &undeclared::Undeclared,
    &word_unknown::WordUnknown,
];

/// What lints look at.
pub struct Subject<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// For aliases, and other packs.
    pub library: &'a Library,
    /// What plugins say.
    pub declared: &'a Declared,
}

impl<'a> Subject<'a> {
    /// The rules that the pack itself writes, with their places.
    pub fn rules(&self) -> impl Iterator<Item = (&'a Rule, &'a RuleMarks)> {
        let marks = &self.pack.marks.rules;
        self.pack.rules.iter().filter_map(move |rule| Some((&**rule, marks.get(&rule.id)?))).filter(|(rule, _)| rule.source == self.pack.id)
    }
}

/// Notes of one lint.
pub struct Notes {
    lint: &'static str,
    gravity: Gravity,
    notes: Vec<Note>,
}

impl Notes {
    /// Adds one.
    pub fn push(&mut self, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let problem = Problem::new(Code::Lint, span.clone(), message).help(help);
        self.notes.push(Note { lint: self.lint, gravity: self.gravity, problem });
    }
}

/// What all lints say of a pack.
pub(super) fn check(library: &Library, pack: &Pack, declared: &Declared) -> Vec<Note> {
    let subject = Subject { pack, library, declared };
    let mut all = Vec::new();
    for lint in LINTS {
        let mut notes = Notes { lint: lint.id(), gravity: lint.gravity(), notes: Vec::new() };
        lint.check(&subject, &mut notes);
        all.extend(notes.notes);
    }
    all.sort_by_key(|note| note.problem.span.start);
    all
}
