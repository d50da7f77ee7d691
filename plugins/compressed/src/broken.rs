//! Why decoding ended early, and what was odd on the way.

use std::io;
use weighbridge_sdk::{Failure, Stop};

/// Why a stream could not be decoded to its end. What was given before it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The host asked for the end.
    Stop(Stop),
    /// The input ends inside the stream.
    Truncated,
    /// The stream breaks its format's grammar.
    Corrupt(String),
    /// A checksum does not fit; all of the content was given.
    Checksum(String),
    /// It asks for more memory than the limit.
    Memory(String),
    /// It needs a dictionary that is not in it, or the like.
    Unsupported(String),
}

impl Broken {
    /// The anomaly that it is, and its detail.
    pub fn anomaly(&self) -> Option<(&'static str, &str)> {
        match self {
            Broken::Stop(_) => None,
            Broken::Truncated => Some(("truncated", "the compressed data end early")),
            Broken::Corrupt(detail) => Some(("invalid", detail)),
            Broken::Checksum(detail) => Some(("bad-crc", detail)),
            Broken::Memory(detail) => Some(("limit-memory", detail)),
            Broken::Unsupported(detail) => Some(("unsupported", detail)),
        }
    }

    /// How it ends the child.
    pub fn failure(&self) -> Failure {
        match self {
            Broken::Stop(stop) => Failure::Stop(*stop),
            Broken::Truncated | Broken::Corrupt(_) | Broken::Checksum(_) => Failure::Malformed,
            Broken::Memory(_) | Broken::Unsupported(_) => Failure::Unsupported,
        }
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        let text = error.to_string();
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Broken::Truncated,
            io::ErrorKind::OutOfMemory => Broken::Memory(text),
            io::ErrorKind::Unsupported => Broken::Unsupported(text),
            _ if text.contains("hecksum") || text.contains("CRC") => Broken::Checksum(text),
            _ => Broken::Corrupt(text),
        }
    }
}
