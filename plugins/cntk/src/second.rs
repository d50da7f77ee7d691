//! Version 2: a dictionary of dictionaries, as a protocol buffer.
//!
//! ```text
//! Dictionary { version = 1, data = 2: map<string, DictionaryValue> }      entry { key = 1, value = 2 }
//! DictionaryValue { version = 1, value_type = 2, bool = 3, int = 4, size_t = 5, float = 6, double = 7, string = 8, _nd_shape = 9, _axis = 10,
//!                   vector = 11: Vector { value = 1 }, dictionary = 12, nd_array_view = 13 }
//! ```

use crate::limits;
use crate::report::Texts;
use weighbridge_parse_proto::{Broken, Error, Field, Message, Reader, Value, Wire, survey};
use weighbridge_parse_python as python;
use weighbridge_sdk::{Account, Fact, Failure, Input, Probe, ReadAt, Region, Span, Stop, read_up_to};

/// Keys of a function's or a trainer's dictionary, of which each file has some.
const KEYS: [&[u8]; 16] = [
    b"version",
    b"type",
    b"uid",
    b"name",
    b"root",
    b"inputs",
    b"outputs",
    b"primitive_functions",
    b"attributes",
    b"op",
    b"kind",
    b"data_type",
    b"internal_worker_state",
    b"external_worker_state",
    b"smoothed_gradients",
    b"learner_state",
];

/// A dictionary: a number, and entries, whose keys are those of functions.
pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    // The version is the first field, and a small number.
    if !matches!(read_up_to(input, 0, 3)?.as_slice(), [0x08, 0..=9, 0x12]) {
        return Ok(Probe::NO);
    }
    let mut reader = Reader::new(input);
    let mut message = reader.whole();
    let (mut known, mut entries) = (0, 0);
    while entries < limits::PROBE {
        let field = match reader.next(&mut message) {
            Ok(Some(field)) => field,
            Err(Error::Stop(stop)) => return Err(stop),
            Ok(None) | Err(Error::Broken(_)) => break,
        };
        let Some(span) = field.bytes().filter(|_| field.number == 2) else { continue };
        entries += 1;
        let entry = survey(&mut reader, Message::new(span), 4)?;
        let (Some(key), Some(_)) = (entry.bytes(1), entry.bytes(2)) else { continue };
        if entry.fits(&[(1, Wire::Bytes), (2, Wire::Bytes)]) && KEYS.contains(&reader.bytes(key, limits::NAME)?.as_slice()) {
            known += 1;
        }
    }
    Ok(match known {
        0 => Probe::NO,
        1 => Probe::possible(0),
        _ if known * 2 >= entries => Probe::certain(0),
        _ => Probe::likely(0),
    })
}

/// What a message is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dictionary,
    Vector,
    Value,
    Array,
}

/// A message that is being read.
struct Open {
    kind: Kind,
    message: Message,
    /// The key that it stands under.
    key: String,
    /// Of a dictionary: its texts, and whether it says that it is native.
    texts: Vec<(String, String)>,
    /// Of the value of an entry: whether it belongs to the dictionary below.
    entry: bool,
}

struct Walk<'i, 'h> {
    input: &'i Input<'h>,
    reader: Reader<&'i Input<'h>>,
    account: Account,
    texts: Texts,
    operators: u64,
    broken: u64,
    deep: bool,
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut walk = Walk { input, reader: Reader::new(input), account: Account::new(0), texts: Texts::new(), operators: 0, broken: 0, deep: false };
    let open = |kind, message, key: &str, entry| Open { kind, message, key: key.to_owned(), texts: Vec::new(), entry };
    let mut stack = vec![open(Kind::Dictionary, walk.reader.whole(), "", false)];
    while let Some(top) = stack.last_mut() {
        let (kind, key) = (top.kind, top.key.clone());
        let field = match walk.reader.next(&mut top.message) {
            Ok(Some(field)) => field,
            Ok(None) => {
                if let Some(done) = stack.pop().filter(|done| done.kind == Kind::Dictionary) {
                    walk.function(&done)?;
                }
                continue;
            }
            Err(Error::Stop(stop)) => return Err(stop.into()),
            Err(Error::Broken(broken)) => {
                let end = top.message.span().end;
                walk.stopped(&broken, end)?;
                continue;
            }
        };
        let outer = top.message;
        let descend = match (kind, field.number) {
            (Kind::Dictionary, 2) => walk.entry(&outer, &field)?.map(|(key, message)| open(Kind::Value, message, &key, true)),
            (Kind::Vector, 1) => walk.nested(&outer, &field)?.map(|message| open(Kind::Value, message, &key, false)),
            (Kind::Value, 8) => {
                let entry = top.entry;
                if let Some((text, full, at)) = walk.string(&field)? {
                    walk.texts.text(input, "parameter", &text, full, at)?;
                    // The dictionary that it is an entry of lies below.
                    let below = stack.len().checked_sub(2).filter(|_| entry).and_then(|below| stack.get_mut(below));
                    if let Some(dictionary) = below.filter(|below| below.texts.len() < limits::KEPT) {
                        dictionary.texts.push((key, text));
                    }
                }
                None
            }
            (Kind::Value, 11) => walk.nested(&outer, &field)?.map(|message| open(Kind::Vector, message, &key, false)),
            (Kind::Value, 12) => walk.nested(&outer, &field)?.map(|message| open(Kind::Dictionary, message, &key, false)),
            (Kind::Value, 13) => walk.nested(&outer, &field)?.map(|message| open(Kind::Array, message, &key, false)),
            (Kind::Array, _) => {
                if let Some(span) = field.bytes().filter(|span| span.len() >= limits::PAYLOAD) {
                    walk.account.payload(input, span)?;
                }
                None
            }
            // What the grammar has no field for is nobody's, and may be anything.
            (Kind::Dictionary, 3..) | (Kind::Vector, 2..) | (Kind::Value, 14..) => {
                if let Some(span) = field.bytes().filter(|span| span.len() >= limits::UNKNOWN) {
                    walk.account.other(input, Region::Opaque, span)?;
                }
                None
            }
            _ => None,
        };
        stack.extend(descend);
    }
    walk.account.structure(input, input.size())?;
    if walk.texts.cut() || walk.operators > limits::OPERATORS {
        input.emit(&Fact::anomaly("limit-facts").text("detail", "texts or operators that were not told"))?;
        return Err(Failure::Unsupported);
    }
    match (walk.broken, walk.deep) {
        (0, _) => Ok(()),
        (_, true) => Err(Failure::Unsupported),
        _ => Err(Failure::Malformed),
    }
}

impl Walk<'_, '_> {
    /// A message broke off: what stands behind it, up to the end of the message, is searched for texts.
    fn stopped(&mut self, broken: &Broken, end: u64) -> Result<(), Stop> {
        self.broken += 1;
        self.deep |= broken.fault.code() == "limit-depth";
        if self.broken <= limits::BROKEN {
            let (expected, found) = (broken.fault.expected(), broken.fault.found());
            let fact = Fact::anomaly(broken.fault.code()).text("expected", &expected).text("found", &found);
            self.input.emit(&fact.at(broken.at.min(self.input.size()), 0))?;
        }
        self.texts.stray(self.input, broken.at, end)
    }

    fn nested(&mut self, outer: &Message, field: &Field) -> Result<Option<Message>, Stop> {
        let Some(span) = field.bytes() else { return Ok(None) };
        match outer.nested(span) {
            Ok(message) => Ok(Some(message)),
            Err(broken) => {
                self.stopped(&broken, span.end)?;
                Ok(None)
            }
        }
    }

    /// Key and value of an entry, in whichever order they stand.
    fn entry(&mut self, outer: &Message, field: &Field) -> Result<Option<(String, Message)>, Stop> {
        let Some(mut entry) = self.nested(outer, field)? else { return Ok(None) };
        let (mut key, mut value) = (String::new(), None);
        loop {
            match self.reader.next(&mut entry) {
                Ok(Some(field)) => match (field.number, field.value) {
                    (1, Value::Bytes(span)) => key = self.reader.text(span, limits::NAME)?,
                    (2, Value::Bytes(_)) => value = self.nested(&entry, &field)?,
                    _ => {}
                },
                Ok(None) => break,
                Err(Error::Stop(stop)) => return Err(stop),
                Err(Error::Broken(broken)) => {
                    self.stopped(&broken, entry.span().end)?;
                    break;
                }
            }
        }
        self.texts.text(self.input, "name", &key, key.len() as u64, field.at)?;
        Ok(value.map(|value| (key, value)))
    }

    fn string(&mut self, field: &Field) -> Result<Option<(String, u64, u64)>, Stop> {
        let Some(span) = field.bytes() else { return Ok(None) };
        Ok(Some((self.reader.text(span, limits::TEXT)?, span.len(), span.start)))
    }

    /// ```text
    /// user function := { type: "UserDefinedFunction", op, native, user_defined_state: native state | Python's state }
    /// native state  := { type: "NativeUserDefinedFunction", module, deserialize_method, op, user_defined_state }
    /// Python's      := { class, module, op_name, state }
    /// ```
    /// A native function's library is opened and its method called; for one of Python `from {module} import {class}` is executed.
    fn function(&mut self, dictionary: &Open) -> Result<(), Stop> {
        let of = |key: &str| dictionary.texts.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
        let at: Span = dictionary.message.span();
        let module = of("module");
        let op = of("op_name").or(of("op")).unwrap_or("");
        if let (Some(module), Some(method)) = (module, of("deserialize_method")) {
            let args = [format!("module={module}"), format!("deserialize_method={method}")];
            return self.operator("native", if op.is_empty() { method } else { op }, &args, at);
        }
        if let (Some(module), Some(class)) = (module, of("class")) {
            self.operator("python", if op.is_empty() { class } else { op }, &[format!("module={module}"), format!("class={class}")], at)?;
            return self.imported(module, class, at);
        }
        match of("type") {
            Some("UserDefinedFunction") => self.operator("user", op, &[], at),
            // What is built in has a number instead of a name.
            _ if !op.is_empty() => self.operator("", op, &[], at),
            _ => Ok(()),
        }
    }

    fn imported(&mut self, module: &str, class: &str, at: Span) -> Result<(), Stop> {
        let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        if plain(module) && plain(class) {
            let fact = Fact::new("global").text("module", module).text("name", class).text("opcode", "import").text("resolved", "exact");
            return self.input.emit(&fact.at(at.start, at.len())).map(drop);
        }
        let source = format!("from {module} import {class}\n");
        let read = python::read(&source);
        let fact = Fact::new("code").text("language", "python-source").texts("names", &read.import.list, read.import.total);
        self.input.emit(&fact.text("text", &source).text("runs", "load").at(at.start, at.len())).map(drop)
    }

    fn operator(&mut self, domain: &str, op: &str, args: &[String], at: Span) -> Result<(), Stop> {
        self.operators += 1;
        if op.is_empty() || self.operators > limits::OPERATORS {
            return Ok(());
        }
        let fact = Fact::new("operator").text("framework", "cntk").text_if("domain", domain).text("op", op);
        let fact = if args.is_empty() { fact } else { fact.texts("args", args, args.len() as u64) };
        self.input.emit(&fact.at(at.start, at.len())).map(drop)
    }
}
