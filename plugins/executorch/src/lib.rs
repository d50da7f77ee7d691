//! ExecuTorch programs (`.pte`): a FlatBuffer of methods, and segments of data behind it.
//!
//! Schema: <https://github.com/pytorch/executorch/blob/main/schema/program.fbs>; header:
//! <https://github.com/pytorch/executorch/blob/main/schema/extended_header.h>.
//!
//! A program holds no code: it names operators that the runtime was built with, and backends that are given data. What a runtime does not check are
//! indices, sizes of tensors and offsets of segments (CVE-2025-30402, -30404, -30405, -54949 to -54952).

mod limits;
mod program;

use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, format, kinds, magic_at, strs};

struct ExecuTorch;

impl Scanner for ExecuTorch {
    const ABOUT: About = About {
        id: "executorch",
        name: "ExecuTorch programs",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("executorch", "ExecuTorch program", 0, &[magic_at(4, b"ET12"), magic_at(4, b"ET13")], strs!["pte"])],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "operator" => ["framework", "domain", "op"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[weighbridge_sdk::reads(
        "executorch",
        "the whole program: operators, delegates, values, and whether indices, sizes and segments stay within the file; segments of data are passed over",
        "",
    )];

    fn new() -> Self {
        ExecuTorch
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        // The root's offset lies behind the header, and is small.
        let root = input.array::<4>(0)?.map(u32::from_le_bytes);
        Ok(if root.is_some_and(|root| (8..1 << 16).contains(&root)) { Probe::certain(0) } else { Probe::likely(0) })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        program::scan(input)
    }
}

weighbridge_sdk::export!(weighbridge_plugin_executorch = ExecuTorch);
