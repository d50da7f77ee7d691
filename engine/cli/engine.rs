//! The plugins, as the command line and the configuration ask for them.

use crate::args::{Global, PluginArgs};
use crate::config::{self, Effective, Layer};
use crate::terminal::{self, RED};
use crate::{Failure, bundle, folders, text};
use weighbridge_core::host::{Pin, PluginError, Registry, Selection, Trust};
use weighbridge_core::report::RefusedPlugin;

/// The plugins of a run.
pub struct Plugins {
    /// Those that read.
    pub registry: Registry,
    /// Those that were asked for and are not used. A scan without them is not complete.
    pub refused: Vec<RefusedPlugin>,
}

/// Chooses and opens the plugins. What is refused is said on standard error, and the rest is used.
pub fn plugins(global: &Global, effective: &Effective, args: &PluginArgs) -> Plugins {
    let (registry, refused) = select(effective, args).open();
    for error in &refused {
        terminal::say("error", RED, global.color, &format!("plugin refused: {}", text::escape(&error.to_string())));
    }
    let refused = refused.into_iter().map(|PluginError { path, message }| RefusedPlugin { path, message }).collect();
    Plugins { registry, refused }
}

/// Chooses the plugins: built-in ones, those of the plugin folders, and those that are named. No library is opened.
pub fn select(effective: &Effective, flags: &PluginArgs) -> Selection {
    let args = effective.plugin_args(flags);
    let builtin = if args.no_builtin { Vec::new() } else { bundle::plugins() };
    let mut searched: Vec<_> = folders::plugins().into_iter().filter(|folder| folder.is_dir()).collect();
    searched.extend(args.plugin_dir);
    let noted = effective.plugins().into_iter().flat_map(|plugins| &plugins.pins);
    let noted = noted.map(|(id, sha256)| Pin { id: id.clone(), sha256: sha256.clone() });
    let pins = noted.chain(args.pin.into_iter().map(|sha256| Pin { id: String::new(), sha256 })).collect();
    Selection::choose(builtin, &searched, &args.plugin, &Trust { pins, allow_unpinned: args.allow_unpinned })
}

/// The plugins of the command line and the configuration, for commands that scan nothing.
pub fn configured(global: &Global, args: &PluginArgs) -> Result<Plugins, Failure> {
    let effective = config::load(global, Layer::default(), &[])?;
    effective.warn(global);
    Ok(plugins(global, &effective, args))
}
