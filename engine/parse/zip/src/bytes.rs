//! Little-endian fields (4.4: "all values are stored in little-endian byte order") and record signatures.

/// The 16-bit value at `at`; zero past the end, so ask only for what a record's fixed part holds.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    array_at(bytes, at).map_or(0, u16::from_le_bytes)
}

/// The 32-bit value at `at`; zero past the end.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    array_at(bytes, at).map_or(0, u32::from_le_bytes)
}

/// The 64-bit value at `at`; zero past the end.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    array_at(bytes, at).map_or(0, u64::from_le_bytes)
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.get(..N)?.try_into().ok()
}

/// 4.3.7 local file header.
pub(crate) const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// 4.3.12 central directory header.
pub(crate) const CENTRAL: [u8; 4] = *b"PK\x01\x02";
/// 4.3.13 digital signature, after the last central directory header.
pub(crate) const SIGNATURE: [u8; 4] = *b"PK\x05\x05";
/// 4.3.16 end of central directory record.
pub(crate) const END: [u8; 4] = *b"PK\x05\x06";
/// 4.3.14 zip64 end of central directory record.
pub(crate) const END64: [u8; 4] = *b"PK\x06\x06";
/// 4.3.15 zip64 end of central directory locator.
pub(crate) const LOCATOR64: [u8; 4] = *b"PK\x06\x07";
/// 4.3.9.3 the customary signature of a data descriptor; 8.5.3 also the marker at the start of a split archive.
pub(crate) const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
/// 8.5.4 the marker of an archive that was to be split and fitted into one segment.
pub(crate) const SPLIT_ONE: [u8; 4] = *b"PK00";

/// Offsets of `PK` followed by two bytes that make one of `wanted`, first hit in `bytes`.
pub(crate) fn find_signature(bytes: &[u8], wanted: &[[u8; 4]]) -> Option<usize> {
    memchr::memmem::find_iter(bytes, b"PK").find(|&at| bytes.get(at..at + 4).is_some_and(|four| wanted.iter().any(|sig| sig == four)))
}
