//! Reading constants again: a few small blocks of the input, held by their place.
//!
//! The arguments of a call lie where they were first written, which for memoised ones is anywhere before. One window would be moved to and fro.

use weighbridge_parse_read::{ReadAt, Stop, read_up_to};

/// Bytes of the input that one block stands for.
const BLOCK: u64 = 4096;
/// Bytes that it holds beyond them, so that a short read never needs two blocks.
const OVERLAP: usize = 1100;
const BLOCKS: u64 = 16;

struct Block {
    index: u64,
    bytes: Vec<u8>,
}

/// A small direct-mapped cache over an input.
pub(crate) struct Reader<'a> {
    input: &'a dyn ReadAt,
    size: u64,
    blocks: Vec<Block>,
    scratch: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a dyn ReadAt) -> Self {
        let blocks = (0..BLOCKS).map(|_| Block { index: u64::MAX, bytes: Vec::new() }).collect();
        Reader { input, size: input.size(), blocks, scratch: Vec::new() }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn input(&self) -> &'a dyn ReadAt {
        self.input
    }

    /// The bytes at `offset`: at least `min`, fewer only at the end of the input. `min` is the caller's own bound.
    pub(crate) fn at(&mut self, offset: u64, min: usize) -> Result<&[u8], Stop> {
        if min > OVERLAP {
            self.scratch = read_up_to(self.input, offset, min)?;
            return Ok(&self.scratch);
        }
        let index = offset / BLOCK;
        let block = &mut self.blocks[(index % BLOCKS) as usize];
        if block.index != index {
            block.index = u64::MAX;
            block.bytes = read_up_to(self.input, index * BLOCK, BLOCK as usize + OVERLAP)?;
            block.index = index;
        }
        Ok(block.bytes.get((offset % BLOCK) as usize..).unwrap_or(&[]))
    }

    /// Exactly `N` bytes at `offset`, or `None` where the input ends before that.
    pub(crate) fn array<const N: usize>(&mut self, offset: u64) -> Result<Option<[u8; N]>, Stop> {
        let bytes = self.at(offset, N)?;
        Ok(bytes.get(..N).and_then(|b| b.try_into().ok()))
    }
}
