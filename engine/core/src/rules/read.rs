//! Reading TOML strictly: every key is asked for or refused, every mistake keeps its place.

use super::error::{Code, Problem};
use super::node;
use super::suggest;
use super::text::Str;
use std::ops::{Deref, Range};
use toml::Spanned;

pub use super::node::{Entries, Key, Node, Value};
pub use super::text::Text;

/// Mistakes, as they are met.
pub type Problems = Vec<Problem>;

/// Keys that a table is asked for: more than any has, so that the list of them is made once.
const ASKED: usize = 20;

/// A table whose keys are taken out one by one; what is left at [`Table::finish`] is unknown.
pub struct Table<'t> {
    /// What was taken out leaves a hole: the others keep their order, and nothing is moved.
    entries: Vec<Option<(Key<'t>, Node<'t>)>>,
    span: Range<usize>,
    what: &'static str,
    asked: Vec<&'static str>,
}

impl<'t> Table<'t> {
    /// Of a value that has to be a table; `what` it is stands in messages.
    pub fn of(node: Node<'t>, what: &'static str, problems: &mut Problems) -> Option<Self> {
        let span = node.span();
        match node.into_inner() {
            Value::Table(entries) => Some(Table::new(entries, span, what)),
            other => {
                problems.push(wrong(&other, span, &format!("{what} has to be a table")));
                None
            }
        }
    }

    /// Of a whole text.
    pub fn parse(text: &'t str, what: &'static str, problems: &mut Problems) -> Option<Self> {
        match node::parse(text) {
            Ok(entries) => Some(Table::new(entries, 0..text.len().min(1), what)),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                let message = error.message().trim().replace('\n', ", ");
                let mut problem = Problem::new(Code::Syntax, span, message);
                if problem.message.contains("recursion") || problem.message.contains("recurse") {
                    problem.message = "lists and tables are nested too deeply here".into();
                    problem.help = Some("no pack needs more than some ten levels: take one of them out".into());
                }
                problems.push(problem);
                None
            }
        }
    }

    /// Of entries.
    pub(super) fn new(entries: Entries<'t>, span: Range<usize>, what: &'static str) -> Self {
        Table { entries: entries.into_iter().map(Some).collect(), span, what, asked: Vec::with_capacity(ASKED) }
    }

    /// Where it stands.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether it has that key.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().flatten().any(|(known, _)| &**known.get_ref() == key)
    }

    /// A list; empty where there is none.
    pub fn nodes(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Node<'t>> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let span = node.span();
        match node.into_inner() {
            Value::Array(items) => items,
            other => {
                problems.push(wrong(&other, span, &format!("`{key}` has to be a list")));
                Vec::new()
            }
        }
    }

    /// All entries, for tables whose keys are data.
    pub fn into_entries(self) -> Entries<'t> {
        self.entries.into_iter().flatten().collect()
    }

    /// A value.
    pub fn take(&mut self, key: &'static str) -> Option<Node<'t>> {
        self.asked.push(key);
        let entry = self.entries.iter_mut().find(|entry| entry.as_ref().is_some_and(|(known, _)| &**known.get_ref() == key))?;
        entry.take().map(|(_, node)| node)
    }

    /// Text.
    pub fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<Spanned<String>> {
        let node = self.take(key)?;
        let message = has_to_be_text(&node, key);
        text_of(node, &message, problems)
    }

    /// Text that is shown to people; it stays where it is in packs that are built in.
    pub(super) fn prose(&mut self, key: &'static str, problems: &mut Problems) -> Option<Spanned<Str>> {
        let node = self.take(key)?;
        let message = has_to_be_text(&node, key);
        name_of(node, &message, problems)
    }

    /// Such text that has to be there; empty after a mistake.
    pub(super) fn required_prose(&mut self, key: &'static str, problems: &mut Problems) -> Spanned<Str> {
        self.required(key, problems, name_of)
    }

    /// Text that has to be there; empty after a mistake.
    pub fn required_text(&mut self, key: &'static str, problems: &mut Problems) -> Spanned<String> {
        self.required(key, problems, text_of)
    }

    fn required<T: Deref<Target = str> + From<&'static str>>(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
        read: impl FnOnce(Node<'t>, &str, &mut Problems) -> Option<Spanned<T>>,
    ) -> Spanned<T> {
        let Some(node) = self.take(key) else {
            problems.push(self.missing(key));
            return Spanned::new(self.span(), "".into());
        };
        let message = has_to_be_text(&node, key);
        let text = read(node, &message, problems).unwrap_or_else(|| Spanned::new(self.span(), "-".into()));
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

    /// A list of text that is looked up; empty where there is none.
    pub(super) fn names(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Str> {
        self.proses(key, problems).into_iter().map(Spanned::into_inner).collect()
    }

    /// A list of text that is shown to people; empty where there is none.
    pub(super) fn proses(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Spanned<Str>> {
        let nodes = self.nodes(key, problems);
        let message = format!("`{key}` has to be a list of text");
        nodes.into_iter().filter_map(|node| name_of(node, &message, problems)).collect()
    }

    /// true or false.
    pub fn flag(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let node = self.take(key)?;
        let span = node.span();
        match node.into_inner() {
            Value::Boolean(value) => Some(value),
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
        let text = self.prose(key, problems)?;
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
            Value::Array(items) => items.into_iter().filter_map(|item| Table::of(item, what, problems)).collect(),
            other => {
                problems.push(wrong(&other, span, &format!("`{key}` has to be a list of tables")));
                Vec::new()
            }
        }
    }

    /// Refuses what was not asked for.
    pub fn finish(self, problems: &mut Problems) {
        for (key, _) in self.entries.iter().flatten() {
            let mut problem = Problem::new(Code::UnknownKey, key.span(), format!("unknown key `{}` in {}", key.get_ref(), self.what));
            problem.help = suggest::help(key.get_ref(), self.asked.iter().copied());
            problems.push(problem);
        }
    }
}

/// What is said where a value is no text: most are, and nothing is put together for them.
fn has_to_be_text(node: &Node<'_>, key: &str) -> String {
    if node.get_ref().as_str().is_some() { String::new() } else { format!("`{key}` has to be text") }
}

/// The mistake that a value is of another type.
pub fn wrong(found: &Value<'_>, span: Range<usize>, message: &str) -> Problem {
    Problem::new(Code::WrongValue, span, message).label(format!("this is {}", type_of(found)))
}

fn type_of(value: &Value<'_>) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) | Value::Callables(_) => "a table",
    }
}

/// A whole number.
pub fn number_of(value: &Value<'_>) -> Option<i128> {
    if let Value::Integer(number) = value { *number } else { None }
}

/// Text, or a mistake.
pub fn text_of(node: Node<'_>, message: &str, problems: &mut Problems) -> Option<Spanned<String>> {
    name_of(node, message, problems).map(|text| Spanned::new(text.span(), text.into_inner().into_owned()))
}

/// A list of text, or a mistake.
pub fn texts_of(node: Node<'_>, message: &str, problems: &mut Problems) -> Vec<Spanned<String>> {
    let span = node.span();
    match node.into_inner() {
        Value::Array(items) => items.into_iter().filter_map(|item| text_of(item, message, problems)).collect(),
        other => {
            problems.push(wrong(&other, span, message));
            Vec::new()
        }
    }
}

/// Text of a list that is looked up, which stays where it is in packs that are built in; or a mistake.
pub(super) fn name_of(node: Node<'_>, message: &str, problems: &mut Problems) -> Option<Spanned<Str>> {
    let span = node.span();
    match node.into_inner() {
        Value::String(text) => Some(Spanned::new(span, text.into_str())),
        other => {
            problems.push(wrong(&other, span, message));
            None
        }
    }
}
