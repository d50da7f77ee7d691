//! Which encoding the input is in, found as Python's `json.detect_encoding` finds it: by a byte order mark, or by where the zero bytes are.

/// The encoding of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of two bytes; whether the first is the higher.
    Utf16 {
        /// Whether the higher byte comes first.
        big: bool,
    },
    /// Units of four bytes.
    Utf32 {
        /// Whether the highest byte comes first.
        big: bool,
    },
}

impl Encoding {
    /// The encoding that an input's first four bytes show, and the size of the byte order mark.
    pub fn detect(head: &[u8]) -> (Encoding, u64) {
        let utf16 = |big| Encoding::Utf16 { big };
        let utf32 = |big| Encoding::Utf32 { big };
        match *head {
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [0, 0, 0xfe, 0xff, ..] => (utf32(true), 4),
            [0xff, 0xfe, 0, 0, ..] => (utf32(false), 4),
            [0xfe, 0xff, ..] => (utf16(true), 2),
            [0xff, 0xfe, ..] => (utf16(false), 2),
            [0, 0, 0, b, ..] if b != 0 => (utf32(true), 0),
            [a, 0, 0, 0, ..] if a != 0 => (utf32(false), 0),
            [0, b, ..] if b != 0 => (utf16(true), 0),
            [a, 0, ..] if a != 0 => (utf16(false), 0),
            _ => (Encoding::Utf8, 0),
        }
    }

    /// Bytes of one unit.
    pub fn unit(self) -> usize {
        match self {
            Encoding::Utf8 => 1,
            Encoding::Utf16 { .. } => 2,
            Encoding::Utf32 { .. } => 4,
        }
    }

    /// The unit at the beginning of `bytes`.
    pub(crate) fn read(self, bytes: &[u8]) -> Option<u32> {
        let two = |big: bool| bytes.first_chunk().map(|b| u32::from(if big { u16::from_be_bytes(*b) } else { u16::from_le_bytes(*b) }));
        let four = |big: bool| bytes.first_chunk().map(|b| if big { u32::from_be_bytes(*b) } else { u32::from_le_bytes(*b) });
        match self {
            Encoding::Utf8 => bytes.first().map(|byte| u32::from(*byte)),
            Encoding::Utf16 { big } => two(big),
            Encoding::Utf32 { big } => four(big),
        }
    }

    /// The encoding's usual name.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16 { big: false } => "UTF-16LE",
            Encoding::Utf16 { big: true } => "UTF-16BE",
            Encoding::Utf32 { big: false } => "UTF-32LE",
            Encoding::Utf32 { big: true } => "UTF-32BE",
        }
    }
}
