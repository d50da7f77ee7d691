//! ONNX models, their tensors, and the format of ONNX Runtime.
//!
//! Specifications: <https://github.com/onnx/onnx/blob/main/docs/IR.md>, <https://github.com/onnx/onnx/blob/main/onnx/onnx-ml.proto>,
//! <https://github.com/onnx/onnx/blob/main/docs/ExternalData.md>;
//! <https://github.com/microsoft/onnxruntime/blob/main/onnxruntime/core/flatbuffers/schema/ort.fbs>.
//!
//! A model is a graph of operators. Those of the specification compute; one of another domain runs what a library registers for it, and some of
//! them call Python. Weights may lie in other files, at paths that the model gives.

mod interface;
mod limits;
mod model;
mod ort;
mod probe;
mod report;
mod tensor;

use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, magic_at, strs};

struct Onnx;

impl Scanner for Onnx {
    const ABOUT: About = About {
        id: "onnx",
        name: "ONNX models",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("onnx", "ONNX model", abi::FORMAT_PROBE_ALWAYS, &[], strs!["onnx"]),
            &format("onnx-tensor", "ONNX tensor", abi::FORMAT_PROBE_ALWAYS, &[], strs!["pb"]),
            &format("ort", "ONNX Runtime model", 0, &[magic_at(4, b"ORTM")], strs!["ort"]),
        ],
        kinds: kinds! {
            "operator" => ["framework", "domain", "op", "args", "defined"],
            "reference" => ["role", "target", "offset", "length"],
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads(
            "onnx",
            "graphs, branches and functions at any depth: operators, domains, attributes; where tensors lie, in the file and outside; metadata; tensors are passed over but for small ones",
            "",
        ),
        weighbridge_sdk::reads("onnx-tensor", "the header of the tensor, and where its data lie", ""),
        weighbridge_sdk::reads("ort", "the same as of ONNX, from the tables of the runtime", ""),
    ];

    fn new() -> Self {
        Onnx
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        probe::probe(input)
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        match u32::try_from(input.format()) {
            Ok(probe::ORT) => ort::scan(input),
            Ok(probe::TENSOR) => model::scan(input, true),
            _ => model::scan(input, false),
        }
    }
}

weighbridge_sdk::export!(weighbridge_plugin_onnx = Onnx);
