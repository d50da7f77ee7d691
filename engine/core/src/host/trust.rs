//! Which libraries are used: those that the user has pinned, and no two of one id.

use super::descriptor;
use super::library::{Library, NO_LIBRARIES, candidates};
use super::{Aspect, PluginError, Registry};
use std::collections::BTreeMap;
use std::path::PathBuf;
use weighbridge_abi as abi;

/// A library that the user has looked at and accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Of the plugin; empty where only the content was named.
    pub id: String,
    /// Of the library's content, in lower-case hexadecimal.
    pub sha256: String,
}

/// What the user trusts.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// From the user's own configuration and the command line.
    pub pins: Vec<Pin>,
    /// Libraries without a pin are used too.
    pub allow_unpinned: bool,
}

impl Trust {
    fn is_pinned(&self, library: &Library) -> bool {
        self.pins.iter().any(|pin| pin.sha256 == library.sha256 && (pin.id.is_empty() || pin.id == library.id))
    }

    fn admit(&self, mut library: Library) -> Result<Library, PluginError> {
        library.pinned = self.is_pinned(&library);
        if self.allow_unpinned || library.pinned {
            return Ok(library);
        }
        let path = library.path.display();
        let message = match self.pins.iter().find(|pin| pin.id == library.id) {
            Some(pin) => format!(
                "it is not the library that was pinned for `{}` (sha256 {}, pinned {}): if you have updated it run `weighbridge plugins pin {path}`, if not do not use it",
                library.id, library.sha256, pin.sha256
            ),
            None => format!(
                "it is not pinned: if you trust where it comes from run `weighbridge plugins pin {path}`, or give --allow-unpinned to use it unseen"
            ),
        };
        Err(PluginError::new(path.to_string(), message).of(Aspect::Selection))
    }
}

/// The plugins that a run is to use: chosen and checked, none of the libraries opened.
#[derive(Default)]
pub struct Selection {
    /// Linked into the program.
    pub builtin: Vec<&'static abi::Plugin>,
    /// To be opened, by whoever scans.
    pub libraries: Vec<Library>,
    /// What was refused, and why.
    pub refused: Vec<PluginError>,
}

impl Selection {
    /// Chooses among the built-in plugins, the libraries of folders (not recursive, in the order of their names) and single libraries.
    pub fn choose(builtin: Vec<&'static abi::Plugin>, folders: &[PathBuf], files: &[PathBuf], trust: &Trust) -> Self {
        let mut selection = Selection::default();
        let mut paths = Vec::new();
        for folder in folders {
            match candidates(folder) {
                Ok(found) => paths.extend(found),
                Err(error) => selection.refused.push(error),
            }
        }
        paths.extend_from_slice(files);
        let mut libraries: Vec<Library> = Vec::new();
        for path in paths {
            let checked = match NO_LIBRARIES {
                Some(message) => Err(PluginError::new(path.display().to_string(), message)),
                None => Library::read(&path).and_then(|library| trust.admit(library)),
            };
            match checked {
                // Named twice, it is one.
                Ok(library) if libraries.iter().any(|have| have.path == library.path) => {}
                Ok(library) => libraries.push(library),
                Err(error) => selection.refused.push(error),
            }
        }
        let mut owners = BTreeMap::<String, Vec<String>>::new();
        let ids: Vec<_> = builtin.iter().map(|plugin| builtin_id(plugin)).collect();
        for id in ids.iter().flatten() {
            owners.entry(id.clone()).or_default().push("built-in".to_owned());
        }
        for library in &libraries {
            owners.entry(library.id.to_owned()).or_default().push(library.path.display().to_string());
        }
        owners.retain(|_, owners| owners.len() > 1);
        for (id, owners) in &owners {
            for owner in owners {
                let others: Vec<&str> = owners.iter().filter(|other| *other != owner).map(String::as_str).collect();
                let message = format!(
                    "its id `{id}` is also that of {}: all of them are refused; take one away, or leave the built-in ones out with --no-builtin",
                    others.join(", ")
                );
                let of = if owner == "built-in" { format!("built-in {id}") } else { owner.clone() };
                selection.refused.push(PluginError::new(of, message).of(Aspect::Selection));
            }
        }
        selection.builtin =
            builtin.into_iter().zip(ids).filter(|(_, id)| !id.as_ref().is_some_and(|id| owners.contains_key(id))).map(|both| both.0).collect();
        selection.libraries = libraries.into_iter().filter(|library| !owners.contains_key(&library.id)).collect();
        selection
    }

    /// Opens the libraries in this process, and adds what they say to the built-in plugins. The second answer is everything that was refused.
    pub fn open(self) -> (Registry, Vec<PluginError>) {
        let (mut registry, mut refused) = (Registry::default(), self.refused);
        for plugin in self.builtin {
            refused.extend(registry.add_builtin(plugin).err());
        }
        for library in self.libraries {
            refused.extend(registry.open(library).err());
        }
        (registry, refused)
    }
}

/// `None` for one that is refused when it is added.
pub(crate) fn builtin_id(plugin: &'static abi::Plugin) -> Option<String> {
    // SAFETY: a static of this program, made by the export macro of a crate that was compiled with it.
    unsafe { descriptor::read(plugin, "built-in") }.ok().map(|plugin| plugin.id)
}
