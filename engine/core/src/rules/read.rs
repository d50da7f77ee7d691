//! Reading TOML strictly: every key is asked for or refused, every mistake keeps its place.

use super::error::{Code, Problem};
use super::suggest;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Mistakes, as they are met.
pub type Problems = Vec<Problem>;

/// A value as it stands in the text.
pub type Node<'t> = Spanned<DeValue<'t>>;

/// A key as it stands in the text.
pub type Key<'t> = Spanned<std::borrow::Cow<'t, str>>;

/// A table whose keys are taken out one by one; what is left at [`Table::finish`] is unknown.
pub struct Table<'t> {
    entries: DeTable<'t>,
    span: Range<usize>,
    what: &'static str,
    asked: Vec<&'static str>,
}

impl<'t> Table<'t> {
    /// Of a value that has to be a table; `what` it is stands in messages.
    pub fn of(node: Node<'t>, what: &'static str, problems: &mut Problems) -> Option<Self> {
        let span = node.span();
        match node.into_inner() {
            DeValue::Table(entries) => Some(Table { entries, span, what, asked: Vec::new() }),
            other => {
                problems.push(wrong(&other, span, &format!("{what} has to be a table")));
                None
            }
        }
    }

    /// Of a whole text.
    pub fn parse(text: &'t str, what: &'static str, problems: &mut Problems) -> Option<Self> {
        match DeTable::parse(text) {
            Ok(table) => {
                let span = 0..text.len().min(1);
                Some(Table { entries: table.into_inner(), span, what, asked: Vec::new() })
            }
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                problems.push(Problem::new(Code::Syntax, span, error.message().trim().replace('\n', ", ")));
                None
            }
        }
    }

    /// Where it stands.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether it has that key.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// A list; empty where there is none.
    pub fn nodes(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Node<'t>> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let span = node.span();
        match node.into_inner() {
            DeValue::Array(items) => items.into_iter().collect(),
            other => {
                problems.push(wrong(&other, span, &format!("`{key}` has to be a list")));
                Vec::new()
            }
        }
    }

    /// All entries, for tables whose keys are data.
    pub fn into_entries(self) -> Vec<(Key<'t>, Node<'t>)> {
        self.entries.into_iter().collect()
    }

    /// A value.
    pub fn take(&mut self, key: &'static str) -> Option<Node<'t>> {
        self.asked.push(key);
        self.entries.remove(key)
    }

    /// Text.
    pub fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Spanned<String>> {
        let node = self.take(key)?;
        text_of(node, &format!("`{key}` has to be text"), problems)
    }

    /// Text that has to be there; empty after a mistake.
    pub fn required_text(&mut self, key: &'static str, problems: &mut Problems) -> Spanned<String> {
        if !self.has(key) {
            self.asked.push(key);
            problems.push(self.missing(key));
            return Spanned::new(self.span(), String::new());
        }
        let text = self.text(key, problems).unwrap_or_else(|| Spanned::new(self.span(), "-".into()));
        if text.get_ref().trim().is_empty() {
            problems.push(Problem::new(Code::WrongValue, text.span(), format!("`{key}` is empty")));
        }
        text
    }

    /// The mistake that `key` is not there.
    pub fn missing(&self, key: &str) -> Problem {
        Problem::new(Code::MissingKey, self.span(), format!("{} needs `{key}`", self.what))
    }

    /// A list of text; empty where there is none.
    pub fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Spanned<String>> {
        let Some(node) = self.take(key) else { return Vec::new() };
        texts_of(node, &format!("`{key}` has to be a list of text"), problems)
    }

    /// true or false.
    pub fn flag(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let node = self.take(key)?;
        let span = node.span();
        match node.into_inner() {
            DeValue::Boolean(value) => Some(value),
            other => {
                problems.push(wrong(&other, span, &format!("`{key}` has to be true or false")));
                None
            }
        }
    }

    /// A number from zero up.
    pub fn number(&mut self, key: &'static str, problems: &mut Problems) -> Option<Spanned<u64>> {
        let node = self.take(key)?;
        let span = node.span();
        match number_of(node.get_ref()).and_then(|n| u64::try_from(n).ok()) {
            Some(value) => Some(Spanned::new(span, value)),
            None => {
                problems.push(wrong(node.get_ref(), span, &format!("`{key}` has to be a number from 0 up")));
                None
            }
        }
    }

    /// One of some words.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&'static str, T)], problems: &mut Problems) -> Option<T> {
        let text = self.text(key, problems)?;
        let found = choices.iter().find(|(name, _)| name == text.get_ref());
        if found.is_none() {
            let mut problem = Problem::new(Code::WrongValue, text.span(), format!("`{}` is not a {key}", text.get_ref()));
            problem.help = suggest::help(text.get_ref(), choices.iter().map(|(name, _)| *name));
            problems.push(problem);
        }
        found.map(|(_, value)| *value)
    }

    /// A table.
    pub fn table(&mut self, key: &'static str, problems: &mut Problems) -> Option<Table<'t>> {
        let node = self.take(key)?;
        Table::of(node, key, problems)
    }

    /// A list of tables; empty where there is none.
    pub fn tables(&mut self, key: &'static str, what: &'static str, problems: &mut Problems) -> Vec<Table<'t>> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let span = node.span();
        match node.into_inner() {
            DeValue::Array(items) => items.into_iter().filter_map(|item| Table::of(item, what, problems)).collect(),
            other => {
                problems.push(wrong(&other, span, &format!("`{key}` has to be a list of tables")));
                Vec::new()
            }
        }
    }

    /// Refuses what was not asked for.
    pub fn finish(self, problems: &mut Problems) {
        for key in self.entries.keys() {
            let mut problem = Problem::new(Code::UnknownKey, key.span(), format!("unknown key `{}` in {}", key.get_ref(), self.what));
            problem.help = suggest::help(key.get_ref(), self.asked.iter().copied());
            problems.push(problem);
        }
    }
}

/// The mistake that a value is of another type.
pub fn wrong(found: &DeValue<'_>, span: Range<usize>, message: &str) -> Problem {
    Problem::new(Code::WrongValue, span, message).label(format!("this is {}", name_of(found)))
}

fn name_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A whole number.
pub fn number_of(value: &DeValue<'_>) -> Option<i128> {
    let integer = value.as_integer()?;
    i128::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Text, or a mistake.
pub fn text_of(node: Node<'_>, message: &str, problems: &mut Problems) -> Option<Spanned<String>> {
    let span = node.span();
    match node.into_inner() {
        DeValue::String(text) => Some(Spanned::new(span, text.into_owned())),
        other => {
            problems.push(wrong(&other, span, message));
            None
        }
    }
}

/// A list of text, or a mistake.
pub fn texts_of(node: Node<'_>, message: &str, problems: &mut Problems) -> Vec<Spanned<String>> {
    let span = node.span();
    match node.into_inner() {
        DeValue::Array(items) => items.into_iter().filter_map(|item| text_of(item, message, problems)).collect(),
        other => {
            problems.push(wrong(&other, span, message));
            Vec::new()
        }
    }
}
