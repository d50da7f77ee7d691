//! Counts what a thread holds: for the fuzz target, and for tests.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// What one thread takes and another frees makes the count of both wrong: hence the arithmetic that saturates. A scan stays on its thread.
fn grown(by: usize) {
    // A thread that ends has no count any more.
    let _gone = LIVE.try_with(|live| {
        live.set(live.get().saturating_add(by));
        MOST.try_with(|most| most.set(most.get().max(live.get())))
    });
}

fn shrunk(by: usize) {
    let _gone = LIVE.try_with(|live| live.set(live.get().saturating_sub(by)));
}

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // Zeroed pages cost nothing until they are written to, but who asks for them has taken a number from somewhere.
        grown(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrunk(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        shrunk(layout.size());
        grown(size);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What this thread holds now; the most is counted anew from here.
pub fn mark() -> usize {
    LIVE.with(|live| {
        MOST.with(|most| most.set(live.get()));
        live.get()
    })
}

/// The most that this thread held at once since the mark, beyond what it held then.
pub fn most_since(mark: usize) -> usize {
    MOST.with(|most| most.get().saturating_sub(mark))
}
