//! Where plugins lie without being named.
//!
//! The folders follow from the user's environment and the place of the program; nothing in a scanned folder can change either.
//! <https://specifications.freedesktop.org/basedir-spec/latest/>

use std::env;
use std::path::PathBuf;

/// Beside the program's installation, and in the user's own folder.
pub fn plugins() -> Vec<PathBuf> {
    let program = env::current_exe().and_then(|program| program.canonicalize()).ok();
    let installed = program.and_then(|program| Some(program.parent()?.parent()?.join("lib/weighbridge/plugins")));
    installed.into_iter().chain(user_plugins()).collect()
}

/// The user's own plugin folder.
pub fn user_plugins() -> Option<PathBuf> {
    // A relative path would depend on where the program is started: the specification has it ignored.
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("weighbridge/plugins"))
}
