//! Symbols: a graph as JSON.
//!
//! ```text
//! { "nodes": [ { "op", "name", "attrs"?, "param"?, "inputs": [[node, output, version]], "subgraphs"? } ], "arg_nodes": [node], "heads": [[…]],
//!   "attrs": {…} }
//! ```
//! The op of an input or parameter is "null". Inputs are nodes that stand before.

use crate::limits;
use weighbridge_parse_json::{Kind, Limits, Reader};
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop};

/// A node while it is read.
#[derive(Default)]
struct Node {
    at: u64,
    op: String,
    op_length: u64,
    args: Vec<String>,
}

struct Walk<'i, 'h> {
    input: &'i Input<'h>,
    texts: usize,
    faults: u64,
    nodes: u64,
}

impl Walk<'_, '_> {
    fn text(&mut self, role: &str, text: &str, length: u64, at: u64) -> Result<(), Stop> {
        if could_be_code(text) {
            self.texts += 1;
            if self.texts <= limits::TEXTS {
                self.input.emit(&Fact::new("text").text("role", role).text_cut("value", text, length).at(at, length))?;
            }
        }
        Ok(())
    }

    fn fault(&mut self, detail: &'static str, expected: &str, found: &str, at: u64) -> Result<(), Stop> {
        self.faults += 1;
        if self.faults <= limits::FAULTS {
            let fact = Fact::anomaly("mxnet-symbol").text("detail", detail).text("expected", expected).text("found", found);
            self.input.emit(&fact.at(at, 0))?;
        }
        Ok(())
    }

    fn node(&mut self, node: &Node, end: u64) -> Result<(), Stop> {
        self.nodes += 1;
        if node.op == "null" {
            return Ok(());
        }
        let length = end - node.at;
        if node.op_length > limits::OPERATOR as u64 {
            let (expected, found) = (format!("at most {} characters", limits::OPERATOR), node.op_length.to_string());
            self.fault("an operator's name of that length", &expected, &found, node.at)?;
        }
        let fact = Fact::new("operator").text("framework", "mxnet").text("domain", "").text("op", &node.op);
        let fact = if node.args.is_empty() { fact } else { fact.texts("args", &node.args, 0) };
        self.input.emit(&fact.at(node.at, length))?;
        Ok(())
    }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut reader = Reader::with(input, 0, u64::MAX, Limits { text: limits::NAME, ..Limits::default() });
    let mut walk = Walk { input, texts: 0, faults: 0, nodes: 0 };
    // Keys of the containers that are open, and the nodes among them by depth.
    let mut keys: Vec<String> = Vec::new();
    let mut key = String::new();
    let mut nodes: Vec<(u64, Node)> = Vec::new();
    loop {
        let token = reader.next()?;
        match token.kind {
            Kind::End => break,
            Kind::BeginObject | Kind::BeginArray => {
                if token.kind == Kind::BeginObject && keys.last().is_some_and(|last| last == "nodes") && nodes.len() < 64 {
                    nodes.push((token.depth, Node { at: token.at, ..Node::default() }));
                }
                // Deeper than any graph keys are of no interest.
                if keys.len() < 64 {
                    keys.push(key.clone());
                }
            }
            Kind::EndObject | Kind::EndArray => {
                keys.truncate(usize::try_from(token.depth).unwrap_or(usize::MAX));
                key = keys.last().cloned().unwrap_or_default();
                if let Some((_, node)) = nodes.pop_if(|(depth, _)| *depth == token.depth) {
                    walk.node(&node, token.end())?;
                }
            }
            Kind::Key => {
                key.clear();
                key.push_str(reader.text());
                walk.text("name", reader.text(), reader.text_len(), token.at)?;
            }
            Kind::String => {
                let (text, length) = (reader.text(), reader.text_len());
                let within = keys.last().map_or("", String::as_str);
                if let Some((_, node)) = nodes.last_mut() {
                    match (key.as_str(), within) {
                        ("op", _) => {
                            node.op = text.to_owned();
                            node.op_length = length;
                        }
                        (name, "attrs" | "param" | "attr") if node.args.len() < limits::ARGUMENTS => {
                            let value = &text[..text.floor_char_boundary(text.len().min(256))];
                            node.args.push(format!("{name}={value}"));
                        }
                        _ => {}
                    }
                }
                let role = if key == "name" { "name" } else { "parameter" };
                walk.text(role, text, length, token.at)?;
            }
            Kind::Number => {
                // The first number of an input is a node that stands before this one.
                if key == "inputs" && !nodes.is_empty() || key == "arg_nodes" {
                    let number: f64 = reader.text().parse().unwrap_or(f64::NAN);
                    if !(0.0..4_294_967_296.0).contains(&number) {
                        let found = reader.text().to_owned();
                        walk.fault("the number of a node", "a number from 0 on", &found, token.at)?;
                    }
                }
            }
            Kind::Bool(_) | Kind::Null => {}
        }
    }
    input.region(Region::Structure, 0, input.size())?;
    let count = walk.nodes.to_string();
    input.emit(&Fact::new("metadata").text("key", "mxnet.nodes").text("value", &count).at(0, 0))?;
    for (code, issue) in reader.issues().anomalies() {
        input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
    }
    if reader.issues().faults() > 0 { Err(Failure::Malformed) } else { Ok(()) }
}
