//! The next pickle among foreign bytes.

use weighbridge_parse_read::{ReadAt, Stop, Window};

use crate::structure::{Proof, STRONG, Walked, walk};

/// Evidence that is asked of what follows a pickle directly, where another one is likely, in tenths of bits.
const DIRECT: u32 = 120;
/// The longest identifier that is looked back over, so that every byte is looked at a bounded number of times.
const IDENT: usize = 256;
/// How far before an INST its MARK is looked for.
const MARK_BACK: usize = 128;
/// The block of the input that is searched at once.
const BLOCK: usize = 256 << 10;
/// Opcodes that may be walked for every byte searched, and at the start: honest data needs one walk in thousands of bytes.
const WALKS_PER_BYTE: u64 = 4;
const WALKS_FREE: u64 = 1 << 20;

/// Searches an input, forward, with a budget over the whole run.
pub(crate) struct Resync<'a> {
    input: &'a dyn ReadAt,
    search: Window<&'a dyn ReadAt>,
    window: Window<&'a dyn ReadAt>,
    budget: u64,
    reread: u64,
    exhausted: bool,
    trail: Vec<u64>,
    /// Offsets on the trail of the last walk that failed: a walk from any of them fails at the same place.
    failed: Vec<u64>,
}

impl<'a> Resync<'a> {
    pub(crate) fn new(input: &'a dyn ReadAt) -> Self {
        Resync {
            input,
            search: Window::new(input, BLOCK),
            window: Window::new(input, 64 << 10),
            budget: WALKS_FREE,
            // Twice over the input is enough for any honest accident.
            reread: input.size().saturating_mul(2).saturating_add(1 << 20),
            exhausted: false,
            trail: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Whether so many bytes may be read a second time.
    pub(crate) fn again(&mut self, bytes: u64) -> bool {
        let granted = self.reread >= bytes;
        self.reread = self.reread.saturating_sub(bytes);
        granted
    }

    /// Whether a search was cut short since this was last asked.
    pub(crate) fn exhausted(&mut self) -> bool {
        std::mem::take(&mut self.exhausted)
    }

    /// Whether a pickle begins at `offset`, directly after another one.
    pub(crate) fn starts_at(&mut self, offset: u64) -> Result<bool, Stop> {
        let size = self.window.size();
        let proof = walk(&mut self.window, offset, size, DIRECT, &mut self.trail)?;
        Ok(match proof.walked {
            Walked::Stop => proof.opcodes > 1 && (proof.bits >= DIRECT || proof.end == size),
            Walked::Enough | Walked::Open => proof.bits >= DIRECT,
            Walked::Wrong => proof.import && proof.bits >= DIRECT * 2,
        })
    }

    /// The start of the next pickle at or after `from`.
    pub(crate) fn find(&mut self, from: u64) -> Result<Option<u64>, Stop> {
        let size = self.search.size();
        let strong = strong_in(size - from.min(size));
        let mut at = from;
        self.failed.clear();
        while at < size {
            self.input.poll(1)?;
            let mut candidates = Vec::new();
            let (begin, len) = {
                // Identifiers that begin before this turn's bytes are looked back for.
                let begin = at.saturating_sub((IDENT * 2) as u64).max(from);
                let block = self.search.at(begin, 64 << 10)?;
                let block = &block[..block.len().min(64 << 10)];
                let skip = usize::try_from(at - begin).unwrap_or(0);
                for hit in memchr::memchr2_iter(0x80, b'\n', block.get(skip..).unwrap_or(&[])) {
                    let hit = hit + skip;
                    if block[hit] == 0x80 {
                        if block.get(hit + 1).is_none_or(|v| (2..=5).contains(v)) {
                            candidates.push(begin + hit as u64);
                        }
                    } else {
                        import_start(block, hit, begin, &mut candidates);
                    }
                }
                (begin, block.len())
            };
            self.budget = self.budget.saturating_add(WALKS_PER_BYTE * len as u64);
            candidates.sort_unstable();
            candidates.dedup();
            for candidate in candidates {
                if self.failed.binary_search(&candidate).is_ok() {
                    continue;
                }
                if self.budget == 0 {
                    self.exhausted = true;
                    break;
                }
                let proof = walk(&mut self.window, candidate, size, strong, &mut self.trail)?;
                self.budget = self.budget.saturating_sub(u64::from(proof.opcodes) + 1);
                if is_proven(&proof, strong) {
                    return Ok(Some(candidate));
                }
                std::mem::swap(&mut self.failed, &mut self.trail);
            }
            at = begin + len as u64;
        }
        Ok(None)
    }
}

/// Whether a walk is proof among arbitrary bytes.
pub(crate) fn is_strong(proof: &Proof) -> bool {
    is_proven(proof, STRONG)
}

/// Evidence that `size` arbitrary bytes hold nowhere, at the same chance of 2^-22 that [`STRONG`] gives in 64 MiB: fewer bytes need less.
fn strong_in(size: u64) -> u32 {
    STRONG.min(220 + 10 * (u64::BITS - size.leading_zeros()))
}

fn is_proven(proof: &Proof, bits: u32) -> bool {
    proof.bits >= bits && (proof.import || matches!(proof.walked, Walked::Stop | Walked::Enough))
}

/// Candidates at an import whose module's line ends at `newline`: `c<module>\n<name>\n` or `i<module>\n<name>\n`.
fn import_start(block: &[u8], newline: usize, base: u64, out: &mut Vec<u64>) {
    let is_ident = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'.';
    // The second line is checked first: it is what text files mostly fail.
    let rest = &block[newline + 1..];
    let name = rest.iter().take(IDENT).take_while(|b| is_ident(b)).count();
    if name == 0 || rest.get(name).is_some_and(|b| *b != b'\n') {
        return;
    }
    let run = block[..newline].iter().rev().take(IDENT).take_while(|b| is_ident(b)).count();
    let start = newline - run;
    // Where the bytes before happen to be letters too, the first `c` gives the longest module; that it is an import is what matters.
    if let Some(c) = block[start..newline].iter().position(|b| *b == b'c') {
        out.push(base + (start + c) as u64);
        if start + c > 0 && block[start + c - 1] == b'(' {
            out.push(base + (start + c - 1) as u64);
        }
    }
    if let Some(i) = block[start..newline].iter().position(|b| *b == b'i') {
        let i = start + i;
        let back = i.saturating_sub(MARK_BACK);
        out.extend(memchr::memchr_iter(b'(', &block[back..i]).take(4).map(|at| base + (back + at) as u64));
    }
}
