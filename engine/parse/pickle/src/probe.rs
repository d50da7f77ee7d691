//! Does a pickle begin here? For identification of a file, and for bytes that may hold one.

use weighbridge_parse_read::{ReadAt, Window};

use crate::opcodes::{FORMS, Form};
use crate::resync::{Resync, is_strong};
use crate::structure::{self, Kind, Proof, STRONG, Walked, walk};

/// How sure it is that a pickle begins at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// None does.
    No,
    /// What something else explains as well, so that it is one where a name or a container says so. Words, a line each, of which the first ones are an import
    /// as protocol 0 writes it, and nothing uses it before what follows is no pickle (`cat`, `dog`); a few bytes that are a whole one, with others behind.
    Words,
    /// It could, but so few bytes could be much else.
    Possible,
    /// One does, or bytes that were made to look like one.
    Likely,
    /// One does.
    Certain,
}

/// Evidence of protocols 0 and 1, which have no magic, that is no accident of a text, in tenths of bits.
const TEXT_STRONG: u32 = 400;

/// Evidence at one given offset, where chance is tried once and not at every byte.
const ONE_OFFSET: u32 = 300;

/// Whether a pickle begins at the first byte of `prefix`, the beginning of an input of `size` bytes.
///
/// A few KiB of prefix are enough. Broken pickles count: what begins well and then fails is [`Probe::Likely`] if it imports something.
#[must_use]
pub fn probe(prefix: &[u8], size: u64) -> Probe {
    let size = size.max(prefix.len() as u64);
    let mut window = over(&prefix);
    let Ok(proof) = walk(&mut window, 0, size, u32::MAX, &mut Vec::new()) else { return Probe::No };
    let magic = matches!(prefix, [0x80, 2..=5, ..]);
    let words = proof.walked == Walked::Wrong && !proof.call && is_text(prefix);
    match grade(&proof, magic, size) {
        Probe::No => Probe::No,
        _ if words && !magic => Probe::Words,
        graded => graded,
    }
}

/// A window over the beginning of an input, or of what is left of one.
fn over<'b>(bytes: &'b &'b [u8]) -> Window<&'b dyn ReadAt> {
    Window::new(bytes, 4096.max(bytes.len().min(64 << 10)))
}

/// UTF-8 without control characters; the last character may be cut.
fn is_text(prefix: &[u8]) -> bool {
    let whole = match std::str::from_utf8(prefix) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    whole && prefix.iter().all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..))
}

fn grade(proof: &Proof, magic: bool, size: u64) -> Probe {
    if magic {
        return match proof.walked {
            Walked::Stop | Walked::Enough | Walked::Open => Probe::Certain,
            Walked::Wrong if proof.opcodes > 3 || proof.import => Probe::Likely,
            Walked::Wrong => Probe::Possible,
        };
    }
    match proof.walked {
        Walked::Stop if proof.opcodes < 2 => Probe::No,
        Walked::Stop if proof.import && proof.bits >= STRONG => Probe::Certain,
        Walked::Stop if proof.end == size && proof.bits >= 160 => Probe::Likely,
        Walked::Stop if proof.end == size || proof.bits >= TEXT_STRONG => Probe::Possible,
        Walked::Stop => Probe::Words,
        Walked::Enough => Probe::Certain,
        Walked::Open if proof.bits >= STRONG => Probe::Likely,
        Walked::Open if proof.bits >= 160 && proof.opcodes > 2 => Probe::Possible,
        Walked::Open => Probe::No,
        // A payload, then garbage: the garbage costs the loader an error, not the payload.
        Walked::Wrong if proof.import && proof.bits >= ONE_OFFSET && proof.opcodes > 3 => Probe::Likely,
        Walked::Wrong if proof.import => Probe::Possible,
        Walked::Wrong => Probe::No,
    }
}

/// Where a text begins that takes a line (STRING, UNICODE and their like) and has not ended where `prefix` ends; what stands before it is a pickle's beginning.
#[must_use]
pub fn open_line(prefix: &[u8], size: u64) -> Option<u64> {
    let size = size.max(prefix.len() as u64);
    let mut window = over(&prefix);
    let proof = walk(&mut window, 0, size, u32::MAX, &mut Vec::new()).ok()?;
    let code = *prefix.get(usize::try_from(proof.end).ok()?)?;
    let line = FORMS[usize::from(code)] == Form::Line as u8;
    (proof.walked == Walked::Open && line && size > prefix.len() as u64).then_some(proof.end)
}

/// Whether a pickle that has something on its stack goes on at the first byte of `rest`, by what it imports or calls: for what follows an [`open_line`].
#[must_use]
pub fn goes_on(rest: &[u8], size: u64) -> bool {
    let mut window = over(&rest);
    structure::goes_on(&mut window, 0, size.max(rest.len() as u64), vec![Kind::Any]).unwrap_or(false)
}

/// Whether a pickle begins at the first byte of `prefix` that arbitrary bytes would not make: where it ends, if it ends within the prefix.
///
/// For candidates cut out of other bytes by their first two, of which random data has one in every 16 KiB.
#[must_use]
pub fn proven(prefix: &[u8], size: u64) -> Option<Carved> {
    let size = size.max(prefix.len() as u64);
    let mut window = over(&prefix);
    let proof = walk(&mut window, 0, size, u32::MAX, &mut Vec::new()).ok()?;
    let end = (proof.walked == Walked::Stop).then_some(proof.end);
    is_strong(&proof).then_some(Carved { offset: 0, end })
}

/// A pickle found within bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carved {
    /// Where it begins.
    pub offset: u64,
    /// Where its STOP ends, where the walk came that far.
    pub end: Option<u64>,
}

/// Pickles within bytes (a constant, a decoded text), at most `max` of them: proven by an import or by reaching STOP, with evidence that
/// arbitrary bytes have nowhere. One at the very beginning needs less.
#[must_use]
pub fn carve(bytes: &[u8], max: usize) -> Vec<Carved> {
    let input: &dyn ReadAt = &bytes;
    let size = bytes.len() as u64;
    let mut resync = Resync::new(input);
    let mut window = Window::new(input, 64 << 10);
    let mut trail = Vec::new();
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < max && at < size {
        let start = if at == 0 && probe(&bytes[..bytes.len().min(64 << 10)], size) >= Probe::Likely {
            0
        } else {
            match resync.find(at) {
                Ok(Some(start)) => start,
                _ => break,
            }
        };
        let Ok(proof) = walk(&mut window, start, size, u32::MAX, &mut trail) else { break };
        if start > 0 && !is_strong(&proof) && !proof.import {
            at = start + 1;
            continue;
        }
        let end = (proof.walked == Walked::Stop).then_some(proof.end);
        found.push(Carved { offset: start, end });
        at = end.unwrap_or_else(|| proof.end.max(start + 1));
    }
    found
}
