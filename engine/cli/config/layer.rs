//! What one place says: a file, the environment, or the command line, validated.

use super::settings::Setting;
use super::suppress;
use super::value::Value;
use super::written::{Plugins, Written};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use weighbridge_core::rules::read::{self, Problems, wrong};
use weighbridge_core::rules::{Code, PackError, Problem};
use weighbridge_core::suppress::Suppression;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said.
    Default,
    /// The user's own file.
    User(Place),
    /// A file found upward from the current folder, which may only tighten.
    Project(Place),
    /// A file named with `--config`.
    Named(Place),
    /// A variable.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As people know it.
    pub path: Arc<str>,
    /// From 1.
    pub line: usize,
}

impl Origin {
    /// Its kind, for reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Origin::Default => "default",
            Origin::User(_) => "user",
            Origin::Project(_) => "project",
            Origin::Named(_) => "named",
            Origin::Environment(_) => "environment",
            Origin::Flag(_) => "flag",
        }
    }

    /// Where exactly; empty for a default.
    pub fn place(&self) -> String {
        match self {
            Origin::Default => String::new(),
            Origin::User(place) | Origin::Project(place) | Origin::Named(place) => format!("{}:{}", place.path, place.line),
            Origin::Environment(name) => name.clone(),
            Origin::Flag(flag) => (*flag).to_owned(),
        }
    }
}

/// A value, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// What it is.
    pub value: Value,
    /// Who says so.
    pub origin: Origin,
}

/// Plugins as one file asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLayer {
    /// Where it is written.
    pub origin: Origin,
    /// Whether the built-in ones read.
    pub builtin: Option<bool>,
    /// Folders of libraries.
    pub folders: Vec<PathBuf>,
    /// Libraries.
    pub files: Vec<PathBuf>,
    /// By id of a plugin, the SHA-256 of the library that may be opened under it, in lower-case hexadecimal.
    pub pins: BTreeMap<String, String>,
}

/// What one place says.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// By the setting's name.
    pub values: BTreeMap<&'static str, Held>,
    /// Plugins, if it speaks of them.
    pub plugins: Option<PluginLayer>,
    /// Findings that somebody has looked at.
    pub suppressions: Vec<Suppression>,
}

impl Layer {
    /// Sets a value.
    pub fn set(&mut self, setting: &'static Setting, value: Value, origin: Origin) {
        self.values.insert(setting.name, Held { value, origin });
    }

    /// What a file says; all that is wrong with it, where something is. `origin` makes the origin of a line; relative paths start at `folder`.
    pub fn of_file(name: &str, text: &str, folder: &Path, origin: impl Fn(usize) -> Origin) -> Result<Self, Box<PackError>> {
        let mut problems = Problems::new();
        let written = Written::read(text, &mut problems);
        let at = |start: usize| origin(text.get(..start).unwrap_or(text).matches('\n').count() + 1);
        let mut layer = Layer::default();
        for (setting, node) in &written.values {
            if let Some(value) = Value::of_node(setting.kind, setting.key().1, node, folder, &mut problems) {
                layer.set(setting, value, at(node.span().start));
            }
        }
        layer.plugins = written.plugins.map(|written| plugins(written, folder, &at, &mut problems));
        for suppress in &written.suppressions {
            let place = at(suppress.span.start).place();
            layer.suppressions.extend(suppress::validated(suppress, folder, place, &mut problems));
        }
        if problems.is_empty() { Ok(layer) } else { Err(Box::new(PackError::new(name, &Arc::from(text), problems))) }
    }
}

fn plugins(written: Plugins<'_>, folder: &Path, at: &dyn Fn(usize) -> Origin, problems: &mut Problems) -> PluginLayer {
    let origin = at(written.span.start);
    let paths = |texts: Vec<toml::Spanned<String>>| texts.iter().map(|text| folder.join(text.get_ref())).collect();
    let mut pins = BTreeMap::new();
    for (id, node) in written.pins {
        match node.get_ref() {
            read::Value::String(hash) if is_sha256(hash) => {
                pins.insert(id.into_inner().into_owned(), hash.to_ascii_lowercase());
            }
            read::Value::String(_) => problems.push(
                Problem::new(Code::WrongValue, node.span(), "a pin is the SHA-256 of a library")
                    .help("64 hexadecimal digits, as `sha256sum` and `weighbridge plugins list` print them"),
            ),
            other => problems.push(wrong(other, node.span(), "a pin has to be text")),
        }
    }
    PluginLayer { origin, builtin: written.builtin, folders: paths(written.folders), files: paths(written.files), pins }
}

/// Whether a text is a SHA-256 in hexadecimal.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
