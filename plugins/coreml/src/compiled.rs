//! What a compiled model (`.mlmodelc`, a folder) holds: the program as text (`model.mil`), or a network in JSON (`model.espresso.net`), and a description in
//! a form that is not public (`coremldata.bin`), of which the texts are read.
//!
//! The text form of programs: <https://apple.github.io/coremltools/docs-guides/source/model-intermediate-language.html>. As the compiler writes it:
//!
//! ```text
//! program = "program" "(" version ")" [ attributes ] "{" function* "}"
//! operation = type name "=" operator "(" arguments ")" [ attributes ] ";"
//! value   = type "(" … | BLOBFILE(path = type("@model_path/weights/weight.bin"), offset = type(uint64(64))) ")"
//! network = { "storage": file, "layers": [ { "type", "name", "bottom", "top", … } ], "format_version": 200 }
//! ```

use crate::limits;
use weighbridge_parse_json::{Bounds, Node, Tree};
use weighbridge_parse_strings::{could_be_code, leads_out};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop, read_up_to};

/// Whether bytes begin the text of a program.
pub(crate) fn is_program(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    text.starts_with(b"program(") && text.iter().take(32).any(|byte| *byte == b')')
}

struct Say<'i, 'h> {
    input: &'i Input<'h>,
    facts: usize,
    told: Vec<String>,
}

impl Say<'_, '_> {
    fn emit(&mut self, fact: Fact<'_>, at: u64, length: u64) -> Result<(), Stop> {
        self.facts += 1;
        if self.facts > limits::TEXTS { Ok(()) } else { self.input.emit(&fact.at(at, length)).map(drop) }
    }

    fn operator(&mut self, domain: &str, op: &str, at: u64) -> Result<(), Stop> {
        let known = format!("{domain} {op}");
        if self.told.len() >= limits::TEXTS || self.told.contains(&known) {
            return Ok(());
        }
        self.told.push(known);
        self.emit(Fact::new("operator").text("framework", "coreml").text("domain", domain).text("op", op), at, op.len() as u64)
    }

    fn file(&mut self, name: &str, at: u64, what: &str) -> Result<(), Stop> {
        let target = name.strip_prefix("@model_path/").unwrap_or(name);
        if self.told.len() >= limits::TEXTS || self.told.iter().any(|told| told == target) {
            return Ok(());
        }
        self.told.push(target.to_owned());
        self.emit(Fact::new("reference").text("role", "path").text("target", target), at, name.len() as u64)?;
        if leads_out(target) {
            self.emit(Fact::anomaly("outside-root").text("detail", what).text("target", target), at, name.len() as u64)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str, at: u64) -> Result<(), Stop> {
        if !could_be_code(text) {
            return Ok(());
        }
        let cut = &text[..text.floor_char_boundary(limits::TEXT.min(text.len()))];
        self.emit(Fact::new("text").text("role", "metadata").text_cut("value", cut, text.len() as u64), at, text.len() as u64)
    }

    fn end(&self) -> Result<(), Failure> {
        if self.facts <= limits::TEXTS {
            return Ok(());
        }
        let found = format!("{} more", self.facts - limits::TEXTS);
        self.input.emit(&Fact::anomaly("limit-facts").text("found", &found).at(0, 0))?;
        Err(Failure::Unsupported)
    }
}

pub(crate) fn program(input: &Input<'_>) -> Result<(), Failure> {
    let bytes = read_up_to(input, 0, limits::PROGRAM)?;
    let size = input.size();
    input.region(Region::Payload, 0, size)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut say = Say { input, facts: 0, told: Vec::new() };
    let mut at = 0;
    let mut polled = 0;
    for line in text.split_inclusive('\n') {
        let here = at;
        at += line.len();
        if at - polled >= 32 << 10 {
            polled = at;
            input.poll(1_000)?;
        }
        if let Some((before, after)) = line.split_once(" = ") {
            let op: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')).collect();
            if !op.is_empty() && after[op.len()..].starts_with('(') {
                let place = (here + before.len() + 3) as u64;
                say.operator(if op.starts_with("custom") { "custom-layer" } else { "mil" }, &op, place.min(size))?;
            }
        }
        // Strings, and the one that names a file of weights.
        let mut blob = false;
        let mut rest = 0;
        while let Some(open) = line[rest..].find('"').map(|found| rest + found) {
            blob |= line[rest..open].contains("BLOBFILE(");
            let close = line[open + 1..].find('"').map_or(line.len(), |found| open + 1 + found);
            let (value, place) = (&line[open + 1..close], ((here + open + 1) as u64).min(size));
            if std::mem::take(&mut blob) {
                say.file(value, place, "weights")?;
            } else {
                say.text(value, place)?;
            }
            rest = (close + 1).min(line.len());
        }
    }
    if (bytes.len() as u64) < size {
        let (expected, found) = (limits::PROGRAM.to_string(), size.to_string());
        input.emit(&Fact::anomaly("limit-size").text("expected", &expected).text("found", &found).at(bytes.len() as u64, 0))?;
        return Err(Failure::Unsupported);
    }
    say.end()
}

pub(crate) fn network(input: &Input<'_>) -> Result<(), Failure> {
    let (tree, issues) = Tree::read(input, &Bounds::default())?;
    input.region(Region::Structure, 0, input.size())?;
    let mut say = Say { input, facts: 0, told: Vec::new() };
    if let Some((storage, node)) = tree.root.get("storage").and_then(|node| Some((node.as_str()?, node))) {
        say.file(storage, node.at, "weights")?;
    }
    let layers = tree.root.get("layers").map(Node::items).unwrap_or_default();
    for layer in layers {
        let text = |key: &str| layer.get(key).and_then(Node::as_str);
        let Some(kind) = text("type") else { continue };
        if kind == "custom" {
            say.operator("custom-layer", text("class_name").or(text("custom_layer_class")).or(text("name")).unwrap_or(""), layer.at)?;
        } else {
            say.operator("espresso", kind, layer.at)?;
        }
        for member in layer.members() {
            if let Some(text) = member.node.as_str() {
                say.text(text, member.node.at)?;
            }
        }
    }
    for (code, issue) in issues.anomalies() {
        input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
    }
    if tree.cut {
        input.emit(&Fact::anomaly("limit-size").text("detail", "a network larger than is kept").at(0, input.size()))?;
        return Err(Failure::Unsupported);
    }
    if issues.faults() > 0 { Err(Failure::Malformed) } else { say.end() }
}

pub(crate) fn description(input: &Input<'_>) -> Result<(), Failure> {
    let mut say = Say { input, facts: 0, told: Vec::new() };
    input.region(Region::Payload, 0, input.size())?;
    weighbridge_parse_strings::runs(input, 0, limits::DESCRIPTION, limits::SHORTEST, |run| say.text(run.text, run.at))?;
    say.end()
}
