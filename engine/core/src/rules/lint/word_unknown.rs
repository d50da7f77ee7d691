use super::{Lint, Notes, Subject};

/// A word that a field never holds: the vocabulary lists those that it may.
pub struct WordUnknown;

impl Lint for WordUnknown {
    fn id(&self) -> &'static str {
        "word-unknown"
    }

    fn finds(&self) -> &'static str {
        "a word that a field never holds: the vocabulary lists those that it may"
    }

    fn asks(&self) -> &'static str {
        "write one of the words that the vocabulary lists for the field"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (message, help, span) in &subject.pack.marks.words {
            notes.push(span, message.as_str(), if help.is_empty() { self.asks() } else { help });
        }
    }
}
