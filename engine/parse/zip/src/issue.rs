//! Disagreements and oddities: what some reader would take differently, or refuse.

/// One place where the archive is not what it should be, or where readers differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What it is.
    pub code: Code,
    /// Where in the input it shows.
    pub offset: u64,
    /// [`Entry::index`](crate::Entry::index) of the entry it concerns.
    pub entry: Option<u64>,
    /// What the other record, the specification or the reader expects.
    pub expected: Value,
    /// What is there.
    pub found: Value,
}

/// One side of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing, or nothing that helps.
    None,
    /// A number: a size, an offset, a count, a bit field, a checksum, an entry's index.
    Number(u64),
    /// Raw bytes, at most 256: a name or a signature.
    Bytes(Vec<u8>),
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Value::Number(n)
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Value::Number(n.into())
    }
}

impl From<u16> for Value {
    fn from(n: u16) -> Self {
        Value::Number(n.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Value::Bytes(bytes[..bytes.len().min(crate::limits::DETAIL)].to_vec())
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What an [`Issue`] is. The texts are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// No end record in the last 64 KiB: truncated, or not read by readers that start from the end.
    EndRecordMissing = "end-record-missing",
    /// A further end record, which is not inside an entry's data. Python's zipfile and miniz take the last one; readers
    /// that demand that its comment ends with the file may take another. Found: its offset.
    SeveralEndRecords = "several-end-records",
    /// The comment of an end record reaches past the end of the input. Java refuses such a record, Python does not.
    EndCommentTruncated = "end-comment-truncated",
    /// An end record names a directory, and there is none at the offset that it declares nor where its size puts it.
    DirectoryMissing = "directory-missing",
    /// Readers find different directories: the declared offset and the one computed back from the end record (Python's
    /// `concat`), or the 32-bit and the 64-bit end record, each lead to one.
    SeveralDirectories = "several-directories",
    /// A directory that no end record names.
    DirectoryOrphan = "directory-orphan",
    /// The entry count of the end record is not the number of headers. Miniz (PyTorch) and the zip crate walk by count, Python by size.
    DirectoryCountMismatch = "directory-count-mismatch",
    /// The size in the end record is not that of the headers.
    DirectorySizeMismatch = "directory-size-mismatch",
    /// The input ends inside a central header.
    DirectoryTruncated = "directory-truncated",
    /// A disk number, or a count per disk, that belongs to a split archive.
    MultiDisk = "multi-disk",
    /// A zip64 locator, but no zip64 end record where it points nor before it.
    Zip64RecordMissing = "zip64-record-missing",
    /// The zip64 locator does not point to the record before it. Python ignores the pointer, miniz follows it.
    Zip64LocatorMismatch = "zip64-locator-mismatch",
    /// End record and zip64 end record differ in a field that did not ask for zip64. Go and Java read the one, Python and miniz the other.
    Zip64EndMismatch = "zip64-end-mismatch",
    /// A field says "see the zip64 extra field", and it is not there or too short.
    Zip64ExtraMissing = "zip64-extra-missing",
    /// A zip64 extra field that is not asked for and says otherwise, or stands there twice.
    Zip64ExtraMismatch = "zip64-extra-mismatch",
    /// An extra field whose length runs past the extra area. Python refuses the whole archive.
    ExtraMalformed = "extra-malformed",
    /// No local header where the central one points. The entry is reported all the same, its data where readers that do not check would look.
    LocalHeaderMissing = "local-header-missing",
    /// The local header was found only without the shift that the end record implies, as Info-ZIP retries it.
    LocalHeaderShifted = "local-header-shifted",
    /// The input ends inside a local header.
    LocalHeaderTruncated = "local-header-truncated",
    /// Names differ (CVE-2025-1944): Python refuses to open the entry, miniz takes the central name.
    LocalNameMismatch = "local-name-mismatch",
    /// Flags that matter for reading differ (CVE-2025-1945).
    LocalFlagsMismatch = "local-flags-mismatch",
    /// Methods differ.
    LocalMethodMismatch = "local-method-mismatch",
    /// Checksums differ.
    LocalCrcMismatch = "local-crc-mismatch",
    /// Sizes differ.
    LocalSizeMismatch = "local-size-mismatch",
    /// Compressed sizes differ.
    LocalCompressedSizeMismatch = "local-compressed-size-mismatch",
    /// The data descriptor says otherwise than the central header.
    DescriptorMismatch = "descriptor-mismatch",
    /// Flag 3 promises a data descriptor and there is none.
    DescriptorMissing = "descriptor-missing",
    /// A local header that no directory names. Readers of streams (Java's ZipInputStream, libarchive) see it, others do not.
    HiddenEntry = "hidden-entry",
    /// Two entries of one name: Python resolves to the last, others to the first. Expected: the first entry's index.
    DuplicateName = "duplicate-name",
    /// Two names that become one on some file systems or in some readers: case, `\`, `./`, a NUL. Expected: the first entry's index.
    NameCollision = "name-collision",
    /// The Unicode path extra field (0x7075) holds another name. Info-ZIP and libarchive prefer it.
    UnicodePathMismatch = "unicode-path-mismatch",
    /// An entry's bytes are also another record's: a bomb of quoted entries, or one local header under two names. Expected: the other entry's index.
    OverlappingEntries = "overlapping-entries",
    /// An entry's data reaches past the end of the input.
    DataTruncated = "data-truncated",
    /// Bytes before the first record that no record names.
    PrefixData = "prefix-data",
    /// Bytes after the last record.
    SuffixData = "suffix-data",
    /// Bytes between records that no record names.
    GapData = "gap-data",
    /// Flag 0, "encrypted". It may be a lie that makes readers give up (CVE-2025-1945): see [`Outcome`](crate::Outcome).
    EncryptedFlag = "encrypted-flag",
    /// Flag 6, strong encryption. Python refuses it.
    StrongEncryptionFlag = "strong-encryption-flag",
    /// Flag 5, compressed patched data. Python refuses it.
    PatchedDataFlag = "patched-data-flag",
    /// Flag 13, local header values masked.
    MaskedHeaderFlag = "masked-header-flag",
    /// A method that the specification does not list, or 99 (AES).
    MethodUnknown = "method-unknown",
    /// A version needed beyond 6.3. Python refuses the whole archive.
    VersionUnsupported = "version-unsupported",
    /// A component `..`.
    NameTraversal = "name-traversal",
    /// Starts with `/` or `\`.
    NameAbsolute = "name-absolute",
    /// Starts with a drive letter.
    NameDrive = "name-drive",
    /// Holds a backslash, which 4.4.17.1 forbids and Windows splits at.
    NameBackslash = "name-backslash",
    /// Holds a NUL, where Python (and C) cut the name.
    NameNul = "name-nul",
    /// Holds another control character.
    NameControl = "name-control",
    /// Is not UTF-8; expected: 1 if flag 11 says that it is.
    NameNotUtf8 = "name-not-utf8",
    /// Is empty.
    NameEmpty = "name-empty",
    /// A symbolic link by its Unix mode. Found: the mode.
    Symlink = "symlink",
    /// A device, pipe or socket by its Unix mode. Found: the mode.
    SpecialFile = "special-file",
    /// A name that ends in `/`, with data.
    DirectoryWithData = "directory-with-data",
    /// A declared ratio of size to compressed size beyond the limit. Found: the declared size.
    RatioDeclared = "ratio-declared",
    /// More entries than the limit: the rest was not seen.
    LimitEntries = "limit-entries",
    /// More end records, or directories without one, than the limit: the rest was not followed.
    LimitEndRecords = "limit-end-records",
    /// More unnamed bytes than the limit: the rest was not searched for records.
    LimitGapSearch = "limit-gap-search",
    /// The decoded bytes do not have the declared CRC-32 (CVE-2025-10156). PyTorch can be told not to compute it.
    DataCrcMismatch = "data-crc-mismatch",
    /// The decoded bytes are not as many as declared. Python stops at the declared size, others go on.
    DataSizeMismatch = "data-size-mismatch",
    /// The compressed data go on after the end of the stream.
    DataAfterStream = "data-after-stream",
    /// Flagged as encrypted and is not (CVE-2025-1945).
    EncryptedFlagFalse = "encrypted-flag-false",
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
