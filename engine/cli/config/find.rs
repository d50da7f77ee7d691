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
    /// In all: the user's own, and one that was named.
    Full,
    /// It may only tighten: nobody named it, and it may have come with what is scanned.
    Tighten,
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

/// Files upward from `from`, the innermost first. All of them: one that came with a model must not hide a stricter one around it.
///
/// None is trusted, wherever it lies. A checkout holds the file at its top as well as the folder of models that is scanned, and who sent the one has
/// sent the other: what is scanned says nothing of where a stranger's files begin.
pub fn project(from: &Path) -> Vec<PathBuf> {
    from.ancestors().map(|folder| folder.join(NAME)).filter(|path| fs::symlink_metadata(path).is_ok()).collect()
}

/// A file's text. A link that nobody named is not followed: the message about a mistake would show lines of whatever it leads to.
pub fn read(path: &Path, trust: Trust) -> io::Result<String> {
    let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    let metadata = if trust == Trust::Tighten { fs::symlink_metadata(path)? } else { fs::metadata(path)? };
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
