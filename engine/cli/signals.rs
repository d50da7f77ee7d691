//! What ends a run early: a person, or the clock.

use std::time::Duration;
use weighbridge_core::scan::{Cancel, CancelReason};

/// The shell's exit code of a program that was ended by Ctrl-C.
const INTERRUPTED: i32 = 130;

/// The first Ctrl-C, or request to end, stops the run, which then reports what it found so far; the second one ends the program at once.
pub fn on_interrupt(cancel: &Cancel) -> anyhow::Result<()> {
    let cancel = cancel.clone();
    let mut asked = false;
    ctrlc::set_handler(move || {
        if asked {
            std::process::exit(INTERRUPTED);
        }
        asked = true;
        cancel.cancel(CancelReason::Cancelled);
    })?;
    Ok(())
}

/// Stops the run when the time is up.
pub fn after(time: Duration, cancel: &Cancel) -> std::io::Result<()> {
    let cancel = cancel.clone();
    std::thread::Builder::new().name("timeout".into()).spawn(move || {
        std::thread::sleep(time);
        cancel.cancel(CancelReason::Timeout);
    })?;
    Ok(())
}
