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

/// Mutants of one file in the usual run, and in the exhaustive one, where a file of many fields has more than anybody waits for.
const SAMPLE: usize = 24;
const MANY: usize = 400;

/// Files of up to this size are cut before each of their bytes.
const SMALL: usize = 160;

/// Nests in the usual run: each is megabytes.
const DEEP_SAMPLE: usize = 16;

/// Bytes that a scan of a small file may hold at once, whatever its numbers say.
const MEMORY: usize = 64 << 20;

/// Where a beginning of a file is a whole file, so that nobody can see the cut.
enum Whole {
    /// Anywhere: text, of which every line (or character) may be the last.
    Anywhere,
    /// Behind any part: streams that follow each other.
    Parts,
    /// Before and behind any line.
    Lines,
    /// Behind any field of a protocol buffer message.
    Fields,
}

/// Formats with such beginnings, and why.
const BEGINNINGS: &[(&str, Whole, &str)] = &[
    ("cntk", Whole::Fields, "a message of protocol buffers"),
    ("ggml", Whole::Anywhere, "each program has a layout of its own: nothing of it is understood"),
    ("llamafile", Whole::Anywhere, "a program, whose inside is not understood"),
    ("pbtxt", Whole::Lines, "a message of text ends behind any field"),
    ("executable", Whole::Anywhere, "a script is run line by line as it is read"),
    ("jinja", Whole::Anywhere, "text outside of constructs is a template"),
    ("python-source", Whole::Anywhere, "what does not parse is not run, and is read all the same"),
    ("tensorflow-checkpoint-data", Whole::Anywhere, "bare numbers: the index beside them says how many"),
    ("tensorflow-checkpoint-state", Whole::Lines, "every line stands for itself"),
    ("requirements", Whole::Anywhere, "every line stands for itself, and a name is one before each of its letters"),
    ("tensorflow-text", Whole::Lines, "a message of text ends behind any field"),
    ("yaml", Whole::Anywhere, "plain text is one before each of its letters"),
    ("paddle-program", Whole::Fields, "a message of protocol buffers"),
    ("tensorflow-fingerprint", Whole::Fields, "a message of protocol buffers"),
    ("tensorflow-graph", Whole::Fields, "a message of protocol buffers"),
    ("zstd", Whole::Parts, "frames follow each other, and none says how many"),
];

/// Whether bytes are fields of a protocol buffer message, none of them cut: <https://protobuf.dev/programming-guides/encoding/>.
fn whole_fields(mut bytes: &[u8]) -> bool {
    fn varint(bytes: &mut &[u8]) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (first, rest) = bytes.split_first()?;
            *bytes = rest;
            number |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
    fn field(bytes: &mut &[u8]) -> Option<()> {
        let length = match varint(bytes)? & 7 {
            0 => varint(bytes).map(|_| 0)?,
            1 => 8,
            2 => usize::try_from(varint(bytes)?).ok()?,
            5 => 4,
            _ => return None,
        };
        *bytes = bytes.get(length..)?;
        Some(())
    }
    while !bytes.is_empty() {
        if field(&mut bytes).is_none() {
            return false;
        }
    }
    true
}

/// Whether a file that is cut there may be whole.
fn may_be_whole(good: &Good, cut: usize) -> bool {
    let rest = &good.bytes[cut..];
    // The last line's end, the end mark of a last text, filling up to a boundary.
    if rest.iter().all(u8::is_ascii_whitespace) || rest.len() < 4 && rest.iter().all(|byte| *byte == 0) {
        return true;
    }
    match BEGINNINGS.iter().find(|(format, ..)| *format == good.format) {
        Some((_, Whole::Anywhere, _)) => true,
        Some((_, Whole::Parts, _)) => good.boundaries.contains(&cut),
        Some((_, Whole::Lines, _)) => good.bytes[cut] == b'\n' || good.bytes[cut - 1] == b'\n',
        Some((_, Whole::Fields, _)) => whole_fields(&good.bytes[..cut]),
        None => false,
    }
}

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
    let most = if exhaustive() { MANY } else { most };
    if items.len() <= most {
        return items.to_vec();
    }
    (0..most).map(|at| items[at * items.len() / most].clone()).collect()
}

#[test]
fn a_cut_file_is_never_clean() {
    let mut beginnings = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut tried = 0;
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
            tried += 1;
            let (facts, report) = judge(good.name(), &good.bytes[..cut]);
            assert!(facts.done && facts.errors.is_empty(), "{} cut at {cut}: {:?}", good.path.display(), facts.errors);
            if !silent(&facts, &report) {
                continue;
            }
            if may_be_whole(&good, cut) {
                beginnings.insert(good.format.clone());
            } else {
                silent_at.push(cut);
            }
        }
        if !silent_at.is_empty() {
            wrong.push(format!("{} {} of {} bytes: {silent_at:?}", good.format, good.path.display(), good.bytes.len()));
        }
    }
    assert!(tried > 500, "{tried} cuts");
    assert!(wrong.is_empty(), "nothing is said of files that were cut: {wrong:#?}");
    let unused: Vec<_> = BEGINNINGS.iter().map(|(format, ..)| format).filter(|format| !beginnings.contains(**format)).collect();
    // A sample may miss the places where a beginning is whole.
    assert!(unused.is_empty() || !exhaustive(), "formats of which no beginning is a file, and which are listed: {unused:?}");
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
        for lie in sample(&lies_of(&good), SAMPLE) {
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
        for lie in sample(&lies_of(&good), 4) {
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
    // Bare numbers, of which there may be none.
    for good in good().into_iter().filter(|good| good.format != "tensorflow-checkpoint-data") {
        let (_, report) = judge(good.name(), b"");
        assert_ne!(report.verdict, Verdict::Clean, "{}", good.name());
        tried.insert(good.format);
    }
    assert!(tried.len() > 50);
}

/// What a nest is made of: a file's name, what it begins with, what is repeated, what is repeated to close it, its end.
type Nest = (&'static str, &'static str, &'static str, &'static str, &'static str);

/// Templates and Python, where the nest is around a call, and where a call follows it.
const CALLS: &[Nest] = &[
    ("chat_template.jinja", "{{ ", "(", ")", " }}"),
    ("chat_template.jinja", "{{ ", "[", "]", " }}"),
    ("chat_template.jinja", "{{ ", "-", "", " }}"),
    ("chat_template.jinja", "{{ ", "not ", "", " }}"),
    ("chat_template.jinja", "", "{% if a %}", "{% endif %}", ""),
    ("chat_template.jinja", "{{ ", "", ".b", " }}"),
    ("chat_template.jinja", "{{ ", "", " + a", " }}"),
    ("chat_template.jinja", "{{ ", "", "|b", " }}"),
    ("chat_template.jinja", "{{ ", "", "[0]", " }}"),
    ("modeling.py", "x = ", "(", ")", "\n"),
    ("modeling.py", "x = ", "[", "]", "\n"),
    ("modeling.py", "x = ", "-", "", "\n"),
    ("modeling.py", "x = ", "not ", "", "\n"),
    ("modeling.py", "x = ", "lambda: ", "", "\n"),
    ("modeling.py", "x = ", "", ".b", "\n"),
    ("modeling.py", "x = ", "", "()", "\n"),
    ("modeling.py", "x = ", "", " + 1", "\n"),
    ("modeling.py", "x = ", "", " if 1 else 1", "\n"),
    ("modeling.py", "x = ", "", " ** 1", "\n"),
    ("modeling.py", "", "x = ", "", "\n"),
    ("modeling.py", "", "if 1: ", "", "\n"),
    ("modeling.py", "x = f'", "{a:{", "}}", "'\n"),
];

/// Data, with a template or a callable in their midst.
const DATA: &[(Nest, &str)] = &[
    (("lists.json", "", "[", "]", ""), "{\"_target_\": \"os.system\"}"),
    (("config.json", "{\"a\":", "{\"a\":", "}", "}"), "{\"_target_\": \"os.system\"}"),
    (
        ("model.json", "{\"class_name\": \"Sequential\", \"config\": ", "{\"layers\": [{\"class_name\": \"Sequential\", \"config\":", "}]}", "}"),
        "{\"layers\": [{\"class_name\": \"Lambda\", \"config\": {\"function\": \"os.system\"}}]}",
    ),
    (("config.yaml", "a: ", "[", "]", "\n"), "!!python/object/apply:os.system [echo weighbridge]"),
    (("config.yaml", "a: ", "{b: ", "}", "\n"), "!!python/object/apply:os.system [echo weighbridge]"),
    (("config.yaml", "", "- ", "", "\n"), "!!python/object/apply:os.system [echo weighbridge]"),
    (
        ("model.pmml", "<PMML xmlns=\"http://www.dmg.org/PMML-4_4\">", "<a>", "</a>", "</PMML>"),
        "<Extension name=\"x\" value=\"os.system('echo weighbridge')\"/>",
    ),
    (
        ("model.xml", "<?xml version=\"1.0\"?><net name=\"n\" version=\"11\">", "<a>", "</a>", "</net>"),
        "<layer id=\"0\" name=\"x\" type=\"Custom\" version=\"os.system('echo weighbridge')\"/>",
    ),
    (("requirements.txt", "", "(", ")", "\n"), "git+https://host.invalid/x.git"),
    (("notes.ipynb", "{\"nbformat\": 4, \"cells\": ", "[", "]", "}"), "{\"cell_type\": \"code\", \"source\": [\"import os; os.system('echo')\"]}"),
];

/// A file's name, what it begins with, what opens a level, and the core of the levels.
type Nested = (&'static str, &'static [u8], &'static [u8], &'static [u8]);

/// Binary grammars: what stands for a list, a map or an object in them, and a core that has nothing in it.
const BINARY: &[Nested] = &[
    ("flax_model.msgpack", b"\x81\xa6params", b"\x81\xa1a", b"\xc0"),
    ("flax_model.msgpack", b"\x81\xa6params", b"\x91", b"\xc0"),
    ("model.rds", b"X\n\0\0\0\x02\0\x04\x03\0\0\x03\x05\0", b"\0\0\0\x13\0\0\0\x01", b"\0\0\0\xfe"),
    ("model.rds", b"X\n\0\0\0\x02\0\x04\x03\0\0\x03\x05\0", b"\0\0\0\x06", b"\0\0\0\xfe"),
    ("model.rds", b"X\n\0\0\0\x02\0\x04\x03\0\0\x03\x05\0", b"\0\0\0\x05", b"\0\0\0\xfe"),
    ("model.ubj", b"{", b"L\0\0\0\0\0\0\0\x01a{", b""),
    ("model.ubj", b"{L\0\0\0\0\0\0\0\x07learner", b"[", b""),
    ("model.t7", b"", b"\x03\0\0\0\x01\0\0\0\x01\0\0\0", b"\x01\0\0\0\0\0\0\0\0\0\xf0?"),
    ("model.pkl", b"\x80\x02", b"](K\x01", b""),
    ("model.npy", b"\x93NUMPY\x02\0\x60\xea\0\0{'descr': ", b"[", b"]"),
    ("model.pyc", b"\xcb\r\r\n\0\0\0\0\0\0\0\0\0\0\0\0", b")\x01", b"N"),
];

/// A file's name, the tags of what is around the circle, and those of the circle.
type Circle = (&'static str, &'static [&'static [u8]], &'static [&'static [u8]]);

/// Messages within messages: the tags of what is around them, those of the circle, and a format's name for a file.
const MESSAGES: &[Circle] = &[
    // ModelProto.graph, then GraphProto.node, NodeProto.attribute, AttributeProto.g.
    ("model.onnx", &[b"\x3a"], &[b"\x0a", b"\x2a", b"\x32"]),
    // SavedModel.meta_graphs, MetaGraphDef.graph_def, GraphDef.node, NodeDef.attr, then its value, AttrValue.func, NameAttrList.attr.
    ("saved_model.pb", &[b"\x12", b"\x12", b"\x0a", b"\x2a"], &[b"\x12", b"\x52", b"\x12"]),
    // Model.pipeline, Pipeline.models.
    ("model.mlmodel", &[], &[b"\xd2\x0c", b"\x0a"]),
];

/// A protocol buffer message in a message in a message …, by the tags of each, the outermost first.
fn messages<'t>(tags: impl DoubleEndedIterator<Item = &'t &'t [u8]>) -> Vec<u8> {
    // Lengths are written from the inside out: so the message is made backwards.
    let mut reversed: Vec<u8> = Vec::new();
    for tag in tags.rev() {
        let mut length = reversed.len();
        let mut number = Vec::new();
        loop {
            let more = length > 0x7f;
            number.push(u8::try_from(length & 0x7f).unwrap() | if more { 0x80 } else { 0 });
            length >>= 7;
            if !more {
                break;
            }
        }
        reversed.extend(number.iter().rev());
        reversed.extend(tag.iter().rev());
    }
    reversed.reverse();
    reversed
}

#[test]
fn what_is_nested_200_000_deep_is_bounded_and_never_clean() {
    const DEEP: usize = 200_000;
    const TEMPLATE: &str = "cycler.__init__.__globals__.os.popen('echo weighbridge')";
    const SOURCE: &str = "__import__('os').system('echo weighbridge')";
    let nest = |(name, begin, open, close, end): &Nest, core: &str| {
        (*name, format!("{open}{close} around {core}"), [*begin, &open.repeat(DEEP), core, &close.repeat(DEEP), end].concat().into_bytes())
    };
    let mut files = Vec::new();
    for call in CALLS {
        let (code, lines) = if call.0.ends_with("jinja") { (TEMPLATE, format!("{{{{ {TEMPLATE} }}}}")) } else { (SOURCE, format!("{SOURCE}\n")) };
        // What is inside, and what comes behind.
        let code = if call.1.is_empty() && call.2.starts_with("{%") { lines.as_str() } else { code };
        files.push(nest(call, code));
        let (name, what, mut bytes) = nest(call, "a");
        bytes.extend_from_slice(lines.as_bytes());
        files.push((name, format!("{what}, and then a call"), bytes));
    }
    files.extend(DATA.iter().map(|(data, core)| nest(data, core)));
    files
        .extend(BINARY.iter().map(|(name, begin, open, core)| (*name, open.escape_ascii().to_string(), [*begin, &open.repeat(DEEP), core].concat())));
    files.extend(MESSAGES.iter().map(|(name, around, circle)| {
        let tags: Vec<&[u8]> = around.iter().copied().chain(circle.iter().copied().cycle().take(DEEP)).collect();
        (*name, format!("{circle:02x?}"), messages(tags.iter()))
    }));
    let mut wrong = Vec::new();
    for (name, what, bytes) in sample(&files, DEEP_SAMPLE) {
        let before = memory::mark();
        let (facts, report) = judge(name, &bytes);
        let held = memory::most_since(before).saturating_sub(bytes.len());
        let formats = &facts.inputs[0].formats;
        if !facts.done || !facts.errors.is_empty() || held > MEMORY {
            wrong.push(format!("{name}, {what}: {:?}, {held} bytes held", facts.errors));
        }
        // What is in it is found, or it is said that not all was read.
        if formats.is_empty() || matches!(report.verdict, Verdict::Clean | Verdict::Skipped) {
            wrong.push(format!("{name}, {what}: read as {formats:?}, {:?}", report.verdict));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
