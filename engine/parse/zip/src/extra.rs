//! The extra area of a header (4.5): fields of a 16-bit id, a 16-bit length and as many bytes.

use crate::bytes::{u16_at, u32_at, u64_at};

/// Id of the zip64 field (4.5.3).
pub const ZIP64: u16 = 0x0001;
/// Id of the Info-ZIP Unicode path field (4.6.9).
pub const UNICODE_PATH: u16 = 0x7075;
/// Id of the AE-x encryption field, which holds the method under method 99.
pub const AES: u16 = 0x9901;

/// The fields of an extra area, as (id, content); ends at the first one that does not fit.
pub fn fields(area: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = area;
    std::iter::from_fn(move || {
        let id = rest.get(..4).map(|head| u16_at(head, 0))?;
        let content = rest.get(4..)?.get(..u16_at(rest, 2).into())?;
        rest = &rest[4 + content.len()..];
        Some((id, content))
    })
}

/// The content of the first field with this id.
pub fn find(area: &[u8], id: u16) -> Option<&[u8]> {
    fields(area).find(|field| field.0 == id).map(|field| field.1)
}

/// Whether a field runs past the area. Up to three bytes at its end that are no field are tolerated, as
/// Python does and as zipalign leaves them.
pub fn malformed(area: &[u8]) -> bool {
    let used: usize = fields(area).map(|field| 4 + field.1.len()).sum();
    area.len() - used >= 4
}

/// The 32-bit values of a header that zip64 may replace: each counts only if it is all ones.
pub(crate) struct Narrow {
    pub size: u32,
    pub compressed: u32,
    /// Zero in a local header, which has none.
    pub offset: u32,
    pub disk: u16,
}

/// The values after zip64.
pub(crate) struct Wide {
    pub size: u64,
    pub compressed: u64,
    pub offset: u64,
    pub disk: u32,
    /// A value was to be in the field and is not.
    pub missing: bool,
    /// The field stands there twice, or holds other values than the header although the header does not ask.
    pub contradicts: bool,
}

/// ```text
/// Value      Size       Description
/// 0x0001     2 bytes    Tag for this "extra" block type
/// Size       2 bytes    Size of this "extra" block
/// Original
/// Size       8 bytes    Original uncompressed file size
/// Compressed
/// Size       8 bytes    Size of compressed data
/// Relative Header
/// Offset     8 bytes    Offset of local header record
/// Disk Start
/// Number     4 bytes    Number of the disk on which this file starts
/// ```
/// "The fields MUST only appear if the corresponding Local or Central directory record field is set to 0xFFFF or 0xFFFFFFFF."
/// Writers that add them all the same, with the same values, exist and are harmless.
pub(crate) fn widen(narrow: &Narrow, area: &[u8]) -> Wide {
    let mut wide = Wide {
        size: narrow.size.into(),
        compressed: narrow.compressed.into(),
        offset: narrow.offset.into(),
        disk: narrow.disk.into(),
        missing: false,
        contradicts: false,
    };
    let mut of_id = fields(area).filter(|field| field.0 == ZIP64).map(|field| field.1);
    let field = of_id.next();
    wide.contradicts = of_id.any(|other| Some(other) != field);
    let content = field.unwrap_or(&[]);
    let mut at = 0;
    let mut next = |value: &mut u64, asked: bool| {
        if asked {
            if content.len() >= at + 8 {
                *value = u64_at(content, at);
                at += 8;
            } else {
                wide.missing = true;
            }
        }
        asked
    };
    let mut asked = next(&mut wide.size, narrow.size == u32::MAX);
    asked |= next(&mut wide.compressed, narrow.compressed == u32::MAX);
    asked |= next(&mut wide.offset, narrow.offset == u32::MAX);
    if narrow.disk == u16::MAX && content.len() >= at + 4 {
        wide.disk = u32_at(content, at);
        asked = true;
    }
    if !asked && content.len() >= 16 {
        wide.contradicts |= u64_at(content, 0) != wide.size || u64_at(content, 8) != wide.compressed;
    }
    wide
}
