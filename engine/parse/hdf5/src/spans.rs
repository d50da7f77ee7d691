//! The account of a file: which of its bytes were met, and as what.

use crate::limits;

/// What bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Headers, trees, heaps.
    Structure,
    /// Elements of datasets.
    Payload,
}

/// Intervals of a file.
#[derive(Debug, Default)]
pub struct Account {
    spans: Vec<(u64, u64, Class)>,
    full: bool,
}

impl Account {
    pub(crate) fn add(&mut self, class: Class, at: u64, len: u64) {
        if len == 0 || self.full {
            return;
        }
        let end = at.saturating_add(len);
        match self.spans.last_mut() {
            Some(last) if last.2 == class && at <= last.1 && at >= last.0 => last.1 = last.1.max(end),
            _ => self.spans.push((at, end, class)),
        }
        if self.spans.len() >= limits::SPANS {
            self.join();
            self.full = self.spans.len() >= limits::SPANS / 2;
        }
    }

    fn join(&mut self) {
        self.spans.sort_unstable();
        let mut joined: Vec<(u64, u64, Class)> = Vec::with_capacity(self.spans.len());
        for span in self.spans.drain(..) {
            match joined.last_mut() {
                Some(last) if last.2 == span.2 && span.0 <= last.1 => last.1 = last.1.max(span.1),
                _ => joined.push(span),
            }
        }
        self.spans = joined;
    }

    /// Whether there were more than are kept.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Class, offset and length of each, within `size` bytes and in their order.
    pub fn finish(mut self, size: u64) -> impl Iterator<Item = (Class, u64, u64)> {
        self.join();
        self.spans.into_iter().filter(move |span| span.0 < size).map(move |(at, end, class)| (class, at, end.min(size) - at))
    }
}
