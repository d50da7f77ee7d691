//! The bytes of an input: a range of the file, of memory, or of a scratch file, without a copy.

use super::Source;
use crate::limits;
use crate::source::FileSource;
use std::io;
use std::sync::Arc;

/// Where an input's bytes are held.
#[derive(Clone)]
pub(super) enum Store<'s> {
    /// On the medium: the file itself.
    Source(&'s dyn Source),
    /// Decoded, in memory.
    Memory(Arc<Vec<u8>>),
    /// Decoded, in an unlinked scratch file.
    Scratch(Arc<FileSource>),
}

/// A range of a store, with its beginning and end held in memory: identification and small files read nothing twice.
pub(super) struct View<'s> {
    store: Store<'s>,
    base: u64,
    size: u64,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl<'s> View<'s> {
    /// The view of a whole store.
    pub fn whole(store: Store<'s>, size: u64) -> Self {
        View { store, base: 0, size, head: Vec::new(), tail: Vec::new() }
    }

    /// The view of a part of this one; cut to what is there.
    pub fn range(&self, offset: u64, length: u64) -> View<'s> {
        let offset = offset.min(self.size);
        View { store: self.store.clone(), base: self.base + offset, size: length.min(self.size - offset), head: Vec::new(), tail: Vec::new() }
    }

    /// In bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether the bytes come from the medium: reading them costs, and is counted.
    pub fn is_source(&self) -> bool {
        matches!(self.store, Store::Source(_))
    }

    /// The view of a part of this one, of which the beginning is known: its end is not looked at.
    pub fn range_with_head(&self, offset: u64, length: u64, head: &[u8]) -> View<'s> {
        View { head: head.to_vec(), ..self.range(offset, length) }
    }

    /// Reads the beginning and the end into memory, for [`View::head`] and [`View::tail`]. A small input is read whole, at once.
    pub fn buffer_ends(&mut self) -> io::Result<()> {
        if !self.head.is_empty() {
            return Ok(());
        }
        let whole = limits::HEAD + limits::TAIL;
        let small = self.size <= whole as u64;
        self.head = self.fetch(0, if small { self.size as usize } else { limits::HEAD })?;
        if !small {
            self.tail = self.fetch(self.size - limits::TAIL as u64, limits::TAIL)?;
        }
        Ok(())
    }

    /// The first bytes: [`limits::HEAD`] of them, or all of a small input.
    pub fn head(&self) -> &[u8] {
        &self.head[..self.head.len().min(limits::HEAD)]
    }

    /// The last bytes: [`limits::TAIL`] of them, or all of a smaller input.
    pub fn tail(&self) -> &[u8] {
        if self.tail.is_empty() { &self.head[self.head.len().saturating_sub(limits::TAIL)..] } else { &self.tail }
    }

    /// Fills `buf` from `offset`; less than `buf.len()` only at the end. The answer says how many bytes came, and whether the store was asked.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<(usize, bool)> {
        let rest = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let want = buf.len().min(rest);
        let buf = &mut buf[..want];
        for (start, held) in [(0, &self.head), (self.size.saturating_sub(self.tail.len() as u64), &self.tail)] {
            let from = offset.checked_sub(start).and_then(|from| usize::try_from(from).ok());
            if let Some(bytes) = from.and_then(|from| held.get(from..from.checked_add(want)?)) {
                buf.copy_from_slice(bytes);
                return Ok((want, false));
            }
        }
        Ok((self.store_read(offset, buf)?, true))
    }

    fn fetch(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut buf = vec![0; len];
        let got = self.store_read(offset, &mut buf)?;
        buf.truncate(got);
        Ok(buf)
    }

    fn store_read(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let at = self.base + offset;
        match &self.store {
            Store::Source(source) => source.read_at(at, buf),
            Store::Memory(bytes) => {
                let from = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or(&[]);
                let n = from.len().min(buf.len());
                buf[..n].copy_from_slice(&from[..n]);
                Ok(n)
            }
            Store::Scratch(file) => file.read_at(at, buf),
        }
    }
}
