//! Fields, their values, and the messages that they stand in.

use crate::error::{Broken, Fault};
use crate::limits;
use weighbridge_parse_read::Span;

/// A value as the wire has it. What it means is the schema's: a varint may be a number of either sign, a truth value or an enumeration's,
/// bytes may be a string, a message or packed numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2: where the bytes lie.
    Bytes(Span),
    /// Wire types 3 and 4: where the fields of the group lie.
    Group(Span),
    /// Wire type 5.
    Fixed32(u32),
}

/// Which wire type a value is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// A number of variable length.
    Varint,
    /// Eight bytes.
    Fixed64,
    /// A length and so many bytes.
    Bytes,
    /// Fields up to the group's end.
    Group,
    /// Four bytes.
    Fixed32,
}

impl Value {
    /// Its wire type.
    pub fn wire(self) -> Wire {
        match self {
            Value::Varint(_) => Wire::Varint,
            Value::Fixed64(_) => Wire::Fixed64,
            Value::Bytes(_) => Wire::Bytes,
            Value::Group(_) => Wire::Group,
            Value::Fixed32(_) => Wire::Fixed32,
        }
    }
}

/// One field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its number in the schema.
    pub number: u32,
    /// Where its tag begins.
    pub at: u64,
    /// Where the next field begins.
    pub end: u64,
    /// Its value. Bytes that the message around them cuts short are given as far as they go; the call after that answers the error.
    pub value: Value,
}

impl Field {
    /// The whole field: tag, length and value.
    pub fn span(&self) -> Span {
        Span::new(self.at, self.end)
    }

    /// The number, if it is a varint.
    pub fn varint(&self) -> Option<u64> {
        match self.value {
            Value::Varint(number) => Some(number),
            _ => None,
        }
    }

    /// Where the bytes lie, if it has some.
    pub fn bytes(&self) -> Option<Span> {
        match self.value {
            Value::Bytes(span) => Some(span),
            _ => None,
        }
    }
}

/// A message, and how far it is read. A small value: to walk a message twice, copy it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    pub(crate) span: Span,
    pub(crate) at: u64,
    pub(crate) depth: u32,
    pub(crate) broken: Option<Broken>,
}

impl Message {
    /// The outermost message, which lies in `span`.
    pub fn new(span: Span) -> Self {
        Message { span, at: span.start, depth: 0, broken: None }
    }

    /// The message that lies in a field of this one. The limit of depth is the only error.
    pub fn nested(&self, span: Span) -> Result<Self, Broken> {
        if self.depth >= limits::DEPTH {
            return Err(Broken { at: span.start, fault: Fault::Depth });
        }
        Ok(Message { depth: self.depth + 1, ..Message::new(span) })
    }

    /// Where it lies.
    pub fn span(&self) -> Span {
        self.span
    }

    /// How many messages are around it.
    pub fn depth(&self) -> u32 {
        self.depth
    }
}
