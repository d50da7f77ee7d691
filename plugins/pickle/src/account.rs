//! Which bytes are opcodes and which are payload.

use weighbridge_sdk::{Input, ReadAt, Region, Stop};

/// Constants of this size and more are payload regions; shorter ones are part of the opcodes around them.
pub(crate) const PAYLOAD: u64 = 4 << 10;

/// Accounts for an input from its beginning to its end.
#[derive(Default)]
pub(crate) struct Account {
    at: u64,
}

impl Account {
    /// Opcodes begin here.
    pub fn begin(&mut self, offset: u64) {
        self.at = self.at.max(offset);
    }

    /// Opcodes up to here.
    pub fn opcodes(&mut self, input: &Input<'_>, end: u64) -> Result<(), Stop> {
        let end = end.min(input.size());
        if end > self.at {
            input.region(Region::Structure, self.at, end - self.at)?;
            self.at = end;
        }
        Ok(())
    }

    /// Opcodes up to `offset`, then payload.
    pub fn payload(&mut self, input: &Input<'_>, offset: u64, len: u64) -> Result<(), Stop> {
        if offset < self.at {
            // Seen before, in another reading of the same bytes.
            return Ok(());
        }
        self.opcodes(input, offset)?;
        // A length that lies reaches beyond the end.
        let offset = offset.min(input.size());
        let len = len.min(input.size() - offset);
        input.region(Region::Payload, offset, len)?;
        self.at = offset + len;
        Ok(())
    }
}
