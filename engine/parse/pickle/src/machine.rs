//! The run over an input: pickle after pickle, with what lies between, before and inside them.

mod alternative;

use weighbridge_parse_read::{ReadAt, Stop, Window};

use crate::anomaly::AnomalyCode as A;
use crate::event::{Anomaly, End, Flow, PickleBegin, PickleEnd, Row, Summary, Visitor};
use crate::exec::Step;
use crate::limits::{self, Limits};
use crate::memo::Memo;
use crate::opcodes::{self, FORMS, Form, code};
use crate::resync::Resync;
use crate::value::Value;
use crate::values::Values;
use crate::writes::Writes;

/// Opcodes between two polls, and bytes of them.
const TURN_OPCODES: u64 = 8192;
const TURN_BYTES: u64 = 64 << 10;
/// Enough of the input in memory for every argument of fixed size.
const LOOKAHEAD: usize = 64;
/// Bytes of an argument that a disassembly is given.
const ROW_ARG: usize = 256;

const U1: u8 = Form::U1 as u8;
const U2: u8 = Form::U2 as u8;
const I4: u8 = Form::I4 as u8;
const U4: u8 = Form::U4 as u8;
const U8: u8 = Form::U8 as u8;
const F8: u8 = Form::F8 as u8;
const LINE: u8 = Form::Line as u8;
const LINES: u8 = Form::Lines as u8;
const COUNT1: u8 = Form::Count1 as u8;
const COUNT4: u8 = Form::Count4 as u8;
const COUNT8: u8 = Form::Count8 as u8;
const NOTHING: u8 = Form::None as u8;

/// One opcode as it lies in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Op {
    pub(crate) code: u8,
    pub(crate) at: u64,
    /// Where its argument begins, after a length.
    pub(crate) arg_at: u64,
    pub(crate) arg_len: u64,
    pub(crate) next: u64,
}

/// The state of the interpreter.
pub(crate) struct Core<'a, 'v, V> {
    pub(crate) values: Values<'a>,
    pub(crate) visitor: &'v mut V,
    pub(crate) stack: Vec<Value>,
    pub(crate) marks: Vec<usize>,
    pub(crate) memo: Memo,
    pub(crate) writes: Writes,
    /// What PROTO declared.
    pub(crate) protocol: Option<u8>,
    /// The protocol whose opcodes are expected.
    pub(crate) level: u8,
    pub(crate) begin: u64,
    pub(crate) frame_end: u64,
    /// Offset of the first opcode that a strict unpickler would stop at.
    pub(crate) first_error: Option<u64>,
    pub(crate) pickle_opcodes: u64,
    pub(crate) result: Option<Value>,
    pub(crate) stack_forgotten: u64,
    pub(crate) constant_min: u64,
    pub(crate) stack_cap: usize,
    /// Calls within a call that is being folded, and lookups within a lookup.
    pub(crate) depth: u32,
    alternative: bool,
    counts: [u64; A::ALL.len()],
    summary: Summary,
}

impl<V: Visitor> Core<'_, '_, V> {
    /// Tells of an anomaly, unless its kind was told often enough.
    #[cold]
    pub(crate) fn anomaly(&mut self, code: A, offset: u64, detail: &str) -> Result<(), Stop> {
        let count = &mut self.counts[code as usize];
        *count += 1;
        if *count > u64::from(self.values.limits.anomalies) {
            return Ok(());
        }
        self.visitor.anomaly(&Anomaly { code, offset, detail })
    }

    /// An anomaly that strict unpicklers stop at.
    #[cold]
    pub(crate) fn error(&mut self, code: A, offset: u64, detail: &str) -> Result<(), Stop> {
        self.first_error.get_or_insert(offset);
        self.anomaly(code, offset, detail)
    }
}

/// Interprets everything in `input`, from its first byte to its last.
///
/// The first pickle is taken to begin at offset 0, whatever is there; the caller has identified the input (see [`crate::probe`]).
/// The error is a [`Stop`] of the input or of the visitor, returned at once.
pub fn run<R: ReadAt, V: Visitor>(input: R, limits: &Limits, visitor: &mut V) -> Result<Summary, Stop> {
    let input: &dyn ReadAt = &input;
    let mut machine = Machine {
        window: Window::new(input, limits.block),
        core: Core {
            values: Values::new(input, limits),
            visitor,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: Memo::new(limits.memo_entries, limits.memo_far),
            writes: Writes::new(limits.writes),
            protocol: None,
            level: 1,
            begin: 0,
            frame_end: u64::MAX,
            first_error: None,
            pickle_opcodes: 0,
            result: None,
            stack_forgotten: 0,
            constant_min: limits.constant_min,
            stack_cap: limits.stack.max(64),
            depth: 0,
            alternative: false,
            counts: [0; A::ALL.len()],
            summary: Summary { complete: true, ..Summary::default() },
        },
        input,
        alternatives: 0,
        opcode_budget: u64::MAX,
    };
    machine.all()?;
    let mut summary = machine.core.summary;
    let counts = A::ALL.iter().zip(machine.core.counts);
    summary.anomalies = counts.filter(|(_, n)| *n > 0).map(|(code, n)| (*code, n)).collect();
    Ok(summary)
}

struct Machine<'a, 'v, V> {
    window: Window<&'a dyn ReadAt>,
    core: Core<'a, 'v, V>,
    input: &'a dyn ReadAt,
    alternatives: u32,
    opcode_budget: u64,
}

/// How a pickle ended: why, where its bytes end, and where to go on.
struct Ended {
    end: End,
    offset: u64,
    next: u64,
    first_error: Option<u64>,
}

impl<V: Visitor> Machine<'_, '_, V> {
    fn all(&mut self) -> Result<(), Stop> {
        let size = self.window.size();
        let mut resync = Resync::new(self.input);
        let mut pos = 0;
        let mut found = false;
        while pos < size {
            if self.core.summary.pickles >= self.core.values.limits.pickles {
                self.core.anomaly(A::LimitPickles, pos, "")?;
                self.gap(pos, size - pos)?;
                self.core.summary.complete = false;
                break;
            }
            let ended = self.one(pos, found, 0)?;
            pos = ended.next;
            let mut search = pos;
            if ended.end != End::Stop {
                self.core.summary.complete = false;
                // A reading that went wrong long before it ended may have swallowed the start of another pickle.
                let wrong = ended.first_error.unwrap_or(ended.offset).min(ended.offset);
                if resync.again(ended.offset - wrong) {
                    search = wrong + 1;
                } else {
                    self.core.anomaly(A::LimitResync, pos, "")?;
                    search = ended.offset + 1;
                }
            } else if pos < size && resync.starts_at(pos)? {
                found = false;
                continue;
            }
            if search >= size {
                if pos < size {
                    self.gap(pos, size - pos)?;
                }
                break;
            }
            let next = resync.find(search)?;
            if resync.exhausted() {
                self.core.anomaly(A::LimitResync, search, "")?;
                self.core.summary.complete = false;
            }
            let start = next.unwrap_or(size);
            if start > pos {
                if ended.end == End::Stop {
                    self.core.anomaly(A::TrailingData, pos, "")?;
                }
                self.gap(pos, start - pos)?;
            }
            pos = start;
            found = true;
        }
        Ok(())
    }

    fn gap(&mut self, offset: u64, len: u64) -> Result<(), Stop> {
        self.core.summary.gap_bytes += len;
        self.core.summary.complete = false;
        self.core.visitor.gap(offset, len)
    }

    /// One whole pickle, with an empty stack and memo.
    fn one(&mut self, start: u64, found: bool, depth: usize) -> Result<Ended, Stop> {
        let core = &mut self.core;
        let index = core.summary.pickles;
        core.summary.pickles += 1;
        core.stack.clear();
        core.marks.clear();
        core.memo.clear();
        core.protocol = None;
        core.level = 1;
        core.begin = start;
        core.frame_end = u64::MAX;
        core.first_error = None;
        core.pickle_opcodes = 0;
        core.result = None;
        core.stack_forgotten = 0;
        core.visitor.pickle_begin(&PickleBegin { offset: start, index, depth, found, alternative: false })?;
        let (end, offset) = self.interpret(start, depth)?;
        self.finish(index, start, end, offset, false)
    }

    fn finish(&mut self, index: u64, begin: u64, end: End, offset: u64, alternative: bool) -> Result<Ended, Stop> {
        let core = &mut self.core;
        let heaviest = core.values.containers.take_heaviest();
        if heaviest > limits::EXPANSION && heaviest / core.pickle_opcodes.max(1) as f32 > limits::EXPANSION_RATIO {
            let detail = format!("{heaviest:.1e} values out of {} opcodes", core.pickle_opcodes);
            core.anomaly(A::Expansion, begin, &detail)?;
        }
        let event = PickleEnd { index, begin, offset, end, protocol: core.protocol, result: core.result, alternative, opcodes: core.pickle_opcodes };
        let flow = core.visitor.pickle_end(&event, &mut core.values)?;
        let next = match flow {
            Flow::SkipTo(to) if to > offset => to.min(self.window.size()),
            _ => offset,
        };
        Ok(Ended { end, offset, next, first_error: core.first_error })
    }

    /// Carries out opcodes from `pos` to the end of the pickle. The answer is why and where it ended: after STOP, or at what could not be read.
    fn interpret(&mut self, mut pos: u64, depth: usize) -> Result<(End, u64), Stop> {
        let size = self.window.size();
        loop {
            let mut count: u64 = 0;
            let block = self.window.at(pos, LOOKAHEAD)?;
            let at_end = pos + block.len() as u64 >= size;
            let mut i: usize = 0;
            // Why the inner loop ended.
            let mut leave: Option<Leave> = None;
            while count < TURN_OPCODES {
                let Some(&code) = block.get(i) else { break };
                let rest = &block[i + 1..];
                let form = FORMS[usize::from(code)];
                // The length of the argument's own length, the argument's, and what comes after it.
                let (head, len, tail): (usize, u64, u64) = match form {
                    NOTHING => (0, 0, 0),
                    U1 => (0, 1, 0),
                    U2 => (0, 2, 0),
                    I4 | U4 => (0, 4, 0),
                    U8 | F8 => (0, 8, 0),
                    COUNT1 => match rest.first() {
                        Some(&n) => (1, u64::from(n), 0),
                        None => {
                            leave = Some(Leave::Starved);
                            break;
                        }
                    },
                    COUNT4 => match rest.first_chunk::<4>() {
                        Some(n) => (4, u64::from(u32::from_le_bytes(*n)), 0),
                        None => {
                            leave = Some(Leave::Starved);
                            break;
                        }
                    },
                    COUNT8 => match rest.first_chunk::<8>() {
                        Some(n) => (8, u64::from_le_bytes(*n), 0),
                        None => {
                            leave = Some(Leave::Starved);
                            break;
                        }
                    },
                    LINE => match memchr::memchr(b'\n', rest) {
                        Some(n) => (0, n as u64, 1),
                        None => {
                            leave = Some(Leave::Starved);
                            break;
                        }
                    },
                    LINES => {
                        let first = memchr::memchr(b'\n', rest);
                        let second = first.and_then(|n| memchr::memchr(b'\n', &rest[n + 1..]).map(|m| n + 1 + m));
                        match second {
                            Some(n) => (0, n as u64, 1),
                            None => {
                                leave = Some(Leave::Starved);
                                break;
                            }
                        }
                    }
                    _ => {
                        leave = Some(Leave::Invalid(code));
                        break;
                    }
                };
                let at = pos + i as u64;
                let arg_at = at + 1 + head as u64;
                // A length of 2^63 must not wrap around.
                let Some(next) = arg_at.checked_add(len).and_then(|n| n.checked_add(tail)).filter(|&n| n <= size) else {
                    leave = Some(Leave::Truncated);
                    break;
                };
                let from = head.min(rest.len());
                let avail = rest.len() - from;
                let take = if len <= avail as u64 { len as usize } else { avail };
                let mut arg = &rest[from..from + take];
                if take < 9 && (take as u64) < len && (form <= F8 || matches!(code, code::LONG1 | code::LONG4)) {
                    leave = Some(Leave::Starved);
                    break;
                }
                if form >= LINE && arg.len() > self.core.values.limits.name_len * 2 + 2 {
                    arg = &arg[..self.core.values.limits.name_len * 2 + 2];
                }
                let op = Op { code, at, arg_at, arg_len: len, next };
                if next > self.core.frame_end {
                    leave = Some(Leave::FrameEnd(op));
                    break;
                }
                if V::OPCODES {
                    self.core.row(&op, arg)?;
                }
                count += 1;
                match self.core.exec(&op, arg)? {
                    Step::Next => {
                        i = match usize::try_from(next - pos) {
                            Ok(i) if i < block.len() => i,
                            _ => {
                                leave = Some(Leave::Jump(next));
                                break;
                            }
                        };
                        if i as u64 >= TURN_BYTES && count.is_multiple_of(64) {
                            break;
                        }
                    }
                    step => {
                        leave = Some(Leave::Step(step, next));
                        break;
                    }
                }
            }
            pos += i as u64;
            self.core.pickle_opcodes += count;
            self.core.summary.opcodes += count;
            if self.core.alternative {
                self.opcode_budget = self.opcode_budget.saturating_sub(count);
                if self.opcode_budget == 0 {
                    self.core.anomaly(A::LimitAlternatives, pos, "opcodes of one alternative reading")?;
                    return Ok((End::Limit, pos));
                }
            }
            self.input.poll(count.max(1))?;
            match leave {
                None if pos >= size => {
                    self.core.error(A::Truncated, pos, "the input ends before STOP")?;
                    return Ok((End::Truncated, pos));
                }
                None => {}
                Some(Leave::Jump(to)) => pos = to,
                Some(Leave::Invalid(code)) => {
                    self.core.error(A::InvalidOpcode, pos, &format!("no opcode is 0x{code:02x}"))?;
                    return Ok((End::InvalidOpcode, pos));
                }
                Some(Leave::Truncated) => return self.truncated(pos),
                Some(Leave::Starved) if i > 0 && !at_end => {}
                Some(Leave::Starved) => match self.long_line(pos)? {
                    Some(op) => {
                        if op.next > self.core.frame_end {
                            let end = std::mem::replace(&mut self.core.frame_end, u64::MAX);
                            if op.at < end {
                                self.straddle(&op, end, depth)?;
                            }
                        }
                        let want = self.core.values.limits.name_len * 2 + 2;
                        let want = usize::try_from(op.arg_len).map_or(want, |len| len.min(want));
                        let arg = weighbridge_parse_read::read_up_to(self.input, op.arg_at, want)?;
                        if V::OPCODES {
                            self.core.row(&op, &arg)?;
                        }
                        match self.core.exec(&op, &arg)? {
                            Step::Next => pos = op.next,
                            step => match self.step(step, op.next, depth)? {
                                Ok(next) => pos = next,
                                Err(end) => return Ok(end),
                            },
                        }
                        self.core.pickle_opcodes += 1;
                        self.core.summary.opcodes += 1;
                    }
                    None => return self.truncated(pos),
                },
                Some(Leave::FrameEnd(op)) => {
                    let end = std::mem::replace(&mut self.core.frame_end, u64::MAX);
                    if op.at < end {
                        self.straddle(&op, end, depth)?;
                    }
                }
                Some(Leave::Step(step, next)) => match self.step(step, next, depth)? {
                    Ok(next) => pos = next,
                    Err(end) => return Ok(end),
                },
            }
        }
    }

    /// What a visitor asked for, or STOP. The inner answer is where to go on, or how the pickle ended.
    fn step(&mut self, step: Step, next: u64, depth: usize) -> Result<Result<u64, (End, u64)>, Stop> {
        Ok(match step {
            Step::Next => Ok(next),
            Step::Stop => Err((End::Stop, next)),
            Step::SkipTo(to) if to > next => {
                self.skipped(next, depth)?;
                Ok(to.min(self.window.size()))
            }
            Step::SkipTo(_) => Ok(next),
            Step::Nested(at) if at < next => Ok(next),
            Step::Nested(at) => {
                if depth >= self.core.values.limits.nested || self.core.alternative {
                    self.core.anomaly(A::LimitPickles, at, "pickles within pickles")?;
                    self.core.summary.complete = false;
                    return Ok(Ok(next));
                }
                let core = &mut self.core;
                let fresh = core.memo.fresh();
                let stack = std::mem::take(&mut core.stack);
                let marks = std::mem::take(&mut core.marks);
                let memo = std::mem::replace(&mut core.memo, fresh);
                let (protocol, level, begin, error) = (core.protocol, core.level, core.begin, core.first_error);
                let (opcodes, forgotten) = (core.pickle_opcodes, core.stack_forgotten);
                let ended = self.one(at, false, depth + 1)?;
                let core = &mut self.core;
                core.stack = stack;
                core.marks = marks;
                core.memo = memo;
                (core.protocol, core.level, core.begin, core.first_error) = (protocol, level, begin, error);
                (core.pickle_opcodes, core.stack_forgotten) = (opcodes, forgotten);
                core.frame_end = u64::MAX;
                core.result = None;
                match ended.end {
                    End::Stop => Ok(ended.next),
                    end => Err((end, ended.offset)),
                }
            }
        })
    }

    /// The opcode at `pos` is cut off by the end of the input. An import whose name is cut is still an import of its module.
    #[cold]
    fn truncated(&mut self, pos: u64) -> Result<(End, u64), Stop> {
        let name_len = self.core.values.limits.name_len;
        let bytes = weighbridge_parse_read::read_up_to(self.input, pos, name_len * 2 + 2)?;
        let code = bytes.first().copied().unwrap_or(0);
        self.core.error(A::Truncated, pos, &format!("the argument of {} goes past the end of the input", opcodes::name(code)))?;
        if matches!(code, code::GLOBAL | code::INST) && memchr::memchr(b'\n', &bytes).is_some() {
            let op = Op { code, at: pos, arg_at: pos + 1, arg_len: bytes.len() as u64 - 1, next: self.window.size() };
            self.core.exec(&op, &bytes[1..])?;
        }
        Ok((End::Truncated, pos))
    }

    /// The opcode at `pos`, whose line or lines are longer than the block. `None` where the input ends before them.
    #[cold]
    fn long_line(&mut self, pos: u64) -> Result<Option<Op>, Stop> {
        let Some([code]) = self.window.array::<1>(pos)? else { return Ok(None) };
        let mut lines = match FORMS[usize::from(code)] {
            LINE => 1,
            LINES => 2,
            _ => return Ok(None),
        };
        let mut at = pos + 1;
        loop {
            let bytes = self.window.at(at, 1)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            match memchr::memchr(b'\n', bytes) {
                Some(n) => {
                    at += n as u64 + 1;
                    lines -= 1;
                    if lines == 0 {
                        return Ok(Some(Op { code, at: pos, arg_at: pos + 1, arg_len: at - 1 - (pos + 1), next: at }));
                    }
                }
                None => at += bytes.len() as u64,
            }
            self.input.poll(1)?;
        }
    }
}

enum Leave {
    Invalid(u8),
    Truncated,
    /// More bytes are needed than are in memory.
    Starved,
    Jump(u64),
    FrameEnd(Op),
    Step(Step, u64),
}

impl<V: Visitor> Core<'_, '_, V> {
    fn row(&mut self, op: &Op, arg: &[u8]) -> Result<(), Stop> {
        self.visitor.opcode(&Row {
            offset: op.at,
            code: op.code,
            arg: &arg[..arg.len().min(ROW_ARG)],
            arg_offset: op.arg_at,
            arg_len: op.arg_len,
            next: op.next,
            stack: self.stack.len() as u64 + self.stack_forgotten,
            marks: self.marks.len() as u64,
        })
    }
}
