//! Systems without workers: what they offer to confine a process is another work.

use super::{NoWorkers, Rehearsal, Setup};
use crate::host::{Catalogue, PluginError};
use crate::record::Sink;
use crate::report::IsolationLayer;
use crate::scan::{Cancel, ScanOptions, Source};
use std::convert::Infallible;
use std::io;

const WHY: &str = "they are made on Linux alone";

/// There is none.
#[derive(Debug)]
pub struct Pool(Infallible);

/// There is none.
#[derive(Debug)]
pub struct Starting(Infallible);

impl Starting {
    /// Never called.
    pub fn ready(self) -> Result<Pool, NoWorkers> {
        match self.0 {}
    }
}

impl Pool {
    /// Fails.
    pub fn start(_setup: Setup) -> Result<Starting, NoWorkers> {
        Err(NoWorkers::Unavailable(WHY.into()))
    }

    /// Fails.
    pub fn rehearse(_setup: &Setup) -> Result<Rehearsal, NoWorkers> {
        Err(NoWorkers::Unavailable(WHY.into()))
    }

    /// The plugins that workers use.
    pub fn catalogue(&self) -> &Catalogue {
        match self.0 {}
    }

    /// Plugins that were asked for and are not used.
    pub fn refused(&self) -> std::iter::Empty<&PluginError> {
        match self.0 {}
    }

    /// What confines each of them.
    pub fn layers(&self) -> &[IsolationLayer] {
        match self.0 {}
    }

    /// Scans one file.
    pub fn scan(&self, _source: &dyn Source, _name: &str, _options: &ScanOptions, _cancel: &Cancel, _sink: &mut dyn Sink) {
        match self.0 {}
    }
}

/// Fails.
pub fn serve(_builtin: &[&'static weighbridge_abi::Plugin]) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, WHY))
}
