//! Where files lie, for those who look for them there: code scanning, test reports, people who read a summary elsewhere.
//!
//! `weighbridge.report/1` has paths as the walk has them: relative to a folder that alone is scanned. A repository's page knows files by their path from its
//! top, so that reports for such pages give that, or the path from the current folder where it lies in no checkout.

use super::Reporter;
use crate::review;
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use weighbridge_core::report::{FileReport, Run, Summary};
use weighbridge_core::source::{ReportPath, Root};

/// What paths of a run start from.
#[derive(Debug)]
pub struct Places {
    /// The top of the checkout that the current folder lies in, or that folder.
    base: PathBuf,
    here: PathBuf,
    /// The folder that alone is scanned, as it was given.
    folder: Option<PathBuf>,
    /// It, from the root of the file system.
    whole: PathBuf,
}

impl Places {
    /// Of what is scanned.
    pub fn of(roots: &[Root]) -> Self {
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
        let base = here.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&here).to_path_buf();
        let folder = review::alone(roots);
        let given = folder.as_deref().map_or_else(|| here.clone(), |folder| straight(&here.join(folder)));
        // A path through links may lead into the checkout all the same.
        let whole = if given.starts_with(&base) { None } else { given.canonicalize().ok().filter(|real| real.starts_with(&base)) };
        Places { whole: whole.unwrap_or(given), base, here, folder }
    }

    /// The base as a URI, which ends in a slash.
    pub fn base_uri(&self) -> String {
        let path = super::sarif::percent(self.base.as_os_str().as_encoded_bytes());
        format!("file://{}/", path.trim_end_matches('/'))
    }

    /// The same file by its path from the base; absolute where it lies elsewhere.
    fn place<'f>(&self, file: &'f FileReport) -> Cow<'f, FileReport> {
        let Some(path) = review::path(file) else { return Cow::Borrowed(file) };
        let whole = match &self.folder {
            // What failed is the folder itself.
            Some(folder) if *folder == path => self.whole.clone(),
            Some(_) => self.whole.join(&path),
            None => straight(&self.here.join(&path)),
        };
        let placed = ReportPath::new(whole.strip_prefix(&self.base).unwrap_or(&whole));
        if placed.text == file.path || placed.text.is_empty() {
            return Cow::Borrowed(file);
        }
        let mut file = file.clone();
        (file.path, file.path_bytes) = (placed.text, placed.bytes);
        Cow::Owned(file)
    }
}

/// A path without `.` and `..`.
fn straight(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// A report whose readers look for the files.
pub struct Placed {
    /// The report.
    pub reporter: Box<dyn Reporter>,
    /// Where files lie.
    pub places: Arc<Places>,
}

impl Reporter for Placed {
    fn file(&mut self, out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
        self.reporter.file(out, &self.places.place(file))
    }

    fn end(&mut self, out: &mut dyn Write, summary: &Summary, run: &Run) -> io::Result<()> {
        self.reporter.end(out, summary, run)
    }
}
