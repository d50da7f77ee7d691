use super::{Lint, Notes, Subject};

/// Characters from which on a text can say something.
const LENGTH: usize = 12;

/// Words for people that tell them nothing.
pub struct TextSaysNothing;

impl Lint for TextSaysNothing {
    fn id(&self) -> &'static str {
        "text-says-nothing"
    }

    fn finds(&self) -> &'static str {
        "words for people that tell them nothing"
    }

    fn asks(&self) -> &'static str {
        "write for somebody who sees the finding and has never heard of the rule"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (rule, marks) in subject.rules() {
            for (what, text, span) in [("why", &rule.why, &marks.why), ("remedy", &rule.remedy, &marks.remedy)] {
                if text.trim().chars().count() < LENGTH {
                    notes.push(span, format!("`{what}` of `{}` says nothing", rule.id), self.asks());
                } else if text == &rule.title {
                    notes.push(span, format!("`{what}` of `{}` repeats its title", rule.id), self.asks());
                }
            }
            if rule.title.ends_with('.') {
                notes.push(&marks.title, "a title is no sentence", "leave out the full stop");
            }
        }
    }
}
