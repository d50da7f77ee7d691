//! The engine: it reads files, lets plugins say what is in them, and lets rule packs judge what they said.
//!
//! ```text
//! source -> identify -> plugin (C ABI) -> facts ──records──> rules -> findings -> report
//!    ^                        │
//!    └──── nested children ───┘
//! ```
//! Everything left of the records reads hostile bytes ([`scan`]); everything right of them does not.
#![deny(missing_docs)]

pub mod assemble;
pub mod drive;
mod excerpt;
pub mod fact;
pub mod host;
pub mod imports;
pub mod isolate;
pub mod limits;
pub mod record;
pub mod report;
pub mod rules;
pub mod run;
pub mod scan;
pub mod source;
pub mod suppress;
pub mod verdict;
mod words;
