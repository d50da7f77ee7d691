//! Tar archives of every dialect, and with them NeMo and BentoML archives and PyTorch checkpoints of version 0.1.
//!
//! Specifications: <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html>,
//! <https://www.gnu.org/software/tar/manual/html_node/Standard.html>. The walk over the headers is `weighbridge-parse-tar`'s; this plugin says what it
//! found: a `member` for each entry, an `anomaly` for each disagreement, and each entry's content as a child, also of those that only
//! some readers see.

mod anomalies;
mod members;

use members::{Packed, Report};
use weighbridge_parse_tar::{self as tar, Evidence, Limits, sparse::Expander};
use weighbridge_sdk::{About, Current, Fact, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, magic_at, read_up_to, strs};

/// Bytes at the beginning in which the first header is looked for.
const HEAD: usize = 4 << 10;

struct Tar {
    /// What the tokens of the last scan stand for: sparse files.
    packed: Vec<Packed>,
    open: Option<Expander<Current>>,
}

impl Scanner for Tar {
    const ABOUT: About = About {
        id: "tar",
        name: "Tar archives",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format(
            "tar",
            "tar archive (NeMo, BentoML, PyTorch 0.1, …)",
            // Version 7 has no magic: a header is known by its checksum.
            abi::FORMAT_PROBE_ALWAYS,
            &[magic_at(257, b"ustar")],
            strs!["tar", "nemo", "bento"],
        )],
        kinds: kinds! {
            "member" => ["name", "raw_name", "stem", "extension", "index", "size", "packed", "method", "type", "target", "flags"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] =
        &[weighbridge_sdk::reads("tar", "all headers, links and members, which are read as files of their own", "")];

    fn new() -> Self {
        Tar { packed: Vec::new(), open: None }
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, HEAD)?;
        Ok(match tar::probe(&head) {
            None => Probe::NO,
            Some(probe) => match probe.evidence {
                // Among other bytes a header without a magic has only its checksum to speak for it.
                Evidence::Header if input.carved() && head.get(257..262) != Some(b"ustar") => Probe::likely(probe.begins),
                Evidence::Header => Probe::certain(probe.begins),
                Evidence::Magic | Evidence::Later => Probe::likely(probe.begins),
            },
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        self.packed.clear();
        let mut report = Report::new(input, &mut self.packed);
        let limits = Limits { stop_at_end: input.carved(), ..Limits::default() };
        let summary = tar::walk(input, input.start(), &limits, &mut report)?;
        let (broken, unread) = (report.broken, report.unread);
        if !summary.is_complete() {
            input.emit(&Fact::anomaly("limit-size").text("detail", "more entries, links or extensions than are walked"))?;
            return Err(Failure::Malformed);
        }
        if broken {
            return Err(Failure::Malformed);
        }
        if unread { Err(Failure::Unsupported) } else { Ok(()) }
    }

    fn open_child(&mut self, input: Current, token: u64) -> Result<(), Failure> {
        let packed = usize::try_from(token).ok().and_then(|at| self.packed.get(at)).ok_or(Failure::Unsupported)?;
        self.open = Some(Expander::new(input, packed.data.clone(), packed.segments.clone(), packed.size));
        Ok(())
    }

    fn read_child(&mut self, _input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        match &mut self.open {
            Some(expander) => Ok(expander.read(buf)?),
            None => Ok(0),
        }
    }

    fn close_child(&mut self) {
        self.open = None;
    }
}

weighbridge_sdk::export!(weighbridge_plugin_tar = Tar);
