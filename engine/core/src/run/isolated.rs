//! A thread's work with workers: it opens and judges, they read.

use super::artifact::Scanned;
use super::ordered::Lane;
use super::watch::Progress;
use super::{Begun, Engine, Open};
use crate::isolate::{Ending, Job, Line, Pool};
use crate::record::{FileFacts, Sink};
use crate::scan::{ScanOptions, Source};
use crate::source::{Kind, Target};

/// A file that is being read.
struct Reading {
    number: usize,
    file: Open,
    options: ScanOptions,
    facts: FileFacts,
    progress: Option<Progress>,
}

impl Job for Reading {
    fn name(&self) -> &str {
        self.file.path.base_name()
    }

    fn source(&self) -> &dyn Source {
        self.file.source.as_ref()
    }

    fn options(&self) -> ScanOptions {
        self.options
    }

    fn sink(&mut self) -> &mut dyn Sink {
        &mut self.facts
    }

    fn read(&self, bytes: u64) {
        if let Some(progress) = &self.progress {
            progress.set(bytes);
        }
    }
}

/// Takes targets until there are no more, several at a time.
pub(super) fn work(engine: &Engine<'_>, pool: &Pool, lane: &Lane<'_, Target, Option<Scanned>>) {
    let mut line = Line::new(pool, engine.cancel);
    loop {
        while line.has_room() {
            let next = if line.is_empty() { lane.wait() } else { lane.take() };
            let Some((number, target)) = next else { break };
            if matches!(target.kind, Kind::Stdin) {
                // It may be long in coming: nothing waits for it.
                while let Some(done) = line.next() {
                    finish(engine, lane, done);
                }
            }
            match engine.begin(target) {
                Begun::NotAtAll => lane.done(number, None),
                Begun::Ended(scanned) => lane.done(number, Some(*scanned)),
                Begun::Open(file) => {
                    let progress = engine.watch.map(|watch| watch.begin(number, file.source.size(), engine.options.mode));
                    line.push(Reading { number, file, options: engine.options, facts: FileFacts::default(), progress });
                }
            }
        }
        match line.next() {
            Some(done) => finish(engine, lane, done),
            None => return,
        }
    }
}

fn finish(engine: &Engine<'_>, lane: &Lane<'_, Target, Option<Scanned>>, (reading, ending): (Reading, Ending)) {
    let Reading { number, file, facts, .. } = reading;
    let scanned = match ending {
        Ending::NotBegun => None,
        Ending::Scanned => Some(engine.finish(&file, || facts)),
    };
    engine.unwatch(number);
    lane.done(number, scanned);
}
