//! A model as a tree of keys and values, whatever it is written in.
//!
//! ```text
//! { "version": […], "learner": { "attributes": {…}, "feature_names": […], "learner_model_param": {…}, "objective": {…},
//!   "gradient_booster": { "name": "gbtree", "model": { "gbtree_model_param": { "num_trees" }, "tree_info": […], "trees": [ tree… ] } } } }
//! ```

use crate::limits;
use crate::tree::Tree;
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Fact, Input, ReadAt, Stop};

/// What a value is.
pub(crate) enum Value<'v> {
    Text(&'v str, u64),
    Number(f64),
    Other,
}

/// Takes keys and values as they come.
pub(crate) struct Model<'i, 'h> {
    input: &'i Input<'h>,
    /// Keys of the containers that are open; "" in an array.
    path: Vec<String>,
    depth: usize,
    key: String,
    tree: Option<(usize, Tree)>,
    trees: u64,
    /// A list of trees is there: a configuration by itself says their number, and has none.
    listed: bool,
    declared: Option<u64>,
    texts: usize,
    faults: u64,
    features: Option<u64>,
}

impl<'i, 'h> Model<'i, 'h> {
    pub fn new(input: &'i Input<'h>) -> Self {
        Model {
            input,
            path: Vec::new(),
            depth: 0,
            key: String::new(),
            tree: None,
            trees: 0,
            listed: false,
            declared: None,
            texts: 0,
            faults: 0,
            features: None,
        }
    }

    fn inside(&self, key: &str) -> bool {
        self.path.last().is_some_and(|last| last == key)
    }

    /// A container begins, as the value of the last key.
    pub fn begin(&mut self, at: u64) {
        // An object in the list of trees is a tree.
        if self.tree.is_none() && self.inside("trees") && self.depth <= limits::LEVELS {
            self.tree = Some((self.depth, Tree::new(at)));
        }
        self.listed |= self.key == "trees";
        self.depth += 1;
        if self.path.len() < limits::LEVELS {
            self.path.push(self.key.clone());
        }
    }

    pub fn end(&mut self, at: u64) -> Result<(), Stop> {
        self.depth = self.depth.saturating_sub(1);
        if self.depth < limits::LEVELS {
            self.path.truncate(self.depth);
        }
        if let Some((_, tree)) = self.tree.take_if(|(depth, _)| *depth >= self.depth) {
            self.trees += 1;
            self.check(&tree, at)?;
        }
        // What follows in an array stands under its key.
        self.key = self.path.last().cloned().unwrap_or_default();
        Ok(())
    }

    pub fn key(&mut self, key: &str, at: u64) -> Result<(), Stop> {
        self.key.clear();
        self.key.push_str(&key[..key.floor_char_boundary(key.len().min(128))]);
        if could_be_code(key) {
            self.text("name", key, key.len() as u64, at)?;
        }
        Ok(())
    }

    /// Whether the numbers of the array that is open are wanted.
    pub fn wants(&self) -> bool {
        self.tree.is_some() && Tree::wants(&self.key)
    }

    pub fn value(&mut self, value: Value<'_>, at: u64) -> Result<(), Stop> {
        let number = match &value {
            Value::Number(number) => Some(*number),
            Value::Text(text, _) => text.parse().ok(),
            Value::Other => None,
        };
        if let (Some((_, tree)), Some(number)) = (&mut self.tree, number) {
            tree.number(&self.key, number);
        }
        match (self.key.as_str(), number) {
            ("num_trees", Some(number)) if number >= 0.0 => self.declared = Some(number as u64),
            ("num_feature", Some(number)) if self.inside("learner_model_param") && number >= 0.0 => self.features = Some(number as u64),
            _ => {}
        }
        let Value::Text(text, length) = value else { return Ok(()) };
        if matches!((self.key.as_str(), self.path.last().map(String::as_str)), ("name", Some("objective" | "gradient_booster"))) {
            let key = format!("xgboost.{}", self.path.last().map_or("", String::as_str));
            self.input.emit(&Fact::new("metadata").text("key", &key).text("value", text).at(at, self.extent(at, length)))?;
        }
        if could_be_code(text) {
            self.text("parameter", text, length, at)?;
        }
        Ok(())
    }

    pub fn text(&mut self, role: &str, text: &str, length: u64, at: u64) -> Result<(), Stop> {
        self.texts += 1;
        if self.texts <= limits::TEXTS {
            self.input.emit(&Fact::new("text").text("role", role).text_cut("value", text, length).at(at, self.extent(at, length)))?;
        }
        Ok(())
    }

    /// Text may be longer than its bytes, where these are not UTF-8: it ends with the input at the latest.
    fn extent(&self, at: u64, length: u64) -> u64 {
        length.min(self.input.size().saturating_sub(at))
    }

    /// What is wrong with a tree: each kind once, with how often it comes.
    pub fn check(&mut self, tree: &Tree, at: u64) -> Result<(), Stop> {
        for fault in tree.faults() {
            self.faults += 1;
            if self.faults <= limits::FAULTS {
                let fact = Fact::anomaly("xgboost-tree").text("detail", fault.what).text("expected", &fault.expected).text("found", &fault.found);
                self.input.emit(&fact.at(tree.at, at.saturating_sub(tree.at)))?;
            }
        }
        Ok(())
    }

    pub fn finish(&self, at: u64) -> Result<(), Stop> {
        let trees = self.trees.to_string();
        self.input.emit(&Fact::new("metadata").text("key", "xgboost.trees").text("value", &trees).at(0, 0))?;
        if let Some(declared) = self.declared.filter(|declared| self.listed && *declared != self.trees) {
            let expected = format!("{declared} trees, as num_trees says");
            let fact = Fact::anomaly("size-mismatch").text("detail", "xgboost-trees").text("expected", &expected).text("found", &trees);
            self.input.emit(&fact.at(0, at))?;
        }
        if self.texts > limits::TEXTS {
            let found = format!("{} more", self.texts - limits::TEXTS);
            self.input.emit(&Fact::anomaly("limit-facts").text("detail", "texts that were not handed on").text("found", &found).at(0, 0))?;
        }
        Ok(())
    }

    /// Whether something was left out.
    pub fn is_cut(&self) -> bool {
        self.texts > limits::TEXTS
    }
}
