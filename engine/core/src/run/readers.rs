//! Who reads the bytes of files: plugins in this process, or worker processes.

use crate::host::{Catalogue, Registry};
use crate::isolate::Pool;
use crate::record::Sink;
use crate::report::IsolationLayer;
use crate::scan::{self, Cancel, ScanOptions, Source};

/// Readers of a run. What they see is the same.
pub enum Readers {
    /// Plugins in this process.
    Here(Registry),
    /// Worker processes, confined: this one opens no plugin library and reads no byte of a file.
    Workers(Box<Pool>),
}

impl Readers {
    /// What is read, and by which plugins.
    pub fn catalogue(&self) -> &Catalogue {
        match self {
            Readers::Here(registry) => registry.catalogue(),
            Readers::Workers(pool) => pool.catalogue(),
        }
    }

    /// Scans one file, as [`scan::scan`] does.
    pub fn scan(&self, source: &dyn Source, name: &str, options: &ScanOptions, cancel: &Cancel, sink: &mut dyn Sink) {
        match self {
            Readers::Here(registry) => scan::scan(registry, source, name, options, cancel, sink),
            Readers::Workers(pool) => pool.scan(source, name, options, cancel, sink),
        }
    }

    /// What confines them, for `run`: "off", or the layers in force.
    pub fn isolation(&self) -> (String, Vec<IsolationLayer>) {
        let Readers::Workers(pool) = self else { return ("off".into(), Vec::new()) };
        let names: Vec<&str> = pool.layers().iter().filter(|layer| layer.in_force).map(|layer| layer.name.as_str()).collect();
        (names.join(", "), pool.layers().to_vec())
    }
}
