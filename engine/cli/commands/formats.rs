//! `weighbridge formats`.

use crate::args::{Global, TableArgs};
use crate::report::{Format, write_value};
use crate::terminal::{Look, Writer};
use crate::{Done, engine, exit, table};
use serde::Serialize;
use std::io::Write;

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    extensions: &'a [String],
    plugin: &'a str,
}

/// Lists what is read.
pub fn run(global: &Global, args: TableArgs) -> Done {
    let engine::Plugins { readers, refused } = engine::configured(global, &args.plugins)?;
    let mut formats: Vec<Row<'_>> = Vec::new();
    for plugin in &readers.catalogue().plugins {
        formats.extend(plugin.formats.iter().map(|format| Row {
            id: &format.id,
            title: &format.title,
            extensions: &format.extensions,
            plugin: &plugin.info.id,
        }));
    }
    formats.sort_by_key(|format| format.id);
    let mut out = Writer::stdout();
    match args.format.unwrap_or(Format::Console) {
        Format::Json => {
            write_value(&mut out, &formats)?;
            writeln!(out)?;
        }
        Format::Console => {
            let row = |format: &Row<'_>| vec![format.id.to_owned(), format.title.to_owned(), format.plugin.to_owned(), format.extensions.join(" ")];
            let rows: Vec<_> = formats.iter().map(row).collect();
            table::print(&mut out, Look::stdout(global.color), &["id", "format", "plugin", "usual extensions"], &rows)?;
        }
    }
    out.finish()?;
    Ok(if refused.is_empty() { exit::CLEAN } else { exit::INCOMPLETE })
}
