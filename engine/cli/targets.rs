//! What is to be scanned: paths, those of a list, or what changed in a git repository.

use crate::args::ScanArgs;
use crate::git::{self, Changes};
use crate::{text, units};
use anyhow::{anyhow, bail};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use weighbridge_core::source::{ReportPath, Root, Target, Walk, read_list};

/// Where a scan goes.
#[derive(Clone)]
pub struct Targets {
    /// What is walked.
    pub roots: Vec<Root>,
    /// Of that, only these.
    only: Option<HashSet<(String, Option<String>)>>,
}

impl Targets {
    /// What the command line asks for.
    pub fn of(args: &ScanArgs) -> anyhow::Result<Self> {
        let roots = roots(args)?;
        let Some(revision) = &args.git_diff else { return Ok(Targets { roots, only: None }) };
        if roots.contains(&Root::Stdin) {
            bail!("standard input is no part of what changed: leave out - or --git-diff");
        }
        let changes = git::changes(Path::new("."), revision)?;
        let only = within(&changes, &roots)?.into_iter().map(key).collect();
        Ok(Targets { roots: vec![Root::Path(changes.top)], only: Some(only) })
    }

    /// Of a walk over the roots, what is to be scanned.
    pub fn of_walk(self, walk: Walk) -> Box<dyn Iterator<Item = Target> + Send> {
        match self.only {
            None => Box::new(walk),
            Some(only) if only.is_empty() => Box::new(std::iter::empty()),
            Some(only) => Box::new(walk.filter(move |target| only.contains(&key(target.path.clone())))),
        }
    }
}

fn key(path: ReportPath) -> (String, Option<String>) {
    (path.text, path.bytes)
}

/// What changed below the paths that were named, or at all where none was.
fn within(changes: &Changes, roots: &[Root]) -> anyhow::Result<Vec<ReportPath>> {
    if roots.is_empty() {
        return Ok(changes.names(&[]));
    }
    let top = fs::canonicalize(&changes.top)?;
    let mut below = Vec::new();
    for root in roots {
        let Root::Path(path) = root else { continue };
        let name = || text::escape(&path.to_string_lossy()).into_owned();
        let real = fs::canonicalize(path).map_err(|error| anyhow!("cannot look at {}: {}", name(), units::reason(&error)))?;
        let relative = real.strip_prefix(&top).map_err(|_| anyhow!("{} is not in the repository that --git-diff is about", name()))?;
        below.push(relative.to_path_buf());
    }
    Ok(changes.names(&below))
}

/// The paths, and those of the list.
fn roots(args: &ScanArgs) -> anyhow::Result<Vec<Root>> {
    let mut paths = args.paths.clone();
    let stdin = |path: &Path| path.as_os_str() == "-";
    if let Some(list) = &args.list {
        let read = if stdin(list) {
            if paths.iter().any(|path| stdin(path)) {
                bail!("standard input can be the list or a file, not both");
            }
            read_list(io::stdin().lock())
        } else {
            File::open(list).and_then(read_list)
        };
        let name = || text::escape(&list.to_string_lossy()).into_owned();
        let read = read.map_err(|error| anyhow!("cannot read the list {}: {}", name(), units::reason(&error)))?;
        paths.extend(read.into_iter().map(PathBuf::from));
    }
    if paths.is_empty() && args.list.is_none() && args.git_diff.is_none() {
        bail!("nothing to scan was named: give files or folders (`weighbridge scan .` scans this folder), --list FILE or --git-diff REVISION");
    }
    if let Some(empty) = paths.iter().find(|path| path.as_os_str().is_empty()) {
        bail!("an empty path ({empty:?}) was given");
    }
    Ok(paths.into_iter().map(|path| if stdin(&path) { Root::Stdin } else { Root::Path(path) }).collect())
}
