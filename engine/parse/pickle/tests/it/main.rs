//! What the machine sees in streams that were written to be seen wrongly, and in streams that are no streams.
#![allow(clippy::unwrap_used)]

mod bounds;
mod evasions;
mod folding;
mod opcodes;
mod probing;
mod recorder;
mod recovery;
mod robust;
