//! CatBoost's models (`.cbm`): a FlatBuffer of trees behind a magic and a size, and tables for categories behind it.
//!
//! Schema: `catboost/libs/model/flatbuffers/model.fbs` of <https://github.com/catboost/catboost>.
//!
//! ```text
//! file = "CBM1" size:u32 core:[u8; size] parts
//! core = { 0: format version, 1: trees, 2: [{ 0: key, 1: value }], 3: [names of parts] }
//! parts = tables of categories ("static_provider_v1") = count:size (length:size [u8; length])*          size = u32, or 0xffffffff and u64
//! trees = { 0: dimension, 1: splits, 2: sizes, 3: offsets into the splits, …, 8: values of leaves, …, 10: nodes that are not symmetric }
//! ```
//! Nothing in it runs. Parameters are texts, offsets are followed by the native library.

mod limits;
mod model;

use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, format, kinds, magic, strs};

struct CatBoost;

impl Scanner for CatBoost {
    const ABOUT: About = About {
        id: "catboost",
        name: "CatBoost models",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("catboost", "CatBoost model", 0, &[magic(b"CBM1")], strs!["cbm"])],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("catboost", "the header, the description of the model and its texts; the trees are passed over", "")];

    fn new() -> Self {
        CatBoost
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        // Four bytes are not enough where a model may have been cut out of other bytes.
        let size = input.array::<8>(0)?.map_or(0, |head| u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        Ok(if input.carved() && u64::from(size) + 8 > weighbridge_sdk::ReadAt::size(input) { Probe::NO } else { Probe::certain(0) })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        model::scan(input)
    }
}

weighbridge_sdk::export!(weighbridge_plugin_catboost = CatBoost);
