//! Manifests of TorchServe's archives: `MAR-INF/MANIFEST.json` says which code serves the model.
//!
//! Format: <https://github.com/pytorch/serve/blob/master/model-archiver/README.md>. The archive is `zip`'s, the code `python`'s.
//!
//! ```text
//! { "runtime": "python", "model": { "modelName", "modelVersion", "handler", "serializedFile"?, "modelFile"?, "extraFiles"?,
//!   "requirementsFile"?, "configFile"? }, "archiverVersion" }
//! ```

use weighbridge_parse_json::{self as json, Bounds, Node, Tree, Value};
use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, abi, format, kinds, strs};

/// Files named in one manifest.
const FILES: usize = 256;

struct Mar;

impl Scanner for Mar {
    const ABOUT: About = About {
        id: "mar",
        name: "TorchServe archives",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("mar-manifest", "TorchServe manifest", abi::FORMAT_PROBE_ALWAYS, &[], strs!["mar", "json"])],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "reference" => ["role", "target"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("mar-manifest", "the whole manifest: handler, files, runtime", "")];

    fn new() -> Self {
        Mar
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        // A manifest lies in an archive; its name there is one that many things have.
        if input.carved() || !input.name().eq_ignore_ascii_case("manifest.json") {
            return Ok(Probe::NO);
        }
        // The model, and a key of the model.
        let keys = json::keys(input, ["model", "handler", "serializedFile", "modelFile", "modelName"])?;
        Ok(if keys.is_some_and(|[model, of_model @ ..]| model && of_model.contains(&true)) { Probe::certain(0) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let (Tree { root, cut }, issues) = Tree::read(input, &Bounds::default())?;
        for key in ["runtime", "archiverVersion"] {
            if let Some(value) = root.get(key).and_then(Node::as_str) {
                metadata(input, &format!("mar.{key}"), value, &root)?;
            }
        }
        for member in root.members().iter().filter(|member| member.key == "model") {
            model(input, &member.node)?;
        }
        input.region(Region::Structure, 0, input.size())?;
        for (code, issue) in issues.anomalies() {
            input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
        }
        if cut {
            input.emit(&Fact::anomaly("limit-size").text("detail", "a manifest larger than is kept").at(0, input.size()))?;
            return Err(Failure::Unsupported);
        }
        if issues.faults() > 0 { Err(Failure::Malformed) } else { Ok(()) }
    }
}

fn metadata(input: &Input<'_>, key: &str, value: &str, node: &Node) -> Result<(), Stop> {
    input.emit(&Fact::new("metadata").text("key", key).text("value", value).at(node.at, node.length))?;
    Ok(())
}

/// What the model is made of. Names are relative to the folder above the manifest's.
fn model(input: &Input<'_>, model: &Node) -> Result<(), Stop> {
    let mut left = FILES;
    for member in model.members() {
        let (key, node) = (member.key.as_str(), &member.node);
        let texts: Vec<&str> = match &node.value {
            Value::String(text, _) => vec![text],
            Value::Array(items) => items.iter().filter_map(Node::as_str).collect(),
            _ => continue,
        };
        for text in texts {
            match key {
                "handler" => {
                    metadata(input, "mar.handler", text, node)?;
                    // `file.py:function`, a file without its extension, or a handler that TorchServe brings along.
                    let file = text.split_once(':').map_or(text, |(file, _)| file);
                    if file.ends_with(".py") || file.contains(['/', '\\']) {
                        file_of(input, file, node, &mut left)?;
                    }
                }
                "serializedFile" | "modelFile" | "requirementsFile" | "configFile" | "sourceVocab" => file_of(input, text, node, &mut left)?,
                "extraFiles" => {
                    for file in text.split(',') {
                        file_of(input, file.trim(), node, &mut left)?;
                    }
                }
                "modelName" => metadata(input, "mar.model", text, node)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn file_of(input: &Input<'_>, file: &str, node: &Node, left: &mut usize) -> Result<(), Stop> {
    if file.is_empty() || *left == 0 {
        return Ok(());
    }
    *left -= 1;
    let absolute = file.starts_with(['/', '\\']) || file.as_bytes().get(1) == Some(&b':');
    let target = if absolute { file.to_owned() } else { format!("../{file}") };
    input.emit(&Fact::new("reference").text("role", "external-data").text("target", &target).at(node.at, node.length))?;
    Ok(())
}

weighbridge_sdk::export!(weighbridge_plugin_mar = Mar);
