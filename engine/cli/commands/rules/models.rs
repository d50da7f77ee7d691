//! Models that rules are tried on.

use crate::args::{Global, PluginArgs};
use crate::config::{self, Layer};
use crate::{Failure, engine};
use anyhow::anyhow;
use std::num::NonZero;
use std::path::PathBuf;
use weighbridge_core::report::FileReport;
use weighbridge_core::run::{Engine, Judge, Readers};
use weighbridge_core::scan::{Cancel, ScanOptions};
use weighbridge_core::source::{Root, Walk};

/// Those who read them.
pub fn readers(global: &Global, args: &PluginArgs) -> Result<Readers, Failure> {
    let effective = config::load(global, Layer::default())?;
    effective.warn(global);
    let engine::Plugins { readers, refused } = engine::ask(global, &effective, args).plugins()?;
    // A comparison without a reader that was asked for would look whole and not be.
    if refused.is_empty() { Ok(readers) } else { Err(Failure::Usage(anyhow!("a plugin was refused, and nothing was scanned"))) }
}

/// Scans files and folders; `each` gets their reports in order.
pub fn scan(readers: &Readers, judge: &dyn Judge, paths: &[PathBuf], each: impl FnMut(FileReport)) -> Result<(), Failure> {
    let cancel = Cancel::default();
    let jobs = std::thread::available_parallelism().map_or(1, NonZero::get);
    let engine = Engine { readers, judge, options: ScanOptions::default(), jobs, cancel: &cancel, excerpts: false, watch: None };
    let roots = paths.iter().cloned().map(Root::Path).collect();
    engine.run(&mut Walk::new(roots).artifacts(readers.catalogue().markers()), each)?;
    Ok(())
}

/// The reports of all files that are of a known format.
pub fn reports(readers: &Readers, judge: &dyn Judge, paths: &[PathBuf]) -> Result<Vec<FileReport>, Failure> {
    let mut reports = Vec::new();
    scan(readers, judge, paths, |report| {
        if report.skipped.is_none() {
            reports.push(report);
        }
    })?;
    Ok(reports)
}
