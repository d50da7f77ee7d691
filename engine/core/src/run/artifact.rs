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
    /// The artifact of which a part was let go already.
    cut: Option<String>,
}

impl<'a> Gathered<'a> {
    pub fn new(judge: &'a dyn Judge) -> Self {
        Gathered { judge, joins: judge.joins_files(), held: Vec::new(), parts: 0, cut: None }
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
            self.cut = self.held.last().and_then(|last| last.report.artifact.clone());
            self.end(out);
        }
    }

    /// No more files of this artifact.
    pub fn end(&mut self, out: &mut impl FnMut(FileReport)) {
        self.parts = 0;
        let (mut reports, parts): (Vec<FileReport>, Vec<Parts>) = self.held.drain(..).map(|scanned| (scanned.report, scanned.parts)).unzip();
        for (report, parts) in reports.iter_mut().zip(&parts) {
            if parts.cut || (parts.asks() && report.artifact == self.cut) {
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
    use crate::fact::{Fact, InputId, Place, Value};
    use crate::record::{FileFacts, Record, Sink};
    use crate::report::Verdict;
    use crate::rules::{Around, Judged, Library, RuleSet};
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

    /// A pickle that imports `mine.f`: whether a module of that name lies beside it is for the other files to say.
    fn asking(rules: &RuleSet) -> Scanned {
        let named = |field: &str, text: &str| (field.to_owned(), Value::text(text));
        let fields = vec![named("module", "mine"), named("name", "f"), named("resolved", "exact")];
        let places = vec![Place { input: InputId(0), offset: 0, length: 1 }];
        let mut facts = FileFacts::default();
        facts.record(Record::Fact(Fact { id: 1, kind: "global".into(), parent: None, fields, places, count: 1, plugin: "pickle".into() }));
        let parts = rules.judge_around(&facts, Around { path: "m/model.pkl", artifact: Some("m"), beside: &[] }).parts;
        Scanned { parts, ..scanned("m/model.pkl", Some("m")) }
    }

    #[test]
    fn where_an_artifact_has_more_files_than_are_held_what_asks_for_others_is_not_called_clean() {
        let rules = Library::builtin().and_then(|library| library.rule_set(&["default"])).expect("the built-in packs are whole");
        let mut verdicts = Vec::new();
        let mut out = |report: FileReport| verdicts.push((report.path, report.verdict));
        let mut gathered = Gathered::new(&rules);
        gathered.add(asking(&rules), &mut out);
        for n in 1..ARTIFACT_REPORTS {
            gathered.add(scanned(&n.to_string(), Some("m")), &mut out);
        }
        gathered.add(asking(&rules), &mut out);
        gathered.add(scanned("last", Some("m")), &mut out);
        gathered.add(asking(&rules), &mut out);
        gathered.add(Scanned { report: scanned("n", Some("n")).report, ..asking(&rules) }, &mut out);
        gathered.end(&mut out);
        let unread: Vec<usize> = (0..verdicts.len()).filter(|&at| verdicts[at].1 == Verdict::Incomplete).collect();
        assert_eq!((verdicts.len(), unread), (ARTIFACT_REPORTS + 4, vec![0, ARTIFACT_REPORTS, ARTIFACT_REPORTS + 2]));
    }

    #[test]
    fn where_rules_join_no_files_nothing_waits() {
        let rules = Library::builtin().and_then(|library| library.rule_set(&["modelscan"])).expect("the built-in packs are whole");
        let mut out = 0;
        Gathered::new(&rules).add(scanned("m/1", Some("m")), &mut |_| out += 1);
        assert_eq!(out, 1);
    }
}
