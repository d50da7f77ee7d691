use super::{Lint, Notes, Subject};
use crate::rules::condition::Condition;

/// A rule that asks for kinds of facts and for nothing else.
pub struct RuleBroad;

impl Lint for RuleBroad {
    fn id(&self) -> &'static str {
        "rule-broad"
    }

    fn finds(&self) -> &'static str {
        "a rule that asks for kinds of facts and for nothing else"
    }

    fn asks(&self) -> &'static str {
        "add a test of a field, or callables (globals = { … })"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (rule, marks) in subject.rules().filter(|(rule, _)| rule.joins.is_empty() && !rule.unless_allowed) {
            if let Condition::Kind(kinds) = &rule.condition {
                let kinds: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
                notes.push(&marks.condition, format!("`{}` finds every fact of kind {} that there is", rule.id, kinds.join(", ")), self.asks());
            }
        }
    }
}
