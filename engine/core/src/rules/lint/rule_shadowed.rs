use super::{Lint, Notes, Subject};

/// A rule that gives way to allow entries, and whose every example another rule denies outright: of a callable that is denied it says nothing.
pub struct RuleShadowed;

impl Lint for RuleShadowed {
    fn id(&self) -> &'static str {
        "rule-shadowed"
    }

    fn finds(&self) -> &'static str {
        "a rule that gives way to allow entries, and whose every example another rule denies outright: of a callable that is denied it says nothing"
    }

    fn asks(&self) -> &'static str {
        "remove it, or narrow the other rule"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        let names = subject.library.names();
        for (rule, marks) in subject.rules().filter(|(rule, _)| rule.unless_allowed) {
            let mut shadows = subject.pack.rules.iter().filter(|other| !other.unless_allowed && other.id != rule.id);
            let mut own = rule.examples.iter().filter(|example| example.matches).peekable();
            if own.peek().is_none() {
                continue;
            }
            let examples: Vec<_> = own.collect();
            if let Some(shadow) = shadows.find(|other| examples.iter().all(|example| other.matches(example, names))) {
                notes.push(&marks.id, format!("`{}` denies all that `{}` is written for, and it then says nothing", shadow.id, rule.id), self.asks());
            }
        }
    }
}
