use super::{Lint, Notes, Subject};
use crate::rules::allow::Admitted;

/// Names of an allow entry that match anywhere: `Net` admits `exec_Net_now`.
pub struct PatternNotAnchored;

impl Lint for PatternNotAnchored {
    fn id(&self) -> &'static str {
        "pattern-not-anchored"
    }

    fn finds(&self) -> &'static str {
        "names of an allow entry that match anywhere: `Net` admits `exec_Net_now`"
    }

    fn asks(&self) -> &'static str {
        "begin it with ^ and end it with $"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        let marks = &subject.pack.marks.allow;
        // A pack's own entries come after those of the packs that it extends.
        let own = subject.pack.allow().len().saturating_sub(marks.len());
        for (entry, marks) in subject.pack.allow()[own..].iter().zip(marks) {
            if let Admitted::Matching(pattern) = &entry.names
                && !(pattern.text().starts_with('^') && pattern.text().ends_with('$'))
            {
                notes.push(&marks.names, "this expression admits names that it matches only in part", self.asks());
            }
        }
    }
}
