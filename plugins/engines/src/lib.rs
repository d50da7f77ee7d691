//! Compiled models whose layout is not public: TensorRT's engines and plans, RKNN.
//!
//! TensorRT: <https://docs.nvidia.com/deeplearning/tensorrt/latest/inference-library/advanced.html>: an engine names plugins, which are native code,
//! and a version-compatible one may carry libraries and host code of its own. RKNN: `RKNN`, a size, a compiled graph.
//!
//! What can be said without their layout: the texts in them, names of plugins and libraries, programs.

mod limits;

use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{About, Child, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, format, kinds, magic, read_up_to, strs};

struct Engines;

/// Formats, in the order of [`Scanner::ABOUT`].
const TENSORRT: u32 = 0;
const RKNN: u32 = 1;

impl Scanner for Engines {
    const ABOUT: About = About {
        id: "engines",
        name: "Compiled models (TensorRT, RKNN)",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format(
                "tensorrt",
                "TensorRT engine",
                weighbridge_sdk::abi::FORMAT_PROBE_ALWAYS,
                &[magic(b"ptrt"), magic(b"ftrt")],
                strs!["engine", "plan", "trt"],
            ),
            &format("rknn", "RKNN model", 0, &[magic(b"RKNN")], strs!["rknn"]),
        ],
        kinds: kinds! {
            "operator" => ["framework", "domain", "op"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "detail", "found"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("rknn", "texts of the first 4 MiB: libraries, commands; programs in them", "all texts, all programs"),
        weighbridge_sdk::reads("tensorrt", "texts of the first 4 MiB: plugins, libraries, commands; programs in them", "all texts, all programs"),
    ];

    fn new() -> Self {
        Engines
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, 8)?;
        let extension = input.name().rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        let named = matches!(extension.as_str(), "engine" | "plan" | "trt");
        Ok(match () {
            () if input.carved() || head.is_empty() => Probe::NO,
            () if head.starts_with(b"RKNN") => Probe::certain(0).of(RKNN),
            () if head.starts_with(b"ptrt") || head.starts_with(b"ftrt") => Probe::likely(0).of(TENSORRT),
            () if named => Probe::possible(0).of(TENSORRT),
            () => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let framework = if input.format() as u32 == RKNN { "rknn" } else { "tensorrt" };
        let size = input.size();
        let seen = if input.thorough() { size } else { size.min(limits::QUICK) };
        texts(input, framework, seen)?;
        programs(input, seen)?;
        input.region(Region::Opaque, 0, size)?;
        let detail = "a compiled model, whose layout is not public: its texts were looked at, its code was not";
        input.emit(&Fact::anomaly("unsupported").text("detail", detail).text("found", framework).at(0, size))?;
        Err(Failure::Unsupported)
    }
}

/// A word that ends like the name of a library.
fn is_library(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    [".so", ".dll", ".dylib"].iter().any(|ending| word.len() > ending.len() + 1 && word.ends_with(ending)) || word.contains(".so.")
}

/// A word that is the name of a plugin: TensorRT's own end in `_TRT`.
fn is_plugin(word: &str) -> bool {
    let plain = word.len() > 6 && word.len() < 128 && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain
        && (word.ends_with("_TRT")
            || word.ends_with("Plugin")
            || word.ends_with("PluginDynamic")
            || word.ends_with("PluginV2")
            || word.ends_with("PluginV3"))
}

fn texts(input: &Input<'_>, framework: &str, seen: u64) -> Result<(), Stop> {
    let mut left = limits::TEXTS;
    weighbridge_parse_strings::runs(input, 0, seen, limits::SHORTEST, |run| {
        if left == 0 {
            return Ok(());
        }
        if could_be_code(run.text) {
            left -= 1;
            input.emit(&Fact::new("text").text("role", "string").text("value", run.text).at(run.at, run.length))?;
        }
        for word in run.text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | ':' | '=' | '(' | ')')) {
            if left == 0 {
                break;
            }
            if is_library(word) {
                left -= 1;
                let fact = Fact::new("operator").text("framework", framework).text("domain", "library").text("op", word);
                input.emit(&fact.at(run.at, run.length))?;
            } else if is_plugin(word) {
                left -= 1;
                let fact = Fact::new("operator").text("framework", framework).text("domain", "plugin").text("op", word);
                input.emit(&fact.at(run.at, run.length))?;
            }
        }
        Ok(())
    })
}

/// Programs in it, by their headers: what follows each is looked at as a file.
fn programs(input: &Input<'_>, seen: u64) -> Result<(), Stop> {
    let mut found = 0;
    let mut at = 1;
    while at < seen && found < limits::PROGRAMS {
        // Blocks overlap, so that no header is cut.
        let block = read_up_to(input, at, limits::BLOCK + 3)?;
        input.poll(block.len() as u64 / 16 + 1)?;
        for (index, window) in block.windows(4).enumerate() {
            let start = at + index as u64;
            let elf = window == b"\x7fELF";
            let pe = window.starts_with(b"MZ") && is_pe(input, start)?;
            if (elf || pe) && found < limits::PROGRAMS {
                found += 1;
                input.child(&Child { speculative: true, ..Child::range(b"program", found, start, input.size() - start) })?;
            }
        }
        at += limits::BLOCK as u64;
    }
    Ok(())
}

fn is_pe(input: &Input<'_>, start: u64) -> Result<bool, Stop> {
    let Some(at) = input.array::<4>(start + 0x3c)?.map(u32::from_le_bytes).filter(|at| *at < 4096) else { return Ok(false) };
    Ok(input.array::<4>(start + u64::from(at))? == Some(*b"PE\0\0"))
}

weighbridge_sdk::export!(weighbridge_plugin_engines = Engines);
