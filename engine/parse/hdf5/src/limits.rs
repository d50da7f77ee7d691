//! Every bound of this crate, with its reason.

/// Bytes of one cached block. Headers and nodes of groups have some hundred bytes each, and lie near each other.
pub const BLOCK: usize = 2 << 10;
/// Blocks that are held: a B-tree, a heap and the headers they lead to take turns.
pub const BLOCKS: usize = 128;
/// Objects (groups, datasets, named types) that are visited. The largest files of models have some 20,000; what is beyond was not read.
pub const OBJECTS: usize = 1 << 18;
/// Bytes of the names of objects that wait to be visited. Past that their paths are given in part.
pub const PATHS: usize = 4 << 20;
/// Messages of one object header. A group in the old format keeps each attribute in one.
pub const MESSAGES: usize = 1 << 16;
/// Chunks of one object header: writers add one for each few messages that come later.
pub const CONTINUATIONS: usize = 1 << 12;
/// Nodes of the B-trees of one file that are read to find links and attributes, some 16 entries each, and whatever else is gone through, eight to a node.
pub const NODES: u64 = 1 << 21;
/// Bytes of one link that are read: its name and two paths.
pub const LINK: usize = 4 << 10;
/// Nodes of the B-trees that index chunks. Chunks are payload: past that it is no longer known where it lies, and nothing else is lost.
pub const CHUNK_NODES: u64 = 1 << 12;
/// Levels of a B-tree. One of 2^64 entries has fewer than 32.
pub const LEVELS: usize = 64;
/// Bytes of one B-tree node. Writers take 512 to 8,192.
pub const NODE: usize = 1 << 16;
/// Bytes of a name or a path; longer ones are cut.
pub const NAME: usize = 1 << 10;
/// Levels of groups below which paths are given in part.
pub const DEPTH: usize = 64;
/// Elements of one attribute or dataset whose strings are looked up.
pub const ELEMENTS: u64 = 1 << 10;
/// Dimensions: the library's own bound.
pub const RANK: u8 = 32;
/// Levels of a datatype (an array of arrays of …).
pub const TYPES: usize = 16;
/// External files or virtual sources of one dataset that are listed. Detectors write some hundred; one is enough to know.
pub const SOURCES: usize = 1 << 10;
/// Bytes of a list of virtual sources that are read.
pub const VIRTUAL: usize = 1 << 20;
/// Objects of one collection of the global heap that are looked through for one.
pub const HEAP_OBJECTS: usize = 1 << 16;
/// Intervals of the account of a file before neighbours are joined, and after which none is added.
pub const SPANS: usize = 1 << 16;
/// Problems that are told; the rest is alike.
pub const ISSUES: u64 = 1_000;
