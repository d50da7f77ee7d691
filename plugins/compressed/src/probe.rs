//! Identification: the first bytes, and where these prove little, what they decode to.

use crate::codec::{Alphabet, Text};
use crate::decoder::{Trial, trial};
use crate::format::{Format, skippable};
use crate::limits::{SKIPPED_FRAMES, TEXT, TEXT_DIGITS, TEXTS, TRIAL, TRIAL_VALUES};
use weighbridge_parse_pickle as pickle;
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
    let Some(format) = Format::begins(&head) else { return text(input, &head) };
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

/// Digits alone that decode to a file. What they decode to has to begin as files do, or a list of words would be one.
fn text(input: &Input<'_>, head: &[u8]) -> Result<Probe, Stop> {
    if input.carved() || alphabets(head).next().is_none() {
        return Ok(Probe::NO);
    }
    let head = read_up_to(input, 0, TEXT)?;
    let format = within(&head, input.size(), TEXTS)?;
    // What is called so is decoded whatever it decodes to; a text of words has no digits in every line.
    let named =
        input.name().rsplit_once('.').is_some_and(|(_, extension)| ["b64", "base64"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
    if format.is_none() && named && head.iter().all(|byte| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b"+/=-_".contains(byte)) {
        return Ok(Probe::likely(0).of(Format::Base64 as u32));
    }
    Ok(format.map_or(Probe::NO, |format| Probe::certain(0).of(format as u32)))
}

/// How the beginning of a file may be read as text.
fn alphabets(head: &[u8]) -> impl Iterator<Item = Alphabet> {
    let digits = |allowed: fn(&u8) -> bool| head.iter().filter(|byte| !byte.is_ascii_whitespace()).take_while(move |byte| allowed(byte)).count();
    let hex = digits(u8::is_ascii_hexdigit) >= TEXT_DIGITS;
    let base64 = digits(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')) >= TEXT_DIGITS;
    [(hex, Alphabet::Hex), (base64, Alphabet::Base64)].into_iter().filter(|(may, _)| *may).map(|(_, alphabet)| alphabet)
}

fn within(head: &[u8], size: u64, texts: usize) -> Result<Option<Format>, Stop> {
    for alphabet in alphabets(head) {
        let decoded = Text::decode(alphabet, head);
        let is_file = begins_a_file(&decoded, size)? || (texts > 1 && within(&decoded, size, texts - 1)?.is_some());
        if is_file {
            return Ok(Some(if alphabet == Alphabet::Hex { Format::Hex } else { Format::Base64 }));
        }
    }
    Ok(None)
}

/// Whether decoded bytes begin a file: a stream, a pickle, or another.
fn begins_a_file(bytes: &[u8], size: u64) -> Result<bool, Stop> {
    let stream = match Format::begins(bytes) {
        Some(format) => {
            let trial = trial(bytes, format, 0)?;
            trial.is_enough() || trial.is_truncated()
        }
        None => false,
    };
    Ok(stream || weighbridge_sdk::begins_a_file(bytes) || pickle::probe(bytes, size) >= pickle::Probe::Likely)
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
