//! The manifest of a package: which file is the model, and where the others are.
//!
//! ```text
//! { "fileFormatVersion": "1.0.0", "itemInfoEntries": { id: { "author", "description", "name", "path" } }, "rootModelIdentifier": id }
//! ```
//! Paths are relative to the folder `Data` beside the manifest.

use weighbridge_parse_json::{Bounds, Node, Tree};
use weighbridge_parse_strings::{could_be_code, leads_out};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region};

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let (tree, issues) = Tree::read(input, &Bounds::default())?;
    input.region(Region::Structure, 0, input.size())?;
    let entries: Vec<&Node> = tree.root.members().iter().filter(|member| member.key == "itemInfoEntries").map(|member| &member.node).collect();
    for item in entries.iter().flat_map(|entries| entries.members()) {
        for member in item.node.members() {
            let Some(text) = member.node.as_str() else { continue };
            let place = |fact: Fact<'_>| input.emit(&fact.at(member.node.at, member.node.length)).map(drop);
            if member.key == "path" {
                let target = format!("Data/{text}");
                place(Fact::new("reference").text("role", "external-data").text("target", &target))?;
                if leads_out(text) {
                    place(Fact::anomaly("outside-root").text("detail", "an item of a package").text("target", text))?;
                }
            } else if could_be_code(text) {
                place(Fact::new("text").text("role", "metadata").text("value", text))?;
            }
        }
    }
    let root = tree.root.get("rootModelIdentifier").and_then(Node::as_str);
    let known = root.is_some_and(|root| entries.iter().any(|entries| entries.get(root).is_some()));
    let mut broken = issues.faults() > 0;
    for (code, issue) in issues.anomalies() {
        input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
    }
    if !known {
        let found = root.unwrap_or("none");
        input.emit(&Fact::anomaly("missing-target").text("expected", "an item for the root model").text("found", found).at(0, 0))?;
        broken = true;
    }
    if tree.cut {
        input.emit(&Fact::anomaly("limit-size").text("detail", "a manifest larger than is kept").at(0, input.size()))?;
        return Err(Failure::Unsupported);
    }
    if broken { Err(Failure::Malformed) } else { Ok(()) }
}
