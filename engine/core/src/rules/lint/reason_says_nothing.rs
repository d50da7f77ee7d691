use super::{Lint, Notes, Subject};

/// Characters that a reason has at least.
const LENGTH: usize = 8;

/// Words that stand where a reason should.
const FILLERS: &[&str] = &[
    "todo", "fixme", "xxx", "test", "testing", "ok", "okay", "allow", "allowed", "safe", "trusted", "because", "reason", "none", "n/a", "tbd", "-",
    ".",
];

/// A reason that is none: whoever reads the pack in a year cannot tell whether it still holds.
pub struct ReasonSaysNothing;

impl Lint for ReasonSaysNothing {
    fn id(&self) -> &'static str {
        "reason-says-nothing"
    }

    fn finds(&self) -> &'static str {
        "a reason that is none: whoever reads the pack in a year cannot tell whether it still holds"
    }

    fn asks(&self) -> &'static str {
        "say why it is allowed: what it does, and who looked at it"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        let marks = &subject.pack.marks;
        let own = subject.pack.allow().len().saturating_sub(marks.allow.len());
        let entries = subject.pack.allow()[own..].iter().map(|entry| entry.reason.as_str()).zip(marks.allow.iter().map(|marks| &marks.reason));
        let overrides = marks.reasons.iter().map(|(reason, span)| (reason.as_str(), span));
        for (reason, span) in entries.chain(overrides) {
            let plain = reason.trim().to_ascii_lowercase();
            if plain.chars().count() < LENGTH || FILLERS.contains(&plain.trim_end_matches(['.', '!', ':'])) {
                notes.push(span, "this reason says nothing", self.asks());
            }
        }
    }
}
