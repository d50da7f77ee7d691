//! HDF5 files: Keras' older models and its weights, PyTables, pandas, netCDF-4, MATLAB 7.3 and much else.
//!
//! Specification: <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html>. What reads it is `weighbridge-parse-hdf5`; this plugin says what in a
//! file points out of it (external links, external storage, virtual datasets), what its shapes ask for, and hands on what its attributes hold: Keras keeps a
//! model's configuration in one, PyTables pickles in others.

mod limits;
mod seen;

use seen::Seen;
use weighbridge_parse_hdf5::{self as hdf5, Class};
use weighbridge_sdk::{About, Child, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, abi, format, kinds, magic, magic_at, strs};

/// Behind a user block the signature may stand anywhere that is a power of two: those of real files are listed, the probe looks for the others.
const HDF5: abi::Format = format(
    "hdf5",
    "HDF5",
    abi::FORMAT_PROBE_ALWAYS,
    &[magic(hdf5::SIGNATURE), magic_at(512, hdf5::SIGNATURE), magic_at(1024, hdf5::SIGNATURE), magic_at(2048, hdf5::SIGNATURE)],
    strs!["h5", "hdf5", "hdf", "he5", "h5ad", "keras"],
);

struct Hdf5;

impl Scanner for Hdf5 {
    const ABOUT: About = About {
        id: "hdf5",
        name: "HDF5",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&HDF5],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "reference" => ["role", "mechanism", "target", "object", "offset", "length"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[weighbridge_sdk::reads(
        "hdf5",
        "groups, links, attributes, the headers and places of datasets; external links and storage, virtual datasets; small texts and opaque elements; other data are passed over",
        "",
    )];

    fn new() -> Self {
        Hdf5
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        // What was cut out of other bytes begins where it was found.
        let found = if input.carved() { input.array::<8>(0)?.filter(|head| head == hdf5::SIGNATURE).map(|_| 0) } else { hdf5::find(input)? };
        Ok(found.map_or(Probe::NO, Probe::certain))
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let start = input.start();
        if start > 0 {
            // Whatever a program wants: MATLAB writes a line of text.
            input.region(Region::Payload, 0, start)?;
            input.child(&Child { speculative: true, ..Child::range(b"user-block", 0, 0, start) })?;
        }
        let mut seen = Seen::new(input);
        let account = hdf5::walk(input, start, &mut seen)?;
        let end = seen.end.unwrap_or(input.size()).min(input.size());
        if seen.opened {
            regions(input, account, start, end, seen.scattered)?;
        }
        let broken = seen.broken();
        if seen.end.is_some_and(|declared| declared < input.size()) && !input.carved() {
            let length = input.size() - end;
            let found = length.to_string();
            input.emit(&Fact::anomaly("trailing-data").text("detail", "bytes behind the end of the file").text("found", &found).at(end, length))?;
            input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, end, length) })?;
        }
        broken
    }
}

/// What lies between is free space, or what deleted objects left. Where chunks were not all found, it may be theirs.
fn regions(input: &Input<'_>, account: hdf5::Account, start: u64, end: u64, scattered: bool) -> Result<(), Stop> {
    let scattered = scattered || account.is_full();
    let (mut at, mut gaps) = (start, 0);
    let mut gap = |at: u64, length: u64| -> Result<(), Stop> {
        if scattered {
            return input.region(Region::Payload, at, length);
        }
        if length > limits::FREE {
            return Ok(());
        }
        input.region(Region::Padding, at, length)?;
        if length >= limits::GAP && gaps < limits::GAPS {
            input.child(&Child { speculative: true, ..Child::range(b"free-space", gaps, at, length) })?;
            gaps += 1;
        }
        Ok(())
    };
    for (class, offset, length) in account.finish(end) {
        if offset > at {
            gap(at, offset - at)?;
        }
        at = at.max(offset + length);
        let class = match class {
            Class::Structure => Region::Structure,
            Class::Payload => Region::Payload,
        };
        input.region(class, offset, length)?;
    }
    if end > at { gap(at, end - at) } else { Ok(()) }
}

weighbridge_sdk::export!(weighbridge_plugin_hdf5 = Hdf5);

#[cfg(test)]
mod tests;
