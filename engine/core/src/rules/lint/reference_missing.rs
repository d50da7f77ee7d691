use super::{Lint, Notes, Subject};

/// A rule that nobody can read up on.
pub struct ReferenceMissing;

impl Lint for ReferenceMissing {
    fn id(&self) -> &'static str {
        "reference-missing"
    }

    fn finds(&self) -> &'static str {
        "a rule that nobody can read up on"
    }

    fn asks(&self) -> &'static str {
        "name a page that explains the matter: references = [\"https://…\"]"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (rule, marks) in subject.rules() {
            if marks.references.is_empty() {
                notes.push(&marks.id, format!("`{}` has no reference", rule.id), self.asks());
            }
            for (reference, span) in &marks.references {
                if !reference.starts_with("https://") {
                    notes.push(span, "this is not a link that can be followed safely", "write an address that begins with https://");
                }
            }
        }
    }
}
