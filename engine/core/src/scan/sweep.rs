//! The thorough sweep: what no plugin reads as structure is searched for whatever could hide in it.
//!
//! One pass over payload and unclaimed bytes looks for the magics of all plugins and for runs of base64 and hexadecimal. A magic is a candidate, no
//! more: the plugin whose it is has to recognise the bytes as what chance does not make. Structure is searched for such runs alone: texts of any
//! format may hold what a loader, or code that comes with the model, decodes.

use super::Source;
use super::cycle::Chain;
use super::engine::{Engine, Meta};
use super::frame::Frame;
use super::identify::{self, is_text, text};
use super::intervals::Intervals;
use super::view::{Store, View};
use crate::fact::{InputId, Place, Space};
use crate::host::{Anchor, InputView, Registry};
use crate::limits;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};

/// Bytes searched at a time.
const BLOCK: usize = 1 << 20;
/// Bytes of the next block that are searched together with one: a candidate's head has to be whole.
const OVERLAP: usize = limits::HEAD;
/// Characters of base64 that are no accident: in random bytes, one run of this length in 2^80.
const RUN: usize = 40;
/// A run of base64 is decoded up to this size.
const RUN_MAX: u64 = 24 << 20;
/// Characters of a line of base64 at least, where it goes on in the next one.
const LINE: u64 = 60;
/// Digits of a number in hexadecimal that is longer than the hashes that stand everywhere.
const HEX_RUN: usize = 66;
/// Runs of one input that are decoded: of vocabularies and hashes there are thousands.
const RUNS: u32 = 4_096;
/// Bytes from which on it pays to make the faster automaton.
const MANY: u64 = 512 << 10;
/// Candidates that were recognised in one input.
const FOUND: usize = 1_000;
/// Characters of a text that nobody reads, below which it says nothing.
const STRAY: usize = 8;
/// Bytes before a break in which a text may have begun: some of its letters pass for a part of the format.
const BEFORE: u64 = 64;
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

/// All magics, and whose each is.
pub(crate) struct Carver {
    patterns: Vec<Vec<u8>>,
    /// As an automaton that is made at once, and as one that is faster, and takes some milliseconds to make.
    few: OnceLock<Option<AhoCorasick>>,
    many: OnceLock<Option<AhoCorasick>>,
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
        Carver { patterns, few: OnceLock::new(), many: OnceLock::new(), owners }
    }

    /// What searches so many bytes in the least time.
    fn automaton(&self, bytes: u64) -> Option<&AhoCorasick> {
        let build = |kind| AhoCorasick::builder().match_kind(MatchKind::Standard).kind(Some(kind)).build(&self.patterns).ok();
        if bytes < MANY && self.many.get().is_none() {
            return self.few.get_or_init(|| build(AhoCorasickKind::NoncontiguousNFA)).as_ref();
        }
        self.many.get_or_init(|| build(AhoCorasickKind::DFA)).as_ref()
    }
}

impl Engine<'_> {
    /// Bytes that nobody accounts for are few in honest files, and small files have little payload: as far as they are few they are searched in quick
    /// mode too. Of more payload the end is, where it is easiest to add something.
    pub(super) fn quick_sweep(&mut self, view: &View<'_>, frame: &mut Frame<'_>, meta: &Meta<'_>) {
        let (most, size) = (self.options.limits.quick_sweep, view.size());
        if let Some(broke) = frame.broke {
            frame.claimed.cut(broke);
        }
        let total = |gaps: &[(u64, u64)]| gaps.iter().map(|gap| gap.1).sum::<u64>();
        let mut rest = std::mem::take(&mut frame.seen_through);
        rest.join(&frame.elsewhere);
        let payload = total(&rest.gaps(size));
        if payload <= most.min(self.quick_left) {
            self.quick_left -= payload;
            self.sweep(view, frame, &mut rest, most, meta);
        } else {
            rest.join(&Intervals::of(frame.claimed.gaps(size)));
            frame.claimed.join(&frame.elsewhere);
            let mut claimed = std::mem::take(&mut frame.claimed);
            self.sweep(view, frame, &mut claimed, most, meta);
            let end = limits::QUICK_END.min(most).min(self.quick_left);
            self.quick_left -= end;
            rest.add(0, size.saturating_sub(end));
            self.sweep(view, frame, &mut rest, end, meta);
        }
        let mut rest = frame.no_text(size);
        let texts = total(&rest.gaps(size)).min(most).min(self.quick_left);
        self.quick_left -= texts;
        self.decipher(view, frame.id, &mut rest, texts, meta);
    }

    /// Whether bytes that no reader knows, and that are no text, hold what a reader is certain of: a small input is searched, of a larger one the end. The
    /// answer is where the search began.
    pub(super) fn hidden_from(&mut self, view: &View<'_>) -> Option<u64> {
        let most = self.options.limits.quick_sweep.min(self.quick_left);
        let length = if view.size() <= most { view.size() } else { limits::QUICK_END.min(most) };
        self.quick_left -= length;
        let start = view.size() - length;
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        let (got, _) = view.read_at(start, &mut bytes).ok()?;
        bytes.truncate(got);
        let carver = Arc::clone(self.registry.carver());
        let automaton = carver.automaton(length)?;
        let plugins = self.registry.plugins();
        let hidden = automaton.find_overlapping_iter(&bytes).any(|hit| {
            let (plugin, offset) = carver.owners[hit.pattern().as_usize()];
            let Some(begin) = (start + hit.start() as u64).checked_sub(offset).filter(|begin| *begin > 0) else { return false };
            let from = usize::try_from(begin.saturating_sub(start)).unwrap_or(usize::MAX).min(bytes.len());
            let nested = view.range_with_head(begin, view.size() - begin, &bytes[from..(from + limits::HEAD).min(bytes.len())]);
            let input = InputView {
                size: nested.size(),
                name: "",
                thorough: false,
                listings: false,
                code: false,
                carved: true,
                start: 0,
                format: 0,
                encoding: "carved",
            };
            begin >= start && !identify::identify(&nested, &input, "", |at| self.session(at), plugins, Some(plugin), "").0.is_empty()
        });
        hidden.then_some(start)
    }

    /// Searches what `covered` leaves of an input, up to `most` bytes in all.
    pub(super) fn sweep(&mut self, view: &View<'_>, frame: &Frame<'_>, covered: &mut Intervals, most: u64, meta: &Meta<'_>) {
        let gaps = covered.gaps(view.size());
        if gaps.is_empty() || meta.depth + 1 >= self.options.limits.depth {
            return;
        }
        self.spans(view, frame.id, &gaps, most, meta, Some(frame));
    }

    /// Searches the structure of an input for texts that stand for bytes: what `elsewhere` leaves of it, up to `most` bytes.
    pub(super) fn decipher(&mut self, view: &View<'_>, id: InputId, elsewhere: &mut Intervals, most: u64, meta: &Meta<'_>) {
        if meta.depth + 1 < self.options.limits.depth {
            self.spans(view, id, &elsewhere.gaps(view.size()), most, meta, None);
        }
    }

    /// Tells the text that bytes begin with.
    fn stray(&mut self, id: InputId, at: u64, bytes: &[u8]) {
        let length = text_length(bytes);
        if length >= STRAY {
            let fields = vec![text("role", "unread"), text("value", String::from_utf8_lossy(&bytes[..length]))];
            self.fact("text".into(), None, fields, Place { input: id, offset: at, length: length as u64 }, "core");
        }
    }

    /// A reader of bytes that breaks off at a text has met what is none of its format's: the text is told, from where it begins.
    pub(super) fn broken_by_text(&mut self, view: &View<'_>, id: InputId, broke: u64) {
        let begin = broke.saturating_sub(BEFORE);
        let mut bytes = vec![0; limits::HEAD];
        let Ok((got, _)) = view.read_at(begin, &mut bytes) else { return };
        bytes.truncate(got);
        let at = usize::try_from(broke - begin).unwrap_or(usize::MAX).min(bytes.len());
        let before = bytes[..at].iter().rev().take_while(|byte| (0x20..0x7f).contains(*byte) || byte.is_ascii_whitespace()).count();
        // A format of text breaks in text of its own; and a text that ends at the break belongs to the format.
        let text = &bytes[at - before..];
        if text_length(text) > before && !is_text(&view.head()[..view.head().len().min(BEFORE as usize)]) {
            self.stray(id, begin + (at - before) as u64, text);
        }
    }

    fn spans(&mut self, view: &View<'_>, id: InputId, spans: &[(u64, u64)], most: u64, meta: &Meta<'_>, frame: Option<&Frame<'_>>) {
        let carver = Arc::clone(self.registry.carver());
        let (mut left, mut found, mut runs) = (most, 0, 0);
        let total = spans.iter().map(|span| span.1).sum::<u64>().min(most);
        for &(start, length) in spans {
            let length = length.min(left);
            left -= length;
            let mut sweep = Sweep { total, ..Sweep::over(view, id, meta, (start, start + length), &mut found, &mut runs) };
            if sweep.run(self, &carver, frame, start).is_none() || left == 0 {
                return;
            }
        }
    }
}

pub(super) struct Sweep<'w, 'v> {
    view: &'w View<'v>,
    id: InputId,
    meta: &'w Meta<'w>,
    end: u64,
    /// Bytes that are searched in all.
    total: u64,
    /// What was recognised reaches to here.
    skip: u64,
    found: &'w mut usize,
    /// Runs that were decoded.
    runs: &'w mut u32,
}

impl<'w, 'v> Sweep<'w, 'v> {
    /// Over one span of an input, from and to.
    pub fn over(view: &'w View<'v>, id: InputId, meta: &'w Meta<'w>, span: (u64, u64), found: &'w mut usize, runs: &'w mut u32) -> Self {
        let (start, end) = span;
        Sweep { view, id, meta, end, total: end - start, skip: start, found, runs }
    }

    /// Has text that begins here looked at as a file of its own; `None` when the scan has to end.
    pub fn text_from(&mut self, engine: &mut Engine<'_>, text: &[u8], begin: u64) -> Option<()> {
        let head = &text[..text.len().min(limits::HEAD)];
        if !is_text(head) {
            return Some(());
        }
        let nested = self.view.range_with_head(begin, self.end - begin, head);
        self.candidate(engine, nested, begin, "carved", self.meta.space, None)
    }
}

impl Sweep<'_, '_> {
    /// `None` when the scan has to end.
    fn run(&mut self, engine: &mut Engine<'_>, carver: &Carver, frame: Option<&Frame<'_>>, start: u64) -> Option<()> {
        let mut block = vec![0; usize::try_from(self.end - start).unwrap_or(usize::MAX).min(BLOCK + OVERLAP)];
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
            if let Some(frame) = frame {
                if at == start {
                    self.text_at(engine, frame, at, bytes)?;
                }
                self.magics(engine, carver, frame, at, bytes)?;
            }
            run_seen = self.encoded(engine, carver, at, bytes, run_seen)?;
            at += got.min(BLOCK) as u64;
        }
        Some(())
    }

    fn magics(&mut self, engine: &mut Engine<'_>, carver: &Carver, frame: &Frame<'_>, at: u64, bytes: &[u8]) -> Option<()> {
        let Some(automaton) = carver.automaton(self.total) else { return Some(()) };
        for hit in automaton.find_overlapping_iter(bytes) {
            if hit.start() >= BLOCK {
                break;
            }
            let (plugin, offset) = carver.owners[hit.pattern().as_usize()];
            let Some(begin) = (at + hit.start() as u64).checked_sub(offset).filter(|begin| *begin >= self.skip) else { continue };
            let broken = frame.broke.is_some_and(|broke| begin >= broke);
            if begin == 0 || broken && frame.readers.contains(&plugin) {
                // It was read from there; and what a reader meets behind a break that is of its own kind it goes on with by itself.
                continue;
            }
            let length = self.end - begin;
            // The whole input, which was asked about already.
            if begin == 0 && length == self.view.size() {
                continue;
            }
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
            payload: false,
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

    /// Text has no magic: where the bytes that nobody reads begin with it, it is looked at as a file of its own. What no reader knows is told as it is, where
    /// nobody says what the bytes are.
    fn text_at(&mut self, engine: &mut Engine<'_>, frame: &Frame<'_>, begin: u64, bytes: &[u8]) -> Option<()> {
        let head = &bytes[..bytes.len().min(limits::HEAD)];
        if begin == 0 || frame.broke.is_some_and(|broke| begin >= broke) {
            return Some(());
        }
        let found = *self.found;
        if is_text(head.trim_ascii()) && !head.trim_ascii().is_empty() {
            let nested = self.view.range_with_head(begin, self.end - begin, head);
            self.candidate(engine, nested, begin, "carved", self.meta.space, None)?;
        }
        if *self.found == found && !frame.data.has(begin) {
            engine.stray(self.id, begin, head);
        }
        Some(())
    }

    /// Runs of base64 and hexadecimal that begin in this block; `seen` is where the last one ended.
    fn encoded(&mut self, engine: &mut Engine<'_>, carver: &Carver, at: u64, bytes: &[u8], seen: u64) -> Option<u64> {
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
                let (text, end) = self.text(begin, end)?;
                seen = end;
                if let Some((encoding, decoded)) = carver.decode(&text)
                    && *self.runs < RUNS
                {
                    *self.runs += 1;
                    let size = decoded.len() as u64;
                    engine.decoded(size).ok()?;
                    let view = View::whole(Store::Memory(Arc::new(decoded)), size);
                    self.candidate(engine, view, begin, encoding, Space::Decoded, None)?;
                }
            }
            probe = probe.max(usize::try_from(seen.saturating_sub(at)).unwrap_or(usize::MAX)).max(end) + 1;
        }
        Some(seen)
    }

    /// The characters of a run, and where it ends: beyond the block, and over the ends of its lines.
    fn text(&self, begin: u64, end: u64) -> Option<(Vec<u8>, u64)> {
        let mut text = vec![0; usize::try_from((end - begin).min(RUN_MAX)).ok()?];
        let (got, _) = self.view.read_at(begin, &mut text).ok()?;
        text.truncate(got);
        let (mut at, mut line) = (begin + got as u64, got as u64);
        let mut block = [0; 4096];
        while at < self.end && (text.len() as u64) < RUN_MAX {
            let want = usize::try_from(self.end - at).unwrap_or(block.len()).min(block.len());
            let (got, _) = self.view.read_at(at, &mut block[..want]).ok()?;
            let run = block[..got].iter().position(|byte| !is_base64(*byte)).unwrap_or(got);
            text.extend_from_slice(&block[..run]);
            (at, line) = (at + run as u64, line + run as u64);
            if run == got && got > 0 {
                continue;
            }
            match line_end(&block[run..got]).filter(|_| line >= LINE) {
                Some(length) => (at, line) = (at + length, 0),
                None => break,
            }
        }
        Some((text, at.min(self.end)))
    }
}

/// How long the end of a line is, with what stands for one in a string of JSON or Python, where the next line goes on in the same way.
fn line_end(rest: &[u8]) -> Option<u64> {
    let ends: [&[u8]; 4] = [b"\r\n", b"\n", b"\\r\\n", b"\\n"];
    let end = ends.into_iter().find(|end| rest.starts_with(end))?;
    rest.get(end.len()).is_some_and(|byte| is_base64(*byte)).then_some(end.len() as u64)
}

impl Carver {
    /// The bytes that a run stands for. A length that stands before it may look like a part of it: it begins where a magic does.
    fn decode(&self, text: &[u8]) -> Option<(&'static str, Vec<u8>)> {
        let begins = |skip: &usize| {
            let head = decode(text.get(*skip..(skip + 4 * RUN).min(text.len()))?)?.1;
            let automaton = self.automaton(head.len() as u64)?;
            automaton.find_overlapping_iter(&head).take_while(|hit| hit.start() as u64 <= MAGIC_AT).find(|hit| {
                let (_, offset) = self.owners[hit.pattern().as_usize()];
                hit.start() as u64 == offset
            })
        };
        // Text has no magic.
        let reads = |skip: &usize| decode(text.get(*skip..(skip + 4 * RUN).min(text.len()))?).filter(|(_, head)| is_text(head));
        let skip = (0..4).find(|skip| begins(skip).is_some()).or_else(|| (0..4).find(|skip| reads(skip).is_some())).unwrap_or(0);
        decode(&text[skip.min(text.len())..])
    }
}

/// The bytes that a run stands for, and how it does; none where it is a word, a path or a hash.
fn decode(text: &[u8]) -> Option<(&'static str, Vec<u8>)> {
    if text.iter().all(u8::is_ascii_hexdigit) && text.len() >= HEX_RUN {
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
        return Some(("hex", text.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()));
    }
    let has = |of: fn(&u8) -> bool| text.iter().any(of);
    if !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase) || !has(|byte| !byte.is_ascii_alphabetic()) {
        return None;
    }
    // A last character alone stands for nothing.
    let whole = if text.len() % 4 == 1 { &text[..text.len() - 1] } else { text };
    Some(("base64", DECODER.decode(whole).ok()?))
}

/// How many bytes of plain text stand at the beginning.
fn text_length(bytes: &[u8]) -> usize {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes,
        Err(error) => &bytes[..error.valid_up_to()],
    };
    valid.iter().position(|byte| *byte < 0x20 && !byte.is_ascii_whitespace() || *byte == 0x7f).unwrap_or(valid.len())
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}
