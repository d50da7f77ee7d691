//! Bytes that loaders read in two ways: the main reading goes on, and the other one is followed beside it.

use super::{COUNT1, LINE, LINES, Machine, Op};
use crate::anomaly::AnomalyCode as A;
use crate::event::{End, PickleBegin, Visitor};
use crate::opcodes::{self, FORMS};
use crate::structure;
use crate::value::Value;
use weighbridge_parse_read::{Stop, Window, read_up_to};

/// Stack, marks, protocol, offset of the first error, opcodes and result of the main reading.
type Saved = (Vec<Value>, Vec<usize>, Option<u8>, Option<u64>, u64, Option<Value>);

impl<V: Visitor> Machine<'_, '_, V> {
    /// A read straddles the end of a frame. What pickletools reads goes on as the main reading; what `_pickle` before 3.13.15 and 3.14.7 may read
    /// (the rest of the frame is dropped, and the read begins anew after it, cpython#154848) is followed here to its end.
    #[cold]
    pub(super) fn straddle(&mut self, op: &Op, end: u64, depth: usize) -> Result<(), Stop> {
        self.core.anomaly(A::FrameStraddle, op.at, &format!("{} crosses the end of its frame at {end}", opcodes::name(op.code)))?;
        if op.arg_at == end && op.arg_at > op.at + 1 {
            // The frame ends between length and content: unusual, but every reader reads the same.
            return Ok(());
        }
        if self.core.alternative || self.alternatives >= self.core.values.limits.alternatives {
            if !self.core.alternative {
                self.core.anomaly(A::LimitAlternatives, op.at, "")?;
            }
            return Ok(());
        }
        let (saved, index) = self.begin_alternative(op.at)?;
        if let Some(resume) = self.straddled(op, end)? {
            let (why, offset) = self.interpret(resume, depth)?;
            // The bytes are the main reading's: whether this one skips any is not asked.
            self.finish(index, op.at, why, offset, true)?;
        } else {
            self.finish(index, op.at, End::Truncated, op.at, true)?;
        }
        self.end_alternative(saved);
        self.core.frame_end = u64::MAX;
        Ok(())
    }

    /// Bytes that one loader takes for data (the array that follows joblib's wrapper) are opcodes to `pickle.load`, which knows no such data. Where they read on
    /// as a pickle does, both readings count.
    pub(super) fn skipped(&mut self, at: u64, depth: usize) -> Result<(), Stop> {
        if self.core.alternative {
            return Ok(());
        }
        let before = structure::before(self.core.stack.len(), &self.core.marks);
        let size = self.window.size();
        if !structure::goes_on(&mut Window::new(self.input, 64 << 10), at, size, before)? {
            return Ok(());
        }
        self.core.anomaly(A::DataIsOpcodes, at, "")?;
        if self.alternatives >= self.core.values.limits.alternatives {
            return self.core.anomaly(A::LimitAlternatives, at, "");
        }
        let frame_end = std::mem::replace(&mut self.core.frame_end, u64::MAX);
        let (saved, index) = self.begin_alternative(at)?;
        let (why, offset) = self.interpret(at, depth)?;
        self.finish(index, at, why, offset, true)?;
        self.end_alternative(saved);
        self.core.frame_end = frame_end;
        Ok(())
    }

    /// Begins another reading of the same bytes. The answer is what the main one goes on with, and the index of the pickle.
    fn begin_alternative(&mut self, at: u64) -> Result<(Saved, u64), Stop> {
        self.alternatives += 1;
        let core = &mut self.core;
        let saved = (core.stack.clone(), core.marks.clone(), core.protocol, core.first_error, core.pickle_opcodes, core.result);
        core.memo.begin_overlay();
        core.alternative = true;
        self.opcode_budget = core.values.limits.alternative_opcodes;
        let index = core.summary.pickles;
        core.visitor.pickle_begin(&PickleBegin { offset: at, index, depth: 0, found: false, alternative: true })?;
        Ok((saved, index))
    }

    fn end_alternative(&mut self, saved: Saved) {
        let core = &mut self.core;
        core.alternative = false;
        core.memo.end_overlay();
        (core.stack, core.marks, core.protocol, core.first_error, core.pickle_opcodes, core.result) = saved;
    }

    /// Carries out the straddling opcode in its other reading. The answer is the offset just after it.
    fn straddled(&mut self, op: &Op, end: u64) -> Result<Option<u64>, Stop> {
        let form = FORMS[usize::from(op.code)];
        let head = op.arg_at - op.at - 1;
        let (len, payload) = if head > 0 && op.at + 1 < end && end < op.arg_at {
            // The length itself is read anew.
            let width = head as usize;
            let bytes = read_up_to(self.input, end, width)?;
            if bytes.len() < width {
                return Ok(None);
            }
            (bytes.iter().rev().fold(0u64, |v, &b| v << 8 | u64::from(b)), end + head)
        } else {
            (op.arg_len, end)
        };
        if form == LINE || form == LINES {
            // What is whole within the frame stays; the line that straddles is read anew.
            let inside = usize::try_from(end - op.arg_at).unwrap_or(0);
            let mut arg = read_up_to(self.input, op.arg_at, inside)?;
            let keep = if form == LINES { memchr::memchr(b'\n', &arg).map_or(0, |n| n + 1) } else { 0 };
            arg.truncate(keep);
            let mut at = end;
            for _ in 0..if form == LINES && keep == 0 { 2 } else { 1 } {
                let line = self.core.values.line(at, self.core.values.limits.name_len)?;
                at += line.len() as u64 + 1;
                arg.extend(line);
                arg.push(b'\n');
            }
            arg.pop();
            let alt = Op { arg_len: arg.len() as u64, next: at, ..*op };
            self.core.exec(&alt, &arg)?;
            return Ok(Some(at));
        }
        let Some(next) = payload.checked_add(len).filter(|&n| n <= self.window.size()) else { return Ok(None) };
        let want = self.core.values.limits.computed_len;
        let arg = read_up_to(self.input, payload, usize::try_from(len).map_or(want, |n| n.min(want)))?;
        let alt = Op { arg_at: payload, arg_len: len, next, ..*op };
        if form >= COUNT1 {
            self.core.push_read(&alt, &arg)?;
        } else {
            self.core.exec(&alt, &arg)?;
        }
        Ok(Some(next))
    }
}
