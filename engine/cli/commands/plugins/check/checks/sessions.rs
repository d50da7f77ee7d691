//! Sessions: what making and destroying them costs.

use crate::commands::plugins::check::bench::Bench;
use crate::commands::plugins::check::inputs::{Input, small};
use crate::commands::plugins::check::{Fault, failed, skipped};
use std::time::{Duration, Instant};
use weighbridge_core::drive::{Driver, Script};
use weighbridge_core::host::{Plugin, allocated};

/// Sessions at a time: more than a machine has processors.
const SESSIONS: usize = 64;

pub fn sessions(bench: &mut Bench) -> Result<(), Fault> {
    let plugin = bench.plugin()?;
    let mut all = Vec::new();
    for made in 0..SESSIONS {
        let session = Driver::new(plugin).ok_or_else(|| failed(format!("create() did not return WB_OK for session {made} of {SESSIONS} at once")))?;
        all.push(session);
    }
    // Every other one first, the rest from the last to the first.
    let mut at = 0;
    all.retain(|_| {
        at += 1;
        at % 2 == 0
    });
    while let Some(session) = all.pop() {
        drop(session);
    }
    Ok(())
}

/// Rounds between two measurements.
const ROUNDS: usize = 64;

/// Times that it is measured: what stops to grow is kept for later use, by the plugin or by its allocator; what grows every time is lost.
const TIMES: usize = 16;

/// Bytes per round that are growth: the least that an allocator gives.
const LEAST: u64 = 16;

/// Bytes of memory in all that are growth, where the plugin has an allocator of its own: it may hold back some.
const RESIDENT: u64 = 8 << 20;

pub fn memory(bench: &mut Bench) -> Result<(), Fault> {
    if allocated().is_none() && resident().is_none() {
        return Err(skipped("this system does not say how much memory a process has"));
    }
    let plugin = bench.plugin()?;
    let inputs = match bench.claimed() {
        Ok(claimed) => small(claimed, 4),
        Err(Fault::Skipped(_)) => Vec::new(),
        Err(other) => return Err(other),
    };
    measured("creating and destroying sessions", 16, || round(bench, plugin, &[]))?;
    measured("reading inputs", 1, || round(bench, plugin, &inputs))
}

fn round(bench: &mut Bench, plugin: &'static Plugin, inputs: &[Input]) -> Result<(), Fault> {
    let mut driver = Driver::new(plugin).ok_or_else(|| skipped("it makes no session"))?;
    for input in inputs {
        bench.run(&mut driver, input, &Script::default());
    }
    Ok(())
}

fn measured(what: &str, times: usize, mut round: impl FnMut() -> Result<(), Fault>) -> Result<(), Fault> {
    let rounds = ROUNDS * times;
    let grown = |before: Option<u64>, after: Option<u64>| before.zip(after).map_or(0, |(before, after)| after.saturating_sub(before));
    let first = (allocated(), resident());
    let mut before = first.0;
    for _ in 0..TIMES {
        (0..rounds).try_for_each(|_| round())?;
        let now = allocated();
        if grown(before, now) < LEAST * rounds as u64 && grown(first.1, resident()) < RESIDENT {
            return Ok(());
        }
        before = now;
    }
    let (bytes, rounds) = (grown(first.0, before).max(grown(first.1, resident())), rounds * TIMES);
    Err(failed(format!(
        "{what} {rounds} times left {bytes} bytes behind: free all that a session holds in destroy(), all of a scan before it returns"
    )))
}

/// Bytes of memory that this process has.
fn resident() -> Option<u64> {
    const PAGE: u64 = 4096;
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split_whitespace().nth(1)?.parse::<u64>().ok()? * PAGE)
}

/// Time for opening and for one probe, each: a run opens every plugin before it scans.
const QUICK: Duration = Duration::from_millis(100);

pub fn speed(bench: &mut Bench) -> Result<(), Fault> {
    let mut driver = bench.driver()?;
    let nothing = Input { name: "an empty input".into(), file: "input".into(), bytes: Vec::new() };
    let input = bench.inputs()?.first().cloned().unwrap_or(nothing);
    let opening = bench.opening;
    // Others may run at the same time: the best of three counts.
    let probe = |driver: &mut Driver<'_>| {
        let since = Instant::now();
        driver.probe(&input.bytes, &Script { name: &input.file, ..Script::default() });
        since.elapsed()
    };
    let probing = (0..3).map(|_| probe(&mut driver)).min().unwrap_or_default();
    for (what, took) in [("opening it", opening), ("a probe", probing)] {
        if took > QUICK {
            return Err(Fault::Warning(format!("{what} took {} ms, and every run waits for it: leave to scan() what can wait", took.as_millis())));
        }
    }
    Ok(())
}
