//! Small reads all over a file, held in blocks.

use crate::limits;
use std::cell::RefCell;
use weighbridge_parse_read::{ReadAt, Stop, read_up_to};

/// A cache in which each block has one place, so that its memory is bounded and looking up costs nothing.
pub(crate) struct Blocks<'i, R: ?Sized> {
    input: &'i R,
    slots: RefCell<Vec<Slot>>,
}

#[derive(Default, Clone)]
struct Slot {
    /// Number of the block, from 1; 0 is none.
    number: u64,
    bytes: Vec<u8>,
}

impl<'i, R: ReadAt + ?Sized> Blocks<'i, R> {
    pub fn new(input: &'i R) -> Self {
        Blocks { input, slots: RefCell::new(vec![Slot::default(); limits::BLOCKS]) }
    }

    pub fn input(&self) -> &'i R {
        self.input
    }

    pub fn size(&self) -> u64 {
        self.input.size()
    }

    /// `len` bytes at `at`, or fewer at the end of the file. `len` is the caller's own bound.
    pub fn read(&self, at: u64, len: usize) -> Result<Vec<u8>, Stop> {
        if len > 2 * limits::BLOCK {
            self.input.poll(len as u64 / 64)?;
            return read_up_to(self.input, at, len);
        }
        let mut out = Vec::with_capacity(len);
        let mut slots = self.slots.borrow_mut();
        while out.len() < len {
            let Some(at) = at.checked_add(out.len() as u64).filter(|at| *at < self.size()) else { break };
            let (number, within) = (at / limits::BLOCK as u64, (at % limits::BLOCK as u64) as usize);
            let places = slots.len() as u64;
            let slot = &mut slots[(number % places) as usize];
            if slot.number != number + 1 {
                slot.bytes = read_up_to(self.input, number * limits::BLOCK as u64, limits::BLOCK)?;
                slot.number = number + 1;
                self.input.poll(1)?;
            }
            let held = slot.bytes.get(within..).unwrap_or(&[]);
            if held.is_empty() {
                break;
            }
            out.extend_from_slice(&held[..held.len().min(len - out.len())]);
        }
        Ok(out)
    }
}
