//! TFLite (LiteRT) models: a FlatBuffer of subgraphs, with custom operators and those that TensorFlow itself is asked for ("Flex").
//!
//! The numbers of fields are their places in <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs>.

use crate::limits;
use crate::report::Report;
use weighbridge_parse_flatbuf::{Buffer, Error, Table};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Span, Stop};

/// `BuiltinOperator.CUSTOM`.
const CUSTOM: i32 = 32;
/// What stands before the name of an operator of TensorFlow.
const FLEX: &str = "Flex";

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut lite = Lite { buffer: Buffer::new(input), report: Report::new(input), payload: Vec::new() };
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
}

impl Lite<'_, '_> {
    /// What was read, or nothing and an anomaly.
    fn ok<T>(&mut self, what: &str, result: Result<T, Error>) -> Result<Option<T>, Stop> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Stop(stop)) => Err(stop),
            Err(Error::Broken(broken)) => {
                let fault = broken.fault;
                self.report.broken(fault.code(), what, &fault.expected(), &fault.found(), broken.at)?;
                Ok(None)
            }
        }
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
    /// Model { _version, operator_codes, subgraphs, description, buffers, _metadata_buffer, _metadata, _signature_defs }
    /// OperatorCode { deprecated_builtin_code, custom_code, _version, builtin_code }
    /// ```
    fn model(&mut self, model: &Table) -> Result<(), Stop> {
        let text = self.buffer.string_text(model, 3, limits::VALUE);
        if let Some(text) = self.ok("Model.description", text)?.flatten() {
            self.report.metadata("tflite.description", &text, text.len() as u64, Span::new(model.at, model.at))?;
        }
        let buffers = self.tables("Buffer", model, 4, Lite::data)?;
        let codes = self.tables("OperatorCode", model, 1, |lite, code| {
            let old = lite.buffer.number(code, 0, 0, i8::from_le_bytes);
            let new = lite.buffer.number(code, 3, 0, i32::from_le_bytes);
            let (old, new) = (lite.ok("OperatorCode", old)?.unwrap_or(0), lite.ok("OperatorCode", new)?.unwrap_or(0));
            let name = lite.buffer.string_text(code, 1, limits::NAME);
            let name = lite.ok("OperatorCode.custom_code", name)?.flatten().unwrap_or_default();
            if name.is_empty() || i32::from(old).max(new) != CUSTOM {
                return Ok(());
            }
            let (domain, op) = name.strip_prefix(FLEX).map_or(("custom", name.as_str()), |op| ("flex", op));
            let fact = Fact::new("operator").text("framework", "tflite").text("domain", domain).text("op", op);
            lite.report.input.emit(&fact.at(code.at, code.size.into())).map(drop)
        })?;
        self.tables("SubGraph", model, 2, |lite, graph| lite.graph(graph, codes, buffers)).map(drop)
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
        let behind = (offset > 1).then(|| offset.checked_add(size));
        if let Some(end) = behind {
            let whole = self.report.input.size();
            match end.filter(|end| *end <= whole) {
                Some(end) => self.pay(Span::new(offset, end)),
                None => self.report.broken(
                    "invalid",
                    "Buffer.offset",
                    &format!("a place within {whole} bytes"),
                    &format!("{size} bytes at {offset}"),
                    table.at,
                )?,
            }
        }
        data.into_iter().for_each(|span| self.pay(span));
        Ok(())
    }

    fn pay(&mut self, span: Span) {
        if self.payload.len() < limits::FUNCTIONS * 8 {
            self.payload.push(span);
        }
    }

    /// ```text
    /// SubGraph { tensors, inputs, outputs, operators, _name }
    /// Tensor { shape, _type, buffer, name }      Operator { opcode_index, inputs, outputs, … }
    /// ```
    fn graph(&mut self, graph: &Table, codes: u64, buffers: u64) -> Result<(), Stop> {
        let tensors = self.tables("Tensor", graph, 0, |lite, tensor| {
            let buffer = lite.buffer.number(tensor, 2, 0, u32::from_le_bytes);
            let buffer = u64::from(lite.ok("Tensor.buffer", buffer)?.unwrap_or(0));
            if buffer >= buffers.max(1) {
                lite.report.broken("invalid", "Tensor.buffer", &format!("one of {buffers} buffers"), &buffer.to_string(), tensor.at)?;
            }
            let shape = lite.numbers("Tensor.shape", tensor, 0)?;
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
        self.tables("Operator", graph, 3, |lite, operator| {
            let code = lite.buffer.number(operator, 0, 0, u32::from_le_bytes);
            let code = u64::from(lite.ok("Operator.opcode_index", code)?.unwrap_or(0));
            if code >= codes {
                lite.report.broken("invalid", "Operator.opcode_index", &format!("one of {codes} operators"), &code.to_string(), operator.at)?;
            }
            lite.indices("Operator.inputs", operator, 1, tensors)?;
            lite.indices("Operator.outputs", operator, 2, tensors)
        })
        .map(drop)
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
