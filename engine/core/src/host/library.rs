//! Plugin libraries: checked first, opened second.
//!
//! The two are apart so that one process can check and another, confined one can open. Nothing of a library runs before it is
//! opened: what is known of it then is what its bytes say.

use super::descriptor::{self, Plugin};
use super::{Aspect, PluginError, access, exports};
use crate::scan::Source;
use crate::source::{FileSource, hex};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};
use weighbridge_abi::{self as abi, Growable};

/// A library larger than this is refused before it is read: the largest of ours has some MiB.
const MAX_LIBRARY: u64 = 256 << 20;

/// Why this build opens no libraries at all; none where it does. A static program has no loader that could.
pub const NO_LIBRARIES: Option<&str> = if cfg!(target_feature = "crt-static") {
    Some("this build of Weighbridge is static and takes no plugins: use the dynamically linked one")
} else {
    None
};

/// A plugin library that was checked, and not opened: a file that only its owner can write to, with one plugin in its export table.
#[derive(Debug)]
pub struct Library {
    /// The file that was hashed: what is opened is this, whatever the path leads to by then.
    pub(crate) file: File,
    /// Absolute, without links.
    pub path: PathBuf,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
    /// The plugin's id, as the symbol of its descriptor says.
    pub id: String,
    /// Bytes of its descriptor's symbol; 0 where the table does not say.
    pub(crate) size: u64,
    /// Whether the user has pinned these bytes.
    pub pinned: bool,
}

impl Library {
    /// Checks a library. None of its code runs.
    pub fn read(path: &Path) -> Result<Self, PluginError> {
        let refuse = |message: String| PluginError::new(path.display().to_string(), message);
        let unreadable = |error: std::io::Error| refuse(format!("it cannot be opened ({error}): look at its path and its permissions"));
        // Without links: what is looked at is what is opened, and a bare name is never searched for in the loader's folders.
        let real = path.canonicalize().map_err(unreadable)?;
        access::only_the_owner_writes(&real).map_err(refuse)?;
        if path.is_symlink() {
            // Whoever can write where the link lies can make it lead elsewhere.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            access::only_the_owner_writes(&folder.canonicalize().map_err(unreadable)?).map_err(refuse)?;
        }
        let file = FileSource::open(&real, false).map_err(unreadable)?;
        if file.size() > MAX_LIBRARY {
            return Err(refuse(format!("it has {} bytes, and a plugin library has at most {MAX_LIBRARY}: strip it", file.size())));
        }
        let mut bytes = vec![0; usize::try_from(file.size()).unwrap_or(0)];
        let got = file.read_at(0, &mut bytes).map_err(unreadable)?;
        bytes.truncate(got);
        let exports = |message| refuse(message).of(Aspect::Exports);
        let parsed = exports::parse(&bytes).map_err(refuse)?;
        let export = exports::plugin(&parsed).map_err(exports)?;
        Ok(Library { path: real, id: export.id, size: export.size, sha256: hex(&Sha256::digest(&bytes)), pinned: false, file: file.into_file() })
    }

    /// Opens it: its initialisers run, and its descriptor is read. It stays open for as long as the process runs.
    pub(crate) fn open(self) -> Result<Plugin, PluginError> {
        let origin = self.path.display().to_string();
        let first = abi::Plugin::FIRST;
        if self.size > 0 && self.size < first {
            let message = format!("its symbol has {} bytes, and a descriptor has at least {first}: rebuild it against weighbridge.h", self.size);
            return Err(PluginError::new(&origin, message).of(Aspect::Sizes));
        }
        let descriptor = load(&self.path, self.file, &format!("{}{}", abi::SYMBOL_PREFIX, self.id))
            .map_err(|message| PluginError::new(&origin, message).of(Aspect::Loader))?;
        // SAFETY: the symbol is a plugin's descriptor by its name; its frozen first bytes are checked before anything else is read.
        let mut plugin = unsafe { descriptor::read(descriptor, &origin) }?;
        if plugin.id != self.id {
            let message = format!("it exports `{}{}`, and its descriptor says id `{}`: make the two agree", abi::SYMBOL_PREFIX, self.id, plugin.id);
            return Err(PluginError::new(origin, message).of(Aspect::Texts));
        }
        if self.size > 0 && u64::from(plugin.vtable.struct_size) > self.size {
            let message = format!(
                "its descriptor says that it has {} bytes, and its symbol has {}: use sizeof(wb_plugin)",
                plugin.vtable.struct_size, self.size
            );
            return Err(PluginError::new(origin, message).of(Aspect::Sizes));
        }
        plugin.sha256 = Some(self.sha256);
        plugin.pinned = Some(self.pinned);
        Ok(plugin)
    }
}

/// The shared libraries of a folder that only its owner can write to, in the order of their names.
pub(super) fn candidates(folder: &Path) -> Result<Vec<PathBuf>, PluginError> {
    let name = || folder.display().to_string();
    let refuse =
        |error: std::io::Error| PluginError::new(name(), format!("the plugin folder cannot be read ({error}): look at its path and its permissions"));
    let folder = &folder.canonicalize().map_err(refuse)?;
    access::only_the_owner_writes(folder).map_err(|message| PluginError::new(name(), message))?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        if path.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(unix)]
fn load(path: &Path, file: File, symbol: &str) -> Result<*const abi::Plugin, String> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    use std::os::fd::AsRawFd;
    // Through the descriptor that was hashed, where the system shows descriptors as files.
    let through = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let opened = if through.exists() { through.as_path() } else { path };
    // The loader knows a library by the name that it was opened by: that number must never name another file.
    std::mem::forget(file);
    let at = opened.display().to_string();
    // What the loader itself says stands behind the error.
    let said = |error: libloading::Error| {
        let words = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        words.replace(&at, &path.display().to_string())
    };
    // SAFETY: opening runs the library's initialisers. That it may is the user's decision: it is pinned, or was allowed unpinned.
    let library = unsafe { Library::open(Some(opened), RTLD_NOW | RTLD_LOCAL) }
        .map_err(|error| format!("the loader refuses it ({}): build it for this system, with what it needs linked in", said(error)))?;
    // SAFETY: a data symbol; only its address is taken here.
    let address =
        unsafe { library.get::<*const abi::Plugin>(symbol) }.map_err(|error| format!("its symbol cannot be found ({})", said(error)))?.into_raw();
    // Never unloaded: threads and statics of the plugin may outlive any use of ours.
    std::mem::forget(library);
    Ok(address.cast_const().cast())
}

#[cfg(not(unix))]
fn load(_path: &Path, _file: File, _symbol: &str) -> Result<*const abi::Plugin, String> {
    Err("plugin libraries are opened on Unix systems only: this build has the built-in formats".into())
}
