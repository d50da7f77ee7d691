//! The walk over messages: what every part of it needs.

use crate::limits;
use crate::report::Report;
use weighbridge_parse_proto::{Broken, Error, Field, Message, Reader, Value};
use weighbridge_sdk::{Input, Span, Stop};

pub(crate) struct Walk<'i, 'h> {
    pub reader: Reader<&'i Input<'h>>,
    pub report: Report<'i, 'h>,
}

/// What an entry of a map holds.
#[derive(Default)]
struct Pair {
    key: String,
    value: Option<Span>,
}

impl<'i, 'h> Walk<'i, 'h> {
    pub fn new(input: &'i Input<'h>) -> Self {
        Walk { reader: Reader::new(input), report: Report::new(input) }
    }

    /// Calls `each` for every field of a message. Where it is broken, that is said, and the walk goes on behind it.
    pub fn fields(
        &mut self,
        what: &str,
        mut message: Message,
        mut each: impl FnMut(&mut Self, &Message, Field) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        loop {
            match self.reader.next(&mut message) {
                Ok(Some(field)) => each(self, &message, field)?,
                Ok(None) => return Ok(()),
                Err(error) => return self.stopped(what, error),
            }
        }
    }

    /// The same for a message that has been, or will be, walked in another place: what is broken is said there.
    pub fn again(&mut self, mut message: Message, mut each: impl FnMut(&mut Self, &Message, Field) -> Result<(), Stop>) -> Result<(), Stop> {
        loop {
            match self.reader.next(&mut message) {
                Ok(Some(field)) => each(self, &message, field)?,
                Ok(None) | Err(Error::Broken(_)) => return Ok(()),
                Err(Error::Stop(stop)) => return Err(stop),
            }
        }
    }

    pub fn stopped(&mut self, what: &str, error: Error) -> Result<(), Stop> {
        match error {
            Error::Stop(stop) => Err(stop),
            Error::Broken(broken) => self.broken(what, broken),
        }
    }

    fn broken(&mut self, what: &str, broken: Broken) -> Result<(), Stop> {
        self.report.broken(broken.fault.code(), what, &broken.fault.expected(), &broken.fault.found(), broken.at)
    }

    /// The message in a field, or an anomaly where it lies too deep.
    pub fn nested(&mut self, what: &str, message: &Message, span: Span) -> Result<Option<Message>, Stop> {
        match message.nested(span) {
            Ok(message) => Ok(Some(message)),
            Err(broken) => self.broken(what, broken).map(|()| None),
        }
    }

    pub fn name(&mut self, span: Span) -> Result<String, Stop> {
        self.reader.text(span, limits::NAME)
    }

    pub fn metadata(&mut self, key: &str, span: Span) -> Result<(), Stop> {
        let value = self.reader.text(span, limits::VALUE)?;
        self.report.metadata(key, &value, span.len(), span)?;
        self.left(span)
    }

    /// Bytes that nothing here reads on: structure where they are few.
    pub fn left(&mut self, span: Span) -> Result<(), Stop> {
        if span.len() >= limits::PAYLOAD {
            self.report.account.payload(self.report.input, span)?;
        }
        Ok(())
    }

    /// ```text
    /// map<string, V> = repeated Entry { key = 1, value = 2 }
    /// ```
    pub fn entry(&mut self, what: &str, message: &Message, span: Span) -> Result<Option<(String, Message, Span)>, Stop> {
        let Some(entry) = self.nested(what, message, span)? else { return Ok(None) };
        let mut pair = Pair::default();
        self.fields(what, entry, |walk, _, field| walk.pair(&mut pair, field))?;
        Ok(pair.value.map(|value| (pair.key, entry, value)))
    }

    /// The same for an entry that is walked in another place.
    pub fn entry_again(&mut self, message: &Message, span: Span) -> Result<Option<(String, Message, Span)>, Stop> {
        let Ok(entry) = message.nested(span) else { return Ok(None) };
        let mut pair = Pair::default();
        self.again(entry, |walk, _, field| walk.pair(&mut pair, field))?;
        Ok(pair.value.map(|value| (pair.key, entry, value)))
    }

    fn pair(&mut self, pair: &mut Pair, field: Field) -> Result<(), Stop> {
        match (field.number, field.value) {
            (1, Value::Bytes(span)) => pair.key = self.name(span)?,
            (2, Value::Bytes(span)) => pair.value = Some(span),
            _ => {}
        }
        Ok(())
    }

    /// A string constant: a graph, another file, or just text.
    pub fn constant(&mut self, name: &str, span: Span) -> Result<(), Stop> {
        if span.len() < limits::CHILD {
            return Ok(());
        }
        self.left(span)?;
        if crate::probe::is_graph(&mut self.reader, span)? {
            return self.report.child(name, span, crate::GRAPH);
        }
        if span.len() > limits::CONSTANT {
            return Ok(());
        }
        if span.len() < limits::WORD {
            let bytes = self.reader.bytes(span, limits::WORD as usize)?;
            let plain = std::str::from_utf8(&bytes).is_ok_and(|text| !text.chars().any(|c| c.is_control() && c != '\t'));
            if plain {
                return Ok(());
            }
        }
        self.report.child(name, span, "")
    }
}
