//! Mutated bytes: no panic, bounded work, and the same answer twice.

use crate::SAMPLES;
use weighbridge_parse_marshal::{Layout, fits, probe, read, read_best, survey, text, versions};

struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

fn everything(bytes: &[u8]) -> String {
    let object = read_best(bytes, 0).expect("read");
    let versions = versions(&object).expect("versions");
    let survey = survey(&object, &versions).expect("survey");
    let mut out = format!("{:?} {:?} {:?} {:?}", object.end, object.issue, survey.body.list(), survey.functions.list());
    for version in versions {
        out += &text(&object, version, 4 << 10).expect("text").0;
    }
    for (id, _) in object.all().take(64) {
        out += &object.render(id).expect("render");
    }
    out + &format!("{:?}", probe(bytes, 0))
}

#[test]
fn mutants_are_read_without_a_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for (_, sample) in SAMPLES {
        for _ in 0..300 {
            let mut bytes = sample.to_vec();
            for _ in 0..=random.next(8) {
                let at = random.next(bytes.len());
                match random.next(5) {
                    0 => bytes[at] = random.next(256) as u8,
                    1 => bytes[at] ^= 1 << random.next(8),
                    2 => drop(bytes.drain(at..(at + random.next(16)).min(bytes.len()))),
                    3 => bytes.insert(at, b"c(){}[]<>:0NRrstuzZaAilIfgxy\xe3\xa9\xff"[random.next(31)]),
                    _ => bytes.truncate(at.max(1)),
                }
                if bytes.is_empty() {
                    bytes.push(b'c');
                }
            }
            let first = everything(&bytes);
            assert_eq!(first, everything(&bytes));
        }
    }
}

#[test]
fn every_layout_takes_every_sample() {
    for (_, sample) in SAMPLES {
        for layout in Layout::ALL {
            let object = read(sample, 0, layout).expect("read");
            fits(&object, usize::MAX).expect("fits");
        }
    }
}
