//! Models of the Microsoft Cognitive Toolkit (CNTK), of both versions.
//!
//! Version 2: <https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/proto/CNTK.proto>, and the keys of
//! <https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/Serialization.h>. Version 1:
//! <https://github.com/microsoft/CNTK/blob/master/Source/ComputationNetworkLib/ComputationNetwork.cpp> (`SaveToFileImpl`).
//!
//! A user function of version 2 is code: native ones name a library and a function of it, which is called when the model is loaded; those of Python a module
//! and a class, which are put into an `import` statement and executed.

mod first;
mod limits;
mod report;
mod second;

use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, magic, strs};

/// The place of the first version in the list of formats.
const FIRST: u32 = 1;

struct Cntk;

impl Scanner for Cntk {
    const ABOUT: About = About {
        id: "cntk",
        name: "Models of the Cognitive Toolkit",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("cntk", "CNTK model (version 2)", abi::FORMAT_PROBE_ALWAYS, &[], strs!["cmf", "dnn"]),
            &format("cntk-1", "CNTK model (version 1)", 0, &[magic(first::MAGIC)], strs!["dnn"]),
        ],
        kinds: kinds! {
            "operator" => ["framework", "domain", "op", "args"],
            "global" => ["module", "name", "opcode", "resolved"],
            "code" => ["language", "names", "text", "runs"],
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads(
            "cntk",
            "the dictionaries with their keys and texts: functions, libraries and classes that user functions name; arrays are passed over",
            "",
        ),
        weighbridge_sdk::reads("cntk-1", "the header; texts of the first and the last 4 MiB", "all texts"),
    ];

    fn new() -> Self {
        Cntk
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        if first::is(input)? {
            return Ok(Probe::certain(0).of(FIRST));
        }
        second::probe(input)
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        if u32::try_from(input.format()) == Ok(FIRST) { first::scan(input) } else { second::scan(input) }
    }
}

weighbridge_sdk::export!(weighbridge_plugin_cntk = Cntk);
