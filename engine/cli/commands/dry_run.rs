//! `weighbridge scan --dry-run`: what would be read, as which format, how much. Files are looked at as far as it takes to know what they are.

use crate::report::{ReportFormat, write_value};
use crate::terminal::{BOLD, DIM, Look, Writer};
use crate::{Done, Failure, exit, text, units};
use anyhow::anyhow;
use serde::Serialize;
use std::io::{self, Write};
use weighbridge_core::report::{FileReport, Verdict};
use weighbridge_core::run::Engine;
use weighbridge_core::scan::Mode;
use weighbridge_core::source::Target;

/// Name and version of what is printed as JSON.
const SCHEMA: &str = "weighbridge.dry-run/1";

/// What would become of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Read {
    /// What can execute or redirect a loader; the rest is sought over. Parts that are compressed cost what they unpack to.
    Structure,
    /// Every byte.
    Whole,
    /// Nothing.
    None,
}

#[derive(Serialize)]
struct Row<'a> {
    path: &'a str,
    size: Option<u64>,
    formats: &'a [String],
    read: Read,
    /// The most that is read of the file itself.
    at_most: u64,
    /// Why nothing is read.
    reason: Option<&'a str>,
}

#[derive(Default, Serialize)]
struct Total {
    files: u64,
    read: u64,
    failed: u64,
    at_most: u64,
}

impl Total {
    fn add(&mut self, row: &Row<'_>, file: &FileReport) {
        self.files += 1;
        self.read += u64::from(row.read != Read::None);
        self.failed += u64::from(file.verdict == Verdict::Error);
        self.at_most = self.at_most.saturating_add(row.at_most);
    }
}

fn row(file: &FileReport, mode: Mode) -> Row<'_> {
    let why = file.errors.first().or(file.skipped.as_ref()).map(|why| why.message.as_str());
    let reason = why.or_else(|| file.unread.first().filter(|_| file.formats.is_empty()).map(|part| part.message.as_str()));
    let read = match (reason, mode) {
        (Some(_), _) => Read::None,
        (None, Mode::Quick) => Read::Structure,
        (None, Mode::Thorough) => Read::Whole,
    };
    let at_most = if read == Read::None { 0 } else { file.size.unwrap_or(0) };
    Row { path: &file.path, size: file.size, formats: &file.formats, read, at_most, reason }
}

/// Prints what a scan of these targets would read. `engine` looks at files only as far as it takes to know what they are.
pub fn run(look: Look, format: ReportFormat, engine: &Engine<'_>, targets: &mut dyn Iterator<Item = Target>, may_be_empty: bool) -> Done {
    let json = match format {
        ReportFormat::Json => true,
        ReportFormat::Console => false,
        _ => return Err(Failure::Usage(anyhow!("--dry-run prints for people (console) or as json"))),
    };
    let mode = engine.options.mode;
    let mut out = Writer::stdout();
    let (mut total, mut failed) = (Total::default(), None);
    if json {
        write!(out, "{{\"schema\":\"{SCHEMA}\",\n\"mode\":\"{}\",\n\"files\":[", mode.name())?;
    }
    engine.run(targets, |file| {
        let row = row(&file, mode);
        let first = total.files == 0;
        total.add(&row, &file);
        let written = if json { item(&mut out, &row, first) } else { line(&mut out, look, &row) };
        if let (Err(error), None) = (written, &failed) {
            engine.cancel.cancel(weighbridge_core::scan::CancelReason::Cancelled);
            failed = Some(error);
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if json {
        out.write_all(b"\n],\n\"total\":")?;
        write_value(&mut out, &total)?;
        out.write_all(b"}\n")?;
    } else {
        summary(&mut out, &total, mode)?;
    }
    out.finish()?;
    Ok(if total.failed > 0 {
        exit::INCOMPLETE
    } else if total.read == 0 && !may_be_empty {
        exit::NOTHING
    } else {
        exit::CLEAN
    })
}

fn item(out: &mut Writer, row: &Row<'_>, first: bool) -> io::Result<()> {
    out.write_all(if first { b"\n" } else { b",\n" })?;
    write_value(out, row)
}

fn line(out: &mut Writer, look: Look, row: &Row<'_>) -> io::Result<()> {
    let word = match row.read {
        Read::Structure => "structure",
        Read::Whole => "whole",
        Read::None => "not read",
    };
    let about = row.reason.map_or_else(|| row.formats.join(", "), str::to_owned);
    let size = row.size.map(units::size).unwrap_or_default();
    let path = if row.path == "-" { "standard input".into() } else { text::escape(row.path) };
    writeln!(out, "{word:<10}{size:>12}  {}{}", look.paint(BOLD, &path), look.paint(DIM, &format!("  ({})", text::escape(&about))))
}

fn summary(out: &mut Writer, total: &Total, mode: Mode) -> io::Result<()> {
    let files = units::count(total.read, "file", "files");
    let size = units::size(total.at_most);
    let not = total.files - total.read;
    let rest = if not > 0 { format!(", {} not", units::grouped(not)) } else { String::new() };
    writeln!(out, "\n{files} would be read{rest}.")?;
    match mode {
        Mode::Quick => {
            writeln!(out, "Quick mode reads what can execute, and seeks over the rest of their {size}. Thorough mode would read all of it.")
        }
        Mode::Thorough => writeln!(out, "Thorough mode reads all of their {size}."),
    }
}
