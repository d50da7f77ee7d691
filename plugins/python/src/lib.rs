//! Python's own code: compiled, in `.pyc` files and marshalled code objects, and as source.
//!
//! Marshal: <https://docs.python.org/3/library/marshal.html>; `.pyc` files: PEP 3147 and PEP 552. Source: <https://docs.python.org/3/reference/>. What reads them is `weighbridge-parse-marshal` and
//! `weighbridge-parse-python`; this plugin says what the code uses, and when that runs.

mod bytecode;
mod limits;
mod source;

use weighbridge_parse_marshal as marshal;
use weighbridge_sdk::abi::Format;
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, magic, strs};

/// The magic numbers are those of released versions: what a thorough scan looks for within other files.
const BYTECODE: Format = format(
    "python-bytecode",
    "Python bytecode (.pyc, marshalled code)",
    abi::FORMAT_PROBE_ALWAYS,
    &[
        magic(b"\x03\xf3\r\n"),
        magic(b"\x33\r\r\n"),
        magic(b"\x42\r\r\n"),
        magic(b"\x55\r\r\n"),
        magic(b"\x61\r\r\n"),
        magic(b"\x6f\r\r\n"),
        magic(b"\xa7\r\r\n"),
        magic(b"\xcb\r\r\n"),
        magic(b"\xf3\r\r\n"),
        magic(b"\x2b\x0e\r\n"),
        magic(b"\x52\x0e\r\n"),
    ],
    strs!["pyc", "pyo"],
);

const SOURCE: Format = format("python-source", "Python source", abi::FORMAT_PROBE_ALWAYS | abi::FORMAT_MAY_BE_EMPTY, &[], strs!["py", "pyi", "pyw"]);

struct Python;

impl Scanner for Python {
    const ABOUT: About = About {
        id: "python",
        name: "Python bytecode and source",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&BYTECODE, &SOURCE],
        kinds: kinds! {
        "code" => ["language", "names", "calls", "text", "runs", "features"],
            "operator" => ["framework", "domain", "op"],
            "text" => ["role", "value"],
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("python-bytecode", "the whole code, disassembled: names, constants, calls, nested code", ""),
        weighbridge_sdk::reads("python-source", "the whole source: what it imports and calls, when that runs; operators of TorchScript; texts", ""),
    ];

    fn new() -> Self {
        Python
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        Ok(match bytecode::probe(input)? {
            marshal::Probe::Certain => Probe::certain(0),
            marshal::Probe::Likely => Probe::likely(0),
            // Never certain: text that Python reads may be read as something else too.
            marshal::Probe::No if source::probe(input)? => Probe::likely(0).of(1),
            marshal::Probe::No => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        if input.format() == 1 { source::scan(input) } else { bytecode::scan(input) }
    }
}

weighbridge_sdk::export!(weighbridge_plugin_python = Python);
