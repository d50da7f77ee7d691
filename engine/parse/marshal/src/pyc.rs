//! The header of a `.pyc` file.
//!
//! `importlib._bootstrap_external` (`_code_to_timestamp_pyc`, `_code_to_hash_pyc`), PEP 3147, PEP 552.
//!
//! ```text
//! 0   4  magic: a number of 16 bits, little endian, "\r\n"
//! 4   4  2.7: modification time                   3.6: likewise    3.7 and later: flags, 0 or, with a hash, 1 or 3
//! 8   4                                           3.6: source size 3.7 and later: modification time and source size, or the hash
//! …   …  the module's code object, marshalled, at 8, 12, 16
//! ```

use crate::Version;

/// Where the code object of a file begins, and of which version it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// `None` for a magic number of another version or of a pre-release that is not known.
    pub version: Option<Version>,
    /// The magic number.
    pub magic: u16,
    /// Bytes before the code object.
    pub size: u64,
    /// A hash of the source in place of its time: whether a loader compares it (PEP 552).
    pub hashed: Option<bool>,
}

/// The magic numbers of released versions: (number, version). Interpreters refuse a file of any other number than their own.
pub const RELEASED: [(u16, Version); 11] = [
    (62211, Version::V2_7),
    (3379, Version::V3_6),
    (3394, Version::V3_7),
    (3413, Version::V3_8),
    (3425, Version::V3_9),
    (3439, Version::V3_10),
    (3495, Version::V3_11),
    (3531, Version::V3_12),
    (3571, Version::V3_13),
    (3627, Version::V3_14),
    (3666, Version::V3_15),
];

/// Bytes of the longest header.
pub const LONGEST: usize = 16;

impl Header {
    /// The header at the beginning of `head`, if its first four bytes are those of one.
    pub fn read(head: &[u8]) -> Option<Header> {
        let &[low, high, b'\r', b'\n', ..] = head else { return None };
        let magic = u16::from_le_bytes([low, high]);
        let version = version(magic)?;
        let modern = version.is_none_or(|version| version >= Version::V3_7) && magic < 20_000;
        let size = if magic >= 20_000 {
            8
        } else if modern {
            16
        } else {
            12
        };
        let flags = head.get(4..8).and_then(|flags| flags.try_into().ok()).map(u32::from_le_bytes);
        let hashed = flags.filter(|flags| modern && flags & 1 != 0).map(|flags| flags & 2 != 0);
        Some(Header { version, magic, size, hashed })
    }
}

/// The version of a magic number, pre-releases among them; the inner `None` is a number of 3.x that none of ours has.
fn version(magic: u16) -> Option<Option<Version>> {
    Some(match magic {
        62171..=62211 => Some(Version::V2_7),
        3360..=3379 => Some(Version::V3_6),
        3390..=3394 => Some(Version::V3_7),
        3400..=3413 => Some(Version::V3_8),
        3420..=3425 => Some(Version::V3_9),
        3430..=3439 => Some(Version::V3_10),
        3450..=3499 => Some(Version::V3_11),
        3500..=3549 => Some(Version::V3_12),
        3550..=3599 => Some(Version::V3_13),
        3600..=3649 => Some(Version::V3_14),
        3650..=3699 => Some(Version::V3_15),
        3700..=3999 => None,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_header_of_each_version() {
        for (magic, version) in RELEASED {
            let mut head = [0; LONGEST];
            head[..2].copy_from_slice(&magic.to_le_bytes());
            head[2..4].copy_from_slice(b"\r\n");
            let header = Header::read(&head).expect("a header");
            assert_eq!(header.version, Some(version));
            assert_eq!(
                header.size,
                if version == Version::V2_7 {
                    8
                } else if version == Version::V3_6 {
                    12
                } else {
                    16
                }
            );
            assert_eq!(header.hashed, None);
            head[4] = 3;
            let hashed = Header::read(&head).expect("a header").hashed;
            assert_eq!(hashed, (version >= Version::V3_7).then_some(true));
        }
    }

    #[test]
    fn refuses_what_is_no_header() {
        for head in [&b""[..], b"\x55\r\r", b"\x89PNG\r\n\x1a\n", b"ab\r\ncd", b"\xa7\x0d\x0d\x0d\x00\x00"] {
            assert_eq!(Header::read(head), None, "{head:?}");
        }
    }
}
