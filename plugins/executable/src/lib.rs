//! Programs among models: ELF, PE, Mach-O and scripts, the test file of virus scanners, and llamafiles, which are programs by design.
//!
//! They are recognised by their headers. What a program does is not read; what lies behind it, and in it as a model, is.

mod image;
mod kind;
mod limits;
mod llamafile;

use weighbridge_sdk::{About, Child, Fact, Failure, Input, Probe, ReadAt, Region, Scanner, Stop, abi, format, kinds, magic, read_up_to, strs};

/// Places in the list of formats.
const EXECUTABLE: u32 = 0;
const LLAMAFILE: u32 = 1;
const ARGUMENTS: u32 = 2;

/// Where any of these is, a probe decides.
const MAGICS: &[abi::Magic] = &[
    magic(b"\x7fELF"),
    magic(b"MZ"),
    magic(b"\xcf\xfa\xed\xfe"),
    magic(b"\xce\xfa\xed\xfe"),
    magic(b"\xfe\xed\xfa"),
    magic(b"\xca\xfe\xba"),
    magic(b"#!"),
    magic(kind::EICAR),
    magic(kind::APE[1]),
    magic(kind::APE[2]),
];

struct Executable;

impl Scanner for Executable {
    const ABOUT: About = About {
        id: "executable",
        name: "Executables and scripts",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("executable", "Executable or script (ELF, PE, Mach-O, #!)", 0, MAGICS, strs!["exe", "dll", "so", "dylib", "sh", "bat"]),
            &format("llamafile", "llamafile", 0, MAGICS, strs!["llamafile"]),
            &format("llamafile-arguments", "Arguments of a llamafile", abi::FORMAT_PROBE_ALWAYS, &[], strs![]),
        ],
        kinds: kinds! {
            "binary" => ["type", "named"],
            "text" => ["role", "value"],
            "metadata" => ["key", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [weighbridge_sdk::abi::FormatReads] = &[
        weighbridge_sdk::reads(
            "executable",
            "the header, and where the program ends: what lies behind is read as a file of its own; the first 32 KiB of a script",
            "",
        ),
        weighbridge_sdk::reads(
            "llamafile",
            "texts of the first 16 MiB and of the last one; the archive behind it, the arguments and the model in that; models that lie in it without an archive",
            "all texts",
        ),
        weighbridge_sdk::reads("llamafile-arguments", "every argument", ""),
    ];

    fn new() -> Self {
        Executable
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        if llamafile::is_arguments(input)? {
            return Ok(Probe::likely(0).of(ARGUMENTS));
        }
        let head = read_up_to(input, 0, limits::HEAD)?;
        if llamafile::is(input, &head)? {
            return Ok(Probe::certain(0).of(LLAMAFILE));
        }
        Ok(if kind::kind(&head, input)?.is_some() { Probe::certain(0).of(EXECUTABLE) } else { Probe::NO })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        let head = read_up_to(input, 0, limits::HEAD)?;
        match u32::try_from(input.format()) {
            Ok(LLAMAFILE) => return llamafile::scan(input, &head),
            Ok(ARGUMENTS) => return llamafile::arguments(input),
            _ => {}
        }
        let size = input.size();
        if let Some(kind) = kind::kind(&head, input)? {
            let named = kind::named(input, kind);
            let fact = Fact::new("binary").text("type", kind).text_if("named", named);
            input.emit(&fact.at(0, size.min(limits::HEAD as u64)))?;
            if kind == "script" {
                script(input)?;
            }
            let end = image::end(input, kind, &head)?.unwrap_or(size);
            if end > size {
                let (expected, found) = (format!("{end} bytes"), size.to_string());
                let fact = Fact::anomaly("truncated").text("detail", "a part of the program").text("expected", &expected).text("found", &found);
                input.emit(&fact.at(size, 0))?;
            } else if size - end >= limits::OVERLAY {
                input.child(&Child { speculative: true, ..Child::range(b"behind", 0, end, size - end) })?;
                input.region(Region::Payload, end, size - end)?;
            }
        }
        // What a program does is not read; that there is one is what there is to say.
        input.region(Region::Structure, 0, size)?;
        Ok(())
    }
}

/// A script is its text: what it does can be read.
fn script(input: &Input<'_>) -> Result<(), Stop> {
    let text = read_up_to(input, 0, limits::SCRIPT)?;
    let shown = String::from_utf8_lossy(&text);
    let fact = Fact::new("text").text("role", "script").text_cut("value", &shown, input.size().max(shown.len() as u64));
    input.emit(&fact.at(0, text.len() as u64)).map(drop)
}

weighbridge_sdk::export!(weighbridge_plugin_executable = Executable);
