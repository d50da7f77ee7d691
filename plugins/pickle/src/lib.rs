//! Python pickles: the whole family in one byte stream.
//!
//! Plain pickles of every protocol, pickles stacked one after the other, PyTorch's legacy files (five pickles and raw storages),
//! joblib's files (raw arrays within a pickle), dill and cloudpickle. Whatever interrupts or follows a pickle is stepped over here.
//!
//! Format: <https://github.com/python/cpython/blob/main/Lib/pickletools.py>. The abstract machine is `weighbridge-parse-pickle`'s; this plugin says
//! what it saw: names, calls, state, references to storages, and constants that hold a file of their own as children.

mod account;
mod anomalies;
mod joblib;
mod listing;
mod nested;
mod seen;
mod source;
mod torch;

use nested::Nested;
use seen::{End, Seen};
use weighbridge_parse_pickle::{self as pickle, Limits};
use weighbridge_sdk::{About, Current, Failure, Input, Probe, ReadAt, Scanner, Stop, abi, format, kinds, limit, magic, read_up_to, strs};

/// Bytes that identification looks at.
const PREFIX: usize = 4 << 10;
/// Bytes of a line that identification looks for the end of: less than the host lets it read.
const LINE: u64 = 3 << 20;
const BLOCK: usize = 64 << 10;

struct Pickle {
    /// Decoded constants of the last scan, by token.
    decoded: Vec<Vec<u8>>,
    /// The one that is being read, and how far.
    open: Option<(usize, usize)>,
}

impl Scanner for Pickle {
    const ABOUT: About = About {
        id: "pickle",
        name: "Python pickles",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format(
            "pickle",
            "Python pickle (plain, stacked, joblib, dill, cloudpickle, PyTorch)",
            abi::FORMAT_PROBE_ALWAYS,
            &[magic(b"\x80\x02"), magic(b"\x80\x03"), magic(b"\x80\x04"), magic(b"\x80\x05")],
            strs!["pkl", "pickle", "pck", "p", "pk", "dill", "joblib", "jbl", "pt", "pth", "ckpt", "sav", "cloudpickle", "pdparams", "pdopt", "tar"],
        )],
        kinds: kinds! {
            "global" => ["module", "name", "written_module", "written_name", "opcode", "resolved", "via"],
            "call" => ["module", "name", "opcode", "args", "text", "resolved", "folded", "arg_globals", "args_omitted"],
            "code" => ["language", "names", "calls", "text", "runs", "features"],
            "operator" => ["framework", "domain", "op"],
            "state" => ["module", "name", "target", "opcode", "keys", "form"],
            "reference" => ["role", "target", "offset", "length", "expect_size"],
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[limit("pickle.memo-entries", pickle::limits::MEMO_ENTRIES, "8 bytes each; past it only names, calls and containers are kept")],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[weighbridge_sdk::reads(
        "pickle",
        "every opcode: what is imported, called and set; constants to 1 MiB, and larger ones that are arguments, are looked into; storages and arrays are passed over",
        "",
    )];

    fn new() -> Self {
        Pickle { decoded: Vec::new(), open: None }
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let prefix = read_up_to(input, 0, PREFIX)?;
        if input.carved() {
            return Ok(if pickle::proven(&prefix, input.size()).is_some() { Probe::certain(0) } else { Probe::NO });
        }
        let graded = pickle::probe(&prefix, input.size());
        Ok(match graded {
            pickle::Probe::No | pickle::Probe::Words | pickle::Probe::Possible => match behind_line(input, &prefix)? {
                Behind::Pickle => Probe::likely(0),
                // No text has such a line, and what lies behind it is not known: it is read where nobody knows better.
                Behind::Unknown => Probe::possible(0),
                Behind::Other => named(graded, input.name()),
            },
            pickle::Probe::Likely => Probe::likely(0),
            pickle::Probe::Certain => Probe::certain(0),
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        self.decoded.clear();
        let memo_entries = input.limit("pickle.memo-entries", pickle::limits::MEMO_ENTRIES);
        let mut limits = Limits { memo_entries, ..Limits::default() };
        if input.name() == seen::MOBILE {
            limits.constant_min = seen::SHORTEST_OPERATOR;
        }
        let seen = Seen::new(input, Nested::new(input, &mut self.decoded));
        let (summary, seen) = listing::run(input, &limits, seen)?;
        let End { well_formed, looked_into } = seen.finish()?;
        match summary.complete && well_formed {
            true if looked_into => Ok(()),
            true => Err(Failure::Unsupported),
            false => Err(Failure::Malformed),
        }
    }

    fn open_child(&mut self, _input: Current, token: u64) -> Result<(), Failure> {
        let at = usize::try_from(token).ok().filter(|at| *at < self.decoded.len()).ok_or(Failure::Unsupported)?;
        self.open = Some((at, 0));
        Ok(())
    }

    fn read_child(&mut self, _input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        let Some((at, from)) = &mut self.open else { return Ok(0) };
        let rest = self.decoded.get(*at).and_then(|bytes| bytes.get(*from..)).unwrap_or(&[]);
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        *from += n;
        Ok(n)
    }

    fn close_child(&mut self) {
        self.open = None;
    }
}

/// What stands behind a line that is longer than what identification reads.
enum Behind {
    /// A pickle that is under way.
    Pickle,
    /// Nothing of a pickle, or there is no such line.
    Other,
    /// The line is too long to tell.
    Unknown,
}

/// Whether a text that is longer than what identification reads is the beginning of a pickle, by what follows it.
fn behind_line(input: &Input<'_>, prefix: &[u8]) -> Result<Behind, Stop> {
    let Some(line) = pickle::open_line(prefix, input.size()) else { return Ok(Behind::Other) };
    let mut at = prefix.len() as u64;
    while at < input.size() {
        if at - line >= LINE {
            return Ok(Behind::Unknown);
        }
        let block = read_up_to(input, at, BLOCK)?;
        input.poll(1)?;
        if let Some(end) = block.iter().position(|&byte| byte == b'\n') {
            let rest = at + end as u64 + 1;
            let goes_on = pickle::goes_on(&read_up_to(input, rest, PREFIX)?, input.size().saturating_sub(rest));
            return Ok(if goes_on { Behind::Pickle } else { Behind::Other });
        }
        at += block.len().max(1) as u64;
    }
    Ok(Behind::Other)
}

/// What words that may be a pickle are taken for: by the file's name.
fn named(graded: pickle::Probe, name: &str) -> Probe {
    match graded {
        pickle::Probe::Possible => Probe::possible(0),
        pickle::Probe::Words if is_named(name) => Probe::possible(0),
        _ => Probe::NO,
    }
}

/// Endings under which loaders are given pickles, and nothing that is text.
const OWN: [&str; 13] = ["pkl", "pickle", "pck", "p", "pk", "dill", "joblib", "jbl", "sav", "cloudpickle", "pt", "pth", "ckpt"];

fn is_named(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| OWN.iter().any(|own| extension.eq_ignore_ascii_case(own)))
}

weighbridge_sdk::export!(weighbridge_plugin_pickle = Pickle);
