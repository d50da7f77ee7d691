//! The local file header.

use weighbridge_parse_read::{ReadAt, Stop, Window, read_up_to};

use crate::bytes::{LOCAL, u16_at, u32_at};
use crate::extra::{Narrow, widen};

/// Length of the fixed part.
pub(crate) const FIXED: usize = 30;

/// A local file header (4.3.7), its fields as they stand there and after zip64.
///
/// ```text
/// local file header signature     4 bytes  (0x04034b50)
/// version needed to extract       2 bytes
/// general purpose bit flag        2 bytes
/// compression method              2 bytes
/// last mod file time              2 bytes
/// last mod file date              2 bytes
/// crc-32                          4 bytes
/// compressed size                 4 bytes
/// uncompressed size               4 bytes
/// file name length                2 bytes
/// extra field length              2 bytes
/// file name (variable size)
/// extra field (variable size)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Where the header begins.
    pub offset: u64,
    /// Where the data begin. In a header that the end of the input cuts off, past it.
    pub data_offset: u64,
    /// Version of the specification needed to extract.
    pub version_needed: u16,
    /// General purpose bit flags.
    pub flags: u16,
    /// Compression method.
    pub method: u16,
    /// MS-DOS time.
    pub time: u16,
    /// MS-DOS date.
    pub date: u16,
    /// CRC-32 of the data; zero where a descriptor follows.
    pub crc32: u32,
    /// Compressed size as it stands in the 32-bit field.
    pub compressed_raw: u32,
    /// Uncompressed size as it stands in the 32-bit field.
    pub size_raw: u32,
    /// Compressed size in bytes, after zip64; zero where a descriptor follows.
    pub compressed: u64,
    /// Uncompressed size in bytes, after zip64; zero where a descriptor follows.
    pub size: u64,
    /// Name, raw.
    pub name: Vec<u8>,
    /// Extra area, raw.
    pub extra: Vec<u8>,
    /// A zip64 value was called for and is not there.
    pub(crate) zip64_missing: bool,
    /// The zip64 field contradicts.
    pub(crate) zip64_contradicts: bool,
    /// The end of the input cuts off the name or the extra area.
    pub(crate) cut: bool,
}

impl Local {
    /// Whether flag 3 says that a data descriptor follows the data.
    pub fn has_descriptor(&self) -> bool {
        self.flags & 0x8 != 0
    }
}

/// What stands at an offset where a local header could be.
pub(crate) enum Found {
    /// Something else: its first bytes, up to 30.
    Other(Vec<u8>),
    /// A header; the end of the input may cut off name and extra area.
    Header(Box<Local>),
}

/// Reads the header at `offset`.
pub(crate) fn read<R: ReadAt>(window: &mut Window<R>, offset: u64) -> Result<Found, Stop> {
    let bytes = window.at(offset, FIXED)?;
    if !bytes.starts_with(&LOCAL) || bytes.len() < FIXED {
        return Ok(Found::Other(bytes[..bytes.len().min(FIXED)].to_vec()));
    }
    let (name_len, extra_len) = (usize::from(u16_at(bytes, 26)), usize::from(u16_at(bytes, 28)));
    let length = FIXED + name_len + extra_len;
    let in_window = window.at(offset, length)?;
    if in_window.len() >= length {
        let header = parse(offset, &in_window[..length], name_len, extra_len);
        return Ok(Found::Header(Box::new(header)));
    }
    let bytes = read_up_to(window.input(), offset, length)?;
    Ok(Found::Header(Box::new(parse(offset, &bytes, name_len, extra_len))))
}

fn parse(offset: u64, bytes: &[u8], name_len: usize, extra_len: usize) -> Local {
    let rest = bytes.get(FIXED..).unwrap_or(&[]);
    let (name, extra) = rest.split_at(name_len.min(rest.len()));
    let narrow = Narrow { compressed: u32_at(bytes, 18), size: u32_at(bytes, 22), offset: 0, disk: 0 };
    let wide = widen(&narrow, extra);
    Local {
        offset,
        data_offset: offset.saturating_add((FIXED + name_len + extra_len) as u64),
        version_needed: u16_at(bytes, 4),
        flags: u16_at(bytes, 6),
        method: u16_at(bytes, 8),
        time: u16_at(bytes, 10),
        date: u16_at(bytes, 12),
        crc32: u32_at(bytes, 14),
        compressed_raw: narrow.compressed,
        size_raw: narrow.size,
        compressed: wide.compressed,
        size: wide.size,
        name: name.to_vec(),
        extra: extra.to_vec(),
        zip64_missing: wide.missing,
        zip64_contradicts: wide.contradicts,
        cut: rest.len() < name_len + extra_len,
    }
}
