//! The 68 opcodes of protocols 0 to 5.
//!
//! The format has no other specification than its readers: <https://github.com/python/cpython/blob/main/Lib/pickletools.py>
//! (names, arguments, stack effects), <https://github.com/python/cpython/blob/main/Modules/_pickle.c> (the C unpickler) and
//! <https://github.com/python/cpython/blob/main/Lib/pickle.py> (the Python one). Where they differ the machine follows whichever accepts more.

/// How the argument of an opcode lies in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// No argument.
    None,
    /// One byte, unsigned.
    U1,
    /// Two bytes, little-endian, unsigned.
    U2,
    /// Four bytes, little-endian, signed.
    I4,
    /// Four bytes, little-endian, unsigned.
    U4,
    /// Eight bytes, little-endian, unsigned.
    U8,
    /// Eight bytes, big-endian IEEE 754.
    F8,
    /// Text up to a newline.
    Line,
    /// Two texts, each up to a newline.
    Lines,
    /// One byte of length, then that many bytes.
    Count1,
    /// Four bytes of length, then that many bytes.
    Count4,
    /// Eight bytes of length, then that many bytes.
    Count8,
}

/// One row of the opcode table.
#[derive(Debug, Clone, Copy)]
pub struct Opcode {
    /// The byte in the stream.
    pub code: u8,
    /// The name in pickletools.
    pub name: &'static str,
    /// The argument.
    pub form: Form,
    /// The protocol that introduced it.
    pub protocol: u8,
    /// What it takes from the stack, as pickletools writes it.
    pub before: &'static str,
    /// What it leaves on the stack.
    pub after: &'static str,
}

/// The row of a byte, or `None` where no unpickler knows it.
#[must_use]
pub fn lookup(code: u8) -> Option<&'static Opcode> {
    let at = INDEX[usize::from(code)];
    OPCODES.get(usize::from(at))
}

/// The name of a byte; `?` where no unpickler knows it.
#[must_use]
pub fn name(code: u8) -> &'static str {
    lookup(code).map_or("?", |op| op.name)
}

/// How one byte is handled in the hot loop: the form, or 255 where it is no opcode.
pub(crate) const FORMS: [u8; 256] = {
    let mut forms = [255u8; 256];
    let mut i = 0;
    while i < OPCODES.len() {
        forms[OPCODES[i].code as usize] = OPCODES[i].form as u8;
        i += 1;
    }
    forms
};

/// The protocol that introduced each byte; 0 where it is no opcode.
pub(crate) const PROTOCOLS: [u8; 256] = {
    let mut protocols = [0u8; 256];
    let mut i = 0;
    while i < OPCODES.len() {
        protocols[OPCODES[i].code as usize] = OPCODES[i].protocol;
        i += 1;
    }
    protocols
};

const INDEX: [u8; 256] = {
    let mut index = [255u8; 256];
    let mut i = 0;
    while i < OPCODES.len() {
        index[OPCODES[i].code as usize] = i as u8;
        i += 1;
    }
    index
};

/// The codes by name.
#[allow(missing_docs)]
pub mod code {
    pub const MARK: u8 = 0x28;
    pub const EMPTY_TUPLE: u8 = 0x29;
    pub const STOP: u8 = 0x2e;
    pub const POP: u8 = 0x30;
    pub const POP_MARK: u8 = 0x31;
    pub const DUP: u8 = 0x32;
    pub const BINBYTES: u8 = 0x42;
    pub const SHORT_BINBYTES: u8 = 0x43;
    pub const FLOAT: u8 = 0x46;
    pub const BINFLOAT: u8 = 0x47;
    pub const INT: u8 = 0x49;
    pub const BININT: u8 = 0x4a;
    pub const BININT1: u8 = 0x4b;
    pub const LONG: u8 = 0x4c;
    pub const BININT2: u8 = 0x4d;
    pub const NONE: u8 = 0x4e;
    pub const PERSID: u8 = 0x50;
    pub const BINPERSID: u8 = 0x51;
    pub const REDUCE: u8 = 0x52;
    pub const STRING: u8 = 0x53;
    pub const BINSTRING: u8 = 0x54;
    pub const SHORT_BINSTRING: u8 = 0x55;
    pub const UNICODE: u8 = 0x56;
    pub const BINUNICODE: u8 = 0x58;
    pub const EMPTY_LIST: u8 = 0x5d;
    pub const APPEND: u8 = 0x61;
    pub const BUILD: u8 = 0x62;
    pub const GLOBAL: u8 = 0x63;
    pub const DICT: u8 = 0x64;
    pub const APPENDS: u8 = 0x65;
    pub const GET: u8 = 0x67;
    pub const BINGET: u8 = 0x68;
    pub const INST: u8 = 0x69;
    pub const LONG_BINGET: u8 = 0x6a;
    pub const LIST: u8 = 0x6c;
    pub const OBJ: u8 = 0x6f;
    pub const PUT: u8 = 0x70;
    pub const BINPUT: u8 = 0x71;
    pub const LONG_BINPUT: u8 = 0x72;
    pub const SETITEM: u8 = 0x73;
    pub const TUPLE: u8 = 0x74;
    pub const SETITEMS: u8 = 0x75;
    pub const EMPTY_DICT: u8 = 0x7d;
    pub const PROTO: u8 = 0x80;
    pub const NEWOBJ: u8 = 0x81;
    pub const EXT1: u8 = 0x82;
    pub const EXT2: u8 = 0x83;
    pub const EXT4: u8 = 0x84;
    pub const TUPLE1: u8 = 0x85;
    pub const TUPLE2: u8 = 0x86;
    pub const TUPLE3: u8 = 0x87;
    pub const NEWTRUE: u8 = 0x88;
    pub const NEWFALSE: u8 = 0x89;
    pub const LONG1: u8 = 0x8a;
    pub const LONG4: u8 = 0x8b;
    pub const SHORT_BINUNICODE: u8 = 0x8c;
    pub const BINUNICODE8: u8 = 0x8d;
    pub const BINBYTES8: u8 = 0x8e;
    pub const EMPTY_SET: u8 = 0x8f;
    pub const ADDITEMS: u8 = 0x90;
    pub const FROZENSET: u8 = 0x91;
    pub const NEWOBJ_EX: u8 = 0x92;
    pub const STACK_GLOBAL: u8 = 0x93;
    pub const MEMOIZE: u8 = 0x94;
    pub const FRAME: u8 = 0x95;
    pub const BYTEARRAY8: u8 = 0x96;
    pub const NEXT_BUFFER: u8 = 0x97;
    pub const READONLY_BUFFER: u8 = 0x98;
}

use code::*;

const fn row(code: u8, name: &'static str, form: Form, protocol: u8, before: &'static str, after: &'static str) -> Opcode {
    Opcode { code, name, form, protocol, before, after }
}

/// All opcodes, by code.
#[rustfmt::skip]
pub const OPCODES: &[Opcode] = &[
    row(MARK, "MARK", Form::None, 0, "", "mark"),
    row(EMPTY_TUPLE, "EMPTY_TUPLE", Form::None, 1, "", "tuple"),
    row(STOP, "STOP", Form::None, 0, "any", ""),
    row(POP, "POP", Form::None, 0, "any", ""),
    row(POP_MARK, "POP_MARK", Form::None, 1, "mark stackslice", ""),
    row(DUP, "DUP", Form::None, 0, "any", "any any"),
    row(BINBYTES, "BINBYTES", Form::Count4, 3, "", "bytes"),
    row(SHORT_BINBYTES, "SHORT_BINBYTES", Form::Count1, 3, "", "bytes"),
    row(FLOAT, "FLOAT", Form::Line, 0, "", "float"),
    row(BINFLOAT, "BINFLOAT", Form::F8, 1, "", "float"),
    row(INT, "INT", Form::Line, 0, "", "int_or_bool"),
    row(BININT, "BININT", Form::I4, 1, "", "int"),
    row(BININT1, "BININT1", Form::U1, 1, "", "int"),
    row(LONG, "LONG", Form::Line, 0, "", "int"),
    row(BININT2, "BININT2", Form::U2, 1, "", "int"),
    row(NONE, "NONE", Form::None, 0, "", "None"),
    row(PERSID, "PERSID", Form::Line, 0, "", "any"),
    row(BINPERSID, "BINPERSID", Form::None, 1, "any", "any"),
    row(REDUCE, "REDUCE", Form::None, 0, "any any", "any"),
    row(STRING, "STRING", Form::Line, 0, "", "bytes_or_str"),
    row(BINSTRING, "BINSTRING", Form::Count4, 1, "", "bytes_or_str"),
    row(SHORT_BINSTRING, "SHORT_BINSTRING", Form::Count1, 1, "", "bytes_or_str"),
    row(UNICODE, "UNICODE", Form::Line, 0, "", "str"),
    row(BINUNICODE, "BINUNICODE", Form::Count4, 1, "", "str"),
    row(EMPTY_LIST, "EMPTY_LIST", Form::None, 1, "", "list"),
    row(APPEND, "APPEND", Form::None, 0, "list any", "list"),
    row(BUILD, "BUILD", Form::None, 0, "any any", "any"),
    row(GLOBAL, "GLOBAL", Form::Lines, 0, "", "any"),
    row(DICT, "DICT", Form::None, 0, "mark stackslice", "dict"),
    row(APPENDS, "APPENDS", Form::None, 1, "list mark stackslice", "list"),
    row(GET, "GET", Form::Line, 0, "", "any"),
    row(BINGET, "BINGET", Form::U1, 1, "", "any"),
    row(INST, "INST", Form::Lines, 0, "mark stackslice", "any"),
    row(LONG_BINGET, "LONG_BINGET", Form::U4, 1, "", "any"),
    row(LIST, "LIST", Form::None, 0, "mark stackslice", "list"),
    row(OBJ, "OBJ", Form::None, 1, "mark any stackslice", "any"),
    row(PUT, "PUT", Form::Line, 0, "", ""),
    row(BINPUT, "BINPUT", Form::U1, 1, "", ""),
    row(LONG_BINPUT, "LONG_BINPUT", Form::U4, 1, "", ""),
    row(SETITEM, "SETITEM", Form::None, 0, "dict any any", "dict"),
    row(TUPLE, "TUPLE", Form::None, 0, "mark stackslice", "tuple"),
    row(SETITEMS, "SETITEMS", Form::None, 1, "dict mark stackslice", "dict"),
    row(EMPTY_DICT, "EMPTY_DICT", Form::None, 1, "", "dict"),
    row(PROTO, "PROTO", Form::U1, 2, "", ""),
    row(NEWOBJ, "NEWOBJ", Form::None, 2, "any any", "any"),
    row(EXT1, "EXT1", Form::U1, 2, "", "any"),
    row(EXT2, "EXT2", Form::U2, 2, "", "any"),
    row(EXT4, "EXT4", Form::I4, 2, "", "any"),
    row(TUPLE1, "TUPLE1", Form::None, 2, "any", "tuple"),
    row(TUPLE2, "TUPLE2", Form::None, 2, "any any", "tuple"),
    row(TUPLE3, "TUPLE3", Form::None, 2, "any any any", "tuple"),
    row(NEWTRUE, "NEWTRUE", Form::None, 2, "", "bool"),
    row(NEWFALSE, "NEWFALSE", Form::None, 2, "", "bool"),
    row(LONG1, "LONG1", Form::Count1, 2, "", "int"),
    row(LONG4, "LONG4", Form::Count4, 2, "", "int"),
    row(SHORT_BINUNICODE, "SHORT_BINUNICODE", Form::Count1, 4, "", "str"),
    row(BINUNICODE8, "BINUNICODE8", Form::Count8, 4, "", "str"),
    row(BINBYTES8, "BINBYTES8", Form::Count8, 4, "", "bytes"),
    row(EMPTY_SET, "EMPTY_SET", Form::None, 4, "", "set"),
    row(ADDITEMS, "ADDITEMS", Form::None, 4, "set mark stackslice", "set"),
    row(FROZENSET, "FROZENSET", Form::None, 4, "mark stackslice", "frozenset"),
    row(NEWOBJ_EX, "NEWOBJ_EX", Form::None, 4, "any any any", "any"),
    row(STACK_GLOBAL, "STACK_GLOBAL", Form::None, 4, "str str", "any"),
    row(MEMOIZE, "MEMOIZE", Form::None, 4, "any", "any"),
    row(FRAME, "FRAME", Form::U8, 4, "", ""),
    row(BYTEARRAY8, "BYTEARRAY8", Form::Count8, 5, "", "bytearray"),
    row(NEXT_BUFFER, "NEXT_BUFFER", Form::None, 5, "", "buffer"),
    row(READONLY_BUFFER, "READONLY_BUFFER", Form::None, 5, "buffer", "buffer"),
];
