//! Numbers over the files.

use crate::report::{FileReport, Severity, Summary, Verdict};

impl Summary {
    /// Counts one more file.
    pub fn add(&mut self, file: &FileReport) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(file.size.unwrap_or(0));
        *match file.verdict {
            Verdict::Malicious => &mut self.malicious,
            Verdict::Suspicious => &mut self.suspicious,
            Verdict::Clean => &mut self.clean,
            Verdict::Incomplete => &mut self.incomplete,
            Verdict::Error => &mut self.error,
            Verdict::Skipped => &mut self.skipped,
        } += 1;
        for finding in &file.findings {
            if finding.suppressed.is_some() {
                self.suppressed += 1;
                continue;
            }
            *match finding.severity {
                Severity::Critical => &mut self.findings.critical,
                Severity::High => &mut self.findings.high,
                Severity::Medium => &mut self.findings.medium,
                Severity::Low => &mut self.findings.low,
            } += 1;
        }
        self.partial += u64::from(!file.complete && file.verdict != Verdict::Skipped);
    }
}
