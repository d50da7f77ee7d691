//! What the vocabulary says that fields hold: a test that no value of a field could pass is a mistake, and a word that it may not hold is mostly one.

use super::condition::Test;
use super::suggest;
use weighbridge_abi::vocabulary::{self, Kind};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Text,
    Number,
    List,
}

impl Holds {
    /// By the words with which the vocabulary begins to describe it.
    fn of(described: &str) -> Self {
        let is = |word: &str| described.starts_with(word);
        match () {
            () if is("list of") => Holds::List,
            () if is("u64") || is("i64") || is("f64") => Holds::Number,
            () => Holds::Text,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Holds::Text => "text",
            Holds::Number => "a number",
            Holds::List => "a list of text",
        }
    }

    /// Whether there may be a value that passes.
    fn may_pass(self, test: &Test) -> bool {
        match test {
            // The length, of a list.
            Test::Range(_) => self != Holds::Text,
            Test::OneOf(texts) if self == Holds::Number => texts.iter().any(|text| text.parse::<f64>().is_ok()),
            Test::AnyItem(inner) | Test::EveryItem(inner) | Test::Item(_, inner) => self == Holds::List && Holds::Text.may_pass(inner),
            Test::Not(inner) => self.may_pass(inner),
            _ => true,
        }
    }

    fn help(self) -> &'static str {
        match self {
            Holds::Text => "write text, or one of the tests of text: { prefix = \"…\" }, { regex = \"…\" }, …",
            Holds::Number => "write a number, or { min = …, max = … }",
            Holds::List => "write a test of its items: \"…\", { any_item = … }, { every_item = … }",
        }
    }
}

/// How the vocabulary describes a field of some kinds (none: of any).
fn described<'a>(field: &'a str, kinds: &'a [String]) -> impl Iterator<Item = &'static str> + 'a {
    let meant = move |kind: &&Kind| kinds.is_empty() || kinds.iter().any(|name| name == kind.name);
    let fields = vocabulary::KINDS.iter().filter(meant).flat_map(|kind| kind.fields);
    fields.filter(move |(name, _)| *name == field).map(|(_, holds)| *holds)
}

/// What is wrong with a test that no value of a field can pass, and what to do about it.
pub fn impossible(field: &str, kinds: &[String], test: &Test) -> Option<(String, String)> {
    let mut holds = described(field, kinds).map(Holds::of).peekable();
    let first = *holds.peek()?;
    holds
        .all(|holds| !holds.may_pass(test))
        .then(|| (format!("`{field}` holds {}, and no such value passes this test", first.name()), first.help().into()))
}

/// Fields that hold one of the words that are listed for them and nothing else. Of others plugins may say more: a word there is told only where it is
/// all but one that is listed.
const CLOSED: &[&str] = &["resolved", "runs"];

/// Words that a test asks a field for and that the vocabulary does not list among those that it may hold, each with what to do about it.
pub fn unlisted(field: &str, kinds: &[String], test: &Test) -> Vec<(String, String)> {
    let Some(known) = described(field, kinds).map(words).collect::<Option<Vec<_>>>() else { return Vec::new() };
    let known: Vec<&str> = known.into_iter().flatten().collect();
    if known.is_empty() {
        return Vec::new();
    }
    let mut asked: Vec<&str> = texts(test);
    let is_meant = |word: &str| CLOSED.contains(&field) || suggest::closest(word, known.iter().copied()).is_some();
    asked.retain(|word| !known.contains(word) && is_meant(word));
    asked.sort_unstable();
    let help = |word: &str| suggest::help(word, known.iter().copied()).unwrap_or_default();
    asked.into_iter().map(|word| (format!("the vocabulary has no `{word}` for `{field}`"), help(word))).collect()
}

/// The words of a description that lists all of them: "text: exact, partial or unknown: how far …".
fn words(described: &'static str) -> Option<Vec<&'static str>> {
    let listed = described.strip_prefix("text: ")?;
    let listed = listed.split_once(": ").map_or(listed, |(listed, _)| listed);
    let words: Vec<&str> = listed.split(", ").flat_map(|part| part.split(" or ")).collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (words.len() > 1 && words.iter().all(is_word)).then_some(words)
}

fn texts(test: &Test) -> Vec<&str> {
    match test {
        Test::OneOf(texts) => texts.iter().map(|text| &**text).collect(),
        Test::Not(inner) | Test::AnyItem(inner) | Test::EveryItem(inner) | Test::Item(_, inner) => texts(inner),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_where_all_are_listed() {
        assert_eq!(words("text: exact, partial or unknown: how far the callable is known"), Some(vec!["exact", "partial", "unknown"]));
        for open in ["text", "text: stored, deflate, …", "text: lower case, without the dot", "text: path", "list of text: a, b"] {
            assert_eq!(words(open), None, "{open}");
        }
    }
}
