//! MessagePack documents: checkpoints of Flax and of Orbax, and tables of other libraries.
//!
//! Format: <https://github.com/msgpack/msgpack/blob/master/spec.md>. What Flax makes of its extension types:
//! <https://flax.readthedocs.io/en/latest/api_reference/flax.serialization.html>. `msgpack-numpy` unpickles arrays of objects: bytes are children.

mod limits;
mod report;
mod walk;

use walk::{Kind, Walk};
use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, read_up_to, strs};

struct Msgpack;

impl Scanner for Msgpack {
    const ABOUT: About = About {
        id: "msgpack",
        name: "MessagePack: Flax and Orbax checkpoints",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format(
            "msgpack",
            "MessagePack document (Flax, Orbax)",
            abi::FORMAT_PROBE_ALWAYS,
            &[],
            strs!["msgpack", "flax", "orbax", "jax", "msgpk"],
        )],
        kinds: kinds! {
            "text" => ["role", "value"],
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("msgpack", "the whole structure: keys, texts, extensions; arrays are passed over", "")];

    fn new() -> Self {
        Msgpack
    }

    /// There is no magic: a document is a map with names for keys, or whatever is called one, and what can be seen of it is whole.
    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let first = read_up_to(input, 0, 1)?;
        let is_map = matches!(first.first(), Some(0x81..=0x8f | 0xde | 0xdf));
        let named = input
            .name()
            .rsplit_once('.')
            .is_some_and(|(_, extension)| ["msgpack", "flax", "orbax", "jax", "msgpk"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
        if input.carved() || !(is_map || named) {
            return Ok(Probe::NO);
        }
        let mut walk = Walk::new(input, 0, u64::MAX);
        let (mut items, mut keys, mut names) = (0, 0, 0);
        while items < limits::PROBE {
            match walk.next()? {
                Ok(Some(item)) => {
                    items += 1;
                    if item.key {
                        keys += 1;
                        let name = match item.kind {
                            Kind::Str(length) => read_up_to(input, item.body, usize::try_from(length).unwrap_or(64).min(64))?,
                            _ => Vec::new(),
                        };
                        names += u64::from(!name.is_empty() && name.iter().all(|byte| *byte >= 0x20));
                    }
                }
                Ok(None) => {
                    // All of it was read, and nothing follows.
                    let whole = walk.at == report::size(input);
                    return Ok(match () {
                        () if whole && keys > 0 && names * 2 >= keys => Probe::certain(0),
                        () if named => Probe::likely(0),
                        () => Probe::NO,
                    });
                }
                Err(_) if named => return Ok(if is_map { Probe::likely(0) } else { Probe::possible(0) }),
                Err(_) => return Ok(Probe::NO),
            }
        }
        Ok(if is_map && names * 2 >= keys || named { Probe::likely(0) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        report::scan(input)
    }
}

weighbridge_sdk::export!(weighbridge_plugin_msgpack = Msgpack);
