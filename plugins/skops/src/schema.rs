//! The walk over a schema, and what each node does.

use crate::limits;
use crate::node::Node;
use weighbridge_parse_json::{Code, Kind, Reader};
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop};

/// Keys of a node whose texts are its own, not constants of the object.
const OWN: [&str; 12] =
    ["__module__", "__class__", "__loader__", "node_type", "func", "function", "module_path", "type", "file", "__id__", "protocol", "_skops_version"];

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut reader = Reader::new(input);
    let mut open: Vec<Node> = Vec::new();
    // Keys under which the arrays that are open stand, by depth.
    let mut keys: Vec<String> = Vec::new();
    let mut key = String::new();
    let mut deep = 0u64;
    let mut texts = 0;
    loop {
        let token = reader.next()?;
        match token.kind {
            Kind::End => break,
            Kind::BeginObject if open.len() >= limits::DEPTH || deep > 0 => deep += 1,
            Kind::BeginObject => {
                open.push(Node::new(token.at, &key));
                keys.push(std::mem::take(&mut key));
            }
            Kind::EndObject if deep > 0 => deep -= 1,
            Kind::EndObject => {
                if let Some(node) = open.pop() {
                    report(input, &node, token.end())?;
                    if let Some(outer) = open.last_mut() {
                        outer.absorb(node);
                    }
                }
                key = keys.pop().unwrap_or_default();
            }
            Kind::Key => {
                key.clear();
                key.push_str(
                    &reader.text()[..reader.text().floor_char_boundary(limits::NAME.min(reader.text_len() as usize).min(reader.text().len()))],
                );
            }
            Kind::String => {
                let text = reader.text();
                if key == "file" {
                    // Arrays lie beside the schema, under their number.
                    input.emit(&Fact::new("reference").text("role", "external-data").text("target", text).at(token.at, token.length))?;
                }
                if matches!(key.as_str(), "_skops_version" | "protocol") && open.len() == 1 {
                    input.emit(&Fact::new("metadata").text("key", "skops.version").text("value", text).at(token.at, token.length))?;
                }
                if let Some(node) = open.last_mut() {
                    node.text(&key, text);
                    if !OWN.contains(&key.as_str()) {
                        node.constant(text);
                        if could_be_code(text) && texts < limits::TEXTS {
                            texts += 1;
                            let fact = Fact::new("text").text("role", "parameter").text_cut("value", text, reader.text_len());
                            input.emit(&fact.at(token.at, token.length))?;
                        }
                    }
                }
            }
            Kind::Number => {
                let text = reader.text();
                if let Some(node) = open.last_mut().filter(|_| !OWN.contains(&key.as_str())) {
                    node.constant(text);
                }
            }
            Kind::BeginArray | Kind::EndArray | Kind::Bool(_) | Kind::Null => {}
        }
    }
    for (code, issue) in reader.issues().anomalies() {
        input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
    }
    // What the schema breaks off in was said up to there.
    while let Some(node) = open.pop() {
        report(input, &node, reader.end())?;
        if let Some(outer) = open.last_mut() {
            outer.absorb(node);
        }
    }
    input.region(Region::Structure, 0, input.size())?;
    if reader.issues().count(Code::Depth) > 0 {
        return Err(Failure::Unsupported);
    }
    if reader.issues().faults() > 0 { Err(Failure::Malformed) } else { Ok(()) }
}

/// What a loader does with a node.
fn report(input: &Input<'_>, node: &Node, end: u64) -> Result<(), Stop> {
    let length = end.saturating_sub(node.at);
    if node.loaders.is_empty() && (node.classes.is_empty() || node.modules.is_empty()) {
        return Ok(());
    }
    let none = [String::new()];
    let or_none = |list: &'_ [String]| if list.is_empty() { none.to_vec() } else { list.to_vec() };
    for loader in or_none(&node.loaders) {
        for module in or_none(&node.modules) {
            for class in or_none(&node.classes) {
                one(input, node, &loader, &module, &class, length)?;
            }
        }
    }
    Ok(())
}

fn one(input: &Input<'_>, node: &Node, loader: &str, module: &str, class: &str, length: u64) -> Result<(), Stop> {
    let place = |fact: Fact<'_>| input.emit(&fact.at(node.at, length)).map(drop);
    let global = |module: &str, name: &str| {
        place(Fact::new("global").text("module", module).text("name", name).text("opcode", loader).text("resolved", "exact"))
    };
    if !(class.is_empty() && module.is_empty()) {
        global(module, class)?;
    }
    let call = |module: &str, name: &str| {
        let text = format!("{module}.{name}({})", node.constants.join(", "));
        let fact = Fact::new("call").text("module", module).text("name", name).text("opcode", loader).text("resolved", "exact");
        place(fact.texts("args", &node.constants, 0).text("text", &text))
    };
    match loader {
        // The module that the node names is not looked at: before 0.12 an audit went by it all the same (CVE-2025-54412).
        "OperatorFuncNode" => {
            let name = if class.is_empty() { node.attribute.as_deref().unwrap_or("") } else { class };
            call("operator", name)?;
            if !module.is_empty() && !matches!(module, "operator" | "_operator") {
                let found = format!("{module}.{class}");
                place(Fact::anomaly("header-mismatch").text("detail", "skops-operator").text("expected", "operator").text("found", &found))?;
            }
        }
        // Before 0.12 the class that an audit looked at need not be the object's (CVE-2025-54413).
        "MethodNode" => {
            let (object_module, object_class) = node.object.clone().unwrap_or_else(|| (module.to_owned(), class.to_owned()));
            let attribute = node.attribute.as_deref().unwrap_or("");
            let name = format!("{object_class}.{attribute}");
            global(&object_module, name.trim_matches('.'))?;
            if !class.is_empty() && (object_module.as_str(), object_class.as_str()) != (module, class) && node.object.is_some() {
                let (expected, found) = (format!("{module}.{class}"), format!("{object_module}.{object_class}"));
                place(Fact::anomaly("header-mismatch").text("detail", "skops-method").text("expected", &expected).text("found", &found))?;
            }
        }
        "FunctionNode" => {
            if let (Some(module), Some(function)) = (&node.module_path, &node.attribute) {
                global(module, function)?;
            }
        }
        "ConstructorFromReduceNode" => call(module, class)?,
        "NdArrayNode" if node.array.as_deref() == Some("json") => call(module, class)?,
        _ => {}
    }
    Ok(())
}
