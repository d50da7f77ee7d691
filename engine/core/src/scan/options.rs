//! What a scan is asked to do, and how it is asked to stop.

use crate::fact::Place;
use crate::limits::{self, Limits};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// All that can execute or redirect a loader; payload is skipped by seeking.
    #[default]
    Quick,
    /// Every byte.
    Thorough,
}

impl Mode {
    /// Its name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Quick => "quick",
            Mode::Thorough => "thorough",
        }
    }
}

/// What one file's scan is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScanOptions {
    /// How much is read.
    pub mode: Mode,
    /// Everything nested becomes an input, also what nobody recognises (`inspect`).
    pub nested: bool,
    /// Which rows of listings are wanted, if any.
    pub listings: Option<Listings>,
    /// Nothing is wanted but what the file is: it is not read as that.
    pub identify: bool,
    /// A file larger than this is not read, and incomplete.
    pub max_file_size: Option<u64>,
    /// Time for one file; without it the time that [`crate::limits::file_time`] gives it.
    pub max_file_time: Option<Duration>,
    /// How far a scan goes.
    pub limits: Limits,
}

/// Which rows of listings are wanted. The others are counted, and left out where they are read: a listing may have millions of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listings {
    /// So many of each listing of each input, from the first one on.
    pub first: u64,
    /// Program text for people alone.
    pub code: bool,
    /// Rows that speak of one of these places come after the first ones too.
    pub places: [Option<Place>; limits::ROW_PLACES],
    /// Bytes that are wanted themselves, as rows of the listing `bytes`.
    pub bytes: Option<Place>,
}

impl Listings {
    /// Every row.
    pub const ALL: Self = Listings { first: u64::MAX, code: false, places: [None; limits::ROW_PLACES], bytes: None };

    /// Whether the row of a number is wanted: what it speaks of, in which listing, and whether the row before spoke of the same.
    pub(crate) fn wants(&self, listing: &str, number: u64, place: Place, again: bool) -> bool {
        if self.code && !CODE.contains(&listing) {
            return false;
        }
        number < self.first || !again && self.places.iter().chain([&self.bytes]).flatten().any(|wanted| wanted.touches(place))
    }
}

/// Listings that are program text for people.
pub(crate) const CODE: [&str; 3] = ["decompiled", "source", "template"];

impl ScanOptions {
    /// The time that a file of a size has.
    pub fn time(&self, size: u64) -> Duration {
        self.max_file_time.unwrap_or_else(|| limits::file_time(size))
    }
}

/// Asks scans to stop; shared between threads, and with the parent of a worker.
#[derive(Debug, Clone)]
pub struct Cancel(Flag);

#[derive(Debug, Clone)]
enum Flag {
    Own(Arc<AtomicU8>),
    Shared(&'static AtomicU8),
}

/// Why a scan was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CancelReason {
    /// A person asked.
    Cancelled,
    /// The time was up.
    Timeout,
}

impl CancelReason {
    /// As a number that is not 0.
    pub(crate) fn code(self) -> u8 {
        match self {
            CancelReason::Cancelled => 1,
            CancelReason::Timeout => 2,
        }
    }
}

impl Default for Cancel {
    fn default() -> Self {
        Cancel(Flag::Own(Arc::default()))
    }
}

impl Cancel {
    /// Set by somebody else, who writes the code of a reason.
    #[cfg(target_os = "linux")]
    pub(crate) fn shared(flag: &'static AtomicU8) -> Self {
        Cancel(Flag::Shared(flag))
    }

    fn flag(&self) -> &AtomicU8 {
        match &self.0 {
            Flag::Own(flag) => flag,
            Flag::Shared(flag) => flag,
        }
    }

    /// Asks to stop. The first reason stands.
    pub fn cancel(&self, reason: CancelReason) {
        if self.reason().is_none() {
            self.flag().store(reason.code(), Ordering::Relaxed);
        }
    }

    /// Why it was asked to stop, if it was.
    pub fn reason(&self) -> Option<CancelReason> {
        match self.flag().load(Ordering::Relaxed) {
            0 => None,
            1 => Some(CancelReason::Cancelled),
            _ => Some(CancelReason::Timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::InputId;

    #[test]
    fn the_first_rows_are_wanted_and_those_that_something_was_found_in() {
        let place = |offset| Place { input: InputId(0), offset, length: 2 };
        let mut listings = Listings { first: 10, ..Listings::ALL };
        listings.places[3] = Some(place(500));
        assert!(listings.wants("tensors", 9, place(0), false) && !listings.wants("tensors", 10, place(0), false));
        assert!(listings.wants("tensors", 99, place(501), false));
        // Of many rows about the same bytes the first is enough.
        assert!(!listings.wants("tensors", 100, place(501), true) && listings.wants("tensors", 3, place(0), true));
        listings.code = true;
        assert!(!listings.wants("tensors", 0, place(0), false) && listings.wants("source", 0, place(0), false));
    }
}
