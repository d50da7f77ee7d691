//! What a reader gives: one token, with its place.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{`
    BeginObject,
    /// `}`, or where an object ends without one.
    EndObject,
    /// `[`
    BeginArray,
    /// `]`, or where an array ends without one.
    EndArray,
    /// A key of an object; its value follows.
    Key,
    /// A string that is a value.
    String,
    /// A number, `NaN` and `Infinity` among them.
    Number,
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// Nothing more is read: the input or the value is over, or reading was given up (an issue then says so). It comes again and again.
    End,
}

/// A token and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Offset of its first byte, of a string's quote.
    pub at: u64,
    /// Bytes of the input that it takes, quotes among them.
    pub length: u64,
    /// How many containers it stands in; both ends of a container have the depth at which that stands.
    pub depth: u64,
}

impl Token {
    /// Whether a container begins here.
    pub fn begins(&self) -> bool {
        matches!(self.kind, Kind::BeginObject | Kind::BeginArray)
    }

    /// Whether a container ends here.
    pub fn ends(&self) -> bool {
        matches!(self.kind, Kind::EndObject | Kind::EndArray)
    }

    /// The offset behind it.
    pub fn end(&self) -> u64 {
        self.at.saturating_add(self.length)
    }
}
