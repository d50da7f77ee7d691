//! The host of a plugin that is driven: it notes everything.

use super::{Pace, Seen, SeenChild, SeenFact, SeenRegion, Stop};
use crate::fact::RegionClass;
use crate::host::{Breach, End, IncomingChild, IncomingFact, Side};

/// Facts, regions, children, rows and breaches that are kept of each: an input that was made up may ask for any number.
const KEPT: usize = 1 << 18;

/// Breaches and the like that are kept: a plugin that is wrong is wrong often.
const WRONG: usize = 64;

/// Facts among which an equal one is looked for: equal ones are most often near each other.
const NEAR: usize = 64;

pub(super) struct Noting<'d> {
    data: &'d [u8],
    stop: Option<(u64, Stop)>,
    probing: bool,
    pub seen: Seen,
}

impl<'d> Noting<'d> {
    pub fn new(data: &'d [u8], stop: Option<(u64, Stop)>) -> Self {
        Noting { data, stop, probing: true, seen: Seen::default() }
    }

    /// Probe has returned.
    pub fn begin(&mut self) {
        self.probing = false;
        self.seen.pace = Pace::default();
    }

    /// A function has returned.
    pub fn pause(&mut self) {
        self.seen.pace.returns();
    }

    pub fn finish(self) -> Seen {
        self.seen
    }

    fn call(&mut self, function: &'static str) -> Result<(), End> {
        let call = self.seen.calls;
        self.seen.calls += 1;
        match self.stop {
            Some((at, stop)) if call >= at => {
                self.seen.stopped_in.get_or_insert(function);
                Err(match stop {
                    Stop::Io => End::Io,
                    Stop::Cancelled => End::Cancelled,
                    Stop::Budget => End::Budget,
                })
            }
            _ => Ok(()),
        }
    }

    fn says(&mut self, function: &'static str) -> Result<(), End> {
        self.seen.pace.says();
        self.call(function)
    }

    /// A number of a fact: 0, or one that was given.
    fn parent(&mut self, what: &str, id: u64) {
        if id > self.seen.facts.len() as u64 && self.seen.facts.len() < KEPT && self.seen.orphans.len() < WRONG {
            self.seen.orphans.push(format!("{what} has the parent {id}, which is the id of no fact that it emitted"));
        }
    }
}

impl Side for Noting<'_> {
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<usize, End> {
        self.seen.pace.asks();
        self.call("read_at")?;
        let from = usize::try_from(offset).ok().and_then(|at| self.data.get(at..)).unwrap_or(&[]);
        let got = from.len().min(buf.len());
        buf[..got].copy_from_slice(&from[..got]);
        self.seen.pace.reads(got as u64);
        if self.probing {
            self.seen.probe_bytes += got as u64;
        }
        Ok(got)
    }

    fn poll(&mut self, steps: u64) -> Result<(), End> {
        self.seen.pace.polls(steps);
        self.call("poll")
    }

    fn emit(&mut self, fact: IncomingFact) -> Result<u64, End> {
        self.says("emit")?;
        self.parent(&format!("a `{}` fact", fact.kind), fact.parent);
        let fact = SeenFact { kind: fact.kind, offset: fact.offset, length: fact.length, parent: fact.parent, count: 1, fields: fact.fields };
        let facts = &mut self.seen.facts;
        let from = facts.len().saturating_sub(NEAR);
        if let Some(near) = facts[from..].iter().rposition(|have| have.is_same(&fact)) {
            facts[from + near].count += 1;
            return Ok((from + near) as u64 + 1);
        }
        if facts.len() < KEPT {
            facts.push(fact);
        }
        Ok(facts.len() as u64)
    }

    fn again(&mut self, id: u64, _offset: u64, _length: u64, count: u64) -> Result<bool, End> {
        self.says("again")?;
        let full = self.seen.facts.len() >= KEPT;
        match usize::try_from(id).ok().and_then(|id| self.seen.facts.get_mut(id.checked_sub(1)?)) {
            Some(fact) => fact.count = fact.count.saturating_add(count),
            None if full => {}
            None => return Ok(false),
        }
        Ok(true)
    }

    fn region(&mut self, class: RegionClass, offset: u64, length: u64) -> Result<(), End> {
        self.says("region")?;
        // One that continues the last is the same region, as it is to the engine.
        let room = self.seen.regions.len() < KEPT;
        match self.seen.regions.last_mut() {
            Some(last) if last.class == class && last.offset + last.length == offset => last.length += length,
            _ if room => self.seen.regions.push(SeenRegion { class, offset, length }),
            _ => {}
        }
        Ok(())
    }

    fn child(&mut self, child: IncomingChild) -> Result<(), End> {
        self.says("child")?;
        self.parent("a child", child.parent);
        if self.seen.children.len() < KEPT {
            let IncomingChild { name, index, offset, length, token, .. } = child;
            self.seen.children.push(SeenChild { name, index, offset, length, token, taken: None });
        }
        Ok(())
    }

    fn row(&mut self, listing: &str, _offset: u64, _length: u64, _depth: u64, cells: &mut dyn FnMut() -> Vec<String>) -> Result<(), End> {
        self.says("listing")?;
        if self.seen.rows.len() < KEPT {
            self.seen.rows.push([vec![listing.to_owned()], cells()].concat());
        }
        Ok(())
    }

    fn breach(&mut self, kind: Breach, what: String) {
        if self.seen.breaches.len() < WRONG {
            self.seen.breaches.push((kind, what));
        }
    }

    fn beyond(&mut self, what: &'static str, offset: u64, length: u64) {
        if self.seen.beyond.len() < WRONG {
            self.seen.beyond.push(format!("{what} at {offset}+{length}, in an input of {} bytes", self.data.len()));
        }
    }
}
