//! The walk over a program.
//!
//! Field numbers are the positions in `program.fbs`; a union takes two.

use crate::limits;
use weighbridge_parse_flatbuf::{Broken, Buffer, Error, Span, Table, Vector, unless_broken};
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop};

/// Members of the union of values, by their numbers.
const TENSOR: u8 = 5;
const STRING: u8 = 6;

/// `"eh00" length:u32 program_size:u64 segment_base:u64 [segment_size:u64]`, behind the root's offset and the file identifier.
struct Header {
    program: u64,
    base: u64,
}

fn header(input: &Input<'_>) -> Result<Option<Header>, Stop> {
    let Some(bytes) = input.array::<24>(8)? else { return Ok(None) };
    let number = |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|index| bytes[at + index]));
    Ok((&bytes[..4] == b"eh00").then(|| Header { program: number(8), base: number(16) }))
}

struct Walk<'i, 'h> {
    input: &'i Input<'h>,
    buffer: Buffer<&'i Input<'h>>,
    broken: Vec<Broken>,
    faults: usize,
    texts: usize,
    steps: u64,
    children: u64,
    payload: Vec<Span>,
    /// Where the program ends, where its header says so.
    end: Option<u64>,
    /// Whether a table had more entries than are looked at.
    cut: bool,
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    let header = header(input)?;
    let program = header.as_ref().map_or(size, |header| header.program.min(size));
    let buffer = Buffer::within(input, Span::new(0, program));
    let mut walk = Walk { input, buffer, broken: Vec::new(), faults: 0, texts: 0, steps: 0, children: 0, payload: Vec::new(), end: None, cut: false };
    walk.end = header.as_ref().map(|_| program);
    if let Some(header) = &header {
        if header.program > size || header.program < 32 {
            walk.fault("the size of the program", format!("at most {size} bytes"), header.program.to_string(), 8)?;
        }
        if header.base > size || header.base != 0 && header.base < header.program {
            walk.fault("where segments begin", format!("from {program} to {size}"), header.base.to_string(), 8)?;
        }
    }
    let root = walk.buffer.root();
    if let Some(root) = walk.noted(root)? {
        walk.program(&root, header.map_or(0, |header| header.base))?;
    }
    walk.finish()
}

impl Walk<'_, '_> {
    /// The value of a part, unless it is broken.
    fn noted<T>(&mut self, result: Result<T, Error>) -> Result<Option<T>, Stop> {
        self.steps += 1;
        if self.steps.is_multiple_of(limits::POLL) {
            self.input.poll(limits::POLL)?;
        }
        unless_broken(result, |broken| {
            if self.broken.len() < limits::FAULTS {
                self.broken.push(broken);
            }
            Ok(())
        })
    }

    /// Something that the runtime would follow out of bounds.
    fn fault(&mut self, what: &'static str, expected: String, found: String, at: u64) -> Result<(), Stop> {
        self.faults += 1;
        if self.faults <= limits::FAULTS {
            let fact = Fact::anomaly("executorch-bounds").text("detail", what).text("expected", &expected).text("found", &found);
            self.input.emit(&fact.at(at, 0))?;
        }
        Ok(())
    }

    fn text(&mut self, role: &str, span: Span) -> Result<(), Stop> {
        let text = self.buffer.text(span, limits::TEXT)?;
        if could_be_code(&text) {
            self.texts += 1;
            if self.texts <= limits::TEXTS {
                self.input.emit(&Fact::new("text").text("role", role).text_cut("value", &text, span.len()).at(span.start, span.len()))?;
            }
        }
        Ok(())
    }

    fn vector(&mut self, table: &Table, number: u16, element: u64) -> Result<Option<Vector>, Stop> {
        let vector = self.buffer.vector(table, number, element);
        Ok(self.noted(vector)?.flatten())
    }

    /// The tables of a vector, as far as they can be read.
    fn tables(&mut self, table: &Table, number: u16) -> Result<Vec<Table>, Stop> {
        let Some(vector) = self.vector(table, number, 4)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        if vector.len() > limits::ENTRIES {
            self.cut = true;
            let (expected, count) = (format!("at most {} entries", limits::ENTRIES), vector.len().to_string());
            self.input
                .emit(&Fact::anomaly("limit-size").text("expected", &expected).text("found", &count).at(vector.span.start, vector.span.len()))?;
        }
        for index in 0..vector.len().min(limits::ENTRIES) {
            let Some(at) = vector.nth(index) else { break };
            let inner = self.buffer.table_at(at);
            found.extend(self.noted(inner)?);
        }
        Ok(found)
    }

    fn length(&mut self, table: &Table, number: u16) -> Result<u64, Stop> {
        Ok(self.vector(table, number, 4)?.map_or(0, |vector| vector.len()))
    }

    fn program(&mut self, root: &Table, base: u64) -> Result<(), Stop> {
        let version = self.buffer.number(root, 0, 0, u32::from_le_bytes);
        let version = self.noted(version)?.unwrap_or(0).to_string();
        self.input.emit(&Fact::new("metadata").text("key", "executorch.version").text("value", &version).at(root.at, 0))?;
        let segments = self.segments(root, base)?;
        let buffers = self.tables(root, 2)?;
        for buffer in &buffers {
            if let Some(storage) = self.vector(buffer, 0, 1)? {
                self.data(storage.span)?;
            }
        }
        let inline = self.tables(root, 3)?;
        for data in &inline {
            if let Some(data) = self.vector(data, 0, 1)? {
                self.data(data.span)?;
            }
        }
        // Constants lie in buffers, or at offsets of one segment.
        let constant = self.buffer.table(root, 5);
        let mut constants = buffers.len() as u64;
        if let Some(constant) = self.noted(constant)?.flatten() {
            let index = self.buffer.number(&constant, 0, 0, u32::from_le_bytes);
            let index = self.noted(index)?.unwrap_or(0);
            let offsets = self.vector(&constant, 1, 8)?;
            constants = constants.max(offsets.as_ref().map_or(0, Vector::len));
            if let Some(offsets) = offsets.filter(|offsets| !offsets.is_empty()) {
                match segments.get(index as usize) {
                    None => self.fault("the segment of the constants", format!("below {}", segments.len()), index.to_string(), constant.at)?,
                    Some(segment) => self.offsets(&offsets, *segment)?,
                }
            }
        }
        for plan in self.tables(root, 1)? {
            self.plan(&plan, constants, segments.len() as u64, inline.len() as u64)?;
        }
        Ok(())
    }

    /// Where segments lie, and how long they are.
    fn segments(&mut self, root: &Table, base: u64) -> Result<Vec<u64>, Stop> {
        let size = self.input.size();
        let mut lengths = Vec::new();
        for segment in self.tables(root, 4)? {
            let offset = self.buffer.number(&segment, 0, 0, u64::from_le_bytes);
            let length = self.buffer.number(&segment, 1, 0, u64::from_le_bytes);
            let (offset, length) = (self.noted(offset)?.unwrap_or(0), self.noted(length)?.unwrap_or(0));
            let start = base.checked_add(offset);
            match start.and_then(|start| Some((start, start.checked_add(length)?))).filter(|(_, end)| *end <= size) {
                Some((start, end)) => self.data(Span::new(start, end))?,
                None => self.fault("a segment", format!("within {size} bytes"), format!("{length} bytes at {base} + {offset}"), segment.at)?,
            }
            lengths.push(length);
        }
        Ok(lengths)
    }

    fn offsets(&mut self, offsets: &Vector, segment: u64) -> Result<(), Stop> {
        for index in 0..offsets.len().min(limits::ENTRIES) {
            let Some(at) = offsets.nth(index) else { break };
            let offset = self.buffer.fixed(at);
            if let Some(offset) = self.noted(offset)?.map(u64::from_le_bytes)
                && offset > segment
            {
                self.fault("a constant's offset", format!("at most {segment}"), offset.to_string(), at)?;
            }
        }
        Ok(())
    }

    /// Data is payload; small pieces of it may be files.
    fn data(&mut self, span: Span) -> Result<(), Stop> {
        if span.is_empty() {
            return Ok(());
        }
        self.payload.push(span);
        if span.len() <= limits::CONSTANT {
            self.children += 1;
            self.input.child(&Child { payload: true, speculative: true, ..Child::range(b"data", self.children, span.start, span.len()) })?;
        }
        Ok(())
    }

    fn plan(&mut self, plan: &Table, constants: u64, segments: u64, inline: u64) -> Result<(), Stop> {
        let name = self.buffer.string(plan, 0);
        if let Some(span) = self.noted(name)?.flatten() {
            let name = self.buffer.text(span, limits::NAME)?;
            self.input.emit(&Fact::new("metadata").text("key", "executorch.method").text("value", &name).at(span.start, span.len()))?;
            self.text("name", span)?;
        }
        let values = self.length(plan, 2)?;
        for value in self.tables(plan, 2)? {
            self.value(&value, constants, values)?;
        }
        for (number, what) in [(3, "an input"), (4, "an output")] {
            self.indices(plan, number, values, what)?;
        }
        let operators = self.tables(plan, 6)?;
        for operator in &operators {
            self.operator(operator)?;
        }
        let delegates = self.tables(plan, 7)?;
        for delegate in &delegates {
            self.delegate(delegate, segments, inline)?;
        }
        for chain in self.tables(plan, 5)? {
            self.indices(&chain, 0, values, "an input")?;
            self.indices(&chain, 1, values, "an output")?;
            let instructions = self.tables(&chain, 2)?;
            for instruction in &instructions {
                self.instruction(instruction, values, [operators.len() as u64, delegates.len() as u64, instructions.len() as u64])?;
            }
        }
        Ok(())
    }

    /// Indices into the values; -1 is none.
    fn indices(&mut self, table: &Table, number: u16, values: u64, what: &'static str) -> Result<(), Stop> {
        let Some(vector) = self.vector(table, number, 4)? else { return Ok(()) };
        for index in 0..vector.len().min(limits::ENTRIES) {
            let Some(at) = vector.nth(index) else { break };
            let value = self.buffer.fixed(at);
            if let Some(value) = self.noted(value)?.map(i32::from_le_bytes) {
                self.index(value, values, what, at)?;
            }
        }
        Ok(())
    }

    fn index(&mut self, value: i32, count: u64, what: &'static str, at: u64) -> Result<(), Stop> {
        if value < -1 || u64::try_from(value).is_ok_and(|value| value >= count) {
            self.fault(what, format!("below {count}"), value.to_string(), at)?;
        }
        Ok(())
    }

    fn value(&mut self, value: &Table, constants: u64, values: u64) -> Result<(), Stop> {
        let kind = self.buffer.number(value, 0, 0, |bytes: [u8; 1]| bytes[0]);
        let kind = self.noted(kind)?.unwrap_or(0);
        let inner = self.buffer.table(value, 1);
        let Some(inner) = self.noted(inner)?.flatten() else { return Ok(()) };
        match kind {
            TENSOR => self.tensor(&inner, constants),
            STRING => {
                let text = self.buffer.string(&inner, 0);
                match self.noted(text)?.flatten() {
                    Some(span) => self.text("string", span),
                    None => Ok(()),
                }
            }
            // Lists of integers and of tensors hold indices of values.
            10 | 11 => self.indices(&inner, 0, values, "an element of a list"),
            0..=11 => Ok(()),
            other => self.fault("the kind of a value", "at most 11".into(), other.to_string(), value.at),
        }
    }

    fn tensor(&mut self, tensor: &Table, constants: u64) -> Result<(), Stop> {
        let sizes = self.vector(tensor, 2, 4)?;
        let order = self.vector(tensor, 3, 1)?;
        let dimensions = sizes.as_ref().map_or(0, Vector::len);
        if dimensions > limits::DIMENSIONS {
            self.fault("a tensor's dimensions", format!("at most {}", limits::DIMENSIONS), dimensions.to_string(), tensor.at)?;
        }
        if let Some(order) = order.filter(|order| order.len() != dimensions) {
            self.fault("the order of a tensor's dimensions", dimensions.to_string(), order.len().to_string(), tensor.at)?;
        }
        let mut elements = Some(1u64);
        for index in 0..dimensions.min(limits::DIMENSIONS) {
            let Some(at) = sizes.as_ref().and_then(|sizes| sizes.nth(index)) else { break };
            let size = self.buffer.fixed(at);
            let Some(size) = self.noted(size)?.map(i32::from_le_bytes) else { continue };
            match u64::try_from(size) {
                Ok(size) => elements = elements.and_then(|elements| elements.checked_mul(size)),
                Err(_) => self.fault("a tensor's size", "at least 0".into(), size.to_string(), at)?,
            }
        }
        // Sizes in bytes are kept in 64 bits of either sign.
        if elements.is_none_or(|elements| elements > (i64::MAX as u64) / 16) {
            self.fault("a tensor's number of elements", "below 2^59".into(), elements.map_or("beyond 2^64".into(), |n| n.to_string()), tensor.at)?;
        }
        let index = self.buffer.number(tensor, 5, 0, u32::from_le_bytes);
        let index = self.noted(index)?.unwrap_or(0);
        // Slot 6 says where the tensor is to be kept; then its data is that of a mutable segment.
        let placed = self.buffer.field(tensor, 6);
        if self.noted(placed)?.flatten().is_none() && u64::from(index) >= constants.max(1) {
            self.fault("a tensor's data", format!("below {constants}"), index.to_string(), tensor.at)?;
        }
        Ok(())
    }

    fn operator(&mut self, operator: &Table) -> Result<(), Stop> {
        let name = self.buffer.string(operator, 0);
        let Some(span) = self.noted(name)?.flatten() else { return Ok(()) };
        let name = self.buffer.text(span, limits::NAME)?;
        let (domain, op) = name.split_once("::").unwrap_or(("", &name));
        let fact = Fact::new("operator").text("framework", "executorch").text("domain", domain).text("op", op);
        self.input.emit(&fact.at(span.start, span.len()))?;
        self.text("name", span)
    }

    fn delegate(&mut self, delegate: &Table, segments: u64, inline: u64) -> Result<(), Stop> {
        let id = self.buffer.string(delegate, 0);
        if let Some(span) = self.noted(id)?.flatten() {
            let id = self.buffer.text(span, limits::NAME)?;
            let fact = Fact::new("operator").text("framework", "executorch").text("domain", "backend").text("op", &id);
            self.input.emit(&fact.at(span.start, span.len()))?;
        }
        let processed = self.buffer.table(delegate, 1);
        if let Some(processed) = self.noted(processed)?.flatten() {
            let location = self.buffer.number(&processed, 0, 0, |bytes: [u8; 1]| bytes[0]);
            let index = self.buffer.number(&processed, 1, 0, u32::from_le_bytes);
            let (location, index) = (self.noted(location)?.unwrap_or(0), self.noted(index)?.unwrap_or(0));
            let count = if location == 0 { inline } else { segments };
            if u64::from(index) >= count {
                self.fault("a backend's data", format!("below {count}"), index.to_string(), processed.at)?;
            }
        }
        for spec in self.tables(delegate, 2)? {
            let key = self.buffer.string(&spec, 0);
            if let Some(span) = self.noted(key)?.flatten() {
                self.text("name", span)?;
            }
            if let Some(value) = self.vector(&spec, 1, 1)? {
                self.text("parameter", value.span)?;
            }
        }
        Ok(())
    }

    /// `counts` are those of operators, delegates and instructions.
    fn instruction(&mut self, instruction: &Table, values: u64, counts: [u64; 3]) -> Result<(), Stop> {
        let kind = self.buffer.number(instruction, 0, 0, |bytes: [u8; 1]| bytes[0]);
        let kind = self.noted(kind)?.unwrap_or(0);
        let inner = self.buffer.table(instruction, 1);
        let Some(inner) = self.noted(inner)?.flatten() else { return Ok(()) };
        let [operators, delegates, instructions] = counts;
        let fields: &[(u16, u64, &'static str)] = match kind {
            1 => &[(0, operators, "an operator")],
            2 => &[(0, delegates, "a delegate")],
            3 => &[(0, values, "a value that is moved"), (1, values, "a value that is moved to")],
            4 => &[(0, values, "a condition"), (1, instructions, "the target of a jump")],
            5 => &[(0, values, "a value that is freed")],
            _ => &[],
        };
        for (number, count, what) in fields {
            let index = self.buffer.number(&inner, *number, 0, i32::from_le_bytes);
            if let Some(index) = self.noted(index)? {
                self.index(index, *count, what, inner.at)?;
            }
        }
        if matches!(kind, 1 | 2) {
            self.indices(&inner, 1, values, "an argument")?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Failure> {
        let size = self.input.size();
        // Payload in order, structure between.
        self.payload.sort_by_key(|span| span.start);
        let mut at = 0;
        for span in &self.payload {
            let start = span.start.max(at);
            if span.end > start {
                self.input.region(Region::Structure, at, start - at)?;
                self.input.region(Region::Payload, start, span.end - start)?;
                at = span.end;
            }
        }
        // Nothing says where a program without a header ends: what is added to it looks like a part of it.
        let end = self.end.unwrap_or(at).clamp(at, size);
        self.input.region(Region::Structure, at, end - at)?;
        self.input.region(Region::Payload, end, size - end)?;
        for broken in &self.broken {
            let (expected, found) = (broken.fault.expected(), broken.fault.found());
            self.input.emit(&Fact::anomaly(broken.fault.code()).text("expected", &expected).text("found", &found).at(broken.at.min(size), 0))?;
        }
        if self.texts > limits::TEXTS {
            let found = format!("{} more", self.texts - limits::TEXTS);
            self.input.emit(&Fact::anomaly("limit-facts").text("detail", "texts that were not handed on").text("found", &found).at(0, 0))?;
        }
        if !self.broken.is_empty() {
            return Err(Failure::Malformed);
        }
        if self.cut || self.texts > limits::TEXTS { Err(Failure::Unsupported) } else { Ok(()) }
    }
}
