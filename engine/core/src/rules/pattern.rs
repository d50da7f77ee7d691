//! Patterns over text: globs and regular expressions, both bounded.

use super::text::Str;
use crate::limits::{PATTERN_BYTES, PATTERN_NEST};
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};
use std::sync::OnceLock;

/// A regular expression, compiled when it is first used: compiling all that a profile has costs more than scanning a small file.
#[derive(Debug)]
pub struct Pattern {
    text: Str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Of an expression that a test has compiled before (built-in packs).
    pub fn lazy(text: Str) -> Self {
        Pattern { text, compiled: OnceLock::new() }
    }

    /// Of anybody's expression; an error says why it is refused.
    pub fn checked(text: &str) -> Result<Self, String> {
        // Compiling takes some ten times as long as reading: what is surely small enough waits until it is used.
        let read = regex_syntax::ParserBuilder::new().nest_limit(PATTERN_NEST).build().parse(text);
        if read.is_ok_and(|read| cost(&read) < SURE) {
            return Ok(Pattern::lazy(text.to_owned().into()));
        }
        let compiled = compile(text).map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => format!("it compiles to more than {limit} bytes"),
            regex::Error::Syntax(text) => text.lines().last().unwrap_or("syntax").trim_start_matches("error: ").to_owned(),
            other => other.to_string(),
        })?;
        Ok(Pattern { text: text.to_owned().into(), compiled: OnceLock::from(Some(compiled)) })
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Some texts in which it matches: those that its beginning spells out.
    pub fn some_matches(&self) -> Vec<String> {
        let Ok(read) = regex_syntax::ParserBuilder::new().nest_limit(PATTERN_NEST).build().parse(&self.text) else { return Vec::new() };
        let literals = regex_syntax::hir::literal::Extractor::new().extract(&read);
        let texts = literals.literals().unwrap_or_default().iter().filter_map(|literal| str::from_utf8(literal.as_bytes()).ok());
        texts.filter(|text| !text.is_empty() && self.is_match(text)).map(str::to_owned).collect()
    }

    /// Whether it stays within a size once compiled.
    pub fn compiles_within(&self, bytes: usize) -> bool {
        RegexBuilder::new(&self.text).size_limit(bytes).nest_limit(PATTERN_NEST).build().is_ok()
    }

    /// Whether it matches somewhere in `text`. One that does not compile after all matches everything: it fails loud.
    pub fn is_match(&self, text: &str) -> bool {
        self.compiled.get_or_init(|| compile(&self.text).ok()).as_ref().is_none_or(|regex| regex.is_match(text))
    }
}

/// States below which an expression certainly stays within its size once compiled: a state takes some tens of bytes.
const SURE: usize = PATTERN_BYTES / 256;

/// An upper bound of the states that an expression compiles to.
fn cost(read: &Hir) -> usize {
    // A class of characters becomes a small machine over the bytes of UTF-8: each of its ranges takes up to four sequences of four.
    const RANGE: usize = 16;
    match read.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len(),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(RANGE),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1) as usize;
            cost(&repetition.sub).saturating_add(2).saturating_mul(times)
        }
        HirKind::Capture(capture) => cost(&capture.sub).saturating_add(2),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().fold(1, |sum, part| sum.saturating_add(cost(part)).saturating_add(1)),
    }
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).nest_limit(PATTERN_NEST).build()
}

/// Whether a glob matches all of `text`: `*` is any run of characters, `?` is one.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at_p, mut at_t, mut star) = (0, 0, None);
    while at_t < t.len() {
        match p.get(at_p) {
            Some('*') => {
                star = Some((at_p, at_t));
                at_p += 1;
            }
            Some(&c) if c == '?' || c == t[at_t] => {
                at_p += 1;
                at_t += 1;
            }
            _ => match star {
                // The last star takes one character more.
                Some((star_p, star_t)) => {
                    star = Some((star_p, star_t + 1));
                    at_p = star_p + 1;
                    at_t = star_t + 1;
                }
                None => return false,
            },
        }
    }
    p[at_p..].iter().all(|&c| c == '*')
}
