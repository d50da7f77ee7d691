//! Is this a pickle? A proof by structure, weighed in bits.
//!
//! [`walk`] reads opcodes as an unpickler does (known codes, a stack that never underflows, counted texts that are UTF-8, numbers that are numbers), refuses
//! only what every unpickler refuses (or else a file would hide behind it), and counts evidence:
//! how much less likely each thing it saw is in random bytes than in a pickle, in bits. What it counts is a code length: for every choice (an opcode, a digit,
//! the zero bytes of a length) it assumes some distribution Q over what a pickle may have there, and adds log2(Q(seen) / 2^-8 per byte).
//! Q is a (sub-)probability, so that the likelihood ratio is a supermartingale under uniform random bytes, and by Ville's inequality
//! a walk from a given offset *ever* reaches T bits with probability at most 2^-T. Over n offsets the chance of one false proof is at most n * 2^-T:
//! with T = 48 ([`STRONG`]) and 64 MiB (2^26 offsets) that is 2^-22, one in four million such inputs; for 1 TiB it is 2^-8.
//!
//! Tensors are not uniform, but less friendly still: the high byte of a float of common size (0x3c to 0x40, 0xbc to 0xc0) is, but for 0x3d..0x40 none, no opcode.

use weighbridge_parse_read::{ReadAt, Stop, Window};

use crate::opcodes::code::*;
use crate::opcodes::{FORMS, Form};

/// Tenths of bits: enough that random bytes have it nowhere in a terabyte.
pub(crate) const STRONG: u32 = 480;
/// Opcodes after which a walk is proof by itself: 256 of them are 490 bits.
pub(crate) const WALK: u32 = 256;
/// An opcode byte: 68 of 256.
const OPCODE: u32 = 19;
/// A byte of an identifier or a printable text; Q keeps one in eight for the end.
const IDENT: u32 = 18;
const PRINTABLE: u32 = 11;
/// The newline that ends a text, at Q = 1/8.
const NEWLINE: u32 = 50;
/// A digit, sign, point or newline.
const DIGIT: u32 = 40;
/// Payload bytes that count as evidence; a long text is no better proof than this.
const TEXT_SEEN: usize = 64;

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walked {
    /// At STOP, with one value on the stack.
    Stop,
    /// At something that no pickle has.
    Wrong,
    /// After [`WALK`] opcodes, or at what counts as proof.
    Enough,
    /// At the end of the bytes at hand, all well so far.
    Open,
}

/// What a walk found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Proof {
    pub(crate) walked: Walked,
    /// Where it ended: after STOP, or at what is wrong.
    pub(crate) end: u64,
    /// Evidence in tenths of bits.
    pub(crate) bits: u32,
    /// Whether a name is imported.
    pub(crate) import: bool,
    /// Whether something is called.
    pub(crate) call: bool,
    pub(crate) opcodes: u32,
}

/// What is known of a stack entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Any,
    Text,
    Plain,
    Mark,
}

fn is_ident(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'.'
}

/// Walks opcodes from `start`. `size` is the size of the whole input, of which `window` may have a prefix only. With `enough`, the walk ends as soon as it
/// has that much evidence and an import.
pub(crate) fn walk(window: &mut Window<&dyn ReadAt>, start: u64, size: u64, enough: u32, trail: &mut Vec<u64>) -> Result<Proof, Stop> {
    let mut walk = Walk::new(start, Vec::new());
    walk.run(window, start, size, enough, trail)
}

/// Evidence that a pickle under way goes on at one given offset, in tenths of bits: where it calls something and ends, and where it was cut off or went wrong.
const GOES_ON_TO_STOP: u32 = 120;
const GOES_ON: u32 = 300;
/// Stack entries below such a place that a walk may take; a pickle that takes more is none that was made to look like data.
const BELOW: usize = 1024;

/// What lies on the stack of a pickle that is under way, as far as a walk asks: `marks` are the heights at which there is one.
pub(crate) fn before(height: usize, marks: &[usize]) -> Vec<Kind> {
    let from = height.saturating_sub(BELOW);
    let marks = &marks[marks.len().saturating_sub(BELOW)..];
    let mut marks = marks.iter().copied().skip_while(|&mark| mark < from).peekable();
    let mut stack = Vec::new();
    for at in from..=height {
        while marks.next_if(|&mark| mark <= at).is_some() {
            stack.push(Kind::Mark);
        }
        if at < height {
            stack.push(Kind::Any);
        }
    }
    stack
}

/// Whether a pickle that has `before` on its stack goes on at `start`, by what it imports or calls there.
pub(crate) fn goes_on(window: &mut Window<&dyn ReadAt>, start: u64, size: u64, before: Vec<Kind>) -> Result<bool, Stop> {
    let mut walk = Walk::new(start, before);
    // What was memoized before may be asked for, and what lies below stays where it is.
    walk.memo = u64::from(u32::MAX);
    walk.midway = true;
    let proof = walk.run(window, start, size, u32::MAX, &mut Vec::new())?;
    let acts = proof.import || proof.call;
    Ok(match proof.walked {
        Walked::Stop => acts && proof.bits >= GOES_ON_TO_STOP,
        Walked::Enough => true,
        Walked::Wrong | Walked::Open => acts && proof.bits >= GOES_ON,
    })
}

struct Walk {
    stack: Vec<Kind>,
    memo: u64,
    /// The walk began within a pickle.
    midway: bool,
    proof: Proof,
}

enum Next {
    At(u64),
    Stop(u64),
    Wrong,
    Open,
}

impl Walk {
    fn new(start: u64, stack: Vec<Kind>) -> Walk {
        Walk { stack, memo: 0, midway: false, proof: Proof { walked: Walked::Enough, end: start, bits: 0, import: false, call: false, opcodes: 0 } }
    }

    fn run(&mut self, window: &mut Window<&dyn ReadAt>, start: u64, size: u64, enough: u32, trail: &mut Vec<u64>) -> Result<Proof, Stop> {
        trail.clear();
        let mut at = start;
        while self.proof.opcodes < WALK {
            self.proof.end = at;
            if at >= window.size() {
                self.proof.walked = if at < size { Walked::Open } else { Walked::Wrong };
                return Ok(self.proof);
            }
            trail.push(at);
            let walked = match self.step(window, at, start, size)? {
                Next::At(next) => {
                    at = next;
                    if self.proof.import && self.proof.bits >= enough {
                        break;
                    }
                    continue;
                }
                Next::Stop(next) => {
                    self.proof.end = next;
                    Walked::Stop
                }
                Next::Wrong => Walked::Wrong,
                Next::Open => Walked::Open,
            };
            self.proof.walked = walked;
            return Ok(self.proof);
        }
        self.proof.end = at;
        Ok(self.proof)
    }

    fn step(&mut self, window: &mut Window<&dyn ReadAt>, at: u64, start: u64, size: u64) -> Result<Next, Stop> {
        let have = window.size();
        let bytes = window.at(at, 1024)?;
        let at_end = at + bytes.len() as u64 >= have;
        let whole = at_end && have >= size;
        let Some((&code, rest)) = bytes.split_first() else { return Ok(Next::Wrong) };
        let form = FORMS[usize::from(code)];
        if form == 255 {
            return Ok(Next::Wrong);
        }
        self.proof.opcodes += 1;
        self.proof.bits += OPCODE;
        let missing = if whole { Next::Wrong } else { Next::Open };
        let (head, len, tail): (usize, u64, u64) = if form == Form::Line as u8 || form == Form::Lines as u8 {
            let rest = &rest[..rest.len().min(1 << 16)];
            let Some(end) = memchr::memchr(b'\n', rest) else {
                return Ok(if at_end && self.line_may_begin(code, rest) { missing } else { Next::Wrong });
            };
            let end = if form == Form::Lines as u8 {
                let Some(second) = memchr::memchr(b'\n', &rest[end + 1..]) else {
                    let fine = rest[..end].iter().chain(&rest[end + 1..]).all(|&b| is_ident(b)) && end > 0;
                    return Ok(if at_end && fine { missing } else { Next::Wrong });
                };
                end + 1 + second
            } else {
                end
            };
            if !self.line(code, &rest[..end]) {
                return Ok(Next::Wrong);
            }
            (0, end as u64, 1)
        } else {
            let head = match form {
                9 => 1,
                10 => 4,
                11 => 8,
                _ => 0,
            };
            let fixed = [0usize, 1, 2, 4, 4, 8, 8].get(usize::from(form)).copied().unwrap_or(head);
            let Some(arg) = rest.get(..fixed) else { return Ok(missing) };
            let number = arg.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b));
            if !self.fixed(code, number, at == start, size - at) {
                return Ok(Next::Wrong);
            }
            if head == 0 {
                (0, fixed as u64, 0)
            } else {
                if head > 1 {
                    let zeros = u32::try_from(arg.iter().rev().take_while(|&&b| b == 0).count()).unwrap_or(0);
                    self.proof.bits += (zeros * 80).saturating_sub(if head == 4 { 20 } else { 30 });
                }
                let payload = &rest[head..rest.len().min(head.saturating_add(usize::try_from(number).unwrap_or(usize::MAX)))];
                if matches!(code, SHORT_BINUNICODE | BINUNICODE | BINUNICODE8 | SHORT_BINSTRING | BINSTRING) && !self.payload(code, payload) {
                    return Ok(Next::Wrong);
                }
                (head, number, 0)
            }
        };
        let next = (at + 1 + head as u64).checked_add(len).and_then(|n| n.checked_add(tail));
        let Some(next) = next.filter(|&n| n <= size) else { return Ok(Next::Wrong) };
        if !self.effect(code) {
            return Ok(Next::Wrong);
        }
        if code == STOP {
            self.proof.bits += 30;
            return Ok(Next::Stop(next));
        }
        Ok(Next::At(next))
    }

    fn line_may_begin(&self, code: u8, rest: &[u8]) -> bool {
        match code {
            UNICODE | PERSID => true,
            STRING => matches!(rest.first(), None | Some(b'\'' | b'"')),
            GLOBAL | INST => rest.iter().all(|&b| is_ident(b)),
            _ => rest.iter().all(|&b| b.is_ascii_digit() || b == b'-'),
        }
    }

    /// Checks and weighs a text argument.
    fn line(&mut self, code: u8, line: &[u8]) -> bool {
        let seen = u32::try_from(line.len().min(TEXT_SEEN)).unwrap_or(0);
        match code {
            GLOBAL | INST => {
                let mut halves = line.split(|&b| b == b'\n');
                let (Some(module), Some(name)) = (halves.next(), halves.next()) else { return false };
                let fine = |s: &[u8]| {
                    let s = s.strip_suffix(b"\r").unwrap_or(s);
                    s.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') && s.iter().all(|&b| is_ident(b))
                };
                if !fine(module) || !fine(name) {
                    return false;
                }
                self.proof.bits += (seen - 1) * IDENT + 2 * NEWLINE;
                self.proof.import = true;
            }
            STRING => {
                // White space after the closing quote was stripped by Python 2, and is by pickle.py's reading of lines with \r.
                let quoted = match line.trim_ascii_end() {
                    [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => Some(inner),
                    _ => None,
                };
                let Some(inner) = quoted else { return false };
                self.proof.bits += 60 + NEWLINE + printable(inner);
            }
            UNICODE => self.proof.bits += printable(line),
            PERSID => {
                // pickle.py refuses one that is not ASCII; no loader gives a meaning to control characters, which foreign bytes have.
                if line.iter().any(|b| !(0x20..0x7f).contains(b)) {
                    return false;
                }
                self.proof.bits += printable(line);
            }
            _ => {
                // C unpicklers read up to a NUL, in any base that strtol knows, and with underscores.
                let text = crate::number::text_number(line);
                if text.parse::<f64>().is_err() && crate::number::integer(&text) == crate::number::Integer::Invalid {
                    return false;
                }
                if line.contains(&0) {
                    return true;
                }
                self.proof.bits += seen * DIGIT;
            }
        }
        true
    }

    /// Checks and weighs an argument of fixed size.
    fn fixed(&mut self, code: u8, number: u64, first: bool, rest: u64) -> bool {
        match code {
            PROTO => {
                // Picklers write it from protocol 2 on; unpicklers take it of any, of which two say nothing that two bytes of numbers do not.
                self.proof.bits += match (first, number) {
                    (true, 2..) => 60 + 60,
                    (true, _) => 0,
                    (false, _) => 56,
                };
                number <= 5
            }
            FRAME => {
                // pickle.py takes a frame that is longer than the input as far as it goes.
                if number <= rest {
                    self.proof.bits += (number.leading_zeros() / 8 * 80).saturating_sub(30);
                }
                true
            }
            BINPUT | LONG_BINPUT => {
                if number == self.memo {
                    self.proof.bits += if code == BINPUT { 70 } else { 300 };
                }
                true
            }
            BINGET | LONG_BINGET => {
                if code == LONG_BINGET && number < self.memo {
                    self.proof.bits += 80;
                }
                self.memo > 0
            }
            _ => true,
        }
    }

    /// Checks and weighs the beginning of a counted text.
    fn payload(&mut self, code: u8, payload: &[u8]) -> bool {
        let seen = &payload[..payload.len().min(TEXT_SEEN)];
        if matches!(code, SHORT_BINUNICODE | BINUNICODE | BINUNICODE8)
            && std::str::from_utf8(seen).is_err_and(|e| e.error_len().is_some() || seen.len() - e.valid_up_to() > 3)
        {
            return false;
        }
        if seen.iter().all(|b| (b' '..=b'~').contains(b)) {
            self.proof.bits += u32::try_from(seen.len()).unwrap_or(0) * 13;
        }
        true
    }

    /// Something to write on: unpicklers ask no more of it where there is nothing to write, or where it has the methods.
    fn below(&self) -> Option<()> {
        self.stack.last().filter(|kind| **kind != Kind::Mark).map(|_| ())
    }

    fn pop(&mut self) -> Option<Kind> {
        self.stack.pop().filter(|kind| *kind != Kind::Mark)
    }

    fn until_mark(&mut self) -> Option<usize> {
        let mark = self.stack.iter().rposition(|kind| *kind == Kind::Mark)?;
        let n = self.stack.len() - mark - 1;
        self.stack.truncate(mark);
        Some(n)
    }

    fn effect(&mut self, code: u8) -> bool {
        let took = self.try_effect(code).is_some();
        self.proof.call |= took && matches!(code, REDUCE | NEWOBJ | NEWOBJ_EX | OBJ | INST | BUILD);
        took
    }

    /// The effect on the stack, strictly.
    fn try_effect(&mut self, code: u8) -> Option<()> {
        use Kind::*;
        match code {
            PROTO | FRAME => {}
            MARK => self.stack.push(Mark),
            STOP => {
                self.pop()?;
                if !self.midway && !self.stack.is_empty() {
                    return None;
                }
            }
            POP => {
                self.stack.pop()?;
            }
            POP_MARK => {
                self.until_mark()?;
            }
            DUP => {
                let kind = *self.stack.last()?;
                self.stack.push(kind);
            }
            MEMOIZE | PUT | BINPUT | LONG_BINPUT => {
                if self.stack.last().is_none_or(|k| *k == Mark) {
                    return None;
                }
                self.memo += 1;
            }
            GET | BINGET | LONG_BINGET | EXT1 | EXT2 | EXT4 => self.stack.push(Any),
            GLOBAL => self.stack.push(Any),
            PERSID => self.stack.push(Any),
            BINPERSID => {
                self.pop()?;
                self.stack.push(Any);
            }
            STACK_GLOBAL => {
                for _ in 0..2 {
                    if !matches!(self.pop()?, Text | Any) {
                        return None;
                    }
                }
                self.proof.import = true;
                self.stack.push(Any);
            }
            REDUCE | NEWOBJ | NEWOBJ_EX => {
                for _ in 0..if code == NEWOBJ_EX { 2 } else { 1 } {
                    self.pop()?;
                }
                if self.pop()? != Any {
                    return None;
                }
                self.stack.push(Any);
            }
            OBJ => {
                if self.until_mark()? == 0 {
                    return None;
                }
                self.stack.push(Any);
            }
            INST => {
                self.until_mark()?;
                self.stack.push(Any);
            }
            BUILD => {
                self.pop()?;
                self.below()?;
            }
            TUPLE => {
                self.until_mark()?;
                self.stack.push(Plain);
            }
            LIST => {
                self.until_mark()?;
                self.stack.push(Plain);
            }
            DICT => {
                if self.until_mark()? % 2 != 0 {
                    return None;
                }
                self.stack.push(Plain);
            }
            FROZENSET => {
                self.until_mark()?;
                self.stack.push(Plain);
            }
            TUPLE1 | TUPLE2 | TUPLE3 => {
                for _ in 0..code - TUPLE1 + 1 {
                    self.pop()?;
                }
                self.stack.push(Plain);
            }
            EMPTY_TUPLE => self.stack.push(Plain),
            EMPTY_LIST => self.stack.push(Plain),
            EMPTY_DICT => self.stack.push(Plain),
            EMPTY_SET => self.stack.push(Plain),
            APPEND => {
                self.pop()?;
                self.below()?;
            }
            APPENDS => {
                self.until_mark()?;
                self.below()?;
            }
            SETITEM => {
                self.pop()?;
                self.pop()?;
                self.below()?;
            }
            SETITEMS => {
                if self.until_mark()? % 2 != 0 {
                    return None;
                }
                self.below()?;
            }
            ADDITEMS => {
                self.until_mark()?;
                self.below()?;
            }
            READONLY_BUFFER => self.below()?,
            NEXT_BUFFER => self.stack.push(Any),
            STRING | BINSTRING | SHORT_BINSTRING | UNICODE | BINUNICODE | SHORT_BINUNICODE | BINUNICODE8 => self.stack.push(Text),
            _ => self.stack.push(Plain),
        }
        Some(())
    }
}

/// The evidence of a text: its printable beginning.
fn printable(text: &[u8]) -> u32 {
    let seen = &text[..text.len().min(TEXT_SEEN)];
    if seen.iter().all(|b| (b' '..=b'~').contains(b)) { seen.len() as u32 * PRINTABLE } else { 0 }
}
