//! The stack of open brackets: a bit for each, so that depth costs next to nothing.

use crate::limits;

#[derive(Default)]
pub(crate) struct Levels {
    bits: Vec<u64>,
    depth: u64,
}

impl Levels {
    pub fn depth(&self) -> u64 {
        self.depth
    }

    pub fn push(&mut self, object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if self.depth < limits::LEVELS {
            let word = word as usize;
            if word == self.bits.len() {
                self.bits.push(0);
            }
            self.bits[word] = self.bits[word] & !(1 << bit) | u64::from(object) << bit;
        }
        self.depth += 1;
    }

    pub fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether the innermost container is an object; none where there is none, and where that is not remembered.
    pub fn object(&self) -> Option<bool> {
        let level = self.depth.checked_sub(1)?;
        let word = self.bits.get(usize::try_from(level / 64).ok()?)?;
        (level < limits::LEVELS).then_some(word >> (level % 64) & 1 == 1)
    }
}
