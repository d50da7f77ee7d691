//! The plugin host: what is loaded, and the vtable through which it is called.

use crate::report::PluginInfo;
use std::path::Path;

/// The plugins of a run, in the order of their ids.
#[derive(Default)]
pub struct Registry {}

/// Why a plugin was refused: one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct PluginError {
    /// The library, or the built-in's id.
    pub path: String,
    /// One sentence.
    pub message: String,
}

impl Registry {
    /// Adds a plugin that is linked into the program.
    pub fn add_builtin(&mut self, _plugin: &'static weighbridge_abi::Plugin) -> Result<(), PluginError> {
        Ok(())
    }

    /// Opens a plugin library.
    pub fn load_file(&mut self, _path: &Path) -> Result<(), PluginError> {
        Ok(())
    }

    /// Opens every plugin library of a folder (not recursive); gives the errors of those that were refused.
    pub fn load_dir(&mut self, _path: &Path) -> Result<(), Vec<PluginError>> {
        Ok(())
    }

    /// What is loaded, for `run` and `plugins list`.
    pub fn infos(&self) -> Vec<PluginInfo> {
        Vec::new()
    }
}
