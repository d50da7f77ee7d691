//! What was seen, in owned values.

use weighbridge_abi as abi;

/// Everything that a plugin said of one input.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// `abi::PROBE_*`.
    pub level: u32,
    /// What scan returned, or probe where that was no success; `abi::OK` where there was no scan, because the input is of none of the formats.
    pub status: abi::Status,
    /// In the order in which they were emitted, each once.
    pub facts: Vec<SeenFact>,
    /// In the order in which they were said.
    pub regions: Vec<SeenRegion>,
    /// In the order in which they were reported.
    pub children: Vec<SeenChild>,
    /// Cells of listings' rows.
    pub rows: Vec<Vec<String>>,
    /// Where the plugin broke the contract, a sentence each.
    pub breaches: Vec<String>,
    /// Facts whose places do not lie within the input, a sentence each.
    pub outside: Vec<String>,
    /// Calls of the host.
    pub calls: u64,
    /// Steps that the plugin polled for.
    pub steps: u64,
    /// Bytes that were read, again and again where they were read so.
    pub read: u64,
}

/// A fact.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenFact {
    /// Its kind.
    pub kind: String,
    /// In the input.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
    /// Id of the fact that it belongs to, or 0: facts are numbered from 1.
    pub parent: u64,
    /// How often it was said to occur.
    pub count: u64,
    /// As they came.
    pub fields: Vec<(String, SeenValue)>,
}

impl SeenFact {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&SeenValue> {
        self.fields.iter().find(|(have, _)| have == name).map(|(_, value)| value)
    }

    /// The text of a field.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.field(name)? {
            SeenValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number in a field.
    pub fn u64(&self, name: &str) -> Option<u64> {
        match self.field(name)? {
            SeenValue::U64(number) => Some(*number),
            _ => None,
        }
    }
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum SeenValue {
    /// A number.
    U64(u64),
    /// A signed number.
    I64(i64),
    /// A real number, by its bits: one that is none equals itself.
    F64(u64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<SeenValue>),
}

/// A region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRegion {
    /// `abi::REGION_*`.
    pub class: u32,
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
    /// In the input.
    pub offset: u64,
    /// In bytes of the input.
    pub length: u64,
    /// The plugin's number for it; `None` for a range.
    pub token: Option<u64>,
    /// What came out of the decoder, up to a MiB; `None` for a range, and where it could not be opened.
    pub decoded: Option<Vec<u8>>,
}
