//! What is said of a file.

use crate::report::{Finding, Severity, Verdict};

/// How far the reading of a file got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Some reader knows what it is.
    pub recognised: bool,
    /// All that the mode asks for was read.
    pub complete: bool,
    /// Something failed.
    pub failed: bool,
}

/// The verdict: findings win over failures, and what could not be read is never clean. Findings that are suppressed do not count.
pub fn verdict(findings: &[Finding], reading: Reading) -> Verdict {
    match findings.iter().filter(|finding| finding.suppressed.is_none()).map(|finding| finding.severity).max() {
        Some(Severity::Critical | Severity::High) => Verdict::Malicious,
        Some(Severity::Medium) => Verdict::Suspicious,
        _ if reading.failed => Verdict::Error,
        _ if !reading.complete => Verdict::Incomplete,
        _ if !reading.recognised => Verdict::Skipped,
        _ => Verdict::Clean,
    }
}
