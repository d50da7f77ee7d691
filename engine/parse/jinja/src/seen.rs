//! What was seen in a template.

use crate::limits;
use std::collections::{BTreeMap, HashSet};

/// What a template does beyond naming things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// A name with double underscores is put together from pieces, or written with escapes.
    AssembledName,
    /// An attribute is looked up by a filter (`attr`, `map(attribute=…)`).
    AttributeFilter,
    /// A format string looks up attributes (`'{0.__class__}'.format(x)`).
    FormatString,
    /// Another template is included, imported or extended.
    OtherTemplate,
    /// `{% debug %}` writes out all variables.
    Debug,
    /// What a message says decides whether a text is added or set.
    ContentBranch,
    /// An attribute is looked up whose name is known when the template runs alone.
    ComputedAttribute,
    /// Characters that nobody sees: zero width, tags, changes of direction.
    HiddenCharacters,
}

impl Feature {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Feature::AssembledName => "assembled-name",
            Feature::AttributeFilter => "attribute-filter",
            Feature::FormatString => "format-string",
            Feature::OtherTemplate => "other-template",
            Feature::Debug => "debug",
            Feature::ContentBranch => "content-branch",
            Feature::ComputedAttribute => "computed-attribute",
            Feature::HiddenCharacters => "hidden-characters",
        }
    }
}

/// A text that a template says: data, or a string that it puts out or sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// Where it begins, in bytes of the source.
    pub at: usize,
    /// The text, cut.
    pub text: String,
}

/// A text that is said only where a message's content has a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Where the text begins.
    pub at: usize,
    /// The words that are looked for.
    pub words: Vec<String>,
    /// What is then said.
    pub text: String,
}

/// What cannot be read as Jinja.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Where, in bytes of the source.
    pub at: usize,
    /// What should be there.
    pub expected: &'static str,
    /// What is there.
    pub found: String,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Dotted names, in the order in which they are met: what comes from outside, what is called, and what has double underscores.
    pub names: Vec<String>,
    /// How many there were.
    pub total_names: u64,
    /// Where each feature is first met.
    pub features: BTreeMap<Feature, usize>,
    /// Other templates that are named.
    pub templates: Vec<String>,
    /// What is said.
    pub literals: Vec<Literal>,
    /// What is said only to some.
    pub branches: Vec<Branch>,
    /// The first issues.
    pub issues: Vec<Issue>,
    /// How many there were.
    pub total_issues: u64,
    /// Deeper nested than the limit: the deepest parts were read token by token.
    pub deep: Option<usize>,
    /// Constructs that name what is called or has double underscores, as they stand.
    pub excerpt: String,
    /// Where the first of them begins, and how long it is.
    pub notable: Option<(usize, usize)>,
    /// Constructs of any kind: without one it is plain text.
    pub constructs: u64,
    known: HashSet<String>,
}

impl Seen {
    pub(crate) fn name(&mut self, name: &str) {
        if name.is_empty() || self.known.contains(name) {
            return;
        }
        self.total_names += 1;
        if self.names.len() < limits::NAMES {
            self.known.insert(name.to_owned());
            self.names.push(name.to_owned());
        }
    }

    pub(crate) fn feature(&mut self, feature: Feature, at: usize) {
        self.features.entry(feature).or_insert(at);
    }

    pub(crate) fn issue(&mut self, at: usize, expected: &'static str, found: impl Into<String>) {
        self.total_issues += 1;
        if self.issues.len() < limits::ISSUES {
            let mut found = found.into();
            found.truncate(found.floor_char_boundary(found.len().min(64)));
            self.issues.push(Issue { at, expected, found });
        }
    }

    pub(crate) fn literal(&mut self, at: usize, text: &str) {
        if text.chars().any(crate::prose::is_hidden) {
            self.feature(Feature::HiddenCharacters, at);
        }
        if self.literals.len() < limits::LITERALS && crate::prose::speaks(text) {
            let text = text[..text.floor_char_boundary(limits::LITERAL.min(text.len()))].to_owned();
            self.literals.push(Literal { at, text });
        }
    }
}

/// Whether a name has a part with two underscores at either end, as Python's own attributes have, or one that leads into the interpreter as they do.
pub(crate) fn is_dunder(name: &str) -> bool {
    name.split('.').any(|part| part.len() > 4 && part.starts_with("__") && part.ends_with("__") || INNER.contains(&part))
}

/// Attributes of frames, functions, generators and of Jinja's and Flask's own objects that lead into the interpreter or to files.
const INNER: [&str; 18] = [
    "_TemplateReference__context",
    "gi_frame",
    "gi_code",
    "cr_frame",
    "cr_code",
    "ag_frame",
    "ag_code",
    "f_back",
    "f_globals",
    "f_builtins",
    "f_locals",
    "tb_frame",
    "func_globals",
    "func_code",
    "mro",
    "from_pyfile",
    "from_envvar",
    "from_object",
];
