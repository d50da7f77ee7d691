//! How often a plugin says that it is still at work.

use crate::commands::plugins::check::bench::Bench;
use crate::commands::plugins::check::inputs::{Input, boundaries, small, spread};
use crate::commands::plugins::check::{Fault, failed};
use weighbridge_core::drive::{Pace, Script};

/// Bytes of inputs that are made long: so much more than may pass without a poll.
const LONG: usize = 1 << 20;

/// Inputs that are made long.
const BASES: usize = 6;

/// Places in each where it is made longer.
const PLACES: usize = 6;

pub fn poll(bench: &mut Bench) -> Result<(), Fault> {
    let claimed = bench.claimed()?;
    let mut driver = bench.driver()?;
    for input in claimed {
        let pace = bench.run(&mut driver, input, &Script::default()).pace;
        often(input, pace)?;
    }
    for base in small(claimed, BASES) {
        let seen = bench.run(&mut driver, &base, &Script::default());
        for input in longer(&base, &spread(&boundaries(&seen, base.bytes.len()), PLACES)) {
            let pace = bench.run(&mut driver, &input, &Script::default()).pace;
            often(&input, pace)?;
        }
    }
    Ok(())
}

/// What a plugin that reads to the end has long to read of: itself again and again, zeros after it, zeros and ones in it.
fn longer(base: &Input, places: &[usize]) -> Vec<Input> {
    let again = base.bytes.iter().copied().cycle().take(if base.bytes.is_empty() { 0 } else { LONG }).collect();
    let mut all = vec![base.variant("again and again", again), base.variant("and a MiB of zeros", [&base.bytes[..], &vec![0; LONG]].concat())];
    for at in places {
        let (before, after) = base.bytes.split_at(*at);
        for byte in [0, 1] {
            all.push(base.variant(format_args!("with a MiB of {byte} at {at}"), [before, &vec![byte; LONG], after].concat()));
        }
    }
    all
}

fn often(input: &Input, pace: Pace) -> Result<(), Fault> {
    let what = if pace.bytes > Pace::BYTES {
        format!("it had read {} bytes since its last poll, and read on", pace.bytes)
    } else if pace.said > Pace::SAID {
        format!("it emitted {} facts, regions and the like without a poll", pace.said)
    } else if pace.steps > Pace::STEPS {
        format!("one poll spoke of {} steps", pace.steps)
    } else {
        return Ok(());
    };
    Err(failed(format!("{what}, in {}: poll at least every 64 KiB or 10,000 steps", input.name)))
}
