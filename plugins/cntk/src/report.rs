//! What both versions say of texts.

use crate::limits;
use weighbridge_parse_strings::{could_be_code, runs};
use weighbridge_sdk::{Fact, Input, Stop};

/// Texts that have been told, and how many there were.
pub(crate) struct Texts {
    count: u64,
}

impl Texts {
    pub fn new() -> Self {
        Texts { count: 0 }
    }

    /// More than were told.
    pub fn cut(&self) -> bool {
        self.count > limits::TEXTS
    }

    /// A text of the model: told where it could be code.
    pub fn text(&mut self, input: &Input<'_>, role: &str, text: &str, full: u64, at: u64) -> Result<(), Stop> {
        if !could_be_code(text) {
            return Ok(());
        }
        self.count += 1;
        if self.cut() {
            return Ok(());
        }
        let shown = &text[..text.floor_char_boundary(limits::TEXT.min(text.len()))];
        input.emit(&Fact::new("text").text("role", role).text_cut("value", shown, full).at(at, full)).map(drop)
    }

    /// Texts of bytes that no structure accounts for, and the libraries that they name.
    pub fn stray(&mut self, input: &Input<'_>, from: u64, to: u64) -> Result<(), Stop> {
        runs(input, from, to, limits::SHORTEST, |run| {
            self.text(input, "string", run.text, run.length, run.at)?;
            let separators = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '=' | '(' | ')');
            for word in run.text.split(separators).filter(|word| is_library(word)) {
                self.count += 1;
                if self.cut() {
                    break;
                }
                let fact = Fact::new("operator").text("framework", "cntk").text("domain", "library").text("op", word);
                input.emit(&fact.at(run.at, run.length))?;
            }
            Ok(())
        })
    }
}

/// A word that ends like the name of a library.
fn is_library(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    [".so", ".dll", ".dylib"].iter().any(|ending| word.len() > ending.len() + 1 && word.ends_with(ending))
}
