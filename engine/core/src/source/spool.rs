//! A stream that has to be read at any offset: held in memory while it is small, in an unlinked file beyond that.

use super::FileSource;
use crate::limits;
use crate::scan::{Cancel, Source};
use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// A stream that was read to its end.
#[derive(Debug)]
pub enum Spool {
    /// Up to [`limits::CHILD_MEMORY`].
    Memory(Vec<u8>),
    /// Beyond.
    File(FileSource),
}

/// How a stream came to its end.
#[derive(Debug)]
pub enum Spooled {
    /// All of it.
    Whole(Spool),
    /// It is larger than the bound, and was given up.
    TooLarge,
    /// A stop was asked for before its end.
    Cancelled,
}

impl Spool {
    /// Reads a stream to its end, or until it exceeds `max` or a stop is asked for. A read that waits does not delay the stop:
    /// it is made on a thread of its own, which is left behind.
    pub fn read(mut from: impl Read + Send + 'static, max: Option<u64>, cancel: &Cancel) -> io::Result<Spooled> {
        let (send, receive) = sync_channel::<io::Result<Vec<u8>>>(4);
        std::thread::Builder::new().name("spool".into()).spawn(move || {
            loop {
                let mut chunk = vec![0; 1 << 16];
                let message = match from.read(&mut chunk) {
                    Ok(n) => {
                        chunk.truncate(n);
                        Ok(chunk)
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => Err(error),
                };
                let last = message.as_ref().map_or(true, Vec::is_empty);
                if send.send(message).is_err() || last {
                    return;
                }
            }
        })?;
        let mut memory = Vec::new();
        let mut file: Option<File> = None;
        let mut size = 0_u64;
        loop {
            if cancel.reason().is_some() {
                return Ok(Spooled::Cancelled);
            }
            let chunk = match receive.recv_timeout(Duration::from_millis(50)) {
                Ok(chunk) => chunk?,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the reader of the stream ended early")),
            };
            if chunk.is_empty() {
                break;
            }
            size += chunk.len() as u64;
            if max.is_some_and(|max| size > max) {
                return Ok(Spooled::TooLarge);
            }
            if let Some(file) = &mut file {
                file.write_all(&chunk)?;
            } else {
                memory.extend_from_slice(&chunk);
                if size > limits::CHILD_MEMORY {
                    let mut scratch = tempfile::tempfile()?;
                    scratch.write_all(&memory)?;
                    memory = Vec::new();
                    file = Some(scratch);
                }
            }
        }
        Ok(Spooled::Whole(match file {
            Some(file) => Spool::File(FileSource::new(file)?),
            None => Spool::Memory(memory),
        }))
    }
}

impl Source for Spool {
    fn file(&self) -> Option<&File> {
        match self {
            Spool::Memory(_) => None,
            Spool::File(file) => file.file(),
        }
    }

    fn size(&self) -> u64 {
        match self {
            Spool::Memory(bytes) => bytes.len() as u64,
            Spool::File(file) => file.size(),
        }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Spool::Memory(bytes) => bytes.as_slice().read_at(offset, buf),
            Spool::File(file) => file.read_at(offset, buf),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::scan::CancelReason;

    fn whole(bytes: Vec<u8>) -> Spool {
        match Spool::read(io::Cursor::new(bytes), None, &Cancel::default()).unwrap() {
            Spooled::Whole(spool) => spool,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_small_stream_stays_in_memory_and_a_large_one_does_not() {
        assert!(matches!(whole(vec![7; 100]), Spool::Memory(_)));
        let size = usize::try_from(limits::CHILD_MEMORY).unwrap() + 5;
        let mut bytes = vec![0; size];
        bytes[size - 2] = 9;
        let large = whole(bytes);
        assert!(matches!(large, Spool::File(_)));
        assert_eq!(large.size(), size as u64);
        let mut buf = [0; 8];
        assert_eq!(large.read_at(size as u64 - 3, &mut buf).unwrap(), 3);
        assert_eq!(buf[..3], [0, 9, 0]);
    }

    #[test]
    fn a_stream_over_the_bound_is_given_up() {
        let spooled = Spool::read(io::repeat(0), Some(1 << 20), &Cancel::default()).unwrap();
        assert!(matches!(spooled, Spooled::TooLarge));
    }

    #[test]
    fn a_stream_that_waits_does_not_delay_a_stop() {
        struct Waits;
        impl Read for Waits {
            fn read(&mut self, _buf: &mut [u8]) -> io::Result<usize> {
                std::thread::sleep(Duration::from_secs(3600));
                Ok(0)
            }
        }
        let cancel = Cancel::default();
        cancel.cancel(CancelReason::Timeout);
        assert!(matches!(Spool::read(Waits, None, &cancel).unwrap(), Spooled::Cancelled));
    }
}
