//! One block of the input held in memory, moved forward or back as a parser asks for bytes.

use crate::{ReadAt, Span, Stop};

/// A buffered view of an input: small reads near each other cost one read of the medium.
///
/// Memory is the block size, whatever the input's size.
pub struct Window<R> {
    input: R,
    size: u64,
    base: u64,
    buf: Vec<u8>,
    filled: usize,
}

impl<R: ReadAt> Window<R> {
    /// A window of `block` bytes (at least 64) over `input`.
    pub fn new(input: R, block: usize) -> Self {
        let size = input.size();
        let block = usize::try_from(size).map_or(block, |size| size.min(block));
        Window { input, size, base: 0, buf: vec![0; block.max(64)], filled: 0 }
    }

    /// The size of the input in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The input under the window.
    pub fn input(&self) -> &R {
        &self.input
    }

    /// The bytes from `offset` on that are in memory: at least `min` of them, fewer only at the end of the input.
    /// `min` is cut to the block size.
    pub fn at(&mut self, offset: u64, min: usize) -> Result<&[u8], Stop> {
        if let Some(start) = self.start_of(offset)
            && self.filled - start >= min
        {
            return Ok(&self.buf[start..self.filled]);
        }
        self.refill(offset, min)
    }

    /// Exactly `N` bytes at `offset`, or `None` where the input ends before that.
    pub fn array<const N: usize>(&mut self, offset: u64) -> Result<Option<[u8; N]>, Stop> {
        let bytes = self.at(offset, N)?;
        Ok(bytes.get(..N).and_then(|b| b.try_into().ok()))
    }

    /// At most `max` bytes from the beginning of `span`, fewer at the end of the input. `max` is the caller's own bound, never a number
    /// from the file.
    pub fn bytes(&mut self, span: Span, max: usize) -> Result<Vec<u8>, Stop> {
        let want = usize::try_from(span.len()).unwrap_or(usize::MAX).min(max);
        let held = self.at(span.start, want)?;
        if held.len() >= want {
            return Ok(held[..want].to_vec());
        }
        crate::read_up_to(&self.input, span.start, want)
    }

    /// At most `max` bytes of `span` as text: what is not UTF-8 is replaced, a character that the bound cuts in two is left out.
    pub fn text(&mut self, span: Span, max: usize) -> Result<String, Stop> {
        let bytes = self.bytes(span, max)?;
        let cut = (bytes.len() as u64) < span.len();
        let whole = match std::str::from_utf8(&bytes) {
            Err(error) if cut && error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
        Ok(String::from_utf8_lossy(&bytes[..whole]).into_owned())
    }

    fn start_of(&self, offset: u64) -> Option<usize> {
        let start = usize::try_from(offset.checked_sub(self.base)?).ok()?;
        (start <= self.filled).then_some(start)
    }

    #[cold]
    fn refill(&mut self, offset: u64, min: usize) -> Result<&[u8], Stop> {
        let reaches_end = |w: &Self| w.base + w.filled as u64 >= w.size;
        match self.start_of(offset) {
            Some(start) if self.filled - start >= min.min(self.buf.len()) || reaches_end(self) => {
                return Ok(&self.buf[start..self.filled]);
            }
            Some(start) => {
                // What is in memory already is not read again.
                self.buf.copy_within(start..self.filled, 0);
                self.filled -= start;
            }
            None => self.filled = 0,
        }
        self.base = offset;
        if offset < self.size {
            let at = offset + self.filled as u64;
            self.filled += self.input.read_at(at, &mut self.buf[self.filled..])?;
        }
        Ok(&self.buf[..self.filled])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slides_forward_back_and_past_the_end() -> Result<(), Stop> {
        let data: Vec<u8> = (0..1000u32).map(|i| i as u8).collect();
        let mut w = Window::new(data.as_slice(), 64);
        assert_eq!(&w.at(0, 4)?[..4], [0, 1, 2, 3]);
        assert_eq!(&w.at(62, 4)?[..4], [62, 63, 64, 65]);
        assert_eq!(&w.at(10, 4)?[..4], [10, 11, 12, 13]);
        assert_eq!(w.at(998, 4)?, [data[998], data[999]]);
        assert_eq!(w.at(1000, 1)?, []);
        assert_eq!(w.at(u64::MAX, 1)?, []);
        assert_eq!(w.array::<2>(999)?, None);
        assert_eq!(w.at(0, 500)?.len(), 64);
        Ok(())
    }
}
