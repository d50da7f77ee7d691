//! What a stream holds, as a table of values that name each other by number: references make it a graph, possibly with cycles.

use crate::version::{NUMBERS, PARTS};
use crate::{Issue, Layout, Number, Part, limits};
use std::cell::RefCell;
use weighbridge_parse_read::{ReadAt, Stop, Window, read_up_to};

/// The number of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub(crate) u32);

/// Bytes of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Offset in the input.
    pub at: u64,
    /// Bytes; inside the input.
    pub len: u32,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Node {
    /// A container that is still being read.
    Open,
    /// The end of a dictionary, a slot without a value.
    Null,
    None,
    False,
    True,
    StopIteration,
    Ellipsis,
    Int(i64),
    /// Little-endian digits of 15 bits in two bytes each.
    Long {
        digits: Span,
        negative: bool,
    },
    Float(f64),
    /// A number as text.
    FloatText(Span),
    Complex(f64, f64),
    /// Two numbers as text.
    ComplexText(Span, Span),
    Bytes(Span),
    /// UTF-8, or one byte for each character.
    Text {
        span: Span,
        latin1: bool,
    },
    Tuple(Box<[Id]>),
    List(Box<[Id]>),
    Set(Box<[Id]>),
    FrozenSet(Box<[Id]>),
    /// Keys and values in turn.
    Dict(Box<[Id]>),
    FrozenDict(Box<[Id]>),
    Slice(Box<[Id]>),
    Code(Box<Code>),
}

/// A code object. Parts that were not reached are missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// Where it begins in the input.
    pub at: u64,
    pub(crate) numbers: [i32; NUMBERS],
    pub(crate) parts: [Option<Id>; PARTS],
}

impl Code {
    /// One of its numbers; 0 where the layout has none.
    pub fn number(&self, number: Number) -> i32 {
        self.numbers[number as usize]
    }

    /// One of its parts.
    pub fn part(&self, part: Part) -> Option<Id> {
        self.parts[part as usize]
    }
}

/// Text that may have been cut.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cut {
    /// As far as it goes.
    pub text: String,
    /// Bytes of the whole in the input.
    pub full: u64,
    /// Whether there is more.
    pub cut: bool,
}

/// A stream as it was read.
pub struct Object<'i, R: ?Sized> {
    pub(crate) input: &'i R,
    pub(crate) window: RefCell<Window<&'i R>>,
    pub(crate) nodes: Vec<Node>,
    /// The layout that it was read with.
    pub layout: Layout,
    /// Where it begins.
    pub start: u64,
    /// Where it ends, or where reading stopped.
    pub end: u64,
    /// Why reading stopped before the end, if it did.
    pub issue: Option<Issue>,
}

impl<R: ReadAt + ?Sized> Object<'_, R> {
    /// The value itself.
    pub fn root(&self) -> Id {
        Id(0)
    }

    /// A value.
    pub fn node(&self, id: Id) -> &Node {
        self.nodes.get(id.0 as usize).unwrap_or(&Node::Null)
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All values in the order in which they begin.
    pub fn all(&self) -> impl Iterator<Item = (Id, &Node)> {
        self.nodes.iter().enumerate().map(|(at, node)| (Id(at as u32), node))
    }

    /// All code objects in the order in which they begin: one comes before those among its constants.
    pub fn codes(&self) -> impl Iterator<Item = (Id, &Code)> {
        self.all().filter_map(|(id, node)| if let Node::Code(code) = node { Some((id, &**code)) } else { None })
    }

    /// The items of a part that is a tuple, at most `limits::ENTRIES`.
    pub fn items(&self, code: &Code, part: Part) -> &[Id] {
        match code.part(part).map(|id| self.node(id)) {
            Some(Node::Tuple(items)) => &items[..items.len().min(limits::ENTRIES)],
            _ => &[],
        }
    }

    /// Bytes of the input, at most `limit` of them.
    pub fn bytes(&self, span: Span, limit: usize) -> Result<Vec<u8>, Stop> {
        let len = (span.len as usize).min(limit);
        if len > 4 << 10 {
            return read_up_to(self.input, span.at, len);
        }
        let mut window = self.window.borrow_mut();
        let held = window.at(span.at, len)?;
        Ok(held[..held.len().min(len)].to_vec())
    }

    /// A string as text, at most `limit` bytes of it; `None` for other values. Byte strings are read as what they look like.
    pub fn text(&self, id: Id, limit: usize) -> Result<Option<Cut>, Stop> {
        let (span, latin1) = match *self.node(id) {
            Node::Text { span, latin1 } => (span, latin1),
            Node::Bytes(span) => (span, false),
            _ => return Ok(None),
        };
        let bytes = self.bytes(span, limit)?;
        let cut = (bytes.len() as u64) < u64::from(span.len);
        let text = if latin1 { bytes.iter().map(|byte| char::from(*byte)).collect() } else { lossy(&bytes, cut) };
        Ok(Some(Cut { text, full: u64::from(span.len), cut }))
    }

    /// A part that is a name; empty where it is none.
    pub fn name(&self, code: &Code, part: Part) -> Result<String, Stop> {
        Ok(match code.part(part) {
            Some(id) => self.text(id, limits::NAME)?.unwrap_or_default().text,
            None => String::new(),
        })
    }

    /// A part that is a tuple of names.
    pub fn names(&self, code: &Code, part: Part) -> Result<Vec<String>, Stop> {
        self.items(code, part).iter().map(|id| Ok(self.text(*id, limits::NAME)?.unwrap_or_default().text)).collect()
    }
}

/// UTF-8 with replacements, without one for a character that was cut.
fn lossy(bytes: &[u8], cut: bool) -> String {
    let whole = match std::str::from_utf8(bytes) {
        Err(error) if cut && error.error_len().is_none() => &bytes[..error.valid_up_to()],
        _ => bytes,
    };
    String::from_utf8_lossy(whole).into_owned()
}
