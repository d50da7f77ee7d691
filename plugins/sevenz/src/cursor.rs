//! Numbers of a header.

/// Why a header could not be read: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bad {
    pub offset: usize,
    pub expected: &'static str,
    /// It is a limit of ours, and may be well.
    pub limit: bool,
}

pub(crate) type Result<T> = std::result::Result<T, Bad>;

#[derive(Clone)]
pub(crate) struct Cursor<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Cursor<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Cursor { bytes, at: 0 }
    }

    pub fn bad(&self, expected: &'static str) -> Bad {
        Bad { offset: self.at, expected, limit: false }
    }

    pub fn over(&self, expected: &'static str) -> Bad {
        Bad { offset: self.at, expected, limit: true }
    }

    pub fn rest(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub fn take(&mut self, length: u64, expected: &'static str) -> Result<&'b [u8]> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length)).filter(|&end| end <= self.bytes.len());
        let end = end.ok_or_else(|| self.bad(expected))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    pub fn byte(&mut self, expected: &'static str) -> Result<u8> {
        Ok(self.take(1, expected)?[0])
    }

    pub fn u32(&mut self, expected: &'static str) -> Result<u32> {
        let bytes = self.take(4, expected)?;
        Ok(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte)))
    }

    /// `NUMBER`: as many leading ones in the first byte as bytes follow, little-endian; the first byte's other bits are the highest.
    pub fn number(&mut self, expected: &'static str) -> Result<u64> {
        let first = self.byte(expected)?;
        let more = first.leading_ones();
        let low = self.take(more.into(), expected)?.iter().rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
        let high = if more >= 7 { 0 } else { u64::from(first & (0x7F >> more)) };
        Ok(low | high << (8 * more.min(7)))
    }

    /// A number of things that take at least a bit each of what is left, and are no more than `most`.
    pub fn count(&mut self, most: u64, expected: &'static str) -> Result<u64> {
        let count = self.number(expected)?;
        if count > most {
            return Err(self.over(expected));
        }
        Ok(count)
    }

    /// `BITVECTOR`: the highest bit first.
    pub fn bits(&mut self, count: u64, expected: &'static str) -> Result<Vec<bool>> {
        let bytes = self.take(count.div_ceil(8), expected)?;
        Ok((0..count as usize).map(|at| bytes[at / 8] & (0x80 >> (at % 8)) != 0).collect())
    }

    /// `OPTIONALBITVECTOR`: a byte that is not 0 says that all are set.
    pub fn optional_bits(&mut self, count: u64, expected: &'static str) -> Result<Vec<bool>> {
        if self.byte(expected)? != 0 { Ok(vec![true; count as usize]) } else { self.bits(count, expected) }
    }

    /// `Digests`: which are defined, and their CRC-32.
    pub fn digests(&mut self, count: u64) -> Result<Vec<Option<u32>>> {
        let defined = self.optional_bits(count, "digests")?;
        defined.into_iter().map(|defined| if defined { self.u32("a digest").map(Some) } else { Ok(None) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let number = |bytes: &[u8]| Cursor::new(bytes).number("n");
        assert_eq!(number(&[0x7F]), Ok(0x7F));
        assert_eq!(number(&[0x81, 0x15]), Ok(0x115));
        assert_eq!(number(&[0xC0, 1, 2]), Ok(0x201));
        assert_eq!(number(&[0xFF, 1, 0, 0, 0, 0, 0, 0, 0x80]), Ok(1 | 0x80 << 56));
        assert_eq!(number(&[0xFE, 1, 2, 3, 4, 5, 6, 7]), Ok(0x0007_0605_0403_0201));
        assert!(number(&[0xFF, 1]).is_err());
        assert_eq!(Cursor::new(&[0, 0b1010_0000]).optional_bits(3, "b"), Ok(vec![true, false, true]));
    }
}
