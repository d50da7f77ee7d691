//! PaddlePaddle: programs (`.pdmodel`, `__model__`) and parameters (`.pdiparams`). What `paddle.save` writes (`.pdparams`) is a pickle.
//!
//! Programs: <https://github.com/PaddlePaddle/Paddle/blob/develop/paddle/fluid/framework/framework.proto>; parameters: `SerializeToStream` in
//! `paddle/fluid/framework/lod_tensor.cc` and `tensor_util.cc`.
//!
//! Operators of a program are the library's; some call Python functions that are registered in the process (`py_func`), some load and save files.

mod limits;
mod parameters;
mod pir;
mod program;

use weighbridge_parse_proto::{Reader, Wire, survey};
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, read_up_to, strs};

struct Paddle;

/// Formats, in the order of [`Scanner::ABOUT`].
const PROGRAM: u32 = 0;
const PARAMETERS: u32 = 1;
const PIR: u32 = 2;

fn is_program(input: &Input<'_>) -> Result<bool, Stop> {
    let mut reader = Reader::new(input);
    let whole = reader.whole();
    let outer = survey(&mut reader, whole, limits::PROBE)?;
    let known = outer.seen().iter().all(|seen| matches!(seen.number, 1 | 3 | 4 | 5) && seen.wire == Wire::Bytes);
    let Some(block) = outer.bytes(1).filter(|_| known) else { return Ok(false) };
    let Ok(message) = whole.nested(block) else { return Ok(false) };
    let block = survey(&mut reader, message, limits::PROBE)?;
    // idx and parent_idx are required, and first.
    let numbers = block.first(1, Wire::Varint).is_some() && block.first(2, Wire::Varint).is_some();
    let known = block.seen().iter().all(|seen| match seen.number {
        1 | 2 | 5 => seen.wire == Wire::Varint,
        3 | 4 => seen.wire == Wire::Bytes,
        _ => false,
    });
    Ok(numbers && known)
}

impl Scanner for Paddle {
    const ABOUT: About = About {
        id: "paddle",
        name: "PaddlePaddle",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("paddle-program", "PaddlePaddle program", abi::FORMAT_PROBE_ALWAYS, &[], strs!["pdmodel"]),
            &format("paddle-parameters", "PaddlePaddle parameters", 0, &[], strs!["pdiparams"]),
            &format("paddle-pir", "PaddlePaddle program (JSON, version 3)", 0, &[], strs!["json"]),
        ],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "operator" => ["framework", "domain", "op", "args"],
            "reference" => ["role", "target"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("paddle-program", "blocks, operators with their attributes, variables", ""),
        weighbridge_sdk::reads("paddle-parameters", "the descriptions of the tensors, which are passed over themselves", ""),
        weighbridge_sdk::reads("paddle-pir", "every operator with its attributes", ""),
    ];

    fn new() -> Self {
        Paddle
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        let name = input.name().to_ascii_lowercase();
        let head = read_up_to(input, 0, parameters::HEAD)?;
        if pir::is(input)? {
            return Ok(Probe::certain(0).of(PIR));
        }
        if parameters::is_parameters(&head) {
            return Ok(Probe::certain(0).of(PARAMETERS));
        }
        // A program begins with a block: field 1, of bytes.
        if head.first() == Some(&0x0a) && is_program(input)? {
            return Ok(Probe::certain(0).of(PROGRAM));
        }
        Ok(match () {
            () if name.ends_with(".pdmodel") || name == "__model__" => Probe::possible(0).of(PROGRAM),
            () if name.ends_with(".pdiparams") => Probe::possible(0).of(PARAMETERS),
            () => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        match input.format() as u32 {
            PARAMETERS => parameters::scan(input),
            PIR => pir::scan(input),
            _ => program::scan(input),
        }
    }
}

/// Text that stands where the format is broken.
fn rest(input: &Input<'_>, from: u64) -> Result<(), Stop> {
    use weighbridge_sdk::Fact;
    weighbridge_parse_strings::runs(input, from, from.saturating_add(limits::REST), 6, |run| {
        input.emit(&Fact::new("text").text("role", "unread").text("value", run.text).at(run.at, run.length))?;
        Ok(())
    })
}

weighbridge_sdk::export!(weighbridge_plugin_paddle = Paddle);
