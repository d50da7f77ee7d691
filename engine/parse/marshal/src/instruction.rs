//! Bytecode as instructions.
//!
//! Python 2.7: a byte, and two of argument from HAVE_ARGUMENT on. Since 3.6: two bytes each; EXTENDED_ARG puts bytes before the next argument; since
//! 3.11 inline caches follow some, which the interpreter steps over.

use crate::Version;
use crate::opcodes::{self, Entry, Op, Table};

/// The first instruction of Python 2.7 that has an argument.
const HAVE_ARGUMENT: u8 = 90;

/// One instruction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instruction {
    /// Where it begins in the bytecode, its EXTENDED_ARG before it not counted.
    pub at: usize,
    pub number: u8,
    pub argument: u32,
    pub entry: Entry,
    /// Whether what stands in its caches is more than room.
    pub dirty: bool,
}

/// Goes through bytecode from its beginning.
pub(crate) struct Instructions<'c> {
    code: &'c [u8],
    at: usize,
    version: Version,
    table: &'static Table,
}

impl<'c> Instructions<'c> {
    pub fn new(code: &'c [u8], version: Version) -> Self {
        Instructions { code, at: 0, version, table: opcodes::table(version) }
    }
}

impl Iterator for Instructions<'_> {
    type Item = Instruction;

    fn next(&mut self) -> Option<Instruction> {
        let mut extended: u32 = 0;
        loop {
            let at = self.at;
            let number = *self.code.get(at)?;
            let entry = self.table[usize::from(number)];
            let (argument, size) = if self.version > Version::V2_7 {
                (u32::from(*self.code.get(at + 1)?) | extended << 8, 2)
            } else if number < HAVE_ARGUMENT {
                (0, 1)
            } else {
                (u32::from(u16::from_le_bytes([*self.code.get(at + 1)?, *self.code.get(at + 2)?])) | extended << 16, 3)
            };
            let next = at + size;
            let caches = self.code.get(next..(next + 2 * usize::from(entry.caches)).min(self.code.len())).unwrap_or(&[]);
            self.at = next + 2 * usize::from(entry.caches);
            if entry.op == Op::Extended {
                extended = argument;
                continue;
            }
            return Some(Instruction { at, number, argument, entry, dirty: caches.iter().any(|byte| *byte != 0) });
        }
    }
}
