//! `weighbridge plugins check`: the conformance kit. Each check drives a plugin through the engine's side of the contract and looks at one
//! promise of `weighbridge.h`, in a process of its own: this one never opens the library.
//!
//! ```text
//! parent (this module)                       child, one for each check
//!   for each check, in order of stages ───>    limits of memory; opens the library; runs the check
//!   waits, kills what takes too long   <───    its answer in a file: ok, failed, skipped, warning
//!   prints
//! ```

mod bench;
mod checks;
mod child;
mod inputs;
mod parent;
mod report;
mod seeds;

pub use child::{is_check, work};

use crate::args::{Global, PluginsCheckArgs};
use crate::terminal::{self, RED};
use crate::text::escape;
use crate::{Done, Failure, bundle, exit};
use anyhow::anyhow;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use weighbridge_core::host::{NO_LIBRARIES, Registry};

/// One promise that is looked at.
struct Check {
    /// What reports and people call it.
    id: &'static str,
    /// The promise, in one line.
    line: &'static str,
    /// When its turn comes.
    stage: Stage,
    /// Looks at it.
    run: fn(&mut bench::Bench) -> Result<(), Fault>,
}

/// When a check's turn comes: one stage after the other, and what crashes in one ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Nothing of the library runs.
    Bytes,
    /// It is opened.
    Open,
    /// Its descriptor is read.
    Descriptor,
    /// Sessions are made.
    Session,
    /// It reads.
    Input,
}

/// Why a promise is not simply kept. The text is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Fault {
    /// It is broken.
    Failed(String),
    /// It could not be looked at.
    Skipped(String),
    /// It is kept, but.
    Warning(String),
    /// The file is none that could be looked at.
    NoLibrary(String),
}

fn failed(sentence: impl Into<String>) -> Fault {
    Fault::Failed(sentence.into())
}

fn skipped(sentence: impl Into<String>) -> Fault {
    Fault::Skipped(sentence.into())
}

/// What is checked: what a child is told of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    /// Id of the check.
    check: String,
    /// The library.
    library: PathBuf,
    /// The library is none: it is the built-in plugin of this id.
    builtin: Option<String>,
    /// Files to read.
    fixtures: Option<PathBuf>,
    /// What made-up inputs are made from.
    seed: u64,
    /// An empty folder for what the child has to say.
    folder: PathBuf,
}

/// Runs the kit.
pub fn run(global: &Global, args: &PluginsCheckArgs) -> Done {
    if let Some(unknown) = args.only.iter().find(|only| !checks::CHECKS.iter().any(|check| check.id == only.as_str())) {
        let known: Vec<&str> = checks::CHECKS.iter().map(|check| check.id).collect();
        return Err(Failure::Usage(anyhow!("there is no check `{}`: there are {}", escape(unknown), known.join(", "))));
    }
    let builtin = if args.file.exists() { None } else { builtin(&args.file.to_string_lossy()) };
    if let Some(folder) = &args.fixtures {
        let any = seeds::files(folder).map_err(|error| Failure::Usage(anyhow!("{}: {error}", escape(&folder.to_string_lossy()))))?;
        if any.is_empty() {
            return Err(Failure::Usage(anyhow!(
                "{}: there is no file in it: give a folder of files that the plugin reads",
                escape(&folder.to_string_lossy())
            )));
        }
    }
    if builtin.is_none() && !args.file.is_file() {
        let what = if args.file.exists() { "it is a folder" } else { "there is no such file, and no built-in plugin of that name" };
        return Err(Failure::Usage(anyhow!("{}: {what}: give a plugin's library", escape(&args.file.to_string_lossy()))));
    }
    if let (None, Some(message)) = (&builtin, NO_LIBRARIES) {
        return Err(Failure::Usage(anyhow!("{message}")));
    }
    let report = parent::run(args, builtin)?;
    if let Some(sentence) = &report.refused {
        terminal::say("error", RED, global.color, &escape(sentence));
        return Ok(exit::INCOMPLETE);
    }
    report.print(args.format.unwrap_or(crate::report::Format::Console), global.color)?;
    Ok(report.exit_code)
}

/// The id, where it is that of a built-in plugin.
fn builtin(id: &str) -> Option<String> {
    let mut registry = Registry::default();
    let added = bundle::plugins().into_iter().filter(|plugin| registry.add_builtin(plugin).is_ok()).count();
    (added > 0 && registry.plugins().iter().any(|plugin| plugin.id == id)).then(|| id.to_owned())
}
