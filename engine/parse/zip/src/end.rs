//! End of central directory: the record, and the zip64 record and locator before it.

use weighbridge_parse_read::{ReadAt, Stop, read_up_to};

use crate::bytes::{END, END64, LOCATOR64, u16_at, u32_at, u64_at};

/// Length of the record without its comment.
pub(crate) const FIXED: usize = 22;
/// Length of the zip64 locator.
pub(crate) const LOCATOR: usize = 20;
/// Length of the zip64 record without its extensible data.
pub(crate) const FIXED64: usize = 56;

/// An end of central directory record (4.3.16), as it stands there.
///
/// ```text
/// end of central dir signature    4 bytes  (0x06054b50)
/// number of this disk             2 bytes
/// number of the disk with the start of the central directory  2 bytes
/// total number of entries in the central directory on this disk  2 bytes
/// total number of entries in the central directory           2 bytes
/// size of the central directory   4 bytes
/// offset of start of central directory with respect to the starting disk number  4 bytes
/// .ZIP file comment length        2 bytes
/// .ZIP file comment       (variable size)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndRecord {
    /// Where the record begins.
    pub offset: u64,
    /// Number of this disk.
    pub disk: u16,
    /// Number of the disk on which the directory starts.
    pub directory_disk: u16,
    /// Entries on this disk.
    pub disk_entries: u16,
    /// Entries in all.
    pub entries: u16,
    /// Size of the directory in bytes.
    pub directory_size: u32,
    /// Offset of the directory from the archive's origin.
    pub directory_offset: u32,
    /// Declared length of the comment.
    pub comment_length: u16,
    /// Offset of a zip64 locator right before the record, and what it points to as declared: (offset, record's offset, total disks).
    pub locator: Option<(u64, u64, u32)>,
    /// The zip64 records that some reader would find: where the locator points, and right before the locator.
    pub zip64: Vec<Zip64End>,
}

/// A zip64 end of central directory record (4.3.14).
///
/// ```text
/// zip64 end of central dir signature  4 bytes  (0x06064b50)
/// size of zip64 end of central directory record  8 bytes
/// version made by                 2 bytes
/// version needed to extract       2 bytes
/// number of this disk             4 bytes
/// number of the disk with the start of the central directory  4 bytes
/// total number of entries in the central directory on this disk  8 bytes
/// total number of entries in the central directory           8 bytes
/// size of the central directory   8 bytes
/// offset of start of central directory with respect to the starting disk number  8 bytes
/// zip64 extensible data sector    (variable size)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zip64End {
    /// Where the record begins.
    pub offset: u64,
    /// Declared size, without the first 12 bytes.
    pub size: u64,
    /// Number of this disk.
    pub disk: u32,
    /// Number of the disk on which the directory starts.
    pub directory_disk: u32,
    /// Entries on this disk.
    pub disk_entries: u64,
    /// Entries in all.
    pub entries: u64,
    /// Size of the directory in bytes.
    pub directory_size: u64,
    /// Offset of the directory from the archive's origin.
    pub directory_offset: u64,
}

/// What one kind of reader believes of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    /// How many entries.
    pub entries: u64,
    /// Size in bytes.
    pub size: u64,
    /// Offset from the origin.
    pub offset: u64,
    /// Where the directory must end, if nothing is between it and the end record: how Python finds its start.
    pub end: u64,
}

impl EndRecord {
    /// Parses the fixed part, without zip64.
    pub(crate) fn parse(offset: u64, bytes: &[u8]) -> Option<EndRecord> {
        let bytes = bytes.get(..FIXED).filter(|bytes| bytes.starts_with(&END))?;
        Some(EndRecord {
            offset,
            disk: u16_at(bytes, 4),
            directory_disk: u16_at(bytes, 6),
            disk_entries: u16_at(bytes, 8),
            entries: u16_at(bytes, 10),
            directory_size: u32_at(bytes, 12),
            directory_offset: u32_at(bytes, 16),
            comment_length: u16_at(bytes, 20),
            locator: None,
            zip64: Vec::new(),
        })
    }

    /// Reads the record at `offset`, and the zip64 records that belong to it.
    ///
    /// ```text
    /// zip64 end of central dir locator signature  4 bytes  (0x07064b50)
    /// number of the disk with the start of the zip64 end of central directory  4 bytes
    /// relative offset of the zip64 end of central directory record  8 bytes
    /// total number of disks           4 bytes
    /// ```
    pub(crate) fn read<R: ReadAt>(input: &R, offset: u64) -> Result<Option<EndRecord>, Stop> {
        // One read for the three records: they stand one after the other.
        let start = offset.saturating_sub((LOCATOR + FIXED64) as u64);
        let before = (offset - start) as usize;
        let bytes = read_up_to(input, start, LOCATOR + FIXED64 + FIXED)?;
        let Some(mut record) = bytes.get(before..).and_then(|bytes| Self::parse(offset, bytes)) else {
            return Ok(None);
        };
        let locator = before.checked_sub(LOCATOR).map(|at| &bytes[at..before]);
        let Some(locator) = locator.filter(|bytes| bytes.starts_with(&LOCATOR64)) else {
            return Ok(Some(record));
        };
        let locator_at = offset - LOCATOR as u64;
        let declared = u64_at(locator, 8);
        record.locator = Some((locator_at, declared, u32_at(locator, 16)));
        let fixed = read_up_to(input, declared, FIXED64)?;
        record.zip64.extend(Zip64End::parse(declared, &fixed));
        if let Some(adjacent) = locator_at.checked_sub(FIXED64 as u64)
            && adjacent != declared
        {
            record.zip64.extend(Zip64End::parse(adjacent, &bytes));
        }
        Ok(Some(record))
    }

    /// What readers may believe, without repetition: the zip64 records first.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        let mut claims: Vec<Claim> = self
            .zip64
            .iter()
            .map(|wide| Claim { entries: wide.entries, size: wide.directory_size, offset: wide.directory_offset, end: wide.offset })
            .collect();
        // Only a reader without zip64 takes the masks at their word.
        if claims.is_empty() || !self.asks_for_zip64() {
            claims.push(Claim {
                entries: self.entries.into(),
                size: self.directory_size.into(),
                offset: self.directory_offset.into(),
                end: self.offset,
            });
        }
        claims
    }

    /// Whether one of the fields that locate the directory holds the mask that stands for "see zip64".
    pub(crate) fn asks_for_zip64(&self) -> bool {
        self.entries == u16::MAX || self.directory_size == u32::MAX || self.directory_offset == u32::MAX
    }
}

impl Zip64End {
    fn parse(offset: u64, bytes: &[u8]) -> Option<Zip64End> {
        let bytes = bytes.get(..FIXED64).filter(|bytes| bytes.starts_with(&END64))?;
        Some(Zip64End {
            offset,
            size: u64_at(bytes, 4),
            disk: u32_at(bytes, 16),
            directory_disk: u32_at(bytes, 20),
            disk_entries: u64_at(bytes, 24),
            entries: u64_at(bytes, 32),
            directory_size: u64_at(bytes, 40),
            directory_offset: u64_at(bytes, 48),
        })
    }
}
