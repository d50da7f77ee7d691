//! What the reader finds, as facts.

use crate::code::{Code, Kind};
use crate::limits;
use crate::reader::{Place, Visitor};
use crate::stream::Error;
use weighbridge_sdk::{Child, Fact, Input, Stop, read_up_to};

/// Functions that R calls by itself, when they are in a workspace that it starts with or ends (`?Startup`).
const AT_STARTUP: [&str; 4] = [".First", ".First.sys", ".Last", ".Last.sys"];

pub(crate) struct Report<'i, 'h> {
    input: &'i Input<'h>,
    workspace: bool,
    bindings: usize,
    files: u64,
}

impl<'i, 'h> Report<'i, 'h> {
    pub fn new(input: &'i Input<'h>, workspace: bool) -> Self {
        Report { input, workspace, bindings: 0, files: 0 }
    }
}

impl Visitor for Report<'_, '_> {
    fn code(&mut self, code: &Code, text: String, place: Place<'_>) -> Result<(), Error> {
        let length = place.end.saturating_sub(code.start);
        let promise = code.kind == Kind::Promise;
        // R writes promises as variables of functions alone: anywhere else one was put there by hand.
        let bare = promise && place.unbound && !place.in_environment;
        if bare {
            let fact = Fact::anomaly("rdata-bare-promise").text("detail", "a promise outside any environment").text("found", &text);
            self.input.emit(&fact.at(code.start, length))?;
        }
        if place.active {
            let fact = Fact::anomaly("rdata-active-binding").text("detail", "a function is called whenever the variable is read");
            self.input.emit(&fact.at(code.start, length))?;
        }
        let runs = match code.kind {
            _ if bare || self.workspace && AT_STARTUP.contains(&place.binding) => "load",
            Kind::Closure => "use",
            Kind::Promise if place.unbound => "use",
            _ => "unknown",
        };
        if code.names.is_empty() && runs != "load" {
            return Ok(());
        }
        let total = code.names.len() as u64 + code.dropped;
        let full = text.len() as u64 + u64::from(text.ends_with('…'));
        let fact = Fact::new("code").text("language", "r").texts("names", &code.names, total).text_cut("text", &text, full).text("runs", runs);
        self.input.emit(&fact.at(code.start, length))?;
        let kind = match code.kind {
            Kind::Closure => "function",
            Kind::Promise => "promise",
            Kind::Language => "language",
            Kind::Bytecode => "bytecode",
        };
        self.input.columns("code", &["kind", "name", "text"])?;
        self.input.row("code", code.start, length, 0, &[kind, place.binding, &text])?;
        Ok(())
    }

    fn name(&mut self, what: &'static str, name: &str, at: u64) -> Result<(), Error> {
        let key = match what {
            "binding" if !self.workspace || self.bindings >= limits::BINDINGS => return Ok(()),
            "binding" => {
                self.bindings += 1;
                "r.object"
            }
            "altrep" => "r.altrep",
            "namespace" => "r.namespace",
            "package" => "r.package",
            _ => "r.persistent",
        };
        self.input.emit(&Fact::new("metadata").text("key", key).text("value", name).at(at, 0))?;
        Ok(())
    }

    fn raw(&mut self, at: u64, length: u64) -> Result<(), Error> {
        if length >= limits::RAW && self.files < limits::FILES {
            self.files += 1;
            self.input.child(&Child { payload: true, speculative: true, ..Child::range(b"raw", self.files, at, length) })?;
        }
        Ok(())
    }
}

/// Text that stands where the stream cannot be read any more.
pub(crate) fn rest(input: &Input<'_>, from: u64) -> Result<(), Stop> {
    let bytes = read_up_to(input, from, limits::REST)?;
    for run in bytes.split(|byte| !matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e)) {
        let text = String::from_utf8_lossy(run);
        let text = text.trim();
        if text.len() >= limits::RUN {
            let at = from + (run.as_ptr() as usize - bytes.as_ptr() as usize) as u64;
            input.emit(&Fact::new("text").text("role", "unread").text("value", text).at(at, run.len() as u64))?;
        }
    }
    Ok(())
}
