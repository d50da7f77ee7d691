//! LZMA alone, with the same bytes whatever the pieces in which they are asked for.

use crate::broken::Broken;
use crate::limits;
use crate::source::Source;
use lzma_rust2::LzmaReader;
use std::io::Read;
use weighbridge_sdk::ReadAt;

/// Bytes that are decoded at once. Where the input ends early the decoder gives more of the last match the more is asked for.
const BLOCK: usize = 4 << 10;

pub(crate) struct Lzma<R: ReadAt> {
    source: Source<R>,
    /// None once it has come to its end.
    reader: Option<Box<LzmaReader<Source<R>>>>,
    block: Vec<u8>,
    used: usize,
}

impl<R: ReadAt> Lzma<R> {
    /// Properties, dictionary size, size, and the stream.
    pub fn new(mut source: Source<R>) -> Result<Self, Broken> {
        let [properties, a, b, c, d, s0, s1, s2, s3, s4, s5, s6, s7] = source.array()?;
        let size = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
        // A dictionary beyond the limit is cut: that matters only to content that is longer and refers that far back.
        let dictionary = u64::from(u32::from_le_bytes([a, b, c, d])).min(limits::DICTIONARY) as u32;
        let mut reader = LzmaReader::new_with_props(source.clone(), size, properties, dictionary, None)?;
        reader.set_defer_errors(true);
        // An end marker after the declared size belongs to the stream.
        reader.set_relaxed_end_condition(false);
        Ok(Lzma { source, reader: Some(Box::new(reader)), block: Vec::new(), used: 0 })
    }

    /// Whether the source's position is behind the stream.
    pub fn ended(&self) -> bool {
        self.reader.is_none()
    }

    /// The next bytes; 0 is the end of the stream.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Broken> {
        if self.used == self.block.len() {
            let Some(reader) = &mut self.reader else { return Ok(0) };
            self.block.resize(BLOCK, 0);
            self.used = 0;
            let got = reader.read(&mut self.block);
            self.block.truncate(*got.as_ref().unwrap_or(&0));
            if got? == 0 {
                // It reads ahead.
                if let Some(reader) = self.reader.take() {
                    let (_, unused) = reader.into_parts();
                    self.source.seek(self.source.position().saturating_sub(unused.len() as u64));
                }
                return Ok(0);
            }
        }
        let n = buf.len().min(self.block.len() - self.used);
        buf[..n].copy_from_slice(&self.block[self.used..self.used + n]);
        self.used += n;
        Ok(n)
    }
}
