//! The binary format, which XGBoost read until version 3.1: structs as they lay in memory, low byte first.
//!
//! ```text
//! model = ["binf"] learner:136 name gbm trees tree_info [attributes]
//! name  = length:u64 bytes                     of the objective, then of the booster
//! gbm   = num_trees:i32 … :160                 tree = num_roots num_nodes num_deleted max_depth num_feature size_leaf_vector:i32 … :148
//!                                                     nodes: (parent left right:i32 feature:u32 value:f32) each, statistics: 16 bytes each
//! ```

use crate::limits;
use crate::model::Model;
use crate::tree::Tree;
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop, Window};

const LEARNER: u64 = 136;
const BOOSTER: u64 = 160;
const TREE: u64 = 148;
const NODE: u64 = 20;
const STATISTICS: u64 = 16;

/// Names that follow the learner's parameters, by their beginnings.
const OBJECTIVES: [&[u8]; 7] = [b"reg:", b"binary:", b"multi:", b"rank:", b"survival:", b"count:", b"gpu:"];

/// Names are a few words; attributes may be longer.
const NAME: u64 = 256;

pub(crate) fn is_binary(head: &[u8]) -> bool {
    if head.starts_with(b"bs64\t") {
        return true;
    }
    let head = head.strip_prefix(b"binf").unwrap_or(head);
    let at = LEARNER as usize;
    let length = head.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
    length > 3 && length < NAME && head.get(at + 8..).is_some_and(|name| OBJECTIVES.iter().any(|objective| name.starts_with(objective)))
}

enum Error {
    Stop(Stop),
    Broken { at: u64, code: &'static str, expected: &'static str, found: String },
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        Error::Stop(stop)
    }
}

struct Reader<'i, 'h> {
    input: &'i Input<'h>,
    window: Window<&'i Input<'h>>,
    at: u64,
}

impl Reader<'_, '_> {
    fn truncated(&self, expected: &'static str) -> Error {
        Error::Broken { at: self.at, code: "truncated", expected, found: "the end of the file".into() }
    }

    fn array<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], Error> {
        let bytes = self.window.array::<N>(self.at)?.ok_or_else(|| self.truncated(expected))?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn i32(&mut self, expected: &'static str) -> Result<i32, Error> {
        Ok(i32::from_le_bytes(self.array(expected)?))
    }

    fn skip(&mut self, bytes: u64, expected: &'static str) -> Result<(), Error> {
        self.at = self.at.checked_add(bytes).filter(|end| *end <= self.window.size()).ok_or_else(|| self.truncated(expected))?;
        Ok(())
    }

    fn string(&mut self, expected: &'static str) -> Result<String, Error> {
        let length = u64::from_le_bytes(self.array(expected)?);
        let keep = usize::try_from(length).unwrap_or(limits::TEXT).min(limits::TEXT);
        let bytes = self.window.at(self.at, keep)?;
        let text = String::from_utf8_lossy(&bytes[..keep.min(bytes.len())]).into_owned();
        self.skip(length, expected)?;
        Ok(text)
    }

    fn read(&mut self, model: &mut Model<'_, '_>) -> Result<(), Error> {
        if self.window.at(0, 4)?.starts_with(b"binf") {
            self.at = 4;
        }
        let start = self.at;
        // base_score:f32 num_feature:u32 num_class:i32 contain_extra_attrs:i32 contain_eval_metrics:i32 …
        let _base_score = self.i32("the learner's parameters")?;
        let _features = self.i32("the learner's parameters")?;
        let _classes = self.i32("the learner's parameters")?;
        let attributes = self.i32("the learner's parameters")?;
        let metrics = self.i32("the learner's parameters")?;
        self.at = start;
        self.skip(LEARNER, "the learner's parameters")?;
        let objective = self.string("the objective's name")?;
        let booster = self.string("the booster's name")?;
        for (key, value) in [("xgboost.objective", &objective), ("xgboost.gradient_booster", &booster)] {
            self.input.emit(&Fact::new("metadata").text("key", key).text("value", value).at(start + LEARNER, 0))?;
        }
        if booster == "gblinear" {
            // Weights to the end: numbers alone.
            return Ok(());
        }
        let trees = self.i32("the booster's parameters")?;
        self.skip(BOOSTER - 4, "the booster's parameters")?;
        let at = self.at;
        let trees =
            u64::try_from(trees).map_err(|_| Error::Broken { at, code: "invalid", expected: "the number of trees", found: trees.to_string() })?;
        for _ in 0..trees {
            self.tree(model)?;
        }
        self.skip(trees.saturating_mul(4), "the class of each tree")?;
        if booster == "dart" && trees > 0 {
            let weights = u64::from_le_bytes(self.array("the number of weights")?);
            self.skip(weights.saturating_mul(4), "a weight for each tree")?;
        }
        if attributes != 0 && self.at < self.window.size() {
            let count = u64::from_le_bytes(self.array("the number of attributes")?);
            for _ in 0..count.saturating_mul(2) {
                self.text(model, "an attribute")?;
            }
        }
        if metrics != 0 && self.at < self.window.size() {
            let count = u64::from_le_bytes(self.array("the number of metrics")?);
            for _ in 0..count {
                self.text(model, "a metric's name")?;
            }
        }
        Ok(())
    }

    fn text(&mut self, model: &mut Model<'_, '_>, expected: &'static str) -> Result<(), Error> {
        self.input.poll(1)?;
        let at = self.at;
        let text = self.string(expected)?;
        if could_be_code(&text) {
            model.text("parameter", &text, text.len() as u64, at)?;
        }
        Ok(())
    }

    fn tree(&mut self, model: &mut Model<'_, '_>) -> Result<(), Error> {
        const EXPECTED: &str = "a tree";
        let start = self.at;
        let _roots = self.i32(EXPECTED)?;
        let nodes = self.i32(EXPECTED)?;
        let _deleted = self.i32(EXPECTED)?;
        let _depth = self.i32(EXPECTED)?;
        let features = self.i32(EXPECTED)?;
        self.at = start;
        self.skip(TREE, EXPECTED)?;
        let at = self.at;
        let count = u64::try_from(nodes).ok().filter(|count| *count > 0);
        let count = count.ok_or(Error::Broken { at, code: "invalid", expected: "the number of a tree's nodes", found: nodes.to_string() })?;
        let mut tree = Tree::new(start);
        for node in 0..count {
            if node % limits::POLL == 0 {
                self.input.poll(limits::POLL.min(count))?;
            }
            let _parent = self.i32("a node")?;
            let (left, right) = (self.i32("a node")?, self.i32("a node")?);
            let split = u32::from_le_bytes(self.array("a node")?);
            let _value = self.i32("a node")?;
            // The highest bit says which way missing values go.
            tree.node(left, right, split & 0x7fff_ffff);
        }
        debug_assert_eq!(self.at - at, count * NODE);
        self.skip(count * STATISTICS, "the statistics of a tree's nodes")?;
        tree.sized(nodes.into(), features.into());
        model.check(&tree, self.at)?;
        Ok(())
    }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    if input.array::<5>(0)? == Some(*b"bs64\t") {
        input.region(Region::Opaque, 0, size)?;
        input.emit(&Fact::anomaly("unsupported").text("detail", "a model in base64, as XGBoost wrote it to consoles").at(0, 5))?;
        return Err(Failure::Unsupported);
    }
    let mut model = Model::new(input);
    let mut reader = Reader { input, window: Window::new(input, limits::WINDOW), at: 0 };
    let result = reader.read(&mut model);
    let end = reader.at.min(size);
    input.region(Region::Structure, 0, end)?;
    match result {
        Ok(()) => {
            // Weights, or a prediction buffer of older versions.
            input.region(Region::Payload, end, size - end)?;
            Ok(())
        }
        Err(Error::Stop(stop)) => Err(Failure::Stop(stop)),
        Err(Error::Broken { at, code, expected, found }) => {
            input.emit(&Fact::anomaly(code).text("expected", expected).text("found", &found).at(at.min(size), 0))?;
            input.region(Region::Opaque, end, size - end)?;
            Err(Failure::Malformed)
        }
    }
}
