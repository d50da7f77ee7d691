use super::{Lint, Notes, Subject};
use crate::rules::condition::{Condition, Number, Range, Test};
use crate::rules::name_map::{Listed, Members};
use crate::rules::pack::Rule;
use std::cmp::Ordering;

/// Rules of one pack that are compared with each other.
const RULES: usize = 3_000;

/// A rule of which another, no less severe, finds all that it finds: every finding comes twice.
pub struct RuleWithin;

impl Lint for RuleWithin {
    fn id(&self) -> &'static str {
        "rule-within"
    }

    fn finds(&self) -> &'static str {
        "a rule of which another, no less severe, finds all that it finds: every finding comes twice"
    }

    fn asks(&self) -> &'static str {
        "remove it, or take what it finds out of the other one"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        let rules = &subject.pack.rules;
        for (rule, marks) in subject.rules().take(RULES) {
            let wider =
                |other: &&std::sync::Arc<Rule>| other.id != rule.id && stands_before(other, rule) && implies(&rule.condition, &other.condition);
            // Two that ask for the same are told once, as such.
            let same = |other: &Rule| implies(&other.condition, &rule.condition);
            if let Some(other) = rules.iter().take(RULES).find(wider).filter(|other| !same(other)) {
                notes.push(&marks.condition, format!("`{}` finds all that `{}` does", other.id, rule.id), self.asks());
            }
        }
    }
}

/// Whether a finding of the first makes one of the second needless.
fn stands_before(wider: &Rule, rule: &Rule) -> bool {
    wider.joins.is_empty() && rule.joins.is_empty() && wider.unless_allowed == rule.unless_allowed && wider.severity >= rule.severity
}

/// Whether what one condition holds for, the other surely does as well. Where that is not plain, it is taken not to.
fn implies(narrow: &Condition, wide: &Condition) -> bool {
    match (narrow, wide) {
        (_, Condition::All(parts)) => parts.iter().all(|part| implies(narrow, part)),
        (Condition::Any(parts), _) => parts.iter().all(|part| implies(part, wide)),
        (_, Condition::Any(parts)) => parts.iter().any(|part| implies(narrow, part)),
        (Condition::All(parts), _) => parts.iter().any(|part| implies(part, wide)),
        (Condition::Kind(narrow), Condition::Kind(wide)) => narrow.iter().all(|kind| wide.contains(kind)),
        (Condition::Field(field, narrow), Condition::Field(other, wide)) => field == other && passes(narrow, wide),
        (Condition::Count(narrow), Condition::Count(wide)) => within(narrow, wide),
        (Condition::Not(narrow), Condition::Not(wide)) => implies(wide, narrow),
        (Condition::Parent(narrow), Condition::Parent(wide)) | (Condition::Within(narrow), Condition::Within(wide)) => implies(narrow, wide),
        (Condition::Globals(narrow), Condition::Globals(wide)) => narrow.exact == wide.exact && lists(&narrow.listed, &wide.listed),
        _ => false,
    }
}

/// Whether what passes one test surely passes the other.
fn passes(narrow: &Test, wide: &Test) -> bool {
    match (narrow, wide) {
        (Test::OneOf(texts), Test::OneOf(others)) | (Test::Component(texts), Test::Component(others)) => texts.is_subset(others),
        (Test::OneOf(texts), Test::Prefix(prefix)) => texts.iter().all(|text| text.starts_with(prefix.as_str())),
        (Test::OneOf(texts), Test::Suffix(suffix)) => texts.iter().all(|text| text.ends_with(suffix.as_str())),
        (Test::OneOf(texts), Test::Contains(part)) => texts.iter().all(|text| text.contains(part.as_str())),
        (Test::OneOf(texts), Test::Matches(pattern)) => texts.iter().all(|text| pattern.is_match(text)),
        (Test::Prefix(narrow), Test::Prefix(wide)) => narrow.starts_with(wide.as_str()),
        (Test::Suffix(narrow), Test::Suffix(wide)) => narrow.ends_with(wide.as_str()),
        (Test::Prefix(narrow) | Test::Suffix(narrow) | Test::Contains(narrow), Test::Contains(wide)) => narrow.contains(wide.as_str()),
        (Test::Glob(narrow), Test::Glob(wide)) => narrow == wide,
        (Test::Matches(narrow), Test::Matches(wide)) => narrow.text() == wide.text(),
        (Test::Range(narrow), Test::Range(wide)) => within(narrow, wide),
        (Test::AnyItem(narrow), Test::AnyItem(wide)) | (Test::EveryItem(narrow), Test::EveryItem(wide)) => passes(narrow, wide),
        (Test::Item(at, narrow), Test::Item(other, wide)) => at == other && passes(narrow, wide),
        (Test::Present(narrow), Test::Present(wide)) => narrow == wide,
        (Test::Not(narrow), Test::Not(wide)) => passes(wide, narrow),
        (Test::Globals(narrow), Test::Globals(wide)) => narrow.exact == wide.exact && lists(&narrow.listed, &wide.listed),
        _ => false,
    }
}

fn within(narrow: &Range, wide: &Range) -> bool {
    let at_least = |a: Number, b: Number| matches!(a.compare(b), Some(Ordering::Greater | Ordering::Equal));
    let min = wide.min.is_none_or(|wide| narrow.min.is_some_and(|min| at_least(min, wide)));
    min && wide.max.is_none_or(|wide| narrow.max.is_some_and(|max| at_least(wide, max)))
}

/// Whether every callable of one list is in the other, as they are written.
fn lists(narrow: &Listed, wide: &Listed) -> bool {
    narrow.0.iter().all(|(module, members)| {
        wide.0.iter().any(|(other, others)| match others {
            Members::All => module == other || module.strip_prefix(&**other).is_some_and(|rest| rest.starts_with('.')),
            Members::Matching(wide) => module == other && matches!(members, Members::Matching(pattern) if pattern.text() == wide.text()),
            Members::Named(_) | Members::Joined(_) => {
                let mut names = members.names().peekable();
                module == other && names.peek().is_some() && names.all(|name| others.names().any(|known| known == name))
            }
        })
    })
}
