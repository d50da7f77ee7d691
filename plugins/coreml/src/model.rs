//! The walk over a model.

use crate::limits;
use crate::schema::{self, Kind, Role};
use weighbridge_parse_proto::{Broken, Error, Field, Message, Reader, Span, Value};
use weighbridge_parse_strings::{could_be_code, leads_out};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop};

struct Report<'i, 'h> {
    input: &'i Input<'h>,
    reader: Reader<&'i Input<'h>>,
    texts: usize,
    /// Types of the outermost model: there is one.
    types: u64,
    children: u64,
    /// Where the structure since the last weights begins.
    structure: u64,
    broken: Vec<Broken>,
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut report = Report { input, reader: Reader::new(input), texts: 0, types: 0, children: 0, structure: 0, broken: Vec::new() };
    let mut open: Vec<(Kind, Message)> = vec![(Kind::Model, report.reader.whole())];
    while let Some((kind, message)) = open.last_mut() {
        match report.reader.next(message) {
            Ok(None) => {
                open.pop();
            }
            Ok(Some(field)) => {
                let (kind, outer) = (*kind, *message);
                if let Some((kind, span)) = report.field(kind, open.len(), &field)? {
                    match outer.nested(span) {
                        Ok(inner) => open.push((kind, inner)),
                        Err(broken) => report.broken.push(broken),
                    }
                }
            }
            Err(Error::Stop(stop)) => return Err(Failure::Stop(stop)),
            Err(Error::Broken(broken)) => report.broken.push(broken),
        }
    }
    let size = input.size();
    if size > report.structure {
        input.region(Region::Structure, report.structure, size - report.structure)?;
    }
    let mut deep = false;
    for broken in report.broken.iter().take(8) {
        deep |= broken.fault.code() == "limit-depth";
        let (expected, found) = (broken.fault.expected(), broken.fault.found());
        input.emit(&Fact::anomaly(broken.fault.code()).text("expected", &expected).text("found", &found).at(broken.at.min(size), 0))?;
    }
    if report.types == 0 && report.broken.is_empty() {
        // The field of its type is the model itself.
        input.emit(&Fact::anomaly("truncated").text("expected", "a model of some type").at(size, 0))?;
        return Err(Failure::Malformed);
    }
    if !report.broken.is_empty() {
        return Err(if deep { Failure::Unsupported } else { Failure::Malformed });
    }
    if report.texts > limits::TEXTS {
        let found = format!("{} more", report.texts - limits::TEXTS);
        input.emit(&Fact::anomaly("limit-facts").text("detail", "texts that were not handed on").text("found", &found).at(0, 0))?;
        return Err(Failure::Unsupported);
    }
    Ok(())
}

impl Report<'_, '_> {
    /// Looks at a field. The answer is a message to descend into.
    fn field(&mut self, kind: Kind, depth: usize, field: &Field) -> Result<Option<(Kind, Span)>, Stop> {
        let (at, length) = (field.at, field.end - field.at);
        if kind == Kind::Model
            && depth == 1
            && let (1, Value::Varint(version)) = (field.number, field.value)
        {
            let version = version.to_string();
            self.input.emit(&Fact::new("metadata").text("key", "coreml.version").text("value", &version).at(at, length))?;
        }
        if kind == Kind::Model
            && let Some(name) = schema::type_of(field.number)
        {
            self.types += u64::from(depth == 1);
            self.input.emit(&Fact::new("metadata").text("key", "coreml.type").text("value", name).at(at, length))?;
        }
        let Some(span) = field.bytes() else { return Ok(None) };
        match kind.field(field.number) {
            Role::Message(inner) => return Ok(Some((inner, span))),
            Role::Text => self.text(span)?,
            Role::ClassOfLayer => self.operator("custom-layer", span)?,
            Role::ClassOfModel => self.operator("custom-model", span)?,
            Role::OperationType => self.operator("mil", span)?,
            // The parameter's default is all that a file can give: a message of one string.
            Role::LinkedName => self.parameter(span, "linked model")?,
            Role::SearchPath => self.parameter(span, "search path")?,
            Role::Blob => {
                let name = self.reader.text(span, limits::NAME)?;
                let target = name.strip_prefix("@model_path/").unwrap_or(&name);
                self.file(target, span, "weights")?;
            }
            Role::Bytes => {
                self.payload(span)?;
                if span.len() <= limits::CONSTANT && !span.is_empty() {
                    self.children += 1;
                    let child = Child::range(b"bytes", self.children, span.start, span.len());
                    self.input.child(&Child { payload: true, speculative: true, ..child })?;
                }
            }
            // What the grammar has no field for is nobody's, and may be anything.
            Role::Other if kind == Kind::Model && schema::type_of(field.number).is_none() => self.other(Region::Opaque, span)?,
            Role::Other if span.len() >= limits::WEIGHTS => self.payload(span)?,
            Role::Other => {}
        }
        Ok(None)
    }

    fn payload(&mut self, span: Span) -> Result<(), Stop> {
        self.other(Region::Payload, span)
    }

    fn other(&mut self, class: Region, span: Span) -> Result<(), Stop> {
        if span.is_empty() || span.start < self.structure {
            return Ok(());
        }
        self.input.region(Region::Structure, self.structure, span.start - self.structure)?;
        self.input.region(class, span.start, span.len())?;
        self.structure = span.end;
        Ok(())
    }

    fn text(&mut self, span: Span) -> Result<(), Stop> {
        let text = self.reader.text(span, limits::TEXT)?;
        if !could_be_code(&text) {
            return Ok(());
        }
        self.texts += 1;
        if self.texts <= limits::TEXTS {
            self.input.emit(&Fact::new("text").text("role", "metadata").text_cut("value", &text, span.len()).at(span.start, span.len()))?;
        }
        Ok(())
    }

    fn operator(&mut self, domain: &str, span: Span) -> Result<(), Stop> {
        let name = self.reader.text(span, limits::NAME)?;
        let fact = Fact::new("operator").text("framework", "coreml").text("domain", domain).text("op", &name);
        self.input.emit(&fact.at(span.start, span.len()))?;
        self.text(span)
    }

    fn parameter(&mut self, span: Span, what: &str) -> Result<(), Stop> {
        let mut message = Message::new(span);
        loop {
            match self.reader.next(&mut message) {
                Ok(None) => return Ok(()),
                Ok(Some(field)) => {
                    if let Some(span) = field.bytes().filter(|_| field.number == 1) {
                        let name = self.reader.text(span, limits::NAME)?;
                        self.file(&name, span, what)?;
                    }
                }
                Err(Error::Stop(stop)) => return Err(stop),
                Err(Error::Broken(broken)) => self.broken.push(broken),
            }
        }
    }

    fn file(&mut self, name: &str, span: Span, what: &str) -> Result<(), Stop> {
        let place = |fact: Fact<'_>| self.input.emit(&fact.at(span.start, span.len())).map(drop);
        place(Fact::new("reference").text("role", "path").text("target", name))?;
        if leads_out(name) {
            place(Fact::anomaly("outside-root").text("detail", what).text("target", name))?;
        }
        Ok(())
    }
}
