//! LightGBM's models: text, one `key=value` to a line.
//!
//! Format: `src/boosting/gbdt_model_text.cpp` and `Tree::ToString` in `src/io/tree.cpp` of <https://github.com/microsoft/LightGBM>.
//!
//! ```text
//! tree
//! version=v4  num_class=…  max_feature_idx=…  feature_names=…  tree_sizes=…
//! Tree=0
//! num_leaves=4  split_feature=…  threshold=…  left_child=…  right_child=…  leaf_value=…  …
//! end of trees
//! parameters:
//! [boosting: gbdt]
//! …
//! end of parameters
//! pandas_categorical:null
//! ```
//! Children are nodes from 0 on, or leaves as `-1 - leaf`. The library follows them as they are (CVE-2024-43598 is of that kind).

mod limits;
mod lines;
mod tree;

use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, contains, format, kinds, magic, read_up_to, strs};

struct LightGbm;

impl Scanner for LightGbm {
    const ABOUT: About = About {
        id: "lightgbm",
        name: "LightGBM models",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("lightgbm", "LightGBM model (text)", 0, &[magic(b"tree\n"), magic(b"tree\r")], strs!["lgb", "lightgbm"])],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("lightgbm", "the header, the parameters and the counts of each tree", "")];

    fn new() -> Self {
        LightGbm
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, limits::PROBE)?;
        let known = [&b"\nversion="[..], b"\nnum_class=", b"\nmax_feature_idx="].iter().any(|word| contains(&head, word));
        let named = input.name().rsplit_once('.').is_some_and(|(_, extension)| matches!(extension, "lgb" | "lightgbm"));
        Ok(match () {
            () if input.carved() => Probe::NO,
            () if known => Probe::certain(0),
            () if named => Probe::possible(0),
            () => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        lines::scan(input)
    }
}

weighbridge_sdk::export!(weighbridge_plugin_lightgbm = LightGbm);
