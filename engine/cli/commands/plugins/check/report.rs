//! What came of the checks, for people and for programs.
//!
//! `--format json` prints `weighbridge.check/1`, which only grows:
//!
//! ```text
//! { "schema": "weighbridge.check/1", "file": path, "exit_code": 0 or 1,
//!   "plugin": null, or { id, version, abi, origin, sha256, pinned, contact, formats },
//!   "inputs": null, or { "given": number, "claimed": number },
//!   "summary": { ok, failed, crashed, timed_out, skipped, warning: numbers },
//!   "checks": [ { "id", "promise", "state", "says": null or text, "input": null or path }, ... ] }
//! ```

use super::Check;
use crate::exit;
use crate::report::{Format, write_value};
use crate::terminal::{BOLD, Color, DIM, GREEN, Look, RED, Writer, YELLOW};
use crate::text::{escape, wrap};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use weighbridge_core::report::PluginInfo;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Ok,
    Failed,
    Crashed,
    TimedOut,
    Skipped,
    Warning,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Failed => "failed",
            State::Crashed => "crashed",
            State::TimedOut => "timed out",
            State::Skipped => "skipped",
            State::Warning => "warning",
        }
    }
}

/// One check, and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Outcome {
    id: &'static str,
    promise: &'static str,
    pub state: State,
    #[serde(serialize_with = "or_null")]
    pub says: String,
    pub input: Option<String>,
}

fn or_null<S: serde::Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    if text.is_empty() { to.serialize_none() } else { to.serialize_str(text) }
}

impl Outcome {
    pub fn new(check: &Check, state: State, says: String) -> Self {
        Outcome { id: check.id, promise: check.line, state, says, input: None }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Counts {
    ok: usize,
    failed: usize,
    crashed: usize,
    timed_out: usize,
    skipped: usize,
    warning: usize,
}

#[derive(Debug, Serialize)]
struct Inputs {
    given: usize,
    claimed: usize,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Report {
    file: String,
    /// Why there is nothing to check: no library.
    pub refused: Option<String>,
    pub plugin: Option<PluginInfo>,
    pub inputs: Option<(usize, usize)>,
    checks: Vec<Outcome>,
    counts: Counts,
    pub exit_code: u8,
}

impl Report {
    pub fn new(file: &Path, builtin: Option<&str>) -> Self {
        let file = builtin.map_or_else(|| file.to_string_lossy().into_owned(), str::to_owned);
        Report { file, refused: None, plugin: None, inputs: None, checks: Vec::new(), counts: Counts::default(), exit_code: exit::CLEAN }
    }

    pub fn finish(&mut self, checks: Vec<Outcome>) {
        let mut counts = Counts::default();
        for check in &checks {
            *match check.state {
                State::Ok => &mut counts.ok,
                State::Failed => &mut counts.failed,
                State::Crashed => &mut counts.crashed,
                State::TimedOut => &mut counts.timed_out,
                State::Skipped => &mut counts.skipped,
                State::Warning => &mut counts.warning,
            } += 1;
        }
        self.exit_code = if counts.failed + counts.crashed + counts.timed_out > 0 { exit::FINDINGS } else { exit::CLEAN };
        (self.checks, self.counts) = (checks, counts);
    }

    pub fn print(&self, format: Format, color: Color) -> io::Result<()> {
        let mut out = Writer::stdout();
        match format {
            Format::Json => {
                #[derive(Serialize)]
                struct Shape<'r> {
                    schema: &'static str,
                    file: &'r str,
                    exit_code: u8,
                    plugin: &'r Option<PluginInfo>,
                    inputs: Option<Inputs>,
                    summary: Counts,
                    checks: &'r [Outcome],
                }
                let shape = Shape {
                    schema: "weighbridge.check/1",
                    file: &self.file,
                    exit_code: self.exit_code,
                    plugin: &self.plugin,
                    inputs: self.inputs.map(|(given, claimed)| Inputs { given, claimed }),
                    summary: self.counts,
                    checks: &self.checks,
                };
                write_value(&mut out, &shape)?;
                writeln!(out)?;
            }
            Format::Console => self.console(&mut out, Look::stdout(color))?,
        }
        out.finish()
    }

    fn console(&self, out: &mut dyn Write, look: Look) -> io::Result<()> {
        const STATE: usize = 9;
        let wide = self.checks.iter().map(|check| check.id.len()).max().unwrap_or(0);
        let before = STATE + 2 + wide + 2;
        let room = look.width.saturating_sub(before).max(24);
        for check in &self.checks {
            let style = match check.state {
                State::Ok => GREEN,
                State::Failed | State::Crashed | State::TimedOut => RED,
                State::Skipped => DIM,
                State::Warning => YELLOW,
            };
            let state = look.paint(style, &format!("{:STATE$}", check.state.word()));
            let lines = wrap(check.promise, room);
            writeln!(out, "{state}  {:wide$}  {}", check.id, lines.first().map_or("", String::as_str))?;
            let saved = check.input.as_ref().map(|path| format!("the input is kept in {path}"));
            let more = [Some(check.says.clone()).filter(|says| !says.is_empty()), saved];
            let more = more.into_iter().flatten().flat_map(|text| wrap(&escape(&text), room));
            for line in lines
                .into_iter()
                .skip(1)
                .map(|line| format!("{:before$}{line}", ""))
                .chain(more.map(|line| format!("{:before$}{}", "", look.paint(BOLD, &line))))
            {
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        let Counts { ok, failed, crashed, timed_out, skipped, warning } = self.counts;
        let counted = [(ok, "ok"), (failed, "failed"), (crashed, "crashed"), (timed_out, "timed out"), (skipped, "skipped"), (warning, "warning")];
        let counted: Vec<String> = counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let plugin =
            self.plugin.as_ref().map_or(escape(&self.file).into_owned(), |plugin| escape(&format!("{} {}", plugin.id, plugin.version)).into_owned());
        let inputs = self.inputs.map_or(String::new(), |(given, claimed)| format!("; {claimed} of {given} inputs are its own"));
        writeln!(out, "\n{plugin}: {}{inputs}", counted.join(", "))
    }
}
