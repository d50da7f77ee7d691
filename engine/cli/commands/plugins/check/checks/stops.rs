//! The host ends a scan: the plugin returns what it was told, and calls nothing more.

use super::robust::status_name;
use crate::commands::plugins::check::bench::Bench;
use crate::commands::plugins::check::inputs::{Input, small, spread};
use crate::commands::plugins::check::{Fault, failed};
use weighbridge_core::drive::{Driver, Script, Stop};

/// Inputs that are read until they are stopped.
const INPUTS: usize = 12;

/// Calls of each at which it is stopped.
const CALLS: usize = 40;

pub fn io(bench: &mut Bench) -> Result<(), Fault> {
    stopped(bench, Stop::Io)
}

pub fn cancelled(bench: &mut Bench) -> Result<(), Fault> {
    stopped(bench, Stop::Cancelled)
}

pub fn budget(bench: &mut Bench) -> Result<(), Fault> {
    stopped(bench, Stop::Budget)
}

fn stopped(bench: &mut Bench, stop: Stop) -> Result<(), Fault> {
    let inputs = small(bench.claimed()?, INPUTS);
    let mut driver = bench.driver()?;
    for input in &inputs {
        let calls = bench.run(&mut driver, input, &Script::default()).calls;
        for at in spread(&(0..calls).collect::<Vec<_>>(), CALLS) {
            one(bench, &mut driver, input, at, stop)?;
        }
    }
    Ok(())
}

fn one(bench: &mut Bench, driver: &mut Driver<'_>, input: &Input, at: u64, stop: Stop) -> Result<(), Fault> {
    let seen = bench.run(driver, input, &Script { stop: Some((at, stop)), ..Script::default() });
    if seen.calls <= at {
        // It called the host less often than the last time: that is for `repeatable` to say.
        return Ok(());
    }
    let (function, called) = seen.ended();
    let host = seen.stopped_in.unwrap_or("a function");
    let told = format!("{host}() of the host, its call {at} (from 0), returned {} for {}", status_name(stop.status()), input.name);
    if called.status != stop.status() {
        return Err(failed(format!("{told}, and {function}() returned {}: return what the host returned, unchanged", status_name(called.status))));
    }
    if called.late > 0 {
        return Err(failed(format!("{told}, and {function}() called the host {} times more: return at once", called.late)));
    }
    Ok(())
}
