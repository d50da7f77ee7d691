//! XGBoost's models: JSON, UBJSON, and the binary format before them.
//!
//! <https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html> with its JSON schema; UBJSON: <https://ubjson.org/>; the binary format:
//! `src/learner.cc`, `src/gbm/gbtree_model.h` and `src/tree/tree_model.cc` before version 3.1.
//!
//! Nothing in a model runs. What there is to see are trees whose links lead elsewhere than to their own nodes, which the native library follows
//! unchecked, and texts that somebody may evaluate.

mod binary;
mod json;
mod limits;
mod model;
mod tree;
mod ubjson;

use weighbridge_parse_json as parse_json;
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, contains, format, kinds, magic, read_up_to, strs};

struct XGBoost;

/// Formats, in the order of [`Scanner::ABOUT`].
const JSON: u32 = 0;
const UBJSON: u32 = 1;
const BINARY: u32 = 2;

fn extension<'n>(input: &Input<'n>) -> &'n str {
    input.name().rsplit_once('.').map_or("", |(_, extension)| extension)
}

impl Scanner for XGBoost {
    const ABOUT: About = About {
        id: "xgboost",
        name: "XGBoost models",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("xgboost-json", "XGBoost model (JSON)", abi::FORMAT_PROBE_ALWAYS, &[], strs!["json"]),
            &format("xgboost-ubjson", "XGBoost model (UBJSON)", 0, &[magic(b"{")], strs!["ubj"]),
            &format("xgboost-binary", "XGBoost model (binary, before 2.1)", 0, &[magic(b"binf"), magic(b"bs64")], strs!["bst", "deprecated"]),
        ],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("xgboost-binary", "the header, parameters and attributes; trees are passed over", ""),
        weighbridge_sdk::reads("xgboost-json", "parameters, attributes, and the structure of every tree", ""),
        weighbridge_sdk::reads("xgboost-ubjson", "parameters, attributes, and the structure of every tree", ""),
    ];

    fn new() -> Self {
        XGBoost
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        let head = read_up_to(input, 0, limits::PROBE)?;
        if binary::is_binary(&head) {
            return Ok(Probe::certain(0).of(BINARY));
        }
        if ubjson::begins(&head) {
            let model = contains(&head, b"learner") || contains(&head, b"gradient_booster");
            return Ok(match () {
                () if model => Probe::certain(0).of(UBJSON),
                () if extension(input).eq_ignore_ascii_case("ubj") => Probe::likely(0).of(UBJSON),
                () => Probe::NO,
            });
        }
        if parse_json::keys(input, ["learner", "gradient_booster"])?.is_some_and(|found| found.contains(&true)) {
            return Ok(Probe::certain(0).of(JSON));
        }
        // What is called one, and does not begin like one, breaks its format.
        Ok(if extension(input).eq_ignore_ascii_case("ubj") && head.first() == Some(&b'{') { Probe::possible(0).of(UBJSON) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        match input.format() as u32 {
            JSON => json::scan(input),
            UBJSON => ubjson::scan(input),
            _ => binary::scan(input),
        }
    }
}

weighbridge_sdk::export!(weighbridge_plugin_xgboost = XGBoost);
