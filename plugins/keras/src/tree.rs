//! The objects of a configuration as a tree, for those who inspect it: each as it stands in what it is a part of.

use crate::limits;
use crate::object::Object;
use weighbridge_sdk::{Input, Stop};

struct Node {
    at: u64,
    end: u64,
    class: String,
    name: String,
    module: String,
    registered: String,
}

/// Objects in the order in which they end.
#[derive(Default)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
    left_out: u64,
}

impl Tree {
    /// An object that has a class ended.
    pub fn note(&mut self, object: &Object) {
        if self.nodes.len() >= limits::TREE {
            self.left_out += 1;
            return;
        }
        let said = &object.said;
        let last = |list: &[crate::object::Text]| {
            let text = list.last().map_or("", |text| text.text.as_str());
            text[..text.floor_char_boundary(limits::NAMED.min(text.len()))].to_owned()
        };
        self.nodes.push(Node {
            at: object.at,
            end: object.at.saturating_add(object.length),
            class: last(&said.classes),
            name: said.name.clone(),
            module: last(&said.modules),
            registered: last(&said.registered),
        });
    }

    /// Lists them in the order in which they begin, each below what it lies in.
    pub fn list(mut self, input: &Input<'_>) -> Result<(), Stop> {
        if self.nodes.is_empty() {
            return Ok(());
        }
        let Some(table) = input.table("layers", &["class", "name", "module", "registered name"])? else { return Ok(()) };
        self.nodes.sort_by_key(|node| (node.at, std::cmp::Reverse(node.end)));
        let mut around: Vec<u64> = Vec::new();
        for node in &self.nodes {
            while around.last().is_some_and(|end| *end <= node.at) {
                around.pop();
            }
            let cells = [node.class.as_str(), &node.name, &node.module, &node.registered];
            // What lies in it has rows of its own: this one speaks of its beginning.
            table.row(node.at, 1, around.len() as u64, &cells)?;
            around.push(node.end);
        }
        match self.left_out {
            0 => Ok(()),
            more => table.row(0, 0, 0, &[&format!("({more} more)"), "", "", ""]),
        }
    }
}
