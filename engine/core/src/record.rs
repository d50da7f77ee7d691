//! The scan boundary: what goes from the side that reads hostile bytes to the side that judges.
//!
//! Scanning is on one side of this message protocol, everything else on the other, within one process as across two.
//! Messages are in order, and each is meaningful when those after it never come: a worker that dies leaves the facts it had sent.

use crate::fact::{Column, Fact, InputId, InputInfo, Place, Region, Row};
use crate::limits;
use serde::{Deserialize, Serialize};

/// A message from the scanning side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// An input begins.
    Input(InputInfo),
    /// A fact is seen for the first time.
    Fact(Fact),
    /// A known fact is seen again: sent while the fact still gathers places.
    Again {
        /// The fact.
        id: u64,
        /// Where.
        place: Place,
    },
    /// How often a fact occurred in all, sent when the file is done, for those that occurred more often than they gathered places.
    Count {
        /// The fact.
        id: u64,
        /// In all.
        count: u64,
    },
    /// Part of an input is accounted for.
    Region(Region),
    /// The columns of a listing, before its rows (inspect only).
    Columns {
        /// In which input.
        input: InputId,
        /// Which.
        listing: String,
        /// In order.
        columns: Vec<Column>,
    },
    /// A row of a listing (inspect only).
    Row(Row),
    /// A listing is done (inspect only).
    Listed {
        /// In which input.
        input: InputId,
        /// Which.
        listing: String,
        /// Rows, those that were left out among them.
        rows: u64,
    },
    /// An input was read as these formats.
    Formats {
        /// Which.
        input: InputId,
        /// Ids, in order.
        formats: Vec<String>,
    },
    /// Something was not read, or not fully.
    Incomplete(Incomplete),
    /// Something failed.
    Error(ScanError),
    /// The file's hash (thorough only).
    Sha256([u8; 32]),
    /// The file is done.
    Done {
        /// Bytes read from the medium.
        bytes_read: u64,
        /// Bytes that decoders gave.
        bytes_decoded: u64,
    },
}

/// Why a file cannot be called clean, though nothing was found in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incomplete {
    /// A code of the vocabulary's anomalies, or `cancelled`, `timeout`.
    pub reason: String,
    /// One sentence.
    pub message: String,
    /// What was not read; a length of 0 where the extent is not known.
    pub place: Place,
}

/// A failure, with what was being done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanError {
    /// `io`, `plugin`, `worker`, `time`, `internal`.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// In which input.
    pub input: Option<InputId>,
}

impl ScanError {
    /// The time for one file was up. How long that was depends on settings and machine, and is not said: reports are the same everywhere.
    pub(crate) fn out_of_time() -> Self {
        let message = "its time was up before it was read to its end; --file-timeout gives more".into();
        ScanError { code: "time".into(), message, input: None }
    }
}

/// Takes records. The scanning side calls it, in order; `false` asks it to stop.
pub trait Sink {
    /// The next record.
    fn record(&mut self, record: Record) -> bool;
}

/// Everything that one file's scan gave, put together from its records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileFacts {
    /// The file and what is nested in it; index = id.
    pub inputs: Vec<InputInfo>,
    /// In the order in which each was first seen.
    pub facts: Vec<Fact>,
    /// In order.
    pub regions: Vec<Region>,
    /// In order (inspect only).
    pub rows: Vec<Row>,
    /// What was not read.
    pub incomplete: Vec<Incomplete>,
    /// What failed.
    pub errors: Vec<ScanError>,
    /// Of the whole file (thorough only).
    pub sha256: Option<[u8; 32]>,
    /// Whether the scan came to its end.
    pub done: bool,
    /// Bytes read from the medium.
    pub bytes_read: u64,
    /// Bytes that decoders gave.
    pub bytes_decoded: u64,
    index: std::collections::HashMap<u64, usize>,
}

impl FileFacts {
    /// The fact of that id.
    pub fn fact(&self, id: u64) -> Option<&Fact> {
        self.index.get(&id).map(|&at| &self.facts[at])
    }

    /// The chain of inputs from the file down to `input`.
    pub fn chain(&self, input: InputId) -> Vec<&InputInfo> {
        let mut chain = Vec::new();
        let mut next = Some(input);
        while let Some(info) = next.and_then(|id| self.inputs.get(id.0 as usize)) {
            chain.push(info);
            next = info.parent;
        }
        chain.reverse();
        chain
    }
}

impl Sink for FileFacts {
    fn record(&mut self, record: Record) -> bool {
        match record {
            Record::Input(info) => self.inputs.push(info),
            Record::Fact(fact) => {
                self.index.insert(fact.id, self.facts.len());
                self.facts.push(fact);
            }
            Record::Again { id, place } => {
                if let Some(&at) = self.index.get(&id) {
                    let fact = &mut self.facts[at];
                    fact.count += 1;
                    if fact.places.len() < limits::INPUT_PLACES {
                        fact.places.push(place);
                    }
                }
            }
            Record::Count { id, count } => {
                if let Some(&at) = self.index.get(&id) {
                    self.facts[at].count = count;
                }
            }
            Record::Region(region) => self.regions.push(region),
            Record::Row(row) => self.rows.push(row),
            // What reads listings takes them as they come.
            Record::Columns { .. } | Record::Listed { .. } => {}
            Record::Formats { input, formats } => {
                if let Some(info) = self.inputs.get_mut(input.0 as usize) {
                    info.formats = formats;
                }
            }
            Record::Incomplete(incomplete) => self.incomplete.push(incomplete),
            Record::Error(error) => self.errors.push(error),
            Record::Sha256(hash) => self.sha256 = Some(hash),
            Record::Done { bytes_read, bytes_decoded } => {
                self.done = true;
                self.bytes_read = bytes_read;
                self.bytes_decoded = bytes_decoded;
            }
        }
        true
    }
}
