//! xz, with every byte that comes before an error.

use crate::broken::Broken;
use crate::limits;
use crate::source::Source;
use lzma_rust2::XzReader;
use std::io::{self, Read};
use weighbridge_sdk::ReadAt;

/// Bytes that are decoded at once to come back to where an error was.
const BLOCK: usize = 4 << 10;

/// The decoder loses what a call had given when that call ends with an error, and a loader that reads as it decodes has run it. So after an
/// error the stream is decoded anew, and what the failed call was to give is asked for a byte at a time.
pub(crate) struct Xz<R: ReadAt> {
    source: Source<R>,
    begin: u64,
    reader: Box<XzReader<Source<R>>>,
    made: u64,
    bytewise: bool,
}

fn reader<R: ReadAt>(source: &Source<R>) -> Box<XzReader<Source<R>>> {
    Box::new(XzReader::new_mem_limit(source.clone(), false, limits::DICTIONARY_KIB))
}

impl<R: ReadAt> Xz<R> {
    /// A stream that begins at the source's position.
    pub fn new(source: Source<R>) -> Self {
        Xz { begin: source.position(), reader: reader(&source), source, made: 0, bytewise: false }
    }

    /// The next bytes; 0 is the end of the stream.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Broken> {
        let most = if self.bytewise { buf.len().min(1) } else { buf.len() };
        let result = match self.reader.read(&mut buf[..most]) {
            Err(_) if most > 1 && self.source.stopped().is_none() => {
                self.bytewise = true;
                self.return_to_error().and_then(|()| self.reader.read(&mut buf[..1]))
            }
            result => result,
        };
        self.made += *result.as_ref().unwrap_or(&0) as u64;
        Ok(result?)
    }

    /// Decodes what was given before.
    fn return_to_error(&mut self) -> io::Result<()> {
        self.source.seek(self.begin);
        self.reader = reader(&self.source);
        let mut block = [0; BLOCK];
        let mut left = self.made;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
            match self.reader.read(&mut block[..most])? {
                0 => break,
                n => left -= n as u64,
            }
        }
        Ok(())
    }
}
