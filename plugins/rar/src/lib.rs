//! RAR archives, which are recognised and not read.
//!
//! Marks: <https://www.rarlab.com/technote.htm> (5.0), <https://codedread.github.io/bitjs/docs/unrar.html> (1.5). There is no decoder that may be
//! redistributed freely, and no loader of models reads them: what this plugin gives is that such a file is not passed over as one of no known format.

use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, format, kinds, magic, strs};

/// RAR 1.5 to 4.
const OLD: &[u8; 7] = b"Rar!\x1A\x07\x00";

/// RAR 5.
const NEW: &[u8; 8] = b"Rar!\x1A\x07\x01\x00";

struct Rar;

impl Scanner for Rar {
    const ABOUT: About = About {
        id: "rar",
        name: "RAR archives (recognised, not read)",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("rar", "RAR archive", 0, &[magic(OLD), magic(NEW)], strs!["rar"])],
        kinds: kinds! {
            "binary" => ["type"],
            "anomaly" => ["code", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("rar", "the headers: it is recognised, and said to be unread", "")];

    fn new() -> Self {
        Rar
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let is_rar = input.array(0)?.is_some_and(|head: [u8; 8]| head.starts_with(OLD) || head == *NEW);
        Ok(if is_rar { Probe::certain(0) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let size = if input.carved() { OLD.len() as u64 } else { input.size() };
        input.region(Region::Opaque, 0, size)?;
        input.emit(&Fact::new("binary").text("type", "archive").at(0, size))?;
        input.emit(&Fact::anomaly("unsupported").text("detail", "RAR is recognised and not read").at(0, size))?;
        Err(Failure::Unsupported)
    }
}

weighbridge_sdk::export!(weighbridge_plugin_rar = Rar);
