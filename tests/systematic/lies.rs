//! Files with numbers that lie.

use super::{Good, LIES, MEMORY, SAMPLE, all_wanted, exhaustive, good, sample};
use crate::memory;
use crate::support::{facts, plugins};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use weighbridge_abi::{self as abi, Plugin};
use weighbridge_core::scan::Mode;
use weighbridge_sdk::harness::{self, Options, Seen, SeenFact};

/// Time that one scan of a small file may take in the exhaustive run: what takes longer does not end with its input.
const PATIENCE: Duration = Duration::from_secs(5);

/// Numbers that break readers: counts that overflow, ends that lie behind the end, parts that lie over each other, one more and one less than it is.
fn lies(good: &Good, truth: u64) -> BTreeSet<u64> {
    let size = good.bytes.len() as u64;
    let inside = good.structure.first().map_or(0, |(offset, _)| *offset as u64);
    let around = [truth.wrapping_add(1), truth.wrapping_sub(1), truth.wrapping_mul(2), truth | 1 << 32];
    let extremes = [1 << 31, u64::from(u32::MAX), 1 << 63, u64::MAX, (1 << 31) - 1, 1 << 32, 1 << 61, i64::MAX as u64, u64::from(u16::MAX)];
    extremes.into_iter().chain([size, size - 1, size + 1, 0, inside]).chain(around).filter(|lie| *lie != truth).collect()
}

/// A mutant: in place of some bytes others.
#[derive(Clone)]
struct Lie {
    at: usize,
    /// Bytes that were there.
    removed: usize,
    bytes: Vec<u8>,
}

impl Lie {
    /// Whether no file has so many of anything.
    fn is_extreme(&self) -> bool {
        let (little, big) = (number(&self.bytes[..self.bytes.len().min(8)], false), number(&self.bytes[..self.bytes.len().min(8)], true));
        self.removed >= 4 && self.bytes.len() == self.removed && little >= (1 << 31) - 1 && big >= (1 << 31) - 1
    }

    fn apply(&self, good: &Good) -> Vec<u8> {
        [&good.bytes[..self.at], &self.bytes, &good.bytes[self.at + self.removed..]].concat()
    }
}

/// The number that so many bytes are.
fn number(bytes: &[u8], big: bool) -> u64 {
    let digit = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    if big { bytes.iter().fold(0, digit) } else { bytes.iter().rev().fold(0, digit) }
}

/// Lies in what may be a field: a number that is no larger than the file, and may so be a count, a size or a place in it.
fn fields(good: &Good, at: usize, found: &mut Vec<Lie>) {
    for width in [2, 4, 8] {
        let Some(bytes) = good.bytes.get(at..at + width) else { break };
        for big in [false, true] {
            let truth = number(bytes, big);
            // A zero is the same in both orders, and a field of its own where fields are aligned.
            if truth > good.bytes.len() as u64 || truth == 0 && (big || !at.is_multiple_of(width)) {
                continue;
            }
            for lie in lies(good, truth).into_iter().filter(|lie| width == 8 || *lie >> (8 * width) == 0) {
                let bytes = if big { lie.to_be_bytes()[8 - width..].to_vec() } else { lie.to_le_bytes()[..width].to_vec() };
                found.push(Lie { at, removed: width, bytes });
            }
        }
    }
}

/// Lies in a number of text.
fn digits(good: &Good, at: usize, found: &mut Vec<Lie>) {
    let digits = good.bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let begins = at == 0 || !good.bytes[at - 1].is_ascii_alphanumeric();
    let truth = std::str::from_utf8(&good.bytes[at..at + digits]).ok().and_then(|text| text.parse().ok());
    let Some(truth) = truth.filter(|_| begins) else { return };
    for lie in lies(good, truth) {
        for text in [lie.to_string(), format!("-{lie}")] {
            found.push(Lie { at, removed: digits, bytes: text.into_bytes() });
        }
    }
}

fn lies_of(good: &Good) -> Vec<Lie> {
    let mut found = Vec::new();
    for &(offset, length) in &good.structure {
        // Structure without end (a text) has few fields behind its beginning.
        for at in offset..(offset + length).min(offset + (4 << 10)) {
            fields(good, at, &mut found);
            digits(good, at, &mut found);
        }
    }
    found
}

/// What a scan said, without its figures: mutants of which one thing is said are of one kind.
fn said(seen: &Seen) -> String {
    let anomalies = seen.facts.iter().filter(|fact| fact.kind == "anomaly");
    let said: BTreeSet<_> = anomalies.map(|fact| (fact.text("code"), fact.text("expected").unwrap_or_default().len())).collect();
    format!("{} {} {said:?}", seen.level, seen.status)
}

/// Tries a mutant: what is wrong with it, if anything is.
fn tried(plugin: &'static Plugin, name: &str, bytes: &[u8], known: &mut BTreeSet<String>) -> Option<String> {
    let options = Options { name, ..Options::default() };
    let (before, start) = (memory::mark(), Instant::now());
    let seen = catch_unwind(AssertUnwindSafe(|| {
        let seen = harness::scan_with(plugin, bytes, options);
        harness::holds(&seen, bytes.len());
        seen
    }));
    let (held, took) = (memory::most_since(before), start.elapsed());
    if held > MEMORY || took > PATIENCE {
        return Some(format!("{held} bytes held, {took:?}"));
    }
    let Ok(seen) = seen else { return Some("it panics".into()) };
    // The costly properties, once for each kind of answer.
    if known.insert(said(&seen)) && catch_unwind(AssertUnwindSafe(|| harness::fuzz_with(plugin, bytes, options))).is_err() {
        return Some("a property does not hold".into());
    }
    None
}

#[test]
fn numbers_that_lie_are_survived_by_every_reader() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for good in good() {
        let options = Options { name: &good.name, ..Options::default() };
        let reads: Vec<_> = plugins().into_iter().filter(|plugin| harness::scan_with(plugin, &good.bytes, options).level > 0).collect();
        for plugin in reads {
            let mut known = BTreeSet::new();
            for lie in sample(&lies_of(&good), SAMPLE, LIES) {
                count += 1;
                if let Some(why) = tried(plugin, &good.name, &lie.apply(&good), &mut known) {
                    wrong.push(format!(
                        "{} by {}: {:02x?} in place of {} bytes at {}: {why}",
                        good.shown(),
                        harness::id(plugin),
                        lie.bytes,
                        lie.removed,
                        lie.at
                    ));
                }
            }
        }
    }
    assert!(count > 500 || !all_wanted(), "{count} tried");
    if exhaustive() {
        eprintln!("{count} lies, {} wrong", wrong.len());
    }
    assert!(wrong.is_empty(), "{} of {count}: {:#?}", wrong.len(), &wrong[..wrong.len().min(40)]);
}

/// Formats in which any number may stand where another stands, and something else is then said: why nothing is wrong with that.
const OTHERWISE: &[(&[&str], &str)] = &[
    (&["catboost", "executorch", "ort", "tflite", "torch-mobile"], "a vtable says which fields a table of a FlatBuffer has"),
    (&["cntk", "coreml", "onnx", "paddle-program"], "a field of another number is one that nobody reads"),
    (
        &["tensorflow-graph", "tensorflow-meta-graph", "tensorflow-saved-model", "tensorflow-events", "tensorflow-object-graph"],
        "a field of another number is one that nobody reads",
    ),
    (&["jinja", "python-source"], "a number is a part of an expression"),
    (&["pickle"], "a constant of another length holds what were opcodes"),
    (&["llamafile"], "a program, whose inside is not understood"),
];

/// Where a number that no file of its size can mean hides something elsewhere in the file, and nothing is said of that.
#[test]
fn numbers_that_lie_hide_nothing_in_silence() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for good in good().into_iter().filter(|good| !OTHERWISE.iter().any(|(formats, _)| formats.contains(&good.format.as_str()))) {
        let options = Options { name: &good.name, ..Options::default() };
        let lies: Vec<_> = lies_of(&good).into_iter().filter(Lie::is_extreme).collect();
        for plugin in plugins() {
            let seen = harness::scan_with(plugin, &good.bytes, options);
            if !is_silent(&seen, &good.bytes) {
                continue;
            }
            for lie in sample(&lies, SAMPLE, LIES) {
                count += 1;
                let bytes = lie.apply(&good);
                let now = harness::scan_with(plugin, &bytes, options);
                // What is said of a place may well be something else; but something has to be said of it.
                let beside = |fact: &SeenFact| fact.offset > (lie.at + lie.removed) as u64 || fact.offset + fact.length < lie.at as u64;
                let lost = seen.facts.iter().filter(|fact| fact.kind != "metadata" && beside(fact));
                let lost: Vec<_> = lost.filter(|fact| !now.facts.iter().any(|now| now.kind == fact.kind && now.offset == fact.offset)).collect();
                if is_silent(&now, &bytes) && !lost.is_empty() {
                    let what: Vec<_> = lost.iter().map(|fact| format!("{} at {}", fact.kind, fact.offset)).collect();
                    wrong.push(format!("{} by {}: {:02x?} at {}: {what:?}", good.shown(), harness::id(plugin), lie.bytes, lie.at));
                }
            }
        }
    }
    assert!(count > 100 || !all_wanted(), "{count} tried");
    if exhaustive() {
        eprintln!("{count} lies that could hide something, {} did", wrong.len());
    }
    assert!(wrong.is_empty(), "{} of {count}: {:#?}", wrong.len(), &wrong[..wrong.len().min(40)]);
}

/// Whether an input is accounted for, and nothing is said against it.
fn is_silent(seen: &Seen, bytes: &[u8]) -> bool {
    let covered: u64 = seen.regions.iter().map(|region| region.length).sum();
    seen.level > 0 && seen.status == abi::OK && covered == bytes.len() as u64 && !seen.facts.iter().any(|fact| fact.kind == "anomaly")
}

#[test]
fn numbers_that_lie_cost_the_engine_nothing() {
    for good in good() {
        for lie in sample(&lies_of(&good), 4, 40) {
            let facts = facts(&good.name, &lie.apply(&good), Mode::Thorough);
            let what = format!("{}: {:02x?} at {}", good.shown(), lie.bytes, lie.at);
            assert!(facts.done && facts.errors.is_empty(), "{what}: {:?}", facts.errors);
            assert!(
                facts.bytes_read < (16 << 20) && facts.bytes_decoded < (1 << 30),
                "{what}: {} read, {} decoded",
                facts.bytes_read,
                facts.bytes_decoded
            );
        }
    }
}
