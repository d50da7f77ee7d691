//! What a scan has accounted for: regions may not overlap, and structures of a broken input may.

use std::collections::BTreeMap;

/// Parts that are told apart. Neighbours are one, so that a scan from front to back has one; past the cap parts are passed on as they come.
const PARTS: usize = 65_536;

/// Intervals that were claimed: start to end, none next to another.
#[derive(Debug, Default)]
pub(crate) struct Claimed(BTreeMap<u64, u64>);

impl Claimed {
    /// Claims an interval: the parts of it that were not claimed before, in order.
    pub fn claim(&mut self, start: u64, end: u64) -> Vec<(u64, u64)> {
        if start >= end || self.0.len() >= PARTS {
            return vec![(start, end)];
        }
        let (mut from, mut to) = (start, end);
        let mut free = Vec::new();
        let mut at = start;
        // The one that begins before it may reach into it, and others begin within it or at its end.
        let first = self.0.range(..start).next_back().map(|(have, _)| *have).filter(|have| self.0[have] >= start);
        let touched: Vec<u64> = first.into_iter().chain(self.0.range(start..=end).map(|(have, _)| *have)).collect();
        for have in touched {
            let Some(until) = self.0.remove(&have) else { continue };
            if have > at {
                free.push((at, have.min(end)));
            }
            at = at.max(until);
            from = from.min(have);
            to = to.max(until);
        }
        if at < end {
            free.push((at, end));
        }
        self.0.insert(from, to);
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_claimed_is_not_claimed_again() {
        let mut claimed = Claimed::default();
        assert_eq!(claimed.claim(10, 20), [(10, 20)]);
        assert_eq!(claimed.claim(20, 30), [(20, 30)]);
        assert_eq!(claimed.0.len(), 1);
        assert_eq!(claimed.claim(5, 15), [(5, 10)]);
        assert_eq!(claimed.claim(40, 50), [(40, 50)]);
        assert_eq!(claimed.claim(0, 60), [(0, 5), (30, 40), (50, 60)]);
        assert_eq!(claimed.claim(7, 9), []);
        assert_eq!(claimed.claim(60, 61), [(60, 61)]);
        assert_eq!(claimed.0.into_iter().collect::<Vec<_>>(), [(0, 61)]);
    }

    #[test]
    fn every_byte_is_claimed_once() {
        let (mut claimed, mut owned, mut state) = (Claimed::default(), [false; 97], 1u64);
        for _ in 0..500 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let (start, length) = ((state >> 33) % 97, (state >> 50) % 9);
            let end = (start + length + 1).min(97);
            let free: Vec<u64> = claimed.claim(start, end).into_iter().flat_map(|(from, to)| from..to).collect();
            let expected: Vec<u64> = (start..end).filter(|at| !owned[*at as usize]).collect();
            assert_eq!(free, expected);
            owned[start as usize..end as usize].fill(true);
        }
    }
}
