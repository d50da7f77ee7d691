//! What people have looked at before: suppressions of the configuration, and the baseline. Applied to each report before it is counted.

use crate::Failure;
use crate::baseline;
use crate::config::{Effective, Settings};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use weighbridge_core::report::{FileReport, Notice};
use weighbridge_core::source::{ReportPath, Root};
use weighbridge_core::suppress::{Date, Suppressions};

/// Suppressions and baseline of one run.
pub struct Review {
    suppressions: Suppressions,
    /// The folder that paths in reports are relative to, where one folder alone is scanned.
    base: Option<PathBuf>,
    /// What is scanned, without links.
    roots: Vec<PathBuf>,
    /// The day that suppressions are held against.
    pub today: Date,
    /// What a person should know of the baseline.
    pub notices: Vec<Notice>,
}

impl Review {
    /// Reads the baseline, if there is one.
    pub fn new(effective: &Effective, settings: &Settings, roots: &[Root], today: Option<Date>) -> Result<Self, Failure> {
        let today = today.unwrap_or_else(|| Date::of(SystemTime::now()));
        let (known, notices) = match &settings.baseline {
            Some(path) => baseline::read(path, &named(roots)).map_err(Failure::Usage)?,
            None => (HashSet::new(), Vec::new()),
        };
        let base = alone(roots);
        let real = |root: &Root| match root {
            Root::Path(path) => path.canonicalize().ok(),
            Root::Stdin => None,
        };
        let roots = roots.iter().filter_map(real).collect();
        let suppressions = Suppressions::new(effective.suppressions().to_vec(), known, today);
        Ok(Review { suppressions, base, roots, today, notices })
    }

    /// Marks what does not count.
    pub fn apply(&mut self, file: &mut FileReport) {
        let path = path(file);
        let base = self.base.as_deref();
        self.suppressions.apply(file, &|| match base {
            Some(base) => Some(base.join(path.as_ref()?)),
            None => path.clone(),
        });
    }

    /// Suppressions that have expired, and those that match nothing. The latter only where all that they are about was scanned: not where the run was
    /// ended early, or took of the roots what git says.
    pub fn outdated(&self, whole: bool) -> Vec<Notice> {
        self.suppressions.notices(&|path| whole && self.roots.iter().any(|root| path.starts_with(root)))
    }
}

/// What is scanned, as it was given.
pub fn named(roots: &[Root]) -> Vec<String> {
    let name = |root: &Root| match root {
        Root::Path(path) => ReportPath::new(path).text,
        Root::Stdin => "-".to_owned(),
    };
    roots.iter().map(name).collect()
}

/// The folder that alone is scanned: paths in reports are relative to it.
pub fn alone(roots: &[Root]) -> Option<PathBuf> {
    match roots {
        [Root::Path(path), same @ ..] if same.iter().all(|root| *root == roots[0]) && path.is_dir() => Some(path.clone()),
        _ => None,
    }
}

/// A file's path as the operating system knows it; none for standard input.
pub fn path(file: &FileReport) -> Option<PathBuf> {
    match &file.path_bytes {
        Some(hex) => of_bytes(hex),
        None if file.path == "-" => None,
        None => Some(PathBuf::from(&file.path)),
    }
}

#[cfg(unix)]
fn of_bytes(hex: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok());
    Some(Path::new(&std::ffi::OsString::from_vec(bytes.collect::<Option<_>>()?)).to_path_buf())
}

#[cfg(not(unix))]
fn of_bytes(_hex: &str) -> Option<PathBuf> {
    None
}
