//! The formats, by their first bytes.

/// A format of one stream. The numbers are indices into the descriptor's formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Gzip = 0,
    Zlib = 1,
    Bzip2 = 2,
    Xz = 3,
    Lzma = 4,
    Lz4 = 5,
    Zstd = 6,
    /// joblib before 0.10: a header with the size, then zlib.
    Zfile = 7,
    /// Bytes written as text.
    Base64 = 8,
    Hex = 9,
}

impl Format {
    pub fn of(index: u64) -> Format {
        use Format::{Base64, Bzip2, Gzip, Hex, Lz4, Lzma, Xz, Zfile, Zlib, Zstd};
        [Gzip, Zlib, Bzip2, Xz, Lzma, Lz4, Zstd, Zfile, Base64, Hex].into_iter().find(|format| *format as u64 == index).unwrap_or(Gzip)
    }

    pub fn name(self) -> &'static str {
        match self {
            Format::Gzip => "gzip",
            Format::Zlib | Format::Zfile => "zlib",
            Format::Bzip2 => "bzip2",
            Format::Xz => "xz",
            Format::Lzma => "lzma",
            Format::Lz4 => "lz4",
            Format::Zstd => "zstd",
            Format::Base64 => "base64",
            Format::Hex => "hex",
        }
    }

    /// What stream begins with these bytes (64 are enough). Of zlib and LZMA it is a guess, which decoding has to confirm.
    pub fn begins(head: &[u8]) -> Option<Format> {
        Some(match head {
            [0x1F, 0x8B, 8, ..] => Format::Gzip,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Format::Bzip2,
            // No block: the content is empty.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Format::Bzip2,
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Format::Xz,
            // Version 01 of the frame descriptor; the reserved bit is 0.
            [0x04, 0x22, 0x4D, 0x18, flags, ..] if flags & 0xC2 == 0x40 => Format::Lz4,
            [0x02, 0x21, 0x4C, 0x18, ..] => Format::Lz4,
            [0x28, 0xB5, 0x2F, 0xFD, descriptor, ..] if descriptor & 8 == 0 => Format::Zstd,
            [b'Z', b'F', b'0', b'x', ..] if zfile_header(head).is_some() => Format::Zfile,
            _ if is_lzma(head) => Format::Lzma,
            [cmf, flg, ..] if is_zlib(*cmf, *flg) => Format::Zlib,
            _ => return None,
        })
    }

    /// Whether a stream of the other format may follow one of this: both are read as one.
    pub fn goes_on_with(self, other: Format) -> bool {
        match self {
            // Python's `lzma` looks at each stream anew.
            Format::Xz | Format::Lzma => matches!(other, Format::Xz | Format::Lzma),
            Format::Zlib | Format::Zfile | Format::Base64 | Format::Hex => false,
            same => same == other,
        }
    }
}

/// The length of a skippable frame, with its header, which lz4 and zstd share: magic 0x184D2A50 to 0x184D2A5F, length (4 bytes).
pub(crate) fn skippable(head: &[u8]) -> Option<u64> {
    match head {
        [0x50..=0x5F, 0x2A, 0x4D, 0x18, a, b, c, d, ..] => Some(8 + u64::from(u32::from_le_bytes([*a, *b, *c, *d]))),
        _ => None,
    }
}

/// RFC 1950: CM = 8, CINFO at most 7, no preset dictionary, and the check bits.
fn is_zlib(cmf: u8, flg: u8) -> bool {
    cmf & 0x8F == 8 && flg & 0x20 == 0 && (u16::from(cmf) << 8 | u16::from(flg)).is_multiple_of(31)
}

/// The header of the LZMA_Alone format, as picky as liblzma's automatic decoder (which Python uses): properties (1 byte, lc + 9 * (lp + 5 * pb)),
/// dictionary size (4 bytes, 2^n or 2^n + 2^(n-1)), size (8 bytes, all ones or below 256 GiB). The first byte of the data is always 0.
fn is_lzma(head: &[u8]) -> bool {
    let Some((&[properties, a, b, c, d, s0, s1, s2, s3, s4, s5, s6, s7, first], _)) = head.split_first_chunk::<14>() else { return false };
    let dictionary = u32::from_le_bytes([a, b, c, d]);
    let size = u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
    let top = dictionary.checked_ilog2().unwrap_or(0);
    let round = dictionary == u32::MAX || dictionary == 1 << top || (top > 0 && dictionary == 3 << (top - 1));
    properties < 225 && dictionary >= 4096 && round && (size == u64::MAX || size < 1 << 38) && first == 0
}

/// The declared size, and the length of the header: `ZF`, the size in hexadecimal as Python writes it, spaces up to 21 bytes, one more from joblib 0.8.4
/// on Python 2.
pub(crate) fn zfile_header(head: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(head.get(2..21)?).ok()?;
    let digits = text.trim_end().strip_prefix("0x")?.trim_end_matches('L');
    let size = u64::from_str_radix(digits, 16).ok()?;
    Some((size, if head.get(21) == Some(&b' ') { 22 } else { 21 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes() {
        assert_eq!(Format::begins(b"x\x9c\x03\0\0\0\0\x01"), Some(Format::Zlib));
        assert_eq!(Format::begins(b"x\xbb"), None);
        let lzma = *b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0\x24";
        assert_eq!(Format::begins(&lzma), Some(Format::Lzma));
        assert_eq!(Format::begins(&[0; 64]), None);
        assert_eq!(zfile_header(b"ZF0x6e               x\x9c"), Some((110, 21)));
        assert_eq!(zfile_header(b"ZF0x6eL               x\x9c"), Some((110, 22)));
        for index in 0..10 {
            assert_eq!(Format::of(index) as u64, index);
        }
    }
}
