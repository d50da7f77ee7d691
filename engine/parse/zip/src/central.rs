//! The central directory header.

use weighbridge_parse_read::{ReadAt, Stop, Window};

use crate::bytes::{CENTRAL, u16_at, u32_at};
use crate::extra::{Narrow, widen};

/// Length of the fixed part.
pub(crate) const FIXED: usize = 46;

/// A central directory header (4.3.12), its fields as they stand there and after zip64.
///
/// ```text
/// central file header signature   4 bytes  (0x02014b50)
/// version made by                 2 bytes
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
/// file comment length             2 bytes
/// disk number start               2 bytes
/// internal file attributes        2 bytes
/// external file attributes        4 bytes
/// relative offset of local header 4 bytes
/// file name (variable size)
/// extra field (variable size)
/// file comment (variable size)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Central {
    /// Where the header begins.
    pub offset: u64,
    /// Length of the header with its variable parts as declared, in bytes; the input may end before.
    pub length: u64,
    /// Upper byte: system whose attributes these are (3: Unix). Lower byte: version of the specification.
    pub version_made_by: u16,
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
    /// CRC-32 of the data.
    pub crc32: u32,
    /// Compressed size as it stands in the 32-bit field.
    pub compressed_raw: u32,
    /// Uncompressed size as it stands in the 32-bit field.
    pub size_raw: u32,
    /// Offset of the local header as it stands in the 32-bit field.
    pub local_offset_raw: u32,
    /// Compressed size in bytes, after zip64.
    pub compressed: u64,
    /// Uncompressed size in bytes, after zip64.
    pub size: u64,
    /// Offset of the local header after zip64, counted from the archive's origin.
    pub local_offset: u64,
    /// Number of the disk on which the entry starts, after zip64.
    pub disk: u32,
    /// Internal attributes.
    pub internal_attributes: u16,
    /// External attributes; upper half: Unix mode, where made on Unix.
    pub external_attributes: u32,
    /// Name, raw.
    pub name: Vec<u8>,
    /// Extra area, raw.
    pub extra: Vec<u8>,
    /// Comment, raw.
    pub comment: Vec<u8>,
    /// A zip64 value was called for and is not there.
    pub(crate) zip64_missing: bool,
    /// The zip64 field contradicts.
    pub(crate) zip64_contradicts: bool,
    /// The end of the input cuts off variable parts.
    pub(crate) cut: bool,
}

/// What stands at an offset where a central header could be.
pub(crate) enum Found {
    /// Something else.
    Other,
    /// A header that the end of the input cuts off within its fixed part.
    Cut,
    /// A header. Its variable parts may be cut off: Python reads such an entry with what there is of them.
    Header(Box<Central>),
}

/// Reads the header at `offset`. The window's block holds the longest one.
pub(crate) fn read<R: ReadAt>(window: &mut Window<R>, offset: u64) -> Result<Found, Stop> {
    let fixed = window.at(offset, FIXED)?;
    if !fixed.starts_with(&CENTRAL) {
        return Ok(Found::Other);
    }
    if fixed.len() < FIXED {
        return Ok(Found::Cut);
    }
    let lengths = [28, 30, 32].map(|at| usize::from(u16_at(fixed, at)));
    let length = FIXED + lengths.iter().sum::<usize>();
    let bytes = window.at(offset, length)?;
    let bytes = &bytes[..bytes.len().min(length)];
    let cut = bytes.len() < length;
    let (fixed, rest) = bytes.split_at(FIXED);
    let (name, rest) = rest.split_at(lengths[0].min(rest.len()));
    let (extra, comment) = rest.split_at(lengths[1].min(rest.len()));
    let narrow = Narrow { compressed: u32_at(fixed, 20), size: u32_at(fixed, 24), disk: u16_at(fixed, 34), offset: u32_at(fixed, 42) };
    let wide = widen(&narrow, extra);
    Ok(Found::Header(Box::new(Central {
        offset,
        length: length as u64,
        version_made_by: u16_at(fixed, 4),
        version_needed: u16_at(fixed, 6),
        flags: u16_at(fixed, 8),
        method: u16_at(fixed, 10),
        time: u16_at(fixed, 12),
        date: u16_at(fixed, 14),
        crc32: u32_at(fixed, 16),
        compressed_raw: narrow.compressed,
        size_raw: narrow.size,
        local_offset_raw: narrow.offset,
        compressed: wide.compressed,
        size: wide.size,
        local_offset: wide.offset,
        disk: wide.disk,
        internal_attributes: u16_at(fixed, 36),
        external_attributes: u32_at(fixed, 38),
        name: name.to_vec(),
        extra: extra.to_vec(),
        comment: comment.to_vec(),
        zip64_missing: wide.missing,
        zip64_contradicts: wide.contradicts,
        cut,
    })))
}
