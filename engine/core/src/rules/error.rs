//! What can be wrong with a pack, shown with the line that is wrong.

use crate::limits::PROBLEMS;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// What kind of mistake it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// Not TOML.
    Syntax,
    /// Not UTF-8.
    Encoding,
    /// Larger than a pack may be.
    Size,
    /// A key that means nothing here.
    UnknownKey,
    /// A key that has to be there.
    MissingKey,
    /// A value of the wrong type, or not one of those allowed.
    WrongValue,
    /// A kind that the vocabulary does not have.
    UnknownKind,
    /// A field that facts of this kind do not have.
    UnknownField,
    /// A threat type that the taxonomy does not have.
    UnknownThreat,
    /// A list that the pack does not have.
    UnknownList,
    /// A pack that is not there.
    UnknownPack,
    /// A rule that is not there.
    UnknownRule,
    /// Something is declared twice.
    Duplicate,
    /// Packs that extend each other in a circle.
    Cycle,
    /// A pattern that does not compile, or costs too much.
    Pattern,
    /// A vocabulary newer than this engine's.
    Vocabulary,
    /// A pack for a newer engine.
    Engine,
    /// Not wrong, and not as it should be.
    Lint,
}

impl Code {
    /// Its name, for programs.
    pub fn name(self) -> &'static str {
        match self {
            Code::Syntax => "syntax",
            Code::Encoding => "encoding",
            Code::Size => "size",
            Code::UnknownKey => "unknown-key",
            Code::MissingKey => "missing-key",
            Code::WrongValue => "wrong-value",
            Code::UnknownKind => "unknown-kind",
            Code::UnknownField => "unknown-field",
            Code::UnknownThreat => "unknown-threat",
            Code::UnknownList => "unknown-list",
            Code::UnknownPack => "unknown-pack",
            Code::UnknownRule => "unknown-rule",
            Code::Duplicate => "duplicate",
            Code::Cycle => "cycle",
            Code::Pattern => "pattern",
            Code::Vocabulary => "vocabulary",
            Code::Engine => "engine",
            Code::Lint => "lint",
        }
    }
}

/// A mistake, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind.
    pub code: Code,
    /// One sentence.
    pub message: String,
    /// Bytes of the pack's text that are underlined.
    pub span: Range<usize>,
    /// What is written beside the underlining; may be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// A mistake without label and help.
    pub fn new(code: Code, span: Range<usize>, message: impl Into<String>) -> Self {
        Problem { code, message: message.into(), span, label: String::new(), help: None }
    }

    /// With a label beside the underlining.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// All that is wrong with one pack. Its display shows each mistake with its line.
#[derive(Debug, Clone)]
pub struct PackError {
    /// Where the text came from: a path, or `built-in:<file>`.
    pub origin: String,
    /// In the order of the text; never empty.
    pub problems: Vec<Problem>,
    text: Arc<str>,
}

impl PackError {
    /// All that is wrong with a text: a pack's, or another one that is read as strictly.
    pub fn new(origin: &str, text: &Arc<str>, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.start);
        PackError { origin: origin.into(), problems, text: text.clone() }
    }

    /// A mistake with its line underlined.
    pub fn show(&self, problem: &Problem) -> String {
        show(&self.origin, &self.text, problem, Gravity::Error, "")
    }

    /// Line and column of a mistake, both from 1; the column counts characters.
    pub fn position(&self, problem: &Problem) -> (usize, usize) {
        position(&self.text, problem.span.start)
    }
}

/// Line and column of a place in a text, both from 1; the column counts characters.
pub fn position(text: &str, at: usize) -> (usize, usize) {
    let start = text.floor_char_boundary(at.min(text.len()));
    let before = &text[..start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gravity {
    /// Better otherwise.
    Warning,
    /// Wrong.
    Error,
}

impl Gravity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Gravity::Warning => "warning",
            Gravity::Error => "error",
        }
    }
}

/// A mistake with its line underlined, and a note below it if there is one.
pub fn show(origin: &str, text: &str, problem: &Problem, gravity: Gravity, note: &str) -> String {
    let end = |at: usize| text.ceil_char_boundary(at.min(text.len()));
    let (start, stop) = (text.floor_char_boundary(problem.span.start.min(text.len())), end(problem.span.end));
    // Only the lines themselves are handed on: a pack may be large, and have many mistakes.
    let first = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let last = text[stop.max(start)..].find('\n').map_or(text.len(), |at| stop.max(start) + at);
    let mut annotation = AnnotationKind::Primary.span(start - first..stop.max(start) - first);
    if !problem.label.is_empty() {
        annotation = annotation.label(problem.label.as_str());
    }
    let line = text[..first].matches('\n').count() + 1;
    // The other half of a line's end would be shown as a sign of its own.
    let last = if text[first..last].ends_with('\r') && last > stop.max(start) { last - 1 } else { last };
    let snippet = Snippet::source(&text[first..last]).line_start(line).path(origin).annotation(annotation);
    let level = match gravity {
        Gravity::Warning => Level::WARNING,
        Gravity::Error => Level::ERROR,
    };
    let mut group = level.primary_title(problem.message.as_str()).element(snippet);
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    if !note.is_empty() {
        group = group.element(Level::NOTE.message(note));
    }
    Renderer::plain().render(&[group])
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().take(PROBLEMS).enumerate() {
            if number > 0 {
                f.write_str("\n\n")?;
            }
            f.write_str(&self.show(problem))?;
        }
        match self.problems.len().saturating_sub(PROBLEMS) {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more mistakes"),
        }
    }
}

impl std::error::Error for PackError {}

/// Why a file cannot be read, without the system's number for it.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

/// Why there is no rule set.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A pack is wrong.
    #[error("{0}")]
    Pack(#[from] Box<PackError>),
    /// No pack has that id.
    #[error("there is no rule pack `{id}`{}", help.as_ref().map(|h| format!(": {h}")).unwrap_or_default())]
    Unknown {
        /// As it was asked for.
        id: String,
        /// What might be meant.
        help: Option<String>,
    },
    /// A pack's file cannot be read.
    #[error("cannot read the rule pack {}: {}", path.display(), reason(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
