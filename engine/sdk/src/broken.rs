//! Errors of an input: where it breaks its format, and what was expected there.

use crate::{Fact, Input, Stop};

/// Where an input breaks its format. Returned from a scan, it is emitted as an `anomaly`, and the file is marked incomplete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// In the input's own bytes.
    pub offset: u64,
    /// Of the vocabulary's anomaly codes ("truncated", "invalid"), or `<plugin>-<code>`.
    pub code: &'static str,
    /// What a reader of the format expects there.
    pub expected: &'static str,
    /// What is there.
    pub found: Found,
}

/// What was found in place of what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Something else.
    Other,
    /// So many bytes until the end.
    Left(u64),
    /// A number that makes no sense.
    Number(u64),
    /// One that may be below zero.
    Signed(i64),
    /// In words.
    Text(&'static str),
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Found::Other => f.write_str("something else"),
            Found::Left(0) => f.write_str("the end"),
            Found::Left(1) => f.write_str("one byte and the end"),
            Found::Left(bytes) => write!(f, "{bytes} bytes and the end"),
            Found::Number(number) => write!(f, "{number}"),
            Found::Signed(number) => write!(f, "{number}"),
            Found::Text(text) => f.write_str(text),
        }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at offset {}: expected {}, found {}", self.code, self.offset, self.expected, self.found)
    }
}

impl std::error::Error for Broken {}

impl Broken {
    /// Says it to the host, for a scan that goes on where a loader would.
    pub fn emit(&self, input: &Input<'_>) -> Result<u64, Stop> {
        let found = self.found.to_string();
        input.emit(&Fact::anomaly(self.code).text("expected", self.expected).text("found", &found).at(self.offset, 0))
    }
}
