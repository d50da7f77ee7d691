//! What the machine tells: events, and the [`Visitor`] that receives them.

use weighbridge_parse_read::Stop;

use crate::anomaly::AnomalyCode;
use crate::text::TextKind;
use crate::value::Value;
use crate::values::{Name, Values};

/// The number of a distinct event, in order of first appearance within one run, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u32);

impl Id {
    /// The id of an event that is not remembered, because a cap is reached: every one of these is given in full.
    pub const NONE: Id = Id(u32::MAX);
}

/// How sure a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resolved {
    /// Module and name are what a loader would use.
    Exact,
    /// One of both is known, or both but a loader may find something else.
    Partial,
    /// Neither is known.
    Unknown,
}

/// How a name came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// Written in the opcode: GLOBAL, INST.
    Written,
    /// STACK_GLOBAL of constants.
    Stack,
    /// STACK_GLOBAL of at least one computed text.
    Computed,
    /// An extension code that the stream registered.
    Registered,
    /// An extension code that it did not register.
    Extension,
    /// The result of a call that the machine folded: getattr, import_module, resolve_name and so on.
    Folded,
    /// Through an attribute that the stream itself wrote.
    AttributeWrite,
}

/// A pickle begins.
#[derive(Debug, Clone, Copy)]
pub struct PickleBegin {
    /// Offset of its first opcode.
    pub offset: u64,
    /// Its index among the pickles of the input.
    pub index: u64,
    /// Depth within other pickles: 0 unless a visitor answered [`Flow::Nested`].
    pub depth: usize,
    /// Whether it was found by searching, after an error or among foreign bytes.
    pub found: bool,
    /// Whether this is the second of two readings of the same bytes (a read that straddles a frame). It begins in the middle of a
    /// pickle, with that pickle's stack and memo.
    pub alternative: bool,
}

/// Why a pickle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// STOP.
    Stop,
    /// The input ended.
    Truncated,
    /// A byte that is no opcode.
    InvalidOpcode,
    /// An alternative reading reached its bound.
    Limit,
}

/// A pickle ended.
#[derive(Debug, Clone, Copy)]
pub struct PickleEnd {
    /// Its index, as in [`PickleBegin`].
    pub index: u64,
    /// Where it began.
    pub begin: u64,
    /// The offset just after its last opcode.
    pub offset: u64,
    /// Why.
    pub end: End,
    /// The protocol it declared; `None` without PROTO.
    pub protocol: Option<u8>,
    /// The value that STOP returns.
    pub result: Option<Value>,
    /// Whether this was an alternative reading.
    pub alternative: bool,
    /// Opcodes it had.
    pub opcodes: u64,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flow {
    /// Go on with the next byte.
    #[default]
    Continue,
    /// Go on at this offset: the bytes before it are the visitor's (raw array data, storages). Only forward; others are ignored.
    SkipTo(u64),
    /// A complete pickle of its own lies at this offset, within the current one, which goes on after its STOP. Only for [`Visitor::state`].
    Nested(u64),
}

/// A name is resolved.
#[derive(Debug, Clone, Copy)]
pub struct Global<'a> {
    /// Number of this event; its repeats come as [`Visitor::again`].
    pub id: Id,
    /// What is imported, after translation from Python 2.
    pub name: &'a Name,
    /// The module as written.
    pub written_module: &'a str,
    /// The name as written.
    pub written_name: &'a str,
    /// How sure it is.
    pub resolved: Resolved,
    /// How it came about.
    pub via: Via,
    /// The value that stands for it. For [`Via::AttributeWrite`] this may be anything that the stream wrote.
    pub value: Value,
    /// The opcode: GLOBAL, STACK_GLOBAL, INST, EXT1, or the one that made the folded call.
    pub opcode: u8,
    /// Offset of that opcode.
    pub offset: u64,
    /// Its length in the file.
    pub len: u64,
}

/// The arguments of a call.
#[derive(Debug, Clone, Copy)]
pub enum Args<'a> {
    /// These. `total` is the true number; `values` may be fewer.
    Known {
        /// The first of them.
        values: &'a [Value],
        /// How many there are.
        total: u32,
        /// Keyword arguments: a dict, or anything.
        keywords: Option<Value>,
    },
    /// Not a tuple that the machine can look into: this value.
    Opaque(Value),
    /// Over the cap on distinct argument lists of one callable.
    Omitted,
}

/// Something is called.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Number of this event; its repeats come as [`Visitor::again`].
    pub id: Id,
    /// What is called: a name, an expression, or unknown.
    pub callable: Value,
    /// The name, where `callable` is one.
    pub name: Option<&'a Name>,
    /// The arguments.
    pub args: Args<'a>,
    /// The result.
    pub result: Value,
    /// Whether the machine worked out the result; then `result` is a name, a constant or a container.
    pub folded: bool,
    /// The call whose result is called here.
    pub parent: Option<Id>,
    /// The opcode: REDUCE, NEWOBJ, NEWOBJ_EX, OBJ, INST; BUILD where state injection makes a call.
    pub opcode: u8,
    /// Offset of that opcode.
    pub offset: u64,
    /// Its length in the file.
    pub len: u64,
}

/// What state is written on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// The result of a call: an instance.
    Object,
    /// A module, as far as the machine can tell.
    Module,
    /// A class or function (or other attribute of a module): a write that outlives the load.
    Global,
    /// A constant or container.
    Constant,
    /// Unknown.
    Unknown,
}

/// How state is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateKind {
    /// BUILD.
    Build,
    /// A folded setattr, `__setattr__` or the like.
    SetAttr,
}

/// State is written on something.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    /// Number of this event.
    pub id: Id,
    /// Whether an equal event was given before (same target and, for names, same values).
    pub repeat: bool,
    /// What is written on.
    pub target: Value,
    /// Its kind.
    pub target_kind: TargetKind,
    /// The name it is, or the name whose call made it.
    pub class: Option<&'a Name>,
    /// The state: a dict, or anything. Its items are read with [`Values::dict`].
    pub state: Value,
    /// The second half of a state pair: slots, set one by one with setattr.
    pub slot_state: Option<Value>,
    /// How.
    pub kind: StateKind,
    /// The opcode.
    pub opcode: u8,
    /// Offset of the opcode.
    pub offset: u64,
    /// Offset just after it: where raw data would begin.
    pub next: u64,
}

/// Items are added to something that is no container: APPEND calls `append` or `extend`, SETITEM calls `__setitem__`, ADDITEMS `add`.
#[derive(Debug, Clone, Copy)]
pub struct ItemWrite<'a> {
    /// Number of this event; its repeats come as [`Visitor::again`].
    pub id: Id,
    /// What is written on.
    pub target: Value,
    /// Its kind.
    pub target_kind: TargetKind,
    /// The name it is, or the name whose call made it.
    pub class: Option<&'a Name>,
    /// The first items: for SETITEM keys and values in turn.
    pub items: &'a [Value],
    /// How many there are.
    pub total: u64,
    /// APPEND, APPENDS, SETITEM, SETITEMS, ADDITEMS.
    pub opcode: u8,
    /// Offset of the opcode.
    pub offset: u64,
}

/// A persistent id is resolved by the loader.
#[derive(Debug, Clone, Copy)]
pub struct PersistentId<'a> {
    /// Number of this event; its repeats come as [`Visitor::again`].
    pub id: Id,
    /// The id itself.
    pub value: Value,
    /// Its items, where it is a tuple; else the id alone.
    pub items: &'a [Value],
    /// PERSID or BINPERSID.
    pub opcode: u8,
    /// Offset of the opcode.
    pub offset: u64,
}

/// A text or bytes constant of some length.
#[derive(Debug, Clone, Copy)]
pub struct Constant {
    /// Text or bytes.
    pub kind: TextKind,
    /// The value, as it will appear in arguments.
    pub value: Value,
    /// Offset of the opcode.
    pub offset: u64,
    /// Offset of the content.
    pub payload: u64,
    /// Length of the content in the file.
    pub len: u64,
    /// Whether the content is escaped text (STRING, UNICODE) that has to be decoded: [`Values::text`] does.
    pub encoded: bool,
}

/// Something is not what it should be.
#[derive(Debug, Clone, Copy)]
pub struct Anomaly<'a> {
    /// What.
    pub code: AnomalyCode,
    /// Where.
    pub offset: u64,
    /// What was expected and what was found; empty where the code says all.
    pub detail: &'a str,
}

/// One opcode of a disassembly.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Offset of the opcode.
    pub offset: u64,
    /// The opcode.
    pub code: u8,
    /// The argument as it lies in the file without length, at most some hundred bytes of it.
    pub arg: &'a [u8],
    /// Offset of the argument.
    pub arg_offset: u64,
    /// Its full length.
    pub arg_len: u64,
    /// Where the next opcode begins.
    pub next: u64,
    /// Depth of the stack before it.
    pub stack: u64,
    /// Marks on the stack before it.
    pub marks: u64,
}

/// Receives what the machine sees, in the order of the stream. Every method may end the run with a [`Stop`].
#[allow(unused_variables)]
pub trait Visitor {
    /// Whether [`Visitor::opcode`] is wanted. Costs nothing where it is not.
    const OPCODES: bool = false;
    /// Whether [`Visitor::constant`] is wanted.
    const CONSTANTS: bool = true;

    /// A pickle begins.
    fn pickle_begin(&mut self, begin: &PickleBegin) -> Result<(), Stop> {
        Ok(())
    }
    /// A pickle ended. The answer may skip bytes that belong to something else.
    fn pickle_end(&mut self, end: &PickleEnd, values: &mut Values<'_>) -> Result<Flow, Stop> {
        Ok(Flow::Continue)
    }
    /// A name is resolved, for the first time in this way.
    fn global(&mut self, global: &Global<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        Ok(())
    }
    /// Something is called, for the first time with these arguments.
    fn call(&mut self, call: &Call<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        Ok(())
    }
    /// An event equal to an earlier one.
    fn again(&mut self, id: Id, offset: u64) -> Result<(), Stop> {
        Ok(())
    }
    /// State is written. Called for repeats too (with [`State::repeat`]), because raw data may follow any of them.
    fn state(&mut self, state: &State<'_>, values: &mut Values<'_>) -> Result<Flow, Stop> {
        Ok(Flow::Continue)
    }
    /// Items are added to something that is no container.
    fn item_write(&mut self, write: &ItemWrite<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        Ok(())
    }
    /// A persistent id.
    fn persistent_id(&mut self, id: &PersistentId<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
        Ok(())
    }
    /// A text or bytes constant of at least [`crate::Limits::constant_min`] bytes.
    fn constant(&mut self, constant: &Constant, values: &mut Values<'_>) -> Result<(), Stop> {
        Ok(())
    }
    /// Something is not what it should be.
    fn anomaly(&mut self, anomaly: &Anomaly<'_>) -> Result<(), Stop> {
        Ok(())
    }
    /// Bytes that are part of no pickle and that no visitor claimed by a [`Flow::SkipTo`].
    fn gap(&mut self, offset: u64, len: u64) -> Result<(), Stop> {
        Ok(())
    }
    /// One opcode, before it is carried out.
    fn opcode(&mut self, row: &Row<'_>) -> Result<(), Stop> {
        Ok(())
    }
}

/// What one run saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pickles, alternative readings not counted.
    pub pickles: u64,
    /// Opcodes carried out.
    pub opcodes: u64,
    /// Whether every byte belongs to a pickle that ended in STOP or to a range that the visitor claimed, and no cap was reached.
    pub complete: bool,
    /// Bytes in gaps.
    pub gap_bytes: u64,
    /// Anomalies by code, those beyond [`crate::Limits::anomalies`] included; codes in order, none with zero.
    pub anomalies: Vec<(AnomalyCode, u64)>,
}
