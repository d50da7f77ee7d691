//! The worker's output on its way out: a ring of memory that both processes hold.
//!
//! The worker writes here and sends what has gathered in one go. What it had written and not sent when it died is still there,
//! whatever it died of, and the parent reads it as it would read a file: no message is lost, and none is read while it changes.
//!
//! ```text
//! 0   end:    u64  bytes written since the worker began; the byte of number n lies at HEADER + n mod RING
//! 8   begun:  u64  files begun
//! 16  stop:   u8   written by the parent: 0, or why the run was ended (see Cancel)
//! 24  read:   u64  bytes that were read of the file that was begun last: shown to people, and nothing else follows from it
//! 64  the ring
//! ```

use super::channel::{self, Wait};
use crate::scan::{Cancel, CancelReason};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Where the ring begins.
const HEADER: usize = 64;

/// Of the ring: some hundred small files' records, so that few calls carry them.
const RING: usize = 256 << 10;

/// The parent's side.
#[derive(Debug)]
pub(super) struct Window(File);

impl Window {
    /// New memory of a fixed size.
    pub fn new() -> io::Result<Self> {
        let memory = memfd_create("weighbridge-output", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&memory, (HEADER + RING) as u64)?;
        fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok(Window(File::from(memory)))
    }

    /// The memory, for the worker.
    pub fn memory(&self) -> &File {
        &self.0
    }

    /// How many files the worker began.
    pub fn begun(&self) -> io::Result<u64> {
        self.number(8)
    }

    /// How many bytes it has read of the file that it is at.
    pub fn read(&self) -> io::Result<u64> {
        self.number(24)
    }

    /// Tells the worker that the run was ended.
    pub fn stop(&self, reason: CancelReason) -> io::Result<()> {
        self.0.write_all_at(&[reason.code()], 16)
    }

    /// What was written after the first `received` bytes. The worker is dead: nothing changes any more.
    pub fn rest(&self, received: u64) -> io::Result<Vec<u8>> {
        let end = self.number(0)?;
        let Some(length) = end.checked_sub(received).and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= RING) else {
            return Err(io::Error::other("the end of the output is where it cannot be"));
        };
        let mut bytes = vec![0; length];
        let at = (received % RING as u64) as usize;
        let first = length.min(RING - at);
        self.0.read_exact_at(&mut bytes[..first], (HEADER + at) as u64)?;
        self.0.read_exact_at(&mut bytes[first..], HEADER as u64)?;
        Ok(bytes)
    }

    fn number(&self, at: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, at)?;
        Ok(u64::from_ne_bytes(bytes))
    }
}

/// The worker's side: mapped for as long as the process lives.
pub(super) struct Ring {
    base: NonNull<u8>,
    /// Bytes written.
    end: u64,
    /// Of them, bytes sent.
    sent: u64,
}

// SAFETY: the mapping belongs to the process, and is written through `&mut Ring` alone.
unsafe impl Send for Ring {}

impl Ring {
    /// Maps what the parent passed.
    pub fn new(memory: &OwnedFd) -> io::Result<Self> {
        // SAFETY: a new mapping at an address of the kernel's choice. The memory has the size that is asked for, and is sealed at it.
        let base = unsafe { mmap(std::ptr::null_mut(), HEADER + RING, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, memory, 0) }?;
        let base = NonNull::new(base.cast()).ok_or_else(|| io::Error::other("no memory"))?;
        Ok(Ring { base, end: 0, sent: 0 })
    }

    fn header(&self, at: usize) -> &'static AtomicU64 {
        // SAFETY: within the mapping's first page, aligned to eight bytes, mapped for ever, and accessed as an atomic alone.
        unsafe { self.base.add(at).cast::<AtomicU64>().as_ref() }
    }

    /// Set by the parent when the run is ended.
    pub fn cancel(&self) -> Cancel {
        // SAFETY: as in `header`.
        Cancel::shared(unsafe { self.base.add(16).cast::<AtomicU8>().as_ref() })
    }

    /// Says that the next file is begun.
    pub fn begin(&mut self) {
        self.header(24).store(0, Ordering::Relaxed);
        self.header(8).fetch_add(1, Ordering::Release);
    }

    /// Where bytes that are read are counted.
    pub fn read(&self) -> &'static AtomicU64 {
        self.header(24)
    }

    /// Bytes that were written and not sent.
    pub fn unsent(&self) -> usize {
        (self.end - self.sent) as usize
    }

    /// Writes; where there is no room, sends.
    pub fn write(&mut self, mut bytes: &[u8], socket: impl AsFd) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.unsent() == RING {
                self.flush(&socket)?;
            }
            let at = (self.end % RING as u64) as usize;
            let now = bytes.len().min(RING - self.unsent()).min(RING - at);
            // SAFETY: the range lies within the ring; the parent does not write there, and reads it only after this process has died.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.base.add(HEADER + at).as_ptr(), now) };
            self.end += now as u64;
            // Only now are the bytes part of the output.
            self.header(0).store(self.end, Ordering::Release);
            bytes = &bytes[now..];
        }
        Ok(())
    }

    /// Sends what was written.
    pub fn flush(&mut self, socket: impl AsFd) -> io::Result<()> {
        while self.sent < self.end {
            let at = (self.sent % RING as u64) as usize;
            let now = self.unsent().min(RING - at);
            // SAFETY: within the ring, written before, and nobody writes while it is borrowed.
            let bytes = unsafe { std::slice::from_raw_parts(self.base.add(HEADER + at).as_ptr(), now) };
            self.sent += channel::send(socket.as_fd(), bytes, &[], Wait::Yes)? as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn nothing_that_was_written_is_lost() {
        let window = Window::new().unwrap();
        let (parent, worker) = channel::pair().unwrap();
        let mut ring = Ring::new(&OwnedFd::from(window.memory().try_clone().unwrap())).unwrap();
        let text: Vec<u8> = (0..3 * RING + 1234).map(|n| (n % 251) as u8).collect();
        let mut received = Vec::new();
        let mut buf = vec![0; 1 << 16];
        for part in text.chunks(10_007) {
            // As much as a socket holds while nobody reads.
            if ring.unsent() > 100_000 {
                ring.flush(&worker).unwrap();
                while received.len() < ring.sent as usize {
                    let got = channel::receive(parent.as_fd(), &mut buf, &mut VecDeque::new(), Wait::Yes).unwrap();
                    received.extend_from_slice(&buf[..got]);
                }
            }
            ring.write(part, &worker).unwrap();
            // As if it died here.
            let rest = window.rest(received.len() as u64).unwrap();
            assert_eq!(received.len() + rest.len(), ring.end as usize);
            assert_eq!([&received[..], &rest].concat(), text[..ring.end as usize]);
        }
        assert!(received.len() > RING && window.rest(u64::MAX).is_err());
    }

    #[test]
    fn a_stop_reaches_the_worker_and_its_progress_the_parent() {
        let window = Window::new().unwrap();
        let mut ring = Ring::new(&OwnedFd::from(window.memory().try_clone().unwrap())).unwrap();
        let cancel = ring.cancel();
        assert_eq!((cancel.reason(), window.begun().unwrap()), (None, 0));
        window.stop(CancelReason::Timeout).unwrap();
        ring.read().fetch_add(5, Ordering::Relaxed);
        assert_eq!(window.read().unwrap(), 5);
        ring.begin();
        assert_eq!(window.read().unwrap(), 0);
        assert_eq!((cancel.reason(), window.begun().unwrap()), (Some(CancelReason::Timeout), 1));
    }
}
