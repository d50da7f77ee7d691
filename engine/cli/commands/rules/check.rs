//! `weighbridge rules check`.

use super::args::CheckArgs;
use super::{library, print};
use crate::args::Global;
use crate::terminal::Look;
use crate::{Done, engine, exit, units};
use serde::Serialize;
use std::io::Write;
use weighbridge_core::rules::lint::{Checked, Declared};
use weighbridge_core::rules::{Entry, Gravity, PackError, RulesError};

/// A pack, and what is to be said of it.
#[derive(Serialize)]
struct Report {
    /// As it was asked for.
    pack: String,
    /// Where its text came from.
    origin: String,
    /// Whether anything can be judged by it.
    valid: bool,
    notes: Vec<Note>,
    #[serde(skip)]
    summary: String,
    /// What an allowlist that judges alone leaves unsaid.
    #[serde(skip)]
    alone: Option<String>,
}

#[derive(Serialize)]
struct Note {
    /// Of a mistake its kind, of a lint its id.
    id: String,
    level: &'static str,
    line: usize,
    column: usize,
    message: String,
    help: Option<String>,
    #[serde(skip)]
    shown: String,
}

/// Checks packs.
pub fn run(global: &Global, args: &CheckArgs) -> Done {
    let library = library()?;
    let plugins = engine::configured(global, &args.plugins)?;
    let mut declared = Declared::new();
    for (kind, fields) in plugins.readers.catalogue().plugins.iter().flat_map(|plugin| &plugin.kinds) {
        declared.entry(kind.clone()).or_default().extend(fields.iter().cloned());
    }
    let mut reports = Vec::new();
    for pack in &args.packs {
        reports.push(match library.check(pack, &declared) {
            Ok(checked) => whole(pack, &checked),
            Err(RulesError::Pack(error)) => wrong(pack, &error),
            Err(other) => nothing(pack, &other),
        });
    }
    let count = |level: Gravity| reports.iter().flat_map(|report| &report.notes).filter(|note| note.level == level.name()).count();
    let (errors, warnings) = (count(Gravity::Error), count(Gravity::Warning));
    let look = Look::stdout(global.color);
    print(args.format, &reports, |out| {
        for report in &reports {
            for note in &report.notes {
                writeln!(out, "{}\n", crate::text::escape_lines(&note.shown))?;
            }
            writeln!(out, "{}", look.paint(crate::terminal::BOLD, &crate::text::escape(&report.summary)))?;
            for line in report.alone.iter().flat_map(|text| crate::text::wrap(text, look.width)) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    })?;
    Ok(if reports.iter().any(|report| !report.valid) {
        exit::USAGE
    } else if errors > 0 || (args.deny_warnings && warnings > 0) {
        exit::FINDINGS
    } else {
        exit::CLEAN
    })
}

fn whole(pack: &str, checked: &Checked) -> Report {
    let notes: Vec<Note> = checked
        .notes
        .iter()
        .map(|note| {
            let (line, column) = checked.position(note.problem.span.start);
            Note {
                id: note.lint.into(),
                level: note.gravity.name(),
                line,
                column,
                message: note.problem.message.clone(),
                help: note.problem.help.clone(),
                shown: checked.show(note),
            }
        })
        .collect();
    let what = match &checked.entry {
        Entry::Pack(pack) => {
            format!(
                "{}, {}",
                units::count(pack.rules.len() as u64, "rule", "rules"),
                units::count(pack.allow().len() as u64, "allow entry", "allow entries")
            )
        }
        Entry::Profile(profile) => format!("a profile of {}", units::count(profile.packs.len() as u64, "pack", "packs")),
    };
    let of = |level: Gravity| notes.iter().filter(|note| note.level == level.name()).count() as u64;
    let said = match (of(Gravity::Error), of(Gravity::Warning)) {
        (0, 0) => "nothing to complain about".into(),
        (0, n) => units::count(n, "thing could be better", "things could be better"),
        (errors, 0) => format!("{} to correct", units::count(errors, "error", "errors")),
        (errors, n) => {
            format!("{} to correct, {}", units::count(errors, "error", "errors"), units::count(n, "thing could be better", "things could be better"))
        }
    };
    let alone = super::alone(&checked.entry);
    Report { pack: pack.into(), origin: checked.origin.clone(), valid: true, summary: format!("{pack}: {what}; {said}"), notes, alone }
}

fn wrong(pack: &str, error: &PackError) -> Report {
    let notes: Vec<Note> = error
        .problems
        .iter()
        .map(|problem| {
            let (line, column) = error.position(problem);
            Note {
                id: problem.code.name().into(),
                level: Gravity::Error.name(),
                line,
                column,
                message: problem.message.clone(),
                help: problem.help.clone().or_else(|| (!problem.label.is_empty()).then(|| problem.label.clone())),
                shown: error.show(problem),
            }
        })
        .collect();
    let summary = format!("{pack}: {}; nothing can be judged by it", units::count(notes.len() as u64, "mistake", "mistakes"));
    Report { pack: pack.into(), origin: error.origin.clone(), valid: false, notes, summary, alone: None }
}

fn nothing(pack: &str, error: &RulesError) -> Report {
    Report { pack: pack.into(), origin: pack.into(), valid: false, notes: Vec::new(), summary: format!("{pack}: {error}"), alone: None }
}
