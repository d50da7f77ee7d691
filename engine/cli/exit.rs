//! Exit codes, all of them.

use weighbridge_core::report::{Severity, Summary};

/// Nothing was found.
pub const CLEAN: u8 = 0;
/// Findings at or above the threshold.
pub const FINDINGS: u8 = 1;
/// Something failed, or was not read.
pub const INCOMPLETE: u8 = 2;
/// Of all that was given, nothing is of a known format.
pub const NOTHING: u8 = 3;
/// The arguments make no sense.
pub const USAGE: u8 = 4;

/// How a run ended, as far as its exit code is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// Numbers over the files.
    pub summary: &'a Summary,
    /// Findings from here on fail the run; none where they never do.
    pub fail_on: Option<Severity>,
    /// It was stopped before its end.
    pub ended_early: bool,
    /// That nothing is of a known format is as it should be: it was switched off, or may be so.
    pub may_be_empty: bool,
    /// A plugin was asked for and not used: files of its formats went unread.
    pub plugin_refused: bool,
    /// A report could not be written.
    pub report_failed: bool,
}

/// Findings win over failures, and failures over "nothing to scan": one broken file does not hide what is in another.
pub fn code(outcome: Outcome<'_>) -> u8 {
    let Outcome { summary, fail_on, ended_early, may_be_empty, plugin_refused, report_failed } = outcome;
    let found = &summary.findings;
    let at_or_above = match fail_on {
        None => 0,
        Some(Severity::Low) => found.low + found.medium + found.high + found.critical,
        Some(Severity::Medium) => found.medium + found.high + found.critical,
        Some(Severity::High) => found.high + found.critical,
        Some(Severity::Critical) => found.critical,
    };
    if at_or_above > 0 {
        FINDINGS
    } else if ended_early || plugin_refused || report_failed || summary.partial > 0 {
        INCOMPLETE
    } else if summary.files == summary.skipped && !may_be_empty {
        NOTHING
    } else {
        CLEAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Summary)) -> Summary {
        let mut summary = Summary { files: 3, clean: 2, skipped: 1, ..Summary::default() };
        change(&mut summary);
        summary
    }

    fn exit(summary: &Summary) -> u8 {
        code(Outcome {
            summary,
            fail_on: Some(Severity::Medium),
            ended_early: false,
            may_be_empty: false,
            plugin_refused: false,
            report_failed: false,
        })
    }

    #[test]
    fn clean_files_beside_skipped_ones() {
        assert_eq!(exit(&with(|_| {})), CLEAN);
    }

    #[test]
    fn findings_count_from_the_threshold_on() {
        let low = with(|s| s.findings.low = 1);
        let medium = with(|s| s.findings.medium = 1);
        let critical = with(|s| s.findings.critical = 1);
        assert_eq!([exit(&low), exit(&medium), exit(&critical)], [CLEAN, FINDINGS, FINDINGS]);
        let at = |fail_on, summary| {
            code(Outcome { summary, fail_on, ended_early: false, may_be_empty: false, plugin_refused: false, report_failed: false })
        };
        assert_eq!(at(Some(Severity::Low), &low), FINDINGS);
        assert_eq!(at(Some(Severity::High), &medium), CLEAN);
        assert_eq!(at(Some(Severity::Critical), &critical), FINDINGS);
        assert_eq!(at(None, &critical), CLEAN);
    }

    #[test]
    fn findings_win_over_failures() {
        let summary = with(|s| {
            s.findings.high = 1;
            s.partial = 1;
        });
        assert_eq!(exit(&summary), FINDINGS);
        assert_eq!(
            code(Outcome { summary: &summary, fail_on: None, ended_early: false, may_be_empty: false, plugin_refused: false, report_failed: false }),
            INCOMPLETE
        );
    }

    #[test]
    fn failures_win_over_nothing_to_scan() {
        let summary = Summary { files: 2, skipped: 1, error: 1, partial: 1, ..Summary::default() };
        assert_eq!(exit(&summary), INCOMPLETE);
        let clean = with(|_| {});
        let refused = Outcome { summary: &clean, fail_on: None, ended_early: false, may_be_empty: false, plugin_refused: true, report_failed: false };
        assert_eq!(code(refused), INCOMPLETE);
        assert_eq!(
            code(Outcome { summary: &clean, fail_on: None, ended_early: true, may_be_empty: false, plugin_refused: false, report_failed: false }),
            INCOMPLETE
        );
        assert_eq!(
            code(Outcome { summary: &clean, fail_on: None, ended_early: false, may_be_empty: false, plugin_refused: false, report_failed: true }),
            INCOMPLETE
        );
    }

    #[test]
    fn nothing_to_scan() {
        assert_eq!(exit(&Summary::default()), NOTHING);
        assert_eq!(exit(&Summary { files: 2, skipped: 2, ..Summary::default() }), NOTHING);
    }

    #[test]
    fn switched_off_is_no_failure() {
        let summary = Summary::default();
        let off = |report_failed| {
            code(Outcome {
                summary: &summary,
                fail_on: Some(Severity::Medium),
                ended_early: false,
                may_be_empty: true,
                plugin_refused: false,
                report_failed,
            })
        };
        assert_eq!([off(false), off(true)], [CLEAN, INCOMPLETE]);
    }
}
