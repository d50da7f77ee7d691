//! Listings for inspect: the pickle as Python, and its opcodes.

use weighbridge_parse_pickle::Limits;
use weighbridge_parse_pickle::decompile::{Line, Sink, decompile, disassemble};
use weighbridge_sdk::{Input, Stop};

struct Rows<'i, 'h> {
    input: &'i Input<'h>,
    listing: &'static str,
}

impl Sink for Rows<'_, '_> {
    fn line(&mut self, line: Line) -> Result<(), Stop> {
        self.input.row(self.listing, line.offset, 0, 0, &[&line.text])
    }
}

/// Writes both listings, one after the other, as they come.
pub(crate) fn list(input: &Input<'_>, limits: &Limits) -> Result<(), Stop> {
    decompile(input, limits, &mut Rows { input, listing: "decompiled" })?;
    disassemble(input, limits, &mut Rows { input, listing: "disassembly" })?;
    Ok(())
}
