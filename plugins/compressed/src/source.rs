//! The input as a stream that several decoders read one after the other.

use crate::limits::BLOCK;
use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;
use weighbridge_sdk::{ReadAt, Stop};

struct Inner<R> {
    input: R,
    block: Vec<u8>,
    used: usize,
    /// Offset in the input of the first byte after the block.
    next: u64,
    stopped: Option<Stop>,
}

/// A place in the input, shared between a decoder and whoever goes on after it. A [`Stop`] becomes an error that the decoder passes on in its
/// own way, and is kept aside.
pub(crate) struct Source<R>(Rc<RefCell<Inner<R>>>);

impl<R> Clone for Source<R> {
    fn clone(&self) -> Self {
        Source(self.0.clone())
    }
}

impl<R: ReadAt> Source<R> {
    pub fn new(input: R, start: u64) -> Self {
        Source(Rc::new(RefCell::new(Inner { input, block: Vec::new(), used: 0, next: start, stopped: None })))
    }

    /// Offset of the next byte.
    pub fn position(&self) -> u64 {
        let inner = self.0.borrow();
        inner.next - (inner.block.len() - inner.used) as u64
    }

    /// Goes on at an offset.
    pub fn seek(&self, offset: u64) {
        let mut inner = self.0.borrow_mut();
        let begin = inner.next - inner.block.len() as u64;
        match offset.checked_sub(begin).and_then(|back| usize::try_from(back).ok()) {
            Some(used) if used <= inner.block.len() => inner.used = used,
            _ => (inner.block, inner.used, inner.next) = (Vec::new(), 0, offset),
        }
    }

    pub fn size(&self) -> u64 {
        self.0.borrow().input.size()
    }

    /// Bytes after the position.
    pub fn rest(&self) -> u64 {
        self.size().saturating_sub(self.position())
    }

    pub fn stopped(&self) -> Option<Stop> {
        self.0.borrow().stopped
    }

    /// Hands the bytes that are in memory to `take`, which says how many it took; none at the end of the input.
    pub fn with<T>(&self, take: impl FnOnce(&[u8]) -> (usize, T)) -> io::Result<T> {
        let mut inner = self.0.borrow_mut();
        if inner.used >= inner.block.len()
            && let Err(stop) = inner.refill()
        {
            inner.stopped.get_or_insert(stop);
            return Err(io::Error::other(stop));
        }
        let (taken, answer) = take(&inner.block[inner.used..]);
        inner.used = (inner.used + taken).min(inner.block.len());
        Ok(answer)
    }

    /// The next bytes, which stay where they are: fewer than `length` at the end of the input alone.
    pub fn peek(&self, length: usize) -> io::Result<Vec<u8>> {
        let position = self.position();
        let mut inner = self.0.borrow_mut();
        let peeked = inner.input.poll(1).and_then(|()| weighbridge_sdk::read_up_to(&inner.input, position, length));
        match peeked {
            Ok(bytes) => Ok(bytes),
            Err(stop) => {
                inner.stopped.get_or_insert(stop);
                Err(io::Error::other(stop))
            }
        }
    }

    pub fn skip(&self, length: u64) {
        self.seek(self.position().saturating_add(length).min(self.size()));
    }

    /// Exactly `N` bytes, or an error of the kind `UnexpectedEof`.
    pub fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: ReadAt> Inner<R> {
    fn refill(&mut self) -> Result<(), Stop> {
        self.input.poll(1)?;
        let left = self.input.size().saturating_sub(self.next);
        // Small streams are many: the first block is a small one.
        let most = if self.block.is_empty() { BLOCK / 8 } else { BLOCK };
        let want = usize::try_from(left).map_or(most, |left| left.min(most));
        let mut block = std::mem::take(&mut self.block);
        self.used = 0;
        block.resize(want, 0);
        // Where the reading stops the block is empty, and the position is what it was.
        let got = self.input.read_at(self.next, &mut block)?;
        block.truncate(got);
        self.block = block;
        self.next += got as u64;
        Ok(())
    }
}

impl<R: ReadAt> Read for Source<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.with(|bytes| {
            let n = bytes.len().min(buf.len());
            buf[..n].copy_from_slice(&bytes[..n]);
            (n, n)
        })
    }
}
