//! ZIP archives, and with them PyTorch checkpoints, NumPy's npz, Keras v3 files and whatever else is a ZIP archive.
//!
//! Specification: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>. The walk over the records is `weighbridge-parse-zip`'s;
//! this plugin says what it found: a `member` for each entry, an `anomaly` for each disagreement, and each entry's content as a child, once
//! for each way in which readers would find it.

mod anomalies;
mod members;

use members::Report;
use weighbridge_parse_zip::{self as zip, Decoder, Evidence, Limits, View};
use weighbridge_sdk::{About, Current, Fact, Failure, Input, Probe, ReadAt, Scanner, Stop, format, kinds, magic, magic_tail, read_up_to, strs};

/// How much of the end of an input is looked at for an end record.
const TAIL: u64 = zip::limits::TAIL as u64;

struct Zip {
    /// What the tokens of the last scan stand for.
    views: Vec<View>,
    open: Option<Decoder<Current>>,
}

impl Scanner for Zip {
    const ABOUT: About = About {
        id: "zip",
        name: "ZIP archives",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[&format(
            "zip",
            "ZIP archive (PyTorch checkpoint, npz, Keras v3, …)",
            0,
            &[magic(b"PK\x03\x04"), magic(b"PK\x05\x06"), magic(b"PK\x07\x08PK"), magic(b"PK00PK"), magic_tail(b"PK\x05\x06")],
            strs!["zip", "pt", "pth", "ckpt", "npz", "keras", "mar", "skops", "ptl", "pkl", "pt2", "tar", "jar", "whl"],
        )],
        kinds: kinds! {
            "member" => ["name", "raw_name", "stem", "extension", "index", "size", "packed", "method", "type", "target", "flags"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[weighbridge_sdk::reads(
        "zip",
        "every record, and every entry in every way in which readers find it: entries are read as files of their own; checksums of stored ones to 64 KiB",
        "checksums of all entries",
    )];

    fn new() -> Self {
        Zip { views: Vec::new(), open: None }
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, 8)?;
        let tail = read_up_to(input, input.size().saturating_sub(TAIL), TAIL as usize)?;
        Ok(match zip::probe(&head, &tail, input.size()) {
            None => Probe::NO,
            Some(probe) => match probe.evidence {
                Evidence::Directory => Probe::certain(probe.begins),
                Evidence::Head if input.carved() && !is_plausible(input)? => Probe::NO,
                Evidence::Head => Probe::certain(probe.begins),
                Evidence::EndRecord => Probe::likely(probe.begins),
            },
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        self.views.clear();
        let mut report = Report::new(input, &mut self.views);
        let summary = zip::walk(input, &Limits::default(), &mut report)?;
        let (broken, unread) = (report.broken, report.unread);
        if !summary.is_complete() {
            input.emit(&Fact::anomaly("limit-size").text("detail", "more entries or end records than are walked"))?;
            return Err(Failure::Malformed);
        }
        if broken {
            return Err(Failure::Malformed);
        }
        if unread { Err(Failure::Unsupported) } else { Ok(()) }
    }

    fn open_child(&mut self, input: Current, token: u64) -> Result<(), Failure> {
        let view = usize::try_from(token).ok().and_then(|at| self.views.get(at)).ok_or(Failure::Unsupported)?;
        self.open = Some(zip::open(input, view.clone(), &Limits::default()).map_err(anomalies::failure)?);
        Ok(())
    }

    fn read_child(&mut self, input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        let Some(decoder) = &mut self.open else { return Ok(0) };
        let result = decoder.read(buf);
        if matches!(result, Ok(1..)) {
            return result.map_err(anomalies::failure);
        }
        // The end, or an error: what was declared is compared with what came.
        if let Some(decoder) = self.open.take() {
            let at = decoder.view().data.start;
            for issue in decoder.finish().issues {
                anomalies::emit(input, &issue, "", at)?;
            }
        }
        match result {
            Err(error) => {
                anomalies::decode_error(input, error)?;
                Err(anomalies::failure(error))
            }
            Ok(n) => Ok(n),
        }
    }

    fn close_child(&mut self) {
        self.open = None;
    }
}

/// Whether a local header that lies somewhere in other bytes has the numbers of one: a version and a method that there are, and a name. Chance makes the four
/// bytes of the signature, and those who test tools write them into arrays.
fn is_plausible(input: &Input<'_>) -> Result<bool, Stop> {
    let head = read_up_to(input, 0, 64)?;
    let number = |at: usize| head.get(at..at + 2).map_or(u16::MAX, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let name = usize::from(number(26));
    let shown = head.get(30..head.len().min(30usize.saturating_add(name))).unwrap_or(&[]);
    Ok(number(4) & 0xff <= 63 && number(8) <= 99 && (1..=1_024).contains(&name) && !shown.is_empty() && shown.iter().all(|byte| *byte >= 0x20))
}

weighbridge_sdk::export!(weighbridge_plugin_zip = Zip);
