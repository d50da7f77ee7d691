//! Tests of the rules engine, by subject.

mod builtin;
mod errors;
mod names;
mod semantics;
mod support;
