//! Nested content, reported to the host.

use weighbridge_abi::{self as abi, Growable};

/// How the host gets at a child's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildKind {
    /// The bytes of the input as they stand.
    Range,
    /// Decoded by the plugin: the number is given back to `open_child`.
    Token(u64),
}

/// A child record on its way to the host.
#[derive(Debug, Clone)]
pub struct Child<'a> {
    /// Range or token.
    pub kind: ChildKind,
    /// Of the (encoded) bytes in the input.
    pub offset: u64,
    /// In bytes of the input.
    pub length: u64,
    /// As in the container, raw.
    pub name: &'a [u8],
    /// Position in the container.
    pub index: u64,
    /// Of the decoded content, as the container says.
    pub declared_size: Option<u64>,
    /// "stored", "deflate", "base64", …
    pub encoding: &'a str,
    /// A format id, or empty.
    pub format_hint: &'a str,
    /// The fact it belongs to, or 0.
    pub parent: u64,
    /// Tensor data and the like: nothing is wrong when no format is found in it.
    pub payload: bool,
    /// May well be nothing: never an error by itself.
    pub speculative: bool,
}

impl<'a> Child<'a> {
    /// The input's own bytes from `offset` on.
    pub fn range(name: &'a [u8], index: u64, offset: u64, length: u64) -> Self {
        Child {
            kind: ChildKind::Range,
            offset,
            length,
            name,
            index,
            declared_size: Some(length),
            encoding: "stored",
            format_hint: "",
            parent: 0,
            payload: false,
            speculative: false,
        }
    }

    /// Content that `open_child` decodes.
    pub fn token(name: &'a [u8], index: u64, token: u64, encoding: &'a str) -> Self {
        Child { kind: ChildKind::Token(token), declared_size: None, encoding, ..Child::range(name, index, 0, 0) }
    }

    /// Where its encoded bytes lie.
    pub fn at(mut self, offset: u64, length: u64) -> Self {
        self.offset = offset;
        self.length = length;
        self
    }

    pub(crate) fn to_abi(&self) -> abi::Child {
        let (kind, token) = match self.kind {
            ChildKind::Range => (abi::CHILD_RANGE, 0),
            ChildKind::Token(token) => (abi::CHILD_TOKEN, token),
        };
        abi::Child {
            kind,
            flags: u32::from(self.payload) * abi::CHILD_PAYLOAD + u32::from(self.speculative) * abi::CHILD_SPECULATIVE,
            offset: self.offset,
            length: self.length,
            token,
            index: self.index,
            declared_size: self.declared_size.unwrap_or(abi::UNKNOWN),
            parent: self.parent,
            name: abi::Bytes::borrow(self.name),
            encoding: abi::Str::borrow(self.encoding),
            format_hint: abi::Str::borrow(self.format_hint),
            ..abi::Child::EMPTY
        }
    }
}
