//! What a plugin says: of an input's format, and of what is in it.

use super::robust::status_name;
use crate::commands::plugins::check::bench::Bench;
use crate::commands::plugins::check::inputs::{Input, Random, small};
use crate::commands::plugins::check::{Fault, failed};
use weighbridge_abi as abi;
use weighbridge_core::drive::{Probed, Script, Seen, is_asked};
use weighbridge_core::host::Breach;

pub fn claims(bench: &mut Bench) -> Result<(), Fault> {
    match bench.claimed() {
        Err(Fault::Skipped(why)) if bench.order().fixtures.is_some() => {
            let (plugin, inputs, mut driver) = (bench.plugin()?, bench.inputs()?, bench.driver()?);
            let asked = inputs.iter().filter(|input| is_asked(plugin, &input.bytes)).count();
            let would = |input: &&Input| driver.probe(&input.bytes, &Script { name: &input.file, ..Script::default() }).is_claimed();
            Err(match (asked, inputs.iter().find(would)) {
                (0, Some(input)) => {
                    failed(format!("no magic of its formats matches, so that it is never asked, and it would take {}: add its magic", input.name))
                }
                (0, None) => failed("no magic of its formats matches any of the fixtures: correct the magics, or give files of its formats"),
                _ => failed(format!("{why}, and was asked of {asked}: its probe has to know them, or they are not files of its formats")),
            })
        }
        other => other.map(|_| ()),
    }
}

/// Bytes that a probe may read: beside 4 MiB, those of the beginning and the end that are in memory.
const PROBE_BYTES: u64 = (4 << 20) + (4 << 10) + (64 << 10) + 22;

/// Bytes of a large input.
const LARGE: usize = 16 << 20;

pub fn probe(bench: &mut Bench) -> Result<(), Fault> {
    let formats = bench.plugin()?.formats.len();
    let inputs = bench.inputs()?;
    let mut driver = bench.driver()?;
    let mut random = Random::new(bench.order().seed);
    let nothing = Input { name: "an input".into(), file: "input".into(), bytes: Vec::new() };
    let mut others = vec![
        nothing.variant("of no bytes", Vec::new()),
        nothing.variant("of one byte", vec![0]),
        nothing.variant("of 64 KiB of zeros", vec![0; 64 << 10]),
        nothing.variant("of 64 KiB of anything", random.bytes(64 << 10)),
    ];
    for base in small(inputs, 4) {
        let mut bytes = base.bytes.clone();
        bytes.resize(LARGE, 0);
        others.push(base.variant("and zeros up to 16 MiB", bytes));
        let zeros = vec![0; LARGE - base.bytes.len().min(LARGE)];
        others.push(base.variant("after zeros, of 16 MiB", [&zeros[..], &base.bytes].concat()));
    }
    for input in inputs.iter().chain(&others) {
        bench.note(input);
        let seen = driver.probe(&input.bytes, &Script { name: &input.file, ..Script::default() });
        answer(&seen.probe, input, formats)?;
        if let Some((_, what)) = seen.breaches.first() {
            return Err(failed(format!("{what}, for {}: leave to scan() what is to be said", input.name)));
        }
        if seen.probe_bytes > PROBE_BYTES {
            return Err(failed(format!("probe() read {} bytes of {}, and more than {PROBE_BYTES} are refused", seen.probe_bytes, input.name)));
        }
    }
    Ok(())
}

fn answer(answer: &Probed, input: &Input, formats: usize) -> Result<(), Fault> {
    let Probed { called, level, format, start } = *answer;
    let name = &input.name;
    if called.status != abi::OK {
        return Err(failed(format!(
            "probe() returned {} for {name}: what is not of its formats is WB_OK and WB_PROBE_NO",
            status_name(called.status)
        )));
    }
    if level > abi::PROBE_CERTAIN {
        return Err(failed(format!("probe() answers {name} with the level {level}, which is none of WB_PROBE_*")));
    }
    if level > abi::PROBE_NO && format as usize >= formats {
        return Err(failed(format!("probe() answers {name} with format {format}, and the descriptor has {formats}")));
    }
    if level > abi::PROBE_NO && start > input.bytes.len() as u64 {
        return Err(failed(format!("probe() answers {name}, of {} bytes, with the start {start}", input.bytes.len())));
    }
    Ok(())
}

pub(super) fn no_breach(seen: &Seen, input: &Input, kinds: &[Breach]) -> Result<(), Fault> {
    match seen.breaches.iter().find(|(kind, _)| kinds.contains(kind)) {
        Some((_, what)) => Err(failed(format!("{what}, in {}", input.name))),
        None => Ok(()),
    }
}

/// Everything that is claimed, with listings and without.
fn each(bench: &mut Bench, mut look: impl FnMut(&Seen, &Input) -> Result<(), Fault>) -> Result<(), Fault> {
    let claimed = bench.claimed()?;
    let mut driver = bench.driver()?;
    for input in claimed {
        for inspect in [false, true] {
            look(&bench.run(&mut driver, input, &Script { inspect, ..Script::default() }), input)?;
        }
    }
    Ok(())
}

pub fn declared(bench: &mut Bench) -> Result<(), Fault> {
    each(bench, |seen, input| no_breach(seen, input, &[Breach::Undeclared]))
}

pub fn arguments(bench: &mut Bench) -> Result<(), Fault> {
    each(bench, |seen, input| no_breach(seen, input, &[Breach::Argument, Breach::OutOfTurn]))
}

pub fn places(bench: &mut Bench) -> Result<(), Fault> {
    each(bench, |seen, input| match seen.beyond.first().or(seen.orphans.first()) {
        Some(what) => Err(failed(format!("{what}: {}", input.name))),
        None => Ok(()),
    })
}

pub fn regions(bench: &mut Bench) -> Result<(), Fault> {
    each(bench, |seen, input| no_breach(seen, input, &[Breach::Region]))
}

pub fn overlap(bench: &mut Bench) -> Result<(), Fault> {
    each(bench, |seen, input| {
        let mut regions: Vec<_> = seen.regions.iter().filter(|region| region.length > 0).collect();
        regions.sort_by_key(|region| (region.offset, region.length));
        for pair in regions.windows(2) {
            if pair[0].offset + pair[0].length > pair[1].offset {
                let [one, two] = [pair[0], pair[1]].map(|region| format!("{}+{}", region.offset, region.length));
                return Err(failed(format!("its regions {one} and {two} of {} overlap: each byte is of one class", input.name)));
            }
        }
        Ok(())
    })
}
