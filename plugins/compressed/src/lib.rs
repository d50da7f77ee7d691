//! Compressed streams: gzip, zlib, bzip2, xz, LZMA, lz4, Zstandard, alone or several in a row, and joblib's files, which are such streams; and files that
//! were written as text, in base64 or hexadecimal digits.
//!
//! Specifications: <https://www.rfc-editor.org/rfc/rfc1950> (zlib), <https://www.rfc-editor.org/rfc/rfc1952> (gzip),
//! <https://sourceware.org/bzip2/manual/manual.html>, <https://tukaani.org/xz/xz-file-format.txt>, <https://github.com/jljusten/LZMA-SDK/blob/master/DOC/lzma-specification.txt>,
//! <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>, <https://www.rfc-editor.org/rfc/rfc8878> (zstd),
//! <https://github.com/joblib/joblib/blob/main/joblib/numpy_pickle_compat.py> (joblib before 0.10).
//!
//! The content is one child, decoded as it is read: a loader that unpickles from a stream has run what stands before a broken part, and so that is
//! given. What follows the last stream is another child, which may well be nothing.

mod broken;
mod codec;
mod decoder;
mod format;
mod limits;
mod names;
mod probe;
mod source;
#[cfg(test)]
mod tests;

use broken::Broken;
use codec::GzipHeader;
use decoder::{Decoder, Part};
use format::Format;
use source::Source;
use weighbridge_sdk::abi::{self, Magic};
use weighbridge_sdk::{About, Child, Current, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, format, kinds, magic, strs};

/// The content of the streams.
const CONTENT: u64 = 0;

/// What follows the last stream.
const REST: u64 = 1;

/// 0x184D2A50 to 0x184D2A5F.
const SKIPPABLE: Magic = Magic {
    anchor: abi::ANCHOR_START,
    reserved: 0,
    offset: 0,
    bytes: abi::Bytes::borrow(b"\x50\x2A\x4D\x18"),
    mask: abi::Bytes::borrow(b"\xF0\xFF\xFF\xFF"),
};

/// Deflate with a window of up to 32 KiB; the check bits are the probe's.
const ZLIB: Magic =
    Magic { anchor: abi::ANCHOR_START, reserved: 0, offset: 0, bytes: abi::Bytes::borrow(b"\x08"), mask: abi::Bytes::borrow(b"\x8F") };

struct Compressed {
    open: Option<Open>,
    /// Of the input that was scanned last.
    format: Format,
    start: u64,
    carved: bool,
    /// Where the last stream ended, and the input.
    rest: (u64, u64),
}

enum Open {
    Content(Box<Decoder<Current>>),
    Rest(Current),
}

impl Scanner for Compressed {
    const ABOUT: About = About {
        id: "compressed",
        name: "Compressed streams",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        // In the order of `Format`.
        formats: &[
            &format(
                "gzip",
                "gzip stream",
                0,
                &[magic(b"\x1F\x8B\x08")],
                strs!["gz", "gzip", "tgz", "taz", "joblib", "pkl", "pickle", "rds", "rda", "rdata"],
            ),
            &format("zlib", "zlib stream", 0, &[ZLIB], strs!["z", "zlib"]),
            &format("bzip2", "bzip2 stream", 0, &[magic(b"BZh")], strs!["bz2", "bz", "tbz2", "tbz", "rds", "rda", "rdata"]),
            &format("xz", "xz stream", 0, &[magic(b"\xFD7zXZ\0")], strs!["xz", "txz", "rds", "rda", "rdata"]),
            // No magic: a header that is probable, and content that decodes.
            &format("lzma", "LZMA stream", abi::FORMAT_PROBE_ALWAYS, &[magic(b"\x5D\0\0")], strs!["lzma", "tlz"]),
            &format("lz4", "lz4 frames", 0, &[magic(b"\x04\x22\x4D\x18"), magic(b"\x02\x21\x4C\x18"), SKIPPABLE], strs!["lz4"]),
            &format("zstd", "Zstandard frames", 0, &[magic(b"\x28\xB5\x2F\xFD"), SKIPPABLE], strs!["zst", "zstd", "tzst"]),
            &format("joblib-zfile", "joblib file before 0.10 (zlib)", 0, &[magic(b"ZF0x")], strs![]),
            // Digits alone, which decode to a file.
            &format("base64", "A file as text (base64)", abi::FORMAT_PROBE_ALWAYS, &[], strs!["b64", "base64"]),
            &format("hex", "A file as text (hexadecimal)", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
        ],
        kinds: kinds! {
            "member" => ["name", "stem", "extension", "index", "packed", "method", "type"],
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found", "detail", "target"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("base64", "the whole text, which is decoded and read as a file of its own", ""),
        weighbridge_sdk::reads("bzip2", "the frame headers; what is packed in it is unpacked and read as a file of its own", ""),
        weighbridge_sdk::reads("gzip", "the frame headers; what is packed in it is unpacked and read as a file of its own", ""),
        weighbridge_sdk::reads("hex", "the whole text, which is decoded and read as a file of its own", ""),
        weighbridge_sdk::reads("joblib-zfile", "the frame headers; what is packed in it is unpacked and read as a file of its own", ""),
        weighbridge_sdk::reads("lz4", "the frame headers; what is packed in it is unpacked and read as a file of its own", ""),
        weighbridge_sdk::reads("lzma", "the frame headers; what is packed in it is unpacked and read as a file of its own", ""),
        weighbridge_sdk::reads("xz", "the frame headers; what is packed in it is unpacked and read as a file of its own", ""),
        weighbridge_sdk::reads("zlib", "the frame headers; what is packed in it is unpacked and read as a file of its own", ""),
        weighbridge_sdk::reads("zstd", "the frame headers; what is packed in it is unpacked and read as a file of its own", ""),
    ];

    fn new() -> Self {
        Compressed { open: None, format: Format::Gzip, start: 0, carved: false, rest: (0, 0) }
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        probe::probe(input)
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let format = Format::of(input.format());
        (self.format, self.start, self.carved, self.rest) = (format, input.start(), input.carved(), (0, 0));
        let mut name = names::inner(input.name());
        if format == Format::Gzip {
            name = gzip_header(input, name)?;
        }
        let (stem, extension) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((&name, ""));
        let extension = extension.to_ascii_lowercase();
        let packed = input.size() - input.start();
        let fact = Fact::new("member").text("name", &name).text("stem", stem).text_if("extension", &extension);
        let fact = fact.u64("index", 0).u64("packed", packed).text("method", format.name()).text("type", "file");
        let id = input.emit(&fact.at(input.start(), packed))?;
        let content = Child::token(name.as_bytes(), 0, CONTENT, format.name()).at(input.start(), packed);
        input.child(&Child { parent: id, ..content })?;
        if !input.carved() {
            // How much it is is known when the content has been decoded, which is before.
            input.child(&Child { speculative: true, ..Child::token(b"", 1, REST, "stored").at(input.start(), packed) })?;
        }
        Ok(())
    }

    fn open_child(&mut self, input: Current, token: u64) -> Result<(), Failure> {
        self.open = Some(match token {
            REST => Open::Rest(input),
            _ => Open::Content(Box::new(Decoder::new(input, self.format, self.start, self.carved))),
        });
        Ok(())
    }

    fn read_child(&mut self, input: &Input<'_>, buf: &mut [u8]) -> Result<usize, Failure> {
        match &mut self.open {
            Some(Open::Content(decoder)) => {
                let result = decoder.read(buf);
                account(input, decoder)?;
                match result {
                    Ok(0) => {
                        self.rest = ended(input, decoder)?;
                        Ok(0)
                    }
                    Ok(n) => Ok(n),
                    Err(broken) => {
                        say(input, &broken, decoder.end())?;
                        Err(broken.failure())
                    }
                }
            }
            Some(Open::Rest(current)) => {
                let (at, end) = self.rest;
                let n = usize::try_from(end - at).unwrap_or(usize::MAX).min(buf.len());
                let got = current.read_at(at, &mut buf[..n])?;
                self.rest.0 += got as u64;
                Ok(got)
            }
            None => Ok(0),
        }
    }

    fn close_child(&mut self) {
        self.open = None;
    }
}

/// Says what a gzip header holds; the answer is the content's name.
fn gzip_header(input: &Input<'_>, name: String) -> Result<String, Stop> {
    let mut source = Source::new(input, input.start());
    // What is wrong with the header is said when the content is decoded.
    let header = GzipHeader::read(&mut source).unwrap_or_default();
    if let Some(stop) = source.stopped() {
        return Err(stop);
    }
    let length = source.position() - input.start();
    for (key, value) in [("gzip.name", &header.name), ("gzip.comment", &header.comment)] {
        if let Some(value) = value {
            let value = String::from_utf8_lossy(value);
            input.emit(&Fact::new("metadata").text("key", key).text("value", &value).at(input.start(), length))?;
        }
    }
    let Some(stored) = header.name.filter(|stored| !stored.is_empty()) else { return Ok(name) };
    let text = String::from_utf8_lossy(&stored);
    if let Some(detail) = names::oddity(&stored) {
        input.emit(&Fact::anomaly("unsafe-name").text("detail", detail).text("found", &text).at(input.start(), length))?;
    }
    let base = text.rsplit(['/', '\\']).next().unwrap_or("");
    Ok(if name.is_empty() { base.to_owned() } else { name })
}

/// Accounts for what was decoded, and says what was wrong with it. Decoded data are understood: what could hide in them lies in the content, and each frame
/// in them begins with a magic that a search would take up again.
fn account(input: &Input<'_>, decoder: &mut Decoder<Current>) -> Result<(), Stop> {
    for (part, range) in decoder.parts() {
        let class = match part {
            Part::Data => Region::Structure,
            Part::Padding => Region::Padding,
            Part::Skipped => Region::Opaque,
        };
        input.region(class, range.start, range.end - range.start)?;
    }
    for (at, broken) in decoder.oddities() {
        say(input, &broken, at)?;
    }
    Ok(())
}

fn say(input: &Input<'_>, broken: &Broken, at: u64) -> Result<(), Stop> {
    if let Some((code, detail)) = broken.anomaly() {
        input.emit(&Fact::anomaly(code).text("detail", detail).at(at, 0))?;
    }
    Ok(())
}

/// The content is decoded to its end: what is left?
fn ended(input: &Input<'_>, decoder: &Decoder<Current>) -> Result<(u64, u64), Stop> {
    let (at, end) = (decoder.end(), input.size());
    if input.carved() || at >= end {
        return Ok((0, 0));
    }
    let detail = format!("after {} streams", decoder.streams());
    input.emit(&Fact::anomaly("trailing-data").text("detail", &detail).text("found", &(end - at).to_string()).at(at, end - at))?;
    Ok((at, end))
}

weighbridge_sdk::export!(weighbridge_plugin_compressed = Compressed);
