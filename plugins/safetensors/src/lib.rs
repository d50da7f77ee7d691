//! Safetensors files: a length, a header in JSON, and the tensors' bytes.
//!
//! Specification: <https://github.com/huggingface/safetensors#format>; what the reference reader refuses:
//! <https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs>. The format holds no code. What is looked for is a header that readers take
//! differently, bytes that no tensor accounts for, and what a loader is led to by the free text of `__metadata__`.

mod dtype;
mod header;
mod layout;
mod limits;
mod metadata;
mod probe;
mod tensor;

use header::Header;
use weighbridge_parse_json::Text;
use weighbridge_sdk::{About, Child, Current, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, abi, format, kinds, strs};

struct Safetensors {
    /// The string that is being decoded for the host.
    text: Option<Text<Current>>,
}

impl Scanner for Safetensors {
    const ABOUT: About = About {
        id: "safetensors",
        name: "Safetensors files",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("safetensors", "safetensors file", abi::FORMAT_PROBE_ALWAYS, &[], strs!["safetensors"])],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "code" => ["language", "names", "text", "runs"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("safetensors", "the header: names, shapes, offsets, metadata; tensors are passed over", "")];

    fn new() -> Self {
        Safetensors { text: None }
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        probe::probe(input)
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let size = input.size();
        let Some(length) = input.array::<8>(0)? else {
            input.region(Region::Structure, 0, size)?;
            return broken(input, "truncated", "a length of eight bytes", &size.to_string(), 0, size);
        };
        let declared = u64::from_le_bytes(length);
        let room = size - 8;
        let mut sound = true;
        if declared > room {
            sound = false;
            let expected = format!("a header of {declared} bytes");
            input.emit(&Fact::anomaly("truncated").text("expected", &expected).text("found", &room.to_string()).at(0, 8))?;
        } else if declared > limits::HEADER {
            // The reference reader refuses it; others may not. What is beyond is not read.
            sound = false;
            let (expected, found) = (format!("at most {} bytes of header", limits::HEADER), declared.to_string());
            input.emit(&Fact::anomaly("limit-size").text("expected", &expected).text("found", &found).at(0, 8))?;
        }
        let end = 8 + declared.min(room).min(limits::HEADER);
        input.region(Region::Structure, 0, end)?;
        input.columns("metadata", &["key", "value"])?;
        input.columns("tensors", &["name", "type", "shape", "offset:offset", "size:size"])?;
        let header = Header::read(input, end)?;
        sound &= header.sound;
        // Where the header's end is not known, neither is where the tensors begin.
        if declared <= room {
            sound &= layout::check(input, &header, 8 + declared)?;
        }
        if sound { Ok(()) } else { Err(Failure::Malformed) }
    }

    fn open_child(&mut self, input: Current, token: u64) -> Result<(), Failure> {
        self.text = Some(Text::new(input, token, weighbridge_parse_json::Encoding::Utf8)?);
        Ok(())
    }

    fn read_child(&mut self, _input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        self.text.as_mut().map_or(Ok(0), |text| Ok(text.read(buf)?))
    }

    fn close_child(&mut self) {
        self.text = None;
    }
}

fn broken(input: &Input<'_>, code: &str, expected: &str, found: &str, at: u64, length: u64) -> Result<(), Failure> {
    input.emit(&Fact::anomaly(code).text("expected", expected).text("found", found).at(at, length))?;
    Err(Failure::Malformed)
}

/// Bytes that no tensor has: they may be anything.
fn unowned(input: &Input<'_>, name: &[u8], index: u64, at: u64, length: u64) -> Result<(), Stop> {
    input.child(&Child { speculative: true, ..Child::range(name, index, at, length) })
}

weighbridge_sdk::export!(weighbridge_plugin_safetensors = Safetensors);
