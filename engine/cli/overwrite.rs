//! Reports that would take the place of what is scanned.

use crate::report::{OutputSpec, ReportFormat};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use weighbridge_core::source::Root;

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
