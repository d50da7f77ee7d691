//! Every limit of the walk, each with its reason.

/// How far back from the end of the input an end record is looked for: the longest comment (a 16-bit length)
/// and the record itself. Python's zipfile, Java, Go and miniz search exactly this far.
pub const TAIL: usize = 0xFFFF + 22;

/// Block for reading directories: one central header with name, extra and comment of 64 KiB each must fit in it.
pub(crate) const DIRECTORY_BLOCK: usize = 256 << 10;

/// Block for reading local headers. It is read once per entry, so it is small: header, name and PyTorch's
/// padding to 64 bytes nearly always fit, and so does the descriptor of the entry before.
pub(crate) const LOCAL_BLOCK: usize = 1 << 10;

/// Bytes of a name that go into an issue's detail.
pub(crate) const DETAIL: usize = 256;

/// Zero bytes between records up to this many are padding (alignment to a page or an erase block). No reader
/// finds a record in zeros; a longer run is reported, since someone wanted it there.
pub(crate) const ZERO_PADDING: u64 = 64 << 10;

/// What a walk may spend. [`Limits::default`] is meant for scanning hostile files.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// Entries that are reported, in all directories and gaps together. About 70 bytes are kept for each, so a
    /// million costs 70 MB. What lies beyond is not seen: [`Code::LimitEntries`](crate::Code::LimitEntries).
    pub max_entries: u64,
    /// End records that are followed, and directories without one. A tail can hold 2,979 of them, and each may name two directories;
    /// real archives have one, concatenated ones a few.
    pub max_end_records: usize,
    /// Bytes that no record names and that are searched, in all: once for end records, once for headers. Searching runs at memory speed:
    /// 64 MiB are some 20 ms. An archive behind a longer prefix (a self-extracting one) is still walked through its directory.
    pub max_gap_search: u64,
    /// Issues of one code that reach the visitor. All are counted in the summary.
    pub max_issues_per_code: u64,
    /// Declared size over compressed size from which [`Code::RatioDeclared`](crate::Code::RatioDeclared) is
    /// reported of a large member. Deflate cannot exceed 1,032; what comes near it is nothing but repetition: zeros of a checkpoint, which harm by their size alone.
    pub max_ratio: u64,
    /// Declared sizes below this are no harm at a ratio that deflate reaches.
    pub min_bomb_size: u64,
    /// The same for what deflate cannot reach, whatever the size from `min_ratio_size` on: a lie, or a method that was chosen for it.
    pub impossible_ratio: u64,
    /// Declared sizes below this are never a ratio issue: no harm in a megabyte.
    pub min_ratio_size: u64,
    /// Largest dictionary or window that a decoder may allocate: xz -9 asks for 64 MiB.
    pub max_dictionary: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_entries: 1 << 20,
            max_end_records: 32,
            max_gap_search: 64 << 20,
            max_issues_per_code: 256,
            max_ratio: 1000,
            min_bomb_size: 256 << 20,
            impossible_ratio: 1033,
            min_ratio_size: 1 << 20,
            max_dictionary: 64 << 20,
        }
    }
}
