//! The reader: one loop over an explicit stack, so that depth costs no more than a number.
//!
//! Format: <https://github.com/python/cpython/blob/main/Python/marshal.c>. A byte of type, its highest bit FLAG_REF ("with a type, add obj to index");
//! sizes are signed numbers of 32 bits; strings, and containers with their items behind them.

use crate::node::{Code, Id, Node, Object, Span};
use crate::version::{NUMBERS, PARTS, Step};
use crate::{Layout, Part, limits};
use std::cell::RefCell;
use weighbridge_parse_read::{ReadAt, Stop, Window};

/// The block of the input that is held in memory.
const BLOCK: usize = 64 << 10;
/// Steps between two polls.
const POLL: u64 = 8_192;
const FLAG_REF: u8 = 0x80;

/// Why reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The input ends.
    Truncated,
    /// The bytes are none that CPython would read.
    Invalid,
    /// Nested deeper than the limit, which is CPython's own.
    Depth,
    /// More values than the limit.
    Size,
}

/// What was met, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What kind of thing.
    pub problem: Problem,
    /// Offset in the input.
    pub at: u64,
    /// What should have been there.
    pub expected: &'static str,
    /// What is there.
    pub found: String,
}

enum Fail {
    Stop(Stop),
    Issue(Issue),
}

impl From<Stop> for Fail {
    fn from(stop: Stop) -> Self {
        Fail::Stop(stop)
    }
}

/// Reads the value that begins at `start`, its code objects in one layout. What came before an error is kept.
pub fn read<R: ReadAt + ?Sized>(input: &R, start: u64, layout: Layout) -> Result<Object<'_, R>, Stop> {
    let mut reader = Reader {
        window: Window::new(input, BLOCK),
        at: start,
        size: input.size(),
        layout,
        nodes: Vec::new(),
        refs: Vec::new(),
        interned: Vec::new(),
        stack: Vec::new(),
        steps: 0,
    };
    let issue = match reader.run() {
        Ok(()) => None,
        Err(Fail::Issue(issue)) => Some(issue),
        Err(Fail::Stop(stop)) => return Err(stop),
    };
    while let Some(frame) = reader.stack.pop() {
        reader.close(frame);
    }
    let Reader { window, at, nodes, .. } = reader;
    Ok(Object { input, window: RefCell::new(window), nodes, layout, start, end: at, issue })
}

/// A container that is being read.
struct Frame {
    id: Id,
    shape: Shape,
}

enum Shape {
    Items { kind: Kind, left: u32, items: Vec<Id> },
    Pairs { frozen: bool, items: Vec<Id> },
    Code { step: usize, code: Box<Code> },
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Tuple,
    List,
    Set,
    FrozenSet,
    Slice,
}

struct Reader<'i, R: ?Sized> {
    window: Window<&'i R>,
    at: u64,
    size: u64,
    layout: Layout,
    nodes: Vec<Node>,
    /// Values that may be referred to, in the order of their flags.
    refs: Vec<Id>,
    /// Interned strings of Python 2, which TYPE_STRINGREF refers to.
    interned: Vec<Id>,
    stack: Vec<Frame>,
    steps: u64,
}

impl<R: ReadAt + ?Sized> Reader<'_, R> {
    fn run(&mut self) -> Result<(), Fail> {
        let mut done = self.value()?;
        loop {
            self.steps += 1;
            if self.steps.is_multiple_of(POLL) {
                self.window.input().poll(POLL)?;
            }
            if let Some(id) = done.take() {
                self.deliver(id)?;
            }
            let Some(frame) = self.stack.last_mut() else { return Ok(()) };
            let finished = match &mut frame.shape {
                Shape::Items { left, .. } => *left == 0,
                Shape::Pairs { .. } => false,
                Shape::Code { step, code } => match self.layout.steps().get(*step) {
                    None => true,
                    Some(Step::Part(_)) => false,
                    Some(Step::Number(number)) => {
                        let value = i32::from_le_bytes(take(&mut self.window, &mut self.at)?);
                        code.numbers[*number as usize] = value;
                        *step += 1;
                        continue;
                    }
                },
            };
            if finished {
                if let Some(frame) = self.stack.pop() {
                    done = Some(frame.id);
                    self.close(frame);
                }
            } else {
                done = self.value()?;
            }
        }
    }

    /// Reads one value, or opens a container: then there is none yet.
    fn value(&mut self) -> Result<Option<Id>, Fail> {
        let at = self.at;
        let [byte] = self.take()?;
        let (kind, flagged) = (byte & !FLAG_REF, byte & FLAG_REF != 0);
        let two = self.layout == Layout::Py27;
        if two && flagged {
            return Err(self.invalid(at, "a type of Python 2", byte));
        }
        let leaf = match kind {
            b'0' => return self.add(Node::Null).map(Some),
            b'N' => return self.add(Node::None).map(Some),
            b'F' => return self.add(Node::False).map(Some),
            b'T' => return self.add(Node::True).map(Some),
            b'S' => return self.add(Node::StopIteration).map(Some),
            b'.' => return self.add(Node::Ellipsis).map(Some),
            b'r' if !two => return self.reference(at, false).map(Some),
            b'R' if two => return self.reference(at, true).map(Some),
            b'i' => Node::Int(i64::from(i32::from_le_bytes(self.take()?))),
            b'I' => Node::Int(i64::from_le_bytes(self.take()?)),
            b'l' => self.long()?,
            b'f' => Node::FloatText(self.short()?),
            b'g' => Node::Float(f64::from_le_bytes(self.take()?)),
            b'x' => Node::ComplexText(self.short()?, self.short()?),
            b'y' => Node::Complex(f64::from_le_bytes(self.take()?), f64::from_le_bytes(self.take()?)),
            b's' => Node::Bytes(self.long_span()?),
            b't' | b'u' => Node::Text { span: self.long_span()?, latin1: false },
            b'a' | b'A' if !two => Node::Text { span: self.long_span()?, latin1: true },
            b'z' | b'Z' if !two => Node::Text { span: self.short()?, latin1: true },
            b'(' => return self.items(Kind::Tuple, None, flagged),
            b')' if !two => {
                let [count] = self.take()?;
                return self.items(Kind::Tuple, Some(u32::from(count)), flagged);
            }
            b'[' => return self.items(Kind::List, None, flagged),
            b'<' => return self.items(Kind::Set, None, flagged),
            b'>' => return self.items(Kind::FrozenSet, None, flagged),
            b':' if !two => return self.items(Kind::Slice, Some(3), flagged),
            b'{' => return self.open(Shape::Pairs { frozen: false, items: Vec::new() }, flagged),
            b'}' if !two => return self.open(Shape::Pairs { frozen: true, items: Vec::new() }, flagged),
            b'c' => {
                let code = Box::new(Code { at, numbers: [0; NUMBERS], parts: [None; PARTS] });
                return self.open(Shape::Code { step: 0, code }, flagged);
            }
            _ => return Err(self.invalid(at, "a type", byte)),
        };
        let id = self.add(leaf)?;
        if flagged {
            self.refs.push(id);
        }
        if two && kind == b't' {
            self.interned.push(id);
        }
        Ok(Some(id))
    }

    fn items(&mut self, kind: Kind, count: Option<u32>, flagged: bool) -> Result<Option<Id>, Fail> {
        let left = match count {
            Some(count) => count,
            None => self.length()?,
        };
        self.open(Shape::Items { kind, left, items: Vec::new() }, flagged)
    }

    fn open(&mut self, shape: Shape, flagged: bool) -> Result<Option<Id>, Fail> {
        if self.stack.len() >= limits::DEPTH {
            return Err(self.issue(Problem::Depth, self.at, "less nesting", self.stack.len().to_string()));
        }
        let id = self.add(Node::Open)?;
        if flagged {
            self.refs.push(id);
        }
        self.stack.push(Frame { id, shape });
        Ok(None)
    }

    /// Gives a value to the container that waits for it.
    fn deliver(&mut self, id: Id) -> Result<(), Fail> {
        let null = matches!(self.nodes.get(id.0 as usize), Some(Node::Null));
        let at = self.at;
        match self.stack.last_mut().map(|frame| &mut frame.shape) {
            None => {}
            Some(Shape::Items { left, items, .. }) => {
                if null {
                    return Err(self.invalid(at.saturating_sub(1), "an item", b'0'));
                }
                *left -= 1;
                items.push(id);
            }
            Some(Shape::Pairs { items, .. }) => {
                if !null {
                    items.push(id);
                } else if let Some(frame) = self.stack.pop() {
                    // A null in place of a value ends a dictionary too: CPython drops the key.
                    let id = frame.id;
                    self.close(frame);
                    return self.deliver(id);
                }
            }
            Some(Shape::Code { step, code }) => {
                let Some(Step::Part(part)) = self.layout.steps().get(*step) else { return Ok(()) };
                let node = self.nodes.get(id.0 as usize).unwrap_or(&Node::Null);
                if !fits(*part, node, self.layout) {
                    return Err(self.issue(Problem::Invalid, at, wanted(*part), kind_name(node).to_owned()));
                }
                code.parts[*part as usize] = Some(id);
                *step += 1;
            }
        }
        Ok(())
    }

    fn close(&mut self, frame: Frame) {
        let node = match frame.shape {
            Shape::Items { kind, items, .. } => {
                let items = items.into_boxed_slice();
                match kind {
                    Kind::Tuple => Node::Tuple(items),
                    Kind::List => Node::List(items),
                    Kind::Set => Node::Set(items),
                    Kind::FrozenSet => Node::FrozenSet(items),
                    Kind::Slice => Node::Slice(items),
                }
            }
            Shape::Pairs { frozen: false, items } => Node::Dict(items.into_boxed_slice()),
            Shape::Pairs { frozen: true, items } => Node::FrozenDict(items.into_boxed_slice()),
            Shape::Code { code, .. } => Node::Code(code),
        };
        if let Some(slot) = self.nodes.get_mut(frame.id.0 as usize) {
            *slot = node;
        }
    }

    fn reference(&mut self, at: u64, interned: bool) -> Result<Id, Fail> {
        let number = u32::from_le_bytes(self.take()?);
        let table = if interned { &self.interned } else { &self.refs };
        table.get(number as usize).copied().ok_or_else(|| self.issue(Problem::Invalid, at, "a reference to what came before", number.to_string()))
    }

    /// TYPE_LONG: the number of digits, negative for a negative number, and the digits in base 2^15.
    fn long(&mut self) -> Result<Node, Fail> {
        let at = self.at;
        let count = i32::from_le_bytes(self.take()?);
        let len = count.unsigned_abs().checked_mul(2).ok_or_else(|| self.issue(Problem::Invalid, at, "a number of digits", count.to_string()))?;
        Ok(Node::Long { digits: self.span(len)?, negative: count < 0 })
    }

    fn short(&mut self) -> Result<Span, Fail> {
        let [len] = self.take()?;
        self.span(u32::from(len))
    }

    fn long_span(&mut self) -> Result<Span, Fail> {
        let len = self.length()?;
        self.span(len)
    }

    fn length(&mut self) -> Result<u32, Fail> {
        let at = self.at;
        let length = i32::from_le_bytes(self.take()?);
        u32::try_from(length).map_err(|_| self.issue(Problem::Invalid, at, "a length", length.to_string()))
    }

    fn span(&mut self, len: u32) -> Result<Span, Fail> {
        let at = self.at;
        if u64::from(len) > self.size.saturating_sub(at) {
            return Err(self.issue(Problem::Truncated, at, "the rest of a string", format!("{} of {len} bytes", self.size.saturating_sub(at))));
        }
        self.at += u64::from(len);
        Ok(Span { at, len })
    }

    fn add(&mut self, node: Node) -> Result<Id, Fail> {
        if self.nodes.len() >= limits::NODES {
            return Err(self.issue(Problem::Size, self.at, "fewer values", self.nodes.len().to_string()));
        }
        self.nodes.push(node);
        Ok(Id(self.nodes.len() as u32 - 1))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fail> {
        take(&mut self.window, &mut self.at)
    }

    fn invalid(&self, at: u64, expected: &'static str, byte: u8) -> Fail {
        self.issue(Problem::Invalid, at, expected, format!("byte 0x{byte:02x}"))
    }

    fn issue(&self, problem: Problem, at: u64, expected: &'static str, found: String) -> Fail {
        Fail::Issue(Issue { problem, at, expected, found })
    }
}

fn take<const N: usize, R: ReadAt>(window: &mut Window<R>, at: &mut u64) -> Result<[u8; N], Fail> {
    match window.array::<N>(*at)? {
        Some(bytes) => {
            *at += N as u64;
            Ok(bytes)
        }
        None => Err(Fail::Issue(Issue { problem: Problem::Truncated, at: *at, expected: "the next value", found: "the end".into() })),
    }
}

/// Whether a value may stand for a part: CPython's constructor refuses others, and a layout that is not the right one soon meets one.
fn fits(part: Part, node: &Node, layout: Layout) -> bool {
    match part {
        Part::Bytecode | Part::Kinds | Part::Lines | Part::Exceptions => {
            matches!(node, Node::Bytes(_)) || layout == Layout::Py27 && matches!(node, Node::Text { .. })
        }
        Part::Constants | Part::Names | Part::Variables | Part::Free | Part::Cells => matches!(node, Node::Tuple(_)),
        Part::Filename | Part::Name | Part::QualifiedName => {
            matches!(node, Node::Text { .. }) || layout == Layout::Py27 && matches!(node, Node::Bytes(_))
        }
    }
}

fn wanted(part: Part) -> &'static str {
    match part {
        Part::Bytecode => "the bytecode",
        Part::Kinds => "the kinds of variables",
        Part::Lines => "the table of lines",
        Part::Exceptions => "the table of exceptions",
        Part::Constants => "a tuple of constants",
        Part::Names => "a tuple of names",
        Part::Variables => "a tuple of variables",
        Part::Free => "a tuple of free variables",
        Part::Cells => "a tuple of cells",
        Part::Filename => "the name of the file",
        Part::Name => "a name",
        Part::QualifiedName => "a qualified name",
    }
}

fn kind_name(node: &Node) -> &'static str {
    match node {
        Node::Open => "what is still being read",
        Node::Null => "null",
        Node::None | Node::False | Node::True | Node::StopIteration | Node::Ellipsis => "a constant",
        Node::Int(_) | Node::Long { .. } | Node::Float(_) | Node::FloatText(_) | Node::Complex(..) | Node::ComplexText(..) => "a number",
        Node::Bytes(_) => "bytes",
        Node::Text { .. } => "text",
        Node::Code(_) => "a code object",
        _ => "a container",
    }
}
