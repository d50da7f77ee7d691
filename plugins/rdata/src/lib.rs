//! R's serialized objects (rds) and workspaces (rda, RData).
//!
//! Format: <https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats>, and `serialize.c` and `saveload.c` of R. Most files are
//! compressed; then they are children of `compressed`.
//!
//! Numbers and strings are data. Code is what else a file may hold: closures, calls and formulas, bytecode, and promises, whose code runs when somebody
//! reads the value (CVE-2024-27322). This plugin says what each piece calls, and when it would run.

mod code;
mod item;
mod limits;
mod reader;
mod report;
mod stream;

use report::Report;
use stream::{Encoding, Error, Stream};
use weighbridge_sdk::{About, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, format, kinds, magic, read_up_to, strs};

/// Workspaces: a magic, then a stream with its own header. `A` is text, `B` the writer's byte order, `X` XDR.
const WORKSPACES: [&[u8]; 9] = [b"RDX3\n", b"RDX2\n", b"RDA3\n", b"RDA2\n", b"RDB3\n", b"RDB2\n", b"RDX1\n", b"RDA1\n", b"RDB1\n"];

struct Rdata;

/// Where the stream begins, its encoding and its version, as far as the header says.
struct Header {
    start: u64,
    encoding: Encoding,
}

/// Whether a file is called what R calls its own.
fn is_named(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["rds", "rda", "rdata", "robj"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// `X\n` and a version from 2 to 3, in the encoding that the letter says.
fn header(head: &[u8]) -> Option<Header> {
    let (workspace, rest) = match WORKSPACES.iter().find(|magic| head.starts_with(magic)) {
        Some(magic) => (magic.len(), &head[magic.len()..]),
        None => (0, head),
    };
    // R passes over a line break before the letter of text.
    let (skipped, rest) = match rest {
        [b'\n', rest @ ..] if rest.first() == Some(&b'A') => (1, rest),
        rest => (0, rest),
    };
    let version = |bytes: Option<[u8; 4]>, read: fn([u8; 4]) -> u32| bytes.is_some_and(|bytes| matches!(read(bytes), 2 | 3));
    let bytes = rest.get(2..6).and_then(|bytes| bytes.try_into().ok());
    let encoding = match rest.get(..2)? {
        b"X\n" if version(bytes, u32::from_be_bytes) => Encoding::Big,
        b"B\n" if version(bytes, u32::from_le_bytes) => Encoding::Little,
        b"B\n" if version(bytes, u32::from_be_bytes) => Encoding::Big,
        b"A\n" if matches!(rest.get(2..4), Some(b"2\n" | b"3\n" | b"2\r" | b"3\r")) => Encoding::Ascii,
        _ => return None,
    };
    Some(Header { start: (workspace + skipped) as u64, encoding })
}

impl Scanner for Rdata {
    const ABOUT: About = About {
        id: "rdata",
        name: "R's serialized objects and workspaces",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("rds", "R serialized object", 0, &[magic(b"X\n"), magic(b"A\n"), magic(b"B\n"), magic(b"\nA\n")], strs!["rds", "robj"]),
            &format(
                "rda",
                "R workspace",
                0,
                &[
                    magic(WORKSPACES[0]),
                    magic(WORKSPACES[1]),
                    magic(WORKSPACES[2]),
                    magic(WORKSPACES[3]),
                    magic(WORKSPACES[4]),
                    magic(WORKSPACES[5]),
                    magic(WORKSPACES[6]),
                    magic(WORKSPACES[7]),
                    magic(WORKSPACES[8]),
                ],
                strs!["rda", "rdata"],
            ),
        ],
        kinds: kinds! {
            "code" => ["language", "names", "text", "runs"],
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads("rda", "every object: functions, promises, language, bytecode; vectors of numbers are passed over", ""),
        weighbridge_sdk::reads("rds", "every object: functions, promises, language, bytecode; vectors of numbers are passed over", ""),
    ];

    fn new() -> Self {
        Rdata
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, 32)?;
        let workspace = WORKSPACES.iter().any(|magic| head.starts_with(magic));
        Ok(match header(&head) {
            Some(_) if workspace => Probe::certain(0).of(1),
            // Six bytes, three of them zero; carved out of others they may come by chance.
            Some(_) if input.carved() => Probe::NO,
            Some(_) => Probe::certain(0),
            None if workspace => Probe::likely(0).of(1),
            // A letter and a line break begin many texts.
            None if is_named(input.name()) => Probe::possible(0),
            None => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let head = read_up_to(input, 0, 32)?;
        let workspace = WORKSPACES.iter().any(|magic| head.starts_with(magic));
        let Some(header) = header(&head) else {
            let old = head.starts_with(b"RDX1\n") || head.starts_with(b"RDA1\n") || head.starts_with(b"RDB1\n");
            input.region(Region::Opaque, 0, input.size())?;
            if old {
                input.emit(&Fact::anomaly("unsupported").text("detail", "a workspace of version 1, which R wrote before 2001").at(0, 5))?;
            } else {
                let found = String::from_utf8_lossy(&head[..head.len().min(16)]).into_owned();
                let fact = Fact::anomaly("invalid").text("expected", "a stream of version 2 or 3").text("found", &found);
                input.emit(&fact.at(0, head.len() as u64))?;
            }
            report::rest(input, 0)?;
            return Err(if old { Failure::Unsupported } else { Failure::Malformed });
        };
        let mut stream = Stream::new(input, header.start + 2, header.encoding);
        let (end, error) = match prologue(input, &mut stream) {
            Ok(()) => {
                let mut report = Report::new(input, workspace);
                reader::Reader::new(stream, &mut report).read()
            }
            Err(error) => (stream.at, Some(error)),
        };
        finish(input, end, error)
    }
}

/// `version writer reader`, and in version 3 the writer's native encoding.
fn prologue(input: &Input<'_>, stream: &mut Stream<'_, '_>) -> Result<(), Error> {
    let at = stream.at;
    let version = stream.int("the version of the stream")?;
    let writer = stream.int("the version of the R that wrote it")? as u32;
    let _reader = stream.int("the version of the R that it needs")?;
    let written = format!("{}.{}.{}", writer >> 16, writer >> 8 & 255, writer & 255);
    input.emit(&Fact::new("metadata").text("key", "r.version").text("value", &written).at(at, stream.at - at))?;
    if version == 3 {
        let length = stream.length("the length of the name of an encoding")?;
        let _native_encoding = stream.string(length, "the name of an encoding")?;
    }
    Ok(())
}

/// What is left behind the item, or behind the place where it broke off.
fn finish(input: &Input<'_>, end: u64, error: Option<Error>) -> Result<(), Failure> {
    let size = input.size();
    let end = end.min(size);
    input.region(Region::Structure, 0, end)?;
    let (at, fact, failure) = match &error {
        Some(Error::Stop(stop)) => return Err(Failure::Stop(*stop)),
        None => {
            // A reader of a compressed stream sees the padding of its last block at most.
            if end < size && !input.carved() {
                let found = format!("{} bytes", size - end);
                input.emit(&Fact::anomaly("trailing-data").text("found", &found).at(end, size - end))?;
                input.child(&weighbridge_sdk::Child { speculative: true, ..weighbridge_sdk::Child::range(b"trailing", 0, end, size - end) })?;
            }
            return Ok(());
        }
        Some(Error::Truncated { at, expected }) => (*at, Fact::anomaly("truncated").text("expected", expected), Failure::Malformed),
        Some(Error::Invalid { at, expected, found }) => {
            (*at, Fact::anomaly("invalid").text("expected", expected).text("found", found), Failure::Malformed)
        }
        Some(Error::Limit { at, code, expected }) => (*at, Fact::anomaly(code).text("expected", expected), Failure::Unsupported),
    };
    input.emit(&fact.at(at.min(size), 0))?;
    input.region(Region::Opaque, end, size - end)?;
    report::rest(input, end)?;
    Err(failure)
}

weighbridge_sdk::export!(weighbridge_plugin_rdata = Rdata);
