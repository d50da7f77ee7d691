//! How an input is accounted for: a set of intervals, and what it leaves out.

/// Intervals in any order; neighbours are joined as they come, so that a million of them in order cost one.
#[derive(Default)]
pub(super) struct Intervals {
    spans: Vec<(u64, u64)>,
}

/// Spans kept before they are sorted and joined: what bounds the memory of many that come in no order.
const COMPACT_AT: usize = 65_536;

impl Intervals {
    /// Those given as (offset, length).
    pub fn of(spans: Vec<(u64, u64)>) -> Self {
        let mut of = Intervals::default();
        spans.into_iter().for_each(|(offset, length)| of.add(offset, length));
        of
    }

    /// Forgets what lies behind a place.
    pub fn cut(&mut self, end: u64) {
        self.spans.retain(|span| span.0 < end);
        self.spans.iter_mut().for_each(|span| span.1 = span.1.min(end));
    }

    /// Whether a byte is covered.
    pub fn has(&self, at: u64) -> bool {
        self.spans.iter().any(|(start, end)| (*start..*end).contains(&at))
    }

    /// Takes what others cover.
    pub fn join(&mut self, others: &Intervals) {
        others.spans.iter().for_each(|(start, end)| self.add(*start, end - start));
    }

    /// Takes `length` bytes from `offset`.
    pub fn add(&mut self, offset: u64, length: u64) {
        if length == 0 {
            return;
        }
        let end = offset.saturating_add(length);
        match self.spans.last_mut() {
            Some(last) if offset <= last.1 && offset >= last.0 => last.1 = last.1.max(end),
            _ => self.spans.push((offset, end)),
        }
        if self.spans.len() >= COMPACT_AT {
            self.compact();
        }
    }

    fn compact(&mut self) {
        self.spans.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for &(start, end) in &self.spans {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        self.spans = joined;
    }

    /// Where the last of them ends.
    pub fn end(&self) -> u64 {
        self.spans.iter().map(|span| span.1).max().unwrap_or(0)
    }

    /// What of `size` bytes is not covered: (offset, length), in order.
    pub fn gaps(&mut self, size: u64) -> Vec<(u64, u64)> {
        self.compact();
        let mut gaps = Vec::new();
        let mut at = 0;
        for &(start, end) in &self.spans {
            if start > at {
                gaps.push((at, start.min(size) - at));
            }
            at = at.max(end);
            if at >= size {
                break;
            }
        }
        if at < size {
            gaps.push((at, size - at));
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_no_interval_covers() {
        let mut set = Intervals::default();
        set.add(10, 10);
        set.add(20, 5);
        set.add(0, 4);
        set.add(22, 10);
        assert_eq!(set.gaps(40), [(4, 6), (32, 8)]);
        assert_eq!(set.gaps(32), [(4, 6)]);
        assert_eq!(Intervals::default().gaps(3), [(0, 3)]);
        assert_eq!(Intervals::default().gaps(0), []);
    }
}
