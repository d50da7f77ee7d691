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
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, read_up_to, strs};

struct Skops;

/// Whether there is a word among bytes.
fn has(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

impl Scanner for Skops {
    const ABOUT: About = About {
        id: "skops",
        name: "skops schemas",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("skops", "skops schema", abi::FORMAT_PROBE_ALWAYS, &[], strs!["skops"])],
        kinds: kinds! {
            "global" => ["module", "name", "opcode", "resolved"],
            "call" => ["module", "name", "opcode", "resolved", "args", "text"],
            "reference" => ["role", "target"],
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    fn new() -> Self {
        Skops
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        let head = read_up_to(input, 0, limits::PROBE)?;
        // UTF-16 and UTF-32 have zeros between the letters.
        let letters: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
        // Names of keys may be spelt with escapes, of which `\u005f` is the one for an underscore.
        let names = has(&letters, b"\"__loader__\"")
            || has(&letters, b"\"_skops_version\"")
            || has(&letters, b"\"__class__\"") && has(&letters, b"\"__module__\"");
        let kinds = has(&letters, b"OperatorFuncNode") || has(&letters, b"MethodNode");
        // What is called schema.json in an archive is read by skops, however its keys are written.
        let named = input.name() == "schema.json" && !input.encoding().is_empty() && has(&letters, b"u005f");
        if !(names || kinds || named) || !json::probe(input, 0)? {
            return Ok(Probe::NO);
        }
        Ok(if has(&letters, b"__loader__") || has(&letters, b"__module__") { Probe::certain(0) } else { Probe::likely(0) })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        schema::scan(input)
    }
}

weighbridge_sdk::export!(weighbridge_plugin_skops = Skops);
