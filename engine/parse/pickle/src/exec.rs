//! The opcodes, carried out on abstract values.

use weighbridge_parse_read::Stop;

use crate::anomaly::AnomalyCode as A;
use crate::event::{Constant, Flow, ItemWrite, PersistentId, TargetKind, Via, Visitor};
use crate::machine::{Core, Op};
use crate::memo::Stored;
use crate::number::{Integer, integer, long, text_number};
use crate::opcodes::code::*;
use crate::opcodes::{self, PROTOCOLS};
use crate::text::{TextKind, unescape_string, unescape_unicode};
use crate::value::{Tag, Value};
use crate::values::{Expr, Key, strip_quotes};

/// What to do after an opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Next,
    Stop,
    SkipTo(u64),
    Nested(u64),
}

impl From<Flow> for Step {
    fn from(flow: Flow) -> Self {
        match flow {
            Flow::Continue => Step::Next,
            Flow::SkipTo(to) => Step::SkipTo(to),
            Flow::Nested(at) => Step::Nested(at),
        }
    }
}

fn little(arg: &[u8]) -> u64 {
    arg.iter().take(8).rev().fold(0, |v, &b| v << 8 | u64::from(b))
}

/// The number of a text of one to eighteen digits and nothing else: nearly every one there is.
fn plain_digits(arg: &[u8]) -> Option<u64> {
    if arg.is_empty() || arg.len() > 18 {
        return None;
    }
    arg.iter().try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))
}

impl<V: Visitor> Core<'_, '_, V> {
    #[inline]
    pub(crate) fn push(&mut self, value: Value) -> Result<(), Stop> {
        if self.stack.len() >= self.stack_cap {
            self.forget_half()?;
        }
        self.stack.push(value);
        Ok(())
    }

    #[cold]
    fn forget_half(&mut self) -> Result<(), Stop> {
        let half = self.stack.len() / 2;
        self.anomaly(A::LimitStack, self.begin, "")?;
        self.stack.drain(..half);
        self.stack_forgotten += half as u64;
        for mark in &mut self.marks {
            *mark = mark.saturating_sub(half);
        }
        Ok(())
    }

    #[inline]
    fn pop(&mut self, op: &Op) -> Result<Value, Stop> {
        match self.stack.pop() {
            Some(value) => {
                if self.marks.last().is_some_and(|&mark| mark > self.stack.len()) {
                    self.cross(op)?;
                }
                Ok(value)
            }
            None => {
                self.underflow(op)?;
                Ok(Value::UNKNOWN)
            }
        }
    }

    #[cold]
    fn cross(&mut self, op: &Op) -> Result<(), Stop> {
        let len = self.stack.len();
        for mark in self.marks.iter_mut().rev().take_while(|mark| **mark > len) {
            *mark = len;
        }
        self.error(A::MarkCrossed, op.at, opcodes::name(op.code))
    }

    #[cold]
    fn underflow(&mut self, op: &Op) -> Result<(), Stop> {
        self.error(A::StackUnderflow, op.at, &format!("{} takes more than there is", opcodes::name(op.code)))
    }

    #[inline]
    fn top(&mut self, op: &Op) -> Result<Value, Stop> {
        match self.stack.last() {
            Some(&value) => Ok(value),
            None => {
                self.underflow(op)?;
                Ok(Value::UNKNOWN)
            }
        }
    }

    /// Where the items above the topmost mark begin; the mark is taken. Without one, everything counts.
    #[inline]
    fn pop_mark(&mut self, op: &Op) -> Result<usize, Stop> {
        match self.marks.pop() {
            Some(mark) => Ok(mark.min(self.stack.len())),
            None => {
                self.error(A::MissingMark, op.at, opcodes::name(op.code))?;
                Ok(0)
            }
        }
    }

    #[inline]
    fn container(&mut self, tag: Tag, start: usize) -> Result<(), Stop> {
        let id = self.values.containers.make(&self.stack[start..]);
        self.stack.truncate(start);
        self.push(Value::new(tag, id))
    }

    #[inline]
    fn small_tuple(&mut self, op: &Op, n: usize) -> Result<(), Stop> {
        let fence = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() < fence + n {
            return self.short_tuple(op, n);
        }
        let start = self.stack.len() - n;
        let id = self.values.containers.make(&self.stack[start..]);
        self.stack.truncate(start);
        self.push(Value::new(Tag::Tuple, id))
    }

    #[cold]
    fn short_tuple(&mut self, op: &Op, n: usize) -> Result<(), Stop> {
        let mut items = Vec::with_capacity(n);
        for _ in 0..n {
            items.push(self.pop(op)?);
        }
        items.reverse();
        let id = self.values.containers.make(&items);
        self.push(Value::new(Tag::Tuple, id))
    }

    /// Carries out one opcode. `arg` is its argument, or as much of it as is in memory.
    #[inline]
    pub(crate) fn exec(&mut self, op: &Op, arg: &[u8]) -> Result<Step, Stop> {
        if PROTOCOLS[usize::from(op.code)] > self.level && op.code != PROTO {
            self.newer(op)?;
        }
        match op.code {
            MARK => {
                if self.marks.len() >= self.stack_cap {
                    self.anomaly(A::LimitStack, op.at, "marks")?;
                    let half = self.marks.len() / 2;
                    self.marks.drain(..half);
                }
                self.marks.push(self.stack.len());
            }
            MEMOIZE => {
                let value = self.top(op)?;
                let index = self.memo.entries();
                if self.memo.put(index, value) != Stored::New {
                    self.memo_event(op, index)?;
                }
            }
            BINGET | LONG_BINGET => return self.get(op, little(arg)),
            BINPUT | LONG_BINPUT => return self.put(op, little(arg)),
            SHORT_BINUNICODE | BINUNICODE | BINUNICODE8 => return self.constant(op, Tag::Str),
            SHORT_BINBYTES | BINBYTES | BINBYTES8 => return self.constant(op, Tag::Bytes),
            BININT1 | BININT2 => self.push(Value::new(Tag::Int, little(arg)))?,
            BININT => {
                let n = arg.first_chunk::<4>().map_or(0, |b| i32::from_le_bytes(*b));
                self.push(Value::int(i64::from(n), op.at))?;
            }
            BINFLOAT => self.push(Value::new(Tag::Float, op.at))?,
            NONE => self.push(Value::NONE)?,
            NEWTRUE => self.push(Value::TRUE)?,
            NEWFALSE => self.push(Value::FALSE)?,
            EMPTY_TUPLE => self.small_tuple(op, 0)?,
            TUPLE1 => self.small_tuple(op, 1)?,
            TUPLE2 => self.small_tuple(op, 2)?,
            TUPLE3 => self.small_tuple(op, 3)?,
            TUPLE => {
                let start = self.pop_mark(op)?;
                self.container(Tag::Tuple, start)?;
            }
            EMPTY_LIST => self.empty(Tag::List)?,
            EMPTY_DICT => self.empty(Tag::Dict)?,
            EMPTY_SET => self.empty(Tag::Set)?,
            LIST => {
                let start = self.pop_mark(op)?;
                self.container(Tag::List, start)?;
            }
            DICT => {
                let start = self.pop_mark(op)?;
                self.container(Tag::Dict, start)?;
            }
            FROZENSET => {
                let start = self.pop_mark(op)?;
                self.container(Tag::FrozenSet, start)?;
            }
            APPENDS | SETITEMS | ADDITEMS => {
                let start = self.pop_mark(op)?;
                return self.add(op, start);
            }
            APPEND => {
                let start = self.stack.len().saturating_sub(1);
                return self.add(op, start);
            }
            SETITEM => {
                let start = self.stack.len().saturating_sub(2);
                return self.add(op, start);
            }
            FRAME => return self.frame(op, little(arg)),
            STOP => return self.stop(op),
            _ => return self.rare(op, arg),
        }
        Ok(Step::Next)
    }

    #[inline]
    fn empty(&mut self, tag: Tag) -> Result<(), Stop> {
        let id = self.values.containers.make(&[]);
        self.push(Value::new(tag, id))
    }

    /// The opcodes that make up little of a large file.
    fn rare(&mut self, op: &Op, arg: &[u8]) -> Result<Step, Stop> {
        self.values.allow(op.at);
        match op.code {
            PROTO => self.proto(op, little(arg))?,
            POP => {
                if self.marks.last().is_some_and(|&mark| mark == self.stack.len()) {
                    self.marks.pop();
                } else {
                    self.pop(op)?;
                }
            }
            POP_MARK => {
                let start = self.pop_mark(op)?;
                self.stack.truncate(start);
            }
            DUP => {
                let value = self.top(op)?;
                self.push(value)?;
            }
            INT => return self.int_text(op, arg),
            LONG => return self.long_text(op, arg),
            LONG1 | LONG4 => {
                let value = match long(&arg[..arg.len().min(9)]) {
                    Some(n) if op.arg_len <= 8 => Value::int(n, op.at),
                    _ => Value::new(Tag::BigInt, op.at),
                };
                if op.code == LONG4 && op.arg_len >= 1 << 31 {
                    self.anomaly(A::LengthSigned, op.at, "")?;
                }
                self.push(value)?;
            }
            FLOAT => {
                if arg.contains(&0) {
                    self.anomaly(A::TextNul, op.at, "FLOAT")?;
                }
                if text_number(arg).parse::<f64>().is_err() {
                    self.error(A::NumberInvalid, op.at, "FLOAT")?;
                }
                self.push(Value::new(Tag::Float, op.at))?;
            }
            STRING => {
                let whole = arg.len() as u64 == op.arg_len;
                let (inner, quoted) = strip_quotes(arg);
                if whole && !quoted {
                    self.error(A::StringQuotes, op.at, "")?;
                }
                if !arg.is_ascii() {
                    self.anomaly(A::StringNotAscii, op.at, "")?;
                }
                if whole && !unescape_string(inner).1 {
                    self.error(A::StringEscape, op.at, "STRING")?;
                }
                return self.constant(op, Tag::Str);
            }
            UNICODE => {
                if arg.contains(&b'\\') && !unescape_unicode(arg).1 {
                    self.anomaly(A::StringEscape, op.at, "UNICODE")?;
                }
                return self.constant(op, Tag::Str);
            }
            SHORT_BINSTRING | BINSTRING => {
                if op.arg_len >= 1 << 31 {
                    self.anomaly(A::LengthSigned, op.at, "")?;
                }
                return self.constant(op, Tag::Str);
            }
            BYTEARRAY8 => return self.constant(op, Tag::ByteArray),
            NEXT_BUFFER => self.push(Value::new(Tag::Buffer, op.at))?,
            READONLY_BUFFER => {
                self.top(op)?;
            }
            GET => {
                let index = self.memo_index(op, arg)?;
                return self.get(op, index);
            }
            PUT => {
                let index = self.memo_index(op, arg)?;
                return self.put(op, index);
            }
            PERSID => {
                let value = Value::new(Tag::Str, op.at);
                self.persistent(op, value)?;
            }
            BINPERSID => {
                let value = self.pop(op)?;
                self.persistent(op, value)?;
            }
            GLOBAL => {
                let value = self.global_text(op, arg)?;
                self.push(value)?;
            }
            STACK_GLOBAL => {
                let name = self.pop(op)?;
                let module = self.pop(op)?;
                let value = self.stack_global(op, module, name)?;
                self.push(value)?;
            }
            EXT1 | EXT2 | EXT4 => {
                let value = self.extension(op, little(arg))?;
                self.push(value)?;
            }
            REDUCE => {
                let args = self.pop(op)?;
                let callable = self.pop(op)?;
                let value = self.call(op, callable, args, None)?;
                self.push(value)?;
            }
            NEWOBJ => {
                let args = self.pop(op)?;
                let class = self.pop(op)?;
                let value = self.call(op, class, args, None)?;
                self.push(value)?;
            }
            NEWOBJ_EX => {
                let keywords = self.pop(op)?;
                let args = self.pop(op)?;
                let class = self.pop(op)?;
                let value = self.call(op, class, args, Some(keywords))?;
                self.push(value)?;
            }
            OBJ => {
                let start = self.pop_mark(op)?;
                if start >= self.stack.len() {
                    self.underflow(op)?;
                    let value = self.call(op, Value::UNKNOWN, Value::UNKNOWN, None)?;
                    self.push(value)?;
                } else {
                    let class = self.stack[start];
                    self.container(Tag::Tuple, start + 1)?;
                    let args = self.pop(op)?;
                    self.stack.truncate(start);
                    let value = self.call(op, class, args, None)?;
                    self.push(value)?;
                }
            }
            INST => {
                let start = self.pop_mark(op)?;
                self.container(Tag::Tuple, start)?;
                let args = self.pop(op)?;
                let class = self.global_text(op, arg)?;
                let value = self.call(op, class, args, None)?;
                self.push(value)?;
            }
            BUILD => {
                let state = self.pop(op)?;
                let target = self.top(op)?;
                return self.build(op, target, state);
            }
            _ => {}
        }
        Ok(Step::Next)
    }

    #[cold]
    fn newer(&mut self, op: &Op) -> Result<(), Stop> {
        let needs = PROTOCOLS[usize::from(op.code)];
        let declared = self.protocol;
        // Once per pickle is enough: from here on it is known to need what it uses.
        self.level = needs;
        let declared = declared.map_or("none".to_owned(), |p| p.to_string());
        self.anomaly(A::ProtocolOlder, op.at, &format!("{} is of protocol {needs}, declared is {declared}", opcodes::name(op.code)))
    }

    fn proto(&mut self, op: &Op, version: u64) -> Result<(), Stop> {
        if op.at != self.begin {
            let code = if self.protocol.is_some() { A::ProtocolRepeated } else { A::ProtocolMisplaced };
            self.anomaly(code, op.at, &format!("protocol {version}"))?;
        }
        if version > 5 {
            self.error(A::ProtocolUnknown, op.at, &format!("protocol {version}"))?;
        }
        let version = u8::try_from(version).unwrap_or(u8::MAX);
        self.protocol = Some(version);
        self.level = version;
        Ok(())
    }

    fn frame(&mut self, op: &Op, len: u64) -> Result<Step, Stop> {
        if self.frame_end != u64::MAX && op.next < self.frame_end {
            self.anomaly(A::FrameNested, op.at, "")?;
        }
        let end = op.next.checked_add(len).filter(|&end| end <= self.values.reader.size());
        if end.is_none() {
            self.error(A::FrameTruncated, op.at, &format!("{len} bytes"))?;
        }
        self.frame_end = end.unwrap_or(u64::MAX);
        Ok(Step::Next)
    }

    fn stop(&mut self, op: &Op) -> Result<Step, Stop> {
        self.result = Some(self.pop(op)?);
        if !self.marks.is_empty() {
            let left = self.marks.len();
            self.anomaly(A::MarkLeft, op.at, &left.to_string())?;
        }
        if !self.stack.is_empty() {
            let left = self.stack.len() as u64 + self.stack_forgotten;
            self.anomaly(A::StackLeft, op.at, &left.to_string())?;
        }
        Ok(Step::Stop)
    }

    #[inline]
    fn constant(&mut self, op: &Op, tag: Tag) -> Result<Step, Stop> {
        let value = Value::new(tag, op.at);
        if V::CONSTANTS && op.arg_len >= self.constant_min {
            self.tell_constant(op, value)?;
        }
        self.push(value)?;
        Ok(Step::Next)
    }

    fn tell_constant(&mut self, op: &Op, value: Value) -> Result<(), Stop> {
        let kind = match value.tag() {
            Tag::Bytes | Tag::ComputedBytes => TextKind::Bytes,
            Tag::ByteArray => TextKind::ByteArray,
            _ => TextKind::Str,
        };
        let encoded = matches!(op.code, STRING | UNICODE);
        let constant = Constant { kind, value, offset: op.at, payload: op.arg_at, len: op.arg_len, encoded };
        self.visitor.constant(&constant, &mut self.values)
    }

    /// Pushes a counted constant whose content was read from elsewhere than where it lies (an alternative reading).
    pub(crate) fn push_read(&mut self, op: &Op, arg: &[u8]) -> Result<(), Stop> {
        let kind = match op.code {
            SHORT_BINBYTES | BINBYTES | BINBYTES8 => TextKind::Bytes,
            BYTEARRAY8 => TextKind::ByteArray,
            LONG1 | LONG4 => {
                let value = long(&arg[..arg.len().min(9)]).map_or(Value::UNKNOWN, |n| Value::int(n, op.at));
                return self.push(value);
            }
            _ => TextKind::Str,
        };
        let whole = arg.len() as u64 == op.arg_len;
        let value = if whole { self.values.intern_text(kind, arg) } else { None }.unwrap_or(Value::UNKNOWN);
        if V::CONSTANTS && op.arg_len >= self.constant_min {
            self.tell_constant(op, value)?;
        }
        self.push(value)
    }

    fn int_text(&mut self, op: &Op, arg: &[u8]) -> Result<Step, Stop> {
        if let Some(n) = plain_digits(arg)
            && (arg[0] != b'0' || arg.len() == 1)
        {
            self.push(Value::int(n.cast_signed(), op.at))?;
            return Ok(Step::Next);
        }
        if arg.contains(&0) {
            self.anomaly(A::TextNul, op.at, "INT")?;
        }
        let text = text_number(arg);
        let value = match text.as_str() {
            "01" => Value::TRUE,
            "00" => Value::FALSE,
            _ => self.integer(op, &text)?,
        };
        self.push(value)?;
        Ok(Step::Next)
    }

    fn long_text(&mut self, op: &Op, arg: &[u8]) -> Result<Step, Stop> {
        if arg.contains(&0) {
            self.anomaly(A::TextNul, op.at, "LONG")?;
        }
        let value = self.integer(op, &text_number(arg))?;
        self.push(value)?;
        Ok(Step::Next)
    }

    fn integer(&mut self, op: &Op, text: &str) -> Result<Value, Stop> {
        Ok(match integer(text) {
            Integer::Decimal(n) => Value::int(n, op.at),
            Integer::Long => Value::new(Tag::BigInt, op.at),
            Integer::Based(n) => {
                self.anomaly(A::IntegerBase, op.at, opcodes::name(op.code))?;
                Value::int(n, op.at)
            }
            Integer::Invalid => {
                self.error(A::NumberInvalid, op.at, opcodes::name(op.code))?;
                Value::UNKNOWN
            }
        })
    }

    fn memo_index(&mut self, op: &Op, arg: &[u8]) -> Result<u64, Stop> {
        if let Some(index) = plain_digits(arg) {
            return Ok(index);
        }
        if arg.contains(&0) {
            self.anomaly(A::TextNul, op.at, opcodes::name(op.code))?;
        }
        let text = text_number(arg);
        match text.parse::<u64>() {
            Ok(index) => {
                if text.len() != arg.len() && !arg.contains(&0) {
                    self.anomaly(A::MemoIndex, op.at, "")?;
                }
                Ok(index)
            }
            Err(_) => {
                self.error(A::MemoIndex, op.at, &format!("{:?}", text.chars().take(32).collect::<String>()))?;
                // Distinct texts must not meet in one entry; an index this far is never used otherwise.
                Ok(u64::MAX - arg.iter().fold(0u64, |h, &b| (h.wrapping_mul(31) + u64::from(b)) & 0xffff_ffff))
            }
        }
    }

    #[inline]
    fn get(&mut self, op: &Op, index: u64) -> Result<Step, Stop> {
        let value = match self.memo.get(index) {
            Some(value) => value,
            None => {
                self.error(A::MissingMemo, op.at, &index.to_string())?;
                Value::UNKNOWN
            }
        };
        self.push(value)?;
        Ok(Step::Next)
    }

    #[inline]
    fn put(&mut self, op: &Op, index: u64) -> Result<Step, Stop> {
        let value = self.top(op)?;
        let expected = self.memo.entries();
        if self.memo.put(index, value) != Stored::New || index > expected {
            self.memo_put_event(op, index, expected)?;
        }
        Ok(Step::Next)
    }

    #[cold]
    fn memo_put_event(&mut self, op: &Op, index: u64, expected: u64) -> Result<(), Stop> {
        if self.memo.get(index).is_none() {
            self.anomaly(A::LimitMemo, op.at, "")
        } else if index > expected {
            self.anomaly(A::MemoSparse, op.at, &format!("expected {expected}, found {index}"))
        } else {
            self.anomaly(A::MemoOverwritten, op.at, &index.to_string())
        }
    }

    #[cold]
    fn memo_event(&mut self, op: &Op, index: u64) -> Result<(), Stop> {
        if self.memo.get(index).is_none() {
            self.anomaly(A::LimitMemo, op.at, "")
        } else {
            self.anomaly(A::MemoOverwritten, op.at, &index.to_string())
        }
    }

    /// APPEND, APPENDS, SETITEM, SETITEMS, ADDITEMS: the items from `start` on go into what lies below them.
    #[inline]
    fn add(&mut self, op: &Op, start: usize) -> Result<Step, Stop> {
        let Some(below) = start.checked_sub(1) else { return self.add_to_nothing(op, start) };
        let target = self.stack[below];
        let fits = match op.code {
            APPEND | APPENDS => target.is(Tag::List),
            SETITEM | SETITEMS => target.is(Tag::Dict),
            _ => target.is(Tag::Set),
        };
        if !fits {
            return self.add_to_object(op, target, start);
        }
        self.values.containers.extend(target.payload(), &self.stack[start..]);
        self.stack.truncate(start);
        if let Some(&mark) = self.marks.last()
            && mark > start
        {
            self.cross(op)?;
        }
        Ok(Step::Next)
    }

    #[cold]
    fn add_to_nothing(&mut self, op: &Op, start: usize) -> Result<Step, Stop> {
        self.underflow(op)?;
        self.add_to_object(op, Value::UNKNOWN, start)
    }

    #[cold]
    fn add_to_object(&mut self, op: &Op, target: Value, start: usize) -> Result<Step, Stop> {
        let items: Vec<Value> = self.stack[start..].iter().copied().take(64).collect();
        let total = (self.stack.len() - start) as u64;
        self.stack.truncate(start);
        if let Some(mark) = self.marks.last_mut() {
            *mark = (*mark).min(start);
        }
        let target_kind = self.target_kind(target);
        let class = self.values.name(target).or_else(|| self.values.class(target)).cloned();
        let mut key = Key::new(b'i');
        key.byte(op.code);
        key.word(target.bits());
        if target.is(Tag::Name) {
            for &item in &items {
                self.values.key_of(&mut key, item)?;
            }
        }
        let (id, new) = self.values.event(key.hash());
        match target_kind {
            TargetKind::Constant => self.error(A::TargetConstant, op.at, opcodes::name(op.code))?,
            _ if new => self.anomaly(A::ItemsOnObject, op.at, opcodes::name(op.code))?,
            _ => {}
        }
        if new {
            let write = ItemWrite { id, target, target_kind, class: class.as_ref(), items: &items, total, opcode: op.code, offset: op.at };
            self.visitor.item_write(&write, &mut self.values)?;
        } else {
            self.visitor.again(id, op.at)?;
        }
        if matches!(op.code, SETITEM | SETITEMS) {
            for pair in items.chunks_exact(2) {
                self.write_item(op, target, pair[0], pair[1])?;
            }
        }
        Ok(Step::Next)
    }

    fn persistent(&mut self, op: &Op, value: Value) -> Result<(), Stop> {
        let mut key = Key::new(b'p');
        self.values.key_of(&mut key, value)?;
        let hash = key.hash();
        let (id, new) = self.values.event(hash);
        if new {
            let items = match value.tag() {
                Tag::Tuple => self.values.items(value, 64).values,
                _ => vec![value],
            };
            self.visitor.persistent_id(&PersistentId { id, value, items: &items, opcode: op.code, offset: op.at }, &mut self.values)?;
        } else {
            self.visitor.again(id, op.at)?;
        }
        let result = self.values.intern_expr(hash, || Expr::Persistent { value });
        if result.is_none() {
            self.anomaly(A::LimitExpressions, op.at, "")?;
        }
        self.push(result.unwrap_or(Value::UNKNOWN))
    }

    /// GLOBAL and INST: module and name in the argument.
    fn global_text(&mut self, op: &Op, arg: &[u8]) -> Result<Value, Stop> {
        let (module, name) = match memchr::memchr(b'\n', arg) {
            Some(at) => (&arg[..at], &arg[at + 1..]),
            None => (arg, &[][..]),
        };
        // The line ends of Windows, which a file opened as text does not have: Python 2's way, and that of `loads(file.read().encode())`.
        let line = |bytes: &[u8]| bytes.strip_suffix(b"\r").map_or(bytes.len(), <[u8]>::len);
        let (module, name) = match (line(module), line(name)) {
            (m, n) if m < module.len() && n <= name.len() => {
                self.anomaly(A::LineCarriageReturn, op.at, "")?;
                (&module[..m], &name[..n])
            }
            _ => (module, name),
        };
        let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|&b| char::from(b)).collect(),
        };
        let cut = self.values.limits.name_len;
        let (module, name) = (text(&module[..module.len().min(cut)]), text(&name[..name.len().min(cut)]));
        self.global(op, &module, &name, Via::Written)
    }
}
