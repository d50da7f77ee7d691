use super::{Lint, Notes, Subject};

/// Compiled bytes from which on an expression is noticed: the largest of the packs here takes half.
const COMPILED: usize = 512 << 10;

/// An expression that takes much memory and time.
pub struct PatternCosts;

impl Lint for PatternCosts {
    fn id(&self) -> &'static str {
        "pattern-costs"
    }

    fn finds(&self) -> &'static str {
        "an expression that takes much memory and time"
    }

    fn asks(&self) -> &'static str {
        "leave out counted repetitions of wide classes (`\\w{1,500}`), or list the names"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        for (pattern, span) in &subject.pack.marks.patterns {
            if !pattern.compiles_within(COMPILED) {
                notes.push(span, format!("this expression compiles to more than {} KiB", COMPILED >> 10), self.asks());
            }
        }
    }
}
