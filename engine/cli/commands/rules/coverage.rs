//! `weighbridge rules coverage`: what of a public list the rules speak of.

use super::args::{By, CoverageArgs};
use super::{library, print, usage};
use crate::args::Global;
use crate::terminal::{BOLD, DIM, Look};
use crate::{Done, exit, units};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use weighbridge_core::rules::{Reference, Threat};

#[derive(Serialize)]
struct Coverage {
    by: &'static str,
    /// Of MITRE ATLAS; none for the other lists.
    version: Option<String>,
    entries: Vec<Row>,
    /// Threat types that no rule finds.
    uncovered: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    url: String,
    /// Threat types that the entry stands for; those for which it fits best come first.
    threats: Vec<String>,
    /// Rules, as `pack/rule`, whose findings name the entry.
    rules: Vec<String>,
    /// Rules of threat types that the entry stands for beside a better one.
    also: Vec<String>,
}

/// Shows the coverage.
pub fn run(global: &Global, args: &CoverageArgs) -> Done {
    let library = library()?;
    let packs: Vec<String> = if args.rules.packs.is_empty() { library.ids().map(str::to_owned).collect() } else { args.rules.packs.clone() };
    let set = library.rule_set(&packs).map_err(usage)?;
    let mut by_threat: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for rule in set.rules() {
        let rules = by_threat.entry(&rule.threat.id).or_default();
        let name = format!("{}/{}", rule.pack, rule.id);
        if !rules.contains(&name) {
            rules.push(name);
        }
    }
    let lists = |threat: &Threat| -> Vec<Vec<Reference>> {
        match args.by {
            By::Cwe => vec![threat.cwe.clone()],
            By::Owasp => vec![threat.owasp_ml.clone(), threat.owasp_llm.clone()],
            By::Atlas => vec![threat.atlas.clone()],
        }
    };
    let mut entries: BTreeMap<Key, Row> = BTreeMap::new();
    for threat in library.taxonomy().threats.values() {
        let rules = by_threat.get(threat.id.as_str()).cloned().unwrap_or_default();
        for list in lists(threat) {
            for (at, reference) in list.into_iter().enumerate() {
                let row = entries.entry(key(&reference.id)).or_insert_with(|| Row {
                    id: reference.id,
                    name: reference.name,
                    url: reference.url,
                    threats: Vec::new(),
                    rules: Vec::new(),
                    also: Vec::new(),
                });
                row.threats.insert(if at == 0 { 0 } else { row.threats.len() }, threat.id.clone());
                (if at == 0 { &mut row.rules } else { &mut row.also }).extend(rules.iter().cloned());
            }
        }
    }
    let uncovered = library.taxonomy().threats.keys().filter(|threat| !by_threat.contains_key(threat.as_str())).cloned().collect();
    let coverage = Coverage {
        by: match args.by {
            By::Cwe => "cwe",
            By::Owasp => "owasp",
            By::Atlas => "atlas",
        },
        version: (args.by == By::Atlas).then(|| library.taxonomy().atlas_version.clone()),
        entries: entries.into_values().collect(),
        uncovered,
    };
    print(args.format, &coverage, |out| show(out, Look::stdout(global.color), &coverage))?;
    Ok(exit::CLEAN)
}

/// `CWE-78` before `CWE-502`.
type Key = (String, u64, String);

fn key(id: &str) -> Key {
    let digits = id.find(|c: char| c.is_ascii_digit()).unwrap_or(id.len());
    let number = id[digits..].split(|c: char| !c.is_ascii_digit()).next().and_then(|number| number.parse().ok());
    (id[..digits].to_owned(), number.unwrap_or(0), id.to_owned())
}

fn show(out: &mut dyn Write, look: Look, coverage: &Coverage) -> std::io::Result<()> {
    if let Some(version) = &coverage.version {
        writeln!(out, "MITRE ATLAS {version}\n")?;
    }
    if coverage.entries.iter().all(|row| row.rules.is_empty() && row.also.is_empty()) {
        return writeln!(out, "no rule of these packs stands for an entry of the list");
    }
    for row in &coverage.entries {
        let count = units::count(row.rules.len() as u64, "rule", "rules");
        let also = if row.also.is_empty() { String::new() } else { format!(", and {} beside a better fit", row.also.len()) };
        let count = format!("{count}{also}");
        let fits = crate::text::width(&format!("{} {}  {count}", row.id, row.name)) <= look.width;
        let names = crate::text::wrap(&row.name, look.width.saturating_sub(row.id.len() + 1));
        for (at, name) in names.iter().enumerate() {
            match (at, fits) {
                (0, true) => writeln!(out, "{} {name}  {}", look.paint(BOLD, &row.id), look.paint(DIM, &count))?,
                (0, false) => writeln!(out, "{} {name}", look.paint(BOLD, &row.id))?,
                _ => writeln!(out, "    {name}")?,
            }
        }
        if !fits {
            writeln!(out, "    {}", look.paint(DIM, &count))?;
        }
        for line in crate::text::wrap(&row.rules.join(" "), look.width.saturating_sub(4)) {
            writeln!(out, "    {line}")?;
        }
    }
    if !coverage.uncovered.is_empty() {
        writeln!(out)?;
        for line in crate::text::wrap(&format!("threat types that no rule finds: {}", coverage.uncovered.join(", ")), look.width) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
