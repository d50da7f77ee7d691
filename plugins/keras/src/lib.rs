//! Keras configurations: what a saved model is built from, as JSON. In a `.keras` archive it is `config.json`, in an HDF5 file an attribute, in a SavedModel a
//! part of `keras_metadata.pb`, and `model.to_json()` writes it by itself.
//!
//! What it may say: <https://keras.io/api/models/model_saving_apis/serialization_utils/>; how it is read back:
//! <https://github.com/keras-team/keras/blob/master/keras/src/saving/serialization_lib.py>, and before Keras 3
//! <https://github.com/keras-team/tf-keras/blob/master/tf_keras/saving/legacy/serialization.py>. An object is `{"class_name": …, "config": …}`, since Keras 3 with
//! `module` and `registered_name`, and may stand anywhere: this plugin gives each as the callable that it names, the code that functions carry, and what is
//! loaded from elsewhere.

mod code;
mod encoded;
mod issues;
mod limits;
mod object;
mod probe;
mod tree;
mod walk;

use encoded::{Encoded, Token};
use walk::Walk;
use weighbridge_sdk::{About, Current, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, strs};

#[derive(Default)]
struct Keras {
    /// Strings of the last scan that are children.
    tokens: Vec<Token>,
    open: Option<Encoded<Current>>,
}

impl Scanner for Keras {
    const ABOUT: About = About {
        id: "keras",
        name: "Keras configurations",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("keras-config", "Keras configuration (JSON)", abi::FORMAT_PROBE_ALWAYS, &[], strs!["json"])],
        kinds: kinds! {
            "layer" => ["framework", "module", "class", "registered_name", "form"],
            "code" => ["language", "names", "text", "runs"],
            "operator" => ["framework", "op"],
            "reference" => ["role", "mechanism", "target"],
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[weighbridge_sdk::reads(
        "keras-config",
        "the whole configuration: layers at any depth, what they import, fetch and read, code in them disassembled",
        "",
    )];

    fn new() -> Self {
        Keras::default()
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        probe::probe(input)
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        self.tokens.clear();
        Walk::new(input, &mut self.tokens).run()
    }

    fn open_child(&mut self, input: Current, token: u64) -> Result<(), Failure> {
        let token = usize::try_from(token).ok().and_then(|token| self.tokens.get(token)).ok_or(Failure::Unsupported)?;
        self.open = Some(Encoded::new(input, token)?);
        Ok(())
    }

    fn read_child(&mut self, _input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        self.open.as_mut().map_or(Ok(0), |open| Ok(open.read(buf)?))
    }

    fn close_child(&mut self) {
        self.open = None;
    }
}

weighbridge_sdk::export!(weighbridge_plugin_keras = Keras);

#[cfg(test)]
mod tests;
