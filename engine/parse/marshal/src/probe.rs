//! Whether bytes are marshalled code. Nothing is taken for it by its first byte: the numbers of a code object have to be small, its parts of
//! their types and in their order, its instructions those of a version.

use crate::node::{Node, Object};
use crate::{Layout, limits, reader, versions};
use weighbridge_parse_read::{ReadAt, Stop, read_up_to};

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// It is none.
    No,
    /// A code object by its structure, that breaks off, or whose instructions are of no version.
    Likely,
    /// A code object to its end, its instructions those of a version.
    Certain,
}

/// No number of a code object is larger but for its flags and its line.
const SMALL: u32 = 1 << 16;
/// Flags use 27 bits.
const FLAGS: u32 = 1 << 28;

/// A cheap test of the first bytes, which need not be all: the numbers of a code object and the type of its bytecode. Passed by what is worth a [`probe`].
pub fn begins_code(head: &[u8]) -> bool {
    head.first().is_some_and(|byte| byte & 0x7f == b'c') && Layout::ALL.into_iter().any(|layout| numbers(head, layout))
}

fn numbers(head: &[u8], layout: Layout) -> bool {
    let count = match layout {
        Layout::Py27 => 4,
        Layout::Py36 | Layout::Py311 => 5,
        Layout::Py38 => 6,
    };
    let number = |at: usize| head.get(1 + 4 * at..5 + 4 * at).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let bytes = |kind: &u8| if layout == Layout::Py27 { matches!(kind, b's' | b't') } else { kind & 0x7f == b's' };
    (0..count - 1).all(|at| number(at).is_some_and(|number| number < SMALL))
        && number(count - 1).is_some_and(|flags| flags < FLAGS)
        && head.get(1 + 4 * count).is_some_and(bytes)
}

/// A prefix of an input whose size is known.
struct Prefix {
    bytes: Vec<u8>,
    size: u64,
}

impl ReadAt for Prefix {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        self.bytes.read_at(offset, buf)
    }

    fn poll(&self, _steps: u64) -> Result<(), Stop> {
        Ok(())
    }
}

/// Whether the bytes from `start` on are a marshalled code object, or a container that holds one.
pub fn probe<R: ReadAt + ?Sized>(input: &R, start: u64) -> Result<Probe, Stop> {
    let head = read_up_to(input, start, 32)?;
    let code = begins_code(&head);
    let container = matches!(head.first().map(|byte| byte & 0x7f), Some(b'(' | b')' | b'[' | b'{' | b'<' | b'>'));
    if !code && !container {
        return Ok(Probe::No);
    }
    let prefix = Prefix { bytes: read_up_to(input, start, limits::PROBE)?, size: input.size().saturating_sub(start) };
    let mut best = Probe::No;
    for layout in Layout::ALL {
        if code && !numbers(&head, layout) {
            continue;
        }
        let object = reader::read(&prefix, 0, layout)?;
        best = best.max(judge(&object)?);
    }
    Ok(best)
}

/// Reads a value in the layout that suits it best.
pub fn read_best<R: ReadAt + ?Sized>(input: &R, start: u64) -> Result<Object<'_, R>, Stop> {
    let mut best = reader::read(input, start, Layout::Py311)?;
    for layout in [Layout::Py38, Layout::Py36, Layout::Py27] {
        if best.issue.is_none() {
            break;
        }
        let other = reader::read(input, start, layout)?;
        if other.issue.is_none() || other.end > best.end {
            best = other;
        }
    }
    Ok(best)
}

fn judge<R: ReadAt + ?Sized>(object: &Object<'_, R>) -> Result<Probe, Stop> {
    if !object.all().any(|(_, node)| matches!(node, Node::Code(_))) {
        return Ok(Probe::No);
    }
    let fits = versions::fits(object, limits::PROBE_CODES)?;
    let best = fits.first().filter(|fit| fit.faults == 0);
    Ok(match (&object.issue, best) {
        (None, Some(_)) => Probe::Certain,
        // Every part was there and of its type.
        (None, None) => Probe::Likely,
        (Some(_), Some(fit)) if fit.instructions >= limits::PROBE_INSTRUCTIONS as u64 => Probe::Likely,
        _ => Probe::No,
    })
}
