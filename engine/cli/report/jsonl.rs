//! JSON Lines: one object for each file as soon as it is scanned, then one for the summary and one for the run.
//!
//! Each line has a `type`: `file`, `summary` or `run`; the rest of it is what `weighbridge.report/1` says of the same.

use super::{Reporter, Shown, filtered, write_value};
use serde::Serialize;
use std::io::{self, Write};
use weighbridge_core::report::{FileReport, Run, SCHEMA, Summary};

/// Holds nothing.
pub struct JsonLines {
    shown: Shown,
}

#[derive(Serialize)]
struct Line<'a, T: Serialize> {
    schema: &'static str,
    r#type: &'static str,
    #[serde(flatten)]
    value: &'a T,
}

impl JsonLines {
    /// An empty report.
    pub fn new(shown: Shown) -> Self {
        JsonLines { shown }
    }
}

fn line(out: &mut dyn Write, r#type: &'static str, value: &impl Serialize) -> io::Result<()> {
    write_value(out, &Line { schema: SCHEMA, r#type, value })?;
    out.write_all(b"\n")?;
    // Whoever reads along gets each file when it is done.
    out.flush()
}

impl Reporter for JsonLines {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        line(out, "file", &*filtered(file, self.shown.from))
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary, run: &Run) -> io::Result<()> {
        line(out, "summary", summary)?;
        line(out, "run", run)
    }
}
