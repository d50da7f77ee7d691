//! Jinja templates: what they name, call and say. They are read, never rendered.
//!
//! Language: <https://jinja.palletsprojects.com/en/stable/templates/>, <https://github.com/pallets/jinja/blob/main/src/jinja2/lexer.py>,
//! <https://github.com/pallets/jinja/blob/main/src/jinja2/parser.py>; what chat templates add:
//! <https://huggingface.co/docs/transformers/chat_templating_writing> (`generation` blocks, loop controls, `raise_exception`, `strftime_now`).
//!
//! A tree would break off at the first thing that its grammar does not have, and engines differ in what they have. So there is none: expressions are folded as they
//! are read, into the names that they reach and the texts that they can be, and what cannot be understood is passed over token by token, so that nothing hides
//! behind it. Work is linear, depth is bounded, and memory does not depend on the nesting.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod expression;
mod fold;
pub mod limits;
mod postfix;
mod prose;
mod scope;
mod seen;
mod statement;
mod strings;
mod token;
mod value;

pub use seen::{Branch, Feature, Issue, Literal, Seen};
pub use statement::read;

#[cfg(test)]
mod tests;
