//! Schemas of skops: scikit-learn objects as a tree of nodes in `schema.json`, in a ZIP archive with arrays beside it.
//!
//! Format: <https://skops.readthedocs.io/en/stable/persistence.html>, and `skops/io/_general.py`. The archive is `zip`'s, arrays are `numpy`'s; this
//! plugin reads the schema:
//!
//! ```text
//! node = { "__class__": name, "__module__": name, "__loader__": kind, "content": …, "__id__": number, … }
//! ```
//!
//! A node's kind says what a loader does with its class: make an object of it, call it, take an attribute of another node.

mod limits;
mod node;
mod schema;

use weighbridge_parse_json as json;
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, contains, format, kinds, read_up_to, strs};

struct Skops;

/// Whether there is a word among bytes.
impl Scanner for Skops {
    const ABOUT: About = About {
        id: "skops",
        name: "skops schemas",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("skops", "skops schema", abi::FORMAT_PROBE_ALWAYS, &[], strs!["skops", "json"])],
        kinds: kinds! {
            "global" => ["module", "name", "opcode", "resolved"],
            "call" => ["module", "name", "opcode", "resolved", "args", "text"],
            "reference" => ["role", "target"],
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("skops", "the whole schema: classes, functions, attributes", "")];

    fn new() -> Self {
        Skops
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        Ok(match json::keys(input, ["__loader__", "__class__", "__module__", "_skops_version"])? {
            Some([true, ..] | [_, true, true, _]) => Probe::certain(0),
            Some([.., true]) => Probe::likely(0),
            // Nodes of the kinds that call, whatever their keys are called.
            Some(_) if says_kind(&read_up_to(input, 0, limits::PROBE)?) => Probe::likely(0),
            _ => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        schema::scan(input)
    }
}

fn says_kind(head: &[u8]) -> bool {
    contains(head, b"\"OperatorFuncNode\"") || contains(head, b"\"MethodNode\"")
}

weighbridge_sdk::export!(weighbridge_plugin_skops = Skops);
