//! A range of the input as a stream of bytes.

use crate::limits::BLOCK;
use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::rc::Rc;
use weighbridge_sdk::{ReadAt, Stop};

/// Why the input stopped, where it did: decoders pass on an error in their own way.
pub(crate) type Stopped = Rc<Cell<Option<Stop>>>;

pub(crate) struct Packed<R> {
    input: R,
    range: Range<u64>,
    block: Vec<u8>,
    used: usize,
    stopped: Stopped,
}

impl<R: ReadAt> Packed<R> {
    pub fn new(input: R, range: Range<u64>, stopped: Stopped) -> Self {
        Packed { input, range, block: Vec::new(), used: 0, stopped }
    }

    fn refill(&mut self) -> Result<(), Stop> {
        self.input.poll(1)?;
        let left = self.range.end.saturating_sub(self.range.start);
        let want = usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK));
        self.block.resize(want, 0);
        let got = self.input.read_at(self.range.start, &mut self.block)?;
        self.block.truncate(got);
        self.used = 0;
        self.range.start += got as u64;
        if got == 0 {
            self.range.end = self.range.start;
        }
        Ok(())
    }
}

impl<R: ReadAt> BufRead for Packed<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.block.len()
            && self.range.start < self.range.end
            && let Err(stop) = self.refill()
        {
            self.stopped.set(Some(stop));
            (self.block, self.used) = (Vec::new(), 0);
            return Err(io::Error::other(stop));
        }
        Ok(&self.block[self.used..])
    }

    fn consume(&mut self, amount: usize) {
        self.used = (self.used + amount).min(self.block.len());
    }
}

impl<R: ReadAt> Read for Packed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let block = self.fill_buf()?;
        let n = block.len().min(buf.len());
        buf[..n].copy_from_slice(&block[..n]);
        self.consume(n);
        Ok(n)
    }
}
