//! Why a walk ended early.

use weighbridge_parse_read::Stop;

/// Where a message breaks the wire format, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Where in the input it shows.
    pub at: u64,
    /// How.
    pub fault: Fault,
}

/// What breaks the wire format. Every reader refuses the whole message for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The message ends inside a tag or a varint.
    VarintTruncated,
    /// A varint of more than ten bytes.
    VarintTooLong,
    /// A tag of more than 32 bits.
    TagTooLong,
    /// Field number 0.
    FieldZero,
    /// Wire type 6 or 7, which there are not.
    WireType(u8),
    /// The message ends inside a value of this many bytes, so many of which are there.
    ValueTruncated {
        /// As announced.
        expected: u64,
        /// Up to the end of the message around it.
        found: u64,
    },
    /// The end of a group that did not begin, or of another one.
    GroupEnd {
        /// Of the group that is open, or 0.
        expected: u32,
        /// As it stands.
        found: u32,
    },
    /// The message ends inside a group of this number.
    GroupTruncated(u32),
    /// Messages or groups are nested deeper than the limit.
    Depth,
}

impl Fault {
    /// The code of the anomaly that says this.
    pub fn code(self) -> &'static str {
        match self {
            Fault::VarintTruncated | Fault::ValueTruncated { .. } | Fault::GroupTruncated(_) => "truncated",
            Fault::Depth => "limit-depth",
            _ => "invalid",
        }
    }

    /// What should be there.
    pub fn expected(self) -> String {
        match self {
            Fault::VarintTruncated => "the rest of a varint".into(),
            Fault::VarintTooLong => "a varint of at most 10 bytes".into(),
            Fault::TagTooLong => "a tag of at most 32 bits".into(),
            Fault::FieldZero => "a field number from 1 on".into(),
            Fault::WireType(_) => "a wire type from 0 to 5".into(),
            Fault::ValueTruncated { expected, .. } => format!("a value of {expected} bytes"),
            Fault::GroupEnd { expected: 0, .. } => "a field".into(),
            Fault::GroupEnd { expected, .. } => format!("the end of group {expected}"),
            Fault::GroupTruncated(number) => format!("the end of group {number}"),
            Fault::Depth => format!("at most {} messages within each other", crate::limits::DEPTH),
        }
    }

    /// What is there.
    pub fn found(self) -> String {
        match self {
            Fault::VarintTruncated | Fault::GroupTruncated(_) => "the end of the message".into(),
            Fault::VarintTooLong | Fault::TagTooLong => "a longer one".into(),
            Fault::FieldZero => "0".into(),
            Fault::WireType(wire) => wire.to_string(),
            Fault::ValueTruncated { found, .. } => format!("{found} bytes to the end of the message"),
            Fault::GroupEnd { found, .. } => format!("the end of group {found}"),
            Fault::Depth => "more".into(),
        }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at {}: expected {}, found {}", self.at, self.fault.expected(), self.fault.found())
    }
}

/// Why the next field is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The caller asked for the end.
    Stop(Stop),
    /// The message is broken here: it has no further fields.
    Broken(Broken),
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        Error::Stop(stop)
    }
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        Error::Broken(broken)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Stop(stop) => stop.fmt(f),
            Error::Broken(broken) => broken.fmt(f),
        }
    }
}

impl std::error::Error for Error {}
