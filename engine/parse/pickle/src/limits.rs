//! Every bound of the machine, with its reason. None of them is taken from a file.

/// The bounds of one run.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Block of the input in memory. See [`BLOCK`].
    pub block: usize,
    /// See [`MEMO_ENTRIES`].
    pub memo_entries: u64,
    /// See [`MEMO_FAR`].
    pub memo_far: usize,
    /// See [`STACK`].
    pub stack: usize,
    /// See [`CONTAINERS`]. Rounded up to a power of two.
    pub containers: usize,
    /// See [`SLOTS`]. Rounded up to a power of two.
    pub slots: usize,
    /// See [`CONTAINER_ITEMS`].
    pub container_items: usize,
    /// See [`NAMES`].
    pub names: usize,
    /// See [`EXPRS`].
    pub exprs: usize,
    /// See [`EVENTS`].
    pub events: usize,
    /// See [`VARIANTS`].
    pub variants: u32,
    /// See [`COMPUTED_BYTES`].
    pub computed_bytes: usize,
    /// See [`COMPUTED_LEN`].
    pub computed_len: usize,
    /// See [`WRITES`].
    pub writes: usize,
    /// See [`NAME_LEN`].
    pub name_len: usize,
    /// See [`CONSTANT_MIN`].
    pub constant_min: u64,
    /// See [`ANOMALIES`].
    pub anomalies: u32,
    /// See [`ALTERNATIVES`].
    pub alternatives: u32,
    /// See [`ALTERNATIVE_OPCODES`].
    pub alternative_opcodes: u64,
    /// See [`NESTED`].
    pub nested: usize,
    /// See [`PICKLES`].
    pub pickles: u64,
}

/// 256 KiB: large enough that refilling costs nothing beside interpreting, small enough that hundreds of workers fit.
pub const BLOCK: usize = 256 << 10;
/// 8 Mi entries of 8 bytes are 64 MiB at most, paid only as far as they are used. The densest honest pickles memoise one entry for
/// every ten bytes, so this covers 80 MB of nothing but opcodes; past it only names, calls and containers are kept.
pub const MEMO_ENTRIES: u64 = 8 << 20;
/// Entries with an index beyond the dense table, at some 40 bytes each. No pickler writes such an index.
pub const MEMO_FAR: usize = 1 << 17;
/// 2 Mi values, 16 MiB. Picklers write in batches of 1,000; what is this deep was made to be deep. The oldest half is forgotten when it is full.
pub const STACK: usize = 2 << 20;
/// 2^17 containers of 24 bytes are 3 MiB. A container that a name or an argument is built from was made shortly before it.
pub const CONTAINERS: usize = 1 << 17;
/// 2^19 items of 8 bytes are 4 MiB.
pub const SLOTS: usize = 1 << 19;
/// Items kept of one container; the rest is counted only. A list of more items is data, and what looks past the end of it is reported as unknown.
pub const CONTAINER_ITEMS: usize = 4096;
/// Distinct names. The largest honest pickles have some thousand; the host's own table of facts ends here too.
pub const NAMES: usize = 1 << 16;
/// Distinct unevaluated expressions, at some 100 bytes each.
pub const EXPRS: usize = 1 << 16;
/// Distinct events whose repeats are recognised. Past this every event is given in full.
pub const EVENTS: usize = 1 << 17;
/// Distinct argument lists of one callable. A million dates have a million argument lists and nothing to say after the first thousand.
pub const VARIANTS: u32 = 1024;
/// All computed texts together. They serve to spell names; 4 MiB of names is none that a person chose.
pub const COMPUTED_BYTES: usize = 4 << 20;
/// One computed text: longer ones are payload, which the constant itself already shows.
pub const COMPUTED_LEN: usize = 16 << 10;
/// Work units of folding and of telling calls apart that any input may have: a unit is about 20 ns.
pub const WORK_FREE: u64 = 1 << 22;
/// Work units for every byte of input before it. A call of ten arguments takes some 20 units and is written in some 50 bytes; without this
/// bound three bytes (two memo reads, one call) could ask for a thousand comparisons again and again.
pub const WORK_PER_BYTE: u64 = 16;
/// Calls within one call that are folded: `reduce` of `methodcaller` of `partial`. Bounds the machine's own stack.
pub const FOLD_DEPTH: u32 = 16;
/// Attributes and items written on names (modules, classes, functions) by the stream itself.
pub const WRITES: usize = 1 << 14;
/// Longest module or attribute name that is read. CPython has no limit; the longest real ones are below 200.
pub const NAME_LEN: usize = 1024;
/// Shortest bytes or text constant that is announced: nothing that could be nested code is shorter.
pub const CONSTANT_MIN: u64 = 16;
/// Reports of one anomaly code; further ones are counted in the summary.
pub const ANOMALIES: u32 = 256;
/// Alternative readings (a read that straddles a frame) that are followed. No pickler writes one.
pub const ALTERNATIVES: u32 = 16;
/// Opcodes of one alternative reading.
pub const ALTERNATIVE_OPCODES: u64 = 1 << 20;
/// Values of a structure, shared ones counted each time, from which it is an expansion: what is smaller is walked in a second.
pub const EXPANSION: f32 = 1e7;
/// … and how many of them for each opcode. A million records that share a table of a thousand rows come to a thousand.
pub const EXPANSION_RATIO: f32 = 1e5;
/// Depth of pickles within a pickle (joblib writes object arrays that way).
pub const NESTED: usize = 8;
/// Pickles in one input. Stacked pickles are records; a log of records may have millions, but each costs its bytes only.
pub const PICKLES: u64 = 1 << 24;

impl Default for Limits {
    fn default() -> Self {
        Limits {
            block: BLOCK,
            memo_entries: MEMO_ENTRIES,
            memo_far: MEMO_FAR,
            stack: STACK,
            containers: CONTAINERS,
            slots: SLOTS,
            container_items: CONTAINER_ITEMS,
            names: NAMES,
            exprs: EXPRS,
            events: EVENTS,
            variants: VARIANTS,
            computed_bytes: COMPUTED_BYTES,
            computed_len: COMPUTED_LEN,
            writes: WRITES,
            name_len: NAME_LEN,
            constant_min: CONSTANT_MIN,
            anomalies: ANOMALIES,
            alternatives: ALTERNATIVES,
            alternative_opcodes: ALTERNATIVE_OPCODES,
            nested: NESTED,
            pickles: PICKLES,
        }
    }
}
