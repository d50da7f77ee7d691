//! The thorough sweep: what no plugin reads as structure is searched for whatever could hide in it.
//!
//! One pass over payload and unclaimed bytes looks for the magics of all plugins and for runs of base64. A magic is a candidate, no more: the
//! plugin whose it is has to recognise the bytes as what chance does not make.

use super::Source;
use super::cycle::Chain;
use super::engine::{Engine, Meta};
use super::intervals::Intervals;
use super::view::{Store, View};
use crate::fact::{InputId, Place, Space};
use crate::host::{Anchor, Registry};
use crate::limits;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Bytes searched at a time.
const BLOCK: usize = 1 << 20;
/// Bytes of the next block that are searched together with one: a candidate's head has to be whole.
const OVERLAP: usize = limits::HEAD;
/// Characters of base64 that are no accident: in random bytes, one run of this length in 2^80.
const RUN: usize = 40;
/// A run of base64 is decoded up to this size.
const RUN_MAX: u64 = 24 << 20;
/// Candidates that were recognised in one input.
const FOUND: usize = 1_000;
/// Offsets of a magic from its format's beginning that are searched for.
const MAGIC_AT: u64 = 1 << 10;

const DECODER: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

/// The hash of a whole source; `None` where it could not be read, or was told to stop.
pub(super) fn hash(source: &dyn Source, stop: &dyn Fn() -> bool) -> Option<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK.min(usize::try_from(source.size()).unwrap_or(BLOCK))];
    let mut at = 0;
    while at < source.size() {
        if stop() {
            return None;
        }
        let got = source.read_at(at, &mut block).ok()?;
        if got == 0 {
            return None;
        }
        hasher.update(&block[..got]);
        at += got as u64;
    }
    Some(hasher.finalize().into())
}

/// All magics as one automaton, and whose each is.
pub(crate) struct Carver {
    automaton: Option<AhoCorasick>,
    /// (plugin, offset of the magic from the format's beginning) by pattern.
    owners: Vec<(usize, u64)>,
}

impl Carver {
    /// From the magics of the plugins that are anchored near the start and are compared whole.
    pub fn new(registry: &Registry) -> Self {
        let mut patterns = Vec::new();
        let mut owners = Vec::new();
        for (at, plugin) in registry.plugins().iter().enumerate() {
            for magic in plugin.formats.iter().flat_map(|format| &format.magics) {
                if magic.anchor == Anchor::Start && magic.mask.is_empty() && magic.offset <= MAGIC_AT && magic.bytes.len() >= 2 {
                    patterns.push(magic.bytes.clone());
                    owners.push((at, magic.offset));
                }
            }
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).kind(Some(AhoCorasickKind::DFA)).build(&patterns).ok();
        Carver { automaton, owners }
    }
}

impl Engine<'_> {
    /// Searches what `covered` leaves of an input, up to `most` bytes in all.
    pub(super) fn sweep(&mut self, view: &View<'_>, id: InputId, covered: &mut Intervals, most: u64, meta: &Meta<'_>) {
        let gaps = covered.gaps(view.size());
        if gaps.is_empty() || meta.depth + 1 >= self.options.limits.depth {
            return;
        }
        let carver = Arc::clone(self.registry.carver());
        let (mut left, mut found) = (most, 0);
        for (start, length) in gaps {
            let length = length.min(left);
            left -= length;
            let mut sweep = Sweep { view, id, meta, end: start + length, skip: start, found: &mut found };
            if sweep.run(self, &carver, start).is_none() || left == 0 {
                return;
            }
        }
    }
}

struct Sweep<'w, 'v> {
    view: &'w View<'v>,
    id: InputId,
    meta: &'w Meta<'w>,
    end: u64,
    /// What was recognised reaches to here.
    skip: u64,
    found: &'w mut usize,
}

impl Sweep<'_, '_> {
    /// `None` when the scan has to end.
    fn run(&mut self, engine: &mut Engine<'_>, carver: &Carver, start: u64) -> Option<()> {
        let mut block = vec![0; BLOCK + OVERLAP];
        let mut at = start;
        let mut run_seen = start;
        while at < self.end {
            let want = usize::try_from(self.end - at).unwrap_or(usize::MAX).min(block.len());
            let (got, fetched) = self.view.read_at(at, &mut block[..want]).ok()?;
            if got == 0 {
                return Some(());
            }
            if fetched && self.view.is_source() {
                engine.bytes_read += got as u64;
            }
            engine.poll(1).err().map_or(Some(()), |end| {
                engine.end(end, self.id, self.view.size());
                None
            })?;
            let bytes = &block[..got];
            self.magics(engine, carver, at, bytes)?;
            run_seen = self.base64(engine, at, bytes, run_seen)?;
            at += got.min(BLOCK) as u64;
        }
        Some(())
    }

    fn magics(&mut self, engine: &mut Engine<'_>, carver: &Carver, at: u64, bytes: &[u8]) -> Option<()> {
        let Some(automaton) = &carver.automaton else { return Some(()) };
        for hit in automaton.find_overlapping_iter(bytes) {
            if hit.start() >= BLOCK {
                break;
            }
            let (plugin, offset) = carver.owners[hit.pattern().as_usize()];
            let Some(begin) = (at + hit.start() as u64).checked_sub(offset).filter(|begin| *begin >= self.skip) else { continue };
            let length = self.end - begin;
            let nested = match begin.checked_sub(at).and_then(|from| bytes.get(from as usize..)) {
                Some(head) => self.view.range_with_head(begin, length, &head[..head.len().min(limits::HEAD)]),
                None => self.view.range(begin, length),
            };
            self.candidate(engine, nested, begin, "carved", self.meta.space, Some(plugin))?;
        }
        Some(())
    }

    fn candidate(&mut self, engine: &mut Engine<'_>, view: View<'_>, begin: u64, encoding: &str, space: Space, carved: Option<usize>) -> Option<()> {
        let file_offset = if space == Space::File { self.meta.file_offset.map(|at| at + begin) } else { None };
        let chain = Chain { view: self.view, within: self.meta.within };
        let nested = Meta {
            parent: Some(self.id),
            name: b"",
            index: *self.found as u64,
            space,
            file_offset,
            encoding,
            fact: None,
            quiet: true,
            hint: "",
            carved,
            depth: self.meta.depth + 1,
            siblings: None,
            within: Some(&chain),
        };
        let end = engine.input(view, &nested);
        if end > 0 {
            *self.found += 1;
            if carved.is_some() {
                self.skip = self.skip.max(begin + end);
            }
        }
        if *self.found >= FOUND {
            let place = Place { input: self.id, offset: begin, length: self.end - begin };
            engine.incomplete("limit-size", format!("more than {FOUND} files are hidden in it: the rest was not searched"), place);
            return None;
        }
        engine.ended.is_none().then_some(())
    }

    /// Runs of base64 that begin in this block; `seen` is where the last one ended.
    fn base64(&mut self, engine: &mut Engine<'_>, at: u64, bytes: &[u8], seen: u64) -> Option<u64> {
        let mut seen = seen;
        let mut probe = usize::try_from(seen.saturating_sub(at)).unwrap_or(usize::MAX);
        // Every run of RUN characters covers one of the places that are looked at.
        while probe < bytes.len().min(BLOCK) {
            if !is_base64(bytes[probe]) {
                probe += RUN / 2;
                continue;
            }
            let low = usize::try_from(seen.saturating_sub(at)).unwrap_or(0);
            let begin = bytes[low..probe].iter().rposition(|byte| !is_base64(*byte)).map_or(low, |found| low + found + 1);
            let end = bytes[probe..].iter().position(|byte| !is_base64(*byte)).map_or(bytes.len(), |found| probe + found);
            if end - begin >= RUN {
                let (begin, end) = (at + begin as u64, at + end as u64);
                let end = self.run_end(end, begin)?;
                seen = end;
                if let Some(decoded) = self.decode(begin, end) {
                    let size = decoded.len() as u64;
                    engine.decoded(size).ok()?;
                    let view = View::whole(Store::Memory(Arc::new(decoded)), size);
                    self.candidate(engine, view, begin, "base64", Space::Decoded, None)?;
                }
            }
            probe = probe.max(usize::try_from(seen.saturating_sub(at)).unwrap_or(usize::MAX)).max(end) + 1;
        }
        Some(seen)
    }

    /// Where a run really ends, beyond the block.
    fn run_end(&self, mut end: u64, begin: u64) -> Option<u64> {
        let mut block = [0; 4096];
        while end < self.end && end - begin < RUN_MAX {
            let (got, _) = self.view.read_at(end, &mut block).ok()?;
            let run = block[..got].iter().position(|byte| !is_base64(*byte));
            end += run.unwrap_or(got) as u64;
            if run.is_some() || got == 0 {
                break;
            }
        }
        Some(end.min(self.end))
    }

    /// The bytes that a run stands for, where their beginning is worth it: nothing is decoded whole to be thrown away.
    fn decode(&self, begin: u64, end: u64) -> Option<Vec<u8>> {
        let mut text = vec![0; usize::try_from(end - begin).ok()?];
        let (got, _) = self.view.read_at(begin, &mut text).ok()?;
        text.truncate(got / 4 * 4);
        DECODER.decode(&text).ok()
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}
