//! Facts, built field by field.

use weighbridge_abi::{self as abi, Bytes, Field, List, Str, Value, ValueAs};

/// Text and bytes longer than this are cut before they are handed over, as the host would do.
const VALUE_BYTES: usize = 64 << 10;

/// A fact on its way to the host. It borrows what it is given until it is emitted.
pub struct Fact<'a> {
    pub(crate) kind: &'a str,
    pub(crate) parent: u64,
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) fields: Vec<Field>,
    lists: Vec<Box<[Value]>>,
    borrowed: core::marker::PhantomData<&'a [u8]>,
}

impl<'a> Fact<'a> {
    /// A fact of a kind that the plugin declares.
    pub fn new(kind: &'a str) -> Self {
        Fact { kind, parent: 0, offset: 0, length: 0, fields: Vec::with_capacity(8), lists: Vec::new(), borrowed: core::marker::PhantomData }
    }

    /// An `anomaly` of a code.
    pub fn anomaly(code: &'a str) -> Self {
        Fact::new("anomaly").text("code", code)
    }

    /// Where it is, in the input's own bytes.
    pub fn at(mut self, offset: u64, length: u64) -> Self {
        self.offset = offset;
        self.length = length;
        self
    }

    /// The fact that it belongs to.
    pub fn parent(mut self, id: u64) -> Self {
        self.parent = id;
        self
    }

    /// A text field.
    pub fn text(self, name: &'a str, text: &'a str) -> Self {
        let value = text_value(text);
        self.field(name, value)
    }

    /// A text field that is left out when the text is empty.
    pub fn text_if(self, name: &'a str, text: &'a str) -> Self {
        if text.is_empty() { self } else { self.text(name, text) }
    }

    /// A text field cut by the caller: `full_len` is how many bytes it had.
    pub fn text_cut(self, name: &'a str, text: &'a str, full_len: u64) -> Self {
        let mut value = text_value(text);
        if full_len > text.len() as u64 {
            value.flags = abi::TRUNCATED;
            value.full_len = full_len;
        }
        self.field(name, value)
    }

    /// A number field.
    pub fn u64(self, name: &'a str, number: u64) -> Self {
        self.field(name, Value { type_: abi::TYPE_U64, flags: 0, full_len: 0, as_: ValueAs { u64: number } })
    }

    /// A field of a signed number.
    pub fn i64(self, name: &'a str, number: i64) -> Self {
        self.field(name, Value { type_: abi::TYPE_I64, flags: 0, full_len: 0, as_: ValueAs { i64: number } })
    }

    /// A field of bytes.
    pub fn bytes(self, name: &'a str, bytes: &'a [u8]) -> Self {
        let cut = bytes.len().min(VALUE_BYTES);
        let flags = if cut < bytes.len() { abi::TRUNCATED } else { 0 };
        let as_ = ValueAs { bytes: Bytes::borrow(&bytes[..cut]) };
        self.field(name, Value { type_: abi::TYPE_BYTES, flags, full_len: bytes.len() as u64, as_ })
    }

    /// A list of texts; `full_len` is how many there were before the caller cut the list.
    pub fn texts<S: AsRef<str>>(mut self, name: &'a str, texts: &'a [S], full_len: u64) -> Self {
        let items: Box<[Value]> = texts.iter().map(|text| text_value(text.as_ref())).collect();
        let full_len = full_len.max(items.len() as u64);
        let flags = if full_len > items.len() as u64 { abi::TRUNCATED } else { 0 };
        let as_ = ValueAs { list: List { items: items.as_ptr(), len: items.len() as u64 } };
        self.lists.push(items);
        self.field(name, Value { type_: abi::TYPE_LIST, flags, full_len, as_ })
    }

    fn field(mut self, name: &'a str, value: Value) -> Self {
        self.fields.push(Field { name: Str::borrow(name), value });
        self
    }
}

fn text_value(text: &str) -> Value {
    let cut = text.floor_char_boundary(VALUE_BYTES.min(text.len()));
    let flags = if cut < text.len() { abi::TRUNCATED } else { 0 };
    Value { type_: abi::TYPE_TEXT, flags, full_len: text.len() as u64, as_: ValueAs { text: Str::borrow(&text[..cut]) } }
}
