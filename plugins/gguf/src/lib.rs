//! GGUF files of all versions and both byte orders, and their forerunners of ggml.
//!
//! Specification: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>; what the reference reader refuses:
//! <https://github.com/ggml-org/ggml/blob/master/src/gguf.cpp>. The format holds no code but templates. What is looked for are those, and counts, lengths and
//! offsets that do not fit the file, which readers in C have trusted before.

mod cursor;
mod header;
mod legacy;
mod limits;
mod metadata;
mod shown;
mod tensors;
mod types;

use weighbridge_sdk::{About, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, format, kinds, magic, read_up_to, strs};

struct Gguf;

impl Scanner for Gguf {
    const ABOUT: About = About {
        id: "gguf",
        name: "GGUF and ggml files",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("gguf", "GGUF file", 0, &[magic(b"GGUF")], strs!["gguf"]),
            &format(
                "ggml",
                "ggml file (before GGUF)",
                0,
                &[magic(b"lmgg"), magic(b"fmgg"), magic(b"tjgg"), magic(b"algg"), magic(b"nsgg"), magic(b"qsgg")],
                strs!["ggml", "ggmf", "ggjt", "ggla"],
            ),
        ],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "reference" => ["role", "target"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("gguf", "all keys and values, templates among them, and where each tensor lies; tensors are passed over", ""),
        weighbridge_sdk::reads(
            "ggml",
            "the header, the vocabulary and where each tensor lies, where the layout is known; tensors are passed over",
            "",
        ),
    ];

    fn new() -> Self {
        Gguf
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, 8)?;
        if let Some(version) = head.strip_prefix(b"GGUF") {
            let known = version.first_chunk().is_some_and(|version| {
                let low = u32::from_le_bytes(*version);
                low.min(low.swap_bytes()) < 16
            });
            return Ok(match known {
                true => Probe::certain(0),
                false if !input.carved() => Probe::likely(0),
                false => Probe::NO,
            });
        }
        Ok(if legacy::is(&head) && !input.carved() { Probe::likely(0).of(1) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        if input.format() == 1 {
            return legacy::scan(input);
        }
        let mut cursor = cursor::Cursor::new(input);
        let read = header::read(&mut cursor);
        // What comes behind the header is claimed by the tensors.
        input.region(Region::Structure, 0, cursor.at.min(input.size()))?;
        match read {
            Ok(header) => tensors::check(input, &header, cursor.at),
            Err(cursor::Broken::Stop(stop)) => Err(stop.into()),
            Err(cursor::Broken::Said) => Err(Failure::Malformed),
        }
    }
}

weighbridge_sdk::export!(weighbridge_plugin_gguf = Gguf);
