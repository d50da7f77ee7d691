//! Why a part cannot be read.

use weighbridge_parse_read::Stop;

/// Where the buffer breaks the format, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Where in the input it shows.
    pub at: u64,
    /// How.
    pub fault: Fault,
}

/// What breaks the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The buffer ends inside a value of so many bytes.
    Truncated(u64),
    /// An offset of 0, which points to itself.
    OffsetZero,
    /// An offset that leads out of the buffer.
    OffsetOutside(u64),
    /// A table's vtable lies outside the buffer, so many bytes before the table.
    VtableOutside(i64),
    /// A vtable of a size that none has.
    VtableSize(u16),
    /// A vector of so many elements, of so many bytes each, that reaches beyond the end.
    VectorOutside {
        /// How many elements.
        length: u64,
        /// Bytes of each.
        element: u64,
    },
    /// More tables than the limit.
    Tables,
}

impl Fault {
    /// The code of the anomaly that says this.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Truncated(_) => "truncated",
            Fault::Tables => "limit-steps",
            _ => "invalid",
        }
    }

    /// What should be there.
    pub fn expected(self) -> String {
        match self {
            Fault::Truncated(bytes) => format!("a value of {bytes} bytes"),
            Fault::OffsetZero | Fault::OffsetOutside(_) => "an offset into the buffer".into(),
            Fault::VtableOutside(_) => "a vtable in the buffer".into(),
            Fault::VtableSize(_) => "an even size of 4 bytes or more, within the buffer".into(),
            Fault::VectorOutside { .. } => "a vector in the buffer".into(),
            Fault::Tables => format!("at most {} tables", crate::limits::TABLES),
        }
    }

    /// What is there.
    pub fn found(self) -> String {
        match self {
            Fault::Truncated(_) => "the end of the buffer".into(),
            Fault::OffsetZero => "0".into(),
            Fault::OffsetOutside(offset) => offset.to_string(),
            Fault::VtableOutside(distance) => format!("one at a distance of {distance}"),
            Fault::VtableSize(size) => size.to_string(),
            Fault::VectorOutside { length, element } => format!("{length} elements of {element} bytes"),
            Fault::Tables => "more".into(),
        }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at {}: expected {}, found {}", self.at, self.fault.expected(), self.fault.found())
    }
}

/// What was read, or nothing where it is broken: then `say` is told how, and the walk goes on beside it.
pub fn unless_broken<T>(part: Result<T, Error>, say: impl FnOnce(Broken) -> Result<(), Stop>) -> Result<Option<T>, Stop> {
    match part {
        Ok(part) => Ok(Some(part)),
        Err(Error::Stop(stop)) => Err(stop),
        Err(Error::Broken(broken)) => say(broken).map(|()| None),
    }
}

/// Why a part is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The caller asked for the end.
    Stop(Stop),
    /// The part is broken. Others may not be.
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
