//! Files on their way through one worker after the other.
//!
//! Several small files are under way at a time, so that neither side waits for the other. The worker takes them in order; when it
//! dies, the one that it had begun is the one that it died of, and is not tried again, and those behind it go to the next worker.

use super::check::Check;
use super::message::{Message, Request, Scan};
use super::process::{Waited, Worker, read_only};
use super::worker::READ;
use super::{Pool, death};
use crate::limits;
use crate::record::{Record, ScanError, Sink};
use crate::scan::{Cancel, ScanOptions, Source};
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

/// A file to be scanned.
pub(crate) trait Job {
    /// Its base name.
    fn name(&self) -> &str;
    /// Its bytes.
    fn source(&self) -> &dyn Source;
    /// What is to be done with it.
    fn options(&self) -> ScanOptions;
    /// Where its records go; one that wants no more ends its worker.
    fn sink(&mut self) -> &mut dyn Sink;
    /// So many of its bytes were read so far, as the worker says.
    fn read(&self, _bytes: u64) {}
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was scanned; what failed is among its records.
    Scanned,
    /// It was not begun, because the run was ended.
    NotBegun,
}

/// Why a worker has to end.
enum End {
    /// It is dead.
    Dead,
    /// It said what cannot be.
    Breach(String),
    /// A file's time was up, and the reader did not stop by itself.
    Time,
    /// The run was ended, and the reader did not stop by itself.
    Stopped,
    /// Whoever takes the records wants no more.
    Unwanted,
}

/// A thread's way to its workers.
pub(crate) struct Line<'p, J> {
    pool: &'p Pool,
    cancel: &'p Cancel,
    worker: Option<Worker>,
    /// Started ahead, where each file has a worker of its own.
    next: Option<Worker>,
    /// Files under way, in order.
    jobs: VecDeque<J>,
    /// How many of them the worker was given.
    given: usize,
    /// Whether the first one was begun, and what it said so far.
    begun: Option<Check>,
    /// Scratch files that it asked for.
    scratch: usize,
    leaving: bool,
    /// The first file is the last one of this worker.
    last: bool,
    done: VecDeque<(J, Ending)>,
    /// Workers in a row that died without having begun a file.
    failures: u32,
    clock: Clock,
}

/// How far the worker is, looked at now and then.
struct Clock {
    looked: Instant,
    /// Files that it had begun, and since when.
    begun: u64,
    since: Instant,
    /// When it was told that the run is ended.
    told: Option<Instant>,
}

impl Clock {
    /// How often it is looked at.
    const EVERY: Duration = Duration::from_millis(50);

    fn new() -> Self {
        let now = Instant::now();
        Clock { looked: now, begun: 0, since: now, told: None }
    }
}

impl<'p, J: Job> Line<'p, J> {
    /// No worker is started before there is a file.
    pub fn new(pool: &'p Pool, cancel: &'p Cancel) -> Self {
        Line {
            pool,
            cancel,
            worker: None,
            next: None,
            jobs: VecDeque::new(),
            given: 0,
            begun: None,
            scratch: 0,
            leaving: false,
            last: false,
            done: VecDeque::new(),
            failures: 0,
            clock: Clock::new(),
        }
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.done.is_empty()
    }

    /// Whether one more file may be put on its way.
    pub fn has_room(&self) -> bool {
        if self.pool.is_fresh() {
            return self.jobs.is_empty();
        }
        let bytes: u64 = self.jobs.iter().map(|job| job.source().size()).fold(0, u64::saturating_add);
        let worn = self.worker.as_ref().is_some_and(is_worn);
        self.jobs.is_empty() || (self.jobs.len() < limits::IN_FLIGHT && bytes < limits::IN_FLIGHT_BYTES && !worn)
    }

    /// Puts a file on its way.
    pub fn push(&mut self, job: J) {
        self.jobs.push_back(job);
    }

    /// The next file that is done, waited for; none when nothing is under way.
    pub fn next(&mut self) -> Option<(J, Ending)> {
        loop {
            if let Some(done) = self.done.pop_front() {
                return Some(done);
            }
            if self.jobs.is_empty() {
                return None;
            }
            if let Err(end) = self.step() {
                self.end(&end);
            }
        }
    }

    /// The worker, once nothing is under way: it can be used again.
    pub(super) fn into_worker(mut self) -> Option<Worker> {
        if self.is_empty() && !self.leaving { self.worker.take() } else { None }
    }

    /// Gives out what is to be given, and takes what has come.
    fn step(&mut self) -> Result<(), End> {
        if self.worker.is_none() && !self.begin() {
            return Ok(());
        }
        self.give()?;
        let Some(worker) = &mut self.worker else { return Ok(()) };
        let waited = worker.wait().map_err(|error| End::Breach(format!("the socket to it broke: {error}")))?;
        if waited == Waited::Came {
            self.take(true)?;
        }
        self.look()?;
        if waited == Waited::Closed { Err(End::Dead) } else { Ok(()) }
    }

    /// Gets a worker. Where none can be had, the first file fails.
    fn begin(&mut self) -> bool {
        if self.cancel.reason().is_some() {
            self.done.extend(self.jobs.drain(..).map(|job| (job, Ending::NotBegun)));
            return false;
        }
        let worker = match self.next.take() {
            Some(started) => self.pool.confirmed(started),
            None => self.pool.worker(),
        };
        match worker {
            Ok(worker) => {
                self.worker = Some(worker);
                self.clock = Clock::new();
                self.leaving = false;
                true
            }
            Err(why) => {
                self.fail("worker", format!("no process could be started to read it: {why}"));
                false
            }
        }
    }

    fn give(&mut self) -> Result<(), End> {
        if self.leaving || self.given == self.jobs.len() {
            return Ok(());
        }
        let Some(worker) = &mut self.worker else { return Ok(()) };
        let file = |job: &'_ J| {
            let descriptor = read_only(job.source().file());
            Scan { name: job.name().to_owned(), size: job.source().size(), options: job.options(), passed: descriptor.is_some() }
        };
        let files: Vec<_> = self.jobs.iter().skip(self.given).map(|job| (file(job), read_only(job.source().file()))).collect();
        match worker.give(&files) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(End::Breach(error.to_string())),
            // It is dead, or leaving: what it left says which.
            Err(_) => return Err(End::Dead),
        }
        self.given = self.jobs.len();
        if self.pool.is_fresh() && self.next.is_none() {
            // It starts while this file is read.
            self.next = self.pool.begin().ok();
        }
        Ok(())
    }

    /// Takes all messages that have come. The dead are not answered.
    fn take(&mut self, alive: bool) -> Result<(), End> {
        while let Some(worker) = &mut self.worker {
            let Some((message, size)) = worker.next().map_err(End::Breach)? else { break };
            let breach = |what: &str| Err(End::Breach(what.to_owned()));
            if self.leaving {
                return breach("a message after the last one");
            }
            match (message, &mut self.begun) {
                (Message::Begin, None) if self.given > 0 => {
                    self.begun = Some(Check::default());
                    self.scratch = 0;
                }
                (Message::Record(record), Some(check)) => {
                    check.record(&record, size, self.pool.catalogue()).map_err(|what| End::Breach(what.to_owned()))?;
                    let wanted = self.jobs.front_mut().is_none_or(|job| job.sink().record(record));
                    if !wanted {
                        return Err(End::Unwanted);
                    }
                }
                (Message::End, Some(_)) if self.last => break,
                (Message::End, Some(_)) => self.finish(Ending::Scanned),
                (Message::NotBegun, None) if self.given > 0 && self.cancel.reason().is_some() => self.finish(Ending::NotBegun),
                (Message::Read { offset, length }, Some(_)) if length as usize <= READ => {
                    if alive {
                        self.read(offset, length)?;
                    }
                }
                (Message::Scratch, Some(_)) if self.scratch < SCRATCH => {
                    if alive {
                        self.scratch()?;
                    }
                }
                (Message::Leaving, None) => self.leaving = true,
                (Message::Scratch, Some(_)) => return breach("more scratch files than any file takes"),
                _ => return breach("a message out of turn"),
            }
        }
        Ok(())
    }

    /// The first file is done.
    fn finish(&mut self, ending: Ending) {
        self.begun = None;
        self.failures = 0;
        if let Some(worker) = &mut self.worker {
            worker.ended += 1;
        }
        if let Some(job) = self.jobs.pop_front() {
            self.given -= 1;
            self.done.push_back((job, ending));
        }
        if self.jobs.is_empty() && (self.pool.is_fresh() || self.worker.as_ref().is_some_and(is_worn)) {
            self.worker = None;
        }
    }

    /// The first file failed.
    fn fail(&mut self, code: &str, message: String) {
        if let Some(job) = self.jobs.front_mut() {
            job.sink().record(Record::Error(ScanError { code: code.into(), message, input: None }));
        }
        if self.given == 0 {
            self.given = 1;
        }
        self.finish(Ending::Scanned);
    }

    fn read(&mut self, offset: u64, length: u32) -> Result<(), End> {
        let (Some(worker), Some(job)) = (&mut self.worker, self.jobs.front()) else { return Ok(()) };
        let mut bytes = vec![0; length as usize];
        let answer = match job.source().read_at(offset, &mut bytes) {
            Ok(got) => {
                bytes.truncate(got);
                Ok(u32::try_from(got).unwrap_or(0))
            }
            Err(error) => {
                bytes.clear();
                Err(error.to_string())
            }
        };
        worker.answer(&Request::Bytes(answer), &bytes, None).map_err(sent)
    }

    fn scratch(&mut self) -> Result<(), End> {
        let Some(worker) = &mut self.worker else { return Ok(()) };
        self.scratch += 1;
        match tempfile::tempfile() {
            Ok(file) => worker.answer(&Request::Scratch(Ok(())), &[], Some(std::os::fd::AsFd::as_fd(&file))),
            Err(error) => worker.answer(&Request::Scratch(Err(error.to_string())), &[], None),
        }
        .map_err(sent)
    }

    /// Looks at the clock, and whether the run was ended.
    fn look(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let Some(worker) = &self.worker else { return Ok(()) };
        if now.duration_since(self.clock.looked) < Clock::EVERY {
            return Ok(());
        }
        self.clock.looked = now;
        if let Some(reason) = self.cancel.reason() {
            match self.clock.told {
                None => {
                    worker.output().stop(reason).map_err(|error| End::Breach(error.to_string()))?;
                    self.clock.told = Some(now);
                }
                Some(told) if now.duration_since(told) > limits::GRACE => return Err(End::Stopped),
                Some(_) => {}
            }
        }
        let begun = worker.output().begun().map_err(|error| End::Breach(error.to_string()))?;
        if begun != self.clock.begun {
            (self.clock.begun, self.clock.since) = (begun, now);
        }
        // The one that it is at: what it has begun and not said to have ended.
        let at = begun.checked_sub(worker.ended + 1).and_then(|at| usize::try_from(at).ok());
        let Some(job) = at.and_then(|at| self.jobs.get(at)) else { return Ok(()) };
        job.read(worker.output().read().map_err(|error| End::Breach(error.to_string()))?);
        let time = job.options().time(job.source().size());
        if now.duration_since(self.clock.since) > time + limits::GRACE { Err(End::Time) } else { Ok(()) }
    }

    /// The worker ends: what it left is taken in, and the file that it had begun is done.
    fn end(&mut self, end: &End) {
        let Some(worker) = &mut self.worker else { return };
        if !matches!(end, End::Dead) {
            worker.kill();
        }
        let (status, said) = worker.bury(matches!(end, End::Breach(_)));
        let begun = worker.output().begun().unwrap_or(0);
        // Of what it had written when a lie came, the rest of that file stands; what it did after that is done again.
        self.last = matches!(end, End::Breach(_));
        self.leaving &= !self.last;
        let left = if matches!(end, End::Unwanted) { Ok(()) } else { self.take(false) };
        self.last = false;
        // What it said of having begun may be lost.
        let begun = self.given > 0 && (self.begun.is_some() || self.worker.as_ref().is_some_and(|worker| begun > worker.ended));
        let bounds = self.pool.bounds();
        let why = match (&left, end) {
            (Err(End::Breach(what)), _) | (_, End::Breach(what)) => Some((
                "worker",
                format!("the process that read it broke its protocol ({what}) and was ended; what it had seen until then is reported"),
            )),
            (_, End::Unwanted | End::Stopped) => None,
            (_, End::Time) => Some((
                "time",
                "its time was up, and the process that read it did not stop by itself and was ended; --file-timeout gives more time".to_owned(),
            )),
            _ => Some(("worker", death::sentence(status, &said, bounds))),
        };
        self.worker = None;
        match (begun, why) {
            (true, Some((code, message))) => self.fail(code, message),
            (true, None) => self.finish(Ending::Scanned),
            (false, _) if self.leaving || self.cancel.reason().is_some() => {}
            // It died of nothing that it was given: once is an accident.
            (false, why) => {
                self.failures += 1;
                if self.failures > 1 {
                    let (code, message) = why.unwrap_or(("worker", String::new()));
                    self.fail(code, message);
                }
            }
        }
        self.given = 0;
    }
}

/// Scratch files of one file: a nesting holds one at each depth, and many members may follow each other.
const SCRATCH: usize = limits::INPUTS as usize;

fn is_worn(worker: &Worker) -> bool {
    worker.files >= limits::WORKER_FILES || worker.since.elapsed() > limits::WORKER_TIME
}

/// What became of sending an answer.
fn sent(error: io::Error) -> End {
    if error.kind() == io::ErrorKind::TimedOut { End::Breach(error.to_string()) } else { End::Dead }
}
