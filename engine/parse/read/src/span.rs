//! Where bytes lie.

/// Bytes of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first.
    pub start: u64,
    /// Behind the last.
    pub end: u64,
}

impl Span {
    /// From `start` to `end`; empty where that is before it.
    pub fn new(start: u64, end: u64) -> Self {
        Span { start, end: end.max(start) }
    }

    /// How many.
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    /// None.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}
