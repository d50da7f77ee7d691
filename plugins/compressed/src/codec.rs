//! One stream of one format, decoded step by step.

mod gzip;
mod inflate;
mod lzma;
mod text;
mod xz;
mod zstd;

use crate::broken::Broken;
use crate::format::Format;
use crate::source::Source;
use std::io::Read;
use weighbridge_sdk::ReadAt;

pub(crate) use gzip::Header as GzipHeader;
pub(crate) use text::{Alphabet, Text};

/// Where an lz4 frame of the old format begins, which the input's end ends.
type Legacy = Option<u64>;

/// A stream that is being decoded.
pub(crate) enum Codec<R: ReadAt> {
    Gzip(Source<R>, inflate::Inflate, inflate::Crc),
    Zlib(Source<R>, inflate::Inflate, inflate::Adler, u64),
    Bzip2(Source<R>, Box<bzip2::Decompress>, Option<Result<(), Broken>>),
    Xz(xz::Xz<R>),
    Lzma(lzma::Lzma<R>),
    Lz4(Source<R>, Box<lz4_flex::frame::FrameDecoder<Source<R>>>, Legacy),
    Zstd(Source<R>, Box<zstd::Frame>),
    Text(Source<R>, Text),
}

impl<R: ReadAt> Codec<R> {
    /// Begins a stream at the source's position: reads its header.
    pub fn open(format: Format, mut source: Source<R>) -> Result<Self, Broken> {
        Ok(match format {
            Format::Gzip => {
                gzip::Header::read(&mut source)?;
                Codec::Gzip(source, inflate::Inflate::new(), inflate::Crc::default())
            }
            Format::Zlib => Codec::zlib(source, 0)?,
            Format::Zfile => {
                let (size, length) = crate::format::zfile_header(&source.peek(22)?).ok_or(Broken::Truncated)?;
                source.skip(length);
                Codec::zlib(source, size)?
            }
            Format::Bzip2 => Codec::Bzip2(source, Box::new(bzip2::Decompress::new(false)), None),
            Format::Xz => Codec::Xz(xz::Xz::new(source)),
            Format::Lzma => Codec::Lzma(lzma::Lzma::new(source)?),
            Format::Lz4 => {
                let legacy = (source.peek(1)? == [2]).then(|| source.position());
                Codec::Lz4(source.clone(), Box::new(lz4_flex::frame::FrameDecoder::new(source)), legacy)
            }
            Format::Zstd => {
                let frame = zstd::Frame::open(&mut source)?;
                Codec::Zstd(source, Box::new(frame))
            }
            Format::Base64 => Codec::Text(source, Text::new(Alphabet::Base64)),
            Format::Hex => Codec::Text(source, Text::new(Alphabet::Hex)),
        })
    }

    /// RFC 1950: CMF, FLG, deflate, Adler-32. `declared`: the size that a joblib header gives, or 0.
    fn zlib(mut source: Source<R>, declared: u64) -> Result<Self, Broken> {
        let [_, flags] = source.array()?;
        if flags & 0x20 != 0 {
            return Err(Broken::Unsupported("a preset dictionary".into()));
        }
        Ok(Codec::Zlib(source, inflate::Inflate::new(), inflate::Adler::default(), declared))
    }

    /// Whether the source's position is where the stream was decoded to: some decoders read ahead, and give back at the end.
    pub fn is_exact(&self) -> bool {
        !matches!(self, Codec::Lzma(lzma) if !lzma.ended())
    }

    /// The next bytes; 0 is the end of the stream, and the source's position is behind it.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Broken> {
        match self {
            Codec::Gzip(source, inflate, crc) => match inflate.read(source, buf)? {
                0 => gzip::check(source, crc).map(|()| 0),
                n => {
                    crc.update(&buf[..n]);
                    Ok(n)
                }
            },
            Codec::Zlib(source, inflate, adler, declared) => match inflate.read(source, buf)? {
                0 => adler.check(source, *declared).map(|()| 0),
                n => {
                    adler.update(&buf[..n]);
                    Ok(n)
                }
            },
            Codec::Bzip2(source, decompress, end) => bzip2(source, decompress, end, buf),
            Codec::Xz(xz) => xz.read(buf),
            Codec::Lzma(lzma) => lzma.read(buf),
            Codec::Lz4(source, decoder, legacy) => match decoder.read(buf)? {
                // The decoder takes an input that ends between two blocks for the end of the frame: it is not.
                0 if !lz4_ended(source, *legacy)? => Err(Broken::Truncated),
                n => Ok(n),
            },
            Codec::Zstd(source, frame) => frame.read(source, buf),
            Codec::Text(source, text) => Ok(text.read(source, buf)?),
        }
    }
}

/// `end`: how the stream ended, once the decoder has said so. It says so once, perhaps with the last bytes.
fn bzip2<R: ReadAt>(
    source: &Source<R>,
    decompress: &mut bzip2::Decompress,
    end: &mut Option<Result<(), Broken>>,
    buf: &mut [u8],
) -> Result<usize, Broken> {
    loop {
        if let Some(end) = end.take() {
            return end.map(|()| 0);
        }
        let (before_in, before_out) = (decompress.total_in(), decompress.total_out());
        let (empty, used, status) = source.with(|bytes| {
            let status = decompress.decompress(bytes, buf);
            let used = (decompress.total_in() - before_in) as usize;
            (used, (bytes.is_empty(), used, status))
        })?;
        let made = (decompress.total_out() - before_out) as usize;
        *end = match status {
            Ok(bzip2::Status::StreamEnd) => Some(Ok(())),
            Err(error) => Some(Err(Broken::Corrupt(error.to_string()))),
            Ok(_) if made != 0 => None,
            Ok(_) if empty => Some(Err(Broken::Truncated)),
            Ok(_) if used == 0 => Some(Err(Broken::Corrupt("the bzip2 stream does not go on".into()))),
            Ok(_) => None,
        };
        if made != 0 {
            return Ok(made);
        }
    }
}

/// Whether what was read last is an end mark: four zero bytes, and a checksum perhaps. A frame of the old format ends behind a block, or before the first.
fn lz4_ended<R: ReadAt>(source: &Source<R>, legacy: Legacy) -> Result<bool, Broken> {
    let at = source.position();
    if let Some(begin) = legacy {
        let mut block = begin + 4;
        while block < at {
            source.seek(block);
            let Ok(length) = <[u8; 4]>::try_from(source.peek(4)?) else { break };
            block += 4 + u64::from(u32::from_le_bytes(length));
        }
        source.seek(at);
        return Ok(block == at);
    }
    if source.rest() > 0 {
        return Ok(true);
    }
    source.seek(at.saturating_sub(8));
    let tail = source.peek(8)?;
    source.seek(at);
    let mark = |bytes: Option<&[u8]>| bytes.is_some_and(|bytes| bytes.len() >= 4 && bytes[..4] == [0; 4]);
    Ok(mark(tail.get(tail.len().saturating_sub(4)..)) || mark(tail.get(tail.len().saturating_sub(8)..)))
}
