//! `weighbridge rules`: one file for each sub-command.

pub mod args;
mod check;
mod coverage;
mod diff;
mod explain;
mod learn;
mod list;
mod models;
mod test;

use crate::args::Global;
use crate::report::{Format, write_value};
use crate::terminal::{self, Writer, YELLOW};
use crate::text::escape;
use crate::{Done, Failure, rules};
use args::RulesCommand;
use serde::Serialize;
use std::io::{self, Write};
use weighbridge_core::rules::{Entry, Library, Mode, RulesError};

/// Runs a sub-command.
pub fn run(global: &Global, command: RulesCommand) -> Done {
    for path in library()?.hidden() {
        let message = format!("{} is not read: a built-in pack has that id; give yours another name", path.display());
        terminal::say("warning", YELLOW, global.color, &escape(&message));
    }
    match command {
        RulesCommand::List(args) => list::run(global, &args),
        RulesCommand::Explain(args) => explain::run(global, &args),
        RulesCommand::Check(args) => check::run(global, &args),
        RulesCommand::Test(args) => test::run(global, &args),
        RulesCommand::Diff(args) => diff::run(global, &args),
        RulesCommand::Learn(args) => learn::run(global, &args),
        RulesCommand::Coverage(args) => coverage::run(global, &args),
    }
}

/// All packs that can be asked for by id.
fn library() -> Result<Library, Failure> {
    rules::library().map_err(rules::failure)
}

/// What a pack that is an allowlist, and judges alone, says nothing of.
fn alone(entry: &Entry) -> Option<String> {
    let Entry::Pack(pack) = entry else { return None };
    let speaks = match (pack.mode, pack.layers) {
        (Mode::Blocklist, _) => return None,
        (Mode::Allowlist, true) => "what pickles import and call, and classes that configurations name,",
        (Mode::Allowlist, false) => "what pickles import and call (`layers = true` adds classes that configurations name)",
    };
    Some(format!(
        "An allowlist: it asks for {speaks} and for nothing else that a model may do. A profile with `known-dangerous` and other packs beside it does."
    ))
}

/// Prints a value as JSON, or text for people.
fn print(format: Option<Format>, value: &impl Serialize, text: impl FnOnce(&mut Writer) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = Writer::stdout();
    match format.unwrap_or(Format::Console) {
        Format::Console => text(&mut out)?,
        Format::Json => {
            write_value(&mut out, value)?;
            writeln!(out)?;
        }
    }
    out.finish()?;
    Ok(())
}

/// What is wrong with a pack that is not even read.
fn usage(error: RulesError) -> Failure {
    rules::failure(error)
}
