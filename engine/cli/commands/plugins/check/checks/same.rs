//! The same input gives the same, whoever asks and however it is read.

use crate::commands::plugins::check::bench::Bench;
use crate::commands::plugins::check::inputs::{Input, spread};
use crate::commands::plugins::check::{Fault, failed, skipped};
use crate::engine;
use std::io;
use std::thread;
use weighbridge_core::drive::{Children, Driver, STACK, Script, Seen, Stop};
use weighbridge_core::host::Selection;
use weighbridge_core::isolate::{Bounds, Pool, Setup, Starting};
use weighbridge_core::record::FileFacts;
use weighbridge_core::scan::{Cancel, ScanOptions, Source, scan};

/// Inputs that are read in each way.
const INPUTS: usize = 32;

/// Some of those that are claimed, with what a session of its own saw in each.
fn first(bench: &mut Bench) -> Result<Vec<(Input, Seen)>, Fault> {
    let inputs = spread(bench.claimed()?, INPUTS);
    let mut seen = Vec::new();
    for input in inputs {
        let mut driver = bench.driver()?;
        let saw = bench.run(&mut driver, &input, &Script::default());
        seen.push((input, saw));
    }
    Ok(seen)
}

fn same(input: &Input, before: &Seen, now: &Seen, when: &str) -> Result<(), Fault> {
    match before.difference(now) {
        Some(what) => Err(failed(format!("{when}, {} gave something else: {what}", input.name))),
        None => Ok(()),
    }
}

pub fn repeatable(bench: &mut Bench) -> Result<(), Fault> {
    let first = first(bench)?;
    let mut driver = bench.driver()?;
    for (input, before) in &first {
        let now = bench.run(&mut driver, input, &Script::default());
        same(input, before, &now, "in a session that had read other inputs")?;
        let now = bench.run(&mut driver, input, &Script::default());
        same(input, before, &now, "the second time in one session")?;
        // A scan that was ended leaves nothing behind for the next.
        bench.run(&mut driver, input, &Script { stop: Some((before.calls / 2, Stop::Cancelled)), ..Script::default() });
        let now = bench.run(&mut driver, input, &Script::default());
        same(input, before, &now, "after a scan that was cancelled")?;
    }
    Ok(())
}

/// Bytes that come one at a time.
struct Slow(Vec<u8>);

impl Source for Slow {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        for part in buf.chunks_mut(1) {
            done += self.0.read_at(offset + done as u64, part)?;
        }
        Ok(done)
    }
}

fn scanned(bench: &mut Bench, input: &Input, source: &dyn Source) -> Result<FileFacts, Fault> {
    let mut facts = FileFacts::default();
    scan(bench.registry()?, source, &input.file, &ScanOptions::default(), &Cancel::default(), &mut facts);
    Ok(facts)
}

pub fn one_byte(bench: &mut Bench) -> Result<(), Fault> {
    for (input, before) in first(bench)? {
        let mut driver = bench.driver()?;
        let now = bench.run(&mut driver, &input, &Script { children: Children::Read(1), ..Script::default() });
        same(&input, &before, &now, "with its children read a byte at a time")?;
        let whole = scanned(bench, &input, &input.bytes)?;
        let slow = scanned(bench, &input, &Slow(input.bytes.clone()))?;
        if let Some(what) = different(&whole, &slow) {
            return Err(failed(format!("from a reader that gives a byte at a time, {} gave something else: {what}", input.name)));
        }
    }
    Ok(())
}

/// In what two scans differ, but for what was read of the medium.
fn different(a: &FileFacts, b: &FileFacts) -> Option<String> {
    let errors = |facts: &FileFacts| facts.errors.iter().map(|error| error.message.clone()).collect::<Vec<_>>().join("; ");
    if a.facts != b.facts {
        let at = a.facts.iter().zip(&b.facts).position(|(a, b)| a != b).unwrap_or(a.facts.len().min(b.facts.len()));
        let kind = |facts: &FileFacts| facts.facts.get(at).map_or("none".to_owned(), |fact| format!("`{}`", fact.kind));
        return Some(format!("fact {at} was {}, and is {}", kind(a), kind(b)));
    }
    if errors(a) != errors(b) {
        return Some(format!("errors were `{}`, and are `{}`", errors(a), errors(b)));
    }
    let kept = |a: &FileFacts, b: &FileFacts| a.regions == b.regions && a.inputs == b.inputs && a.incomplete == b.incomplete && a.done == b.done;
    (!kept(a, b)).then(|| "its regions, children, or what was not read".to_owned())
}

pub fn any_thread(bench: &mut Bench) -> Result<(), Fault> {
    let first = first(bench)?;
    for (input, before) in &first {
        let mut driver = bench.driver()?;
        let script = Script { name: &input.file, ..Script::default() };
        bench.note(input);
        // The session is of this thread, the call is another's.
        let now = on_a_thread(|| driver.run(&input.bytes, &script))?;
        same(input, before, &now, "called by another thread than the one that made the session")?;
    }
    Ok(())
}

fn on_a_thread<T: Send>(run: impl FnOnce() -> T + Send) -> Result<T, Fault> {
    thread::scope(|scope| {
        let spawned = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        let spawned = spawned.map_err(|error| skipped(format!("no thread could be started: {error}")))?;
        spawned.join().map_err(|_| failed("a thread in which it ran came to no end"))
    })
}

/// Threads, each with a session, and how often each reads every input.
const THREADS: usize = 4;
const TURNS: usize = 3;

pub fn parallel(bench: &mut Bench) -> Result<(), Fault> {
    let first = first(bench)?;
    let plugin = bench.plugin()?;
    let run = |from: usize| -> Result<(), Fault> {
        for at in 0..first.len() * TURNS {
            let mut driver = Driver::new(plugin).ok_or_else(|| failed("create() did not return WB_OK while other sessions were in use"))?;
            // Each begins with another one.
            let (input, before) = &first[(at + from * first.len() / THREADS) % first.len()];
            let now = driver.run(&input.bytes, &Script { name: &input.file, ..Script::default() });
            same(input, before, &now, "while other sessions were in use")?;
        }
        Ok(())
    };
    let run = &run;
    thread::scope(|scope| {
        let mut all = Vec::new();
        for from in 0..THREADS {
            let spawned = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || run(from));
            all.push(spawned.map_err(|error| skipped(format!("no thread could be started: {error}")))?);
        }
        all.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(failed("a thread in which it ran came to no end"))))
    })
}

pub fn confined(bench: &mut Bench) -> Result<(), Fault> {
    let inputs = spread(bench.claimed()?, INPUTS);
    let mut plugins = Selection::default();
    match bench.library() {
        Some(library) => plugins.libraries.push(library.map_err(|error| skipped(error.message))?),
        None => plugins.builtin = bench.builtin(),
    }
    let setup = Setup { program: engine::worker(), plugins, bounds: Bounds::default(), require: false };
    let pool = Pool::start(setup).and_then(Starting::ready).map_err(|error| skipped(error.to_string()))?;
    if let Some(error) = pool.refused().next() {
        return Err(failed(format!("a worker refuses it: {}", error.message)));
    }
    for input in &inputs {
        bench.note(input);
        let here = scanned(bench, input, &input.bytes)?;
        let mut there = FileFacts::default();
        pool.scan(&input.bytes, &input.file, &ScanOptions::default(), &Cancel::default(), &mut there);
        if let Some(what) = different(&here, &there) {
            return Err(failed(format!("confined, {} gave something else: {what}; it may use no file, network or program", input.name)));
        }
    }
    Ok(())
}
