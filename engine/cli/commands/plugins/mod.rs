//! `weighbridge plugins`.

pub mod check;
mod new;

use crate::args::{Global, PluginsCommand, PluginsListArgs, PluginsPinArgs, PluginsUnpinArgs};
use crate::report::{Format, write_value};
use crate::terminal::{self, Look, RED, Writer};
use crate::text::escape;
use crate::{Done, Failure, engine, exit, folders, pins, table};
use anyhow::anyhow;
use serde::Serialize;
use std::io::Write;
use weighbridge_core::host::{Library, NO_LIBRARIES};
use weighbridge_core::report::{PluginInfo, RefusedPlugin};

/// Runs a sub-command.
pub fn run(global: &Global, command: PluginsCommand) -> Done {
    match command {
        PluginsCommand::Check(args) => check::run(global, &args),
        PluginsCommand::New(args) => new::run(&args),
        PluginsCommand::List(args) => list(global, &args),
        PluginsCommand::Pin(args) => pin(global, &args),
        PluginsCommand::Unpin(args) => unpin(&args),
    }
}

#[derive(Serialize)]
struct Listing {
    plugins: Vec<PluginInfo>,
    refused: Vec<RefusedPlugin>,
}

fn list(global: &Global, args: &PluginsListArgs) -> Done {
    let engine::Plugins { readers, refused } = engine::configured(global, &args.plugins)?;
    let listing = Listing { plugins: readers.catalogue().infos(), refused };
    let mut out = Writer::stdout();
    match args.format.unwrap_or(Format::Console) {
        Format::Json => {
            write_value(&mut out, &listing)?;
            writeln!(out)?;
        }
        Format::Console => {
            let look = Look::stdout(global.color);
            let row = |plugin: &PluginInfo| vec![plugin.id.clone(), plugin.version.clone(), plugin.abi.clone(), plugin.formats.join(", ")];
            let rows: Vec<_> = listing.plugins.iter().map(row).collect();
            table::print(&mut out, look, &["id", "version", "ABI", "formats"], &rows)?;
            let library = |plugin: &PluginInfo| {
                let pinned = if plugin.pinned? { "yes" } else { "no" };
                Some(vec![plugin.id.clone(), pinned.to_owned(), plugin.sha256.clone().unwrap_or_default(), plugin.origin.clone()])
            };
            let rows: Vec<_> = listing.plugins.iter().filter_map(library).collect();
            if !rows.is_empty() {
                writeln!(out)?;
                table::print(&mut out, look, &["library", "pinned", "SHA-256", "path"], &rows)?;
            }
        }
    }
    out.finish()?;
    Ok(if listing.refused.is_empty() { exit::CLEAN } else { exit::INCOMPLETE })
}

/// Pins libraries. None of their code runs.
fn pin(global: &Global, args: &PluginsPinArgs) -> Done {
    let mut code = exit::CLEAN;
    let mut out = Writer::stdout();
    if let Some(message) = NO_LIBRARIES {
        return Err(Failure::Usage(anyhow!(message)));
    }
    for file in &args.files {
        let library = match Library::read(file) {
            Ok(library) => library,
            Err(error) => {
                terminal::say("error", RED, global.color, &escape(&error.to_string()));
                code = exit::INCOMPLETE;
                continue;
            }
        };
        let configuration = pins::add(&library)?;
        writeln!(out, "pinned {} (sha256 {}) in {}", library.id, library.sha256, escape(&configuration.to_string_lossy()))?;
        let folder = library.path.parent();
        let is_searched = folders::plugins().iter().any(|searched| searched.canonicalize().ok().as_deref() == folder);
        if !is_searched && let Some(searched) = folders::user_plugins() {
            let (path, searched) = (library.path.to_string_lossy(), searched.to_string_lossy());
            writeln!(out, "  use it with --plugin {}, or for every run: copy it to {}", escape(&path), escape(&searched))?;
        }
    }
    out.finish()?;
    Ok(code)
}

fn unpin(args: &PluginsUnpinArgs) -> Done {
    for id in &args.ids {
        if !pins::remove(id)? {
            return Err(Failure::Usage(anyhow!("there is no pin for `{}`: `weighbridge plugins list` says which plugins are pinned", escape(id))));
        }
    }
    Ok(exit::CLEAN)
}
