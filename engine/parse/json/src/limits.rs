//! Every bound of this crate, with its reason.

/// Bytes of the input held at once.
pub(crate) const WINDOW: usize = 64 << 10;
/// Bytes of input between two polls.
pub(crate) const POLL: u64 = 32 << 10;
/// Bytes of input that go into an issue.
pub(crate) const SHOWN: usize = 64;
/// Bytes of a number that are kept: an exact f64 has at most 767 digits, but no one writes more than 25.
pub(crate) const NUMBER: usize = 128;
/// Levels whose brackets are remembered, at a bit each. Deeper ones may be closed by either.
pub(crate) const LEVELS: u64 = 8 << 20;
/// Bytes of a probe: a key and the beginning of its value.
pub(crate) const PROBE: usize = 4 << 10;
/// Bytes that tell most inputs that are no JSON.
pub(crate) const FIRST: usize = 64;
/// White space that is passed over before a text.
pub(crate) const BLANK: u64 = 1 << 20;
/// Bytes in which keys are looked for: a model's own keys come before its arrays, or behind them; what pads them away is more than any library writes.
pub(crate) const KEYS: u64 = 256 << 10;
/// Bytes of a key that is looked for.
pub(crate) const KEY: usize = 64;

/// What a reader may spend. [`Limits::default`] is meant for hostile files.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one key or string that are kept as its [text](crate::Reader::text); its full length is counted always.
    pub text: usize,
    /// Levels of nesting beyond which there is an issue. Python's reader gives up at its recursion limit, 1,000.
    pub depth: u64,
    /// Keys of objects that are open at one time, which are compared with each other: 16 bytes are kept of each. Vocabularies have up to some 260,000.
    pub keys: usize,
    /// Faults behind which reading goes on: an input with more is no JSON.
    pub faults: u64,
    /// Issues of one code that are kept. All are counted.
    pub issues_per_code: usize,
    /// The input is one value after the other (JSON Lines); else what follows the first is an issue, and is not read.
    pub lines: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { text: 64 << 10, depth: 1_000, keys: 1 << 19, faults: 256, issues_per_code: 8, lines: false }
    }
}
