//! Programs: blocks of operators, with their attributes.

use crate::{limits, rest};
use weighbridge_parse_proto::{Broken, Error, Message, Reader, Span};
use weighbridge_parse_strings::{could_be_code, leads_out};
use weighbridge_sdk::{Account, Fact, Failure, Input, ReadAt, Region, Stop};

struct Walk<'i, 'h> {
    input: &'i Input<'h>,
    reader: Reader<&'i Input<'h>>,
    broken: Vec<Broken>,
    texts: usize,
    operators: u64,
    account: Account,
}

/// An operator's attribute, as far as it is text.
#[derive(Default)]
struct Attribute {
    name: String,
    values: Vec<String>,
}

/// Attributes that are paths of files which an operator reads or writes.
const FILES: [&str; 5] = ["file_path", "filename", "file_name", "model_path", "path"];

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    let mut walk = Walk { input, reader: Reader::new(input), broken: Vec::new(), texts: 0, operators: 0, account: Account::new(0) };
    let program = walk.reader.whole();
    walk.message(program, |walk, outer, number, span| match number {
        1 => walk.nested(outer, span, Walk::block),
        // The version, and the versions of operators.
        4 | 5 => Ok(()),
        _ => walk.unknown(span),
    })?;
    walk.account.structure(input, size)?;
    let count = walk.operators.to_string();
    input.emit(&Fact::new("metadata").text("key", "paddle.operators").text("value", &count).at(0, 0))?;
    for broken in walk.broken.iter().take(8) {
        let (expected, found) = (broken.fault.expected(), broken.fault.found());
        input.emit(&Fact::anomaly(broken.fault.code()).text("expected", &expected).text("found", &found).at(broken.at.min(size), 0))?;
    }
    if !walk.broken.is_empty() || walk.operators == 0 {
        if walk.broken.is_empty() {
            input.emit(&Fact::anomaly("invalid").text("expected", "a program's block of operators").text("found", "none").at(0, 0))?;
        }
        rest(input, 0)?;
        return Err(Failure::Malformed);
    }
    if walk.texts > limits::TEXTS {
        let found = format!("{} more", walk.texts - limits::TEXTS);
        input.emit(&Fact::anomaly("limit-facts").text("detail", "texts that were not handed on").text("found", &found).at(0, 0))?;
        return Err(Failure::Unsupported);
    }
    Ok(())
}

impl Walk<'_, '_> {
    /// Hands out the fields of a message that are bytes. What is broken is noted.
    fn message(&mut self, mut message: Message, mut each: impl FnMut(&mut Self, &Message, u32, Span) -> Result<(), Stop>) -> Result<(), Stop> {
        loop {
            match self.reader.next(&mut message) {
                Ok(None) => return Ok(()),
                Ok(Some(field)) => {
                    if let Some(span) = field.bytes() {
                        each(self, &message, field.number, span)?;
                    }
                }
                Err(Error::Stop(stop)) => return Err(stop),
                Err(Error::Broken(broken)) => self.broken.push(broken),
            }
        }
    }

    fn nested(&mut self, outer: &Message, span: Span, read: fn(&mut Self, Message) -> Result<(), Stop>) -> Result<(), Stop> {
        match outer.nested(span) {
            Ok(inner) => read(self, inner),
            Err(broken) => {
                self.broken.push(broken);
                Ok(())
            }
        }
    }

    fn block(&mut self, block: Message) -> Result<(), Stop> {
        self.message(block, |walk, outer, number, span| match number {
            // A variable's name is its first field.
            3 => walk.nested(outer, span, |walk, variable| {
                walk.message(variable, |walk, _, number, span| match number {
                    1 => walk.text("name", span),
                    // The type, and attributes.
                    2 | 7 => Ok(()),
                    _ => walk.unknown(span),
                })
            }),
            4 => walk.nested(outer, span, Walk::operator),
            _ => walk.unknown(span),
        })
    }

    fn operator(&mut self, operator: Message) -> Result<(), Stop> {
        self.operators += 1;
        let place = operator.span();
        let mut kind = String::new();
        let mut attributes: Vec<Attribute> = Vec::new();
        self.message(operator, |walk, outer, number, span| {
            match number {
                3 => kind = walk.reader.text(span, limits::NAME)?,
                4 => {
                    let attribute = walk.attribute(outer, span)?;
                    if !attribute.values.is_empty() && attributes.len() < limits::ARGUMENTS {
                        attributes.push(attribute);
                    }
                }
                // Inputs and outputs.
                1 | 2 => {}
                _ => walk.unknown(span)?,
            }
            Ok(())
        })?;
        // What stands in every operator's attributes says where in Python it was made.
        let own = |name: &str| !matches!(name, "op_callstack" | "op_namescope" | "op_role_var" | "op_device" | "struct_name");
        let args: Vec<String> = attributes
            .iter()
            .filter(|attribute| own(&attribute.name))
            .flat_map(|attribute| attribute.values.iter().map(|value| format!("{}={value}", attribute.name)))
            .take(limits::ARGUMENTS)
            .collect();
        let fact = Fact::new("operator").text("framework", "paddle").text("domain", "").text("op", &kind);
        let fact = if args.is_empty() { fact } else { fact.texts("args", &args, 0) };
        self.input.emit(&fact.at(place.start, place.len()))?;
        for attribute in attributes.iter().filter(|attribute| FILES.contains(&attribute.name.as_str())) {
            for target in &attribute.values {
                self.input.emit(&Fact::new("reference").text("role", "path").text("target", target).at(place.start, place.len()))?;
                if leads_out(target) {
                    let fact = Fact::anomaly("outside-root").text("detail", "a file that an operator reads or writes").text("target", target);
                    self.input.emit(&fact.at(place.start, place.len()))?;
                }
            }
        }
        Ok(())
    }

    fn attribute(&mut self, outer: &Message, span: Span) -> Result<Attribute, Stop> {
        let mut attribute = Attribute::default();
        let message = match outer.nested(span) {
            Ok(message) => message,
            Err(broken) => {
                self.broken.push(broken);
                return Ok(attribute);
            }
        };
        let mut strings = Vec::new();
        self.message(message, |walk, _, number, span| {
            match number {
                1 => attribute.name = walk.reader.text(span, limits::NAME)?,
                5 | 8 if strings.len() < limits::ARGUMENTS => strings.push(span),
                limits::ATTRIBUTE_FIELDS.. => walk.unknown(span)?,
                _ => {}
            }
            Ok(())
        })?;
        for span in strings {
            let text = self.reader.text(span, limits::NAME)?;
            // The stack of Python is source code by its nature.
            if attribute.name != "op_callstack" {
                self.text("parameter", span)?;
            }
            if !text.is_empty() {
                attribute.values.push(text);
            }
        }
        Ok(attribute)
    }

    /// What the grammar has no field for is nobody's, and may be anything.
    fn unknown(&mut self, span: Span) -> Result<(), Stop> {
        if span.len() >= limits::UNKNOWN { self.account.other(self.input, Region::Opaque, span) } else { Ok(()) }
    }

    fn text(&mut self, role: &str, span: Span) -> Result<(), Stop> {
        let text = self.reader.text(span, limits::TEXT)?;
        if could_be_code(&text) {
            self.texts += 1;
            if self.texts <= limits::TEXTS {
                self.input.emit(&Fact::new("text").text("role", role).text_cut("value", &text, span.len()).at(span.start, span.len()))?;
            }
        }
        Ok(())
    }
}
