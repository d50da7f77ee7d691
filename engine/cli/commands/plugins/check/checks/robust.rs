//! Inputs that are not what they should be.

use crate::commands::plugins::check::bench::Bench;
use crate::commands::plugins::check::inputs::{Input, Random, bit, boundaries, small, spread};
use crate::commands::plugins::check::{Fault, failed};
use weighbridge_abi as abi;
use weighbridge_abi::vocabulary::ANOMALIES;
use weighbridge_core::drive::{Called, Driver, Script, Seen};

/// Inputs of which variants are made.
const BASES: usize = 12;

/// Variants in all of one check.
const VARIANTS: usize = 480;

/// A name for a status.
pub(super) fn status_name(status: abi::Status) -> String {
    match status {
        abi::OK => "WB_OK".into(),
        abi::IO => "WB_IO".into(),
        abi::CANCELLED => "WB_CANCELLED".into(),
        abi::BUDGET => "WB_BUDGET".into(),
        abi::MALFORMED => "WB_MALFORMED".into(),
        abi::UNSUPPORTED => "WB_UNSUPPORTED".into(),
        abi::ARGUMENT => "WB_ARGUMENT".into(),
        abi::INTERNAL => "WB_INTERNAL".into(),
        other => format!("{other}, which is no status"),
    }
}

/// Functions that were called, and how each returned.
fn calls(seen: &Seen) -> Vec<(&'static str, Called)> {
    let mut calls = vec![("probe", seen.probe.called)];
    calls.extend(seen.scan.map(|called| ("scan", called)));
    for taken in seen.children.iter().filter_map(|child| child.taken.as_ref()) {
        calls.push(("open_child", taken.opened));
        calls.push(("read_child", taken.read));
    }
    calls
}

fn no_fault(seen: &Seen, input: &Input) -> Result<(), Fault> {
    match calls(seen).into_iter().find(|(_, called)| called.status == abi::INTERNAL) {
        Some((function, _)) => {
            Err(failed(format!("{function}() returned WB_INTERNAL for {}: no input may make it fail by its own fault", input.name)))
        }
        None => Ok(()),
    }
}

/// As its probe answers, and as each of its formats by a container's hint.
fn every_way(bench: &mut Bench, driver: &mut Driver<'_>, input: &Input) -> Result<(), Fault> {
    let seen = bench.run(driver, input, &Script::default());
    no_fault(&seen, input)?;
    for (at, format) in bench.plugin()?.formats.iter().take(16).enumerate() {
        let input = input.variant(format_args!("as `{}`, by its container's hint", format.id), input.bytes.clone());
        let seen = bench.run(driver, &input, &Script { format: u32::try_from(at).ok(), ..Script::default() });
        no_fault(&seen, &input)?;
    }
    Ok(())
}

pub fn empty(bench: &mut Bench) -> Result<(), Fault> {
    let mut driver = bench.driver()?;
    every_way(bench, &mut driver, &Input { name: "an empty input".into(), file: "input".into(), bytes: Vec::new() })
}

pub fn one_byte(bench: &mut Bench) -> Result<(), Fault> {
    let mut driver = bench.driver()?;
    for byte in 0..=u8::MAX {
        let input = Input { name: format!("the one byte 0x{byte:02x}"), file: "input".into(), bytes: vec![byte] };
        every_way(bench, &mut driver, &input)?;
    }
    Ok(())
}

/// Inputs that are cut at boundaries of what was seen in them.
fn cut(bench: &mut Bench, each: &mut dyn FnMut(&Seen, &Input) -> Result<(), Fault>) -> Result<(), Fault> {
    let bases = small(bench.claimed()?, BASES);
    let mut driver = bench.driver()?;
    for base in &bases {
        let seen = bench.run(&mut driver, base, &Script::default());
        for at in spread(&boundaries(&seen, base.bytes.len()), VARIANTS / bases.len()) {
            let input = base.variant(format_args!("cut to {at} bytes"), base.bytes[..at].to_vec());
            each(&bench.run(&mut driver, &input, &Script::default()), &input)?;
        }
    }
    Ok(())
}

pub fn prefixes(bench: &mut Bench) -> Result<(), Fault> {
    cut(bench, &mut no_fault)
}

pub fn bit_flips(bench: &mut Bench) -> Result<(), Fault> {
    let bases: Vec<Input> = small(bench.claimed()?, BASES).into_iter().filter(|input| !input.bytes.is_empty()).collect();
    let mut driver = bench.driver()?;
    let mut random = Random::new(bench.order().seed);
    for base in &bases {
        let seen = bench.run(&mut driver, base, &Script::default());
        for turn in 0..VARIANTS / bases.len() {
            let mut bytes = base.bytes.clone();
            let mut how = Vec::new();
            // One bit most often; a few at once reach what one does not.
            for _ in 0..1 + (turn % 4) / 3 * 3 {
                let (at, bit) = bit(&mut random, &seen, bytes.len());
                bytes[at] ^= 1 << bit;
                how.push(format!("bit {bit} of byte {at}"));
            }
            let input = base.variant(format_args!("with {} changed", how.join(", ")), bytes);
            no_fault(&bench.run(&mut driver, &input, &Script::default()), &input)?;
        }
    }
    Ok(())
}

/// All inputs that are claimed, and what is left of some of them when they are cut.
fn whole_and_cut(bench: &mut Bench, each: &mut dyn FnMut(&Seen, &Input) -> Result<(), Fault>) -> Result<(), Fault> {
    let claimed = bench.claimed()?;
    let mut driver = bench.driver()?;
    for input in claimed {
        each(&bench.run(&mut driver, input, &Script::default()), input)?;
    }
    cut(bench, each)
}

pub fn statuses(bench: &mut Bench) -> Result<(), Fault> {
    whole_and_cut(bench, &mut |seen, input| {
        for (function, called) in calls(seen) {
            let may = match function {
                "probe" => matches!(called.status, abi::OK | abi::INTERNAL),
                _ => matches!(called.status, abi::OK | abi::MALFORMED | abi::UNSUPPORTED | abi::INTERNAL),
            };
            if !may {
                let status = status_name(called.status);
                let host = if (abi::IO..=abi::BUDGET).contains(&called.status) { ", and the host had not returned that" } else { "" };
                return Err(failed(format!("{function}() returned {status} for {}{host}: see `Returns` of {function} in weighbridge.h", input.name)));
            }
        }
        Ok(())
    })
}

pub fn anomaly_codes(bench: &mut Bench) -> Result<(), Fault> {
    let own = format!("{}-", bench.plugin()?.info().id);
    whole_and_cut(bench, &mut |seen, input| {
        let codes = seen.facts.iter().filter(|fact| fact.kind == "anomaly").filter_map(|fact| {
            let code = fact.fields.iter().find(|(name, _)| name == "code");
            code.and_then(|(_, value)| value.as_text())
        });
        match codes.into_iter().find(|code| !code.starts_with(&own) && !ANOMALIES.iter().any(|(known, _)| known == code)) {
            Some(code) => Err(Fault::Warning(format!(
                "an `anomaly` of {} has the code `{code}`, which no pack knows: take one of the list, or call a code of your own `{own}{code}`",
                input.name
            ))),
            None => Ok(()),
        }
    })
}

pub fn anomalies(bench: &mut Bench) -> Result<(), Fault> {
    whole_and_cut(bench, &mut |seen, input| match seen.scan {
        Some(called) if matches!(called.status, abi::MALFORMED | abi::UNSUPPORTED) && !seen.facts.iter().any(|fact| fact.kind == "anomaly") => {
            let status = status_name(called.status);
            Err(failed(format!("scan() returned {status} for {}, and emitted no `anomaly` that says where and what", input.name)))
        }
        _ => Ok(()),
    })
}
