//! The configuration: what files, the environment and the command line say, and what comes of it.
//!
//! ```text
//! weighbridge.toml -> Written (as it stands, with places) -> Layer (validated) ─┐
//!                                         WEIGHBRIDGE_* -> Layer ──────────────┼─> Effective -> Settings
//!                                                flags -> Layer ───────────────┘
//! ```
//! Flags go over the environment, that over the file that `--config` names, that over the user's own, that over the defaults. A
//! file that is only found may tighten what these say, and nothing else.

mod environment;
pub mod find;
mod layer;
mod schema;
mod settings;
pub mod suppress;
mod trust;
mod value;
mod written;

use crate::Failure;
use crate::args::{Global, Isolate, IsolationArgs, Mode, PluginArgs, Progress, Threshold};
use crate::report::{OutputSpec, ReportFormat};
use anyhow::anyhow;
use clap::ValueEnum;
use find::Trust;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use weighbridge_core::host::only_the_owner_writes;
use weighbridge_core::limits::{self, Limits};
use weighbridge_core::report::{Notice, Severity};
use weighbridge_core::suppress::Suppression;

pub use layer::{Held, Layer, Origin, Place, PluginLayer, is_sha256};
pub use schema::schema;
pub use settings::{SETTINGS, Setting, setting};
pub use value::Value;

/// All that was said, and by whom.
#[derive(Debug, Default)]
pub struct Effective {
    layer: Layer,
    /// Files that were read, the user's first.
    pub files: Vec<ConfigFile>,
    /// What was said and is not obeyed.
    pub ignored: Vec<Ignored>,
    /// Sentences about variables that set nothing.
    pub unknown: Vec<String>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConfigFile {
    /// Where.
    pub path: String,
    /// user, project or named.
    pub source: &'static str,
    /// Whether all of it is obeyed that a file of its kind may say.
    pub trusted: bool,
}

/// What a file says and is not obeyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ignored {
    /// The file.
    pub path: String,
    /// Names of its settings.
    pub settings: Vec<String>,
    /// Why.
    pub reason: String,
}

impl Ignored {
    /// For people.
    pub fn sentence(&self) -> String {
        let Ignored { path, settings, reason } = self;
        let settings = settings.join(", ");
        format!("{path}: not obeyed: {settings}: {reason} (if you trust it: --config {path})")
    }
}

/// What a run works with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether anything is scanned.
    pub enabled: bool,
    /// How much is read.
    pub mode: weighbridge_core::scan::Mode,
    /// Findings from here on fail the run.
    pub fail_on: Option<Severity>,
    /// Findings below are left out of reports.
    pub shown_from: Option<Severity>,
    /// Larger files are not read.
    pub max_file_size: Option<u64>,
    /// The run ends after this time.
    pub timeout: Option<Duration>,
    /// In which processes files are read.
    pub isolate: Isolate,
    /// A file is given up after this time.
    pub file_timeout: Option<Duration>,
    /// Address space of each of those processes.
    pub worker_memory: Option<u64>,
    /// How far a scan of one file goes.
    pub limits: Limits,
    /// Files scanned at a time; none is one for each processor.
    pub jobs: Option<u64>,
    /// Packs that judge.
    pub packs: Vec<String>,
    /// On standard output.
    pub format: ReportFormat,
    /// To files.
    pub outputs: Vec<OutputSpec>,
    /// When progress is shown.
    pub progress: Progress,
    /// A report whose findings are not new.
    pub baseline: Option<PathBuf>,
}

/// What is said for a run. `flags` is what the command line says.
pub fn load(global: &Global, flags: Layer) -> Result<Effective, Failure> {
    let (environment, unknown) = environment::layer(std::env::vars_os()).map_err(Failure::Usage)?;
    let mut effective = Effective { unknown, ..Effective::default() };
    for (path, kind, trust) in files(global).map_err(Failure::Usage)? {
        effective.file(&path, kind, trust)?;
    }
    effective.over(environment);
    effective.over(flags);
    Ok(effective)
}

/// Makes the origin of a line.
type OriginOf = fn(Place) -> Origin;

/// Files to be read, the least first.
fn files(global: &Global) -> anyhow::Result<Vec<(PathBuf, OriginOf, Trust)>> {
    let mut files: Vec<(PathBuf, OriginOf, Trust)> = Vec::new();
    if global.no_config {
        return Ok(files);
    }
    files.extend(find::user().map(|path| (path, Origin::User as OriginOf, Trust::Full)));
    let variable = || std::env::var_os(environment::CONFIG).filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(named) = global.config.clone().or_else(variable) {
        files.push((named, Origin::Named, Trust::Full));
        return Ok(files);
    }
    let here = std::env::current_dir().map_err(|error| anyhow!("the current folder is not there: {error}"))?;
    let here = here.canonicalize().unwrap_or(here);
    // The user's own file is that, wherever one stands.
    let user = files.first().and_then(|(path, ..)| path.canonicalize().ok());
    let found = find::project(&here).into_iter().rev().filter(|path| path.canonicalize().ok() != user || user.is_none());
    files.extend(found.map(|path| (path, Origin::Project as OriginOf, Trust::Tighten)));
    Ok(files)
}

impl Effective {
    fn file(&mut self, path: &Path, origin: OriginOf, trust: Trust) -> Result<(), Failure> {
        let name: Arc<str> = crate::text::escape(&shown(path)).into();
        let source = origin(Place { path: name.clone(), line: 0 }).kind();
        let ignore = |settings: Vec<String>, reason: &str| Ignored { path: name.to_string(), settings, reason: reason.into() };
        let text = match find::read(path, trust) {
            Ok(text) => text,
            // It could have tightened at most.
            Err(error) if trust == Trust::Tighten => {
                self.ignored.push(ignore(vec!["all of it".into()], &crate::units::reason(&error)));
                return Ok(());
            }
            Err(error) => return Err(Failure::Usage(anyhow!("cannot read the configuration {name}: {}", crate::units::reason(&error)))),
        };
        let folder = std::path::absolute(path).ok().and_then(|path| path.parent().map(Path::to_path_buf)).unwrap_or_default();
        let layer = Layer::of_file(&name, &text, &folder, |line| origin(Place { path: name.clone(), line }));
        let layer = match layer {
            Ok(layer) => layer,
            // Nor may one that came with a model stop the scan.
            Err(_) if trust == Trust::Tighten => {
                let reason = format!("there is a mistake in it; `weighbridge config --config {name}` shows where");
                self.ignored.push(ignore(vec!["all of it".into()], &reason));
                return Ok(());
            }
            Err(error) => return Err(Failure::Usage(anyhow!("the configuration is wrong, and nothing was done by it\n{error}"))),
        };
        if trust == Trust::Full && layer.plugins.is_some() {
            // Whoever can write it can name code that runs.
            only_the_owner_writes(path).map_err(|message| Failure::Usage(anyhow!("the configuration {name} names plugins, and {message}")))?;
        }
        self.files.push(ConfigFile { path: name.to_string(), source, trusted: trust == Trust::Full });
        match trust {
            Trust::Full => self.over(layer),
            Trust::Tighten => {
                let settings = trust::tighten(&mut self.layer, layer);
                if !settings.is_empty() {
                    self.ignored.push(ignore(settings, "a configuration that nobody named may only tighten"));
                }
            }
        }
        Ok(())
    }

    /// Puts a layer over what was said so far.
    fn over(&mut self, layer: Layer) {
        self.layer.values.extend(layer.values);
        self.layer.suppressions.extend(layer.suppressions);
        if layer.plugins.is_some() {
            self.layer.plugins = layer.plugins;
        }
    }

    /// What a setting is set to.
    pub fn held(&self, setting: &Setting) -> Held {
        self.layer.values.get(setting.name).cloned().unwrap_or_else(|| Held { value: setting.default(), origin: Origin::Default })
    }

    /// Who says what a setting is set to.
    pub fn origin(&self, name: &str) -> Origin {
        setting(name).map_or(Origin::Default, |setting| self.held(setting).origin)
    }

    /// Findings that somebody has looked at, in the order of the files.
    pub fn suppressions(&self) -> &[Suppression] {
        &self.layer.suppressions
    }

    /// Plugins, as the user's own file asks for them.
    pub fn plugins(&self) -> Option<&PluginLayer> {
        self.layer.plugins.as_ref()
    }

    /// The plugins of the command line and the configuration together.
    pub fn plugin_args(&self, flags: &PluginArgs) -> PluginArgs {
        let mut args = flags.clone();
        if let Some(plugins) = self.plugins() {
            args.no_builtin |= plugins.builtin == Some(false);
            args.plugin_dir.extend(plugins.folders.iter().cloned());
            args.plugin.extend(plugins.files.iter().cloned());
        }
        args
    }

    /// The packs that judge.
    pub fn packs(&self) -> Vec<String> {
        match self.value("rules") {
            Value::Packs(packs) => packs,
            _ => Vec::new(),
        }
    }

    fn value(&self, name: &str) -> Value {
        setting(name).map_or(Value::None, |setting| self.held(setting).value)
    }

    fn word<T: ValueEnum>(&self, name: &str) -> Option<T> {
        match self.value(name) {
            Value::Word(word) => T::from_str(&word, false).ok(),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<u64> {
        match self.value(name) {
            Value::Number(number) | Value::Size(number) => Some(number),
            _ => None,
        }
    }

    fn time(&self, name: &str) -> Option<Duration> {
        match self.value(name) {
            Value::Time(time) => Some(time),
            _ => None,
        }
    }

    /// Where a limit is none, it is the most that there is.
    fn limits(&self) -> Limits {
        let number = |name: &str| self.number(name).unwrap_or(u64::MAX);
        Limits {
            depth: u32::try_from(number("limits.depth")).unwrap_or(limits::DEPTH).min(limits::DEPTH),
            child_bytes: number("limits.child_bytes").min(limits::CHILD_BYTES),
            decoded_bytes: number("limits.decoded_bytes"),
            steps: number("limits.steps"),
            quick_sweep: number("limits.quick_sweep"),
        }
    }

    /// What comes of it.
    pub fn settings(&self) -> Settings {
        Settings {
            enabled: self.value("enabled") != Value::Flag(false),
            mode: self.word::<Mode>("mode").unwrap_or(Mode::Quick).into(),
            fail_on: self.word::<Threshold>("severity_threshold").unwrap_or(Threshold::Medium).severity(),
            shown_from: self.word::<crate::args::Level>("severity").map(Into::into),
            max_file_size: self.number("max_file_size"),
            timeout: self.time("timeout"),
            isolate: self.word("isolate").unwrap_or_default(),
            file_timeout: self.time("file_timeout"),
            worker_memory: self.number("worker_memory"),
            limits: self.limits(),
            jobs: self.number("jobs"),
            packs: self.packs(),
            format: self.word("format").unwrap_or(ReportFormat::Console),
            outputs: match self.value("outputs") {
                Value::Outputs(outputs) => outputs,
                _ => Vec::new(),
            },
            progress: self.word("progress").unwrap_or(Progress::Auto),
            baseline: match self.value("baseline") {
                Value::File(path) => Some(path),
                _ => None,
            },
        }
    }

    /// What is not obeyed, and which variables set nothing.
    pub fn notices(&self) -> Vec<Notice> {
        let notice = |code: &str, message: String| Notice { code: code.into(), message };
        let ignored = self.ignored.iter().map(|ignored| notice("setting-ignored", ignored.sentence()));
        ignored.chain(self.unknown.iter().map(|sentence| notice("unknown-variable", sentence.clone()))).collect()
    }

    /// Says that on standard error.
    pub fn warn(&self, global: &Global) {
        say(&self.notices(), global);
    }
}

/// Says on standard error what a person should know.
pub fn say(notices: &[Notice], global: &Global) {
    for notice in notices {
        crate::terminal::say("warning", crate::terminal::YELLOW, global.color, &crate::text::escape(&notice.message));
    }
}

/// A path as it is shown: relative to the current folder where it lies below it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    path.strip_prefix(&here).ok().filter(|rest| !rest.as_os_str().is_empty()).unwrap_or(path).display().to_string()
}

/// Which values flags give, for [`Layer`]s of the command line.
#[derive(Debug, Default)]
pub struct Flags(BTreeMap<&'static str, Held>);

impl Flags {
    /// A word, if the flag was given.
    pub fn word<T: ValueEnum>(self, name: &str, flag: &'static str, value: Option<&T>) -> Self {
        let word = value.and_then(ValueEnum::to_possible_value).map(|word| Value::Word(word.get_name().to_owned()));
        self.value(name, flag, word)
    }

    /// A value, if the flag was given.
    pub fn value(mut self, name: &str, flag: &'static str, value: Option<Value>) -> Self {
        if let (Some(setting), Some(value)) = (setting(name), value) {
            self.0.insert(setting.name, Held { value, origin: Origin::Flag(flag) });
        }
        self
    }

    /// Packs, if any was named.
    pub fn packs(self, args: &crate::args::RuleArgs) -> Self {
        let packs = (!args.packs.is_empty()).then(|| Value::Packs(args.packs.clone()));
        self.value("rules", "--rules", packs)
    }

    /// How files are kept from doing harm.
    pub fn isolation(self, args: &IsolationArgs) -> Self {
        self.word("isolate", "--isolate", args.isolate.as_ref()).value("file_timeout", "--file-timeout", args.file_timeout.map(Value::Time)).value(
            "worker_memory",
            "--worker-memory",
            args.worker_memory.map(Value::Size),
        )
    }

    /// The layer.
    pub fn layer(self) -> Layer {
        Layer { values: self.0, ..Layer::default() }
    }
}
