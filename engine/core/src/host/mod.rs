//! The plugin host: what is loaded, and the vtable through which it is called.
//!
//! Built-in plugins and shared libraries go through the same descriptor and the same functions. This is the one
//! place of the engine that dereferences what a plugin handed over.

mod access;
mod aspect;
mod call;
mod catalogue;
mod convert;
mod descriptor;
mod exports;
mod extension;
mod library;
mod process;
mod trust;

pub use aspect::Aspect;
pub use call::Breach;
pub(crate) use call::{Answer, End, IncomingChild, IncomingFact, InputView, Outcome, Session, Side};
pub use catalogue::{Catalogue, Described, DescribedFormat};
pub use descriptor::{Anchor, Format, Magic, Plugin};
pub use library::{Library, NO_LIBRARIES};
pub use process::{Traces, allocated};
#[cfg(target_os = "linux")]
pub(crate) use trust::builtin_id;
pub use trust::{Pin, Selection, Trust};

use crate::scan::Carver;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// The plugins of a run, in the order of their ids.
#[derive(Default)]
pub struct Registry {
    plugins: Vec<Plugin>,
    /// The plugins' magics as one automaton, made when it is first needed.
    carver: OnceLock<Arc<Carver>>,
    /// What they say of themselves, likewise.
    catalogue: OnceLock<Catalogue>,
}

/// Why a plugin was refused: one sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{path}: {message}")]
pub struct PluginError {
    /// The library, or the built-in's id.
    pub path: String,
    /// One sentence.
    pub message: String,
    /// What of it was looked at.
    pub aspect: Aspect,
}

impl PluginError {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        PluginError { path: path.into(), message: message.into(), aspect: Aspect::default() }
    }

    pub(crate) fn of(self, aspect: Aspect) -> Self {
        PluginError { aspect, ..self }
    }
}

/// Refuses a file that users other than its owner can change: what a plugin is, and what says which ones are trusted. The answer is one
/// sentence that says what to do.
pub fn only_the_owner_writes(path: &Path) -> Result<(), String> {
    let real = path.canonicalize().map_err(|error| format!("it cannot be opened ({error}): look at its path and its permissions"))?;
    access::only_the_owner_writes(&real)
}

impl Registry {
    /// Adds a plugin that is linked into the program.
    pub fn add_builtin(&mut self, plugin: &'static weighbridge_abi::Plugin) -> Result<(), PluginError> {
        // SAFETY: a static of this program, made by the export macro of a crate that was compiled with it.
        let plugin = unsafe { descriptor::read(plugin, "built-in") }?;
        self.add(plugin)
    }

    /// Opens a library that was checked. It stays open for as long as the program runs.
    pub fn open(&mut self, library: Library) -> Result<(), PluginError> {
        self.add(library.open()?)
    }

    /// The plugins, in the order of their ids.
    pub fn plugins(&self) -> &[Plugin] {
        &self.plugins
    }

    /// What they say of themselves.
    pub fn catalogue(&self) -> &Catalogue {
        self.catalogue.get_or_init(|| Catalogue::from(self))
    }

    pub(crate) fn carver(&self) -> &Arc<Carver> {
        self.carver.get_or_init(|| Arc::new(Carver::new(self)))
    }

    fn add(&mut self, plugin: Plugin) -> Result<(), PluginError> {
        (self.carver, self.catalogue) = (OnceLock::new(), OnceLock::new());
        match self.plugins.binary_search_by(|have| have.id.cmp(&plugin.id)) {
            Ok(at) => {
                let message = format!("its id `{}` is also that of {}: take one away", plugin.id, self.plugins[at].origin);
                Err(PluginError::new(&plugin.origin, message).of(Aspect::Selection))
            }
            Err(at) => {
                self.plugins.insert(at, plugin);
                Ok(())
            }
        }
    }
}
