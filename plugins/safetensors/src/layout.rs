//! How the tensors lie in the bytes behind the header: one behind the other, without gap or overlap, to the file's end.

use crate::header::{Header, Span};
use crate::{limits, unowned};
use weighbridge_sdk::{Fact, Input, ReadAt, Region, Stop};

/// Checks all places, and claims the tensors' bytes. False where the reference reader would refuse the file.
pub(crate) fn check(input: &Input<'_>, header: &Header, base: u64) -> Result<bool, Stop> {
    let room = input.size() - base;
    let mut sound = true;
    let mut spans = header.spans.clone();
    spans.sort_unstable();
    let mut said = 0;
    // Everything before this offset is some tensor's.
    let mut covered = 0;
    let mut child = 0;
    for (at, span) in spans.iter().enumerate() {
        if at % 8_192 == 0 {
            input.poll(8_192)?;
        }
        if span.end > room {
            sound = false;
            let (expected, found) = (format!("at most {room} bytes behind the header"), format!("{}-{}", span.begin, span.end));
            say(
                input,
                &mut said,
                Fact::anomaly("truncated").text("detail", "a tensor reaches beyond the file").text("expected", &expected).text("found", &found),
                span.at,
            )?;
        }
        if span.begin > covered {
            sound = false;
            let end = span.begin.min(room);
            if !header.cut && end > covered {
                let found = format!("{} bytes", end - covered);
                let fact = Fact::anomaly("invalid").text("detail", "bytes between two tensors belong to none").text("found", &found);
                say(input, &mut said, fact, base + covered)?;
                unowned(input, b"gap", child, base + covered, end - covered)?;
                child += 1;
            }
        } else if span.begin < covered && span.end > span.begin {
            sound = false;
            let (expected, found) = (format!("from {covered} on"), format!("{}-{}", span.begin, span.end));
            say(
                input,
                &mut said,
                Fact::anomaly("overlap").text("detail", "two tensors share bytes").text("expected", &expected).text("found", &found),
                span.at,
            )?;
        }
        claim(input, span, base, room)?;
        covered = covered.max(span.end);
    }
    if header.cut {
        let found = limits::TENSORS.to_string();
        input.emit(&Fact::anomaly("limit-size").text("detail", "more tensors than are compared").text("found", &found).at(8, base - 8))?;
        input.region(Region::Payload, base, room)?;
        return Ok(false);
    }
    if covered < room {
        sound = false;
        let (at, length) = (base + covered, room - covered);
        let found = format!("{length} bytes");
        input.emit(&Fact::anomaly("trailing-data").text("detail", "bytes behind the last tensor").text("found", &found).at(at, length))?;
        unowned(input, b"trailing", child, at, length)?;
    }
    Ok(sound)
}

fn say(input: &Input<'_>, said: &mut usize, fact: Fact<'_>, at: u64) -> Result<(), Stop> {
    *said += 1;
    if *said <= limits::PLACES { input.emit(&fact.at(at, 0)).map(|_| ()) } else { Ok(()) }
}

fn claim(input: &Input<'_>, span: &Span, base: u64, room: u64) -> Result<(), Stop> {
    let (begin, end) = (span.begin.min(room), span.end.min(room));
    input.region(Region::Payload, base + begin, end - begin)
}
