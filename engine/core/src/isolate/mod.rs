//! Isolation: files are read by worker processes that can do nothing else.
//!
//! ```text
//! parent                                             worker (the same program)
//!   finds and opens files                              no-new-privs, limits
//!   reads and hashes plugin libraries ──descriptors──> opens the libraries
//!                                                      Landlock, seccomp
//!   gives files: read-only descriptors  ─────────────> identifies, reads, unpacks
//!   checks what comes, judges, reports  <──records──── says what it saw
//!   answers: reads of standard input and
//!   the like, empty scratch files       <──requests───
//! ```
//! A worker that dies, breaks the protocol or takes too long costs the file that it was at a verdict, and nothing else. Workers are made on
//! Linux alone; elsewhere a [`Pool`] cannot be had, and the caller scans in its own process.

#[cfg(target_os = "linux")]
mod channel;
#[cfg(target_os = "linux")]
mod check;
#[cfg(target_os = "linux")]
mod confine;
#[cfg(target_os = "linux")]
mod death;
#[cfg(target_os = "linux")]
mod line;
#[cfg(target_os = "linux")]
mod message;
#[cfg(target_os = "linux")]
mod pool;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod worker;

#[cfg(not(target_os = "linux"))]
mod elsewhere;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Pool, Starting, serve};
#[cfg(target_os = "linux")]
pub(crate) use line::{Ending, Job, Line};
#[cfg(target_os = "linux")]
pub use pool::{Pool, Starting};
#[cfg(target_os = "linux")]
pub use worker::serve;

use crate::host::{PluginError, Selection};
use crate::limits;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;

/// The program that becomes a worker, and how it is told to.
#[derive(Debug, Clone)]
pub struct Program {
    /// What is executed.
    pub path: PathBuf,
    /// What it is called in lists of processes.
    pub name: OsString,
    /// With these arguments it calls [`serve`], before anything else.
    pub arguments: Vec<OsString>,
}

/// Limits of one worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// In bytes, as address space.
    pub memory: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { memory: limits::WORKER_MEMORY }
    }
}

/// How a process that this program started has died, in words: `said` is what it wrote to standard error.
pub fn death(status: std::process::ExitStatus, said: &[u8], bounds: &Bounds) -> String {
    #[cfg(target_os = "linux")]
    return death::start(status, said, bounds);
    #[cfg(not(target_os = "linux"))]
    {
        // What tells one death from another is Linux's.
        let (_, _) = (said, bounds);
        format!("it ended with {status}")
    }
}

/// Sets the limits that workers have on this process: what was set, in words, or why not.
pub fn bound(bounds: &Bounds) -> Result<String, String> {
    #[cfg(target_os = "linux")]
    return confine::bound(bounds);
    #[cfg(not(target_os = "linux"))]
    Err(format!("processes are limited on Linux alone, and not to {} bytes", bounds.memory))
}

/// What workers are to be.
pub struct Setup {
    /// The program.
    pub program: Program,
    /// Plugins: those of the program, and libraries that are checked and not opened.
    pub plugins: Selection,
    /// Limits of each.
    pub bounds: Bounds,
    /// Each file gets a worker of its own, and one that lacks a layer is none.
    pub require: bool,
}

/// Why there are no workers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWorkers {
    /// This system, or what it allows here, has none.
    #[error("files cannot be read in processes of their own here: {0}")]
    Unavailable(String),
    /// They can be had, and lack what was required.
    #[error("files were to be read in confined processes only, and a layer is missing: {0}")]
    Missing(String),
}

/// What a worker has that was tried out, for `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// What confines it.
    pub layers: Vec<crate::report::IsolationLayer>,
    /// What it tried, being confined, and what became of that.
    pub attempts: Vec<Attempt>,
    /// Plugins that it did not take.
    pub refused: Vec<PluginError>,
}

/// Something forbidden that a worker tried, to see that it cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What.
    pub what: String,
    /// The system's answer; none where it went through.
    pub refused: Option<String>,
}
