//! What lies at a byte: the parts that it is in, one within the other, what was seen there, and the bytes around it.

use super::console::{Asked, at as of, fields};
use super::listing::{Printer, heading};
use super::parts::{Parts, title};
use super::{EachRow, Listed, Seen};
use crate::Failure;
use crate::report::console::severity;
use crate::terminal::DIM;
use crate::text::{cut, escape, wrap};
use crate::units;
use anyhow::anyhow;
use std::io::{self, Write};
use weighbridge_core::fact::{Fact, InputId, Place, RegionClass};
use weighbridge_core::record::FileFacts;

/// Bytes shown before the one that was asked for, from the beginning of its line.
const BEFORE: u64 = 64;
/// Bytes shown from there on.
const SHOWN: u64 = 160;
/// Facts shown of each level.
const FACTS: usize = 20;
/// Characters of a fact.
const FACT: usize = 400;

/// A byte, in each part that it lies in: the file first.
pub struct At {
    levels: Vec<(InputId, u64)>,
    /// It is counted in the file, or in the part that was named.
    offset: u64,
}

impl At {
    /// The byte of the file, or of the one part that was named.
    pub fn new(facts: &FileFacts, parts: &Parts, offset: u64) -> Result<Self, Failure> {
        let start = match parts.named() {
            [] => InputId(0),
            [one] => *one,
            several => return Err(Failure::Usage(anyhow!("--at asks for a byte of one part, and --member names {} of them", several.len()))),
        };
        let size = facts.inputs.get(start.0 as usize).map_or(0, |input| input.size);
        if offset >= size {
            let it = if parts.all() { "the file" } else { "the part" };
            return Err(Failure::Usage(anyhow!(
                "--at {offset}: {it} has {}, the last of them at {}",
                units::count(size, "byte", "bytes"),
                size.saturating_sub(1)
            )));
        }
        let mut levels = vec![(start, offset)];
        // Parts that are a range of the file say where; what had to be unpacked has bytes of its own.
        let begin = |input: InputId| facts.inputs.get(input.0 as usize).and_then(|input| input.file_offset);
        if let Some(in_file) = begin(start).and_then(|begin| begin.checked_add(offset)) {
            for input in &facts.inputs {
                let inside = |begin: &u64| (*begin..begin.saturating_add(input.size)).contains(&in_file);
                let within = levels.last().is_some_and(|(last, _)| input.parent == Some(*last));
                if let Some(begin) = input.file_offset.filter(|begin| within && inside(begin)) {
                    levels.push((input.id, in_file - begin));
                }
            }
        }
        Ok(At { levels, offset })
    }

    /// Where the byte is, in each part.
    pub fn places(&self) -> Vec<Place> {
        self.levels.iter().map(|(input, offset)| Place { input: *input, offset: *offset, length: 1 }).collect()
    }

    /// Where it is in the innermost part.
    pub fn place(&self) -> Place {
        let (input, offset) = self.levels.last().copied().unwrap_or((InputId(0), 0));
        Place { input, offset, length: 1 }
    }

    /// The bytes to be shown.
    pub fn dump(&self, facts: &FileFacts) -> Place {
        let place = self.place();
        let size = facts.inputs.get(place.input.0 as usize).map_or(0, |input| input.size);
        let begin = (place.offset & !0xf).saturating_sub(BEFORE);
        Place { input: place.input, offset: begin, length: SHOWN.min(size.saturating_sub(begin)) }
    }
}

/// What the bytes at a place are for: the class of the region that they lie in.
pub fn region(facts: &FileFacts, place: Place) -> Option<RegionClass> {
    facts.regions.iter().find(|region| region.place.touches(place)).map(|region| region.class)
}

/// Facts whose first few places hold a byte.
pub fn facts(facts: &FileFacts, place: Place) -> impl Iterator<Item = &Fact> {
    facts.facts.iter().filter(move |fact| fact.places.iter().any(|other| other.touches(place)))
}

/// Prints what lies there.
pub fn print(out: &mut dyn Write, asked: Asked, seen: &Seen, at: &At, rows: &mut EachRow<'_>) -> io::Result<()> {
    let look = asked.look;
    let path = &seen.report.path;
    let whole = at.levels.first().map_or_else(String::new, |(input, _)| title(&seen.facts, *input, path));
    writeln!(out, "{}", heading(look, &format!("{:#x} ({}) of {whole}", at.offset, at.offset)))?;
    for place in at.places() {
        let Some(input) = seen.facts.inputs.get(place.input.0 as usize) else { continue };
        let formats = if input.formats.is_empty() { "unknown format".to_owned() } else { input.formats.join("+") };
        let class = region(&seen.facts, place).map_or("not accounted for", class);
        writeln!(out, "\n{}", heading(look, &title(&seen.facts, input.id, path)))?;
        let about = format!("{}, {}; byte {:#x} ({}), {class}", escape(&formats), units::size(input.size), place.offset, place.offset);
        writeln!(out, "  {}", look.paint(DIM, &about))?;
        for mark in seen.found.within(place) {
            if let Some(finding) = seen.report.findings.get(mark.finding) {
                let (word, style) = severity(finding.severity);
                writeln!(out, "  {} {}", look.paint(style, word), escape(&finding.title))?;
            }
        }
        let limit = if asked.all { usize::MAX } else { FACTS };
        let here: Vec<&Fact> = facts(&seen.facts, place).collect();
        for fact in here.iter().take(limit) {
            let text = format!("{}: {}", escape(&fact.kind), cut(&fields(fact, &[]), FACT));
            for (number, line) in wrap(&text, look.width.saturating_sub(4)).iter().enumerate() {
                writeln!(out, "{:1$}{line}", "", if number == 0 { 2 } else { 4 })?;
            }
            writeln!(out, "    {}", look.paint(DIM, &of(fact)))?;
        }
        if here.len() > limit {
            writeln!(out, "  {}", look.paint(DIM, &format!("… {} more (--all shows them)", units::grouped((here.len() - limit) as u64))))?;
        }
    }
    let mut titled = None;
    let mut printer = Printer::new(Asked { opcodes: true, ..asked }, seen, Some(at.place()));
    rows(&mut |listed| {
        if let Listed::Row(row) = &listed
            && titled != Some(row.place.input)
        {
            printer.finish(out)?;
            writeln!(out, "\n{}", heading(look, &title(&seen.facts, row.place.input, path)))?;
            titled = Some(row.place.input);
        }
        printer.take(out, listed)
    })?;
    printer.finish(out)
}

/// A class of regions in words.
pub fn class(class: RegionClass) -> &'static str {
    match class {
        RegionClass::Structure => "structure",
        RegionClass::Payload => "payload",
        RegionClass::Padding => "padding",
        RegionClass::Opaque => "not read",
    }
}
