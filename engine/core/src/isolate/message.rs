//! What the two sides say to each other, and how it is framed: a length, and the message in a compact binary form.
//!
//! Only the worker's side is hostile: what it sends is bounded before it is held, and checked before it is believed.

use super::{Attempt, Bounds};
use crate::host::{Catalogue, PluginError};
use crate::limits;
use crate::record::Record;
use crate::report::IsolationLayer;
use crate::scan::ScanOptions;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;

/// From the parent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// What to be; with the descriptors of the output buffer and of each library.
    Hello(Hello),
    /// A file to scan; with its descriptor where one is passed.
    Scan(Box<Scan>),
    /// The answer to [`Message::Read`]: so many bytes follow within the frame.
    Bytes(Result<u32, String>),
    /// The answer to [`Message::Scratch`]; with the descriptor of an empty file.
    Scratch(Result<(), String>),
}

/// What a worker is to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Ids of plugins that are linked into the program.
    pub builtin: Vec<String>,
    /// Plugin libraries.
    pub libraries: Vec<LibraryAbout>,
    /// Its limits.
    pub bounds: Bounds,
    /// Try what is forbidden, and say how that went.
    pub rehearse: bool,
}

/// What the parent found out about a library.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LibraryAbout {
    pub path: String,
    pub sha256: String,
    pub id: String,
    pub size: u64,
    pub pinned: bool,
}

/// A file to scan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Scan {
    pub name: String,
    pub size: u64,
    pub options: ScanOptions,
    /// Its descriptor comes along; otherwise it is read by [`Message::Read`].
    pub passed: bool,
}

/// From a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// It is confined, and may be given bytes.
    Ready(Ready),
    /// The next file is begun.
    Begin,
    /// Something was seen in it.
    Record(Record),
    /// It is done.
    End,
    /// The next file was not begun, because the run was ended.
    NotBegun,
    /// Bytes of a file whose descriptor was not passed.
    Read { offset: u64, length: u32 },
    /// An empty file to unpack to.
    Scratch,
    /// It met an anomaly of its own, and ends; what it was given and has not begun is for another one.
    Leaving,
}

/// What a worker has become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ready {
    /// Its plugins.
    pub catalogue: Catalogue,
    /// Plugins that it did not take.
    pub refused: Vec<PluginError>,
    /// What confines it.
    pub layers: Vec<IsolationLayer>,
    /// What came of trying what is forbidden.
    pub rehearsed: Vec<Attempt>,
}

/// A frame's length.
const LENGTH: usize = 4;

/// Bytes of one frame: more than the largest fact, whose fields together are bounded by twice [`limits::FACT_BYTES`].
const FRAME: usize = 4 * limits::FACT_BYTES;

/// Appends a frame; `tail` are bytes that follow the message within it.
pub(super) fn frame(message: &impl Serialize, tail: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH]);
    postcard::to_extend(message, Appended(out)).map_err(io::Error::other)?;
    out.extend_from_slice(tail);
    let length = u32::try_from(out.len() - start - LENGTH).map_err(io::Error::other)?;
    out[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// The end of a vector that is somebody else's.
struct Appended<'v>(&'v mut Vec<u8>);

impl Extend<u8> for Appended<'_> {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, bytes: I) {
        self.0.extend(bytes);
    }
}

/// Bytes that came, taken apart into frames.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
    at: usize,
    /// Bytes of all frames that were taken.
    taken: u64,
}

/// A message that came.
#[derive(Debug)]
pub(super) struct Framed<'b, M> {
    pub message: M,
    /// What follows it within its frame.
    pub tail: &'b [u8],
    /// Of the frame.
    pub size: usize,
}

impl Incoming {
    /// Bytes of all frames that were taken: what they end at in the stream.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Goes on with other bytes, after the last frame that was taken.
    pub fn instead(&mut self, bytes: Vec<u8>) {
        (self.bytes, self.at) = (bytes, 0);
    }

    /// More bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.at == self.bytes.len() {
            self.bytes.clear();
            self.at = 0;
        } else if self.at > FRAME {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next message; none while it is not whole. An error for what is no message.
    pub fn next<M: DeserializeOwned>(&mut self) -> Result<Option<Framed<'_, M>>, String> {
        let rest = &self.bytes[self.at..];
        let Some((length, rest)) = rest.split_first_chunk::<LENGTH>() else { return Ok(None) };
        let length = u32::from_le_bytes(*length) as usize;
        if length > FRAME {
            return Err(format!("a message of {length} bytes"));
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let (message, tail) = postcard::take_from_bytes(payload).map_err(|_| "bytes that are no message".to_owned())?;
        self.at += LENGTH + length;
        self.taken += (LENGTH + length) as u64;
        Ok(Some(Framed { message, tail, size: length }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::fact::{Fact, InputId, Place, Value};

    fn fact(value: Value) -> Message {
        let place = Place { input: InputId(0), offset: 1, length: 2 };
        let fields = vec![("a".to_owned(), value)];
        Message::Record(Record::Fact(Fact { id: 7, kind: "k".into(), parent: None, fields, places: vec![place], count: 1, plugin: "p".into() }))
    }

    #[test]
    fn what_is_sent_arrives_in_whatever_pieces_it_comes() {
        let list = Value::List(vec![Value::U64(u64::MAX), Value::I64(-1), Value::F64(-0.5), Value::text("x"), Value::Bytes(vec![0, 255], 9)], 12);
        let mut sent = Vec::new();
        frame(&fact(list.clone()), &[], &mut sent).unwrap();
        frame(&Request::Bytes(Ok(3)), b"abc", &mut sent).unwrap();
        for step in [1, 2, 7, sent.len()] {
            let mut incoming = Incoming::default();
            let mut seen = 0;
            for part in sent.chunks(step) {
                incoming.push(part);
                if seen == 0
                    && let Some(Framed { message, tail, .. }) = incoming.next::<Message>().unwrap()
                {
                    let Message::Record(Record::Fact(got)) = message else { panic!("{message:?}") };
                    assert_eq!((got.fields[0].1.clone(), tail.len()), (list.clone(), 0));
                    seen = 1;
                }
                if seen == 1
                    && let Some(Framed { message: Request::Bytes(Ok(3)), tail, .. }) = incoming.next::<Request>().unwrap()
                {
                    assert_eq!(tail, b"abc");
                    seen = 2;
                }
            }
            assert_eq!(seen, 2, "in steps of {step}");
        }
    }

    #[test]
    fn what_is_no_message_is_an_error_and_never_a_crash() {
        // A list in a list in a list …: deeper than any stack is high.
        let deep: Vec<u8> = std::iter::repeat_n([5, 1], 8 << 20).flatten().collect();
        assert!(postcard::from_bytes::<Value>(&deep).is_err());
        let huge = [255, 255, 255, 255, 0];
        let unknown = [1, 0, 0, 0, 99];
        // A text that says that it is as long as memory.
        let long = [9, 0, 0, 0, 2, 1, 255, 255, 255, 255, 255, 255, 15];
        for bytes in [huge.as_slice(), &unknown, &long] {
            let mut incoming = Incoming::default();
            incoming.push(bytes);
            assert!(incoming.next::<Message>().is_err());
        }
    }
}
