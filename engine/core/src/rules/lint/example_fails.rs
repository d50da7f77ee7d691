use super::{Gravity, Lint, Notes, Subject};

/// A rule that does not do what its own examples say.
pub struct ExampleFails;

impl Lint for ExampleFails {
    fn id(&self) -> &'static str {
        "example-fails"
    }

    fn finds(&self) -> &'static str {
        "a rule that does not do what its own examples say"
    }

    fn asks(&self) -> &'static str {
        "correct the rule, or the example"
    }

    fn gravity(&self) -> Gravity {
        Gravity::Error
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (rule, marks) in subject.rules() {
            for (example, span) in rule.examples.iter().zip(&marks.examples) {
                if rule.matches(example, subject.library.names()) != example.matches {
                    let message = match example.matches {
                        true => format!("`{}` does not match its own example", rule.id),
                        false => format!("`{}` matches what its example says it must not", rule.id),
                    };
                    notes.push(span, message, self.asks());
                }
            }
        }
    }
}
