//! How the tensors lie in the data behind the header: each at a multiple of the alignment, none beyond the end or over another.

use crate::header::Header;
use crate::limits;
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop};

pub(crate) fn check(input: &Input<'_>, header: &Header, end: u64) -> Result<(), Failure> {
    let size = input.size();
    let base = end.next_multiple_of(header.alignment).min(size);
    input.region(Region::Padding, end, base - end)?;
    let room = size - base;
    let mut spans = header.spans.clone();
    spans.sort_unstable();
    let (mut sound, mut said) = (header.sound, 0);
    let mut say = |fact: Fact<'_>, at: u64| -> Result<(), Stop> {
        said += 1;
        if said <= limits::PLACES { input.emit(&fact.at(at, 0)).map(|_| ()) } else { Ok(()) }
    };
    let mut covered = 0u64;
    let mut unknown = header.cut;
    for (index, span) in spans.iter().enumerate() {
        if index % 8_192 == 0 {
            input.poll(8_192)?;
        }
        if span.begin % header.alignment != 0 {
            sound = false;
            let expected = format!("a multiple of {}", header.alignment);
            say(
                Fact::anomaly("invalid").text("detail", "a tensor is not aligned").text("expected", &expected).text("found", &span.begin.to_string()),
                span.at,
            )?;
        }
        let Some(bytes) = span.size else {
            unknown = true;
            continue;
        };
        let last = span.begin.checked_add(bytes);
        if last.is_none_or(|last| last > room) {
            sound = false;
            let (expected, found) = (format!("at most {room} bytes behind the header"), format!("{bytes} from {} on", span.begin));
            say(
                Fact::anomaly("truncated").text("detail", "a tensor reaches beyond the file").text("expected", &expected).text("found", &found),
                span.at,
            )?;
        }
        if span.begin < covered && bytes > 0 && !unknown {
            sound = false;
            let (expected, found) = (format!("from {covered} on"), format!("{}", span.begin));
            say(Fact::anomaly("overlap").text("detail", "two tensors share bytes").text("expected", &expected).text("found", &found), span.at)?;
        }
        covered = covered.max(last.unwrap_or(u64::MAX));
    }
    let used = covered.checked_next_multiple_of(header.alignment).unwrap_or(u64::MAX).min(room);
    if unknown || used == room {
        input.region(Region::Payload, base, room)?;
    } else {
        input.region(Region::Payload, base, used)?;
        let (at, length) = (base + used, room - used);
        let found = format!("{length} bytes");
        input.emit(&Fact::anomaly("trailing-data").text("detail", "bytes behind the last tensor").text("found", &found).at(at, length))?;
        input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, at, length) })?;
    }
    if sound && !header.cut { Ok(()) } else { Err(Failure::Malformed) }
}
