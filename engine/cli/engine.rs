//! The engine as the command line asks for it: plugins and rules.

use crate::Failure;
use crate::args::{Global, PluginArgs};
use crate::bundle;
use crate::config::{self, Layer};
use anyhow::anyhow;
use weighbridge_core::host::Registry;

/// Opens the plugins that were asked for. One that is refused ends the program: a scan without it would look complete and not be.
pub fn registry(args: &PluginArgs) -> Result<Registry, Failure> {
    let mut registry = Registry::default();
    let mut refused = Vec::new();
    if !args.no_builtin {
        for plugin in bundle::plugins() {
            refused.extend(registry.add_builtin(plugin).err());
        }
    }
    for folder in &args.plugin_dir {
        refused.extend(registry.load_dir(folder).err().into_iter().flatten());
    }
    for file in &args.plugin {
        refused.extend(registry.load_file(file).err());
    }
    if refused.is_empty() {
        return Ok(registry);
    }
    let list: Vec<String> = refused.iter().map(|error| crate::text::escape(&error.to_string()).into_owned()).collect();
    Err(Failure::Usage(anyhow!("a plugin was refused, and nothing was scanned\n  {}", list.join("\n  "))))
}

/// Opens the plugins of the command line and the configuration, for commands that scan nothing.
pub fn configured(global: &Global, args: &PluginArgs) -> Result<Registry, Failure> {
    let effective = config::load(global, Layer::default(), &[])?;
    effective.warn(global);
    registry(&effective.plugin_args(args))
}
