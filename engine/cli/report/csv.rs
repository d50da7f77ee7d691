//! CSV (RFC 4180): a row for each finding, and one for each file without findings.

use super::about::{path_of, word};
use super::{Reporter, Shown, shown_findings};
use crate::text::escape;
use std::io::{self, Write};
use weighbridge_core::report::{FileReport, Finding, Run, Summary};

const COLUMNS: [&str; 28] = [
    "path",
    "size",
    "sha256",
    "verdict",
    "complete",
    "severity",
    "confidence",
    "rule_id",
    "pack",
    "title",
    "threat_type",
    "cwe_id",
    "cwe_name",
    "owasp_ml_id",
    "owasp_ml_name",
    "atlas_id",
    "time_of_effect",
    "module_name",
    "operator_name",
    "place",
    "offset",
    "count",
    "evidence",
    "fingerprint",
    "suppressed_by",
    "suppressed_reason",
    "suppressed_owner",
    "suppressed_expires",
];

/// Holds nothing.
pub struct Csv {
    shown: Shown,
    begun: bool,
}

impl Csv {
    /// An empty report.
    pub fn new(shown: Shown) -> Self {
        Csv { shown, begun: false }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            row(out, &COLUMNS.map(String::from))?;
        }
        Ok(())
    }
}

fn row(out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    writer.write_record(cells).map_err(io::Error::other)?;
    writer.flush()
}

/// Text from a file, for a cell. A spreadsheet would run a cell that begins like a formula (CWE-1236): a quotation mark before it keeps it text.
fn cell(text: &str) -> String {
    let text = escape(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.into_owned() }
}

fn cells(file: &FileReport, finding: Option<&Finding>) -> Vec<String> {
    let mut cells = vec![
        cell(&file.path),
        file.size.map(|size| size.to_string()).unwrap_or_default(),
        file.sha256.clone().unwrap_or_default(),
        word(&file.verdict),
        file.complete.to_string(),
    ];
    if let Some(finding) = finding {
        cells.extend([
            finding.severity.name().to_owned(),
            word(&finding.confidence),
            cell(&finding.rule_id),
            cell(&finding.pack),
            cell(&finding.title),
            cell(&finding.threat_type),
            cell(&finding.cwe_id),
            cell(&finding.cwe_name),
            cell(&finding.owasp_ml_id),
            cell(&finding.owasp_ml_name),
            cell(&finding.atlas_id),
            word(&finding.time_of_effect),
            cell(&finding.module_name),
            cell(&finding.operator_name),
            cell(&path_of(&file.path, finding)),
            finding.place.offset.to_string(),
            finding.count.to_string(),
            cell(&finding.evidence),
            cell(&finding.fingerprint),
        ]);
        if let Some(suppressed) = &finding.suppressed {
            cells.extend([
                word(&suppressed.by),
                cell(&suppressed.reason),
                cell(suppressed.owner.as_deref().unwrap_or_default()),
                cell(suppressed.expires.as_deref().unwrap_or_default()),
            ]);
        }
    }
    cells.resize(COLUMNS.len(), String::new());
    cells
}

impl Reporter for Csv {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        self.begin(out)?;
        let mut some = false;
        for finding in shown_findings(file, self.shown.from) {
            some = true;
            row(out, &cells(file, Some(finding)))?;
        }
        if some { Ok(()) } else { row(out, &cells(file, None)) }
    }

    fn end(&mut self, out: &mut dyn Write, _summary: &Summary, _run: &Run) -> io::Result<()> {
        self.begin(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!(cell("\t=1"), "\\t=1");
        assert_eq!(cell("a=1"), "a=1");
    }
}
