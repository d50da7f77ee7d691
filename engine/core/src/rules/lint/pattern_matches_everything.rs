use super::{Lint, Notes, Subject};

/// Texts that have nothing in common.
const ANYTHING: &[&str] = &["", "x", "Q7", "os.system", "__init__", "a b\nc", "\u{e9}\u{4e2d}", "0123456789abcdef0123456789abcdef", "-/*%\\"];

/// An expression that tells nothing apart.
pub struct PatternMatchesEverything;

impl Lint for PatternMatchesEverything {
    fn id(&self) -> &'static str {
        "pattern-matches-everything"
    }

    fn finds(&self) -> &'static str {
        "an expression that tells nothing apart"
    }

    fn asks(&self) -> &'static str {
        "ask for { present = true } if any value will do, else say what is meant"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (pattern, span) in &subject.pack.marks.patterns {
            if ANYTHING.iter().all(|text| pattern.is_match(text)) {
                notes.push(span, "this expression matches everything", self.asks());
            }
        }
    }
}
