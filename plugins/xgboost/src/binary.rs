//! The binary format, which XGBoost read until version 3.1: structs as they lay in memory, low byte first.
//!
//! ```text
//! model = ["binf"] learner:136 name gbm trees tree_info [attributes] [metrics]
//! name  = length:u64 bytes                     of the objective, then of the booster
//! gbm   = num_trees:i32 … num_pbuffer:i64 … :160                 gbm of gblinear = parameters:136 count:u64 weights
//!                                              tree = num_roots num_nodes num_deleted max_depth num_feature size_leaf_vector:i32 … :148
//!                                                     nodes: (parent left right:i32 feature:u32 value:f32) each, statistics: 16 bytes each
//! ```

use crate::limits;
use crate::model::Model;
use crate::tree::Tree;
use weighbridge_parse_strings::{could_be_code, runs};
use weighbridge_sdk::{Child, Cursor, Fact, Failure, Found, Input, ReadAt, Region, Stop, Taken};

const LEARNER: u64 = 136;
const BOOSTER: u64 = 160;
const LINEAR: u64 = 136;
const TREE: u64 = 148;
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

struct Reader<'i, 'h> {
    input: &'i Input<'h>,
    cursor: Cursor<&'i Input<'h>>,
    /// Predictions may follow, as versions before 0.6 kept them.
    buffered: bool,
}

impl Reader<'_, '_> {
    fn string(&mut self, expected: &'static str) -> Result<Taken, Failure> {
        let length = self.cursor.u64_le(expected)?;
        self.cursor.take(length, limits::TEXT, expected)
    }

    fn read(&mut self, model: &mut Model<'_, '_>) -> Result<(), Failure> {
        const PARAMETERS: &str = "the learner's parameters";
        if self.input.array::<4>(0)? == Some(*b"binf") {
            self.cursor.skip(4, "the magic")?;
        }
        let start = self.cursor.offset();
        // base_score:f32 num_feature:u32 num_class:i32 contain_extra_attrs:i32 contain_eval_metrics:i32 …
        self.cursor.skip(12, PARAMETERS)?;
        let (attributes, metrics) = (self.cursor.i32_le(PARAMETERS)?, self.cursor.i32_le(PARAMETERS)?);
        self.cursor.skip(LEARNER - 20, PARAMETERS)?;
        let (objective, booster) = (self.string("the objective's name")?.text(), self.string("the booster's name")?.text());
        for (key, value) in [("xgboost.objective", &objective), ("xgboost.gradient_booster", &booster)] {
            self.input.emit(&Fact::new("metadata").text("key", key).text("value", value).at(start + LEARNER, 0))?;
        }
        if booster == "gblinear" {
            self.cursor.skip(LINEAR, "the booster's parameters")?;
            let weights = self.cursor.u64_le("the number of weights")?;
            self.cursor.skip(weights.saturating_mul(4), "the weights")?;
        } else {
            self.trees(&booster, model)?;
        }
        if attributes != 0 {
            let count = self.cursor.u64_le("the number of attributes")?;
            self.texts(count.saturating_mul(2), model, "an attribute")?;
        }
        if metrics != 0 {
            let count = self.cursor.u64_le("the number of metrics")?;
            self.texts(count, model, "a metric's name")?;
        }
        Ok(())
    }

    fn trees(&mut self, booster: &str, model: &mut Model<'_, '_>) -> Result<(), Failure> {
        let count = self.cursor.i32_le("the booster's parameters")?;
        self.cursor.skip(12, "the booster's parameters")?;
        self.buffered = self.cursor.u64_le("the booster's parameters")? != 0;
        self.cursor.skip(BOOSTER - 24, "the booster's parameters")?;
        let at = self.cursor.offset();
        let trees = u64::try_from(count).map_err(|_| self.cursor.invalid(at, "the number of trees", Found::Signed(count.into())))?;
        for _ in 0..trees {
            self.tree(model)?;
        }
        self.cursor.skip(trees.saturating_mul(4), "the class of each tree")?;
        if booster == "dart" && trees > 0 {
            let weights = self.cursor.u64_le("the number of weights")?;
            self.cursor.skip(weights.saturating_mul(4), "a weight for each tree")?;
        }
        Ok(())
    }

    fn texts(&mut self, count: u64, model: &mut Model<'_, '_>, expected: &'static str) -> Result<(), Failure> {
        for _ in 0..count {
            self.input.poll(1)?;
            let at = self.cursor.offset();
            let text = self.string(expected)?.text();
            if could_be_code(&text) {
                model.text("parameter", &text, text.len() as u64, at)?;
            }
        }
        Ok(())
    }

    fn tree(&mut self, model: &mut Model<'_, '_>) -> Result<(), Failure> {
        const EXPECTED: &str = "a tree";
        let start = self.cursor.offset();
        let _roots = self.cursor.i32_le(EXPECTED)?;
        let nodes = self.cursor.i32_le(EXPECTED)?;
        let _deleted = self.cursor.i32_le(EXPECTED)?;
        let _depth = self.cursor.i32_le(EXPECTED)?;
        let features = self.cursor.i32_le(EXPECTED)?;
        self.cursor.skip(TREE - 20, EXPECTED)?;
        let at = self.cursor.offset();
        let count = u64::try_from(nodes).ok().filter(|count| *count > 0);
        let count = count.ok_or_else(|| self.cursor.invalid(at, "the number of a tree's nodes", Found::Signed(nodes.into())))?;
        let mut tree = Tree::new(start);
        for _ in 0..count {
            let _parent = self.cursor.i32_le("a node")?;
            let (left, right) = (self.cursor.i32_le("a node")?, self.cursor.i32_le("a node")?);
            let split = self.cursor.u32_le("a node")?;
            let _value = self.cursor.i32_le("a node")?;
            // The highest bit says which way missing values go.
            tree.node(left, right, split & 0x7fff_ffff);
        }
        self.cursor.skip(count * STATISTICS, "the statistics of a tree's nodes")?;
        tree.sized(nodes.into(), features.into());
        Ok(model.check(&tree, self.cursor.offset())?)
    }
}

/// Texts where the format was broken, or where it has ended: no loader takes them for what they are.
fn rest(input: &Input<'_>, from: u64) -> Result<(), Stop> {
    runs(input, from, from.saturating_add(limits::REST), limits::SHORTEST, |run| {
        if could_be_code(run.text) {
            input.emit(&Fact::new("text").text("role", "unread").text("value", run.text).at(run.at, run.length))?;
        }
        Ok(())
    })
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    if input.array::<5>(0)? == Some(*b"bs64\t") {
        input.region(Region::Opaque, 0, size)?;
        input.emit(&Fact::anomaly("unsupported").text("detail", "a model in base64, as XGBoost wrote it to consoles").at(0, 5))?;
        return Err(Failure::Unsupported);
    }
    let mut model = Model::new(input);
    let mut reader = Reader { input, cursor: Cursor::new(input), buffered: false };
    let result = reader.read(&mut model);
    if let Err(Failure::Stop(stop)) = result {
        return Err(Failure::Stop(stop));
    }
    let end = reader.cursor.offset();
    input.region(Region::Structure, 0, end)?;
    match result {
        Ok(()) if reader.buffered => input.region(Region::Payload, end, size - end)?,
        Ok(()) if end < size => {
            let found = format!("{} bytes", size - end);
            input.emit(&Fact::anomaly("trailing-data").text("found", &found).at(end, size - end))?;
            input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, end, size - end) })?;
            rest(input, end)?;
        }
        Ok(()) => {}
        Err(_) => {
            input.region(Region::Opaque, end, size - end)?;
            rest(input, end)?;
        }
    }
    result
}
