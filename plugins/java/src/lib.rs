//! Java: streams of serialized objects, in which H2O, Weka, DL4J, Spark ML and others keep models or parts of them, and class files.
//!
//! Streams: <https://docs.oracle.com/en/java/javase/21/docs/specs/serialization/protocol.html>. Class files: see the module.
//!
//! Reading a stream makes an object of each class that it names, and runs what these do when they are read. Which of them are on the class path, the reader
//! decides; what they do with each other, the stream.

mod class;
mod limits;
mod report;
mod stream;

use weighbridge_sdk::{About, Failure, Input, Probe, Scanner, Stop, abi, format, kinds, magic, read_up_to, reads, strs};

/// Formats, in the order of [`Scanner::ABOUT`].
const STREAM: u32 = 0;
const CLASS: u32 = 1;

/// `STREAM_MAGIC`, `STREAM_VERSION`.
const MAGIC: &[u8] = b"\xac\xed\x00\x05";

struct Java;

impl Scanner for Java {
    const ABOUT: About = About {
        id: "java",
        name: "Serialized objects and classes of Java",
        version: env!("CARGO_PKG_VERSION"),
        license: "Apache-2.0",
        formats: &[
            &format("java-serialization", "Serialized objects of Java", 0, &[magic(MAGIC)], strs!["ser"]),
            &format("java-class", "Class file of Java", 0, &[magic(b"\xca\xfe\xba\xbe")], strs!["class"]),
        ],
        kinds: kinds! {
            "code" => ["language", "names", "runs"],
            "layer" => ["framework", "module", "class", "form"],
            "metadata" => ["key", "value"],
            "text" => ["role", "value"],
            "anomaly" => ["code", "expected", "found", "detail"],
        },
        limits: &[],
    };

    const READS: &'static [abi::FormatReads] = &[
        reads("java-class", "the constants: what the methods call, and the texts that they hand on", ""),
        reads("java-serialization", "every object: classes, strings, arrays of bytes as files of their own; numbers are passed over", ""),
    ];

    fn new() -> Self {
        Java
    }

    fn probe(&mut self, input: &Input<'_>) -> Result<Probe, Stop> {
        let head = read_up_to(input, 0, 16)?;
        Ok(match head.as_slice() {
            head if class::is_class(head) => Probe::certain(0).of(CLASS),
            // The magic and the tag of what an object stream begins with: six bytes, and what the tag asks for.
            head if head.starts_with(MAGIC) => match head.get(4) {
                Some(0x73) if matches!(head.get(5), Some(0x72 | 0x7d)) => Probe::certain(0).of(STREAM),
                Some(0x75) if matches!(head.get(5), Some(0x72)) => Probe::certain(0).of(STREAM),
                Some(0x70..=0x7e) | None if !input.carved() => Probe::likely(0).of(STREAM),
                _ => Probe::NO,
            },
            _ => Probe::NO,
        })
    }

    fn scan(&mut self, input: &Input<'_>) -> Result<(), Failure> {
        if input.format() == u64::from(CLASS) { class::scan(input) } else { report::scan(input, input.start()) }
    }
}

weighbridge_sdk::export!(weighbridge_plugin_java = Java);
