use super::{Lint, Notes, Subject};

/// A glob with signs that mean something elsewhere, and stand for themselves here.
pub struct GlobLiteral;

impl Lint for GlobLiteral {
    fn id(&self) -> &'static str {
        "glob-literal"
    }

    fn finds(&self) -> &'static str {
        "a glob with signs that mean something elsewhere, and stand for themselves here"
    }

    fn asks(&self) -> &'static str {
        "in a glob `*` is any text and `?` one character, and all else is itself: for classes and alternatives write { regex = '…' }"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (glob, span) in &subject.pack.marks.globs {
            if let Some(sign) = ["[", "{", "**"].into_iter().find(|sign| glob.contains(sign)) {
                notes.push(span, format!("`{sign}` has no meaning of its own in a glob"), self.asks());
            }
        }
    }
}
