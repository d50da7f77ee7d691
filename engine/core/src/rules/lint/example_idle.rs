use super::{Lint, Notes, Subject};
use crate::rules::evaluate::name_field_of;

/// An example that proves nothing: no rule would look at such a fact.
pub struct ExampleIdle;

impl Lint for ExampleIdle {
    fn id(&self) -> &'static str {
        "example-idle"
    }

    fn finds(&self) -> &'static str {
        "an example that proves nothing: no rule would look at such a fact"
    }

    fn asks(&self) -> &'static str {
        "take a fact that the rule looks at and all but matches: that is where mistakes are made"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (rule, marks) in subject.rules() {
            let looks_at = rule.condition.kinds().unwrap_or_default();
            // Kinds that name callables may speak of one and the same: that the import alone is no finding is worth an example.
            let callable = |kind: &str| name_field_of(kind).is_some();
            let related = |kind: &str| callable(kind) && looks_at.iter().any(|kind| callable(kind));
            for (example, span) in rule.examples.iter().zip(&marks.examples) {
                if !example.matches && !looks_at.is_empty() && !looks_at.contains(&example.fact.kind) && !related(&example.fact.kind) {
                    let message =
                        format!("`{}` never looks at facts of kind `{}`: that it does not match this one says nothing", rule.id, example.fact.kind);
                    notes.push(span, message, self.asks());
                }
            }
        }
    }
}
