//! What is wrong with a file, and where.

use weighbridge_parse_read::Stop;

/// The nature of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The file ends inside a structure, or before it.
    Truncated,
    /// A structure breaks the format.
    Invalid,
    /// A structure does not match its checksum; it was read all the same.
    Checksum,
    /// A part is stored in a way that is not read.
    Unsupported,
    /// More objects, nodes or messages than are read.
    Limit,
    /// A declared shape or number and what is stored cannot both be true.
    Size,
    /// Two parts lie over each other, or a tree leads back to itself.
    Cycle,
}

/// A problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What it is.
    pub problem: Problem,
    /// Offset in the file.
    pub at: u64,
    /// What should be there.
    pub expected: &'static str,
    /// What is.
    pub found: String,
}

impl Issue {
    pub(crate) fn new(problem: Problem, at: u64, expected: &'static str, found: impl Into<String>) -> Self {
        Issue { problem, at, expected, found: found.into() }
    }

    pub(crate) fn invalid(at: u64, expected: &'static str, found: impl Into<String>) -> Self {
        Issue::new(Problem::Invalid, at, expected, found)
    }

    pub(crate) fn unsupported(at: u64, expected: &'static str, found: impl Into<String>) -> Self {
        Issue::new(Problem::Unsupported, at, expected, found)
    }

    /// Whether something was not read because of it.
    pub fn loses(&self) -> bool {
        !matches!(self.problem, Problem::Checksum | Problem::Size)
    }
}

/// Why a structure could not be read: the host asked for the end, or it is broken.
#[derive(Debug)]
pub(crate) enum Fault {
    Stop(Stop),
    Issue(Issue),
}

impl From<Stop> for Fault {
    fn from(stop: Stop) -> Self {
        Fault::Stop(stop)
    }
}

impl From<Issue> for Fault {
    fn from(issue: Issue) -> Self {
        Fault::Issue(issue)
    }
}

pub(crate) type Read<T> = Result<T, Fault>;
