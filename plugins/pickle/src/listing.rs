//! Listings for inspect: the pickle as Python, and its opcodes, each before the statement that it makes.

use weighbridge_parse_pickle::decompile::{Beside, Line, Sink};
use weighbridge_parse_pickle::{self as pickle, Limits, Summary, Visitor};
use weighbridge_sdk::{Input, Stop};

struct Statements<'i, 'h>(&'i Input<'h>);

impl Sink for Statements<'_, '_> {
    fn line(&mut self, line: Line) -> Result<(), Stop> {
        self.0.row("decompiled", line.offset, line.length, 0, &[&line.text])
    }
}

struct Opcodes<'i, 'h>(&'i Input<'h>);

impl Sink for Opcodes<'_, '_> {
    fn line(&mut self, line: Line) -> Result<(), Stop> {
        let (opcode, argument) = line.text.split_once(' ').unwrap_or((&line.text, ""));
        self.0.row("disassembly", line.offset, line.length, 0, &[opcode, argument])
    }
}

/// Runs the machine for a visitor, and lists what it does as it comes, where that is wanted.
pub(crate) fn run<V: Visitor>(input: &Input<'_>, limits: &Limits, mut visitor: V) -> Result<(Summary, V), Stop> {
    if !input.inspect() {
        let summary = pickle::run(input, limits, &mut visitor)?;
        return Ok((summary, visitor));
    }
    input.columns("decompiled", &["statement:python"])?;
    let mut opcodes = Opcodes(input);
    let wanted = if input.wants_tables() {
        input.columns("disassembly", &["opcode", "argument"])?;
        Some(&mut opcodes)
    } else {
        None
    };
    let mut statements = Statements(input);
    let mut both = Beside::new(visitor, &mut statements, wanted);
    let summary = pickle::run(input, limits, &mut both)?;
    Ok((summary, both.into_inner()))
}
