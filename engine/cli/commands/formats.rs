//! `weighbridge formats`.

use crate::args::{Global, TableArgs};
use crate::report::{Format, write_value};
use crate::terminal::{BOLD, Look, Writer};
use crate::text::{escape, wrap};
use crate::{Done, engine, exit, rules};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use weighbridge_core::rules::{Reach, RuleSet};

/// What is said where a plugin does not say it itself.
const BY_CONTENT: &str = "its content";
const SWEEP: &str = "every byte of payload, and those that nobody accounts for, searched for programs, archives, pickles and other formats";

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    title: &'a str,
    plugin: &'a str,
    extensions: &'a [String],
    /// How it is recognised: bytes at their places, or by what its plugin makes of the content.
    recognised: Vec<&'a str>,
    /// Globs of names that make a folder one artifact of it.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    markers: &'a [String],
    quick: &'a str,
    thorough: Vec<&'a str>,
    /// Rules of the default profile that could speak of it.
    rules: Vec<String>,
}

/// Lists what is read.
pub fn run(global: &Global, args: TableArgs) -> Done {
    let engine::Plugins { readers, refused } = engine::configured(global, &args.plugins)?;
    let set = rules::load(&["default".to_owned()])?;
    let catalogue = readers.catalogue();
    let ids: BTreeSet<&str> =
        catalogue.plugins.iter().flat_map(|plugin| plugin.formats.iter().map(|format| format.id.as_str()).chain([plugin.info.id.as_str()])).collect();
    let mut formats: Vec<Row<'_>> = Vec::new();
    for plugin in &catalogue.plugins {
        for format in &plugin.formats {
            let reach = Reach { format: &format.id, plugin: &plugin.info.id, kinds: &plugin.kinds, ids: &ids };
            formats.push(Row {
                id: &format.id,
                title: &format.title,
                plugin: &plugin.info.id,
                extensions: &format.extensions,
                recognised: if format.magics.is_empty() { vec![BY_CONTENT] } else { format.magics.iter().map(String::as_str).collect() },
                markers: &format.markers,
                quick: &format.quick,
                thorough: [format.thorough.as_str(), SWEEP].into_iter().filter(|text| !text.is_empty()).collect(),
                rules: applicable(&set, reach),
            });
        }
    }
    formats.sort_by_key(|format| format.id);
    let mut out = Writer::stdout();
    match args.format.unwrap_or(Format::Console) {
        Format::Json => {
            write_value(&mut out, &formats)?;
            writeln!(out)?;
        }
        Format::Console => {
            let look = Look::stdout(global.color);
            for format in &formats {
                print(&mut out, look, format)?;
            }
        }
    }
    out.finish()?;
    Ok(if refused.is_empty() { exit::CLEAN } else { exit::INCOMPLETE })
}

fn applicable(set: &RuleSet, reach: Reach<'_>) -> Vec<String> {
    let rules: BTreeSet<String> = set.rules().filter(|rule| rule.may_speak_of(reach)).map(|rule| format!("{}/{}", rule.source, rule.id)).collect();
    rules.into_iter().collect()
}

/// Packs, and how many rules of each.
fn packs(rules: &[String]) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for rule in rules {
        *counts.entry(rule.split_once('/').map_or(rule, |(pack, _)| pack)).or_default() += 1;
    }
    let packs: Vec<String> = counts.iter().map(|(pack, count)| format!("{pack} {count}")).collect();
    if packs.is_empty() { "none".into() } else { packs.join(", ") }
}

fn print(out: &mut dyn Write, look: Look, format: &Row<'_>) -> io::Result<()> {
    let heading = format!("{}  {}", format.id, format.title);
    writeln!(out, "{}", look.paint(BOLD, &escape(&heading)))?;
    let none = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    for (what, text) in [
        ("plugin", format.plugin.to_owned()),
        ("extensions", none(format.extensions.join(" "))),
        ("known by", format.recognised.join(", ")),
        ("folders", format.markers.join(" ")),
        ("quick", none(format.quick.to_owned())),
        ("thorough", format.thorough.join("; ")),
        ("rules", packs(&format.rules)),
    ] {
        if text.is_empty() {
            continue;
        }
        for (at, line) in wrap(&escape(&text), look.width.saturating_sub(14).max(24)).into_iter().enumerate() {
            writeln!(out, "  {:<12}{line}", if at == 0 { what } else { "" })?;
        }
    }
    writeln!(out)
}
