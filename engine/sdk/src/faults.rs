//! Faults of an input behind which a scan goes on.

use crate::{Fact, Failure, Input, Span, Stop};

/// What is wrong with an input: said up to a bound, and kept in mind for what the scan returns.
#[derive(Debug)]
pub struct Faults {
    most: u64,
    said: u64,
    malformed: bool,
    unsupported: bool,
}

impl Faults {
    /// None so far; `most` anomalies are emitted.
    pub const fn new(most: u64) -> Self {
        Faults { most, said: 0, malformed: false, unsupported: false }
    }

    /// Emits an anomaly, unless there were too many. The scan may still be a whole one.
    pub fn anomaly(&mut self, input: &Input<'_>, fact: Fact<'_>, at: Span) -> Result<(), Stop> {
        self.said += 1;
        if self.said > self.most {
            return Ok(());
        }
        input.emit(&fact.at(at.start, at.len())).map(drop)
    }

    /// A part broke off, or goes beyond a limit: it is said, and the scan is not a whole one.
    pub fn broken(&mut self, input: &Input<'_>, code: &'static str, detail: &str, expected: &str, found: &str, at: u64) -> Result<(), Stop> {
        match code {
            "truncated" | "invalid" => self.malformed = true,
            _ => self.unsupported = true,
        }
        let fact = Fact::anomaly(code).text("detail", detail).text("expected", expected).text("found", found);
        self.anomaly(input, fact, Span::new(at, at))
    }

    /// How the scan returns.
    pub fn end(&self) -> Result<(), Failure> {
        match (self.malformed, self.unsupported) {
            (true, _) => Err(Failure::Malformed),
            (_, true) => Err(Failure::Unsupported),
            _ => Ok(()),
        }
    }
}
