//! Every limit of the walk, each with its reason.

/// Bytes of the input held at once. One header is read per entry; a long name or a pax header before it mostly fits too.
pub(crate) const WINDOW: usize = 4 << 10;

/// Bytes read at once where blocks are searched for headers.
pub(crate) const SEARCH_WINDOW: usize = 64 << 10;

/// Bytes of a name that go into an issue.
pub(crate) const DETAIL: usize = 256;

/// Links that one name is followed through, as the `ELOOP` limit of Linux is 40.
pub(crate) const HOPS: u32 = 40;

/// Components of one name that are resolved, with all links in it: `PATH_MAX` of Linux allows 2,048.
pub(crate) const PARTS: usize = 4_096;

/// What a walk may spend. [`Limits::default`] is meant for scanning hostile files.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Entries that are reported. About 40 bytes are kept for each. ImageNet in one archive has 1.3 million.
    pub max_entries: u64,
    /// Bytes of one extension header (pax records, a long name) that are read. Go and libarchive refuse more than 1 MiB.
    pub max_extension: usize,
    /// Headers that another reader may find elsewhere and that are tried. An honest archive has some for each pax entry.
    pub max_alternates: usize,
    /// Symbolic links that names are resolved through.
    pub max_links: usize,
    /// Bytes of names and targets kept for these links.
    pub max_link_bytes: usize,
    /// Segments of one sparse map: 16 bytes are kept for each.
    pub max_segments: usize,
    /// Bytes in broken places and after the end that are searched for headers, in all: some 50 ms.
    pub max_search: u64,
    /// The walk ends with the archive's first end block, or where no header is: what follows is none of it.
    pub stop_at_end: bool,
    /// Issues of one code that reach the visitor. All are counted.
    pub max_issues_per_code: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_entries: 2 << 20,
            max_extension: 1 << 20,
            max_alternates: 1 << 20,
            max_links: 64 << 10,
            max_link_bytes: 16 << 20,
            max_segments: 64 << 10,
            max_search: 256 << 20,
            stop_at_end: false,
            max_issues_per_code: 256,
        }
    }
}
