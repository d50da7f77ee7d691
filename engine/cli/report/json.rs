//! `weighbridge.report/1` as JSON, one line for each file.

use super::{Reporter, Shown, filtered};
use crate::text::is_dangerous;
use serde::Serialize;
use std::io::{self, Write};
use weighbridge_core::report::{FileReport, Run, SCHEMA, Summary};

/// Written while files are scanned: it holds none of them.
pub struct Json {
    shown: Shown,
    files: u64,
}

impl Json {
    /// An empty report.
    pub fn new(shown: Shown) -> Self {
        Json { shown, files: 0 }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{{\"schema\":\"{SCHEMA}\",\n\"files\":[")
    }
}

impl Reporter for Json {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        if self.files == 0 {
            self.begin(out)?;
        }
        out.write_all(if self.files == 0 { b"\n" } else { b",\n" })?;
        self.files += 1;
        write_value(out, &*filtered(file, self.shown.from))
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary, run: &Run) -> io::Result<()> {
        if self.files == 0 {
            self.begin(out)?;
        }
        out.write_all(b"\n],\n\"summary\":")?;
        write_value(out, summary)?;
        out.write_all(b",\n\"run\":")?;
        write_value(out, run)?;
        out.write_all(b"}\n")
    }
}

/// Writes a value as JSON on one line. Characters that could act on a terminal are escaped, which means the same.
pub fn write_value(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Harmless)).map_err(io::Error::from)
}

struct Harmless;

impl serde_json::ser::Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_dangerous) {
            out.write_all(&rest.as_bytes()[..at])?;
            let Some(c) = rest[at..].chars().next() else { break };
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn text_is_lossless_and_harmless() {
        let text = "a\u{9b}2J\u{202e}b\u{e0041}\x1b[31m\x7fä\n\"";
        let mut out = Vec::new();
        write_value(&mut out, &text).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert_eq!(json, r#""a\u009b2J\u202eb\udb40\udc41\u001b[31m\u007fä\n\"""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
