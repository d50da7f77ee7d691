//! A pickle as Python text, and its opcodes as a table, streamed: by themselves, or beside another visitor ([`Beside`]).
//!
//! Nothing is kept but what the machine keeps: a pickle of a gigabyte is decompiled in the same memory as a small one. Equal calls are one
//! variable; repeats are counted and named at the end of the pickle.

use weighbridge_parse_read::{ReadAt, Stop};

use crate::event::{
    Anomaly, Call, Constant, Flow, Global, Id, ItemWrite, PersistentId, PickleBegin, PickleEnd, Resolved, Row, State, StateKind, Summary, Visitor,
};
use crate::limits::Limits;
use crate::opcodes;
use crate::render::Style;
use crate::value::Value;
use crate::values::Values;

/// One line of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where in the file.
    pub offset: u64,
    /// Bytes that it speaks of.
    pub length: u64,
    /// The text, without the offset.
    pub text: String,
}

/// Receives lines in order. An error ends the listing.
pub trait Sink {
    /// One line.
    fn line(&mut self, line: Line) -> Result<(), Stop>;
}

impl Sink for Vec<Line> {
    fn line(&mut self, line: Line) -> Result<(), Stop> {
        self.push(line);
        Ok(())
    }
}

/// Length of one statement.
const STATEMENT: usize = 400;

/// Writes what the pickles of `input` do as Python statements: imports, calls, state writes, results.
pub fn decompile<R: ReadAt, S: Sink>(input: R, limits: &Limits, sink: &mut S) -> Result<Summary, Stop> {
    crate::run(input, limits, &mut Decompiler { sink, repeats: 0 })
}

/// Lists the same run that another visitor sees: each opcode, then the statements that it makes. What the visitor steps over is no pickle here either.
pub struct Beside<'s, V, P, O> {
    inner: V,
    decompiler: Decompiler<'s, P>,
    disassembler: Option<Disassembler<'s, O>>,
}

impl<'s, V, P: Sink, O: Sink> Beside<'s, V, P, O> {
    /// Lists beside `inner`: statements, and opcodes where they are wanted.
    pub fn new(inner: V, statements: &'s mut P, opcodes: Option<&'s mut O>) -> Self {
        Beside { inner, decompiler: Decompiler { sink: statements, repeats: 0 }, disassembler: opcodes.map(|sink| Disassembler { sink }) }
    }

    /// The other visitor.
    pub fn into_inner(self) -> V {
        self.inner
    }

    fn skipped(&mut self, from: u64, flow: Flow) -> Result<Flow, Stop> {
        if let Flow::SkipTo(to) = flow {
            let length = to.saturating_sub(from);
            self.decompiler.sink.line(Line { offset: from, length, text: format!("# {length} bytes of data that belong to the object above") })?;
        }
        Ok(flow)
    }
}

impl<V: Visitor, P: Sink, O: Sink> Visitor for Beside<'_, V, P, O> {
    const OPCODES: bool = true;
    const CONSTANTS: bool = V::CONSTANTS;

    fn pickle_begin(&mut self, begin: &PickleBegin) -> Result<(), Stop> {
        self.decompiler.pickle_begin(begin)?;
        self.inner.pickle_begin(begin)
    }

    fn pickle_end(&mut self, end: &PickleEnd, values: &mut Values<'_>) -> Result<Flow, Stop> {
        self.decompiler.pickle_end(end, values)?;
        let flow = self.inner.pickle_end(end, values)?;
        self.skipped(end.offset, flow)
    }

    fn global(&mut self, global: &Global<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        self.decompiler.global(global, values)?;
        self.inner.global(global, values)
    }

    fn call(&mut self, call: &Call<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        self.decompiler.call(call, values)?;
        self.inner.call(call, values)
    }

    fn again(&mut self, id: Id, offset: u64) -> Result<(), Stop> {
        self.decompiler.again(id, offset)?;
        self.inner.again(id, offset)
    }

    fn state(&mut self, state: &State<'_>, values: &mut Values<'_>) -> Result<Flow, Stop> {
        self.decompiler.state(state, values)?;
        let flow = self.inner.state(state, values)?;
        self.skipped(state.offset + 1, flow)
    }

    fn item_write(&mut self, write: &ItemWrite<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        self.decompiler.item_write(write, values)?;
        self.inner.item_write(write, values)
    }

    fn persistent_id(&mut self, id: &PersistentId<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        self.decompiler.persistent_id(id, values)?;
        self.inner.persistent_id(id, values)
    }

    fn constant(&mut self, constant: &Constant, values: &mut Values<'_>) -> Result<(), Stop> {
        self.inner.constant(constant, values)
    }

    fn anomaly(&mut self, anomaly: &Anomaly<'_>) -> Result<(), Stop> {
        self.decompiler.anomaly(anomaly)?;
        self.inner.anomaly(anomaly)
    }

    fn gap(&mut self, offset: u64, len: u64) -> Result<(), Stop> {
        self.decompiler.gap(offset, len)?;
        self.inner.gap(offset, len)
    }

    fn opcode(&mut self, row: &Row<'_>) -> Result<(), Stop> {
        if let Some(disassembler) = &mut self.disassembler {
            disassembler.opcode(row)?;
        }
        self.inner.opcode(row)
    }
}

/// Writes the opcodes of the pickles of `input`, one a line: name and argument.
pub fn disassemble<R: ReadAt, S: Sink>(input: R, limits: &Limits, sink: &mut S) -> Result<Summary, Stop> {
    crate::run(input, limits, &mut Disassembler { sink })
}

struct Decompiler<'s, S> {
    sink: &'s mut S,
    repeats: u64,
}

const STYLE: Style = Style { variables: true };

impl<S: Sink> Decompiler<'_, S> {
    fn say(&mut self, offset: u64, text: String) -> Result<(), Stop> {
        self.sink.line(Line { offset, length: 1, text })
    }
}

impl<S: Sink> Visitor for Decompiler<'_, S> {
    const CONSTANTS: bool = false;

    fn pickle_begin(&mut self, begin: &PickleBegin) -> Result<(), Stop> {
        if begin.alternative {
            self.say(begin.offset, "# another reading of the bytes from here:".into())
        } else if begin.index > 0 {
            self.say(begin.offset, format!("# pickle {}", begin.index))
        } else {
            Ok(())
        }
    }

    fn pickle_end(&mut self, end: &PickleEnd, values: &mut Values<'_>) -> Result<Flow, Stop> {
        if self.repeats > 0 {
            let repeats = std::mem::take(&mut self.repeats);
            self.say(end.offset, format!("# {repeats} repeats of the above are left out"))?;
        }
        match end.result {
            Some(value) => {
                let text = values.render_as(value, STATEMENT, STYLE)?;
                self.say(end.offset.saturating_sub(1), format!("result = {text}"))?;
            }
            None => self.say(end.offset, format!("# no result: {:?}", end.end))?,
        }
        Ok(Flow::Continue)
    }

    fn global(&mut self, global: &Global<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        let name = global.name;
        let text = if global.resolved == Resolved::Unknown || (name.module().is_empty() && !name.name().is_empty()) {
            format!("# a name that could not be computed: {}", values.render_as(global.value, STATEMENT, Style::default())?)
        } else if name.is_module() {
            format!("import {}", quote(name.module()))
        } else {
            let (first, rest) = name.name().split_once('.').unwrap_or((name.name(), ""));
            let note = if rest.is_empty() { String::new() } else { format!("  # for {}", quote(name.name())) };
            format!("from {} import {}{note}", quote(name.module()), quote(first))
        };
        self.say(global.offset, text)
    }

    fn call(&mut self, call: &Call<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        let text = values.render_call_as(call, STATEMENT, STYLE)?;
        self.say(call.offset, format!("_var{} = {text}", call.id.0))
    }

    fn again(&mut self, _id: Id, _offset: u64) -> Result<(), Stop> {
        self.repeats += 1;
        Ok(())
    }

    fn state(&mut self, state: &State<'_>, values: &mut Values<'_>) -> Result<Flow, Stop> {
        if state.repeat {
            self.repeats += 1;
            return Ok(Flow::Continue);
        }
        let target = values.render_as(state.target, STATEMENT, STYLE)?;
        let value = values.render_as(state.state, STATEMENT, STYLE)?;
        let text = match (state.kind, state.slot_state) {
            (StateKind::SetAttr, _) => format!("# sets on {target}: {value}"),
            (StateKind::Build, None) => format!("{target}.__setstate__({value})"),
            (StateKind::Build, Some(slots)) => {
                let slots = values.render_as(slots, STATEMENT, STYLE)?;
                format!("{target}.__setstate__(({value}, {slots}))")
            }
        };
        self.say(state.offset, text)?;
        Ok(Flow::Continue)
    }

    fn item_write(&mut self, write: &ItemWrite<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        use opcodes::code::{ADDITEMS, APPEND, SETITEM, SETITEMS};
        let target = values.render_as(write.target, STATEMENT, STYLE)?;
        let mut items = Vec::new();
        for &item in write.items.iter().take(8) {
            items.push(values.render_as(item, STATEMENT / 8, STYLE)?);
        }
        if write.total > items.len() as u64 {
            items.push("...".into());
        }
        let text = match write.opcode {
            SETITEM | SETITEMS => match &items[..] {
                [key, value] => format!("{target}[{key}] = {value}"),
                _ => format!("{target}.update({})", items.join(", ")),
            },
            ADDITEMS => format!("{target}.add({})", items.join(", ")),
            APPEND => format!("{target}.append({})", items.join(", ")),
            _ => format!("{target}.extend([{}])", items.join(", ")),
        };
        self.say(write.offset, text)
    }

    fn persistent_id(&mut self, id: &PersistentId<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        let text = values.render_as(id.value, STATEMENT, STYLE)?;
        self.say(id.offset, format!("persistent_load({text})"))
    }

    fn anomaly(&mut self, anomaly: &Anomaly<'_>) -> Result<(), Stop> {
        self.say(anomaly.offset, format!("# {}: {}", anomaly.code, anomaly.detail))
    }

    fn gap(&mut self, offset: u64, len: u64) -> Result<(), Stop> {
        self.say(offset, format!("# {len} bytes that are no pickle"))
    }
}

/// A name as it is, or escaped where it is not what it seems.
fn quote(name: &str) -> String {
    if name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) { name.to_owned() } else { name.escape_debug().to_string() }
}

struct Disassembler<'s, S> {
    sink: &'s mut S,
}

impl<S: Sink> Visitor for Disassembler<'_, S> {
    const OPCODES: bool = true;
    const CONSTANTS: bool = false;

    fn opcode(&mut self, row: &Row<'_>) -> Result<(), Stop> {
        let arg = argument(row);
        let space = if arg.is_empty() { "" } else { " " };
        let length = row.next.saturating_sub(row.offset).max(1);
        self.sink.line(Line { offset: row.offset, length, text: format!("{}{space}{arg}", opcodes::name(row.code)) })
    }

    fn anomaly(&mut self, anomaly: &Anomaly<'_>) -> Result<(), Stop> {
        self.sink.line(Line { offset: anomaly.offset, length: 1, text: format!("# {}: {}", anomaly.code, anomaly.detail) })
    }

    fn gap(&mut self, offset: u64, len: u64) -> Result<(), Stop> {
        self.sink.line(Line { offset, length: len, text: format!("# {len} bytes that are no pickle") })
    }
}

/// The argument of an opcode as text, bounded.
#[must_use]
pub fn argument(row: &Row<'_>) -> String {
    use crate::text::{Text, TextKind, write_literal};
    use opcodes::{Form, code};
    let Some(op) = opcodes::lookup(row.code) else { return String::new() };
    let little = || row.arg.iter().take(8).rev().fold(0u64, |v, &b| v << 8 | u64::from(b));
    let literal = |kind| {
        let mut out = String::new();
        let text = Text { kind, bytes: row.arg.to_vec(), truncated: (row.arg.len() as u64) < row.arg_len };
        write_literal(&mut out, &text, 120);
        out
    };
    match op.form {
        Form::None => String::new(),
        Form::U1 | Form::U2 | Form::U4 | Form::U8 => little().to_string(),
        Form::I4 => row.arg.first_chunk::<4>().map_or_else(String::new, |b| i32::from_le_bytes(*b).to_string()),
        Form::F8 => row.arg.first_chunk::<8>().map_or_else(String::new, |b| format!("{:?}", f64::from_be_bytes(*b))),
        Form::Lines => String::from_utf8_lossy(row.arg).replace('\n', " ").escape_debug().take(240).collect(),
        Form::Line if row.code != code::UNICODE => String::from_utf8_lossy(row.arg).escape_debug().take(240).collect(),
        _ if matches!(row.code, code::LONG1 | code::LONG4) => match crate::number::long(row.arg) {
            Some(n) => n.to_string(),
            None => format!("<{} bytes>", row.arg_len),
        },
        _ if matches!(row.code, code::BINBYTES | code::SHORT_BINBYTES | code::BINBYTES8) => literal(TextKind::Bytes),
        _ if row.code == code::BYTEARRAY8 => literal(TextKind::ByteArray),
        _ => literal(TextKind::Str),
    }
}

/// The value as Python text with variables for results of calls, as [`decompile`] writes it.
pub fn expression(value: Value, values: &mut Values<'_>, max: usize) -> Result<String, Stop> {
    values.render_as(value, max, STYLE)
}
