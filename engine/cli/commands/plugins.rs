//! `weighbridge plugins`.

use crate::args::{Global, PluginsCommand, PluginsListArgs};
use crate::report::{Format, write_value};
use crate::terminal::{Look, Writer};
use crate::{Done, engine, exit, table};
use std::io::Write;

/// Runs a sub-command.
pub fn run(global: &Global, command: PluginsCommand) -> Done {
    match command {
        PluginsCommand::List(args) => list(global, &args),
    }
}

fn list(global: &Global, args: &PluginsListArgs) -> Done {
    let plugins = engine::configured(global, &args.plugins)?.infos();
    let mut out = Writer::stdout();
    match args.format.unwrap_or(Format::Console) {
        Format::Json => {
            write_value(&mut out, &plugins)?;
            writeln!(out)?;
        }
        Format::Console => {
            let rows: Vec<Vec<String>> =
                plugins.into_iter().map(|plugin| vec![plugin.id, plugin.version, plugin.abi, plugin.formats.join(", "), plugin.origin]).collect();
            table::print(&mut out, Look::stdout(global.color), &["id", "version", "ABI", "formats", "from"], &rows)?;
        }
    }
    out.finish()?;
    Ok(exit::CLEAN)
}
