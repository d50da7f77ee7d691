//! What was seen of one input.

use super::{DECODED, Pace};
use crate::fact::{RegionClass, Value};
use crate::host::{Answer, Breach};
use std::fmt;
use weighbridge_abi as abi;

/// Everything that a plugin said of one input, and how.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// What probe answered.
    pub probe: Probed,
    /// What scan returned; none where it was not called.
    pub scan: Option<Called>,
    /// In the order in which they were first emitted.
    pub facts: Vec<SeenFact>,
    /// In the order in which they were said.
    pub regions: Vec<SeenRegion>,
    /// In the order in which they were reported.
    pub children: Vec<SeenChild>,
    /// Cells of rows of listings.
    pub rows: Vec<Vec<String>>,
    /// Where it broke the contract.
    pub breaches: Vec<(Breach, String)>,
    /// Places that reach beyond the input.
    pub beyond: Vec<String>,
    /// Facts whose parent was not emitted before, and children likewise.
    pub orphans: Vec<String>,
    /// Calls of the host, without those after it had ended the scan.
    pub calls: u64,
    /// The function of the host that ended the scan, where it was told to.
    pub stopped_in: Option<&'static str>,
    /// Bytes that probe asked for.
    pub probe_bytes: u64,
    /// How often it polled.
    pub pace: Pace,
}

/// How a function returned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Called {
    /// `abi::OK` and so on.
    pub status: abi::Status,
    /// Calls of the host after the host had ended the scan.
    pub late: u64,
}

impl Called {
    pub(super) fn of(answer: &Answer) -> Self {
        Called { status: answer.status.unwrap_or(abi::UNSUPPORTED), late: answer.late }
    }
}

/// What probe answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Probed {
    /// How it returned.
    pub called: Called,
    /// `abi::PROBE_*`, or whatever it wrote.
    pub level: u32,
    /// Index of a format, or whatever it wrote.
    pub format: u32,
    /// Where the format begins, or whatever it wrote.
    pub start: u64,
}

/// A fact.
#[derive(Debug, Clone)]
pub struct SeenFact {
    /// Its kind.
    pub kind: String,
    /// Cut to the input.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
    /// Number of the fact that it belongs to, from 1; 0 where it is of none.
    pub parent: u64,
    /// How often it was said to occur.
    pub count: u64,
    /// As they came.
    pub fields: Vec<(String, Value)>,
}

impl SeenFact {
    /// Whether it says the same as another one, wherever and however often.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let same = |(a, b): (&(String, Value), &(String, Value))| a.0 == b.0 && is_same(&a.1, &b.1);
        self.kind == other.kind
            && self.parent == other.parent
            && self.fields.len() == other.fields.len()
            && self.fields.iter().zip(&other.fields).all(same)
    }
}

impl PartialEq for SeenFact {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) && (self.offset, self.length, self.count) == (other.offset, other.length, other.count)
    }
}

/// A number that is none equals itself here.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits(),
        (Value::List(a, a_full), Value::List(b, b_full)) => a_full == b_full && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (a, b) => a == b,
    }
}

/// A region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRegion {
    /// What is in it.
    pub class: RegionClass,
    /// In the input.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
}

/// A child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenChild {
    /// Its name, raw.
    pub name: Vec<u8>,
    /// Its place in the container.
    pub index: u64,
    /// In the input.
    pub offset: u64,
    /// In bytes of the input.
    pub length: u64,
    /// The plugin's number for it; none for a range.
    pub token: Option<u64>,
    /// What came of reading it; none for a range, and where it was not taken up.
    pub taken: Option<Taken>,
}

/// A child that was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// How open_child returned.
    pub opened: Called,
    /// How read_child returned the last time.
    pub read: Called,
    /// What came, up to a MiB.
    pub bytes: Vec<u8>,
    /// It came to its end.
    pub whole: bool,
    /// Bytes that read_child was asked for, and more that it says it gave.
    pub too_much: Option<(u64, u64)>,
    /// Bytes past the buffer were written to.
    pub beyond: bool,
    /// How the function returned in which the host ended the scan.
    pub ended: Option<Called>,
}

impl Seen {
    /// The function in which the host ended the scan: what it is called, and how it returned.
    pub fn ended(&self) -> (&'static str, Called) {
        let taken = self.children.iter().filter_map(|child| child.taken.as_ref()).find_map(|taken| Some((taken, taken.ended?)));
        match (taken, self.scan) {
            (Some((taken, called)), _) if taken.opened == called => ("open_child", called),
            (Some((_, called)), _) => ("read_child", called),
            (None, Some(called)) => ("scan", called),
            (None, None) => ("probe", self.probe.called),
        }
    }

    fn rows(&self) -> Vec<Row<'_>> {
        self.rows.iter().map(|row| Row(row)).collect()
    }

    /// Whether the plugin takes the input for one of its formats.
    pub fn is_claimed(&self) -> bool {
        self.probe.called.status == abi::OK && self.probe.level > abi::PROBE_NO
    }

    /// The first thing in which another run over the same input said something else; children's bytes are compared where both were read to
    /// their end.
    pub fn difference(&self, other: &Seen) -> Option<String> {
        if self.probe != other.probe {
            return Some(format!("probe answered {}, and then {}", self.probe, other.probe));
        }
        let status = |seen: &Seen| seen.scan.map(|called| called.status);
        if status(self) != status(other) {
            let say = |seen: &Seen| status(seen).map_or("nothing, since it was not called".to_owned(), |status| status.to_string());
            return Some(format!("scan returned {}, and then {}", say(self), say(other)));
        }
        // What is said while a child is decoded follows from how far it was read.
        let read_to_the_end = |seen: &Seen| seen.children.iter().filter_map(|child| child.taken.as_ref()).all(|taken| taken.bytes.len() < DECODED);
        if read_to_the_end(self) && read_to_the_end(other) {
            if let Some(different) = first("fact", &self.facts, &other.facts) {
                return Some(different);
            }
            if let Some(different) = first("region", &self.regions, &other.regions) {
                return Some(different);
            }
        }
        if let Some(different) = first("row", &self.rows(), &other.rows()) {
            return Some(different);
        }
        let records = |seen: &Seen| seen.children.iter().map(|child| SeenChild { taken: None, ..child.clone() }).collect::<Vec<_>>();
        if let Some(different) = first("child", &records(self), &records(other)) {
            return Some(different);
        }
        self.children.iter().zip(&other.children).find_map(|(a, b)| {
            let name = String::from_utf8_lossy(&a.name);
            let (a, b) = (a.taken.as_ref()?, b.taken.as_ref()?);
            if a.opened.status != b.opened.status {
                return Some(format!("open_child of `{name}` returned {}, and then {}", a.opened.status, b.opened.status));
            }
            let common = a.bytes.len().min(b.bytes.len());
            if let Some(at) = (0..common).find(|at| a.bytes[*at] != b.bytes[*at]) {
                return Some(format!("the child `{name}` had another byte at {at}"));
            }
            (a.whole && b.whole && a.bytes.len() != b.bytes.len())
                .then(|| format!("the child `{name}` had {} bytes, and then {}", a.bytes.len(), b.bytes.len()))
        })
    }
}

impl fmt::Display for Probed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            abi::PROBE_NO => "NO",
            abi::PROBE_POSSIBLE => "POSSIBLE",
            abi::PROBE_LIKELY => "LIKELY",
            abi::PROBE_CERTAIN => "CERTAIN",
            _ => "no level that there is",
        };
        write!(f, "{level} (status {}, format {}, start {})", self.called.status, self.format, self.start)
    }
}

impl fmt::Display for SeenFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.kind)?;
        for (at, (name, value)) in self.fields.iter().enumerate() {
            write!(f, "{} {name} = {}", if at == 0 { ":" } else { "," }, shown(value))?;
        }
        write!(f, "; at {}, {} bytes, {} times", self.offset, self.length, self.count)
    }
}

impl fmt::Display for SeenRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = format!("{:?}", self.class).to_lowercase();
        write!(f, "{class} at {}, {} bytes", self.offset, self.length)
    }
}

impl fmt::Display for SeenChild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.token.is_some() { "a token" } else { "a range" };
        write!(f, "`{}`, number {}, {kind} at {}, {} bytes", String::from_utf8_lossy(&self.name), self.index, self.offset, self.length)
    }
}

/// A row of a listing.
#[derive(PartialEq)]
struct Row<'r>(&'r [String]);

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" | "))
    }
}

/// A value as it is written in C: text in quotes, bytes in hexadecimal.
fn shown(value: &Value) -> String {
    match value {
        Value::U64(n) => n.to_string(),
        Value::I64(n) => n.to_string(),
        Value::F64(n) => n.to_string(),
        Value::Text(text, _) => format!("\"{}\"", text.escape_default()),
        Value::Bytes(bytes, _) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        Value::List(items, _) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
    }
}

fn first<T: PartialEq + fmt::Display>(what: &str, a: &[T], b: &[T]) -> Option<String> {
    let at = a.iter().zip(b).position(|(a, b)| a != b).or((a.len() != b.len()).then(|| a.len().min(b.len())))?;
    let show = |all: &[T]| all.get(at).map_or("none".to_owned(), |one| one.to_string().chars().take(200).collect());
    Some(format!("{what} {at} was {}, and then {}", show(a), show(b)))
}
