//! Values of settings: read from TOML or from one line of text, printed as they would be written.

use super::settings::Kind;
use crate::report::OutputSpec;
use crate::units;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use weighbridge_core::rules::read::{self, number_of, wrong};
use weighbridge_core::rules::{Code, Problem, suggest};

/// What a setting is set to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No bound, or nothing asked for.
    None,
    /// Left to the program.
    Auto,
    /// True or false.
    Flag(bool),
    /// One of some words.
    Word(String),
    /// Bytes.
    Size(u64),
    /// A number of things.
    Number(u64),
    /// A time span.
    Time(Duration),
    /// Ids and paths of packs.
    Packs(Vec<String>),
    /// Reports to files.
    Outputs(Vec<OutputSpec>),
    /// A path.
    File(PathBuf),
}

/// Why a value is none, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    /// One sentence.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        Wrong { message, help: None }
    }
}

impl Value {
    /// Of one line of text, as a variable of the environment has it; lists have commas. Relative paths start at `folder`.
    pub fn of_text(kind: Kind, text: &str, folder: &Path) -> Result<Self, Wrong> {
        let items = || text.split(',').map(str::trim).filter(|item| !item.is_empty());
        match kind {
            Kind::Flag => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(Value::Flag(true)),
                "false" | "0" => Ok(Value::Flag(false)),
                _ => Err(format!("`{text}` is neither true nor false").into()),
            },
            Kind::Choice(words) => {
                let words = words();
                if text == "none" && words.iter().any(|word| word == text) {
                    return Ok(Value::None);
                }
                if words.iter().any(|word| word == text) {
                    return Ok(Value::Word(text.to_owned()));
                }
                let help = suggest::help(text, words.iter().map(String::as_str));
                Err(Wrong { message: format!("`{text}` is not one of the words that can stand here"), help })
            }
            Kind::Size | Kind::Time | Kind::File if text == "none" => Ok(Value::None),
            Kind::Size => units::parse_size(text).map(Value::Size).map_err(Wrong::from),
            Kind::Time => units::parse_duration(text).map(Value::Time).map_err(Wrong::from),
            Kind::Number { auto: true, .. } if text == "auto" => Ok(Value::Auto),
            Kind::Number { min, max, auto } => {
                let number = text.parse::<u64>().ok().filter(|number| (min..=max).contains(number));
                number.map(Value::Number).ok_or_else(|| format!("this has to be {}", range(min, max, auto)).into())
            }
            Kind::File => Ok(Value::File(folder.join(text))),
            Kind::Packs => Ok(Value::Packs(items().map(|item| pack(item, folder)).collect())),
            Kind::Outputs => items().map(|item| output(item, folder)).collect::<Result<_, _>>().map(Value::Outputs),
        }
    }

    /// Of a value in a file. Relative paths start at the file's `folder`.
    pub fn of_node(kind: Kind, name: &str, node: &read::Node<'_>, folder: &Path, problems: &mut Vec<Problem>) -> Option<Self> {
        let span = node.span();
        let read = match (kind, node.get_ref()) {
            (Kind::Flag, read::Value::Boolean(flag)) => Ok(Value::Flag(*flag)),
            (Kind::Choice(_) | Kind::Size | Kind::Time | Kind::File | Kind::Number { auto: true, .. }, read::Value::String(text)) => {
                Value::of_text(kind, text, folder)
            }
            (Kind::Size | Kind::Time | Kind::Number { .. }, number @ read::Value::Integer(_)) => match number_of(number) {
                Some(number) => Value::of_text(kind, &number.to_string(), folder),
                None => Err("this number is too large".to_owned().into()),
            },
            (Kind::Packs | Kind::Outputs, read::Value::Array(items)) => {
                let mut whole = match kind {
                    Kind::Packs => Value::Packs(Vec::new()),
                    _ => Value::Outputs(Vec::new()),
                };
                let before = problems.len();
                for item in items {
                    whole.push(name, item, folder, problems);
                }
                return (problems.len() == before).then_some(whole);
            }
            (_, other) => {
                problems.push(wrong(other, span, &format!("`{name}` has to be {}", expected(kind))));
                return None;
            }
        };
        match read {
            Ok(value) => Some(value),
            Err(Wrong { message, help }) => {
                let mut problem = Problem::new(Code::WrongValue, span, format!("`{name}`: {message}"));
                problem.help = help;
                problems.push(problem);
                None
            }
        }
    }

    fn push(&mut self, name: &str, item: &read::Node<'_>, folder: &Path, problems: &mut Vec<Problem>) {
        let read::Value::String(text) = item.get_ref() else {
            problems.push(wrong(item.get_ref(), item.span(), &format!("`{name}` has to be a list of text")));
            return;
        };
        match self {
            Value::Packs(packs) => packs.push(pack(text, folder)),
            Value::Outputs(outputs) => match output(text, folder) {
                Ok(output) => outputs.push(output),
                Err(error) => problems.push(Problem::new(Code::WrongValue, item.span(), format!("`{name}`: {}", error.message))),
            },
            _ => {}
        }
    }

    /// Of the text that a default is written as; none where that is a mistake.
    pub fn of_default(kind: Kind, text: &str) -> Option<Self> {
        let document = format!("value = {text}");
        let mut problems = Vec::new();
        let node = read::Table::parse(&document, "a default", &mut problems)?.take("value")?;
        Value::of_node(kind, "value", &node, Path::new(""), &mut problems).filter(|_| problems.is_empty())
    }
}

/// Packs by path are made whole: they are read from another folder than the one that they are written for.
fn pack(selector: &str, folder: &Path) -> String {
    let is_path = selector.contains(['/', '\\']) || selector.ends_with(".toml");
    if is_path { folder.join(selector).to_string_lossy().into_owned() } else { selector.to_owned() }
}

fn output(text: &str, folder: &Path) -> Result<OutputSpec, Wrong> {
    let mut spec = OutputSpec::parse(text.into())?;
    if spec.path.as_os_str() != "-" {
        spec.path = folder.join(&spec.path);
    }
    Ok(spec)
}

fn expected(kind: Kind) -> String {
    match kind {
        Kind::Flag => "true or false".into(),
        Kind::Choice(words) => format!("one of {}", words().iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")),
        Kind::Size => "a size: a number of bytes, or text such as \"20M\" or \"none\"".into(),
        Kind::Time => "a time: a number of seconds, or text such as \"5m\" or \"none\"".into(),
        Kind::Number { min, max, auto } => range(min, max, auto),
        Kind::File => "a path, as text".into(),
        Kind::Packs | Kind::Outputs => "a list of text".into(),
    }
}

fn range(min: u64, max: u64, auto: bool) -> String {
    let or = if auto { ", or \"auto\"" } else { "" };
    format!("a whole number from {min} to {}{or}", units::grouped(max))
}

/// As it would be written in a file.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: &mut dyn Iterator<Item = String>| items.map(|item| format!("{item:?}")).collect::<Vec<_>>().join(", ");
        match self {
            Value::None => f.write_str("none"),
            Value::Auto => f.write_str("auto"),
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Word(word) => f.write_str(word),
            Value::Size(bytes) if *bytes >= 1 << 10 => write!(f, "{bytes} ({})", units::size(*bytes)),
            Value::Size(number) | Value::Number(number) => write!(f, "{number}"),
            Value::Time(time) => f.write_str(&units::seconds(time.as_secs_f64())),
            Value::Packs(packs) => f.write_str(&packs.join(", ")),
            Value::File(path) => write!(f, "{}", path.display()),
            Value::Outputs(outputs) => f.write_str(&list(&mut outputs.iter().map(ToString::to_string))),
        }
    }
}

/// Numbers, texts and lists of them; none is null, a time is in seconds.
impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::None => serializer.serialize_none(),
            Value::Auto => serializer.serialize_str("auto"),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Word(word) => serializer.serialize_str(word),
            Value::Size(number) | Value::Number(number) => serializer.serialize_u64(*number),
            Value::Time(time) => serializer.serialize_f64(time.as_secs_f64()),
            Value::Packs(packs) => serializer.collect_seq(packs),
            Value::File(path) => serializer.serialize_str(&path.to_string_lossy()),
            Value::Outputs(outputs) => serializer.collect_seq(outputs.iter().map(ToString::to_string)),
        }
    }
}
