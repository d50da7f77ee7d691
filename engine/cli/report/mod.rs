//! Reports: one file for each format, and the outputs that a run writes side by side.

pub mod console;
mod json;

use crate::terminal::{Look, Writer};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use weighbridge_core::report::{FileReport, Run, Severity, Summary};

pub use json::write_value;

/// Formats of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Console,
    /// weighbridge.report/1.
    Json,
}

impl Format {
    const ALL: [(Format, &str); 2] = [(Format::Console, "console"), (Format::Json, "json")];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, id)| *id == name).map(|(format, _)| format)
    }

    fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Format::Json),
            "txt" | "log" => Some(Format::Console),
            _ => None,
        }
    }
}

/// `[FORMAT=]FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSpec {
    /// As what.
    pub format: Format,
    /// Where to.
    pub path: PathBuf,
}

impl OutputSpec {
    /// Reads an argument of `--output`.
    pub fn parse(argument: OsString) -> Result<Self, String> {
        let names = || Format::ALL.map(|(_, name)| name).join(", ");
        let split = argument.to_str().and_then(|text| text.split_once('='));
        let (format, path) = match split {
            Some((name, path)) => {
                let format = Format::named(name).ok_or_else(|| format!("there is no report format `{name}`: there are {}", names()))?;
                (format, PathBuf::from(path))
            }
            None => {
                let path = PathBuf::from(argument);
                let format = Format::of_file(&path).ok_or_else(|| format!("which format? Write FORMAT=FILE, where FORMAT is one of {}", names()))?;
                (format, path)
            }
        };
        if path.as_os_str().is_empty() { Err("the name of the file is missing".into()) } else { Ok(OutputSpec { format, path }) }
    }
}

/// As it is written.
impl std::fmt::Display for OutputSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = Format::ALL.iter().find(|(format, _)| *format == self.format).map_or("", |(_, name)| name);
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

fn reporter(format: Format, look: Look, shown: Shown) -> Box<dyn Reporter> {
    match format {
        Format::Console => Box::new(console::Console::new(look, shown)),
        Format::Json => Box::new(json::Json::new(shown)),
    }
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
    pub fn stdout(&mut self, format: Format, look: Look, shown: Shown) {
        self.outputs.push(Output { writer: Some(Writer::stdout()), reporter: reporter(format, look, shown), name: "standard output".into() });
    }

    /// Adds a file.
    pub fn file(&mut self, spec: &OutputSpec, shown: Shown) -> io::Result<()> {
        let writer = Writer::file(&spec.path)?;
        let name = spec.path.display().to_string();
        self.outputs.push(Output { writer: Some(writer), reporter: reporter(spec.format, Look::file(), shown), name });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_name_their_format_or_their_file_does() {
        let spec = |text: &str| OutputSpec::parse(text.into());
        assert_eq!(spec("json=a.txt"), Ok(OutputSpec { format: Format::Json, path: "a.txt".into() }));
        assert_eq!(spec("out/a.json"), Ok(OutputSpec { format: Format::Json, path: "out/a.json".into() }));
        assert_eq!(spec("json=a=b"), Ok(OutputSpec { format: Format::Json, path: "a=b".into() }));
        for wrong in ["a.bin", "yaml=x", "json=", ""] {
            assert!(spec(wrong).is_err(), "{wrong}");
        }
    }
}
