//! Configurations beside models: what they have a loader import, fetch, install, render or evaluate.
//!
//! JSON: <https://www.rfc-editor.org/rfc/rfc8259>; YAML: <https://yaml.org/spec/1.1/>. `auto_map`: <https://huggingface.co/docs/transformers/custom_models>; `_target_`:
//! <https://hydra.cc/docs/advanced/instantiate_objects/overview/>; shard indexes: <https://huggingface.co/docs/huggingface_hub/package_reference/serialization>;
//! `py/object`: <https://jsonpickle.readthedocs.io/>; `lc`: <https://docs.langchain.com/>; `model_index.json`: <https://huggingface.co/docs/diffusers>; `MLmodel`:
//! <https://mlflow.org/docs/latest/ml/model/>; `modules.json`: <https://sbert.net/docs/sentence_transformer/usage/custom_models.html>; Rasa's pipelines:
//! <https://legacy-docs-oss.rasa.com/docs/rasa/custom-graph-components/>. A file is read for what its keys say, whatever it is called; what says nothing to any loader is left alone.

mod keras;
mod limits;
mod lines;
mod meaning;
mod names;
mod pbtxt;
mod probe;
mod requirement;
mod say;
mod similar;
mod tags;
mod trail;
mod values;
mod walk;
mod yaml;

use say::{HELD, Say};
use weighbridge_parse_json::{Encoding, Text};
use weighbridge_sdk::{About, Current, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, marked, strs};

/// Names by which a folder is known to be one model as hubs keep them, in one piece or in shards: <https://huggingface.co/docs/transformers/main_classes/model>.
/// `config.json` is not among them: other programs call theirs so.
const HUB: &[abi::Str] = strs![
    "model_index.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "adapter_config.json",
    "config_sentence_transformers.json",
    "*.safetensors.index.json",
    "*.bin.index.json",
    "pytorch_model.bin",
];

struct Configuration {
    encoding: Encoding,
    /// Decoded texts that are children of the last scan.
    held: Vec<Vec<u8>>,
    /// The child that is being read: a string of JSON, or what is left of a decoded text.
    text: Option<Text<Current>>,
    rest: Option<(usize, usize)>,
}

impl Scanner for Configuration {
    const ABOUT: About = About {
        id: "configuration",
        name: "Configurations, environments, lists of requirements",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &marked(format("json", "configuration in JSON", abi::FORMAT_PROBE_ALWAYS, &[], strs!["json"]), HUB),
            &marked(
                format("yaml", "configuration in YAML", abi::FORMAT_PROBE_ALWAYS | abi::FORMAT_MAY_BE_EMPTY, &[], strs!["yaml", "yml"]),
                strs!["MLmodel"],
            ),
            &format("requirements", "requirements of packages", abi::FORMAT_PROBE_ALWAYS, &[], &[]),
            &format("sections", "configuration in sections (TOML, cfg)", abi::FORMAT_PROBE_ALWAYS, &[], &[]),
            &format("pbtxt", "Triton model configuration", abi::FORMAT_PROBE_ALWAYS | abi::FORMAT_MAY_BE_EMPTY, &[], strs!["pbtxt"]),
        ],
        kinds: kinds! {
            "layer" => ["framework", "module", "class", "registered_name"],
            "reference" => ["role", "target", "mechanism", "object"],
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads(
            "json",
            "keys and values: callables, classes and modules that loaders import, addresses, paths, templates, code in texts",
            "",
        ),
        weighbridge_sdk::reads("yaml", "the same, and the tags that a loader makes objects of", ""),
        weighbridge_sdk::reads("requirements", "every line: packages, addresses, options of the installer", ""),
        weighbridge_sdk::reads("sections", "keys and values, as in JSON", ""),
        weighbridge_sdk::reads("pbtxt", "keys and values: backends, libraries, parameters", ""),
    ];

    fn new() -> Self {
        Configuration { encoding: Encoding::Utf8, held: Vec::new(), text: None, rest: None }
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        probe::probe(input)
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let mut say = Say::new(input);
        let done = match u32::try_from(input.format()).unwrap_or(0) {
            probe::YAML => yaml::scan(&mut say),
            probe::REQUIREMENTS => lines::requirements(&mut say),
            probe::SECTIONS => lines::sections(&mut say),
            probe::PBTXT => pbtxt::scan(&mut say),
            _ => walk::walk(&mut say, &mut self.encoding),
        };
        let left_out = say.left_out;
        self.held = say.held;
        if left_out && done.is_ok() {
            input.emit(&weighbridge_sdk::Fact::anomaly("limit-facts").text("expected", &limits::FACTS.to_string()))?;
            return Err(Failure::Unsupported);
        }
        done
    }

    fn open_child(&mut self, input: Current, token: u64) -> Result<(), Failure> {
        match token.checked_sub(HELD).map(usize::try_from) {
            Some(index) => self.rest = index.ok().map(|index| (index, 0)),
            None => self.text = Some(Text::new(input, token, self.encoding)?),
        }
        Ok(())
    }

    fn read_child(&mut self, _input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        if let Some(text) = &mut self.text {
            return Ok(text.read(buf)?);
        }
        let Some((index, at)) = &mut self.rest else { return Ok(0) };
        let rest = self.held.get(*index).and_then(|text| text.get(*at..)).unwrap_or(&[]);
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        *at += count;
        Ok(count)
    }

    fn close_child(&mut self) {
        (self.text, self.rest) = (None, None);
    }
}

weighbridge_sdk::export!(weighbridge_plugin_configuration = Configuration);
