//! Whether JSON is anything to a loader: by its keys, or by texts that are more than words.

use crate::{limits, names, values};
use weighbridge_parse_json::{self as json, Kind, Limits, Reader};
use weighbridge_sdk::{Input, Probe, ReadAt, Stop};

pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    if input.carved() || !json::probe(input, 0)? {
        return Ok(Probe::NO);
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
