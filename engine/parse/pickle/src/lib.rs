//! An exact and permissive abstract interpreter for Python pickles.
//!
//! A pickle is a program for a small stack machine. [`run`] carries the program out on abstract values: the stack, the memo and the marks are exact,
//! names are resolved, but nothing is imported and nothing is called. What a loader *would* do is told to a [`Visitor`]: names that it resolves
//! ([`Global`]), calls ([`Call`]), state that it writes ([`State`]), persistent ids, and whatever is irregular ([`Anomaly`]).
//!
//! The machine accepts more than any unpickler does. Where unpicklers differ it follows the loosest and says so; where all of them would stop it
//! says so and goes on: the bytes after it are searched for the next pickle, to the end of the input. It passes no judgement.
//!
//! Memory does not depend on the input's size beyond the memo, which is capped; every bound is in [`limits`].
//!
//! ```
//! use weighbridge_parse_pickle::{Call, Limits, Values, Visitor, run};
//! use weighbridge_parse_read::Stop;
//!
//! struct Print(Vec<String>);
//! impl Visitor for Print {
//!     fn call(&mut self, call: &Call<'_>, values: &mut Values<'_>) -> Result<(), Stop> {
//!         self.0.push(values.render_call(call, 80)?);
//!         Ok(())
//!     }
//! }
//! let mut seen = Print(Vec::new());
//! let input: &[u8] = b"cos\nsystem\n(S'echo hi'\ntR.";
//! run(input, &Limits::default(), &mut seen)?;
//! assert_eq!(seen.0, ["os.system('echo hi')"]);
//! # Ok::<(), Stop>(())
//! ```
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod anomaly;
mod call;
pub mod compat;
mod containers;
pub mod decompile;
mod event;
mod exec;
mod fold;
mod fold_text;
pub mod limits;
mod machine;
mod memo;
mod number;
pub mod opcodes;
mod probe;
mod reader;
mod render;
mod resync;
mod structure;
mod text;
mod through;
mod value;
mod values;
mod writes;

pub use anomaly::AnomalyCode;
pub use event::{
    Anomaly, Args, Call, Constant, End, Flow, Global, Id, ItemWrite, PersistentId, PickleBegin, PickleEnd, Resolved, Row, State, StateKind, Summary,
    TargetKind, Via, Visitor,
};
pub use limits::Limits;
pub use machine::run;
pub use probe::{Carved, Probe, carve, goes_on, open_line, probe, proven};
pub use text::{Text, TextKind};
pub use value::{Tag, Value};
pub use values::{Items, Name, Values};
