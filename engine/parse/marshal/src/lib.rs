//! Python's marshal format, the code objects in it, and what their bytecode uses: CPython 2.7 and 3.6 to 3.15, read and never run.
//!
//! The format: <https://github.com/python/cpython/blob/main/Python/marshal.c>. It says neither its version nor that of the bytecode: [`probe`] and
//! [`versions`] find which fit. [`read`] gives the values as a table, [`survey`] the names that code loads, calls and imports, [`disassemble`] its
//! instructions. `.pyc` files have a [`Header`] before the code object.
//!
//! Whatever the bytes say, nothing recurses, no allocation is sized by a number from them, and what came before an error is kept.
#![deny(missing_docs)]

mod disassembly;
mod instruction;
pub mod limits;
mod node;
mod opcodes;
mod probe;
mod pyc;
mod reader;
mod render;
mod survey;
mod tracker;
mod version;
mod versions;

pub use disassembly::{Line, disassemble, text};
pub use node::{Code, Cut, Id, Node, Object, Span};
pub use probe::{Probe, begins_code, probe, read_best};
pub use pyc::{Header, LONGEST as LONGEST_HEADER, RELEASED};
pub use reader::{Issue, Problem, read};
pub use survey::{Names, OPTIMIZED, Survey, survey};
pub use version::{Layout, Number, Part, Version};
pub use versions::{Fit, fits, versions};
