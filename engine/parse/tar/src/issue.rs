//! Disagreements and oddities: what some reader would take differently, or refuse.

/// One place where the archive is not what it should be, or where readers differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What it is.
    pub code: Code,
    /// Where in the input it shows.
    pub offset: u64,
    /// How far it extends.
    pub length: u64,
    /// [`Entry::index`](crate::Entry::index) of the entry it concerns.
    pub entry: Option<u64>,
    /// What another place or reader says.
    pub expected: Value,
    /// What is there.
    pub found: Value,
}

/// One side of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing, or nothing that helps.
    None,
    /// A number.
    Number(i128),
    /// Raw bytes, at most 256: a name, a number's field.
    Bytes(Vec<u8>),
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
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
    /// Blocks that are no header where one is due. Python ends there without a word, GNU tar goes on to the next header.
    HeaderInvalid = "header-invalid",
    /// The input ends inside a header.
    HeaderTruncated = "header-truncated",
    /// An entry's data reach past the end of the input. Found: how many bytes are there.
    DataTruncated = "data-truncated",
    /// No zero block ends the archive. All readers take it.
    EndMissing = "end-missing",
    /// The input ends inside an extension header's data.
    ExtensionTruncated = "extension-truncated",
    /// An extension header (pax, long name) without an entry after it. Python raises an error.
    ExtensionDangling = "extension-dangling",
    /// A second long name, or pax path, for one entry: Python takes the first, GNU tar the last.
    ExtensionTwice = "extension-twice",
    /// A pax record whose length does not fit, or that has no `=`.
    PaxMalformed = "pax-malformed",
    /// A number that Python refuses the header for. Found: which.
    NumberInvalid = "number-invalid",
    /// A number that readers read differently. Found: which.
    NumberDiffers = "number-differs",
    /// A negative size.
    SizeNegative = "size-negative",
    /// Size of the header and of the pax record differ, though either could hold it: readers that believe the header (CVE-2025-62518) take
    /// data for headers.
    SizeMismatch = "size-mismatch",
    /// The name of the header is not one that the long name or pax path shortens to.
    NameMismatch = "name-mismatch",
    /// Python and GNU tar make different names of it: a prefix in a header that has none, or several long names. Expected: Python's.
    NameDiffers = "name-differs",
    /// Likewise of a link's target.
    TargetDiffers = "target-differs",
    /// An entry after the end blocks: seen by `tarfile` with `ignore_zeros`, by GNU tar with `-i`, by libarchive with `read_concatenated_archives`.
    EntryAfterEnd = "entry-after-end",
    /// An entry after blocks that are no header: Python ends before it, GNU tar extracts it.
    EntryAfterDamage = "entry-after-damage",
    /// An entry that a reader finds who reads another entry's size or type differently.
    EntryElsewhere = "entry-elsewhere",
    /// Bytes after the end blocks that are no header.
    TrailingData = "trailing-data",
    /// Bytes before the first header.
    PrefixData = "prefix-data",
    /// Two entries of one name: on extraction the last one stands. Expected: the first entry's index.
    DuplicateName = "duplicate-name",
    /// Two names that become one on some file systems: case, `\`, `./`. Expected: the first entry's index.
    NameCollision = "name-collision",
    /// A component `..`.
    NameTraversal = "name-traversal",
    /// Starts with `/` or `\`.
    NameAbsolute = "name-absolute",
    /// Starts with a drive letter.
    NameDrive = "name-drive",
    /// Holds a backslash, which Windows splits at.
    NameBackslash = "name-backslash",
    /// Holds a NUL.
    NameNul = "name-nul",
    /// Holds another control character.
    NameControl = "name-control",
    /// Is not UTF-8.
    NameNotUtf8 = "name-not-utf8",
    /// Is empty.
    NameEmpty = "name-empty",
    /// Leads out of the root through a link that the archive makes.
    NameThroughLink = "name-through-link",
    /// A link to an absolute path.
    LinkAbsolute = "link-absolute",
    /// A link whose target leads out of the root by itself.
    LinkOutside = "link-outside",
    /// A link whose target leads out of the root through other links of the archive (CVE-2025-4517, CVE-2026-27905).
    LinkThroughLink = "link-through-link",
    /// A device or a pipe. Found: the type flag.
    SpecialFile = "special-file",
    /// A sparse map that makes no sense.
    SparseInvalid = "sparse-invalid",
    /// A part of a file that continues in another volume.
    MultiVolume = "multi-volume",
    /// More entries than the limit.
    LimitEntries = "limit-entries",
    /// An extension header larger than the limit.
    LimitExtension = "limit-extension",
    /// More places for headers than the limit.
    LimitAlternates = "limit-alternates",
    /// More links than the limit: names were not followed through the later ones.
    LimitLinks = "limit-links",
    /// More segments in a sparse map than the limit.
    LimitSegments = "limit-segments",
    /// More bytes without a header than the limit: the rest was not searched.
    LimitSearch = "limit-search",
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
