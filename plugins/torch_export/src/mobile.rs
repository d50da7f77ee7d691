//! Mobile modules of PyTorch as FlatBuffers (`.ptl`, `.ff`): values, functions in bytecode, sources, storages.
//!
//! The numbers of fields are their places in <https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/serialization/mobile_bytecode.fbs>; what reads them:
//! <https://github.com/pytorch/pytorch/blob/main/torch/csrc/jit/mobile/flatbuffer_loader.cpp>, which took indices as they stand.

use crate::limits;
use std::collections::BTreeSet;
use weighbridge_parse_flatbuf::{Buffer, Error, Span, Table, unless_broken};
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Account, Child, Fact, Failure, Input, ReadAt, Stop};

/// `IValueUnion`: what holds indices of other values, and in which fields.
const INDICES: [(u8, &str, &[u16]); 3] = [(7, "List.items", &[0]), (8, "Tuple.items", &[0]), (9, "Dict", &[0, 1])];
const TENSOR: u8 = 5;
const STRING: u8 = 6;
const OBJECT: u8 = 10;
/// The last of them.
const FUNCTION: u8 = 16;

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut module =
        Mobile { input, buffer: Buffer::new(input), payload: Vec::new(), operators: BTreeSet::new(), told: 0, malformed: false, cut: false };
    let root = module.buffer.root();
    if let Some(root) = module.ok("Module", root)? {
        module.module(&root)?;
    }
    let mut account = Account::new(0);
    module.payload.sort_unstable_by_key(|span| (span.start, span.end));
    for span in &module.payload {
        account.payload(input, *span)?;
    }
    account.structure(input, input.size())?;
    if module.cut {
        input.emit(&Fact::anomaly("limit-facts").text("detail", "operators or texts that were not told"))?;
    }
    match (module.malformed, module.cut) {
        (true, _) => Err(Failure::Malformed),
        (_, true) => Err(Failure::Unsupported),
        _ => Ok(()),
    }
}

struct Mobile<'i, 'h> {
    input: &'i Input<'h>,
    buffer: Buffer<&'i Input<'h>>,
    payload: Vec<Span>,
    operators: BTreeSet<String>,
    /// Texts and faults that have been told.
    told: usize,
    malformed: bool,
    cut: bool,
}

impl Mobile<'_, '_> {
    /// What was read, or nothing and an anomaly.
    fn ok<T>(&mut self, what: &str, result: Result<T, Error>) -> Result<Option<T>, Stop> {
        unless_broken(result, |broken| {
            self.malformed = true;
            self.told += 1;
            if self.told > limits::TEXTS {
                return Ok(());
            }
            let (expected, found) = (broken.fault.expected(), broken.fault.found());
            let fact = Fact::anomaly(broken.fault.code()).text("detail", what).text("expected", &expected).text("found", &found);
            self.input.emit(&fact.at(broken.at, 0)).map(drop)
        })
    }

    fn tables(&mut self, what: &str, table: &Table, number: u16, mut each: impl FnMut(&mut Self, &Table) -> Result<(), Stop>) -> Result<(), Stop> {
        let vector = self.buffer.vector(table, number, 4);
        let Some(vector) = self.ok(what, vector)?.flatten() else { return Ok(()) };
        for index in 0..vector.len() {
            let table = self.buffer.table_at(vector.span.start + 4 * index);
            match self.ok(what, table)? {
                Some(table) => each(self, &table)?,
                // The rest of such a vector is as broken.
                None => break,
            }
        }
        Ok(())
    }

    fn count(&mut self, what: &str, table: &Table, number: u16) -> Result<u64, Stop> {
        let vector = self.buffer.vector(table, number, 4);
        Ok(self.ok(what, vector)?.flatten().map_or(0, |vector| vector.len()))
    }

    /// An index of something that is not there.
    fn bounds(&mut self, what: &str, most: u64, found: u64, at: u64) -> Result<(), Stop> {
        self.told += 1;
        if found < most || self.told > limits::TEXTS {
            return Ok(());
        }
        let (expected, found) = (format!("one of {most}"), found.to_string());
        let fact = Fact::anomaly("torch_export-bounds").text("detail", what).text("expected", &expected).text("found", &found);
        self.input.emit(&fact.at(at, 0)).map(drop)
    }

    /// The largest index of a vector has to be that of something.
    fn indices(&mut self, what: &str, table: &Table, number: u16, most: u64) -> Result<(), Stop> {
        let vector = self.buffer.vector(table, number, 4);
        let Some(vector) = self.ok(what, vector)?.flatten() else { return Ok(()) };
        let mut largest = None;
        for index in 0..vector.len() {
            let number = self.buffer.fixed::<4>(vector.span.start + 4 * index);
            largest = largest.max(self.ok(what, number)?.map(u32::from_le_bytes));
        }
        match largest {
            Some(largest) if u64::from(largest) >= most => self.bounds(what, most, largest.into(), table.at),
            _ => Ok(()),
        }
    }

    /// ```text
    /// Module { _bytecode_version, extra_files, methods, _state_obj, ivalues, _storage_data_size, storage_data, object_types, jit_sources, jit_constants, … }
    /// ```
    fn module(&mut self, module: &Table) -> Result<(), Stop> {
        let values = self.count("Module.ivalues", module, 4)?;
        let (storages, types) = (self.count("Module.storage_data", module, 6)?, self.count("Module.object_types", module, 7)?);
        self.indices("Module.methods", module, 2, values)?;
        self.indices("Module.jit_constants", module, 9, values)?;
        self.tables("IValue", module, 4, |mobile, value| mobile.value(value, values, storages, types))?;
        self.tables("StorageData", module, 6, |mobile, storage| {
            let data = mobile.buffer.vector(storage, 0, 1);
            if let Some(data) = mobile.ok("StorageData.data", data)?.flatten()
                && mobile.payload.len() < limits::STORAGES
            {
                mobile.payload.push(data.span);
            }
            Ok(())
        })?;
        let mut index = 0;
        for (number, hint) in [(8, "python-source"), (1, "")] {
            self.tables("ExtraFile", module, number, |mobile, file| {
                index += 1;
                let (name, content) = (mobile.buffer.string_text(file, 0, limits::TEXT), mobile.buffer.string(file, 1));
                let (name, content) = (mobile.ok("ExtraFile.name", name)?.flatten(), mobile.ok("ExtraFile.content", content)?.flatten());
                let Some(span) = content.filter(|span| !span.is_empty() && index <= limits::TEXTS as u64) else { return Ok(()) };
                let name = name.unwrap_or_default();
                let child = Child::range(name.as_bytes(), index, span.start, span.len());
                mobile.input.child(&Child { format_hint: if name.ends_with(".py") { hint } else { "" }, speculative: true, ..child })
            })?;
        }
        Ok(())
    }

    /// ```text
    /// IValue { val_type, val }      TensorMetadata { storage_location_index, … }      Object { type_index, _state, attrs, setstate_func }
    /// ```
    fn value(&mut self, value: &Table, values: u64, storages: u64, types: u64) -> Result<(), Stop> {
        let kind = self.buffer.number(value, 0, 0, u8::from_le_bytes);
        let Some(kind) = self.ok("IValue.val_type", kind)? else { return Ok(()) };
        if kind > FUNCTION {
            return self.bounds("IValue.val_type", u64::from(FUNCTION) + 1, kind.into(), value.at);
        }
        let known = INDICES.iter().find(|(known, ..)| *known == kind);
        if known.is_none() && !matches!(kind, TENSOR | STRING | OBJECT | FUNCTION) {
            return Ok(());
        }
        let inner = self.buffer.table(value, 1);
        let Some(inner) = self.ok("IValue.val", inner)?.flatten() else { return Ok(()) };
        if let Some((_, what, fields)) = known {
            return fields.iter().try_for_each(|field| self.indices(what, &inner, *field, values));
        }
        let index = |mobile: &mut Self, what: &str, field: u16, most: u64| -> Result<(), Stop> {
            let number = mobile.buffer.number(&inner, field, 0, u32::from_le_bytes);
            match mobile.ok(what, number)? {
                Some(number) if u64::from(number) >= most => mobile.bounds(what, most, number.into(), inner.at),
                _ => Ok(()),
            }
        };
        match kind {
            TENSOR => index(self, "TensorMetadata.storage_location_index", 0, storages),
            OBJECT => {
                index(self, "Object.type_index", 0, types)?;
                index(self, "Object.setstate_func", 3, values)?;
                self.indices("Object.attrs", &inner, 2, values)
            }
            STRING => {
                let text = self.buffer.string_text(&inner, 0, limits::TEXT);
                let Some(text) = self.ok("String.data", text)?.flatten().filter(|text| could_be_code(text)) else { return Ok(()) };
                self.told += 1;
                self.cut |= self.told > limits::TEXTS;
                let fact = Fact::new("text").text("role", "parameter").text("value", &text);
                if self.cut { Ok(()) } else { self.input.emit(&fact.at(inner.at, 0)).map(drop) }
            }
            _ => self.function(&inner, values),
        }
    }

    /// ```text
    /// Function { _qn, instructions, operators, constants, … }      Instruction { op:i8 _ n:u16 x:i32 }      Operator { name, overload_name, … }
    /// ```
    fn function(&mut self, function: &Table, values: u64) -> Result<(), Stop> {
        self.indices("Function.constants", function, 3, values)?;
        let operators = self.count("Function.operators", function, 2)?;
        self.tables("Operator", function, 2, |mobile, operator| {
            let (name, overload) = (mobile.buffer.string_text(operator, 0, limits::TEXT), mobile.buffer.string(operator, 1));
            mobile.ok("Operator.overload_name", overload)?;
            let Some(name) = mobile.ok("Operator.name", name)?.flatten() else { return Ok(()) };
            if mobile.operators.len() >= limits::OPERATORS {
                mobile.cut |= !mobile.operators.contains(&name);
                return Ok(());
            }
            let (domain, op) = name.split_once("::").unwrap_or(("", &name));
            if mobile.operators.insert(name.clone()) {
                let fact = Fact::new("operator").text("framework", "torchscript").text_if("domain", domain).text("op", op);
                mobile.input.emit(&fact.at(operator.at, operator.size.into()))?;
            }
            Ok(())
        })?;
        let instructions = self.buffer.vector(function, 1, 8);
        let Some(instructions) = self.ok("Function.instructions", instructions)?.flatten() else { return Ok(()) };
        for index in 0..instructions.len() {
            let at = instructions.span.start + 8 * index;
            let bytes = self.buffer.fixed::<8>(at);
            // OP and OPN call the operator of that index.
            if let Some([0 | 1, _, _, _, a, b, c, d]) = self.ok("Instruction", bytes)? {
                let called = u32::from_le_bytes([a, b, c, d]);
                if u64::from(called) >= operators {
                    self.bounds("Instruction.x", operators, called.into(), at)?;
                }
            }
        }
        Ok(())
    }
}
