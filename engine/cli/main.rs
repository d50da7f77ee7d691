//! `weighbridge`: the command line over the engine.
//!
//! One file for each command, one for each report format; exit codes stand in `exit`, what is linked in stands in `bundle`.

mod args;
mod baseline;
mod bundle;
mod commands;
mod config;
mod engine;
mod exit;
mod folders;
mod git;
mod large;
mod overwrite;
mod pins;
mod progress;
mod report;
mod review;
mod rules;
mod signals;
mod table;
mod targets;
mod terminal;
mod text;
mod units;

use args::{COMMANDS, Cli, Command};
use clap::Parser;
use commands::plugins::check;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Why a command ended without an exit code of its own.
pub enum Failure {
    /// What was asked for makes no sense, or cannot be had: nothing was scanned.
    Usage(anyhow::Error),
    /// It failed on the way.
    Run(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Run(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Run(error.into())
    }
}

/// What a command gives: an exit code, or why there is none.
pub type Done = Result<u8, Failure>;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if engine::is_worker(&arguments) {
        // Whoever started it learns from its end that something failed.
        return engine::work().map_or(ExitCode::from(exit::USAGE), |()| ExitCode::SUCCESS);
    }
    if check::is_check(&arguments) {
        // One that leaves no answer has crashed to whoever started it.
        return check::work(&arguments).map_or(ExitCode::from(exit::INCOMPLETE), ExitCode::from);
    }
    let cli = match Cli::try_parse_from(with_command(arguments)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed to standard output and are no error; a closed pipe is nobody's concern.
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::CLEAN });
        }
    };
    let color = cli.global.color;
    let done = match cli.command {
        Command::Scan(args) => commands::scan::run(&cli.global, args),
        Command::Inspect(args) => commands::inspect::run(&cli.global, args),
        Command::Plugins(command) => commands::plugins::run(&cli.global, command),
        Command::Rules(command) => commands::rules::run(&cli.global, command),
        Command::Formats(args) => commands::formats::run(&cli.global, args),
        Command::Doctor(args) => commands::doctor::run(&cli.global, &args.table, &args.isolation),
        Command::Config(args) => commands::config::run(&cli.global, &args),
        Command::Init(args) => commands::init::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => commands::man::run(&args),
        Command::Schema(args) => commands::schema::run(args),
    };
    ExitCode::from(match done {
        Ok(code) => code,
        // Whoever closed the pipe has read what they wanted.
        Err(Failure::Run(error)) if is_closed_pipe(&error) => exit::CLEAN,
        Err(failure) => {
            let (code, error) = match failure {
                Failure::Usage(error) => (exit::USAGE, error),
                Failure::Run(error) => (exit::INCOMPLETE, error),
            };
            terminal::say("error", terminal::RED, color, &format!("{error:#}"));
            code
        }
    })
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Puts `scan` before what is not a command: a path, or options of a scan. Options of every command may stand before either.
fn with_command(mut args: Vec<OsString>) -> Vec<OsString> {
    let Some(first) = args.get(after_global(&args)) else { return args };
    let text = first.to_string_lossy();
    let is_command = COMMANDS.contains(&&*text) || matches!(&*text, "-h" | "--help" | "-V" | "--version");
    // A lone word that is no path is more likely a command misspelt: clap says which one may be meant.
    let is_word = !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase()) && !Path::new(first).exists();
    if !is_command && !is_word {
        args.insert(1, "scan".into());
    }
    args
}

/// Where the options of every command end that stand before all else.
fn after_global(args: &[OsString]) -> usize {
    let mut at = 1;
    while let Some(argument) = args.get(at) {
        let text = argument.to_string_lossy();
        at += match &*text {
            "-q" | "--quiet" | "-v" | "--verbose" | "--no-config" => 1,
            // The value is the next argument.
            "--color" | "--config" => 2,
            _ if text.starts_with("--color=") || text.starts_with("--config=") => 1,
            _ => break,
        };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_path_is_scanned() {
        let with = |args: &[&str]| with_command(args.iter().map(OsString::from).collect()).into_iter().nth(1).unwrap_or_default();
        assert_eq!(with(&["weighbridge", "model.pkl"]), "scan");
        assert_eq!(with(&["weighbridge", "--format", "json", "x"]), "scan");
        assert_eq!(with(&["weighbridge", "-"]), "scan");
        assert_eq!(with(&["weighbridge", "/tmp"]), "scan");
        assert_eq!(with(&["weighbridge", "inspect", "x"]), "inspect");
        assert_eq!(with(&["weighbridge", "--version"]), "--version");
        assert_eq!(with(&["weighbridge", "inspekt"]), "inspekt");
        assert_eq!(with(&["weighbridge"]), "");
        for global in [&["-q"][..], &["--no-config"], &["--color", "never"], &["--color=never", "-v"], &["--config", "scan"]] {
            let all = |rest: &[&str]| with(&[&["weighbridge"], global, rest].concat());
            assert_eq!(all(&["rules", "list"]), global[0]);
            assert_eq!(all(&["/tmp"]), "scan");
            assert_eq!(all(&["--mode", "quick", "/tmp"]), "scan");
            assert_eq!(all(&[]), global[0]);
        }
    }
}
