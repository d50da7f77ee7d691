//! All streams of an input, one after the other, as one content.

use crate::broken::Broken;
use crate::codec::Codec;
use crate::format::{Format, skippable};
use crate::limits;
use crate::source::Source;
use std::ops::Range;
use weighbridge_sdk::{ReadAt, Stop};

/// What a part of the input turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Compressed data, with their headers.
    Data,
    /// Zeros between and after streams.
    Padding,
    /// Frames that are there to be skipped.
    Skipped,
}

pub(crate) struct Decoder<R: ReadAt> {
    source: Source<R>,
    codec: Option<Codec<R>>,
    format: Format,
    /// Streams that were begun.
    streams: u64,
    /// What follows the first stream is left alone.
    one: bool,
    done: bool,
    /// What is accounted for, and not yet told.
    parts: Vec<(Part, Range<u64>)>,
    begun: u64,
    /// What was wrong and did not end the decoding.
    oddities: Vec<(u64, Broken)>,
}

impl<R: ReadAt> Decoder<R> {
    /// Of the stream that begins at `start`. `one`: what follows it is not looked at.
    pub fn new(input: R, format: Format, start: u64, one: bool) -> Self {
        let source = Source::new(input, start);
        Decoder { source, codec: None, format, streams: 0, one, done: false, parts: Vec::new(), begun: start, oddities: Vec::new() }
    }

    /// The next bytes of the content; 0 at its end.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Broken> {
        let result = self.step(buf);
        // An error of the input looks like one of the stream to the decoders.
        match self.source.stopped() {
            Some(stop) => Err(Broken::Stop(stop)),
            None => result,
        }
    }

    fn step(&mut self, buf: &mut [u8]) -> Result<usize, Broken> {
        while !self.done && !buf.is_empty() {
            let Some(codec) = &mut self.codec else {
                self.next_stream()?;
                continue;
            };
            match codec.read(buf) {
                Ok(0) => self.codec = None,
                Ok(n) => {
                    if codec.is_exact() {
                        self.tell(Part::Data);
                    }
                    return Ok(n);
                }
                // The content is whole: what follows is read all the same.
                Err(Broken::Checksum(detail)) if matches!(codec, Codec::Gzip(..) | Codec::Zlib(..) | Codec::Zstd(..)) => {
                    self.oddities.push((self.source.position(), Broken::Checksum(detail)));
                    self.codec = None;
                }
                Err(broken) => {
                    self.done = true;
                    self.tell(Part::Data);
                    return Err(broken);
                }
            }
            self.tell(Part::Data);
        }
        Ok(0)
    }

    fn next_stream(&mut self) -> Result<(), Broken> {
        if self.streams > 0 && self.one {
            self.done = true;
            return Ok(());
        }
        while matches!(self.format, Format::Lz4 | Format::Zstd)
            && let Some(length) = skippable(&self.source.peek(8)?)
        {
            let whole = length <= self.source.rest();
            self.source.skip(length);
            self.tell(Part::Skipped);
            if !whole {
                self.done = true;
                return Err(Broken::Truncated);
            }
        }
        if self.streams > 0 {
            self.padding()?;
            match Format::begins(&self.source.peek(64)?) {
                Some(next) if self.format.goes_on_with(next) => self.format = next,
                _ => self.done = true,
            }
        } else if self.source.rest() == 0 {
            // Skippable frames and nothing else.
            self.done = true;
        }
        if !self.done {
            self.streams += 1;
            match Codec::open(self.format, self.source.clone()) {
                Ok(codec) => self.codec = Some(codec),
                Err(broken) => {
                    self.done = true;
                    self.tell(Part::Data);
                    return Err(broken);
                }
            }
        }
        Ok(())
    }

    /// Steps over zeros: gzip and xz allow them between streams, and blocks and tapes are filled up with them.
    fn padding(&mut self) -> Result<(), Broken> {
        let begin = self.source.position();
        while self.source.rest() > 0 && self.source.position() - begin < limits::PADDING {
            let stop = self.source.with(|bytes| {
                let zeros = bytes.iter().take_while(|&&b| b == 0).count();
                (zeros, zeros < bytes.len())
            })?;
            if stop {
                break;
            }
        }
        self.tell(Part::Padding);
        Ok(())
    }

    /// Notes what was consumed since the last time.
    fn tell(&mut self, part: Part) {
        let at = self.source.position();
        if at > self.begun {
            self.parts.push((part, self.begun..at));
            self.begun = at;
        }
    }

    /// What is newly accounted for.
    pub fn parts(&mut self) -> Vec<(Part, Range<u64>)> {
        std::mem::take(&mut self.parts)
    }

    /// What was wrong on the way, and where.
    pub fn oddities(&mut self) -> Vec<(u64, Broken)> {
        std::mem::take(&mut self.oddities)
    }

    /// Where the last stream ended, once all is decoded.
    pub fn end(&self) -> u64 {
        self.source.position()
    }

    pub fn streams(&self) -> u64 {
        self.streams
    }
}

/// What the first bytes of the content say of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trial {
    /// Bytes that came.
    pub made: usize,
    /// Bytes of the input that they took.
    pub used: u64,
    /// Different values among them.
    pub values: usize,
    /// It came to its end, checksums and all.
    pub ended: bool,
    /// The input ended before the stream did.
    pub truncated: bool,
    /// It ended, with the input, and its checksum does not fit.
    pub mismatched: bool,
}

impl Trial {
    /// Whether chance does not make it.
    pub fn is_enough(&self) -> bool {
        let (made, used) = limits::TRIAL_ENOUGH;
        self.ended || self.made >= limits::TRIAL || (self.made >= made && self.used >= used)
    }

    /// Whether it may be a stream of which the end is missing.
    pub fn is_truncated(&self) -> bool {
        let (made, used) = limits::TRIAL_TRUNCATED;
        self.truncated && self.made >= made && self.used >= used
    }
}

/// Decodes the beginning of one stream.
pub(crate) fn trial<R: ReadAt>(input: R, format: Format, start: u64) -> Result<Trial, Stop> {
    let mut decoder = Decoder::new(input, format, start, true);
    let mut trial = Trial { made: 0, used: 0, values: 0, ended: false, truncated: false, mismatched: false };
    let mut buf = [0; limits::TRIAL];
    while trial.made < buf.len() {
        match decoder.read(&mut buf[trial.made..]) {
            Ok(0) => {
                trial.ended = decoder.oddities.is_empty();
                trial.mismatched = !trial.ended && decoder.source.rest() == 0;
                break;
            }
            Ok(n) => trial.made += n,
            Err(Broken::Stop(stop)) => return Err(stop),
            Err(broken) => {
                trial.truncated = broken == Broken::Truncated;
                break;
            }
        }
    }
    trial.used = decoder.end() - start;
    let mut seen = [false; 256];
    buf[..trial.made].iter().for_each(|&byte| seen[usize::from(byte)] = true);
    trial.values = seen.iter().filter(|&&seen| seen).count();
    Ok(trial)
}
