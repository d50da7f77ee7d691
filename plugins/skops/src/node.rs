//! One node while it is read.

use crate::limits;

/// What is known of a JSON object, which may be a node.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Where it begins.
    pub at: u64,
    /// The key in the object around it under which it stands, or that its array stands under.
    pub key: String,
    /// `__module__`, `__class__`, `__loader__`, each as often as it stands there: of two, readers differ in which they take.
    pub modules: Vec<String>,
    pub classes: Vec<String>,
    pub loaders: Vec<String>,
    /// `func` of a method, `function` and `module_path` of old functions.
    pub attribute: Option<String>,
    pub module_path: Option<String>,
    /// `type` of an array: numpy or json.
    pub array: Option<String>,
    /// What a method is taken from.
    pub object: Option<(String, String)>,
    /// Constants in it and below it, rendered.
    pub constants: Vec<String>,
}

impl Node {
    pub fn new(at: u64, key: &str) -> Self {
        Node { at, key: key.to_owned(), ..Node::default() }
    }

    /// A text under one of its keys.
    pub fn text(&mut self, key: &str, text: &str) {
        let name = text[..text.floor_char_boundary(limits::NAME.min(text.len()))].to_owned();
        let add = |list: &mut Vec<String>, name: String| {
            if list.len() < limits::REPEATED {
                list.push(name);
            }
        };
        match key {
            "__module__" => add(&mut self.modules, name),
            "__class__" => add(&mut self.classes, name),
            "__loader__" | "node_type" => add(&mut self.loaders, name),
            "func" | "function" => self.attribute = Some(name),
            "module_path" => self.module_path = Some(name),
            "type" => self.array = Some(name),
            _ => {}
        }
    }

    pub fn constant(&mut self, text: &str) {
        if self.constants.len() < limits::CONSTANTS {
            self.constants.push(text[..text.floor_char_boundary(limits::CONSTANT.min(text.len()))].to_owned());
        }
    }

    /// Takes over from an object within it what belongs to this one.
    pub fn absorb(&mut self, inner: Node) {
        for constant in inner.constants {
            self.constant(&constant);
        }
        if inner.loaders.is_empty() && inner.key == "content" {
            // `content` of a method holds its name and its object.
            self.attribute = self.attribute.take().or(inner.attribute);
            self.module_path = self.module_path.take().or(inner.module_path);
            self.object = self.object.take().or(inner.object);
        } else if inner.key == "obj" {
            let first = |list: Vec<String>| list.into_iter().next().unwrap_or_default();
            self.object = Some((first(inner.modules), first(inner.classes)));
        }
    }
}
