//! Whether JSON is anything to a loader: by its keys, or by texts that are more than words.

use crate::{limits, names, values, yaml};
use weighbridge_parse_json::{self as json, Kind, Limits, Reader};
use weighbridge_sdk::{Input, Probe, ReadAt, Stop, read_up_to};

pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    if input.carved() {
        return Ok(Probe::NO);
    }
    if !json::probe(input, 0)? {
        return yaml(input);
    }
    let mut reader = Reader::with(input, 0, limits::PROBE, Limits { text: limits::SHOWN, faults: 16, lines: true, ..Limits::default() });
    loop {
        let token = reader.next()?;
        let found = match token.kind {
            Kind::Key => names::is_known(reader.text()),
            Kind::String => values::is_notable(reader.text()),
            Kind::End => break,
            _ => false,
        };
        if found {
            return Ok(Probe::likely(0));
        }
    }
    // What says something may come later; read on, unless someone knows the file better.
    Ok(if input.size() > limits::PROBE { Probe::possible(0) } else { Probe::NO })
}

/// Whether a file that is YAML by its name says anything to a loader.
fn yaml(input: &Input<'_>) -> Result<Probe, Stop> {
    if !yaml::is_named(input.name()) {
        return Ok(Probe::NO);
    }
    let head = read_up_to(input, 0, limits::PROBE as usize)?;
    let text = String::from_utf8_lossy(&head);
    let known = |line: &str| yaml::tag(line).is_some() || yaml::entry(line).is_some_and(|(key, _)| names::is_known(key)) || values::is_notable(line);
    let says = !head.contains(&0) && text.lines().any(known);
    Ok(if says || input.size() > limits::PROBE && !head.contains(&0) { Probe::likely(0).of(1) } else { Probe::NO })
}
