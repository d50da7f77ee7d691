//! MXNet: symbols (`-symbol.json`, a graph) and parameters (`.params`, arrays with names).
//!
//! Symbols: `nnvm/src/pass/saveload_json.cc`; parameters: `NDArray::Save` in `src/ndarray/ndarray.cc` of
//! <https://github.com/apache/mxnet>.
//!
//! Operators are the library's; `Custom` calls a Python class that is registered in the process, and `_Native` and `_NDArray` call the function whose
//! address stands in the file.

mod limits;
mod parameters;
mod symbol;

use weighbridge_parse_json as json;
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, magic, read_up_to, strs};

struct MxNet;

/// Formats, in the order of [`Scanner::ABOUT`].
const SYMBOL: u32 = 0;
const PARAMETERS: u32 = 1;

impl Scanner for MxNet {
    const ABOUT: About = About {
        id: "mxnet",
        name: "MXNet",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("mxnet-symbol", "MXNet symbol (JSON)", abi::FORMAT_PROBE_ALWAYS, &[], strs!["json"]),
            &format("mxnet-params", "MXNet parameters", 0, &[magic(&parameters::MAGIC)], strs!["params"]),
        ],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "operator" => ["framework", "domain", "op", "args"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("mxnet-params", "headers, names and shapes; arrays are passed over", ""),
        weighbridge_sdk::reads("mxnet-symbol", "every operator with its attributes", ""),
    ];

    fn new() -> Self {
        MxNet
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, parameters::HEAD)?;
        if head.starts_with(&parameters::MAGIC) && (!input.carved() || parameters::begins(&head)) {
            return Ok(Probe::certain(0).of(PARAMETERS));
        }
        if input.carved() {
            return Ok(Probe::NO);
        }
        let named = input.name().ends_with("-symbol.json");
        if let Some([true, true, inputs]) = json::keys(input, ["nodes", "op", "inputs"])?
            && (inputs || named)
        {
            return Ok(Probe::certain(0).of(SYMBOL));
        }
        // Parameters begin with their magic. Text of that name is of other programs, a pickle is PyTorch's or DyNet's: what is neither may be a broken one.
        let other = head.starts_with(b"\x80") || !head.iter().any(|byte| *byte < b'\t') && !head.is_empty();
        Ok(if input.name().ends_with(".params") && !head.is_empty() && !other { Probe::possible(0).of(PARAMETERS) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        if input.format() as u32 == PARAMETERS { parameters::scan(input) } else { symbol::scan(input) }
    }
}

weighbridge_sdk::export!(weighbridge_plugin_mxnet = MxNet);
