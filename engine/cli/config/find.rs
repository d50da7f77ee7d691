//! Where configurations are, and how far each is trusted.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The file's name, everywhere.
pub const NAME: &str = "weighbridge.toml";

/// Bytes of one file. With a thousand suppressions it has a quarter of that.
const BYTES: u64 = 1 << 20;

/// How far a file is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// In all.
    Full,
    /// In all but plugins, which are obeyed from the user's own file and the command line only.
    NoPlugins,
    /// It may only tighten, for this reason.
    Tighten(&'static str),
}

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub path: PathBuf,
    /// How far it is trusted.
    pub trust: Trust,
}

/// The user's own folder of configuration and rule packs: `$XDG_CONFIG_HOME/weighbridge`, or `~/.config/weighbridge`.
pub fn user_folder() -> Option<PathBuf> {
    // The specification of these folders: a relative path is invalid, and is to be ignored.
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    base.map(|base| base.join("weighbridge"))
}

/// The user's own file, if there is one.
pub fn user() -> Option<PathBuf> {
    user_folder().map(|folder| folder.join(NAME)).filter(|path| path.exists())
}

/// Files upward from `from`, the innermost first, up to the first that is trusted: one that lies in what is scanned must not hide
/// the one that its surroundings have.
pub fn project(from: &Path, roots: &[PathBuf]) -> Vec<Found> {
    let mut found = Vec::new();
    for folder in from.ancestors() {
        let path = folder.join(NAME);
        if fs::symlink_metadata(&path).is_err() {
            continue;
        }
        let trust = trust(&path, folder, roots);
        found.push(Found { path, trust });
        if trust == Trust::NoPlugins {
            break;
        }
    }
    found
}

fn trust(path: &Path, folder: &Path, roots: &[PathBuf]) -> Trust {
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if roots.iter().any(|root| folder.starts_with(root) || real.starts_with(root)) {
        Trust::Tighten("it lies inside what is scanned")
    } else if anybody_writes(path) || anybody_writes(folder) {
        Trust::Tighten("anybody may write it")
    } else {
        Trust::NoPlugins
    }
}

#[cfg(unix)]
fn anybody_writes(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).map_or(true, |metadata| metadata.permissions().mode() & 0o002 != 0)
}

#[cfg(not(unix))]
fn anybody_writes(_path: &Path) -> bool {
    false
}

/// The folders that scanned paths stand for, without links: a folder is itself, a file is the folder that it lies in, because what lies beside a
/// model came with it.
pub fn scanned_folders<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for path in paths {
        let folder = if path.is_dir() { Some(path) } else { path.parent() };
        let folder = folder.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        folders.extend(folder.and_then(|folder| fs::canonicalize(folder).ok()));
        // A link that a person named leads to what is scanned, too.
        if let Some(real) = fs::canonicalize(path).ok().filter(|real| !real.is_dir()) {
            folders.extend(real.parent().map(Path::to_path_buf));
        }
    }
    folders.sort();
    folders.dedup();
    folders
}

/// A file's text. A link in what is scanned is not followed: the message about a mistake would show lines of whatever it leads to.
pub fn read(path: &Path, trust: Trust) -> io::Result<String> {
    let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    let metadata = if matches!(trust, Trust::Tighten(_)) { fs::symlink_metadata(path)? } else { fs::metadata(path)? };
    if metadata.is_symlink() {
        return refuse("it is a link");
    }
    if !metadata.is_file() {
        return refuse("it is not a file");
    }
    let mut text = String::new();
    File::open(path)?.take(BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > BYTES { refuse("it is larger than a configuration can be") } else { Ok(text) }
}
