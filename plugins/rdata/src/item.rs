//! Items' types and flags.
//!
//! An item begins with an integer: the type in bits 0 to 7, "is an object" 8, "has attributes" 9, "has a tag" 10, and from bit 12 on the general
//! purpose bits of R's header. <https://cran.r-project.org/doc/manuals/r-release/R-ints.html#SEXPTYPEs>, and `serialize.c` for types above 237.

pub(crate) const NIL: u8 = 0;
pub(crate) const SYMBOL: u8 = 1;
pub(crate) const PAIRLIST: u8 = 2;
pub(crate) const CLOSURE: u8 = 3;
pub(crate) const ENVIRONMENT: u8 = 4;
pub(crate) const PROMISE: u8 = 5;
pub(crate) const LANGUAGE: u8 = 6;
pub(crate) const SPECIAL: u8 = 7;
pub(crate) const BUILTIN: u8 = 8;
pub(crate) const CHAR: u8 = 9;
pub(crate) const LOGICAL: u8 = 10;
pub(crate) const INTEGER: u8 = 13;
pub(crate) const REAL: u8 = 14;
pub(crate) const COMPLEX: u8 = 15;
pub(crate) const STRING: u8 = 16;
pub(crate) const DOTS: u8 = 17;
pub(crate) const LIST: u8 = 19;
pub(crate) const EXPRESSION: u8 = 20;
pub(crate) const BYTECODE: u8 = 21;
pub(crate) const POINTER: u8 = 22;
pub(crate) const WEAK: u8 = 23;
pub(crate) const RAW: u8 = 24;
pub(crate) const S4: u8 = 25;

// What stands in files alone.
pub(crate) const ALTREP: u8 = 238;
pub(crate) const ATTRIBUTED_PAIRLIST: u8 = 239;
pub(crate) const ATTRIBUTED_LANGUAGE: u8 = 240;
pub(crate) const BASE_ENVIRONMENT: u8 = 241;
pub(crate) const EMPTY_ENVIRONMENT: u8 = 242;
pub(crate) const BYTECODE_REFERENCE: u8 = 243;
pub(crate) const BYTECODE_DEFINITION: u8 = 244;
pub(crate) const PERSISTENT: u8 = 247;
pub(crate) const PACKAGE: u8 = 248;
pub(crate) const NAMESPACE: u8 = 249;
pub(crate) const BASE_NAMESPACE: u8 = 250;
pub(crate) const MISSING: u8 = 251;
pub(crate) const UNBOUND: u8 = 252;
pub(crate) const GLOBAL_ENVIRONMENT: u8 = 253;
pub(crate) const NULL: u8 = 254;
pub(crate) const REFERENCE: u8 = 255;

/// An item's first integer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flags(pub i32);

/// A binding that calls a function whenever it is read (R's `ACTIVE_BINDING_MASK`).
const ACTIVE: u32 = 1 << 15;

impl Flags {
    pub fn kind(self) -> u8 {
        self.0 as u8
    }

    pub fn has_attributes(self) -> bool {
        self.0 & (1 << 9) != 0
    }

    pub fn has_tag(self) -> bool {
        self.0 & (1 << 10) != 0
    }

    /// Whether the binding that a cell of an environment makes is an active one.
    pub fn is_active(self) -> bool {
        (self.0 as u32 >> 12) & ACTIVE != 0
    }

    /// The number that a reference keeps in its flags; 0 where it follows.
    pub fn reference(self) -> u32 {
        self.0 as u32 >> 8
    }

    /// A string whose bytes are Latin-1.
    pub fn is_latin1(self) -> bool {
        self.0 as u32 >> 12 & (1 << 2) != 0
    }
}
