//! Workers of a run: all alike, each made by the thread that gives it files.

use super::line::{Ending, Job, Line};
use super::message::{Hello, LibraryAbout, Ready};
use super::process::Worker;
use super::{Bounds, NoWorkers, Rehearsal, Setup};
use crate::host::{Catalogue, PluginError, builtin_id};
use crate::record::Sink;
use crate::report::IsolationLayer;
use crate::scan::{Cancel, ScanOptions, Source};
use std::fs::File;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What workers of a run are, and what they turned out to be.
pub struct Pool {
    setup: Setup,
    hello: Hello,
    /// What the first one said; each further one has to say the same.
    ready: Ready,
    /// The first one, until a thread takes it.
    first: Mutex<Option<Worker>>,
}

/// Workers whose first one is starting.
pub struct Starting {
    setup: Setup,
    hello: Hello,
    worker: Worker,
}

impl Starting {
    /// Waits until the first worker is confined: if that works, others will.
    pub fn ready(mut self) -> Result<Pool, NoWorkers> {
        let ready = self.worker.ready().map_err(NoWorkers::Unavailable)?;
        let pool = Pool { setup: self.setup, hello: self.hello, ready, first: Mutex::new(Some(self.worker)) };
        pool.complete(&pool.ready).map_err(NoWorkers::Missing)?;
        Ok(pool)
    }
}

impl Pool {
    /// Starts the first worker.
    pub fn start(setup: Setup) -> Result<Starting, NoWorkers> {
        let hello = hello(&setup);
        let worker = start(&setup, &hello).map_err(|error| NoWorkers::Unavailable(error.to_string()))?;
        Ok(Starting { setup, hello, worker })
    }

    /// Starts a worker that tries what is forbidden, and ends.
    pub fn rehearse(setup: &Setup) -> Result<Rehearsal, NoWorkers> {
        let hello = Hello { rehearse: true, ..hello(setup) };
        let mut worker = start(setup, &hello).map_err(|error| NoWorkers::Unavailable(error.to_string()))?;
        let Ready { layers, rehearsed, refused, .. } = worker.ready().map_err(NoWorkers::Unavailable)?;
        Ok(Rehearsal { layers, attempts: rehearsed, refused })
    }

    /// The plugins that workers use.
    pub fn catalogue(&self) -> &Catalogue {
        &self.ready.catalogue
    }

    /// Plugins that were asked for and are not used.
    pub fn refused(&self) -> impl Iterator<Item = &PluginError> {
        self.setup.plugins.refused.iter().chain(&self.ready.refused)
    }

    /// What confines each of them.
    pub fn layers(&self) -> &[IsolationLayer] {
        &self.ready.layers
    }

    /// Scans one file, as [`crate::scan::scan`] does.
    pub fn scan(&self, source: &dyn Source, name: &str, options: &ScanOptions, cancel: &Cancel, sink: &mut dyn Sink) {
        struct One<'a>(&'a dyn Source, &'a str, ScanOptions, &'a mut dyn Sink);
        impl Job for One<'_> {
            fn name(&self) -> &str {
                self.1
            }

            fn source(&self) -> &dyn Source {
                self.0
            }

            fn options(&self) -> ScanOptions {
                self.2
            }

            fn sink(&mut self) -> &mut dyn Sink {
                self.3
            }
        }
        let mut line = Line::new(self, cancel);
        line.push(One(source, name, *options, sink));
        while let Some((_, Ending::Scanned | Ending::NotBegun)) = line.next() {}
        if let Some(worker) = line.into_worker() {
            // For the next file.
            *self.first() = Some(worker);
        }
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.setup.bounds
    }

    /// Whether each file has a worker of its own.
    pub(super) fn is_fresh(&self) -> bool {
        self.setup.require
    }

    /// A worker that is confined.
    pub(super) fn worker(&self) -> Result<Worker, String> {
        let first = self.first().take();
        first.map_or_else(|| self.confirmed(self.begin().map_err(|error| error.to_string())?), Ok)
    }

    /// A worker that was started.
    pub(super) fn begin(&self) -> io::Result<Worker> {
        start(&self.setup, &self.hello)
    }

    /// Waits until a worker that was started is confined.
    pub(super) fn confirmed(&self, mut worker: Worker) -> Result<Worker, String> {
        let ready = worker.ready()?;
        self.complete(&ready)?;
        if ready != self.ready {
            return Err("it is another than the one before it: it has other plugins, or is confined in another way".into());
        }
        Ok(worker)
    }

    fn complete(&self, ready: &Ready) -> Result<(), String> {
        let missing = ready.layers.iter().find(|layer| !layer.in_force).filter(|_| self.setup.require);
        missing.map_or(Ok(()), |layer| Err(format!("{}: {}", layer.name, layer.note)))
    }

    fn first(&self) -> MutexGuard<'_, Option<Worker>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hello(setup: &Setup) -> Hello {
    let about = setup.plugins.libraries.iter().map(|library| LibraryAbout {
        path: library.path.to_string_lossy().into_owned(),
        sha256: library.sha256.clone(),
        id: library.id.clone(),
        size: library.size,
        pinned: library.pinned,
    });
    let builtin = setup.plugins.builtin.iter().filter_map(|plugin| builtin_id(plugin));
    Hello { builtin: builtin.collect(), libraries: about.collect(), bounds: setup.bounds, rehearse: false }
}

fn start(setup: &Setup, hello: &Hello) -> io::Result<Worker> {
    let libraries: Vec<&File> = setup.plugins.libraries.iter().map(|library| &library.file).collect();
    Worker::start(&setup.program, hello, &libraries)
}
