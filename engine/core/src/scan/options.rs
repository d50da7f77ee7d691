//! What a scan is asked to do, and how it is asked to stop.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

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
    /// Listings are wanted (`inspect`).
    pub inspect: bool,
    /// A file larger than this is not read, and incomplete.
    pub max_file_size: Option<u64>,
}

/// Asks scans to stop; shared between threads.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicU8>);

/// Why a scan was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CancelReason {
    /// A person asked.
    Cancelled,
    /// The time was up.
    Timeout,
}

impl Cancel {
    /// Asks to stop. The first reason stands.
    pub fn cancel(&self, reason: CancelReason) {
        let code = match reason {
            CancelReason::Cancelled => 1,
            CancelReason::Timeout => 2,
        };
        if self.reason().is_none() {
            self.0.store(code, Ordering::Relaxed);
        }
    }

    /// Why it was asked to stop, if it was.
    pub fn reason(&self) -> Option<CancelReason> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(CancelReason::Cancelled),
            _ => Some(CancelReason::Timeout),
        }
    }
}
