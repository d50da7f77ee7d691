//! Core ML: models (`.mlmodel`, a protocol buffer), the manifests of packages (`.mlpackage`, a folder), and what compiled models (`.mlmodelc`) hold.
//!
//! Format: <https://apple.github.io/coremltools/mlmodel/Format/Model.html>, and the `.proto` files of
//! <https://github.com/apple/coremltools/tree/main/mlmodel/format>. A package's model is `Data/…/model.mlmodel` in it, its weights a file beside.
//!
//! A model runs nothing of its own. It may name a class that the application is to make an object of (custom layers, custom models), another
//! file (linked models, weights), and hold any text.

mod compiled;
mod limits;
mod manifest;
mod model;
mod schema;

use weighbridge_parse_proto::{Message, Reader, Wire, survey};
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, marked, read_up_to, strs};

struct CoreMl;

/// Formats, in the order of [`Scanner::ABOUT`].
const MODEL: u32 = 0;
const MANIFEST: u32 = 1;
const PROGRAM: u32 = 2;
const NETWORK: u32 = 3;
const DESCRIPTION: u32 = 4;

fn is_named(input: &Input<'_>) -> bool {
    input.name().to_ascii_lowercase().ends_with(".mlmodel")
}

/// Whether the outermost message is a model: a version, a description, and the model of one type.
fn is_model(input: &Input<'_>) -> Result<Probe, Stop> {
    let mut reader = Reader::new(input);
    let whole: Message = reader.whole();
    let survey = survey(&mut reader, whole, limits::PROBE)?;
    let version = survey.first(1, Wire::Varint).and_then(|field| field.varint()).is_some_and(|version| (1..=limits::VERSION).contains(&version));
    let types = survey.seen().iter().filter(|seen| schema::type_of(seen.number).is_some()).count();
    let known = survey.seen().iter().all(|seen| matches!(seen.number, 1 | 2 | 10) || schema::type_of(seen.number).is_some());
    let described = survey.bytes(2).is_some();
    let named = is_named(input) && survey.fields > 0;
    Ok(match () {
        () if version && known && types == 1 && (survey.whole || described) => Probe::certain(0),
        () if version && described && known && named => Probe::likely(0),
        () if named => Probe::possible(0),
        () => Probe::NO,
    })
}

impl Scanner for CoreMl {
    const ABOUT: About = About {
        id: "coreml",
        name: "Core ML",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("coreml", "Core ML model", abi::FORMAT_PROBE_ALWAYS, &[], strs!["mlmodel"]),
            &marked(format("mlpackage", "Core ML package manifest", 0, &[], strs!["json"]), strs!["*.mlpackage/", "*.mlmodelc/"]),
            &format("coreml-program", "Core ML program as text", abi::FORMAT_PROBE_ALWAYS, &[], strs!["mil"]),
            &format("coreml-network", "Compiled network of Core ML", abi::FORMAT_PROBE_ALWAYS, &[], strs!["net"]),
            &format("coreml-description", "Description of a compiled Core ML model", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
        ],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "operator" => ["framework", "domain", "op"],
            "reference" => ["role", "target", "offset"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads(
            "coreml",
            "the whole description: custom layers and models, linked models, operations, paths, texts; weights are passed over",
            "",
        ),
        weighbridge_sdk::reads("coreml-description", "the texts of the first 1 MiB", ""),
        weighbridge_sdk::reads("coreml-network", "the types of layers, the classes of custom ones, paths, texts", ""),
        weighbridge_sdk::reads("coreml-program", "operators, files of weights, texts", ""),
        weighbridge_sdk::reads("mlpackage", "the entries and the paths that they lead to", ""),
    ];

    fn new() -> Self {
        CoreMl
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        if weighbridge_parse_json::keys(input, ["itemInfoEntries", "rootModelIdentifier"])?.is_some_and(|found| found.contains(&true)) {
            return Ok(Probe::certain(0).of(MANIFEST));
        }
        let name = input.name().to_ascii_lowercase();
        if name.ends_with(".espresso.net")
            && weighbridge_parse_json::keys(input, ["layers", "format_version"])?.is_some_and(|found| found.contains(&true))
        {
            return Ok(Probe::certain(0).of(NETWORK));
        }
        let head = read_up_to(input, 0, 64)?;
        if compiled::is_program(&head) {
            return Ok(Probe::likely(0).of(PROGRAM));
        }
        if name == "coremldata.bin" && !head.is_empty() {
            return Ok(Probe::likely(0).of(DESCRIPTION));
        }
        // What writes models begins with the version: its tag, and a small number. What reads them takes fields in any order.
        let begins = matches!(head.as_slice(), [0x08, 1..=63, ..]) || is_named(input);
        if begins { Ok(is_model(input)?.of(MODEL)) } else { Ok(Probe::NO) }
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        match input.format() as u32 {
            MANIFEST => manifest::scan(input),
            PROGRAM => compiled::program(input),
            NETWORK => compiled::network(input),
            DESCRIPTION => compiled::description(input),
            _ => model::scan(input),
        }
    }
}

weighbridge_sdk::export!(weighbridge_plugin_coreml = CoreMl);
