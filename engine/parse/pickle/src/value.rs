//! One value of the abstract machine, packed into 64 bits.

/// What a [`Value`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Tag {
    /// Nothing is known: an underflow, an evicted container, a missing memo entry.
    Unknown = 1,
    /// `None`.
    None,
    /// `True` or `False`.
    Bool,
    /// An integer of at most 56 bits.
    Int,
    /// A longer integer, by the offset of its opcode.
    BigInt,
    /// A float, by the offset of its opcode.
    Float,
    /// A text constant, by the offset of its opcode.
    Str,
    /// A bytes constant, by the offset of its opcode.
    Bytes,
    /// A bytearray constant, by the offset of its opcode.
    ByteArray,
    /// A text that the machine computed.
    ComputedStr,
    /// Bytes that the machine computed.
    ComputedBytes,
    /// A name: a module, or something found in one.
    Name,
    /// An expression that is not evaluated: the result of a call, an attribute, an item.
    Expr,
    /// A tuple.
    Tuple,
    /// A list.
    List,
    /// A dict.
    Dict,
    /// A set.
    Set,
    /// A frozenset.
    FrozenSet,
    /// An out-of-band buffer (NEXT_BUFFER).
    Buffer,
}

const TAGS: [Tag; 20] = [
    Tag::Unknown,
    Tag::Unknown,
    Tag::None,
    Tag::Bool,
    Tag::Int,
    Tag::BigInt,
    Tag::Float,
    Tag::Str,
    Tag::Bytes,
    Tag::ByteArray,
    Tag::ComputedStr,
    Tag::ComputedBytes,
    Tag::Name,
    Tag::Expr,
    Tag::Tuple,
    Tag::List,
    Tag::Dict,
    Tag::Set,
    Tag::FrozenSet,
    Tag::Buffer,
];

/// A value on the stack or in the memo: eight bits of [`Tag`], 56 bits of payload (an offset, an index, a small integer).
///
/// Two values that are equal denote the same thing; two that differ may still be equal in Python (the same text at two offsets).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Value(u64);

const PAYLOAD: u64 = (1 << 56) - 1;

impl Value {
    /// Nothing is known.
    pub const UNKNOWN: Value = Value::new(Tag::Unknown, 0);
    /// `None`.
    pub const NONE: Value = Value::new(Tag::None, 0);
    /// `True`.
    pub const TRUE: Value = Value::new(Tag::Bool, 1);
    /// `False`.
    pub const FALSE: Value = Value::new(Tag::Bool, 0);

    #[inline]
    pub(crate) const fn new(tag: Tag, payload: u64) -> Self {
        Value((tag as u64) << 56 | (payload & PAYLOAD))
    }

    /// A small integer; longer ones are known by their offset only.
    #[inline]
    pub(crate) fn int(value: i64, offset: u64) -> Self {
        if value << 8 >> 8 == value { Value::new(Tag::Int, value.cast_unsigned()) } else { Value::new(Tag::BigInt, offset) }
    }

    /// What this is.
    #[inline]
    #[must_use]
    pub fn tag(self) -> Tag {
        TAGS.get((self.0 >> 56) as usize).copied().unwrap_or(Tag::Unknown)
    }

    #[inline]
    pub(crate) const fn payload(self) -> u64 {
        self.0 & PAYLOAD
    }

    #[inline]
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.payload()).unwrap_or(usize::MAX)
    }

    #[inline]
    pub(crate) fn is(self, tag: Tag) -> bool {
        self.0 >> 56 == tag as u64
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    /// The value of packed bits; `None` for the empty pattern.
    #[inline]
    pub(crate) const fn from_bits(bits: u64) -> Option<Self> {
        if bits == 0 { None } else { Some(Value(bits)) }
    }

    /// The integer, where it is a small one (`True` and `False` count as 1 and 0, as in Python).
    #[must_use]
    pub fn as_int(self) -> Option<i64> {
        match self.tag() {
            Tag::Int => Some(self.payload().cast_signed() << 8 >> 8),
            Tag::Bool => Some(self.payload().cast_signed()),
            _ => None,
        }
    }

    /// The offset of the opcode that made it, for constants that lie in the file.
    #[must_use]
    pub fn offset(self) -> Option<u64> {
        matches!(self.tag(), Tag::BigInt | Tag::Float | Tag::Str | Tag::Bytes | Tag::ByteArray).then_some(self.payload())
    }

    /// Whether this is text or bytes, from the file or computed.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(self.tag(), Tag::Str | Tag::Bytes | Tag::ByteArray | Tag::ComputedStr | Tag::ComputedBytes)
    }

    /// Whether this is a text (`str`), from the file or computed.
    #[must_use]
    pub fn is_str(self) -> bool {
        matches!(self.tag(), Tag::Str | Tag::ComputedStr)
    }

    /// Whether this is a tuple, list, dict, set or frozenset.
    #[must_use]
    pub fn is_container(self) -> bool {
        matches!(self.tag(), Tag::Tuple | Tag::List | Tag::Dict | Tag::Set | Tag::FrozenSet)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}({})", self.tag(), self.payload())
    }
}
