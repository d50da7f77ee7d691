//! Good files, made bad in every way that can be listed: cut short, with numbers that lie, nested without end.
//!
//! The usual run takes one good file of each format, and of its mutants a fixed sample; `tests/fuzz/exhaustive` takes all of them.

use crate::memory;
use crate::support::{facts, fixtures, judge, plugins};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use weighbridge_core::fact::{InputId, RegionClass};
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::{FileReport, Verdict};
use weighbridge_core::scan::Mode;
use weighbridge_sdk::harness;

/// Whether everything is tried, which takes minutes.
fn exhaustive() -> bool {
    std::env::var_os("WEIGHBRIDGE_EXHAUSTIVE").is_some()
}

/// Mutants of one file in the usual run.
const SAMPLE: usize = 24;

/// Files of up to this size are cut before each of their bytes.
const SMALL: usize = 160;

/// Bytes that a scan of a small file may hold at once, whatever its numbers say.
const MEMORY: usize = 64 << 20;

/// Formats of which a beginning may be a whole file, so that nobody can see a cut: texts that end with any line, and archives and streams that end
/// with any part.
const PREFIXES: &[(&str, &str)] = &[];

/// A good file.
struct Good {
    /// As its reader calls it.
    format: String,
    path: PathBuf,
    bytes: Vec<u8>,
    /// Offset, length: what is understood of it.
    structure: Vec<(usize, usize)>,
    /// Where a part of any class begins or ends.
    boundaries: BTreeSet<usize>,
}

impl Good {
    fn name(&self) -> &str {
        self.path.file_name().unwrap().to_str().unwrap()
    }
}

/// Good files of each format: the smallest, or all.
fn good() -> Vec<Good> {
    let mut smallest: BTreeMap<String, Vec<Good>> = BTreeMap::new();
    for (_, path) in fixtures() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("benign-") && !name.starts_with("malicious-") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let facts = facts(&name, &bytes, Mode::Quick);
        // What says by itself that it is broken cannot show whether a cut is noticed.
        let Some(format) = facts.inputs[0].formats.first().filter(|_| facts.incomplete.is_empty() && !broken(&facts)) else { continue };
        let mine = |input: InputId| input == InputId(0);
        let regions = facts.regions.iter().filter(|region| mine(region.place.input));
        let range = |offset: u64, length: u64| (usize::try_from(offset).unwrap(), usize::try_from(length).unwrap());
        let mut boundaries = BTreeSet::new();
        let mut structure = Vec::new();
        for region in regions {
            let (offset, length) = range(region.place.offset, region.place.length);
            boundaries.extend([offset, offset + length]);
            if region.class == RegionClass::Structure {
                structure.push((offset, length));
            }
        }
        boundaries.remove(&0);
        boundaries.remove(&bytes.len());
        let files = smallest.entry(format.clone()).or_default();
        files.push(Good { format: format.clone(), path, bytes, structure, boundaries });
        // A benign file goes over another, a smaller one over a larger.
        if !exhaustive() {
            files.sort_by_key(|good| (!good.name().starts_with("benign-"), good.bytes.len()));
            files.truncate(1);
        }
    }
    assert!(smallest.len() > 50, "good files of {} formats", smallest.len());
    smallest.into_values().flatten().collect()
}

/// Whether something is said to be wrong with the file.
fn broken(facts: &FileFacts) -> bool {
    facts.facts.iter().any(|fact| fact.kind == "anomaly")
}

/// Whether nothing at all is said against a file.
fn silent(facts: &FileFacts, report: &FileReport) -> bool {
    report.verdict == Verdict::Clean && report.complete && !broken(facts)
}

/// A fixed choice of so many items, spread over all of them.
fn sample<T: Clone>(items: &[T], most: usize) -> Vec<T> {
    if exhaustive() || items.len() <= most {
        return items.to_vec();
    }
    (0..most).map(|at| items[at * items.len() / most].clone()).collect()
}

#[test]
fn a_cut_file_is_never_clean() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut cuts_of_all = 0;
    for good in good() {
        let mut cuts: Vec<usize> = good.boundaries.iter().copied().collect();
        // Inside of each structure too: where it begins or ends, it may be whole.
        cuts.extend(good.structure.iter().filter(|(_, length)| *length > 1).flat_map(|(offset, length)| [offset + length / 2, offset + length - 1]));
        if good.bytes.len() <= SMALL || exhaustive() {
            cuts.extend(1..good.bytes.len().min(4 << 10));
        }
        cuts.sort_unstable();
        cuts.dedup();
        let mut silent_at = Vec::new();
        for cut in sample(&cuts, SAMPLE) {
            cuts_of_all += 1;
            let (facts, report) = judge(good.name(), &good.bytes[..cut]);
            assert!(facts.done && facts.errors.is_empty(), "{} cut at {cut}: {:?}", good.path.display(), facts.errors);
            if silent(&facts, &report) {
                silent_at.push(cut);
            }
        }
        if silent_at.is_empty() {
            continue;
        }
        if PREFIXES.iter().any(|(format, _)| *format == good.format) {
            seen.insert(good.format.clone());
        } else {
            wrong.push(format!("{} {} of {} bytes: {silent_at:?}", good.format, good.path.display(), good.bytes.len()));
        }
    }
    assert!(cuts_of_all > 500, "{cuts_of_all} cuts");
    assert!(wrong.is_empty(), "nothing is said of files that were cut: {wrong:#?}");
    let listed: BTreeSet<String> = PREFIXES.iter().map(|(format, _)| (*format).to_owned()).collect();
    assert_eq!(listed, seen, "formats of which a beginning is a file: those listed and those seen");
}

/// Numbers that break readers, in the width of a field: counts that overflow, ends that lie behind the end, parts that lie over each other.
fn lies(good: &Good) -> Vec<u64> {
    let size = good.bytes.len() as u64;
    let inside = good.structure.first().map_or(0, |(offset, _)| *offset as u64);
    vec![1 << 31, u64::from(u32::MAX), 1 << 63, u64::MAX, (1 << 31) - 1, size, size - 1, size + 1, 0, inside, 1 << 32, 1 << 61]
}

/// A mutant: `width` bytes at an offset say another number.
#[derive(Clone)]
struct Lie {
    at: usize,
    bytes: Vec<u8>,
}

fn lies_of(good: &Good) -> Vec<Lie> {
    let mut found = Vec::new();
    for &(offset, length) in &good.structure {
        // Structure without end (a text) is no field.
        for at in offset..(offset + length).min(offset + (4 << 10)) {
            for width in [4_usize, 8] {
                if at % 4 != 0 && !exhaustive() || at + width > good.bytes.len() {
                    continue;
                }
                for lie in lies(good) {
                    if width == 4 && lie > u64::from(u32::MAX) {
                        continue;
                    }
                    for bytes in [lie.to_le_bytes()[..width].to_vec(), lie.to_be_bytes()[8 - width..].to_vec()] {
                        found.push(Lie { at, bytes });
                    }
                }
            }
        }
    }
    found
}

#[test]
fn numbers_that_lie_are_survived_by_every_reader() {
    let mut tried = 0;
    let mut wrong = Vec::new();
    for good in good() {
        let reads: Vec<_> = plugins().into_iter().filter(|plugin| harness::scan(plugin, &good.bytes).level > 0).collect();
        for lie in sample(&lies_of(&good), if exhaustive() { usize::MAX } else { SAMPLE }) {
            let mut bytes = good.bytes.clone();
            bytes[lie.at..lie.at + lie.bytes.len()].copy_from_slice(&lie.bytes);
            for plugin in &reads {
                tried += 1;
                let before = memory::mark();
                let kept = catch_unwind(AssertUnwindSafe(|| harness::fuzz(plugin, &bytes)));
                let held = memory::most_since(before);
                if kept.is_err() || held > MEMORY {
                    wrong.push(format!("{}: {:02x?} at {}, {held} bytes held", good.path.display(), lie.bytes, lie.at));
                }
            }
        }
    }
    assert!(tried > 500, "{tried} tried");
    assert!(wrong.is_empty(), "{} of {tried}: {wrong:#?}", wrong.len());
}

#[test]
fn numbers_that_lie_cost_the_engine_nothing() {
    for good in good() {
        for lie in sample(&lies_of(&good), if exhaustive() { usize::MAX } else { 4 }) {
            let mut bytes = good.bytes.clone();
            bytes[lie.at..lie.at + lie.bytes.len()].copy_from_slice(&lie.bytes);
            let facts = facts(good.name(), &bytes, Mode::Thorough);
            let what = format!("{}: {:02x?} at {}", good.path.display(), lie.bytes, lie.at);
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

#[test]
fn an_empty_file_of_any_format_is_not_clean() {
    let mut tried = BTreeSet::new();
    for good in good() {
        let (_, report) = judge(good.name(), b"");
        assert_ne!(report.verdict, Verdict::Clean, "{}", good.name());
        tried.insert(good.format);
    }
    assert!(tried.len() > 50);
}

/// What a nest is made of: what it begins with, what is repeated, its core, what is repeated to close it, its end.
type Nest = (&'static str, &'static [u8], &'static [u8], &'static [u8], &'static [u8], &'static [u8]);

const NESTS: &[Nest] = &[
    ("lists.json", b"", b"[", b"1", b"]", b""),
    ("config.json", b"", b"{\"a\":", b"1", b"}", b""),
    (
        "model.json",
        b"{\"class_name\": \"Sequential\", \"config\": ",
        b"{\"layers\": [{\"class_name\": \"Sequential\", \"config\":",
        b"{}",
        b"}]}",
        b"}",
    ),
    ("config.yaml", b"a: ", b"[", b"1", b"]", b"\n"),
    ("config.yaml", b"a: ", b"{b: ", b"1", b"}", b"\n"),
    ("config.yaml", b"", b"- ", b"1", b"", b"\n"),
    ("model.pmml", b"<PMML xmlns=\"http://www.dmg.org/PMML-4_4\">", b"<a>", b"x", b"</a>", b"</PMML>"),
    ("model.xml", b"<?xml version=\"1.0\"?><net name=\"n\" version=\"11\">", b"<a>", b"x", b"</a>", b"</net>"),
    ("chat_template.jinja", b"", b"{% if a %}", b"x", b"{% endif %}", b""),
    ("chat_template.jinja", b"{{ ", b"(", b"a", b")", b" }}"),
    ("chat_template.jinja", b"{{ a", b".b", b"", b"", b" }}"),
    ("chat_template.jinja", b"{{ ", b"[", b"a", b"]", b" }}"),
    ("chat_template.jinja", b"{{ ", b"-", b"a", b"", b" }}"),
    ("chat_template.jinja", b"{{ ", b"not ", b"a", b"", b" }}"),
    ("chat_template.jinja", b"{{ a", b" + a", b"", b"", b" }}"),
    ("chat_template.jinja", b"{{ a", b"|b", b"", b"", b" }}"),
    ("chat_template.jinja", b"{{ a", b"[0]", b"", b"", b" }}"),
    ("modeling.py", b"import torch\nx = ", b"(", b"1", b")", b"\n"),
    ("modeling.py", b"import torch\nx = a", b".b", b"", b"", b"\n"),
    ("modeling.py", b"import torch\nx = a", b"()", b"", b"", b"\n"),
    ("modeling.py", b"import torch\nx = ", b"-", b"1", b"", b"\n"),
    ("modeling.py", b"import torch\nx = ", b"not ", b"1", b"", b"\n"),
    ("modeling.py", b"import torch\nx = 1", b" + 1", b"", b"", b"\n"),
    ("modeling.py", b"import torch\nx = 1", b" if 1 else 1", b"", b"", b"\n"),
    ("modeling.py", b"import torch\nx = ", b"lambda: ", b"1", b"", b"\n"),
    ("modeling.py", b"import torch\n", b"if 1: ", b"pass", b"", b"\n"),
    ("modeling.py", b"import torch\nx = 1", b" ** 1", b"", b"", b"\n"),
    ("modeling.py", b"import torch\n", b"x = ", b"1", b"", b"\n"),
    ("modeling.py", b"import torch\nx = f'", b"{a:", b"", b"}", b"'\n"),
    ("modeling.py", b"import torch\nif 1:\n  pass\n", b"elif 1:\n  pass\n", b"", b"", b""),
    ("flax_model.msgpack", b"\x81\xa6params", b"\x81\xa1a", b"\xc0", b"", b""),
    ("flax_model.msgpack", b"\x81\xa6params", b"\x91", b"\xc0", b"", b""),
    ("model.rds", b"X\n\0\0\0\x02\0\x04\x03\0\0\x03\x05\0", b"\0\0\0\x13\0\0\0\x01", b"\0\0\0\xfe", b"", b""),
    ("model.rds", b"X\n\0\0\0\x02\0\x04\x03\0\0\x03\x05\0", b"\0\0\0\x06", b"\0\0\0\xfe", b"", b""),
    ("model.rds", b"X\n\0\0\0\x02\0\x04\x03\0\0\x03\x05\0", b"\0\0\0\x05", b"\0\0\0\xfe", b"", b""),
    ("model.ubj", b"{", b"L\0\0\0\0\0\0\0\x01a{", b"", b"}", b"}"),
    ("model.ubj", b"{L\0\0\0\0\0\0\0\x07learner", b"[", b"", b"]", b"}"),
    ("model.t7", b"", b"\x03\0\0\0\x01\0\0\0\x01\0\0\0", b"\x01\0\0\0\0\0\0\0\0\0\xf0?", b"", b""),
    ("model.pkl", b"\x80\x02", b"]", b"", b"a", b"."),
    ("model.pkl", b"\x80\x02", b"(", b"K\x01", b"t", b"."),
    ("model.pkl", b"\x80\x02", b"", b"N", b"\x85", b"."),
    ("model.npy", b"\x93NUMPY\x02\0\x60\xea\0\0{'descr': ", b"[", b"", b"]", b"}"),
    ("requirements.txt", b"", b"(", b"a", b")", b"\n"),
    ("MODEL_CARD.ipynb", b"{\"nbformat\": 4, \"cells\": ", b"[", b"", b"]", b"}"),
];

/// A protocol buffer message in a message in a message …: `field` is the tag of each.
fn messages(field: u8, deep: usize) -> Vec<u8> {
    // Lengths are written from the inside out: so the message is made backwards.
    let mut reversed: Vec<u8> = Vec::new();
    for _ in 0..deep {
        let mut length = reversed.len();
        let mut number = Vec::new();
        loop {
            let more = length > 0x7f;
            number.push((length & 0x7f) as u8 | if more { 0x80 } else { 0 });
            length >>= 7;
            if !more {
                break;
            }
        }
        reversed.extend(number.iter().rev());
        reversed.push(field);
    }
    reversed.reverse();
    reversed
}

#[test]
fn what_is_nested_200_000_deep_is_bounded_and_never_silent() {
    const DEEP: usize = 200_000;
    let mut wrong = Vec::new();
    let nests = NESTS.iter().map(|(name, begin, open, core, close, end)| {
        let bytes = [begin.to_vec(), open.repeat(DEEP), core.to_vec(), close.repeat(DEEP), end.to_vec()].concat();
        (*name, open.escape_ascii().to_string(), bytes)
    });
    let graphs = [
        ("model.onnx", 0x3a, b"\x08\x08\x12\x01a".to_vec()),
        ("saved_model.pb", 0x12, b"\x08\x01".to_vec()),
        ("model.mlmodel", 0x2a, b"\x08\x05".to_vec()),
        ("model.pdmodel", 0x0a, Vec::new()),
    ];
    let graphs = graphs.into_iter().map(|(name, field, begin)| (name, format!("field {field:#x}"), [begin, messages(field, DEEP)].concat()));
    for (name, what, bytes) in nests.chain(graphs) {
        let before = memory::mark();
        let (facts, report) = judge(name, &bytes);
        let held = memory::most_since(before);
        let broken = facts.errors.iter().map(|error| &error.message).collect::<Vec<_>>();
        if !facts.done || !broken.is_empty() || held > 2 * MEMORY {
            wrong.push(format!("{name} of {what}: {broken:?}, {held} bytes held"));
        }
        // The whole of it may be within what its grammar allows, and then it is read; a limit is said.
        if silent(&facts, &report) {
            eprintln!("silent: {name} of {what}: {:?} {}", facts.inputs[0].formats, facts.facts.len());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
