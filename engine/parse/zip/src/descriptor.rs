//! The data descriptor, behind the data of an entry whose header was written before its size was known.

use weighbridge_parse_read::{ReadAt, Stop, Window};

use crate::bytes::{DESCRIPTOR, u32_at, u64_at};

/// A data descriptor (4.3.9).
///
/// ```text
/// [signature                      4 bytes  (0x08074b50), customary]
/// crc-32                          4 bytes
/// compressed size                 4 bytes, 8 with zip64
/// uncompressed size               4 bytes, 8 with zip64
/// ```
/// Nothing says which of its four forms is there: only the values can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptor {
    /// Where it begins.
    pub offset: u64,
    /// Its length in bytes: 12, 16, 20 or 24.
    pub length: u64,
    /// CRC-32 of the data.
    pub crc32: u32,
    /// Compressed size in bytes.
    pub compressed: u64,
    /// Uncompressed size in bytes.
    pub size: u64,
}

impl Descriptor {
    /// The longest form.
    pub(crate) const LONGEST: usize = 24;

    /// The forms that `bytes` at `offset` can be read as, likeliest first.
    pub(crate) fn forms(offset: u64, bytes: &[u8]) -> impl Iterator<Item = Descriptor> {
        let signed = bytes.starts_with(&DESCRIPTOR);
        [(true, false), (true, true), (false, false), (false, true)].into_iter().filter(move |form| signed || !form.0).filter_map(
            move |(signed, wide)| {
                let at = if signed { 4 } else { 0 };
                let length = at + if wide { 20 } else { 12 };
                let bytes = bytes.get(..length)?;
                let (compressed, size) =
                    if wide { (u64_at(bytes, at + 4), u64_at(bytes, at + 12)) } else { (u32_at(bytes, at + 4).into(), u32_at(bytes, at + 8).into()) };
                Some(Descriptor { offset, length: length as u64, crc32: u32_at(bytes, at), compressed, size })
            },
        )
    }

    /// The descriptor at `offset`: the form for which `agrees`, else one with a signature, which then says otherwise.
    pub(crate) fn read<R: ReadAt>(window: &mut Window<R>, offset: u64, agrees: impl FnMut(&Descriptor) -> bool) -> Result<Option<Descriptor>, Stop> {
        let bytes = window.at(offset, Self::LONGEST)?;
        let bytes = &bytes[..bytes.len().min(Self::LONGEST)];
        let signed = bytes.starts_with(&DESCRIPTOR);
        // Two forms agree only where all values are zero.
        let found = Self::forms(offset, bytes).filter(agrees).max_by_key(|form| form.length);
        Ok(found.or_else(|| Self::forms(offset, bytes).next().filter(|_| signed)))
    }
}
