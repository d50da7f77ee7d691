//! One string, decoded once more from its offset: for a string that is longer than what a reader keeps.

use crate::cursor::Cursor;
use crate::encoding::Encoding;
use crate::issue::Issues;
use crate::string::{self, Ended, Sink};
use weighbridge_parse_read::{ReadAt, Stop};

/// The decoded bytes of a string, piece by piece. They are UTF-8 where the input is.
pub struct Text<R> {
    cursor: Cursor<R>,
    quote: u8,
    ready: Vec<u8>,
    given: usize,
    done: bool,
}

/// Bytes that are decoded ahead.
const AHEAD: usize = 16 << 10;

struct Piece<'a>(&'a mut Vec<u8>);

impl Sink for Piece<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn full(&self) -> bool {
        self.0.len() >= AHEAD
    }
}

impl<R: ReadAt> Text<R> {
    /// The string whose quote stands at `at`, as its token said, in the encoding that the reader found.
    pub fn new(input: R, at: u64, encoding: Encoding) -> Result<Self, Stop> {
        let mut cursor = Cursor::new(input, at, u64::MAX, encoding);
        let quote = cursor.peek()?.and_then(|unit| u8::try_from(unit).ok()).filter(|quote| matches!(quote, b'"' | b'\''));
        cursor.advance(1);
        Ok(Text { cursor, quote: quote.unwrap_or(b'"'), ready: Vec::new(), given: 0, done: quote.is_none() })
    }

    /// Fills `buf` as far as it goes; 0 is the end.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Stop> {
        if self.given == self.ready.len() && !self.done {
            self.ready.clear();
            self.given = 0;
            let mut issues = Issues::new(0);
            let ended = string::decode(&mut self.cursor, self.quote, &mut Piece(&mut self.ready), &mut issues, &mut true)?;
            self.done = ended != Ended::Full;
        }
        let ready = &self.ready[self.given..];
        let n = ready.len().min(buf.len());
        buf[..n].copy_from_slice(&ready[..n]);
        self.given += n;
        Ok(n)
    }
}
