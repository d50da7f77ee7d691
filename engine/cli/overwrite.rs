//! Reports that would take the place of what is scanned.

use crate::report::{OutputSpec, ReportFormat};
use crate::terminal;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use weighbridge_core::source::{Kind, Root, Target};

/// Bytes in which a report of ours names itself.
const HEAD: u64 = 4 << 10;

/// Whether a report would replace a file that is scanned and no earlier report: one that was named, or one in a folder that was.
pub fn is_scanned(spec: &OutputSpec, roots: &[Root]) -> bool {
    let Ok(path) = spec.path.canonicalize() else { return false };
    let real = |root: &Root| match root {
        Root::Path(root) => root.canonicalize().ok(),
        Root::Stdin => None,
    };
    path.is_file() && roots.iter().filter_map(real).any(|root| path.starts_with(root)) && !is_report(&path, spec.format)
}

/// Takes reports of an earlier run that this one replaces out of what is scanned: they quote what was found.
pub fn pass_over(outputs: &[OutputSpec]) -> impl FnMut(Target) -> Target + Send + use<> {
    let written: Vec<PathBuf> = outputs.iter().filter(|spec| spec.path.as_os_str() != "-").map(|spec| terminal::destination(&spec.path)).collect();
    move |mut target| {
        if let Kind::File { path, .. } = &target.kind
            && written.iter().any(|report| report.file_name() == path.file_name() && path.canonicalize().is_ok_and(|path| path == *report))
        {
            target.kind = Kind::Skipped("own-report", "a report that this run replaces".into());
        }
        target
    }
}

fn is_report(path: &Path, format: ReportFormat) -> bool {
    let mut head = Vec::new();
    if File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head)).is_err() {
        return false;
    }
    match format {
        // These can be any text.
        ReportFormat::Console | ReportFormat::Template => {
            !head.contains(&0) && std::str::from_utf8(&head).map_or_else(|error| error.error_len().is_none(), |_| true)
        }
        ReportFormat::Csv => head.is_empty() || head.starts_with(b"path,"),
        _ => {
            head.is_empty()
                || String::from_utf8_lossy(&head).to_lowercase().contains("weighbridge")
                || head.starts_with(b"{\"$schema\":\"https://json.schemastore.org/sarif")
        }
    }
}
