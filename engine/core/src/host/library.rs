//! Plugins that come as shared libraries.

use super::descriptor::{self, Plugin};
use super::{PluginError, descriptor::is_id};
use crate::source::hex;
use object::{Object, ObjectSymbol};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use weighbridge_abi as abi;

/// A library larger than this is refused before it is read: the largest of ours has some MiB.
const MAX_LIBRARY: u64 = 256 << 20;

/// The shared libraries of a folder, in the order of their names.
pub(super) fn candidates(folder: &Path) -> Result<Vec<PathBuf>, PluginError> {
    let name = folder.display().to_string();
    let refuse = |error: std::io::Error| PluginError::new(&name, format!("the plugin folder cannot be read: {error}"));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        if path.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A library that was read and hashed, and of which no code has run: what one process finds out and another one may open.
#[derive(Debug)]
pub struct Library {
    /// The file that was hashed: what is opened is this, whatever the path leads to by then.
    pub(crate) file: File,
    /// Absolute, without links.
    pub path: PathBuf,
    /// Of its bytes.
    pub sha256: String,
    /// The data symbol of its descriptor.
    pub(crate) symbol: String,
}

impl Library {
    /// Reads a library: its export table, and its hash.
    pub fn read(path: &Path) -> Result<Self, PluginError> {
        let shown = path.display().to_string();
        let refuse = |message: String| PluginError::new(&shown, message);
        let unopened = |error: std::io::Error| refuse(format!("it cannot be opened: {error}"));
        // An absolute path: a bare name would be searched for in the loader's folders.
        let path = path.canonicalize().map_err(unopened)?;
        let mut file = File::open(&path).map_err(unopened)?;
        let size = file.metadata().map_err(unopened)?.len();
        if size > MAX_LIBRARY {
            return Err(refuse(format!("it has {size} bytes, and a plugin library has at most {MAX_LIBRARY}")));
        }
        let mut bytes = Vec::new();
        file.by_ref().take(MAX_LIBRARY).read_to_end(&mut bytes).map_err(|error| refuse(format!("it cannot be read: {error}")))?;
        let symbol = exported_symbol(&bytes).map_err(refuse)?;
        Ok(Library { file, path, sha256: hex(&Sha256::digest(&bytes)), symbol })
    }

    /// Opens it: from here on its code runs.
    pub(crate) fn open(self) -> Result<Plugin, PluginError> {
        let origin = self.path.display().to_string();
        let refuse = |message: String| PluginError::new(&origin, message);
        let through = through(&self.file).unwrap_or_else(|| self.path.clone());
        let named = |message: String| message.replace(&through.display().to_string(), &origin);
        let descriptor = load(&through, &self.symbol).map_err(|message| refuse(named(message)))?;
        // Never closed: the loader knows libraries by name, and a number that is used again would be another library's.
        std::mem::forget(self.file);
        // SAFETY: the symbol is a plugin's descriptor by its name; its frozen first bytes are checked before anything else is read.
        let plugin = unsafe { descriptor::read(descriptor, &origin, Some(self.sha256)) }?;
        if self.symbol.strip_prefix(abi::SYMBOL_PREFIX) != Some(&plugin.id) {
            return Err(refuse(format!("it exports `{}`, and its descriptor says id `{}`: make the two agree", self.symbol, plugin.id)));
        }
        Ok(plugin)
    }
}

/// The name of an open file: what was hashed is opened, even if another file has taken its place since.
fn through(file: &File) -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    return Some(PathBuf::from(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file)))).filter(|path| path.exists());
    #[cfg(not(target_os = "linux"))]
    return Some(file).and(None);
}

/// The one plugin symbol of a library's export table.
fn exported_symbol(bytes: &[u8]) -> Result<String, String> {
    let file = object::File::parse(bytes).map_err(|error| format!("it is not a shared library that can be read here: {error}"))?;
    let mut names: Vec<String> = match file.exports() {
        Ok(exports) if !exports.is_empty() => exports.iter().map(|export| String::from_utf8_lossy(export.name()).into_owned()).collect(),
        _ => file.dynamic_symbols().filter(|s| s.is_definition()).filter_map(|s| s.name().ok().map(str::to_owned)).collect(),
    };
    names.retain(|name| name.strip_prefix('_').unwrap_or(name).starts_with(abi::SYMBOL_PREFIX));
    names.sort();
    names.dedup();
    match names.as_slice() {
        [one] => {
            let one = one.strip_prefix('_').unwrap_or(one);
            if is_id(&one[abi::SYMBOL_PREFIX.len()..]) {
                Ok(one.to_owned())
            } else {
                Err(format!("its symbol `{one}` is not {}<id> with id of the form [a-z][a-z0-9_]*", abi::SYMBOL_PREFIX))
            }
        }
        [] => Err(format!("it exports no symbol {}<id>: it is no plugin, or was linked without exporting it (see WB_EXPORT)", abi::SYMBOL_PREFIX)),
        many => Err(format!("it exports more than one plugin ({}): a library holds exactly one", many.join(", "))),
    }
}

#[cfg(unix)]
fn load(path: &Path, symbol: &str) -> Result<*const abi::Plugin, String> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: opening runs the library's initialisers. That it may is the user's decision: it was named, or lies in a folder that was.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| format!("it cannot be opened: {error}"))?;
    // SAFETY: a data symbol; only its address is taken here.
    let address = unsafe { library.get::<*const abi::Plugin>(symbol) }.map_err(|error| format!("its symbol cannot be found: {error}"))?.into_raw();
    // Never unloaded: threads and statics of the plugin may outlive any use of ours.
    std::mem::forget(library);
    Ok(address.cast_const().cast())
}

#[cfg(not(unix))]
fn load(_path: &Path, _symbol: &str) -> Result<*const abi::Plugin, String> {
    Err("plugin libraries are opened on Unix systems only: this build has the built-in formats".into())
}
