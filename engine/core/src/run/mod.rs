//! Many files: each is opened, scanned, judged and reported, on many threads and in the order of the walk.

mod artifact;
#[cfg(target_os = "linux")]
mod isolated;
mod ordered;
mod readers;
mod summary;
mod watch;

pub(crate) use ordered::STACK;
pub use readers::Readers;
pub use watch::Watch;

use crate::assemble::{assemble, finding_place, unscanned};
use crate::excerpt::Excerpts;
use crate::fact::{InputId, Place};
use crate::record::{FileFacts, Incomplete};
use crate::report::{Excerpt, FileError, FileReport, Finding, Summary, Unread, Verdict};
use crate::rules::{Around, Judged, Parts, RuleSet};
use crate::scan::{Cancel, CancelReason, Listings, ScanOptions, Source};
use crate::source::{FileSource, Folder, Kind, ReportPath, Spool, Spooled, Target, sentence};
use artifact::{Gathered, Scanned};
use ordered::{Lane, Window, ordered};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What judges: the facts of a file and where it lies, to findings.
pub trait Judge: Sync {
    /// What is said of one file.
    fn judge(&self, facts: &FileFacts, around: Around<'_>) -> Judged;

    /// Whether files of one artifact have to be judged together: their reports then wait for each other.
    fn joins_files(&self) -> bool {
        false
    }

    /// What files of one artifact say together: findings, each with the number of its file.
    fn join(&self, _parts: Vec<Parts>) -> Vec<(usize, Finding)> {
        Vec::new()
    }
}

impl Judge for RuleSet {
    fn judge(&self, facts: &FileFacts, around: Around<'_>) -> Judged {
        self.judge_around(facts, around)
    }

    fn joins_files(&self) -> bool {
        RuleSet::joins_files(self)
    }

    fn join(&self, parts: Vec<Parts>) -> Vec<(usize, Finding)> {
        RuleSet::join(self, parts)
    }
}

impl<F: Fn(&FileFacts, &str) -> Vec<Finding> + Sync> Judge for F {
    fn judge(&self, facts: &FileFacts, around: Around<'_>) -> Judged {
        Judged { findings: self(facts, around.path), ..Judged::default() }
    }
}

/// What a run works with.
pub struct Engine<'a> {
    /// Who reads.
    pub readers: &'a Readers,
    /// Rules.
    pub judge: &'a dyn Judge,
    /// For each file.
    pub options: ScanOptions,
    /// Threads.
    pub jobs: usize,
    /// Ends the run early.
    pub cancel: &'a Cancel,
    /// Whether reports show the decompiled code around findings: such files are read a second time.
    pub excerpts: bool,
    /// Where it is said how far the reading is, for whoever shows that.
    pub watch: Option<&'a Watch>,
}

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    /// Numbers over the files that were reported.
    pub summary: Summary,
    /// Files that were met and not begun, because the run was ended.
    pub not_scanned: u64,
    /// Whether there are more that were not even met.
    pub not_walked: bool,
    /// Why it was ended, if it was.
    pub ended: Option<CancelReason>,
}

/// Weight of the results that wait for an earlier one, a file counting one and each of its findings one: some tens of megabytes.
const HELD: usize = 16_384;

/// How long a run that was ended goes on counting what it did not scan.
const COUNTING: Duration = Duration::from_millis(200);

impl Engine<'_> {
    /// Scans every target; `each` gets the reports, in order, on this thread.
    pub fn run(&self, targets: &mut dyn Iterator<Item = Target>, mut each: impl FnMut(FileReport)) -> io::Result<Ran> {
        let mut ran = Ran::default();
        let mut until_stopped = std::iter::from_fn(|| if self.cancel.reason().is_some() { None } else { targets.next() });
        let window = Window { jobs: self.jobs, held: HELD };
        let mut cut_short = false;
        let mut out = |report: FileReport| {
            ran.summary.add(&report);
            cut_short |= report.unread.iter().any(|part| matches!(part.reason.as_str(), "cancelled" | "timeout"));
            each(report);
        };
        let mut gathered = Gathered::new(self.judge);
        let mut not_scanned = 0;
        let weight = |scanned: &Option<Scanned>| scanned.as_ref().map_or(1, Scanned::weight);
        ordered(
            window,
            &mut until_stopped,
            |lane| self.work(lane),
            weight,
            |scanned| match scanned {
                Some(scanned) => gathered.add(scanned, &mut out),
                None => not_scanned += 1,
            },
        )?;
        gathered.end(&mut out);
        ran.not_scanned = not_scanned;
        let reason = self.cancel.reason();
        if reason.is_some() {
            let until = Instant::now() + COUNTING;
            while targets.next().is_some() {
                ran.not_scanned += 1;
                if Instant::now() >= until {
                    ran.not_walked = true;
                    break;
                }
            }
        }
        // Asked to stop when all was done already, it was not ended early.
        ran.ended = reason.filter(|_| cut_short || ran.not_scanned > 0);
        Ok(ran)
    }

    /// What one thread does: it takes targets until there are no more.
    fn work(&self, lane: &Lane<'_, Target, Option<Scanned>>) {
        match self.readers {
            #[cfg(target_os = "linux")]
            Readers::Workers(pool) => isolated::work(self, pool, lane),
            readers => {
                while let Some((number, target)) = lane.wait() {
                    let scanned = match self.begin(target) {
                        Begun::NotAtAll => None,
                        Begun::Ended(scanned) => Some(*scanned),
                        Begun::Open(open) => {
                            let open = match self.watch {
                                Some(watch) => {
                                    let progress = watch.begin(number, open.source.size(), self.options.mode);
                                    open.watched(progress)
                                }
                                None => open,
                            };
                            let facts = || {
                                let mut facts = FileFacts::default();
                                readers.scan(open.source.as_ref(), open.path.base_name(), &self.options, self.cancel, &mut facts);
                                facts
                            };
                            Some(self.finish(&open, facts))
                        }
                    };
                    self.unwatch(number);
                    lane.done(number, scanned);
                }
            }
        }
    }

    fn unwatch(&self, number: usize) {
        if let Some(watch) = self.watch {
            watch.end(number);
        }
    }

    /// Opens a target.
    fn begin(&self, target: Target) -> Begun {
        if self.cancel.reason().is_some() {
            return Begun::NotAtAll;
        }
        let Target { path, kind, folder } = target;
        let source: Box<dyn Source> = match kind {
            Kind::File { path: on_disk, follow } => match FileSource::open(&on_disk, follow) {
                Ok(source) => Box::new(source),
                Err(error) => return Begun::ended(failed(path, "io", sentence(&error)), &folder),
            },
            Kind::Stdin => match Spool::read(io::stdin(), self.options.max_file_size, self.cancel) {
                Ok(Spooled::Whole(source)) => Box::new(source),
                Ok(Spooled::TooLarge) => return Begun::ended(unread(path, None, "limit-size", self.too_large()), &folder),
                Ok(Spooled::Cancelled) => return Begun::ended(self.stopped(path), &folder),
                Err(error) => return Begun::ended(failed(path, "io", sentence(&error)), &folder),
            },
            Kind::Skipped(code, message) => {
                let mut report = unscanned(path, None, Verdict::Skipped);
                report.skipped = Some(FileError { code: code.into(), message });
                return Begun::ended(report, &folder);
            }
            Kind::Unread(code, message) => return Begun::ended(unread(path, None, code, message), &folder),
            Kind::Failed(code, message) => return Begun::ended(failed(path, code, message), &folder),
        };
        let size = source.size();
        if self.options.max_file_size.is_some_and(|max| size > max) {
            Begun::ended(unread(path, Some(size), "limit-size", self.too_large()), &folder)
        } else if size == 0 {
            Begun::ended(self.empty(path), &folder)
        } else {
            Begun::Open(Open { path, folder, source })
        }
    }

    /// The decompiled code around what was found in a file.
    fn code(&self, file: &Open, facts: &FileFacts, findings: &[Finding]) -> Vec<Excerpt> {
        let mut excerpts = Excerpts::new(facts, findings);
        if !excerpts.is_empty() {
            let options = ScanOptions { listings: Some(Listings { code: true, ..Listings::ALL }), ..self.options };
            self.readers.scan(file.source.as_ref(), file.path.base_name(), &options, self.cancel, &mut excerpts);
        }
        excerpts.finish()
    }

    /// What is said of a file of which this was seen. A defect of ours in one file must not take the findings of the others with it.
    fn finish(&self, file: &Open, facts: impl FnOnce() -> FileFacts) -> Scanned {
        let Open { path, folder, source } = file;
        let size = source.size();
        let scanned = catch_unwind(AssertUnwindSafe(|| {
            let facts = self.stopped_short(facts());
            let around = Around { path: &path.text, artifact: folder.artifact.as_deref(), beside: &folder.names };
            let Judged { findings, admitted, parts } = self.judge.judge(&facts, around);
            let mut report = assemble(path.clone(), size, &facts, findings);
            report.admitted = admitted;
            if self.excerpts {
                report.code = self.code(file, &facts, &report.findings);
            }
            Scanned { report, parts }
        }));
        let mut scanned = scanned.unwrap_or_else(|_| {
            let mut report = failed(path.clone(), "internal", DEFECT.into());
            report.size = Some(size);
            Scanned { report, parts: Parts::default() }
        });
        scanned.report.artifact = folder.artifact.clone();
        scanned
    }

    /// An empty file is not clean: where its name says that it is a model, the model is missing. Other text (`__init__.py`), and what has another name, is
    /// skipped.
    fn empty(&self, path: ReportPath) -> FileReport {
        let catalogue = self.readers.catalogue();
        let name = path.base_name().to_ascii_lowercase();
        let mut report = if name == "-" || name.match_indices('.').any(|(at, _)| catalogue.is_missed(&name[at + 1..])) {
            failed(path, "empty", "the file is empty".into())
        } else {
            let mut report = unscanned(path, None, Verdict::Skipped);
            report.skipped = Some(FileError { code: "empty".into(), message: "the file is empty".into() });
            report
        };
        report.size = Some(0);
        report
    }

    /// Everything that is seen in one file.
    pub fn facts(&self, name: &str, source: &dyn Source) -> FileFacts {
        let mut facts = FileFacts::default();
        self.readers.scan(source, name, &self.options, self.cancel, &mut facts);
        self.stopped_short(facts)
    }

    /// Says so of a file whose scan was stopped before its end.
    fn stopped_short(&self, mut facts: FileFacts) -> FileFacts {
        if let (false, Some(reason)) = (facts.done, self.cancel.reason()) {
            let (reason, message) = stop_message(reason);
            if !facts.incomplete.iter().any(|part| part.reason == reason) {
                let place = Place { input: InputId(0), offset: 0, length: 0 };
                facts.incomplete.push(Incomplete { reason: reason.into(), message: message.into(), place });
            }
        }
        facts
    }

    fn too_large(&self) -> String {
        let max = self.options.max_file_size.unwrap_or(u64::MAX);
        let limit = match max {
            _ if max >= 1 << 30 && max.is_multiple_of(1 << 30) => format!("{}G", max >> 30),
            _ if max >= 1 << 20 && max.is_multiple_of(1 << 20) => format!("{}M", max >> 20),
            _ if max >= 1 << 10 && max.is_multiple_of(1 << 10) => format!("{}K", max >> 10),
            _ => format!("{max} bytes"),
        };
        format!("larger than the limit for one file (max_file_size, {limit}): not read")
    }

    fn stopped(&self, path: ReportPath) -> FileReport {
        let (reason, message) = stop_message(self.cancel.reason().unwrap_or(CancelReason::Cancelled));
        unread(path, None, reason, message.into())
    }
}

/// What becomes of a target at first.
enum Begun {
    /// Nothing: the run was ended.
    NotAtAll,
    /// This is said of it, without a scan.
    Ended(Box<Scanned>),
    /// It is to be scanned.
    Open(Open),
}

impl Begun {
    fn ended(mut report: FileReport, folder: &Folder) -> Self {
        report.artifact = folder.artifact.clone();
        Begun::Ended(Box::new(Scanned { report, parts: Parts::default() }))
    }
}

/// A file that is to be scanned.
struct Open {
    path: ReportPath,
    folder: Arc<Folder>,
    source: Box<dyn Source>,
}

/// A panic of the engine.
pub(crate) const DEFECT: &str = "a defect of the scanner ended the scan of this file; please report it";

fn stop_message(reason: CancelReason) -> (&'static str, &'static str) {
    match reason {
        CancelReason::Cancelled => ("cancelled", "the run was stopped while this file was being read"),
        CancelReason::Timeout => ("timeout", "the time was up while this file was being read"),
    }
}

fn failed(path: ReportPath, code: &str, message: String) -> FileReport {
    let mut report = unscanned(path, None, Verdict::Error);
    report.errors.push(FileError { code: code.into(), message });
    report
}

fn unread(path: ReportPath, size: Option<u64>, reason: &str, message: String) -> FileReport {
    let mut report = unscanned(path, size, Verdict::Incomplete);
    let whole = Place { input: InputId(0), offset: 0, length: size.unwrap_or(0) };
    report.unread.push(Unread { reason: reason.into(), message, place: finding_place(&FileFacts::default(), whole) });
    report
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::host::Registry;
    use crate::source::{Root, Walk, tests::Scratch};

    fn run(scratch: &Scratch, options: ScanOptions, cancel: &Cancel) -> (Vec<FileReport>, Ran) {
        let readers = Readers::Here(Registry::default());
        let engine =
            Engine { readers: &readers, judge: &(|_: &FileFacts, _: &str| Vec::new()), options, jobs: 2, cancel, excerpts: false, watch: None };
        let mut files = Vec::new();
        let mut walk = Walk::new(vec![Root::Path(scratch.path().to_path_buf())]);
        let ran = engine.run(&mut walk, |file| files.push(file)).unwrap();
        (files, ran)
    }

    #[test]
    fn every_file_is_reported_in_order() {
        let scratch = Scratch::new("run");
        for n in 0..300 {
            scratch.file(&format!("{n:04}"), b"x");
        }
        let (files, ran) = run(&scratch, ScanOptions::default(), &Cancel::default());
        assert_eq!(ran.summary.files, 300);
        assert_eq!(ran.summary.bytes, 300);
        assert!(files.is_sorted_by_key(|file| file.path.clone()));
        assert_eq!((ran.not_scanned, ran.ended), (0, None));
    }

    #[test]
    fn a_file_over_the_limit_is_incomplete_and_an_empty_one_not_clean() {
        let scratch = Scratch::new("run-limit");
        scratch.file("large", &[0; 11]);
        scratch.file("none", b"");
        let options = ScanOptions { max_file_size: Some(10), ..ScanOptions::default() };
        let (files, ran) = run(&scratch, options, &Cancel::default());
        assert_eq!(files[0].verdict, Verdict::Incomplete);
        assert_eq!(files[0].unread[0].reason, "limit-size");
        assert_eq!(files[1].verdict, Verdict::Skipped);
        assert_eq!((ran.summary.partial, ran.summary.clean), (1, 0));
    }

    #[test]
    fn a_run_that_was_ended_counts_what_it_did_not_scan() {
        let scratch = Scratch::new("run-ended");
        for n in 0..40 {
            scratch.file(&format!("{n}"), b"x");
        }
        let cancel = Cancel::default();
        cancel.cancel(CancelReason::Timeout);
        let (files, ran) = run(&scratch, ScanOptions::default(), &cancel);
        assert_eq!((files.len(), ran.not_scanned, ran.not_walked, ran.ended), (0, 40, false, Some(CancelReason::Timeout)));
    }

    #[test]
    fn a_defect_in_one_file_does_not_end_the_run() {
        let scratch = Scratch::new("run-defect");
        scratch.file("a", b"x");
        scratch.file("b", b"x");
        let (readers, cancel) = (Readers::Here(Registry::default()), Cancel::default());
        let judge = |_: &FileFacts, path: &str| if path == "a" { panic!("a defect") } else { Vec::new() };
        let engine =
            Engine { readers: &readers, judge: &judge, options: ScanOptions::default(), jobs: 1, cancel: &cancel, excerpts: false, watch: None };
        let mut files = Vec::new();
        let mut walk = Walk::new(vec![Root::Path(scratch.path().to_path_buf())]);
        engine.run(&mut walk, |file| files.push(file)).unwrap();
        assert_eq!(files.len(), 2);
        assert_eq!((files[0].verdict, files[0].errors[0].code.as_str()), (Verdict::Error, "internal"));
    }
}
