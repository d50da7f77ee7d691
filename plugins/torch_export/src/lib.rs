//! Programs of PyTorch that no Python is needed for: exported ones (`.pt2`), whose graph is JSON in an archive, and mobile modules as FlatBuffers.
//!
//! Schema: <https://github.com/pytorch/pytorch/blob/main/torch/_export/serde/schema.yaml>. What loads it:
//! <https://github.com/pytorch/pytorch/blob/main/torch/_export/serde/serialize.py>. The archive is `zip`'s, weights and constants are archives or pickles within.
//!
//! A node's target is looked up by its path, from the module that the path begins with on, and called when the program runs. Symbolic numbers are texts, which
//! sympy evaluates when the program is loaded.

mod limits;
mod mobile;

use std::collections::BTreeSet;
use weighbridge_parse_json::{self as json, Kind, Reader, Trail};
use weighbridge_parse_python as python;
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, abi, format, kinds, magic_at, read_up_to, strs};

/// Names of files in an archive that are a program.
const NAMES: [&str; 2] = ["serialized_exported_program.json", "model.json"];

/// Functions of `operator` and `math` that compute: what else is in them takes attributes, calls methods.
const PLAIN: [&str; 40] = [
    "abs", "add", "and_", "ceil", "cos", "cosh", "eq", "exp", "floor", "floordiv", "ge", "getitem", "gt", "index", "inv", "invert", "is_", "is_not",
    "le", "log", "log2", "lshift", "lt", "mod", "mul", "ne", "neg", "not_", "or_", "pos", "pow", "rshift", "sin", "sinh", "sqrt", "sub", "tan",
    "tanh", "truediv", "trunc",
];

/// The place of mobile modules in the list of formats.
const MOBILE: u32 = 1;

struct TorchExport;

impl Scanner for TorchExport {
    const ABOUT: About = About {
        id: "torch_export",
        name: "Exported and mobile programs of PyTorch",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("torch-export", "PyTorch exported program", abi::FORMAT_PROBE_ALWAYS, &[], strs!["pt2", "json"]),
            &format("torch-mobile", "PyTorch mobile module (FlatBuffer)", 0, &[magic_at(4, b"PTMF")], strs!["ptl", "ff"]),
        ],
        kinds: kinds! {
            "operator" => ["framework", "domain", "op"],
            "call" => ["module", "name", "opcode", "resolved", "args_omitted"],
            "code" => ["language", "names", "text", "runs"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("torch-export", "every node of the graph and those within it: operators, targets; expressions, texts", ""),
        weighbridge_sdk::reads(
            "torch-mobile",
            "every value and function: operators, whether indices stay within the tables, sources, files; storages are passed over",
            "",
        ),
    ];

    fn new() -> Self {
        TorchExport
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, 8)?;
        if head.ends_with(b"PTMF") && head.len() == 8 {
            return Ok(Probe::certain(0).of(MOBILE));
        }
        if input.carved() {
            return Ok(Probe::NO);
        }
        let keys = json::keys(input, ["graph_module", "opset_version", "range_constraints", "schema_version"])?;
        let found = keys.map_or(0, |keys| keys.iter().filter(|found| **found).count());
        Ok(match found {
            0 => Probe::NO,
            // A name that a loader goes by, in an archive.
            1 if NAMES.contains(&input.name()) && !input.encoding().is_empty() => Probe::certain(0),
            1 => Probe::NO,
            _ => Probe::certain(0),
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        if u32::try_from(input.format()) == Ok(MOBILE) { mobile::scan(input) } else { program(input) }
    }
}

/// What has been said.
#[derive(Default)]
struct Said {
    targets: BTreeSet<String>,
    texts: BTreeSet<String>,
    cut: bool,
}

/// ```text
/// { "graph_module": { "graph": { "nodes": [{ "target": "torch.ops.aten.add.Tensor", "inputs": [{ "arg": { "as_string" | "as_expr" | "as_graph": … } }] }] } },
///   "opset_version": …, "range_constraints": …, "schema_version": … }
/// ```
fn program(input: &Input<'_>) -> Result<(), Failure> {
    let mut reader = Reader::new(input);
    let mut trail = Trail::new();
    let mut said = Said::default();
    loop {
        let token = reader.next()?;
        trail.follow(&token, reader.text());
        let length = token.end() - token.at;
        match token.kind {
            Kind::End => break,
            Kind::String => match (trail.above(0), trail.above(1)) {
                (Some("target"), Some("nodes")) => target(input, reader.text(), &mut said, (token.at, length))?,
                // Guards are put together to a function, which is called before the program.
                (Some("expr_str" | "guards_code"), _) => expression(input, reader.text(), &mut said, (token.at, length))?,
                (Some("as_string" | "as_strings"), _) if could_be_code(reader.text()) => {
                    text(input, reader.text(), &mut said, (token.at, length))?;
                }
                _ => {}
            },
            _ => {}
        }
    }
    input.region(Region::Structure, 0, input.size())?;
    let faults: Vec<_> = reader.issues().list().iter().filter(|issue| issue.code.is_fault()).collect();
    for issue in faults.iter().take(limits::FAULTS) {
        let fact = Fact::anomaly(issue.code.anomaly().unwrap_or("invalid")).text("detail", issue.code.as_str()).text("expected", issue.expected);
        input.emit(&fact.text("found", &issue.found).at(issue.at, 0))?;
    }
    if said.cut {
        input.emit(&Fact::anomaly("limit-facts").text("detail", "operators or texts that were not told"))?;
        return Err(Failure::Unsupported);
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Malformed) }
}

fn target(input: &Input<'_>, path: &str, said: &mut Said, (at, length): (u64, u64)) -> Result<(), Stop> {
    if said.targets.len() >= limits::OPERATORS {
        said.cut |= !said.targets.contains(path);
        return Ok(());
    }
    if !said.targets.insert(path.to_owned()) {
        return Ok(());
    }
    if let Some((domain, op)) = path.strip_prefix("torch.ops.").and_then(|rest| rest.split_once('.')) {
        let fact = Fact::new("operator").text("framework", "torch-export").text("domain", domain).text("op", op);
        return input.emit(&fact.at(at, length)).map(drop);
    }
    let Some((module, name)) = path.split_once('.') else { return Ok(()) };
    if matches!(module, "operator" | "_operator" | "math") && PLAIN.contains(&name) || module == "torch" && name.starts_with("sym_") {
        return Ok(());
    }
    // Its arguments are tensors and constants of the graph.
    let fact = Fact::new("call").text("module", module).text("name", name).text("opcode", "target").text("resolved", "exact");
    input.emit(&fact.u64("args_omitted", 1).at(at, length)).map(drop)
}

/// Symbols, numbers and functions of sympy are plain; what has texts, attributes or items is told, with the names that it uses.
fn expression(input: &Input<'_>, expression: &str, said: &mut Said, (at, length): (u64, u64)) -> Result<(), Stop> {
    let attribute = expression.split('.').skip(1).any(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '_'));
    if !(attribute || expression.contains(['\'', '"', '[', '{', ':', ';']) || expression.contains("__")) {
        return Ok(());
    }
    if said.texts.len() >= limits::TEXTS {
        said.cut = true;
        return Ok(());
    }
    if !said.texts.insert(expression.to_owned()) {
        return Ok(());
    }
    let read = python::read(expression);
    let shown = &expression[..expression.floor_char_boundary(limits::TEXT.min(expression.len()))];
    let fact = Fact::new("code").text("language", "python-source").texts("names", &read.import.list, read.import.total);
    input.emit(&fact.text_cut("text", shown, expression.len() as u64).text("runs", "load").at(at, length)).map(drop)
}

fn text(input: &Input<'_>, value: &str, said: &mut Said, (at, length): (u64, u64)) -> Result<(), Stop> {
    if said.texts.len() >= limits::TEXTS {
        said.cut = true;
        return Ok(());
    }
    if said.texts.insert(value.to_owned()) {
        let shown = &value[..value.floor_char_boundary(limits::TEXT.min(value.len()))];
        input.emit(&Fact::new("text").text("role", "parameter").text_cut("value", shown, value.len() as u64).at(at, length))?;
    }
    Ok(())
}

weighbridge_sdk::export!(weighbridge_plugin_torch_export = TorchExport);
