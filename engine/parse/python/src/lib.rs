//! What Python source imports and calls, and when: read as tokens and blocks, never parsed into a tree and never run.
//!
//! <https://docs.python.org/3/reference/>. Every Python from 2.7 on is read alike, and what is wrong in it hides nothing behind it. Work is linear, and
//! nothing recurses: nesting of any depth is a number.
#![deny(missing_docs)]

mod evidence;
mod fold;
mod given;
mod hidden;
pub mod limits;
mod module;
mod scan;
mod token;
mod words;

pub use evidence::{is_module, is_prose, is_statement};
pub use module::{Module, Names, read};
