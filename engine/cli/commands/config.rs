//! `weighbridge config`: the settings in force, and where each comes from.

use crate::args::{ConfigArgs, Global};
use crate::config::{self, ConfigFile, Effective, Ignored, Layer, Origin, PluginLayer, SETTINGS, Value};
use crate::report::{Format, write_value};
use crate::terminal::{Look, Writer};
use crate::{Done, exit, table};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Serialize)]
struct Listing<'a> {
    settings: BTreeMap<&'static str, Row>,
    plugins: Option<Plugins<'a>>,
    files: &'a [ConfigFile],
    ignored: &'a [Ignored],
    unknown_variables: &'a [String],
}

#[derive(Serialize)]
struct Row {
    value: Value,
    source: &'static str,
    place: Option<String>,
}

#[derive(Serialize)]
struct Plugins<'a> {
    builtin: bool,
    folders: Vec<String>,
    files: Vec<String>,
    pins: &'a BTreeMap<String, String>,
    source: &'static str,
    place: String,
}

/// Prints them.
pub fn run(global: &Global, args: &ConfigArgs) -> Done {
    let effective = config::load(global, Layer::default())?;
    let mut out = Writer::stdout();
    match args.format.unwrap_or(Format::Console) {
        Format::Json => {
            write_value(&mut out, &listing(&effective))?;
            writeln!(out)?;
        }
        Format::Console => console(&mut out, Look::stdout(global.color), &effective)?,
    }
    out.finish()?;
    Ok(exit::CLEAN)
}

fn listing(effective: &Effective) -> Listing<'_> {
    let row = |held: config::Held| Row { value: held.value, source: held.origin.kind(), place: place(&held.origin) };
    Listing {
        settings: SETTINGS.iter().map(|setting| (setting.name, row(effective.held(setting)))).collect(),
        plugins: effective.plugins().map(plugins),
        files: &effective.files,
        ignored: &effective.ignored,
        unknown_variables: &effective.unknown,
    }
}

fn plugins(plugins: &PluginLayer) -> Plugins<'_> {
    let paths = |paths: &[std::path::PathBuf]| paths.iter().map(|path| path.display().to_string()).collect();
    Plugins {
        builtin: plugins.builtin != Some(false),
        folders: paths(&plugins.folders),
        files: paths(&plugins.files),
        pins: &plugins.pins,
        source: plugins.origin.kind(),
        place: plugins.origin.place(),
    }
}

fn place(origin: &Origin) -> Option<String> {
    Some(origin.place()).filter(|place| !place.is_empty())
}

fn console(out: &mut dyn Write, look: Look, effective: &Effective) -> io::Result<()> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |name: &str, value: String, origin: &Origin| {
        let from = place(origin).map_or_else(|| origin.kind().to_owned(), |place| format!("{place} ({})", origin.kind()));
        rows.push(vec![name.to_owned(), value, from]);
    };
    for setting in SETTINGS {
        let held = effective.held(setting);
        let text = held.value.to_string();
        row(setting.name, if text.is_empty() { "none".into() } else { text }, &held.origin);
    }
    if let Some(plugins) = effective.plugins() {
        row("plugins.builtin", (plugins.builtin != Some(false)).to_string(), &plugins.origin);
        let list = |paths: &[std::path::PathBuf]| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        let pins = plugins.pins.keys().cloned().collect::<Vec<_>>().join(", ");
        for (name, text) in [("folders", list(&plugins.folders)), ("files", list(&plugins.files)), ("pins", pins)] {
            if !text.is_empty() {
                row(&format!("plugins.{name}"), text, &plugins.origin);
            }
        }
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row.iter().map(|cell| at_home(cell)).collect()).collect();
    table::print(out, look, &["setting", "value", "from"], &rows)?;
    writeln!(out)?;
    if effective.files.is_empty() {
        writeln!(out, "No configuration was found: `weighbridge init` writes one.")?;
    }
    for file in &effective.files {
        let how = if file.trusted { "" } else { ", may only tighten" };
        writeln!(out, "read: {} ({}{how})", at_home(&file.path), file.source)?;
    }
    for sentence in effective.ignored.iter().map(Ignored::sentence).chain(effective.unknown.iter().cloned()) {
        writeln!(out, "{}", crate::text::escape(&sentence))?;
    }
    Ok(())
}

/// Text whose paths begin with `~` where they lie in the user's home.
fn at_home(text: &str) -> String {
    match std::env::var("HOME") {
        Ok(home) if home.len() > 1 => text.replace(&format!("{}/", home.trim_end_matches('/')), "~/"),
        _ => text.to_owned(),
    }
}
