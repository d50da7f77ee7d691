//! A position in a part of the input, read unit by unit or, where units are bytes, in runs.

use crate::encoding::Encoding;
use crate::limits;
use weighbridge_parse_read::{ReadAt, Stop, Window};

pub(crate) struct Cursor<R> {
    window: Window<R>,
    pub encoding: Encoding,
    pub at: u64,
    end: u64,
    polled: u64,
}

impl<R: ReadAt> Cursor<R> {
    pub fn new(input: R, start: u64, end: u64, encoding: Encoding) -> Self {
        let end = end.min(input.size());
        Cursor { window: Window::new(input, limits::WINDOW), encoding, at: start.min(end), end, polled: start }
    }

    pub fn end(&self) -> u64 {
        self.end
    }

    /// Bytes from the position on that are in memory: none only at the end.
    pub fn run(&mut self) -> Result<&[u8], Stop> {
        self.bytes(1)
    }

    /// The same, at least `min` of them where the input has as many.
    pub fn bytes(&mut self, min: usize) -> Result<&[u8], Stop> {
        if self.at.wrapping_sub(self.polled) >= limits::POLL {
            self.polled = self.at;
            self.window.input().poll(1)?;
        }
        let left = self.end - self.at;
        let bytes = self.window.at(self.at, min)?;
        Ok(&bytes[..bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX))])
    }

    /// The unit at the position; none at the end, and where the last unit is cut.
    pub fn peek(&mut self) -> Result<Option<u32>, Stop> {
        let encoding = self.encoding;
        Ok(encoding.read(self.bytes(encoding.unit())?))
    }

    /// The unit `units` further on.
    pub fn peek_at(&mut self, units: usize) -> Result<Option<u32>, Stop> {
        let (encoding, unit) = (self.encoding, self.encoding.unit());
        Ok(self.bytes((units + 1) * unit)?.get(units * unit..).and_then(|bytes| encoding.read(bytes)))
    }

    pub fn advance(&mut self, units: usize) {
        self.at = self.at.saturating_add((units * self.encoding.unit()) as u64).min(self.end);
    }

    /// Goes to the end.
    pub fn finish(&mut self) {
        self.at = self.end;
    }

    /// What stands at an offset, for people: escaped, and cut.
    pub fn shown(&mut self, from: u64) -> Result<String, Stop> {
        let here = std::mem::replace(&mut self.at, from.min(self.end));
        let encoding = self.encoding;
        let bytes = self.bytes(limits::SHOWN);
        let text = bytes.map(|bytes| {
            let bytes = &bytes[..bytes.len().min(limits::SHOWN)];
            if encoding == Encoding::Utf8 {
                return String::from_utf8_lossy(bytes).trim_end_matches('\u{fffd}').to_owned();
            }
            let units = bytes.chunks(encoding.unit()).filter_map(|unit| encoding.read(unit));
            units.map(|unit| char::from_u32(unit).unwrap_or('\u{fffd}')).collect()
        });
        self.at = here;
        text.map(|text| text.split(['\n', '\r']).next().unwrap_or("").to_owned())
    }
}
