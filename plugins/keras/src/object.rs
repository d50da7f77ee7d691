//! One object of a configuration, as the callable that it names, its code, and what it loads from elsewhere.

use crate::walk::Walk;
use crate::{code, encoded, limits};
use weighbridge_parse_json::{self as json, Kind, Reader};
use weighbridge_sdk::{Fact, Stop};

/// A string of the configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    /// As far as it is kept.
    pub text: String,
    /// Bytes of the whole.
    pub full: u64,
    /// Where its quote stands, and what it takes.
    pub at: u64,
    pub length: u64,
}

impl Text {
    /// It begins like base64.
    pub fn is_encoded(&self) -> bool {
        self.full >= limits::ENCODED && encoded::begins(&self.text)
    }
}

/// A string that may matter once the class is known.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub key: String,
    pub text: Text,
    /// How many objects it was handed up through.
    pub levels: u8,
    /// It is the key's value, and not an item of a list there.
    pub direct: bool,
    /// It begins like base64.
    pub encoded: bool,
}

/// What an object says of itself. Of two values of one key Python takes the last; none is passed over.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub classes: Vec<Text>,
    pub modules: Vec<Text>,
    pub registered: Vec<Text>,
    specs: Vec<Text>,
    config: Option<Text>,
    /// What the configuration calls it.
    pub name: String,
    pub items: Vec<Item>,
}

/// Values of one key that are kept.
const REPEATED: usize = 8;

impl Said {
    /// Takes a value that names the object; the answer is whether it was one.
    pub fn take(&mut self, key: &str, text: &Text) -> bool {
        let list = match key {
            "class_name" => &mut self.classes,
            // A layer of PyTorch keeps its whole module under this key.
            "module" if !text.is_encoded() => &mut self.modules,
            "registered_name" => &mut self.registered,
            "spec_name" => &mut self.specs,
            "config" if !text.is_encoded() => {
                self.config = Some(text.clone());
                return true;
            }
            _ => return false,
        };
        if list.len() < REPEATED {
            list.push(text.clone());
        }
        true
    }

    /// What stands in an object that has no class.
    pub fn into_items(self) -> Vec<Item> {
        let named = |key: &'static str| move |text: Text| Item { key: key.into(), text, levels: 0, direct: true, encoded: false };
        let modules = self.modules.into_iter().filter(|text| !text.text.is_empty()).map(named("module"));
        self.items.into_iter().chain(modules).chain(self.config.into_iter().map(named("config"))).collect()
    }
}

/// An object that has a class.
pub(crate) struct Object {
    pub at: u64,
    pub length: u64,
    pub said: Said,
}

/// Keys whose strings are code, or the name of a function.
const FUNCTIONS: [&str; 12] =
    ["function", "code", "value", "output_shape", "mask", "fn", "func", "fn_name", "function_name", "callable", "forward", "call"];

/// Keys whose strings are looked for on disk or on the network, whatever they look like.
const PATHS: [&str; 14] = [
    "vocabulary",
    "vocabulary_file",
    "vocab_file",
    "merges",
    "merges_file",
    "proto",
    "filepath",
    "file_path",
    "filename",
    "handle",
    "saved_model_path",
    "model_path",
    "directory",
    "idf_weights",
];

/// Keys whose strings are so where they look like it.
const PERHAPS_PATHS: [&str; 8] = ["path", "url", "origin", "weights", "preset", "load_weights", "weights_path", "asset"];

/// Whether the strings of a key are kept until the class is known.
pub(crate) fn is_wanted(key: &str) -> bool {
    FUNCTIONS.contains(&key)
        || PATHS.contains(&key)
        || PERHAPS_PATHS.contains(&key)
        || key.ends_with("_module")
        || matches!(key, "node_def" | "op" | "module")
}

/// Classes that stand for values of Python.
const VALUES: [&str; 7] = ["__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__tuple__", "__dict__"];

/// Says what an object is.
pub(crate) fn declare(walk: &mut Walk<'_, '_>, object: &Object) -> Result<(), Stop> {
    walk.tree.note(object);
    let said = &object.said;
    let module = said.modules.last().map_or("", |text| text.text.as_str());
    let registered = said.registered.last().map_or("", |text| text.text.as_str());
    let mut parent = 0;
    for class in &said.classes {
        parent = match class.text.as_str() {
            value if VALUES.contains(&value) => continue,
            "function" => {
                let name = said.config.as_ref().map_or(registered, |config| config.text.as_str());
                layer(walk, object, module, name, registered, "function")?
            }
            "__lambda__" => layer(walk, object, module, "__lambda__", registered, "lambda")?,
            "__typespec__" => {
                let name = said.specs.last().map_or("", |text| text.text.as_str());
                layer(walk, object, module, name, registered, "class")?
            }
            class => layer(walk, object, module, class, registered, "class")?,
        };
        // A loader that does not find the class in its module looks for this name.
        let named = !module.is_empty() && !registered.is_empty() && !registered.contains('>') && registered != class.text;
        if named && !matches!(class.text.as_str(), "function") {
            layer(walk, object, module, registered, registered, "class")?;
        }
    }
    // A module that is repeated names another callable.
    for other in said.modules.iter().rev().skip(1).filter(|other| !other.text.is_empty() && other.text != module) {
        let class = said.classes.last().map_or("", |text| text.text.as_str());
        layer(walk, object, &other.text, class, registered, "class")?;
    }
    items(walk, object, parent, module)
}

fn layer(walk: &Walk<'_, '_>, object: &Object, module: &str, class: &str, registered: &str, form: &str) -> Result<u64, Stop> {
    let fact = Fact::new("layer").text("framework", "keras").text_if("module", module).text("class", class);
    walk.input().emit(&fact.text_if("registered_name", registered).text("form", form).at(object.at, object.length))
}

/// The last part of a class's name: `Custom>Lambda`, `keras.layers.Lambda`.
fn plain(class: &str) -> &str {
    class.rsplit(['>', '.']).next().unwrap_or(class)
}

fn items(walk: &mut Walk<'_, '_>, object: &Object, parent: u64, module: &str) -> Result<(), Stop> {
    let said = &object.said;
    let is = |name: &str| said.classes.iter().any(|class| plain(&class.text) == name);
    let lambda = is("Lambda") || is("__lambda__");
    // The module in a configuration is that of its function.
    let inner: Vec<&str> = said.items.iter().filter(|item| is_module(&item.key)).map(|item| item.text.text.as_str()).collect();
    for module in inner.iter().filter(|module| !is_own(module)) {
        layer(walk, object, module, "", "", "module")?;
    }
    let mut modules: Vec<&str> = inner.iter().copied().chain([module]).filter(|module| !module.is_empty() && *module != "__main__").collect();
    modules.dedup();
    // Those whose names code can use without an import.
    let foreign: Vec<&str> = modules.iter().copied().filter(|module| !is_own(module)).collect();
    for item in &said.items {
        let key = item.key.as_str();
        let text = item.text.text.as_str();
        if is("TFOpLambda") && key == "function" {
            // A name of TensorFlow's interface in Python, and no operator of a graph.
            let (within, name) = text.rsplit_once('.').unwrap_or(("", text));
            let module = if within.is_empty() { "tensorflow".to_owned() } else { format!("tensorflow.{within}") };
            layer(walk, object, &module, name, "", "function")?;
        } else if is("TensorFlowOpLayer") && matches!(key, "op" | "node_def") {
            for op in operators(key, text)? {
                walk.input()
                    .emit(&Fact::new("operator").text("framework", "tensorflow").text("op", &op).parent(parent).at(item.text.at, item.text.length))?;
            }
        } else if FUNCTIONS.contains(&key) {
            function(walk, object, item, parent, lambda, (&modules, &foreign))?;
        } else if item.encoded {
            walk.child(&item.text, key, parent)?;
        } else if item.direct && is_path(key, &item.text) {
            let role = if text.contains("://") { "url" } else { "path" };
            let fact = Fact::new("reference").text("role", role).text("mechanism", key).text("target", text);
            walk.input().emit(&fact.parent(parent).at(item.text.at, item.text.length))?;
        }
    }
    Ok(())
}

/// A string where a function should be: its code, or its name in one of the modules that the object names.
fn function(
    walk: &mut Walk<'_, '_>,
    object: &Object,
    item: &Item,
    parent: u64,
    lambda: bool,
    (modules, foreign): (&[&str], &[&str]),
) -> Result<(), Stop> {
    let (key, text) = (item.key.as_str(), item.text.text.as_str());
    if (lambda || item.encoded || matches!(key, "function" | "code")) && code::look(walk, item, parent, foreign)? {
        return Ok(());
    }
    if item.encoded {
        walk.child(&item.text, key, parent)?;
        return if lambda && !is_shape(key) { unread(walk, item) } else { Ok(()) };
    }
    if is_name(text) {
        for module in modules {
            layer(walk, object, module, text, "", "function")?;
        }
        if text.contains('.') {
            layer(walk, object, "", text, "", "function")?;
        }
    }
    Ok(())
}

fn unread(walk: &mut Walk<'_, '_>, item: &Item) -> Result<(), Stop> {
    walk.unread = true;
    let fact = Fact::anomaly("unsupported").text("detail", "code of a function that is of no known version").text("target", &item.key);
    walk.input().emit(&fact.at(item.text.at, item.text.length)).map(|_| ())
}

fn is_shape(key: &str) -> bool {
    matches!(key, "output_shape" | "value")
}

fn is_module(key: &str) -> bool {
    key == "module" || key.ends_with("_module")
}

/// Where functions of the model's own program come from: nothing is imported for them.
fn is_own(module: &str) -> bool {
    module.is_empty() || module == "__main__" || module.split('.').next().is_some_and(|root| matches!(root, "keras" | "tf_keras" | "tensorflow"))
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
        && !text.starts_with(|c: char| c.is_numeric())
}

fn is_path(key: &str, text: &Text) -> bool {
    let (value, looks) = (text.text.as_str(), |c: &str| c.contains("://") || c.contains(['/', '\\']));
    !value.is_empty() && text.full <= limits::PATH && (PATHS.contains(&key) || PERHAPS_PATHS.contains(&key) && looks(value))
}

/// Operators of a graph's node: its name, or the node as JSON in a string.
fn operators(key: &str, text: &str) -> Result<Vec<String>, Stop> {
    if key == "op" {
        return Ok(vec![text.to_owned()]);
    }
    let mut found = Vec::new();
    if !json::probe(&text.as_bytes(), 0)? {
        return Ok(found);
    }
    let mut reader = Reader::new(text.as_bytes());
    let mut named = false;
    loop {
        match reader.next()?.kind {
            Kind::End => return Ok(found),
            Kind::Key => named = reader.text() == "op",
            Kind::String if named && found.len() < REPEATED => found.push(reader.text().to_owned()),
            _ => {}
        }
    }
}
