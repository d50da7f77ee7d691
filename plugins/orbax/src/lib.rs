//! Metadata of Orbax checkpoints (`_METADATA`, `_CHECKPOINT_METADATA`) and of the Zarr arrays in them (`.zarray`, `zarr.json`).
//!
//! Orbax: <https://orbax.readthedocs.io/en/latest/guides/checkpoint/checkpoint_format.html>; Zarr:
//! <https://zarr-specs.readthedocs.io/en/latest/specs.html>. Parameters as MessagePack are `msgpack`'s.
//!
//! Arrays are numbers; but a codec of Zarr's may be one that unpickles, and a store may be a path or an address of any kind.

use weighbridge_parse_json::{self as json, Kind, Limits, Reader, Trail};
use weighbridge_parse_strings::{could_be_code, leads_out};
use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, abi, format, kinds, marked, strs};

/// Bytes of one text.
const TEXT: usize = 8 << 10;

/// Facts of one file.
const FACTS: usize = 4_096;

struct Orbax;

/// Formats, in the order of [`Scanner::ABOUT`].
const CHECKPOINT: u32 = 0;
const ARRAY: u32 = 1;

impl Scanner for Orbax {
    const ABOUT: About = About {
        id: "orbax",
        name: "Orbax checkpoints and Zarr arrays",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &marked(
                format("orbax-metadata", "Orbax checkpoint metadata", abi::FORMAT_PROBE_ALWAYS, &[], strs!["json"]),
                strs!["_CHECKPOINT_METADATA"],
            ),
            &format("zarr-metadata", "Zarr array metadata", 0, &[], strs!["json"]),
        ],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "reference" => ["role", "target"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("orbax-metadata", "keys and values: functions, codecs, paths", ""),
        weighbridge_sdk::reads("zarr-metadata", "shape, type and codecs", ""),
    ];

    fn new() -> Self {
        Orbax
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        let keys = json::keys(input, ["tree_metadata", "item_handlers", "restore_fn", "orbax_version", "kvstore", "zarr_format"])?;
        Ok(match keys {
            Some([tree, handlers, restore, version, store, _]) if tree || handlers || restore || version || store => Probe::certain(0).of(CHECKPOINT),
            Some([.., true]) => Probe::certain(0).of(ARRAY),
            _ => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let mut reader = Reader::with(input, 0, u64::MAX, Limits { text: TEXT, ..Limits::default() });
        let mut trail = Trail::new();
        let mut left = FACTS;
        let mut broken = false;
        loop {
            let token = reader.next()?;
            if token.kind == Kind::End {
                break;
            }
            trail.follow(&token, reader.text());
            match token.kind {
                Kind::String if left > 0 => {
                    left -= usize::from(string(input, &trail, reader.text(), token.at, token.length)?);
                }
                Kind::Number if matches!(trail.key().or(trail.above(0)), Some("shape" | "chunks" | "chunk_shape")) => {
                    let number: f64 = reader.text().parse().unwrap_or(f64::NAN);
                    if !(0.0..9.2e18).contains(&number) {
                        broken = true;
                        let fact = Fact::anomaly("invalid").text("expected", "a dimension below 2^63").text("found", reader.text());
                        input.emit(&fact.at(token.at, token.length))?;
                    }
                }
                _ => {}
            }
        }
        input.region(Region::Structure, 0, input.size())?;
        for (code, issue) in reader.issues().anomalies() {
            input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
        }
        if left == 0 {
            input.emit(&Fact::anomaly("limit-facts").text("detail", "texts beyond those that were looked at").at(0, 0))?;
            return Err(Failure::Unsupported);
        }
        if broken || reader.issues().faults() > 0 { Err(Failure::Malformed) } else { Ok(()) }
    }
}

/// Looks at one text. The answer is whether it made a fact.
fn string(input: &Input<'_>, trail: &Trail, text: &str, at: u64, length: u64) -> Result<bool, Stop> {
    let place = |fact: Fact<'_>| input.emit(&fact.at(at, length)).map(|_| true);
    let key = trail.key().or(trail.above(0)).unwrap_or("");
    let path = trail.path();
    let within = |part: &str| path.split(['.', '[']).any(|step| step == part);
    match key {
        // `{"id": name}` in version 2, `{"name": name}` in version 3.
        "id" | "name" if within("filters") || within("compressor") || within("codecs") || within("object_codec") => {
            place(Fact::new("metadata").text("key", "zarr.codec").text("value", text))
        }
        "dtype" | "data_type" => place(Fact::new("metadata").text("key", "zarr.dtype").text("value", text)),
        "driver" if within("kvstore") || within("storage_transformers") => place(Fact::new("metadata").text("key", "zarr.store").text("value", text)),
        "path" | "base_path" if within("kvstore") || within("base") => {
            place(Fact::new("reference").text("role", "path").text("target", text))?;
            if leads_out(text) {
                place(Fact::anomaly("outside-root").text("detail", "where an array is kept").text("target", text))?;
            }
            Ok(true)
        }
        "url" | "base_url" => place(Fact::new("reference").text("role", "url").text("target", text)),
        "path" if leads_out(text) => {
            place(Fact::anomaly("outside-root").text("detail", "where a part of the checkpoint is kept").text("target", text))
        }
        // A function that restores: no version of Orbax writes one.
        "restore_fn" | "restore_function" | "transforms" | "transform_fn" => {
            place(Fact::anomaly("orbax-function").text("detail", key).text("found", text))
        }
        _ if could_be_code(text) => place(Fact::new("text").text("role", "metadata").text("value", text)),
        _ => Ok(false),
    }
}

weighbridge_sdk::export!(weighbridge_plugin_orbax = Orbax);
