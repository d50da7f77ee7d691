//! TensorFlow: SavedModels, graphs, meta graphs, checkpoints, event files, Keras' metadata, models of TensorFlow.js.
//!
//! Specifications: <https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/protobuf>,
//! <https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/framework>,
//! <https://www.tensorflow.org/guide/saved_model#the_savedmodel_format_on_disk>.
//!
//! A graph is a program: operators read and write files, talk to other machines and call Python. Names of operators and their constant arguments
//! are told, wherever a graph is: in functions, and in constants that hold graphs again.

mod arguments;
mod data;
mod events;
mod graph;
mod limits;
mod message;
mod probe;
mod report;
mod resolve;
mod saved_model;
mod state;
mod table;
mod tensor;
mod text;
mod tfjs;
mod tflite;
mod walk;

use walk::Walk;
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format as describe, kinds, magic_at, magic_from_end, marked, strs};

/// The format of graphs in constants.
pub(crate) const GRAPH: &str = "tensorflow-graph";
/// The format of the configuration of layers, which another plugin reads.
pub(crate) const KERAS_CONFIG: &str = "keras-config";

/// Places in the list of formats.
pub(crate) mod format {
    pub(crate) const SAVED_MODEL: u32 = 0;
    pub(crate) const GRAPH: u32 = 1;
    pub(crate) const META_GRAPH: u32 = 2;
    pub(crate) const TEXT: u32 = 3;
    pub(crate) const KERAS: u32 = 4;
    pub(crate) const FINGERPRINT: u32 = 5;
    pub(crate) const HUB: u32 = 6;
    pub(crate) const INDEX: u32 = 7;
    pub(crate) const DATA: u32 = 8;
    pub(crate) const STATE: u32 = 9;
    pub(crate) const EVENTS: u32 = 10;
    pub(crate) const TFJS: u32 = 11;
    pub(crate) const LITE: u32 = 12;
    pub(crate) const LITE_JSON: u32 = 13;
    pub(crate) const MESSAGE: u32 = 14;
}

struct TensorFlow;

impl Scanner for TensorFlow {
    const ABOUT: About = About {
        id: "tensorflow",
        name: "TensorFlow models",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &marked(
                describe("tensorflow-saved-model", "TensorFlow SavedModel", abi::FORMAT_PROBE_ALWAYS, &[], strs!["pb"]),
                strs!["saved_model.pb", "saved_model.pbtxt"],
            ),
            &describe(GRAPH, "TensorFlow graph", abi::FORMAT_PROBE_ALWAYS, &[], strs!["pb"]),
            &describe("tensorflow-meta-graph", "TensorFlow meta graph", abi::FORMAT_PROBE_ALWAYS, &[], strs!["meta"]),
            &describe("tensorflow-text", "TensorFlow graph as text", abi::FORMAT_PROBE_ALWAYS, &[], strs!["pbtxt"]),
            &describe("keras-metadata", "Keras metadata of a SavedModel", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
            &describe("tensorflow-fingerprint", "Fingerprint of a SavedModel", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
            &describe("tensorflow-hub-module", "TensorFlow Hub module", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
            &describe("tensorflow-checkpoint", "TensorFlow checkpoint's index", 0, &[magic_from_end(8, &table::MAGIC)], strs![]),
            &describe("tensorflow-checkpoint-data", "TensorFlow checkpoint's data", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
            &describe("tensorflow-checkpoint-state", "List of TensorFlow checkpoints", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
            &describe("tensorflow-events", "TensorBoard events", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
            &describe("tfjs", "TensorFlow.js model", abi::FORMAT_PROBE_ALWAYS, &[], strs!["json"]),
            &describe("tflite", "TFLite model", 0, &[magic_at(4, b"TFL3")], strs!["tflite"]),
            &describe("tflite-json", "TFLite model as JSON", abi::FORMAT_PROBE_ALWAYS, &[], strs!["json"]),
            &describe("protobuf-message", "Message of protocol buffers that is no graph", abi::FORMAT_PROBE_ALWAYS, &[], strs!["pb"]),
        ],
        kinds: kinds! {
            "operator" => ["framework", "domain", "op", "args", "args_omitted", "defined"],
            "reference" => ["role", "target", "offset", "length"],
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads(
            "tensorflow-saved-model",
            "graphs, functions and graphs in constants at any depth: operators, with their constant arguments where these are paths, addresses or functions; assets; layers; tensors are passed over but for small ones",
            "",
        ),
        weighbridge_sdk::reads("tensorflow-graph", "operators, functions and graphs in constants, likewise", ""),
        weighbridge_sdk::reads("tensorflow-meta-graph", "graph, collections and assets, likewise", ""),
        weighbridge_sdk::reads("tensorflow-text", "operators and their attributes", ""),
        weighbridge_sdk::reads("keras-metadata", "the configuration of each layer", ""),
        weighbridge_sdk::reads("tensorflow-fingerprint", "that it is whole: there are numbers alone in it", ""),
        weighbridge_sdk::reads("tensorflow-hub-module", "that it is whole", ""),
        weighbridge_sdk::reads("tensorflow-checkpoint", "every entry: names, shapes and places of tensors", ""),
        weighbridge_sdk::reads("tensorflow-checkpoint-data", "nothing: tensors, which are passed over", ""),
        weighbridge_sdk::reads("tensorflow-checkpoint-state", "the paths of checkpoints", ""),
        weighbridge_sdk::reads("tensorflow-events", "the graphs in it", ""),
        weighbridge_sdk::reads("tfjs", "operators or layers, and where the weights are fetched from", ""),
        weighbridge_sdk::reads(
            "tflite",
            "operators, with the options and texts of those that TensorFlow runs; indices, shapes, places of buffers; metadata; buffers are passed over but for those that begin as files do",
            "",
        ),
        weighbridge_sdk::reads("tflite-json", "operators and texts", ""),
        weighbridge_sdk::reads("protobuf-message", "texts, at any depth", ""),
    ];

    fn new() -> Self {
        TensorFlow
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        probe::probe(input)
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let format = u32::try_from(input.format()).unwrap_or(u32::MAX);
        match format {
            format::INDEX => return table::scan(input),
            format::DATA => return data::scan(input),
            format::STATE => return state::scan(input),
            format::EVENTS => return events::scan(input),
            format::TEXT => return text::scan(input),
            format::TFJS => return tfjs::scan(input),
            format::LITE => return tflite::scan(input),
            format::LITE_JSON => return tflite::json::scan(input),
            format::MESSAGE => return message::scan(input),
            _ => {}
        }
        input.columns("nodes", &["operator", "name"])?;
        let mut walk = Walk::new(input);
        let whole = walk.reader.whole();
        match format {
            format::GRAPH => walk.graph(whole)?,
            format::META_GRAPH => walk.meta_graph(whole)?,
            format::KERAS => walk.keras_metadata(whole)?,
            // Numbers and names: enough to see that they are whole.
            format::FINGERPRINT | format::HUB => walk.fields("message", whole, |_, _, _| Ok(()))?,
            _ => walk.saved_model(whole)?,
        }
        walk.report.finish()
    }
}

weighbridge_sdk::export!(weighbridge_plugin_tensorflow = TensorFlow);
