//! Files that are nested without end.

use super::{DEEP_SAMPLE, MEMORY, sample};
use crate::memory;
use crate::support::judge;
use weighbridge_core::report::Verdict;

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
    ("model.pkl", b"\x80\x02", b"](K\x01", b""),
    ("model.npy", b"\x93NUMPY\x02\0\x60\xea\0\0{'descr': ", b"[", b"]"),
    ("model.pyc", b"\xcb\r\r\n\0\0\0\0\0\0\0\0\0\0\0\0", b")\x01", b"N"),
];

/// Tables of Lua, each the key of the only entry of the one around it. Each has a number of its own: one that came before would be a reference back.
fn tables(deep: usize) -> Vec<u8> {
    let table = |index: usize| [3, u32::try_from(index).unwrap(), 1].map(u32::to_le_bytes).concat();
    (1..=deep).flat_map(table).collect()
}

/// A file's name, what it begins with, the tags of what is around the circle, and those of the circle.
type Circle = (&'static str, &'static [u8], &'static [&'static [u8]], &'static [&'static [u8]]);

/// Messages within messages: the tags of what is around them, those of the circle, and a format's name for a file.
const MESSAGES: &[Circle] = &[
    // ModelProto.graph, then GraphProto.node, NodeProto.attribute, AttributeProto.g.
    ("model.onnx", b"", &[b"\x3a"], &[b"\x0a", b"\x2a", b"\x32"]),
    // SavedModel.meta_graphs, MetaGraphDef.graph_def, GraphDef.node, NodeDef.attr, then its value, AttrValue.func, NameAttrList.attr.
    ("saved_model.pb", b"", &[b"\x12", b"\x12", b"\x0a", b"\x2a"], &[b"\x12", b"\x52", b"\x12"]),
    // Model.specificationVersion, then Model.pipeline, Pipeline.models.
    ("model.mlmodel", b"\x08\x04", &[], &[b"\xd2\x0c", b"\x0a"]),
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
    files.push(("model.t7", "tables in tables".into(), tables(DEEP)));
    files.extend(MESSAGES.iter().map(|(name, begin, around, circle)| {
        let tags: Vec<&[u8]> = around.iter().copied().chain(circle.iter().copied().cycle().take(DEEP)).collect();
        (*name, format!("{circle:02x?}"), [begin, messages(tags.iter()).as_slice()].concat())
    }));
    let mut wrong = Vec::new();
    for (name, what, bytes) in sample(&files, DEEP_SAMPLE, files.len()) {
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
