//! A range of the input as a stream of bytes, for decoders that want one.

use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::OnceLock;

use weighbridge_parse_read::{ReadAt, Stop};

/// Bytes read from the input at once. Small members are many; large ones are read sequentially anyway.
const BLOCK: usize = 32 << 10;

/// A range of the input. A [`Stop`] becomes an error that the decoder passes on in its own way, and is kept aside.
pub(super) struct Source<R> {
    input: R,
    range: Range<u64>,
    block: Vec<u8>,
    used: usize,
    stop: Arc<OnceLock<Stop>>,
}

impl<R> Source<R> {
    pub fn new(input: R, range: Range<u64>) -> Self {
        Source { input, range, block: Vec::new(), used: 0, stop: Arc::default() }
    }

    /// Something that knows whether this source was stopped, for decoders that do not give it back.
    pub fn watch(&self) -> Source<()> {
        Source { input: (), range: 0..0, block: Vec::new(), used: 0, stop: self.stop.clone() }
    }

    pub fn stopped(&self) -> Option<Stop> {
        self.stop.get().copied()
    }

    /// Bytes that were not consumed.
    pub fn rest(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start) + (self.block.len() - self.used) as u64
    }
}

impl<R: ReadAt> Source<R> {
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

impl<R: ReadAt> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.block.len()
            && self.range.start < self.range.end
            && let Err(stop) = self.refill()
        {
            self.stop.get_or_init(|| stop);
            (self.block, self.used) = (Vec::new(), 0);
            return Err(io::Error::other(stop));
        }
        Ok(&self.block[self.used..])
    }

    fn consume(&mut self, amount: usize) {
        self.used = (self.used + amount).min(self.block.len());
    }
}

impl<R: ReadAt> Read for Source<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let block = self.fill_buf()?;
        let n = block.len().min(buf.len());
        buf[..n].copy_from_slice(&block[..n]);
        self.consume(n);
        Ok(n)
    }
}
