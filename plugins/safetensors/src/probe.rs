//! Whether an input is a safetensors file: there is no magic, so the length and the header's beginning have to agree.

use crate::limits;
use weighbridge_sdk::{Input, Probe, ReadAt, Stop, contains, read_up_to};

pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    let head = read_up_to(input, 0, limits::PROBE)?;
    let Some((length, header)) = head.split_first_chunk::<8>() else { return Ok(Probe::NO) };
    let declared = u64::from_le_bytes(*length);
    let Some(first) = header.iter().position(|byte| !byte.is_ascii_whitespace()) else { return Ok(Probe::NO) };
    let named = input.name().to_ascii_lowercase().ends_with(".safetensors");
    let fits = declared >= 2 && declared <= input.size() - 8;
    if header[first] != b'{' {
        return Ok(if named && fits { Probe::likely(0) } else { Probe::NO });
    }
    let header = &header[..header.len().min(usize::try_from(declared).unwrap_or(usize::MAX))];
    let speaks = contains(header, b"\"data_offsets\"") || contains(header, b"\"__metadata__\"");
    let follows = header.get(first + 1..).and_then(|rest| rest.iter().find(|byte| !byte.is_ascii_whitespace()));
    let begins = matches!(follows, Some(b'"' | b'}'));
    // Text that happens to have a brace in ninth place has letters for a length: far more than any file has bytes.
    Ok(match (fits, speaks, begins) {
        (true, true, true) => Probe::certain(0),
        (true, false, true) if !input.carved() => Probe::likely(0),
        (false, true, true) if declared < u64::from(u32::MAX) && !input.carved() => Probe::likely(0),
        _ if named => Probe::likely(0),
        _ => Probe::NO,
    })
}
