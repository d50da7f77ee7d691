//! What a plugin leaves behind in the process that it lives in.

use crate::commands::plugins::check::bench::Bench;
use crate::commands::plugins::check::inputs::{Input, spread};
use crate::commands::plugins::check::{Fault, failed};
use weighbridge_core::drive::Script;
use weighbridge_core::host::Traces;

/// Inputs that are read between two looks.
const INPUTS: usize = 16;

/// Everything that there is to read, or nothing: an empty input at least.
fn read(bench: &mut Bench) -> Result<(), Fault> {
    let mut inputs = match bench.claimed() {
        Ok(claimed) => spread(claimed, INPUTS),
        Err(Fault::Skipped(_)) => Vec::new(),
        Err(other) => return Err(other),
    };
    inputs.push(Input { name: "an empty input".into(), file: "input".into(), bytes: Vec::new() });
    let mut driver = bench.driver()?;
    for input in &inputs {
        bench.run(&mut driver, input, &Script { inspect: true, ..Script::default() });
    }
    Ok(())
}

pub fn traces(bench: &mut Bench) -> Result<(), Fault> {
    // Made before the plugin is opened: its initialisers are its own, too. That the library stays open is not its doing.
    let library = bench.order().library.clone();
    let before = Traces::now(&library);
    read(bench)?;
    let after = Traces::now(&library);
    match before.changes(&after).next() {
        Some((what, was, is)) => {
            let [was, is] = [was, is].map(|text| text.chars().take(160).collect::<String>());
            Err(failed(format!("it changed {what}, which was `{was}` and is `{is}`: a plugin leaves the process as it found it")))
        }
        None => Ok(()),
    }
}

/// What came out is looked at when the process has ended: what was printed may be written only then.
pub fn quiet(bench: &mut Bench) -> Result<(), Fault> {
    read(bench)
}
