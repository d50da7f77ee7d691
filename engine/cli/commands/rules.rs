//! `weighbridge rules`.

use crate::args::{Global, RulesCommand, RulesListArgs};
use crate::config::{self, Flags};
use crate::report::{Format, write_value};
use crate::terminal::{Look, Writer};
use crate::{Done, exit, rules, table, units};
use serde::Serialize;
use std::io::Write;
use weighbridge_core::report::{PackInfo, Severity};

#[derive(Serialize)]
struct Row<'a> {
    pack: &'a str,
    id: &'a str,
    severity: Severity,
    threat_type: &'a str,
    cwe_id: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct Listing<'a> {
    packs: &'a [PackInfo],
    rules: Vec<Row<'a>>,
}

/// Runs a sub-command.
pub fn run(global: &Global, command: RulesCommand) -> Done {
    match command {
        RulesCommand::List(args) => list(global, &args),
    }
}

fn list(global: &Global, args: &RulesListArgs) -> Done {
    let effective = config::load(global, Flags::default().packs(&args.rules).layer(), &[])?;
    effective.warn(global);
    let set = rules::load(&effective.packs())?;
    let rows = set.rules().map(|rule| Row {
        pack: &rule.pack,
        id: &rule.id,
        severity: rule.severity,
        threat_type: &rule.threat.id,
        cwe_id: rule.threat.cwe.first().map_or("", |cwe| &cwe.id),
        title: &rule.title,
    });
    let listing = Listing { packs: set.packs(), rules: rows.collect() };
    let look = Look::stdout(global.color);
    let mut out = Writer::stdout();
    match args.format.unwrap_or(Format::Console) {
        Format::Json => {
            write_value(&mut out, &listing)?;
            writeln!(out)?;
        }
        Format::Console => {
            let packs: Vec<_> = listing.packs.iter().map(|pack| vec![pack.id.clone(), pack.version.clone(), pack.mode.clone()]).collect();
            table::print(&mut out, look, &["pack", "version", "mode"], &packs)?;
            writeln!(out)?;
            let text = |row: &Row<'_>| [row.pack, row.id, row.severity.name(), row.threat_type, row.title].map(str::to_owned).to_vec();
            let rules: Vec<_> = listing.rules.iter().map(text).collect();
            table::print(&mut out, look, &["pack", "rule", "severity", "threat", "what"], &rules)?;
            writeln!(out, "\n{}", units::count(rules.len() as u64, "rule", "rules"))?;
        }
    }
    out.finish()?;
    Ok(exit::CLEAN)
}
