//! The input, for decoders that live longer than one call.
//!
//! A decoder is made in `open_child` and read on in `read_child`, each with a host of its own. It holds a [`Current`], which reads from
//! the input of whichever child call is running on its thread.

use crate::Input;
use std::cell::Cell;
use std::ptr;
use weighbridge_parse_read::{ReadAt, Stop};

thread_local! {
    static RUNNING: Cell<*const Input<'static>> = const { Cell::new(ptr::null()) };
}

/// The input of the child call that is running. Between calls there is none, and reading fails.
#[derive(Debug, Clone, Copy)]
pub struct Current {
    size: u64,
}

impl Current {
    pub(crate) fn new(input: &Input<'_>) -> Self {
        Current { size: input.size() }
    }

    fn running<T>(&self, read: impl FnOnce(&Input<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        let input = RUNNING.with(Cell::get);
        // SAFETY: null, or set by `with` to an input that outlives the call it runs, on this thread.
        match unsafe { input.as_ref() } {
            Some(input) => read(input),
            None => Err(Stop::Io),
        }
    }
}

impl ReadAt for Current {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        self.running(|input| input.read_at(offset, buf))
    }

    fn poll(&self, steps: u64) -> Result<(), Stop> {
        self.running(|input| input.poll(steps))
    }
}

/// Runs a child call with `input` as the current one.
pub(crate) fn with<T>(input: &Input<'_>, call: impl FnOnce() -> T) -> T {
    struct Restore(*const Input<'static>);
    impl Drop for Restore {
        fn drop(&mut self) {
            RUNNING.with(|running| running.set(self.0));
        }
    }
    let pointer = ptr::from_ref(input).cast::<Input<'static>>();
    // The one before comes back also when the call panics.
    let _restore = Restore(RUNNING.with(|running| running.replace(pointer)));
    call()
}
