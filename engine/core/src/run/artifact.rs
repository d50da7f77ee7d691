//! The files of one artifact, held until the last of them is through.
//!
//! They follow each other in the walk, so that no more than one artifact is ever held. Where the rules join no files nothing is held at all.

use super::Judge;
use crate::assemble::{add_findings, add_unread};
use crate::limits::{ARTIFACT_PARTS, ARTIFACT_REPORTS};
use crate::report::FileReport;
use crate::rules::Parts;

/// A file's report, and what it has to do with other files.
pub(super) struct Scanned {
    pub report: FileReport,
    pub parts: Parts,
}

impl Scanned {
    /// What it counts in a window of results.
    pub fn weight(&self) -> usize {
        1 + self.report.findings.len() + self.report.unread.len() + self.parts.weight()
    }
}

/// Reports of one artifact.
pub(super) struct Gathered<'a> {
    judge: &'a dyn Judge,
    joins: bool,
    held: Vec<Scanned>,
    parts: usize,
}

impl<'a> Gathered<'a> {
    pub fn new(judge: &'a dyn Judge) -> Self {
        Gathered { judge, joins: judge.joins_files(), held: Vec::new(), parts: 0 }
    }

    /// Takes the next report; `out` gets those that are done, in order.
    pub fn add(&mut self, scanned: Scanned, out: &mut impl FnMut(FileReport)) {
        if !self.joins || scanned.report.artifact.is_none() {
            self.end(out);
            out(scanned.report);
            return;
        }
        if self.held.last().is_some_and(|last| last.report.artifact != scanned.report.artifact) {
            self.end(out);
        }
        self.parts += scanned.parts.weight();
        self.held.push(scanned);
        if self.held.len() >= ARTIFACT_REPORTS || self.parts >= ARTIFACT_PARTS {
            // What was gathered is decided by itself, and nobody is told that it was all.
            for scanned in &mut self.held {
                scanned.parts.cut = true;
            }
            self.end(out);
        }
    }

    /// No more files of this artifact.
    pub fn end(&mut self, out: &mut impl FnMut(FileReport)) {
        self.parts = 0;
        let (mut reports, parts): (Vec<FileReport>, Vec<Parts>) = self.held.drain(..).map(|scanned| (scanned.report, scanned.parts)).unzip();
        for (report, parts) in reports.iter_mut().zip(&parts) {
            if parts.cut {
                add_unread(
                    report,
                    "limit-facts",
                    "it has more to do with other files of its artifact than is remembered: they were not all compared",
                );
            }
        }
        let mut of_each: Vec<Vec<_>> = reports.iter().map(|_| Vec::new()).collect();
        for (file, finding) in self.judge.join(parts) {
            of_each[file].push(finding);
        }
        for (mut report, findings) in reports.into_iter().zip(of_each) {
            if !findings.is_empty() {
                add_findings(&mut report, findings);
            }
            out(report);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::unscanned;
    use crate::record::FileFacts;
    use crate::report::Verdict;
    use crate::rules::{Around, Judged, Library};
    use crate::source::ReportPath;

    /// Joins, and remembers nothing.
    struct Joins;

    impl Judge for Joins {
        fn judge(&self, _: &FileFacts, _: Around<'_>) -> Judged {
            Judged::default()
        }

        fn joins_files(&self) -> bool {
            true
        }
    }

    fn scanned(path: &str, artifact: Option<&str>) -> Scanned {
        let mut report = unscanned(ReportPath { text: path.into(), bytes: None }, None, Verdict::Clean);
        (report.artifact, report.complete) = (artifact.map(str::to_owned), true);
        Scanned { report, parts: Parts::default() }
    }

    #[test]
    fn reports_come_out_in_order_and_no_later_than_their_artifact_ends() {
        let mut out = Vec::new();
        let mut gathered = Gathered::new(&Joins);
        let mut seen = Vec::new();
        for (path, artifact) in [("a", None), ("m/1", Some("m")), ("m/2", Some("m")), ("n/1", Some("n")), ("z", None)] {
            gathered.add(scanned(path, artifact), &mut |report| out.push(report.path));
            seen.push(out.len());
        }
        assert_eq!(seen, [1, 1, 1, 3, 5]);
        assert_eq!(out, ["a", "m/1", "m/2", "n/1", "z"]);
    }

    #[test]
    fn an_artifact_of_more_files_than_are_held_is_not_called_clean() {
        let mut verdicts = Vec::new();
        let mut gathered = Gathered::new(&Joins);
        for n in 0..=ARTIFACT_REPORTS {
            gathered.add(scanned(&n.to_string(), Some("m")), &mut |report| verdicts.push(report.verdict));
        }
        assert_eq!((verdicts.len(), verdicts[0]), (ARTIFACT_REPORTS, Verdict::Incomplete));
    }

    #[test]
    fn where_rules_join_no_files_nothing_waits() {
        let rules = Library::builtin().and_then(|library| library.rule_set(&["modelscan"])).expect("the built-in packs are whole");
        let mut out = 0;
        Gathered::new(&rules).add(scanned("m/1", Some("m")), &mut |_| out += 1);
        assert_eq!(out, 1);
    }
}
