//! Which bytes are structure and which are not, told in the order in which a format is walked.

use crate::{Input, ReadAt, Region, Span, Stop};

/// Accounts for an input from its beginning to its end: what is not named is structure.
#[derive(Debug, Default)]
pub struct Account {
    at: u64,
}

impl Account {
    /// An account that begins at `start`.
    pub fn new(start: u64) -> Self {
        Account { at: start }
    }

    /// Structure up to `end`.
    pub fn structure(&mut self, input: &Input<'_>, end: u64) -> Result<(), Stop> {
        let end = end.min(input.size());
        if end > self.at {
            input.region(Region::Structure, self.at, end - self.at)?;
            self.at = end;
        }
        Ok(())
    }

    /// Structure up to `span`, and that is of another class. What lies before the last one named has been accounted for.
    pub fn other(&mut self, input: &Input<'_>, class: Region, span: Span) -> Result<(), Stop> {
        let end = span.end.min(input.size());
        let start = span.start.max(self.at);
        if start >= end {
            return Ok(());
        }
        self.structure(input, start)?;
        input.region(class, start, end - start)?;
        self.at = end;
        Ok(())
    }

    /// Structure up to `span`, and that is payload.
    pub fn payload(&mut self, input: &Input<'_>, span: Span) -> Result<(), Stop> {
        self.other(input, Region::Payload, span)
    }
}
