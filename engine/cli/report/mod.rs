//! Reports: one file for each format, and the outputs that a run writes side by side.

mod about;
pub mod console;
mod csv;
mod cyclonedx;
mod html;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod places;
mod sarif;
mod template;

use crate::terminal::{Look, Writer};
use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use weighbridge_core::report::{FileReport, Run, Severity, Summary};
use weighbridge_core::rules::Taxonomy;

pub use json::write_value;
pub use places::Places;
pub use template::Template;

/// How commands print that write no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Console,
    /// For programs.
    Json,
}

/// Formats of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Console,
    /// weighbridge.report/1.
    Json,
    /// The same as JSON Lines: one line for each file, as soon as it is scanned.
    Jsonl,
    /// SARIF 2.1.0, for GitHub and other code scanning.
    Sarif,
    /// One page for people, without a network.
    Html,
    /// For job summaries and comments.
    Markdown,
    /// JUnit XML, for test reports of CI.
    Junit,
    /// CycloneDX 1.6, a bill of materials.
    #[value(name = "cyclonedx")]
    CycloneDx,
    /// A row for each finding.
    Csv,
    /// A template of one's own (--template).
    Template,
}

impl ReportFormat {
    const ALL: [(ReportFormat, &str, &[&str]); 10] = [
        (ReportFormat::Console, "console", &[".txt", ".log"]),
        // What ends in two parts stands before what ends in the last of them alone.
        (ReportFormat::CycloneDx, "cyclonedx", &[".cdx.json", ".bom.json"]),
        (ReportFormat::Sarif, "sarif", &[".sarif", ".sarif.json"]),
        (ReportFormat::Json, "json", &[".json"]),
        (ReportFormat::Jsonl, "jsonl", &[".jsonl", ".ndjson"]),
        (ReportFormat::Html, "html", &[".html", ".htm"]),
        (ReportFormat::Markdown, "markdown", &[".md", ".markdown"]),
        (ReportFormat::Junit, "junit", &[".xml"]),
        (ReportFormat::Csv, "csv", &[".csv"]),
        (ReportFormat::Template, "template", &[]),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, id, _)| *id == name).map(|(format, ..)| format)
    }

    /// Whether it links to public lists: reading these takes time that other reports need not spend.
    pub fn links(self) -> bool {
        matches!(self, ReportFormat::Sarif | ReportFormat::Html | ReportFormat::CycloneDx)
    }

    fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|(.., endings)| endings.iter().any(|ending| name.ends_with(ending))).map(|(format, ..)| format)
    }
}

/// `[FORMAT=]FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSpec {
    /// As what.
    pub format: ReportFormat,
    /// Where to.
    pub path: PathBuf,
}

impl OutputSpec {
    /// Reads an argument of `--output`.
    pub fn parse(argument: OsString) -> Result<Self, String> {
        let names = || ReportFormat::ALL.map(|(_, name, _)| name).join(", ");
        let split = argument.to_str().and_then(|text| text.split_once('='));
        let (format, path) = match split {
            Some((name, path)) => {
                let format = ReportFormat::named(name).ok_or_else(|| format!("there is no report format `{name}`: there are {}", names()))?;
                (format, PathBuf::from(path))
            }
            None => {
                let path = PathBuf::from(argument);
                let format =
                    ReportFormat::of_file(&path).ok_or_else(|| format!("which format? Write FORMAT=FILE, where FORMAT is one of {}", names()))?;
                (format, path)
            }
        };
        if path.as_os_str().is_empty() { Err("the name of the file is missing".into()) } else { Ok(OutputSpec { format, path }) }
    }
}

/// As it is written.
impl std::fmt::Display for OutputSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = ReportFormat::ALL.iter().find(|(format, ..)| *format == self.format).map_or("", |(_, name, _)| name);
        write!(f, "{name}={}", self.path.display())
    }
}

/// What reports do not show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown {
    /// Findings below are left out.
    pub from: Option<Severity>,
    /// People see everything, not what matters most.
    pub verbose: bool,
}

/// A report in the making.
pub trait Reporter {
    /// One more file, in order.
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()>;

    /// No more files.
    fn end(&mut self, out: &mut dyn Write, summary: &Summary, run: &Run) -> io::Result<()>;
}

/// What the reports of a run are written with.
pub struct Writing {
    /// What is left out.
    pub shown: Shown,
    /// From which severity on the run fails.
    pub fail_on: Option<Severity>,
    /// Threat types, and what public lists call them.
    pub taxonomy: Arc<Taxonomy>,
    /// The template of [`ReportFormat::Template`].
    pub template: Option<Template>,
    /// Where the files lie.
    pub places: Arc<Places>,
}

fn reporter(format: ReportFormat, look: Look, writing: &Writing, stdout: bool) -> Result<Box<dyn Reporter>, String> {
    let placed = |reporter: Box<dyn Reporter>| Box::new(places::Placed { reporter, places: writing.places.clone() });
    let (shown, taxonomy) = (writing.shown, || writing.taxonomy.clone());
    Ok(match format {
        ReportFormat::Console => Box::new(console::Console::new(look, shown)),
        ReportFormat::Json => Box::new(json::Json::new(shown)),
        ReportFormat::Jsonl => Box::new(jsonl::JsonLines::new(shown)),
        ReportFormat::Sarif => placed(Box::new(sarif::Sarif::new(shown, taxonomy(), writing.places.base_uri()))),
        ReportFormat::Html => Box::new(html::Html::new(shown, taxonomy())),
        ReportFormat::Markdown => placed(Box::new(markdown::Markdown::new(shown))),
        ReportFormat::Junit => placed(Box::new(junit::JUnit::new(shown, writing.fail_on))),
        ReportFormat::CycloneDx => Box::new(cyclonedx::CycloneDx::new(shown, taxonomy())),
        ReportFormat::Csv => placed(Box::new(csv::Csv::new(shown))),
        ReportFormat::Template => match &writing.template {
            Some(template) => Box::new(template::Custom::new(shown, template.clone(), stdout)),
            None => return Err("which template? Name it with --template FILE".into()),
        },
    })
}

struct Output {
    /// None once it has failed, or nobody reads it any more.
    writer: Option<Writer>,
    reporter: Box<dyn Reporter>,
    /// For messages.
    name: String,
}

/// The reports of one run.
#[derive(Default)]
pub struct Outputs {
    outputs: Vec<Output>,
    failures: Vec<String>,
}

impl Outputs {
    /// Adds standard output.
    pub fn stdout(&mut self, format: ReportFormat, look: Look, writing: &Writing) -> Result<(), String> {
        let reporter = reporter(format, look, writing, true)?;
        self.outputs.push(Output { writer: Some(Writer::stdout()), reporter, name: "standard output".into() });
        Ok(())
    }

    /// Adds a file.
    pub fn file(&mut self, spec: &OutputSpec, writing: &Writing) -> Result<(), String> {
        let reporter = reporter(spec.format, Look::file(), writing, false)?;
        let name = spec.path.display().to_string();
        let failed = |error| format!("cannot write a report to {}: {}", crate::text::escape(&name), crate::units::reason(&error));
        let writer = Writer::file(&spec.path).map_err(failed)?;
        self.outputs.push(Output { writer: Some(writer), reporter, name });
        Ok(())
    }

    /// One more file, in order.
    pub fn add(&mut self, file: &FileReport) {
        self.each(|reporter, writer| {
            reporter.file(writer, file)?;
            if writer.is_terminal() { writer.flush() } else { Ok(()) }
        });
    }

    /// No more files: ends the reports and puts them in their places.
    pub fn end(&mut self, summary: &Summary, run: &Run) {
        self.each(|reporter, writer| reporter.end(writer, summary, run));
        for output in &mut self.outputs {
            if let Some(Err(error)) = output.writer.take().map(Writer::finish) {
                self.failures.extend(failure(&output.name, &error));
            }
        }
    }

    /// Whether nobody reads any of it any more.
    pub fn is_closed(&self) -> bool {
        !self.outputs.is_empty() && self.outputs.iter().all(|output| output.writer.is_none())
    }

    /// What could not be written; a closed pipe is none of it.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    fn each(&mut self, mut action: impl FnMut(&mut dyn Reporter, &mut Writer) -> io::Result<()>) {
        for output in &mut self.outputs {
            let Some(writer) = &mut output.writer else { continue };
            if let Err(error) = action(output.reporter.as_mut(), writer) {
                output.writer = None;
                self.failures.extend(failure(&output.name, &error));
            }
        }
    }
}

fn failure(name: &str, error: &io::Error) -> Option<String> {
    (error.kind() != io::ErrorKind::BrokenPipe)
        .then(|| format!("cannot write the report to {}: {}", crate::text::escape(name), crate::units::reason(error)))
}

/// The findings that are shown.
fn shown_findings(file: &FileReport, from: Option<Severity>) -> impl Iterator<Item = &weighbridge_core::report::Finding> {
    file.findings.iter().filter(move |finding| from.is_none_or(|from| finding.severity >= from))
}

/// The file without the findings that are not shown.
fn filtered(file: &FileReport, from: Option<Severity>) -> Cow<'_, FileReport> {
    if shown_findings(file, from).count() == file.findings.len() {
        return Cow::Borrowed(file);
    }
    let mut filtered = file.clone();
    filtered.findings = shown_findings(file, from).cloned().collect();
    Cow::Owned(filtered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_name_their_format_or_their_file_does() {
        let spec = |text: &str| OutputSpec::parse(text.into());
        assert_eq!(spec("json=a.txt"), Ok(OutputSpec { format: ReportFormat::Json, path: "a.txt".into() }));
        assert_eq!(spec("out/a.json"), Ok(OutputSpec { format: ReportFormat::Json, path: "out/a.json".into() }));
        assert_eq!(spec("json=a=b"), Ok(OutputSpec { format: ReportFormat::Json, path: "a=b".into() }));
        assert_eq!(spec("a.cdx.json").map(|spec| spec.format), Ok(ReportFormat::CycloneDx));
        assert_eq!(spec("A.SARIF").map(|spec| spec.format), Ok(ReportFormat::Sarif));
        for wrong in ["a.bin", "yaml=x", "json=", ""] {
            assert!(spec(wrong).is_err(), "{wrong}");
        }
    }
}
