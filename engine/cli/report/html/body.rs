//! What the page says of a file, before it is laid out: as markup at once, or as data that the page's script lays out when somebody opens it.

use super::text;
use crate::report::about::{Group, Rules, because, groups, path_of, strikes, sure, symbol};
use crate::report::{Shown, shown_findings};
use crate::text::cut;
use crate::units;
use serde::Serialize;
use weighbridge_core::report::{Excerpt, FileReport, Standing, Verdict};

/// Characters of evidence shown at once.
const EVIDENCE: usize = 400;
/// Places listed for one finding.
const PLACES: usize = 5;
/// Columns of a step of indentation, and steps that are shown.
const INDENT: (usize, u64) = (4, 16);

/// A file's line.
#[derive(Debug, Serialize)]
pub struct Row {
    /// In lower case.
    pub verdict: String,
    /// Escaped.
    pub path: String,
    /// Size, format, number of findings.
    pub about: String,
    /// Whether it is shown only to those who want to see all: it is clean, or skipped.
    pub quiet: bool,
}

/// What is below it.
#[derive(Debug, Default, Serialize)]
pub struct Body {
    /// Worst first.
    pub findings: Vec<Entry>,
    /// Decompiled code.
    pub code: Vec<Code>,
    /// What was not read, and what failed.
    pub unread: Vec<String>,
    /// Names that it imports, by what the rules say of them.
    pub imports: Vec<Names>,
    /// Of the file.
    pub sha256: Option<String>,
}

/// A finding, with those that say the same.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// In lower case.
    pub severity: &'static str,
    /// One line.
    pub title: String,
    /// What was found, by name.
    pub symbol: String,
    /// What was seen.
    pub evidence: String,
    /// The way to it.
    pub place: String,
    /// Offsets, how often, how sure, when it strikes.
    pub about: String,
    /// Position in the list of rules.
    pub rule: usize,
    /// Whether it is the first of its rule in this file, which says what the rule says.
    pub explains: bool,
    /// Why it does not count, where it does not.
    pub suppressed: Option<String>,
}

/// Lines of code that stand together.
#[derive(Debug, Serialize)]
pub struct Code {
    /// The member that they are in; empty for the file itself.
    pub place: String,
    /// In order.
    pub lines: Vec<Line>,
}

/// A line of code.
#[derive(Debug, Serialize)]
pub struct Line {
    /// Where its operation is, in hexadecimal.
    pub at: String,
    /// Indented.
    pub text: String,
    /// Whether a finding is about it.
    pub found: bool,
}

/// Names of one standing.
#[derive(Debug, Serialize)]
pub struct Names {
    /// dangerous, unknown, allowed.
    pub standing: &'static str,
    /// `module.name`, with `()` where loading calls it.
    pub names: Vec<String>,
}

/// What is said of a file.
pub fn of(file: &FileReport, shown: Shown, rules: &mut Rules) -> (Row, Body) {
    let groups = groups(shown_findings(file, shown.from));
    // What somebody decided not to count is worth a look, although the file is clean by it.
    let quiet = matches!(file.verdict, Verdict::Clean | Verdict::Skipped) && groups.iter().all(|group| group.suppressed().is_none());
    let about = [
        file.size.map(units::size),
        file.formats.first().map(|format| text(format)),
        Some(groups.len() as u64).filter(|count| *count > 0).map(|count| units::count(count, "finding", "findings")),
    ];
    let row = Row {
        verdict: super::verdict_word(file.verdict),
        path: text(&file.path),
        about: about.into_iter().flatten().collect::<Vec<_>>().join(", "),
        quiet,
    };
    let mut told = Vec::new();
    let findings = groups.iter().map(|group| entry(file, group, rules, &mut told)).collect();
    let unread = file.unread.iter().map(|part| &part.message).chain(file.errors.iter().map(|error| &error.message));
    let unread = unread.map(|message| text(message)).collect();
    let body = Body { findings, code: file.code.iter().map(code).collect(), unread, imports: imports(file), sha256: file.sha256.clone() };
    (row, body)
}

impl Body {
    /// Whether there is nothing to open.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.code.is_empty() && self.unread.is_empty() && self.imports.is_empty()
    }

    /// Lines that it takes without its findings.
    pub fn lines(&self) -> usize {
        let names: usize = self.imports.iter().map(|names| names.names.len()).sum();
        let code: usize = self.code.iter().map(|code| code.lines.len()).sum();
        names + code + self.unread.len()
    }
}

fn entry(file: &FileReport, group: &Group<'_>, rules: &mut Rules, told: &mut Vec<usize>) -> Entry {
    let finding = group.first;
    let rule = rules.of(finding);
    let explains = !told.contains(&rule);
    if explains {
        told.push(rule);
    }
    let mut about = String::from("at ");
    about += &group.all.iter().take(PLACES).map(|one| format!("{:#x}", one.place.offset)).collect::<Vec<_>>().join(", ");
    if group.all.len() > PLACES {
        about += ", …";
    }
    if group.count() > 1 {
        about += &format!(" ({} times)", units::grouped(group.count()));
    }
    about += &format!("; {}; strikes {}.", sure(finding.confidence), strikes(finding.time_of_effect));
    Entry {
        severity: finding.severity.name(),
        title: text(&finding.title),
        symbol: text(&symbol(finding)),
        evidence: text(&cut(&finding.evidence, EVIDENCE)),
        place: text(&path_of(&file.path, finding)),
        about,
        rule,
        explains,
        suppressed: group.suppressed().map(|suppressed| text(&because(suppressed))),
    }
}

fn code(excerpt: &Excerpt) -> Code {
    let names: Vec<&str> = excerpt.container.iter().map(|step| step.name.as_str()).collect();
    let line = |line: &weighbridge_core::report::CodeLine| {
        let (columns, steps) = INDENT;
        let indent = usize::try_from(line.depth.min(steps)).unwrap_or(0) * columns;
        Line { at: format!("{:#x}", line.offset), text: format!("{:indent$}{}", "", text(&line.text)), found: line.found }
    };
    Code { place: text(&names.join("!")), lines: excerpt.lines.iter().map(line).collect() }
}

fn imports(file: &FileReport) -> Vec<Names> {
    let of = |standing: Standing| {
        let names = file.imports.iter().filter(|import| import.standing == standing).map(|import| {
            let (dot, call) = (if import.module.is_empty() { "" } else { "." }, if import.called { "()" } else { "" });
            text(&format!("{}{dot}{}{call}", import.module, import.name))
        });
        Names { standing: standing.name(), names: names.collect() }
    };
    [Standing::Dangerous, Standing::Unknown, Standing::Allowed].map(of).into_iter().filter(|names| !names.names.is_empty()).collect()
}
