//! Tests of the rules engine, by subject.

mod builtin;
mod errors;
mod joins;
mod learning;
mod lints;
mod names;
mod packs;
mod semantics;
mod support;

pub use support::{fact, with};
