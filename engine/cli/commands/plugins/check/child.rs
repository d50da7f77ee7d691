//! The process of one check.

use super::bench::Bench;
use super::checks::CHECKS;
use super::{Fault, Order, failed};
use crate::exit;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use weighbridge_core::drive;
use weighbridge_core::isolate::{Bounds, bound};
use weighbridge_core::report::PluginInfo;

/// The first of the two arguments of such a process; the other is its order.
pub const CHECK: &str = "--be-a-check";

/// Memory of one check, as address space: some times what the largest of the built-in plugins takes for the largest of its fixtures.
pub const MEMORY: u64 = 1 << 30;

/// Files in the folder of a check.
pub const ANSWER: &str = "answer.json";
/// What was printed.
pub const OUTPUT: &str = "output";
/// What was done last.
pub const DIARY: &str = "diary";
/// The input that it was done with.
pub const INPUT: &str = "input";

/// What a child has to say.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    /// None where the promise is kept.
    pub fault: Option<Fault>,
    /// The plugin, where it was opened.
    pub plugin: Option<PluginInfo>,
    /// Inputs that there are, and how many of them are claimed; where they were looked at.
    pub inputs: Option<(usize, usize)>,
}

/// Whether the program was started to run one check.
pub fn is_check(arguments: &[OsString]) -> bool {
    matches!(arguments, [_, first, _] if first == CHECK)
}

/// Runs it.
pub fn work(arguments: &[OsString]) -> anyhow::Result<u8> {
    let order: Order = serde_json::from_str(&arguments.last().map(|order| order.to_string_lossy()).unwrap_or_default())?;
    let Some(check) = CHECKS.iter().find(|check| check.id == order.check) else { return Ok(exit::USAGE) };
    // Elsewhere than on Linux there are none, and a check that eats memory is the user's to see.
    drop(bound(&Bounds { memory: MEMORY }));
    let folder = order.folder.clone();
    let run = move || {
        let mut bench = Bench::new(order)?;
        let fault = (check.run)(&mut bench).err();
        Ok(Answer { fault, plugin: bench.info(), inputs: bench.counted() })
    };
    // On a stack as large as those on which plugins run in a scan.
    let thread = std::thread::Builder::new().stack_size(drive::STACK).spawn(run)?;
    let broken = || Answer { fault: Some(failed("the check itself failed: this is a defect of Weighbridge")), plugin: None, inputs: None };
    let answer = thread.join().unwrap_or_else(|_| anyhow::Ok(broken()))?;
    write(&folder, &answer)?;
    Ok(exit::CLEAN)
}

fn write(folder: &Path, answer: &Answer) -> anyhow::Result<()> {
    Ok(fs::write(folder.join(ANSWER), serde_json::to_vec(answer)?)?)
}
