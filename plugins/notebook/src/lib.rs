//! Notebooks of Jupyter: code in cells, commands for a shell, and outputs that a browser shows.
//!
//! Format: <https://nbformat.readthedocs.io/en/latest/format_description.html>. Nothing of a notebook runs when a model beside it is loaded: its code runs when somebody
//! runs a cell, its outputs act when somebody opens it and trusts it. The code is `python`'s to read, all cells as one program.

mod cell;
mod limits;
mod walk;

use weighbridge_parse_json as json;
use weighbridge_sdk::{About, Current, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, strs};

#[derive(Default)]
struct Notebook {
    /// The source of the last notebook's cells, and how much of it was read.
    source: Vec<u8>,
    read: usize,
}

impl Scanner for Notebook {
    const ABOUT: About = About {
        id: "notebook",
        name: "Jupyter notebooks",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format("notebook", "Jupyter notebook", abi::FORMAT_PROBE_ALWAYS, &[], strs!["ipynb"])],
        kinds: kinds! {
            "code" => ["language", "runs", "text"],
            "text" => ["role", "value"],
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("notebook", "cells as one program, commands for a shell, and what outputs and texts would do in a browser", "")];

    fn new() -> Self {
        Notebook::default()
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if input.carved() {
            return Ok(Probe::NO);
        }
        let named = input.name().to_ascii_lowercase().ends_with(".ipynb");
        Ok(match json::keys(input, ["cell_type", "nbformat", "cells"])? {
            Some([true, ..] | [_, true, true]) => Probe::certain(0),
            Some(_) if named => Probe::certain(0),
            _ => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let (source, done) = walk::walk(input);
        self.source = source;
        done
    }

    fn open_child(&mut self, _input: Current, _token: u64) -> Result<(), Failure> {
        self.read = 0;
        Ok(())
    }

    fn read_child(&mut self, _input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        let rest = self.source.get(self.read..).unwrap_or(&[]);
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(count)
    }

    fn close_child(&mut self) {
        self.read = 0;
    }
}

weighbridge_sdk::export!(weighbridge_plugin_notebook = Notebook);
