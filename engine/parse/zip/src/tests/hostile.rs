//! Forged bytes: no panic, bounded work, and the same answer however they are read.

use std::cell::Cell;

use weighbridge_parse_read::{ReadAt, Stop};

use crate::testing::{Archive, deflated, stored, walked, walked_with};
use crate::{Code, Limits, open, walk};

/// Counts what is asked of it, and gives out one byte at a time from the medium.
struct Slow<'a> {
    bytes: &'a [u8],
    reads: Cell<u64>,
    read: Cell<u64>,
    steps: Cell<u64>,
    stop_at: u64,
}

impl<'a> Slow<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Slow { bytes, reads: Cell::new(0), read: Cell::new(0), steps: Cell::new(0), stop_at: u64::MAX }
    }
}

impl ReadAt for Slow<'_> {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        self.reads.set(self.reads.get() + 1);
        let mut got = 0;
        while got < buf.len() && self.bytes.read_at(offset + got as u64, &mut buf[got..got + 1])? == 1 {
            got += 1;
        }
        self.read.set(self.read.get() + got as u64);
        if self.reads.get() >= self.stop_at { Err(Stop::Budget) } else { Ok(got) }
    }

    fn poll(&self, steps: u64) -> Result<(), Stop> {
        self.steps.set(self.steps.get() + steps);
        Ok(())
    }
}

/// xorshift64*: seeded, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let members = || {
        let text = b"alpha beta gamma ".repeat(4);
        [deflated("a", &text), stored("b/c", b"beta"), deflated("d", &text).streamed(true, false), stored("e", b"x").streamed(false, true)]
    };
    vec![
        Archive::of(members()).bytes(),
        Archive::of(members()).with(|a| (a.zip64, a.comment) = (true, b"PK comment".to_vec())).bytes(),
        Archive::of(members()).with(|a| (a.prefix, a.zip64) = (b"MZ prefix".to_vec(), true)).bytes(),
        [Archive::of(members()).bytes(), Archive::of(members()).bytes()].concat(),
        include_bytes!("../../testdata/streamed-zip64.zip").to_vec(),
        include_bytes!("../../testdata/seeked.zip").to_vec(),
    ]
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    const TELLING: [&[u8]; 9] =
        [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08", &[0xFF; 8], &[0; 4], &[0xFF, 0x7F]];
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => {
                let end = (at + random.below(40)).min(bytes.len());
                let piece = bytes[at.min(end)..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            2 => {
                let piece = TELLING[random.below(TELLING.len())];
                let end = (at + piece.len()).min(bytes.len());
                bytes.splice(at..end, piece.iter().copied());
            }
            3 => {
                let end = (at + random.below(8)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.next() as u8;
                }
            }
        }
    }
}

#[test]
fn a_hundred_thousand_mutants() {
    let seeds = seeds();
    let mut random = Random(0x5EED);
    let limits = Limits { max_dictionary: 1 << 20, ..Limits::default() };
    for i in 0..100_000 {
        let mut bytes = seeds[i % seeds.len()].clone();
        mutate(&mut bytes, &mut random);
        let input = Slow::new(&bytes);
        // Regions are checked to cover the input by the visitor.
        let found = walked_with(&input, &limits);
        // Work is in proportion: directories by end records, entries by bytes.
        assert!(input.steps.get() < 20_000, "{i}: {} steps", input.steps.get());
        if i % 10 == 0 {
            let again = walked(&bytes);
            assert_eq!((&again.issues, &again.regions, &again.summary), (&found.issues, &found.regions, &found.summary), "{i}");
            for view in found.entries.iter().flat_map(|entry| entry.views()) {
                assert_eq!(decode(&bytes, view.clone(), 1), decode(&bytes, view, 4096), "{i}");
            }
        }
    }
}

/// All that a view decodes to, up to a megabyte, and whether it failed. How far a failing stream got may differ.
fn decode(bytes: &[u8], view: crate::View, step: usize) -> Option<Vec<u8>> {
    let mut decoder = open(bytes, view, &Limits { max_dictionary: 1 << 20, ..Limits::default() }).ok()?;
    let (mut out, mut buf) = (Vec::new(), vec![0; step]);
    loop {
        match decoder.read(&mut buf) {
            Ok(0) => return Some(out),
            Ok(n) => out.extend(&buf[..n]),
            Err(_) => return None,
        }
        if out.len() > 1 << 20 {
            out.truncate(1 << 20);
            return Some(out);
        }
    }
}

#[test]
fn a_stop_is_returned_at_once() {
    let bytes = seeds().remove(3);
    let input = Slow::new(&bytes);
    walked_with(&input, &Limits::default());
    for stop_at in 1..=input.reads.get() {
        let input = Slow { stop_at, ..Slow::new(&bytes) };
        assert_eq!(walk(&input, &Limits::default(), &mut crate::testing::Walked::default()), Err(Stop::Budget));
        assert_eq!(input.reads.get(), stop_at);
    }
}

/// A tail full of end records, each with two directories of its own: work is capped.
#[test]
fn many_end_records_over_one_directory() {
    let mut bytes = Archive::of((0..500).map(|i| stored(&format!("{i:03}"), b""))).with(|a| a.no_end = true).bytes();
    let central: Vec<u64> = walked(&bytes).entries.iter().map(|entry| entry.index).collect();
    assert_eq!(central.len(), 500);
    let directory = 500 * 33;
    for i in 0..2000u32 {
        let end = Archive::of([]).with(|a| (a.size, a.offset, a.entries) = (Some(49 * (i % 500)), Some(directory + 49 * (i % 500)), Some(9)));
        bytes.extend(end.bytes());
    }
    let input = Slow::new(&bytes);
    let found = walked_with(&input, &Limits::default());
    assert!(found.codes().contains(&Code::LimitEndRecords));
    assert!(input.steps.get() < 200_000, "{}", input.steps.get());
}

/// Directories that nothing names, one after another with a byte between.
#[test]
fn many_orphans() {
    let archive = Archive::of([stored("a", b"alpha")]).bytes();
    let header = [&archive[36..36 + 47], b"-"].concat();
    let bytes = header.repeat(20_000);
    let input = Slow::new(&bytes);
    let found = walked_with(&input, &Limits::default());
    assert!(found.codes().contains(&Code::LimitEndRecords));
    assert!(input.steps.get() < 200_000, "{}", input.steps.get());
}

/// Cost follows structure: the payload of stored members is never read.
#[test]
fn large_members_are_seeked_over() {
    let archive = Archive::of((0..256).map(|i| stored(&format!("archive/data/{i}"), &vec![i as u8 | 1; 64 << 10]))).bytes();
    let input = Slow::new(&archive);
    let found = walked_with(&input, &Limits::default());
    assert_eq!((found.entries.len(), found.issues.len()), (256, 0));
    assert!(input.reads.get() < 300, "{} reads", input.reads.get());
    assert!(input.read.get() < 800 << 10, "{} bytes", input.read.get());
}
