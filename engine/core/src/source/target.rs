//! What a walk meets, and how the report calls it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A path as the report gives it: `/` between parts, replacement characters where it is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPath {
    /// For people; unique only where `bytes` is none.
    pub text: String,
    /// The bytes in hexadecimal, where they are not UTF-8.
    pub bytes: Option<String>,
}

impl ReportPath {
    /// The report's name of a path.
    pub fn new(path: &Path) -> Self {
        let text = path.to_string_lossy();
        let bytes = path.to_str().is_none().then(|| hex(path.as_os_str().as_encoded_bytes()));
        let text = if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") };
        ReportPath { text, bytes }
    }

    /// The last part: what a scan is given as a hint.
    pub fn base_name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or(&self.text)
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]).map(char::from).collect()
}

/// Something that a walk met.
#[derive(Debug)]
pub struct Target {
    /// How the report calls it.
    pub path: ReportPath,
    /// What it is.
    pub kind: Kind,
    /// What it lies in.
    pub folder: Arc<Folder>,
}

impl Target {
    /// Of which nothing more is known.
    pub fn new(path: ReportPath, kind: Kind) -> Self {
        Target { path, kind, folder: Arc::default() }
    }
}

/// What is known of where a target lies; nothing, of a path that was named by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// The artifact that it belongs to: how the report calls the outermost directory that is one model.
    pub artifact: Option<String>,
    /// What lies in the folder itself, in the order of the names as text.
    pub names: Vec<Neighbour>,
}

/// Something beside a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: NeighbourKind,
}

/// What lies beside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeighbourKind {
    /// A regular file.
    File,
    /// A folder.
    Directory,
    /// A link.
    Symlink,
}

impl NeighbourKind {
    /// As `member` facts call it.
    pub fn name(self) -> &'static str {
        match self {
            NeighbourKind::File => "file",
            NeighbourKind::Directory => "directory",
            NeighbourKind::Symlink => "symlink",
        }
    }
}

/// What a target is.
#[derive(Debug)]
pub enum Kind {
    /// A regular file, to be opened by this path.
    File {
        /// For the operating system.
        path: PathBuf,
        /// Whether a link at the end of the path may be followed: only where a person named it.
        follow: bool,
    },
    /// Standard input.
    Stdin,
    /// Not for scanning, and no loss: a code and one sentence.
    Skipped(&'static str, String),
    /// A loader would find content here that this scan does not look at: a code and one sentence.
    Unread(&'static str, String),
    /// It could not be looked at: a code and one sentence.
    Failed(&'static str, String),
}
