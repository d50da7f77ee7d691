//! TFLite (LiteRT) models: a FlatBuffer of subgraphs, with custom operators and those that TensorFlow itself is asked for ("Flex").
//!
//! The numbers of fields are their places in <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs>.

mod flex;
pub(crate) mod json;
mod names;
mod options;

use crate::limits;
use crate::report::Report;
use std::collections::{BTreeMap, HashMap, HashSet};
use weighbridge_parse_flatbuf::{Buffer, Error, Table, unless_broken};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Span, Stop};

/// `BuiltinOperator.CUSTOM`.
const CUSTOM: i32 = 32;
/// `TensorType.STRING`.
const STRING: i8 = 5;
/// What stands before the name of an operator of TensorFlow.
const FLEX: &str = "Flex";

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut lite = Lite {
        buffer: Buffer::new(input),
        report: Report::new(input),
        payload: Vec::new(),
        buffers: Vec::new(),
        calls: HashMap::new(),
        subgraph: 0,
        own: Vec::new(),
    };
    let root = lite.buffer.root();
    if let Some(root) = lite.ok("Model", root)? {
        lite.model(&root)?;
    }
    lite.payload.sort_unstable_by_key(|span| (span.start, span.end));
    for span in std::mem::take(&mut lite.payload) {
        lite.report.account.payload(input, span)?;
    }
    lite.report.finish()
}

struct Lite<'i, 'h> {
    buffer: Buffer<&'i Input<'h>>,
    report: Report<'i, 'h>,
    payload: Vec<Span>,
    /// Where the data of each buffer lie.
    buffers: Vec<Span>,
    /// Which subgraphs each subgraph has run.
    calls: HashMap<u64, Vec<u64>>,
    /// The one that is being read.
    subgraph: u64,
    /// Numbers of TFLite's own operators, by what nodes call them, for those who inspect.
    own: Vec<i32>,
}

/// An operator of the model that is not TFLite's own.
struct Code {
    name: String,
    at: Span,
}

/// What there is of each thing that others give by its number.
#[derive(Clone, Copy)]
struct Counts {
    codes: u64,
    buffers: u64,
    subgraphs: u64,
}

impl Lite<'_, '_> {
    /// What was read, or nothing and an anomaly.
    fn ok<T>(&mut self, what: &str, result: Result<T, Error>) -> Result<Option<T>, Stop> {
        unless_broken(result, |broken| {
            let fault = broken.fault;
            self.report.broken(fault.code(), what, &fault.expected(), &fault.found(), broken.at)
        })
    }

    /// Calls `each` for every table of a vector; the answer is how many there are.
    fn tables(&mut self, what: &str, table: &Table, number: u16, mut each: impl FnMut(&mut Self, &Table) -> Result<(), Stop>) -> Result<u64, Stop> {
        let result = self.buffer.vector(table, number, 4);
        let Some(vector) = self.ok(what, result)?.flatten() else { return Ok(0) };
        for index in 0..vector.len() {
            let result = self.buffer.table_at(vector.span.start + 4 * index);
            match self.ok(what, result)? {
                Some(table) => each(self, &table)?,
                // The rest of such a vector is as broken.
                None => break,
            }
        }
        Ok(vector.len())
    }

    /// ```text
    /// Model { _version, operator_codes, subgraphs, description, buffers, _metadata_buffer, metadata, _signature_defs }
    /// OperatorCode { deprecated_builtin_code, custom_code, _version, builtin_code }
    /// ```
    fn model(&mut self, model: &Table) -> Result<(), Stop> {
        let text = self.buffer.string_text(model, 3, limits::VALUE);
        if let Some(text) = self.ok("Model.description", text)?.flatten() {
            self.report.metadata("tflite.description", &text, text.len() as u64, Span::new(model.at, model.at))?;
            if weighbridge_parse_strings::could_be_code(&text) {
                self.report.input.emit(&Fact::new("text").text("role", "metadata").text("value", &text).at(model.at, 0))?;
            }
        }
        let buffers = self.tables("Buffer", model, 4, Lite::data)?;
        let mut custom: BTreeMap<u64, Code> = BTreeMap::new();
        let mut index = 0;
        let codes = self.tables("OperatorCode", model, 1, |lite, code| {
            let old = lite.buffer.number(code, 0, 0, i8::from_le_bytes);
            let new = lite.buffer.number(code, 3, 0, i32::from_le_bytes);
            let (old, new) = (lite.ok("OperatorCode", old)?.unwrap_or(0), lite.ok("OperatorCode", new)?.unwrap_or(0));
            let name = lite.buffer.string_text(code, 1, limits::NAME);
            let name = lite.ok("OperatorCode.custom_code", name)?.flatten().unwrap_or_default();
            let number = i32::from(old).max(new);
            if number == CUSTOM && name.is_empty() {
                lite.report.broken("invalid", "OperatorCode.custom_code", "a name for a custom operator", "none", code.at)?;
            }
            if !(0..limits::OPERATORS).contains(&number) {
                let expected = format!("below {}", limits::OPERATORS);
                lite.report.broken("invalid", "OperatorCode.builtin_code", &expected, &number.to_string(), code.at)?;
            }
            // A name beside a number is passed over by the interpreter, and told all the same.
            if !name.is_empty() && custom.len() < limits::FUNCTIONS {
                custom.insert(index, Code { name, at: Span::new(code.at, code.at + u64::from(code.size)) });
            }
            if lite.own.len() < limits::FUNCTIONS {
                lite.own.push(number);
            }
            index += 1;
            Ok(())
        })?;
        self.report.input.columns("tensors", &["name", "type", "shape", "role"])?;
        let subgraphs = self.buffer.vector(model, 2, 4);
        let subgraphs = self.ok("Model.subgraphs", subgraphs)?.flatten().map_or(0, |vector| vector.len());
        let counts = Counts { codes, buffers, subgraphs };
        self.tables("SubGraph", model, 2, |lite, graph| {
            lite.graph(graph, counts, &custom)?;
            lite.subgraph += 1;
            Ok(())
        })?;
        // Those that no node asks for are there all the same.
        for code in custom.into_values() {
            self.operator(&code.name, Vec::new(), code.at)?;
        }
        self.recursion(subgraphs)?;
        self.tables("Metadata", model, 6, |lite, entry| lite.metadata(entry, buffers)).map(drop)
    }

    fn operator(&mut self, name: &str, args: Vec<String>, at: Span) -> Result<(), Stop> {
        let (domain, op) = name.strip_prefix(FLEX).map_or(("custom", name), |op| ("flex", op));
        let fact = Fact::new("operator").text("framework", "tflite").text("domain", domain).text("op", op);
        let fact = if args.is_empty() { fact } else { fact.texts("args", &args, args.len() as u64) };
        self.report.input.emit(&fact.at(at.start, at.len())).map(drop)
    }

    /// ```text
    /// Metadata { name, buffer }
    /// ```
    fn metadata(&mut self, entry: &Table, buffers: u64) -> Result<(), Stop> {
        let name = self.buffer.string_text(entry, 0, limits::NAME);
        let name = self.ok("Metadata.name", name)?.flatten().unwrap_or_default();
        let index = self.buffer.number(entry, 1, 0, u32::from_le_bytes);
        let index = u64::from(self.ok("Metadata.buffer", index)?.unwrap_or(0));
        if index >= buffers {
            return self.report.broken("invalid", "Metadata.buffer", &format!("one of {buffers} buffers"), &index.to_string(), entry.at);
        }
        let Some(span) = usize::try_from(index).ok().and_then(|index| self.buffers.get(index)).copied() else { return Ok(()) };
        self.report.metadata("tflite.metadata", &name, name.len() as u64, Span::new(entry.at, entry.at))?;
        // Names, descriptions and licences: texts of a FlatBuffer within.
        let input = self.report.input;
        let mut left = limits::ENTRIES;
        weighbridge_parse_strings::runs(input, span.start, span.end.min(span.start + limits::CONSTANT), limits::SHORTEST, |run| {
            if left > 0 && weighbridge_parse_strings::could_be_code(run.text) {
                left -= 1;
                input.emit(&Fact::new("text").text("role", "metadata").text("value", run.text).at(run.at, run.length))?;
            }
            Ok(())
        })
    }

    /// ```text
    /// Buffer { data, offset, size }                  the last two where the data lie behind the FlatBuffer
    /// ```
    fn data(&mut self, table: &Table) -> Result<(), Stop> {
        let data = self.buffer.vector(table, 0, 1);
        let data = self.ok("Buffer.data", data)?.flatten().map(|data| data.span);
        let offset = self.buffer.number(table, 1, 0, u64::from_le_bytes);
        let size = self.buffer.number(table, 2, 0, u64::from_le_bytes);
        let (offset, size) = (self.ok("Buffer.offset", offset)?.unwrap_or(0), self.ok("Buffer.size", size)?.unwrap_or(0));
        // An offset of 1 is what the writer puts there before it knows the place.
        let behind = if offset > 1 { self.behind("Buffer.offset", offset, size, table)? } else { None };
        if self.buffers.len() < limits::BUFFERS {
            self.buffers.push(behind.or(data).unwrap_or(Span::new(table.at, table.at)));
        }
        for span in data.into_iter().chain(behind) {
            self.pay(span);
            // What begins as a file of another format does is looked at as one.
            let head = self.buffer.bytes(span, 8)?;
            let begins: &[&[u8]] =
                &[b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04", b"\x7fELF", b"MZ", b"#!/", b"\x1f\x8b", b"GGUF"];
            if begins.iter().any(|magic| head.starts_with(magic)) {
                self.report.child("buffer", span, "")?;
            }
        }
        Ok(())
    }

    /// A place behind the FlatBuffer, if there is one.
    fn behind(&mut self, what: &str, offset: u64, size: u64, table: &Table) -> Result<Option<Span>, Stop> {
        let whole = self.report.input.size();
        let end = offset.checked_add(size).filter(|end| *end <= whole);
        if end.is_none() {
            let (expected, found) = (format!("a place within {whole} bytes"), format!("{size} bytes at {offset}"));
            self.report.broken("invalid", what, &expected, &found, table.at)?;
        }
        Ok(end.map(|end| Span::new(offset, end)))
    }

    fn pay(&mut self, span: Span) {
        if self.payload.len() < limits::FUNCTIONS * 8 {
            self.payload.push(span);
        }
    }

    /// ```text
    /// SubGraph { tensors, inputs, outputs, operators, _name }
    /// Tensor { shape, type, buffer, _name }
    /// ```
    fn graph(&mut self, graph: &Table, counts: Counts, custom: &BTreeMap<u64, Code>) -> Result<(), Stop> {
        let buffers = counts.buffers;
        self.report.graph = format!("graph {}", self.subgraph);
        let listed = self.report.input.wants_tables();
        let mut ends = [HashSet::new(), HashSet::new()];
        if listed {
            ends[0].extend(self.numbers("SubGraph.inputs", graph, 1)?);
            ends[1].extend(self.numbers("SubGraph.outputs", graph, 2)?);
        }
        // Of tensors of texts: their buffers.
        let mut texts: HashMap<u64, u64> = HashMap::new();
        let mut index = 0;
        let tensors = self.tables("Tensor", graph, 0, |lite, tensor| {
            let buffer = lite.buffer.number(tensor, 2, 0, u32::from_le_bytes);
            let buffer = u64::from(lite.ok("Tensor.buffer", buffer)?.unwrap_or(0));
            if buffer >= buffers.max(1) {
                lite.report.broken("invalid", "Tensor.buffer", &format!("one of {buffers} buffers"), &buffer.to_string(), tensor.at)?;
            }
            let kind = lite.buffer.number(tensor, 1, 0, i8::from_le_bytes);
            let kind = lite.ok("Tensor.type", kind)?;
            if kind == Some(STRING) && texts.len() < limits::FUNCTIONS {
                texts.insert(index, buffer);
            }
            let shape = lite.numbers("Tensor.shape", tensor, 0)?;
            if listed {
                let name = lite.buffer.string_text(tensor, 3, limits::NAME);
                let name = lite.ok("Tensor.name", name)?.flatten().unwrap_or_default();
                let number = i32::try_from(index).unwrap_or(i32::MAX);
                let role = match () {
                    () if ends[0].contains(&number) => "input",
                    () if ends[1].contains(&number) => "output",
                    () => "",
                };
                let kind = names::kind(kind.unwrap_or(0));
                lite.report.input.row("tensors", tensor.at, tensor.size.into(), 0, &[&name, &kind, &format!("{shape:?}"), role])?;
            }
            index += 1;
            let product = shape.iter().try_fold(1u64, |product, dim| product.checked_mul(u64::try_from(*dim).ok()?));
            if product.is_none() {
                lite.report.broken(
                    "invalid",
                    "Tensor.shape",
                    "dimensions of 0 or more, whose product has 64 bits",
                    &format!("{shape:?}"),
                    tensor.at,
                )?;
            }
            Ok(())
        })?;
        for number in [1, 2] {
            self.indices("SubGraph", graph, number, tensors)?;
        }
        self.tables("Operator", graph, 3, |lite, operator| lite.node(operator, counts, tensors, custom, &texts)).map(drop)
    }

    /// ```text
    /// Operator { opcode_index, inputs, outputs, builtin_options_type, builtin_options, custom_options, _custom_options_format,
    ///            _mutating_variable_inputs, _intermediates, large_custom_options_offset, large_custom_options_size, … }
    /// ```
    fn node(&mut self, operator: &Table, counts: Counts, tensors: u64, custom: &BTreeMap<u64, Code>, texts: &HashMap<u64, u64>) -> Result<(), Stop> {
        let code = self.buffer.number(operator, 0, 0, u32::from_le_bytes);
        let code = u64::from(self.ok("Operator.opcode_index", code)?.unwrap_or(0));
        if code >= counts.codes {
            let expected = format!("one of {} operators", counts.codes);
            self.report.broken("invalid", "Operator.opcode_index", &expected, &code.to_string(), operator.at)?;
        }
        let at = Span::new(operator.at, operator.at + u64::from(operator.size));
        match (custom.get(&code), usize::try_from(code).ok().and_then(|code| self.own.get(code))) {
            (Some(code), _) => self.report.count("custom", &code.name, at),
            (None, Some(own)) => self.report.count("", &names::operator(*own), at),
            (None, None) => {}
        }
        self.indices("Operator.inputs", operator, 1, tensors)?;
        self.indices("Operator.outputs", operator, 2, tensors)?;
        self.builtin_options(operator, counts.subgraphs)?;
        let options = self.buffer.vector(operator, 5, 1);
        let mut options = self.ok("Operator.custom_options", options)?.flatten().map(|options| options.span);
        let offset = self.buffer.number(operator, 9, 0, u64::from_le_bytes);
        let size = self.buffer.number(operator, 10, 0, u64::from_le_bytes);
        let (offset, size) = (self.ok("Operator", offset)?.unwrap_or(0), self.ok("Operator", size)?.unwrap_or(0));
        if offset > 1 {
            options = self.behind("Operator.large_custom_options_offset", offset, size, operator)?;
        }
        let Some(code) = custom.get(&code) else { return Ok(()) };
        let mut args = self.arguments(operator, texts)?;
        let mut name = code.name.clone();
        if let Some(span) = options {
            self.report.child(&name, span, "")?;
            if span.len() > limits::CONSTANT {
                self.report.broken("limit-size", "Operator.custom_options", &limits::CONSTANT.to_string(), &span.len().to_string(), span.start)?;
            }
            let bytes = self.buffer.bytes(span, limits::CONSTANT as usize)?;
            if let Some(node) = flex::node(&bytes).filter(|_| name.starts_with(FLEX)) {
                args.extend(node.args);
                name = format!("{FLEX}{}", node.op);
            }
        }
        self.operator(&name, args, at)
    }

    /// Texts that an operator is given as constants.
    fn arguments(&mut self, operator: &Table, texts: &HashMap<u64, u64>) -> Result<Vec<String>, Stop> {
        let mut args = Vec::new();
        for (place, input) in self.numbers("Operator.inputs", operator, 1)?.into_iter().take(limits::ARGUMENTS).enumerate() {
            let buffer = u64::try_from(input).ok().and_then(|input| texts.get(&input)).and_then(|buffer| usize::try_from(*buffer).ok());
            let Some(span) = buffer.filter(|buffer| *buffer > 0).and_then(|buffer| self.buffers.get(buffer)).copied() else { continue };
            // StringRef: count:i32 offsets:[i32; count + 1] bytes, <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/string_util.h>.
            let bytes = self.buffer.bytes(span, limits::KEY)?;
            let number = |at: usize| bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(|bytes| u32::from_le_bytes(bytes) as usize);
            let (Some(1..), Some(start), Some(end)) = (number(0), number(4), number(8)) else { continue };
            if let Some(text) = bytes.get(start..end.min(start.saturating_add(limits::ARGUMENT))) {
                args.push(format!("{place}={}", String::from_utf8_lossy(text)));
            }
        }
        Ok(args)
    }

    /// Indices of tensors; -1 is an input that is left out.
    fn indices(&mut self, what: &str, table: &Table, number: u16, tensors: u64) -> Result<(), Stop> {
        let wrong = self.numbers(what, table, number)?.into_iter().find(|index| *index < -1 || i64::from(*index) >= tensors as i64);
        match wrong {
            Some(wrong) => self.report.broken("invalid", what, &format!("one of {tensors} tensors"), &wrong.to_string(), table.at),
            None => Ok(()),
        }
    }

    fn numbers(&mut self, what: &str, table: &Table, number: u16) -> Result<Vec<i32>, Stop> {
        let vector = self.buffer.vector(table, number, 4);
        let Some(vector) = self.ok(what, vector)?.flatten() else { return Ok(Vec::new()) };
        let bytes = self.buffer.bytes(vector.span, limits::KEY)?;
        Ok(bytes.chunks_exact(4).filter_map(|number| number.try_into().ok()).map(i32::from_le_bytes).collect())
    }
}
