//! `weighbridge doctor`: what this machine offers, and what of it is used.
//!
//! Each layer's state is what a worker says that was started and confined just as for a scan, and that then tried what it must not be able to.

use crate::args::{Global, Isolate, IsolationArgs, TableArgs};
use crate::config::{self, Flags};
use crate::report::{Format, write_value};
use crate::terminal::{BOLD, GREEN, Look, RED, Writer, YELLOW};
use crate::text::escape;
use crate::{Done, engine, exit, folders, table};
use serde::Serialize;
use std::io::Write;
use weighbridge_core::host::NO_LIBRARIES;
use weighbridge_core::isolate::{Attempt, Pool};
use weighbridge_core::report::{IsolationLayer, PluginInfo, RefusedPlugin, SCHEMA};

#[derive(Serialize)]
struct Health {
    version: &'static str,
    system: String,
    plugin_abi: String,
    report_schema: &'static str,
    /// auto, require or off.
    isolate: &'static str,
    /// Why files cannot be read in processes of their own; none where they can.
    unavailable: Option<String>,
    layers: Vec<IsolationLayer>,
    attempts: Vec<Attempt>,
    plugin_folders: Vec<Folder>,
    /// Why this build opens no plugin libraries; none where it does.
    no_libraries: Option<&'static str>,
    plugins: Vec<PluginInfo>,
    refused: Vec<RefusedPlugin>,
    configurations: Vec<String>,
}

#[derive(Serialize)]
struct Folder {
    path: String,
    exists: bool,
}

/// Looks, tries and tells. The exit code is 2 where a layer is missing or a plugin is refused.
pub fn run(global: &Global, args: &TableArgs, isolation: &IsolationArgs) -> Done {
    let effective = config::load(global, Flags::default().isolation(isolation).layer())?;
    effective.warn(global);
    let isolate = effective.settings().isolate;
    let (layers, attempts, unavailable) = match Pool::rehearse(&engine::setup(&effective, &args.plugins)) {
        Ok(rehearsal) => (rehearsal.layers, rehearsal.attempts, None),
        Err(error) => (Vec::new(), Vec::new(), Some(error.to_string())),
    };
    let engine::Plugins { readers, refused } = engine::ask(global, &effective, &args.plugins).plugins()?;
    let health = Health {
        version: env!("CARGO_PKG_VERSION"),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        plugin_abi: format!("{}.{}", weighbridge_abi::ABI_MAJOR, weighbridge_abi::ABI_MINOR),
        report_schema: SCHEMA,
        isolate: match isolate {
            Isolate::Auto => "auto",
            Isolate::Require => "require",
            Isolate::Off => "off",
        },
        unavailable,
        layers,
        attempts,
        plugin_folders: folders::plugins().iter().map(|path| Folder { path: path.display().to_string(), exists: path.is_dir() }).collect(),
        no_libraries: NO_LIBRARIES,
        plugins: readers.catalogue().infos(),
        refused,
        configurations: effective.files.iter().map(|file| file.path.clone()).collect(),
    };
    let mut out = Writer::stdout();
    match args.format.unwrap_or(Format::Console) {
        Format::Json => {
            write_value(&mut out, &health)?;
            writeln!(out)?;
        }
        Format::Console => print(&mut out, Look::stdout(global.color), &health)?,
    }
    out.finish()?;
    let through = health.attempts.iter().any(|attempt| attempt.refused.is_none());
    let sound = health.unavailable.is_none() && !through && health.refused.is_empty() && health.layers.iter().all(|layer| layer.in_force);
    Ok(if sound { exit::CLEAN } else { exit::INCOMPLETE })
}

fn print(out: &mut dyn Write, look: Look, health: &Health) -> std::io::Result<()> {
    let Health { version, system, plugin_abi, report_schema, isolate, .. } = health;
    writeln!(out, "{}", look.paint(BOLD, &format!("Weighbridge {version} on {system}")))?;
    writeln!(out, "plugin ABI {plugin_abi}, reports {report_schema}, isolate = {isolate}\n")?;
    if let Some(why) = &health.unavailable {
        writeln!(out, "{} {}\n", look.paint(RED, "no isolation:"), escape(why))?;
    } else {
        let state =
            |layer: &IsolationLayer| vec![layer.name.clone(), (if layer.in_force { "in force" } else { "missing" }).to_owned(), layer.note.clone()];
        table::print(
            out,
            look,
            &["layer", "state", "what it withholds, or why it is missing"],
            &health.layers.iter().map(state).collect::<Vec<_>>(),
        )?;
        writeln!(out, "\nA confined process tried to")?;
        for attempt in &health.attempts {
            match &attempt.refused {
                Some(answer) => writeln!(out, "  {}: {} ({})", attempt.what, look.paint(GREEN, "blocked"), escape(answer))?,
                None => writeln!(out, "  {}: {}", attempt.what, look.paint(RED, "went through"))?,
            }
        }
        writeln!(out)?;
    }
    for folder in &health.plugin_folders {
        let state = if folder.exists { "" } else { " (not there)" };
        writeln!(out, "plugin folder {}{state}", escape(&folder.path))?;
    }
    for path in &health.configurations {
        writeln!(out, "configuration {path}")?;
    }
    let libraries = health.plugins.iter().filter(|plugin| plugin.sha256.is_some()).count();
    writeln!(out, "{} plugins built in, {libraries} from libraries", health.plugins.len() - libraries)?;
    if let Some(why) = &health.no_libraries {
        writeln!(out, "{why}")?;
    }
    for plugin in &health.refused {
        writeln!(out, "{} {}: {}", look.paint(YELLOW, "refused"), escape(&plugin.path), escape(&plugin.message))?;
    }
    Ok(())
}
