//! Identification: the first bytes, and where these prove little, what they decode to.

use crate::decoder::{Trial, trial};
use crate::format::{Format, skippable};
use crate::limits::{SKIPPED_FRAMES, TRIAL, TRIAL_VALUES};
use weighbridge_sdk::{Input, Probe, ReadAt, Stop, read_up_to};

pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    let mut head = read_up_to(input, 0, 64)?;
    let mut at = 0u64;
    let mut skipped = 0;
    // Skippable frames say nothing of what follows, lz4 or zstd.
    while let Some(length) = skippable(&head) {
        at = at.saturating_add(length);
        skipped += 1;
        if at >= input.size() || skipped > SKIPPED_FRAMES {
            // Nothing but such frames, as far as it is looked at. By chance one magic in 2^28 is one.
            return Ok(if input.carved() { Probe::NO } else { Probe::likely(0).of(Format::Zstd as u32) });
        }
        head = read_up_to(input, at, 64)?;
    }
    let Some(format) = Format::begins(&head) else { return Ok(Probe::NO) };
    if skipped > 0 && !matches!(format, Format::Lz4 | Format::Zstd) {
        return Ok(Probe::NO);
    }
    let level = match format {
        // Six bytes or more, or three and a meaning, at the very beginning.
        Format::Gzip | Format::Bzip2 | Format::Xz | Format::Lz4 | Format::Zstd | Format::Zfile if !input.carved() => Probe::certain(0),
        Format::Zlib | Format::Lzma => weak(&trial(input, format, at)?, format == Format::Lzma),
        _ if trial(input, format, at)?.is_enough() => Probe::certain(0),
        _ => Probe::likely(0),
    };
    Ok(level.of(format as u32))
}

/// What a trial is worth where the first bytes are worth little.
fn weak(trial: &Trial, is_lzma: bool) -> Probe {
    if is_lzma {
        // LZMA has no checksum, and makes something of any bytes for a while, the more so of zeros: it has to come far, or to a clean end.
        let far = trial.ended || trial.made >= TRIAL;
        let varied = trial.values >= TRIAL_VALUES;
        return match (varied, far) {
            (true, true) => Probe::certain(0),
            (true, false) if trial.is_truncated() => Probe::likely(0),
            _ => Probe::NO,
        };
    }
    match trial {
        trial if trial.is_enough() => Probe::certain(0),
        trial if trial.is_truncated() || trial.mismatched => Probe::likely(0),
        _ => Probe::NO,
    }
}
