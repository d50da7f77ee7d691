//! NumPy's array files (npy). An npz file is a ZIP archive whose members are npy files.
//!
//! Specification: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>,
//! <https://numpy.org/neps/nep-0001-npy-format.html>. Numbers are payload; an array of objects is a pickle behind the header, and a child.

mod array;
mod dtype;
mod header;
mod limits;
mod literal;

use array::{Array, Body};
use weighbridge_sdk::{About, Child, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, format, kinds, limit, magic, read_up_to, strs};

struct Numpy;

impl Scanner for Numpy {
    const ABOUT: About = About {
        id: "numpy",
        name: "NumPy array files",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("npy", "NumPy array", 0, &[magic(array::MAGIC)], strs!["npy"])],
        kinds: kinds! {
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[limit(limits::HEADER_NAME, limits::HEADER, limits::HEADER_REASON)],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("npy", "the header; a pickle of objects behind it; arrays of numbers are passed over", "")];

    fn new() -> Self {
        Numpy
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, array::PROBE)?;
        if !head.starts_with(array::MAGIC) {
            return Ok(Probe::NO);
        }
        // Six bytes may come about by chance among others; with a version and a dictionary behind them they do not.
        Ok(if input.carved() && !array::is_plain(&head) { Probe::NO } else { Probe::certain(0) })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let limit = input.limit(limits::HEADER_NAME, limits::HEADER);
        let mut at = input.start();
        // numpy.save may be called more than once on an open file: arrays then stand one behind the other.
        loop {
            input.poll(1)?;
            let array = array::read(input, at, limit)?;
            report(input, &array)?;
            if let Some(failure) = array.failure() {
                return Err(failure);
            }
            at = array.ends;
            if at >= input.size() || input.carved() {
                return Ok(());
            }
            if read_up_to(input, at, array::MAGIC.len())? != array::MAGIC {
                return Ok(trailing(input, at)?);
            }
        }
    }
}

fn report(input: &Input<'_>, array: &Array) -> Result<(), Stop> {
    let (start, length) = (array.header.start, array.header.end - array.header.start);
    input.region(Region::Structure, start, length)?;
    if let Some(descr) = &array.descr {
        input.emit(&Fact::new("metadata").text("key", "numpy.descr").text("value", descr).at(start, length))?;
        let order = if array.fortran { "Fortran" } else { "C" };
        let bytes = match &array.body {
            Body::Elements { range, .. } | Body::Pickle(range) | Body::Unknown(range) => range.end.saturating_sub(range.start).to_string(),
            Body::None => "0".to_owned(),
        };
        input.columns("arrays", &["type", "shape", "order", "size:size"])?;
        input.row("arrays", start, length, 0, &[descr, &array.shape, order, &bytes])?;
    }
    for issue in &array.issues {
        let fact = Fact::anomaly(issue.code).text("detail", issue.detail).text_if("expected", &issue.expected).text_if("found", &issue.found);
        input.emit(&fact.at(issue.at, issue.length))?;
    }
    let body = |range: &std::ops::Range<u64>| Child::range(b"data", 0, range.start, range.end - range.start);
    match &array.body {
        Body::None => Ok(()),
        Body::Pickle(range) => {
            input.region(Region::Payload, range.start, range.end - range.start)?;
            input.child(&Child { format_hint: "pickle", ..body(range) })
        }
        Body::Elements { range, bytes } => {
            input.region(Region::Payload, range.start, range.end - range.start)?;
            // An array of bytes or strings is where a whole file would be put.
            if *bytes && range.end - range.start <= limits::CONSTANT {
                input.child(&Child { payload: true, speculative: true, ..body(range) })?;
            }
            Ok(())
        }
        Body::Unknown(range) if range.is_empty() => Ok(()),
        Body::Unknown(range) => input.child(&Child { speculative: true, ..body(range) }),
    }
}

fn trailing(input: &Input<'_>, at: u64) -> Result<(), Stop> {
    let length = input.size() - at;
    input.emit(&Fact::anomaly("trailing-data").text("detail", "bytes behind the last array").text("found", &length.to_string()).at(at, length))?;
    input.child(&Child { speculative: true, ..Child::range(b"trailing", 1, at, length) })
}

weighbridge_sdk::export!(weighbridge_plugin_numpy = Numpy);
