//! A file's report, put together from what was seen in it and what the rules said of that.

use crate::fact::{InputInfo, Place};
use crate::record::FileFacts;
use crate::report::{ContainerStep, FileError, FileReport, Finding, FindingPlace, Unread, Verdict};
use crate::source::ReportPath;
use crate::verdict::{Reading, verdict};
use std::cmp::Reverse;
use std::collections::HashSet;

/// Chains of formats listed for one file. Real files have a handful; an archive of everything is cut here.
const FORMATS: usize = 64;

/// Parts that were not read, listed for one file; the last entry counts the rest.
const UNREAD: usize = 256;

/// The report of a file that was scanned.
pub fn assemble(path: ReportPath, size: u64, facts: &FileFacts, mut findings: Vec<Finding>) -> FileReport {
    findings.sort_by_key(|finding| Reverse(finding.severity));
    let errors = errors(facts);
    let recognised = facts.inputs.first().is_some_and(|input| !input.formats.is_empty());
    let reading = Reading { recognised, complete: facts.done && facts.incomplete.is_empty() && errors.is_empty(), failed: !errors.is_empty() };
    let verdict = verdict(&findings, reading);
    let skipped =
        (verdict == Verdict::Skipped).then(|| FileError { code: "unknown-format".into(), message: "of no format that is known here".into() });
    FileReport {
        path: path.text,
        path_bytes: path.bytes,
        size: Some(size),
        sha256: facts.sha256.as_ref().map(|hash| crate::source::hex(hash)),
        formats: formats(&facts.inputs),
        verdict,
        complete: reading.complete && skipped.is_none(),
        unread: unread(facts),
        imports: crate::imports::imports(facts, &findings),
        findings,
        errors,
        skipped,
        artifact: None,
        code: Vec::new(),
        admitted: Vec::new(),
    }
}

/// Adds findings to a report that was put together without them.
pub fn add_findings(report: &mut FileReport, findings: Vec<Finding>) {
    report.findings.extend(findings);
    crate::rules::distinct(&mut report.findings);
    let failed = !report.errors.is_empty();
    let recognised = !report.formats.is_empty();
    // What is skipped was read as far as it has to be.
    let complete = report.complete || report.skipped.is_some();
    report.verdict = verdict(&report.findings, Reading { recognised, complete, failed });
    if report.verdict != Verdict::Skipped {
        report.skipped = None;
    }
}

/// Adds to a report that something was not looked at.
pub fn add_unread(report: &mut FileReport, reason: &str, message: &str) {
    let whole = Place { input: crate::fact::InputId(0), offset: 0, length: 0 };
    report.unread.push(Unread { reason: reason.into(), message: message.into(), place: finding_place(&FileFacts::default(), whole) });
    report.complete = false;
    if report.verdict == Verdict::Clean {
        report.verdict = Verdict::Incomplete;
    }
}

/// The report of something that was not scanned.
pub fn unscanned(path: ReportPath, size: Option<u64>, verdict: Verdict) -> FileReport {
    FileReport {
        path: path.text,
        path_bytes: path.bytes,
        size,
        sha256: None,
        formats: Vec::new(),
        verdict,
        complete: false,
        unread: Vec::new(),
        imports: Vec::new(),
        findings: Vec::new(),
        errors: Vec::new(),
        skipped: None,
        artifact: None,
        code: Vec::new(),
        admitted: Vec::new(),
    }
}

/// A place as the report gives it.
pub fn finding_place(facts: &FileFacts, place: Place) -> FindingPlace {
    let chain = facts.chain(place.input);
    let steps = chain.windows(2).map(|pair| ContainerStep {
        name: pair[1].name.clone(),
        name_bytes: pair[1].raw_name.as_deref().map(crate::source::hex),
        index: pair[1].index,
        format: pair[0].formats.join("+"),
    });
    let input = chain.last();
    FindingPlace {
        container: steps.collect(),
        space: input.map_or(crate::fact::Space::File, |input| input.space),
        offset: place.offset,
        length: place.length,
        // A file that was not begun has no inputs: the place is in the file itself.
        file_offset: input.map_or(Some(0), |input| input.file_offset).and_then(|at| at.checked_add(place.offset)),
    }
}

fn errors(facts: &FileFacts) -> Vec<FileError> {
    let mut errors: Vec<FileError> = Vec::new();
    for error in &facts.errors {
        let message = match error.input.filter(|input| input.0 > 0) {
            Some(input) => {
                let names: Vec<&str> = facts.chain(input).iter().skip(1).map(|input| input.name.as_str()).collect();
                format!("in {}: {}", names.join("!"), error.message)
            }
            None => error.message.clone(),
        };
        let error = FileError { code: error.code.clone(), message };
        if !errors.contains(&error) && errors.len() < UNREAD {
            errors.push(error);
        }
    }
    if !facts.done && facts.incomplete.is_empty() && errors.is_empty() {
        errors.push(FileError { code: "worker".into(), message: "the scan ended before the file did".into() });
    }
    errors
}

fn unread(facts: &FileFacts) -> Vec<Unread> {
    let mut unread: Vec<Unread> = facts
        .incomplete
        .iter()
        .take(UNREAD)
        .map(|part| Unread { reason: part.reason.clone(), message: part.message.clone(), place: finding_place(facts, part.place) })
        .collect();
    let more = facts.incomplete.len() - unread.len();
    if let (true, Some(last)) = (more > 0, unread.last_mut()) {
        last.message = format!("{} (and {more} more parts)", last.message);
    }
    unread
}

/// Chains of formats, in the order in which they were first met.
fn formats(inputs: &[InputInfo]) -> Vec<String> {
    let mut chains: Vec<String> = Vec::with_capacity(inputs.len());
    let mut seen = HashSet::new();
    let mut formats = Vec::new();
    for input in inputs {
        let parent = input.parent.and_then(|parent| chains.get(parent.0 as usize)).map_or("", String::as_str);
        let own = input.formats.join("+");
        let chain = match (parent.is_empty(), own.is_empty()) {
            (_, true) => parent.to_owned(),
            (true, false) => own,
            (false, false) => format!("{parent}!{own}"),
        };
        if !chain.is_empty() && formats.len() < FORMATS && seen.insert(chain.clone()) {
            formats.push(chain.clone());
        }
        chains.push(chain);
    }
    formats
}
