//! A range of the input as a stream of bytes, for decoders that want one.

use std::io::{self, BufRead, Read};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::{ReadAt, Stop};

/// Bytes read from the input at once. Small streams are many; large ones are read sequentially anyway.
const BLOCK: usize = 32 << 10;

/// Whether a stream was stopped, and why: decoders pass an error on in their own way, and some do not give the stream back.
#[derive(Debug, Clone, Default)]
pub struct Stopped(Arc<OnceLock<Stop>>);

impl Stopped {
    /// The first [`Stop`] that a stream met.
    pub fn get(&self) -> Option<Stop> {
        self.0.get().copied()
    }
}

/// A range of the input. A [`Stop`] becomes an error of the stream, and is kept aside in a [`Stopped`].
#[derive(Debug)]
pub struct Stream<R> {
    input: R,
    range: Range<u64>,
    block: Vec<u8>,
    used: usize,
    stopped: Stopped,
}

impl<R> Stream<R> {
    /// Of a range, which may reach past the end of the input: the stream ends there. Several streams may tell one `stopped`.
    pub fn new(input: R, range: Range<u64>, stopped: Stopped) -> Self {
        Stream { input, range, block: Vec::new(), used: 0, stopped }
    }

    /// Bytes that were not consumed.
    pub fn rest(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start) + (self.block.len() - self.used) as u64
    }
}

impl<R: ReadAt> Stream<R> {
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

impl<R: ReadAt> BufRead for Stream<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used >= self.block.len()
            && self.range.start < self.range.end
            && let Err(stop) = self.refill()
        {
            self.stopped.0.get_or_init(|| stop);
            (self.block, self.used) = (Vec::new(), 0);
            return Err(io::Error::other(stop));
        }
        Ok(&self.block[self.used..])
    }

    fn consume(&mut self, amount: usize) {
        self.used = (self.used + amount).min(self.block.len());
    }
}

impl<R: ReadAt> Read for Stream<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let block = self.fill_buf()?;
        let n = block.len().min(buf.len());
        buf[..n].copy_from_slice(&block[..n]);
        self.consume(n);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stops at the second question.
    struct Stopping(std::cell::Cell<u64>);

    impl ReadAt for Stopping {
        fn size(&self) -> u64 {
            1 << 20
        }
        fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
            buf.fill(7);
            Ok(buf.len())
        }
        fn poll(&self, steps: u64) -> Result<(), Stop> {
            self.0.set(self.0.get() + steps);
            if self.0.get() > 1 { Err(Stop::Cancelled) } else { Ok(()) }
        }
    }

    #[test]
    fn a_range_is_read_to_its_end_or_that_of_the_input() {
        for (range, expected) in [(1..3, &b"bc"[..]), (4..99, b"e"), (9..12, b""), (2..2, b"")] {
            let mut stream = Stream::new(&b"abcde"[..], range.clone(), Stopped::default());
            let mut read = Vec::new();
            assert_eq!(stream.read_to_end(&mut read).ok(), Some(expected.len()), "{range:?}");
            assert_eq!((read.as_slice(), stream.rest()), (expected, 0), "{range:?}");
        }
    }

    #[test]
    fn a_stop_is_an_error_and_is_known_afterwards() {
        let stopped = Stopped::default();
        let mut stream = Stream::new(Stopping(0.into()), 0..1 << 20, stopped.clone());
        let mut read = Vec::new();
        assert!(stream.read_to_end(&mut read).is_err());
        assert_eq!((read.len(), stopped.get()), (BLOCK, Some(Stop::Cancelled)));
    }
}
