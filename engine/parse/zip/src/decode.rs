//! Decoding one view of an entry, as a stream.
//!
//! Declared sizes and checksums are compared at the end and stop nothing: a reader that ignores them would read on.
//! The flag "encrypted" is not believed before the data have been tried as plain (CVE-2025-1945).

use std::io::{BufRead, Read};

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use weighbridge_parse_read::{ReadAt, Stop, Stopped, Stream as Source, read_up_to};

use crate::{Code, Entry, Issue, Limits, Value, View};

/// Compression methods (4.4.5), those that are decoded here by name. XZ (95) is none of them: its blocks may ask
/// for dictionaries of 4 GiB which the decoder would allocate, and no loader of models reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// 0: the data themselves.
    Stored,
    /// 8.
    Deflate,
    /// 9: enhanced deflate.
    Deflate64,
    /// 12.
    Bzip2,
    /// 14, with a header of its own (5.8).
    Lzma,
    /// 93, and 20, which is deprecated.
    Zstd,
    /// Not decoded.
    Other(u16),
}

impl From<u16> for Method {
    fn from(number: u16) -> Self {
        match number {
            0 => Method::Stored,
            8 => Method::Deflate,
            9 => Method::Deflate64,
            12 => Method::Bzip2,
            14 => Method::Lzma,
            20 | 93 => Method::Zstd,
            other => Method::Other(other),
        }
    }
}

/// Why decoding ended early. What was decoded before it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The input said so.
    #[error(transparent)]
    Stop(#[from] Stop),
    /// Flagged as encrypted, and not decodable as plain.
    #[error("encrypted: not decodable as plain after {decoded} bytes")]
    Encrypted {
        /// Bytes decoded before.
        decoded: u64,
    },
    /// A method without a decoder here.
    #[error("compression method {0} is not supported")]
    Unsupported(u16),
    /// The compressed stream is not valid.
    #[error("the compressed data are corrupt after {decoded} decoded bytes")]
    Corrupt {
        /// Bytes decoded before.
        decoded: u64,
    },
    /// The compressed stream has no end.
    #[error("the compressed data end early after {decoded} decoded bytes")]
    Truncated {
        /// Bytes decoded before.
        decoded: u64,
    },
    /// The stream asks for a larger dictionary than the limit, and could not be decoded to its end with a smaller one.
    #[error("a dictionary of {asked} bytes is over the limit")]
    Dictionary {
        /// What it asks for.
        asked: u64,
    },
}

/// What decoding came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Bytes decoded.
    pub decoded: u64,
    /// Their CRC-32.
    pub crc32: u32,
    /// Whether the end of the stream was reached.
    pub complete: bool,
    /// Flagged as encrypted, and the bytes did not turn out to be plain by their checksum.
    pub maybe_encrypted: bool,
    /// Disagreements with what was declared.
    pub issues: Vec<Issue>,
}

/// A view of an entry, being decoded.
pub struct Decoder<R: ReadAt> {
    stream: Stream<R>,
    stopped: Stopped,
    view: View,
    decoded: u64,
    crc: Hasher,
    state: State,
}

enum State {
    Running,
    Ended,
    Failed(DecodeError),
}

enum Stream<R: ReadAt> {
    Stored(Source<R>),
    Deflate(Source<R>, Box<Decompress>),
    Deflate64(Box<deflate64::Deflate64Decoder<Source<R>>>),
    Bzip2(Box<bzip2::bufread::BzDecoder<Source<R>>>),
    /// With the dictionary size asked for if it is over the limit.
    Lzma(Box<lzma_rust2::LzmaReader<Source<R>>>, Option<u32>),
    Zstd(Source<R>, Box<FrameDecoder>),
}

/// Opens the view that most readers would take: the first of [`Entry::views`].
///
/// # Errors
/// As [`open`].
pub fn open_entry<R: ReadAt>(input: R, entry: &Entry, limits: &Limits) -> Result<Decoder<R>, DecodeError> {
    match entry.views().into_iter().next() {
        Some(view) => open(input, view, limits),
        None => Err(DecodeError::Truncated { decoded: 0 }),
    }
}

/// Opens a view. How much is read is the caller's to cap: the declared size does not end it.
///
/// # Errors
/// A method without a decoder, real encryption as far as the header shows it, a header of the stream that is bad or asks for too much.
pub fn open<R: ReadAt>(input: R, view: View, limits: &Limits) -> Result<Decoder<R>, DecodeError> {
    let failed = if view.encrypted_flag() { DecodeError::Encrypted { decoded: 0 } } else { DecodeError::Corrupt { decoded: 0 } };
    if Method::from(view.method) == Method::Zstd {
        let asked = zstd_window(&read_up_to(&input, view.data.start, ZSTD_HEADER)?);
        if asked > limits.max_dictionary.into() {
            return Err(DecodeError::Dictionary { asked });
        }
    }
    let stopped = Stopped::default();
    let source = Source::new(input, view.data.clone(), stopped.clone());
    let or_stop = |_| stopped.get().map_or(failed, DecodeError::Stop);
    let stream = match Method::from(view.method) {
        Method::Stored => Stream::Stored(source),
        Method::Deflate => Stream::Deflate(source, Box::new(Decompress::new(false))),
        Method::Deflate64 => Stream::Deflate64(Box::new(deflate64::Deflate64Decoder::with_buffer(source))),
        Method::Bzip2 => Stream::Bzip2(Box::new(bzip2::bufread::BzDecoder::new(source))),
        Method::Lzma => {
            let (reader, over) = open_lzma(source, &view, limits).map_err(or_stop)?;
            Stream::Lzma(Box::new(reader), over)
        }
        Method::Zstd => {
            let (mut source, mut frame) = (source, FrameDecoder::new());
            frame.init(&mut source).map_err(|_| or_stop(()))?;
            Stream::Zstd(source, Box::new(frame))
        }
        Method::Other(99) if view.aes => return Err(DecodeError::Encrypted { decoded: 0 }),
        Method::Other(number) => return Err(DecodeError::Unsupported(number)),
    };
    Ok(Decoder { stream, stopped, view, decoded: 0, crc: Hasher::new(), state: State::Running })
}

/// Bytes of the longest header of a zstd frame.
const ZSTD_HEADER: usize = 18;

/// The window that a zstd frame asks for (RFC 8878, 3.1.1.1): the decoder holds it in memory and checks it on no first frame.
fn zstd_window(head: &[u8]) -> u64 {
    let [_, _, _, _, descriptor, rest @ ..] = head else { return 0 };
    if descriptor & 0x20 == 0 {
        let [window, ..] = rest else { return 0 };
        let base = 1u64 << (10 + u32::from(window >> 3));
        return base + base / 8 * u64::from(window & 7);
    }
    // A single segment: the window is the content, of which the size follows the dictionary's id.
    let size = match descriptor >> 6 {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => 8,
    };
    let id = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let mut bytes = [0; 8];
    let Some(content) = rest.get(id..id + size) else { return 0 };
    bytes[..size].copy_from_slice(content);
    u64::from_le_bytes(bytes)
}

/// LZMA in ZIP (5.8): version (2 bytes), size of properties (2 bytes), properties (5 bytes: lc/lp/pb, dictionary size).
/// Flag 1: the stream has an end marker; else the declared size ends it.
///
/// The dictionary is cut to the limit: what asks for gigabytes is mostly small, and loaders do decode it.
fn open_lzma<R: ReadAt>(mut source: Source<R>, view: &View, limits: &Limits) -> Result<(lzma_rust2::LzmaReader<Source<R>>, Option<u32>), ()> {
    let mut head = [0; 9];
    source.read_exact(&mut head).map_err(|_| ())?;
    let [_, _, 5, 0, props, a, b, c, d] = head else {
        return Err(());
    };
    let asked = u32::from_le_bytes([a, b, c, d]);
    let size = if view.flags & 2 != 0 { u64::MAX } else { view.size.unwrap_or(u64::MAX) };
    let reader = lzma_rust2::LzmaReader::new_with_props(source, size, props, asked.min(limits.max_dictionary), None);
    Ok((reader.map_err(|_| ())?, (asked > limits.max_dictionary).then_some(asked)))
}

impl<R: ReadAt> Decoder<R> {
    /// The view that is decoded.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Bytes decoded so far.
    pub fn decoded(&self) -> u64 {
        self.decoded
    }

    /// Fills `buf` with the next decoded bytes: how many; 0 at the end (or for an empty `buf`).
    ///
    /// # Errors
    /// The stream is broken or the input stopped; all that was decoded before has been handed out, and the error repeats.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, DecodeError> {
        match self.state {
            State::Failed(error) => return Err(error),
            State::Ended => return Ok(0),
            State::Running if buf.is_empty() => return Ok(0),
            State::Running => {}
        }
        match self.step(buf) {
            Ok(0) => {
                self.state = State::Ended;
                Ok(0)
            }
            Ok(n) => {
                self.decoded += n as u64;
                self.crc.update(&buf[..n]);
                Ok(n)
            }
            Err(error) => {
                let error = match (self.stopped.get(), error) {
                    (Some(stop), _) => DecodeError::Stop(stop),
                    (None, DecodeError::Corrupt { decoded }) if self.view.encrypted_flag() => DecodeError::Encrypted { decoded },
                    (None, other) => other,
                };
                self.state = State::Failed(error);
                Err(error)
            }
        }
    }

    fn step(&mut self, buf: &mut [u8]) -> Result<usize, DecodeError> {
        let decoded = self.decoded;
        let broken = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => DecodeError::Truncated { decoded },
            _ => DecodeError::Corrupt { decoded },
        };
        match &mut self.stream {
            Stream::Stored(source) => source.read(buf).map_err(broken),
            Stream::Deflate(source, inflate) => deflate(source, inflate, buf, decoded),
            Stream::Deflate64(reader) => reader.read(buf).map_err(broken),
            Stream::Bzip2(reader) => reader.read(buf).map_err(broken),
            Stream::Lzma(reader, over) => {
                lzma(reader, buf).map_err(|e| over.map_or_else(|| broken(e), |asked| DecodeError::Dictionary { asked: asked.into() }))
            }
            Stream::Zstd(source, frame) => zstd(source, frame, buf).map_err(|()| DecodeError::Corrupt { decoded }),
        }
    }

    /// Ends decoding and compares with what was declared. May be called at any time, also after an error.
    pub fn finish(self) -> Outcome {
        let complete = matches!(self.state, State::Ended);
        let crc32 = self.crc.finalize();
        let mut issues = Vec::new();
        let mut tell = |code, expected: Value, found: Value| {
            issues.push(Issue { code, offset: self.view.data.start, entry: Some(self.view.entry), expected, found });
        };
        if let Some(size) = self.view.size
            && ((complete && self.decoded != size) || self.decoded > size)
        {
            tell(Code::DataSizeMismatch, size.into(), self.decoded.into());
        }
        let crc_agrees = self.view.crc32.map(|declared| declared == crc32);
        let flagged = self.view.encrypted_flag();
        let mut maybe_encrypted = flagged;
        if complete {
            // A stream that decodes to its end is plain, whatever its checksum; stored bytes always decode.
            let plain = !self.view.is_stored() || crc_agrees == Some(true);
            if flagged && plain {
                maybe_encrypted = false;
                tell(Code::EncryptedFlagFalse, Value::None, self.view.flags.into());
            }
            if crc_agrees == Some(false) && !maybe_encrypted {
                tell(Code::DataCrcMismatch, self.view.crc32.map_or(Value::None, Into::into), crc32.into());
            }
            let rest = self.stream.rest();
            if rest != 0 {
                tell(Code::DataAfterStream, 0u64.into(), rest.into());
            }
        }
        Outcome { decoded: self.decoded, crc32, complete, maybe_encrypted, issues }
    }
}

impl<R: ReadAt> Stream<R> {
    /// Compressed bytes that were not asked for.
    fn rest(&self) -> u64 {
        match self {
            Stream::Stored(source) | Stream::Deflate(source, _) | Stream::Zstd(source, _) => source.rest(),
            Stream::Deflate64(reader) => reader.get_ref().rest(),
            Stream::Bzip2(reader) => reader.get_ref().rest(),
            // Its decoder reads ahead.
            Stream::Lzma(..) => 0,
        }
    }
}

fn deflate<R: ReadAt>(source: &mut Source<R>, inflate: &mut Decompress, buf: &mut [u8], decoded: u64) -> Result<usize, DecodeError> {
    loop {
        let input = source.fill_buf().map_err(|_| DecodeError::Corrupt { decoded })?;
        let (at_end, before_in, before_out) = (input.is_empty(), inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(input, buf, FlushDecompress::None);
        let used = (inflate.total_in() - before_in) as usize;
        let made = (inflate.total_out() - before_out) as usize;
        source.consume(used);
        // What was made before an error is handed out first: the error comes again.
        if made != 0 {
            return Ok(made);
        }
        match status {
            Ok(Status::StreamEnd) => return Ok(0),
            Err(_) => return Err(DecodeError::Corrupt { decoded }),
            Ok(_) if at_end => return Err(DecodeError::Truncated { decoded }),
            Ok(_) if used == 0 => return Err(DecodeError::Corrupt { decoded }),
            Ok(_) => {}
        }
    }
}

/// An error of this decoder loses what the same call has decoded, so it is asked for single bytes; the error comes again.
fn lzma<R: ReadAt>(reader: &mut lzma_rust2::LzmaReader<Source<R>>, buf: &mut [u8]) -> std::io::Result<usize> {
    for n in 0..buf.len() {
        match reader.read(&mut buf[n..n + 1]) {
            Ok(1..) => {}
            Ok(0) => return Ok(n),
            Err(error) if n == 0 => return Err(error),
            Err(_) => return Ok(n),
        }
    }
    Ok(buf.len())
}

/// Zstandard: frames may follow one another. The decoder refuses windows over 100 MiB by itself.
fn zstd<R: ReadAt>(source: &mut Source<R>, frame: &mut FrameDecoder, buf: &mut [u8]) -> Result<usize, ()> {
    loop {
        while frame.can_collect() < buf.len() && !frame.is_finished() {
            let wanted = BlockDecodingStrategy::UptoBytes(buf.len() - frame.can_collect());
            if frame.decode_blocks(&mut *source, wanted).is_err() {
                // What it can give is handed out first: the error comes again.
                let n = frame.read(buf).unwrap_or(0);
                return if n == 0 { Err(()) } else { Ok(n) };
            }
        }
        match frame.read(buf) {
            // What follows and is no frame stays unread, and is reported as such.
            Ok(0) if source.rest() != 0 && frame.init(&mut *source).is_ok() => {}
            result => return result.map_err(|_| ()),
        }
    }
}
