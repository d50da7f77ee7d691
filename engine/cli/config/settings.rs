//! Every setting that has one value: its name, how it is written, what it is when nobody says.
//!
//! A name is a key of `weighbridge.toml`; `WEIGHBRIDGE_` and the name in capitals is the variable; the flag is its own.

use super::value::Value;
use crate::args::{Isolate, Level, Mode, Progress, Threshold};
use crate::report::ReportFormat;
use clap::ValueEnum;
use weighbridge_core::limits;

/// A setting that has one value.
#[derive(Debug)]
pub struct Setting {
    /// Its key; a key of a table stands after a point.
    pub name: &'static str,
    /// How its value is written.
    pub kind: Kind,
    /// What it is when nobody says, as it would be written.
    pub default: &'static str,
    /// What it is for, in one or two lines.
    pub about: &'static str,
}

/// How a value is written.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// true or false.
    Flag,
    /// One of some words.
    Choice(fn() -> Vec<String>),
    /// A number of bytes, or none.
    Size,
    /// A time span, or none.
    Time,
    /// A number in a range.
    Number {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
        /// Whether it may be left to the program: "auto".
        auto: bool,
    },
    /// Ids and paths of packs.
    Packs,
    /// Reports to files.
    Outputs,
    /// A path, or none.
    File,
}

/// All of them, in the order in which they are shown.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "enabled",
        kind: Kind::Flag,
        default: "true",
        about: "Whether anything is scanned: false makes `scan` say so and end with exit code 0.",
    },
    Setting {
        name: "mode",
        kind: Kind::Choice(words::<Mode>),
        default: "\"quick\"",
        about: "How much to read: quick reads all that can execute, thorough reads every byte.",
    },
    Setting { name: "rules", kind: Kind::Packs, default: "[\"default\"]", about: "Rule packs by id or file; each judges for itself." },
    Setting {
        name: "severity_threshold",
        kind: Kind::Choice(words::<Threshold>),
        default: "\"medium\"",
        about: "Exit with 1 from this severity on (--fail-on); never: findings do not fail the run.",
    },
    Setting {
        name: "severity",
        kind: Kind::Choice(levels),
        default: "\"none\"",
        about: "Report findings from this severity on; verdicts and the exit code count all of them.",
    },
    Setting {
        name: "max_file_size",
        kind: Kind::Size,
        default: "\"none\"",
        about: "Files larger than this are not read, and incomplete: \"500K\", \"20M\", \"4G\".",
    },
    Setting {
        name: "timeout",
        kind: Kind::Time,
        default: "\"none\"",
        about: "Stop after this time and report what was found so far: \"30s\", \"5m\".",
    },
    Setting {
        name: "isolate",
        kind: Kind::Choice(words::<Isolate>),
        default: "\"auto\"",
        about: "Read files in confined processes: auto as well as can be had here, require one for each file and fully, off in this one.",
    },
    Setting {
        name: "file_timeout",
        kind: Kind::Time,
        default: "\"none\"",
        about: "Give a file up after this time, as an error; none: ten minutes, and a second more for each 4 MiB.",
    },
    Setting { name: "worker_memory", kind: Kind::Size, default: "\"2G\"", about: "Memory of each confined process, as address space." },
    Setting {
        name: "jobs",
        kind: Kind::Number { min: 1, max: 1024, auto: true },
        default: "\"auto\"",
        about: "Files scanned at a time; auto is one for each processor.",
    },
    Setting { name: "format", kind: Kind::Choice(words::<ReportFormat>), default: "\"console\"", about: "How to report on standard output." },
    Setting { name: "baseline", kind: Kind::File, default: "\"none\"", about: "A report (json) whose findings are known: they do not count." },
    Setting { name: "outputs", kind: Kind::Outputs, default: "[]", about: "Reports to files: [\"json=report.json\"]." },
    Setting {
        name: "progress",
        kind: Kind::Choice(words::<Progress>),
        default: "\"auto\"",
        about: "Show on standard error how far the scan is: auto is on a terminal alone, always writes lines elsewhere.",
    },
    Setting {
        name: "limits.depth",
        kind: Kind::Number { min: 1, max: limits::DEPTH as u64, auto: false },
        default: "24",
        about: "Nesting that is followed: a file in an archive in an archive. What lies deeper is not read, and the file is incomplete; so with all limits.",
    },
    Setting {
        name: "limits.child_bytes",
        kind: Kind::Size,
        default: "\"4G\"",
        about: "Of one thing that is unpacked, so much is read; 4G is the most.",
    },
    Setting { name: "limits.decoded_bytes", kind: Kind::Size, default: "\"16G\"", about: "Of all that is unpacked in one file, so much is read." },
    Setting {
        name: "limits.steps",
        kind: Kind::Number { min: 1, max: u64::MAX, auto: false },
        default: "20000000000",
        about: "Steps of all readers in one file: opcodes, entries, rows.",
    },
    Setting {
        name: "limits.quick_sweep",
        kind: Kind::Size,
        default: "\"1M\"",
        about: "Bytes that no reader accounts for, of payload and of texts, searched in quick mode.",
    },
];

/// The setting of that name. Names are those of [`SETTINGS`].
pub fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

impl Setting {
    /// The variable of the environment that sets it.
    pub fn variable(&self) -> String {
        format!("WEIGHBRIDGE_{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    /// Its table and its key there; the table is empty for a key of the file itself.
    pub fn key(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }

    /// What it is when nobody says.
    pub fn default(&self) -> Value {
        // A default that cannot be read is a mistake in the table above, which a test would show.
        Value::of_default(self.kind, self.default).unwrap_or(Value::None)
    }
}

fn words<T: ValueEnum>() -> Vec<String> {
    T::value_variants().iter().filter_map(ValueEnum::to_possible_value).map(|word| word.get_name().to_owned()).collect()
}

fn levels() -> Vec<String> {
    words::<Level>().into_iter().chain(["none".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_default_can_be_read() {
        for setting in SETTINGS {
            assert!(Value::of_default(setting.kind, setting.default).is_some(), "{}", setting.name);
        }
    }
}
