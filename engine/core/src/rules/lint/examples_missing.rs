use super::{Lint, Notes, Subject};

/// A rule that nobody can try.
pub struct ExamplesMissing;

impl Lint for ExamplesMissing {
    fn id(&self) -> &'static str {
        "examples-missing"
    }

    fn finds(&self) -> &'static str {
        "a rule that nobody can try"
    }

    fn asks(&self) -> &'static str {
        "give each rule an example that it matches, and one (matches = false) that it must not"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (rule, marks) in subject.rules() {
            let has = |matches: bool| rule.examples.iter().any(|example| example.matches == matches);
            let missing = match (has(true), has(false)) {
                (true, true) => continue,
                (false, true) => "has no example that it matches",
                (true, false) => "has no example that it must not match",
                (false, false) => "has no examples",
            };
            notes.push(&marks.id, format!("`{}` {missing}", rule.id), self.asks());
        }
    }
}
