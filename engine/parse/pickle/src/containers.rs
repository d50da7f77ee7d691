//! Tuples, lists, dicts and sets: the latest ones, in a ring of fixed size.
//!
//! Ids only grow. When the ring is full the oldest containers are overwritten; reading one of those answers "not complete", which makes
//! whatever is built from it unknown, and so reported. Nothing here follows a reference, so that cycles and shared structure cost nothing.

use crate::value::Value;

#[derive(Clone, Copy, Default)]
struct Head {
    first: u64,
    tail: u64,
    count: u32,
    kept: u32,
    /// Values in it when shared ones are counted each time: what a program that walks it would meet.
    weight: f32,
}

const NONE: u64 = u64::MAX;
const LEN_BITS: u32 = 24;
const LEN_MASK: u64 = (1 << LEN_BITS) - 1;

/// A span in the ring is one word (distance to the next span, length), then its items.
pub(crate) struct Containers {
    heads: Vec<Head>,
    next_id: u64,
    slots: Vec<u64>,
    pos: u64,
    heads_cap: u64,
    slots_cap: u64,
    max_items: usize,
    heaviest: f32,
}

impl Containers {
    pub(crate) fn new(heads: usize, slots: usize, max_items: usize) -> Self {
        let slots = slots.next_power_of_two().max(64);
        Containers {
            heads: Vec::new(),
            next_id: 0,
            slots: Vec::new(),
            pos: 0,
            heads_cap: heads.next_power_of_two().max(16) as u64,
            slots_cap: slots as u64,
            max_items: max_items.min(slots / 4).min(LEN_MASK as usize),
            heaviest: 0.0,
        }
    }

    /// A new container that holds `items`.
    #[inline]
    pub(crate) fn make(&mut self, items: &[Value]) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let head = Head { first: NONE, tail: NONE, count: 0, kept: 0, weight: 1.0 };
        if id < self.heads_cap {
            self.heads.push(head);
        } else {
            self.heads[(id & (self.heads_cap - 1)) as usize] = head;
        }
        if !items.is_empty() {
            self.extend(id, items);
        }
        id
    }

    #[inline]
    fn head(&self, id: u64) -> Option<Head> {
        if id + self.heads_cap < self.next_id {
            return None;
        }
        self.heads.get((id & (self.heads_cap - 1)) as usize).copied()
    }

    /// Whether the span that begins at `pos` has not been overwritten.
    #[inline]
    fn alive(&self, pos: u64) -> bool {
        pos + self.slots_cap >= self.pos
    }

    /// Adds items at the end. An evicted container stays evicted.
    #[inline]
    pub(crate) fn extend(&mut self, id: u64, items: &[Value]) {
        let Some(mut head) = self.head(id) else { return };
        head.count = head.count.saturating_add(u32::try_from(items.len()).unwrap_or(u32::MAX));
        for item in items {
            head.weight += if item.is_container() { self.head(item.payload()).map_or(1.0, |inner| inner.weight) } else { 1.0 };
        }
        self.heaviest = self.heaviest.max(head.weight);
        let room = self.max_items.saturating_sub(head.kept as usize);
        let items = &items[..items.len().min(room)];
        if !items.is_empty() {
            self.store(&mut head, items);
        }
        self.heads[(id & (self.heads_cap - 1)) as usize] = head;
    }

    #[inline]
    fn store(&mut self, head: &mut Head, items: &[Value]) {
        let n = items.len() as u64;
        let mask = self.slots_cap - 1;
        head.kept += items.len() as u32;
        // Items that follow the last ones of the same container join their span.
        if head.tail != NONE && self.alive(head.tail) {
            let at = (head.tail & mask) as usize;
            let len = self.slots[at] & LEN_MASK;
            if head.tail + 1 + len == self.pos && (self.pos & mask) + n <= self.slots_cap && self.pos & mask != 0 {
                self.slots[at] += n;
                self.write(items);
                return;
            }
        }
        if (self.pos & mask) + n + 1 > self.slots_cap {
            let pad = self.slots_cap - (self.pos & mask);
            if self.pos < self.slots_cap {
                self.slots.resize(self.slots_cap as usize, 0);
            }
            self.pos += pad;
        }
        let start = self.pos;
        self.put(n);
        self.write(items);
        if head.tail == NONE {
            head.first = start;
        } else if self.alive(head.tail) {
            self.slots[(head.tail & mask) as usize] |= (start - head.tail) << LEN_BITS;
        }
        head.tail = start;
    }

    #[inline]
    fn put(&mut self, word: u64) {
        if self.pos < self.slots_cap {
            self.slots.push(word);
        } else {
            self.slots[(self.pos & (self.slots_cap - 1)) as usize] = word;
        }
        self.pos += 1;
    }

    #[inline]
    fn write(&mut self, items: &[Value]) {
        for item in items {
            self.put(item.bits());
        }
    }

    /// The greatest weight of a container since the last call.
    pub(crate) fn take_heaviest(&mut self) -> f32 {
        std::mem::take(&mut self.heaviest)
    }

    /// How many items were ever put in; `None` where the container is evicted.
    pub(crate) fn count(&self, id: u64) -> Option<u32> {
        self.head(id).map(|head| head.count)
    }

    /// The first `max` items into `out`. The answer is whether these are all.
    pub(crate) fn items(&self, id: u64, max: usize, out: &mut Vec<Value>) -> bool {
        out.clear();
        let Some(head) = self.head(id) else { return false };
        let mut at = head.first;
        while at != NONE && out.len() < max {
            if !self.alive(at) {
                return false;
            }
            let index = (at & (self.slots_cap - 1)) as usize;
            let word = self.slots[index];
            let len = (word & LEN_MASK) as usize;
            let take = len.min(max - out.len());
            let bits = self.slots.get(index + 1..index + 1 + take).unwrap_or(&[]);
            out.extend(bits.iter().map(|&bits| Value::from_bits(bits).unwrap_or(Value::UNKNOWN)));
            at = if word >> LEN_BITS == 0 { NONE } else { at + (word >> LEN_BITS) };
        }
        out.len() == head.count as usize
    }
}
