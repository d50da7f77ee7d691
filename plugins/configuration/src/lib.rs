//! Configurations beside models, in JSON and YAML: what they have a loader import, fetch, render or evaluate.
//!
//! JSON: <https://www.rfc-editor.org/rfc/rfc8259>. `auto_map`: <https://huggingface.co/docs/transformers/custom_models>; `_target_`:
//! <https://hydra.cc/docs/advanced/instantiate_objects/overview/>; shard indexes: <https://huggingface.co/docs/huggingface_hub/package_reference/serialization>;
//! `py/object`: <https://jsonpickle.readthedocs.io/>; `lc`: <https://docs.langchain.com/>; `model_index.json`: <https://huggingface.co/docs/diffusers>.
//! A file is read for what its keys say, whatever it is called; JSON that says nothing to any loader is left alone.

mod limits;
mod names;
mod probe;
mod values;
mod walk;
mod yaml;

use weighbridge_parse_json::{Encoding, Text};
use weighbridge_sdk::{About, Current, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, strs};

struct Configuration {
    encoding: Encoding,
    /// The string that is being decoded for the host.
    text: Option<Text<Current>>,
}

impl Scanner for Configuration {
    const ABOUT: About = About {
        id: "configuration",
        name: "Configurations in JSON and YAML",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("json", "configuration in JSON", abi::FORMAT_PROBE_ALWAYS, &[], strs!["json"]),
            &format("yaml", "configuration in YAML", abi::FORMAT_PROBE_ALWAYS, &[], &[]),
        ],
        kinds: kinds! {
            "layer" => ["framework", "module", "class", "registered_name"],
            "reference" => ["role", "target"],
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    fn new() -> Self {
        Configuration { encoding: Encoding::Utf8, text: None }
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        probe::probe(input)
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        if input.format() == 1 { yaml::scan(input) } else { walk::walk(input, &mut self.encoding) }
    }

    fn open_child(&mut self, input: Current, token: u64) -> Result<(), Failure> {
        self.text = Some(Text::new(input, token, self.encoding)?);
        Ok(())
    }

    fn read_child(&mut self, _input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        self.text.as_mut().map_or(Ok(0), |text| Ok(text.read(buf)?))
    }

    fn close_child(&mut self) {
        self.text = None;
    }
}

weighbridge_sdk::export!(weighbridge_plugin_configuration = Configuration);
