//! Torch 7's serialized objects (`.t7`): tables, tensors, and functions of Lua as bytecode.
//!
//! Format: <https://github.com/torch/torch7/blob/master/doc/serialization.md> and `File.lua` there.
//!
//! ```text
//! object   = type:i32 …
//! nil      = 0        number = 1 value:f64     string = 2 length:i32 bytes     boolean = 5 value:i32
//! table    = 3 index:i32 [ size:i32 (key value)* ]          the part in brackets when the index comes for the first time
//! torch    = 4 index:i32 [ version:string class:string … ]  a class of C writes itself, one of Lua writes a table
//! function = 6 index:i32 [ length:i32 dump upvalues ]       7 and 8: likewise, of a function that may refer to itself
//! tensor   = dimensions:i32 sizes:i64* strides:i64* offset:i64 storage
//! storage  = length:i64 elements
//! ```
//! Reading a function makes bytecode of Lua executable: the interpreter does not verify it.

mod limits;
mod reader;
mod report;

use weighbridge_sdk::{About, Failure, Input, Probe, ReadAt, Scanner, Stop, abi, format, kinds, read_up_to, strs};

struct Torch7;

/// Where an object begins that is neither nil nor a bare number: a table or a Torch object, with index 1 and, for the latter, a version.
fn is_object(head: &[u8]) -> bool {
    let int = |at: usize| head.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(i32::from_le_bytes);
    match (int(0), int(4)) {
        // The version "V 1" and the length of a class's name.
        (Some(4), Some(1)) => int(8) == Some(3) && head.get(12..14) == Some(b"V ") && int(15).is_some_and(|length| (1..256).contains(&length)),
        // A table of a plausible size, and its first key: a name, or 1.
        (Some(3), Some(1)) => {
            let sized = int(8).is_some_and(|size| (1..1 << 24).contains(&size));
            let name = int(16).and_then(|length| head.get(20..20 + usize::try_from(length).ok()?.min(256)));
            let named = name.is_some_and(|name| !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' '));
            sized
                && match int(12) {
                    Some(2) => named,
                    Some(1) => head.get(16..24) == Some(&1f64.to_le_bytes()[..]),
                    _ => false,
                }
        }
        // A function, dumped by Lua or LuaJIT.
        (Some(6..=8), Some(1)) => head.get(12..15) == Some(b"\x1bLJ") || head.get(12..16) == Some(b"\x1bLua"),
        _ => false,
    }
}

/// The same as text, one value to a line.
fn is_text(head: &[u8]) -> bool {
    head.starts_with(b"4\n1\n3\nV ") || head.starts_with(b"3\n1\n")
}

impl Scanner for Torch7 {
    const ABOUT: About = About {
        id: "torch7",
        name: "Torch 7 (Lua)",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("torch7", "Torch 7 object", abi::FORMAT_PROBE_ALWAYS, &[], strs!["t7", "th", "net"])],
        kinds: kinds! {
            "code" => ["language", "names", "text", "runs"],
            "layer" => ["framework", "class"],
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[weighbridge_sdk::reads(
        "torch7",
        "every object: tables, classes, functions of Lua with the names that they use; storages are passed over",
        "",
    )];

    fn new() -> Self {
        Torch7
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        let head = read_up_to(input, 0, 512)?;
        let named = input.name().rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("t7"));
        let marked = head.starts_with(b"T7\0\0");
        Ok(match () {
            () if is_object(&head) && input.size() > 16 => Probe::likely(0),
            () if is_text(&head) => Probe::likely(0),
            // PyTorch's archives and pickles have that ending too.
            () if marked || named && !head.is_empty() && !head.starts_with(b"PK\x03\x04") && head[0] != 0x80 => Probe::possible(0),
            () => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let head = read_up_to(input, 0, 512)?;
        report::scan(input, is_text(&head))
    }
}

weighbridge_sdk::export!(weighbridge_plugin_torch7 = Torch7);
