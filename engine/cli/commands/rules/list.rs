//! `weighbridge rules list`.

use super::args::ListArgs;
use super::{library, print, usage};
use crate::args::Global;
use crate::config::{self, Flags};
use crate::terminal::Look;
use crate::{Done, Failure, engine, exit, table, units};
use anyhow::anyhow;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use weighbridge_core::host::Catalogue;
use weighbridge_core::report::{PackInfo, Severity};
use weighbridge_core::rules::Rule;
use weighbridge_core::rules::suggest;

#[derive(Serialize)]
struct Row {
    pack: String,
    id: String,
    severity: Severity,
    threat_type: String,
    cwe_id: String,
    title: String,
}

#[derive(Serialize)]
struct Listing {
    packs: Vec<PackInfo>,
    rules: Vec<Row>,
}

/// Lists rules.
pub fn run(global: &Global, args: &ListArgs) -> Done {
    let effective = config::load(global, Flags::default().packs(&args.rules).layer())?;
    effective.warn(global);
    let library = library()?;
    let mut packs = effective.packs();
    let mut set = library.rule_set(&packs).map_err(usage)?;
    let missing = args.pack.iter().filter(|pack| !set.packs().iter().any(|info| info.id == **pack));
    let missing: Vec<String> = missing.cloned().collect();
    if !missing.is_empty() {
        packs.extend(missing);
        set = library.rule_set(&packs).map_err(usage)?;
    }
    if let Some(threat) = args.threat.as_ref().filter(|threat| library.taxonomy().threat(threat).is_none()) {
        let known: Vec<&str> = library.taxonomy().threats.keys().map(String::as_str).collect();
        let help = suggest::closest(threat, known).map(|close| format!(": did you mean `{close}`?")).unwrap_or_default();
        return Err(Failure::Usage(anyhow!("there is no threat type `{threat}`{help} (the column `threat` of `weighbridge rules list` shows them)")));
    }
    let kinds = match &args.of {
        Some(format) => Some(kinds_of(engine::ask(global, &effective, &args.plugins).plugins()?.readers.catalogue(), format)?),
        None => None,
    };
    let severity = args.severity.map(Severity::from);
    let wanted = |rule: &Rule| {
        (args.pack.is_empty() || args.pack.contains(&rule.pack))
            && args.threat.as_ref().is_none_or(|threat| rule.threat.id == *threat)
            && severity.is_none_or(|severity| rule.severity >= severity)
            && kinds.as_ref().is_none_or(|kinds| rule.kinds().is_none_or(|asked| asked.iter().any(|kind| kinds.contains(*kind))))
    };
    let mut seen = BTreeSet::new();
    let rules = set.rules().filter(|rule| wanted(rule) && seen.insert((rule.pack.clone(), rule.id.clone())));
    let rules = rules.map(|rule| Row {
        pack: rule.pack.clone(),
        id: rule.id.clone(),
        severity: rule.severity,
        threat_type: rule.threat.id.clone(),
        cwe_id: rule.threat.cwe.first().map_or_else(String::new, |cwe| cwe.id.clone()),
        title: rule.title.to_string(),
    });
    let listing = Listing { rules: rules.collect(), packs: set.packs().to_vec() };
    let look = Look::stdout(global.color);
    print(args.format, &listing, |out| {
        // Who asks for some of the rules does not ask for all packs.
        if args.pack.is_empty() && args.threat.is_none() && args.of.is_none() && severity.is_none() {
            let packs: Vec<_> = listing.packs.iter().map(|pack| vec![pack.id.clone(), pack.version.clone(), pack.mode.clone()]).collect();
            table::print(out, look, &["pack", "version", "mode"], &packs)?;
            writeln!(out)?;
        }
        if listing.rules.is_empty() {
            return writeln!(out, "no rule of these packs is like that");
        }
        let text = |row: &Row| [&row.pack, &row.id, row.severity.name(), &row.threat_type, &row.title].map(str::to_owned).to_vec();
        let rules: Vec<_> = listing.rules.iter().map(text).collect();
        table::print(out, look, &["pack", "rule", "severity", "threat", "what"], &rules)?;
        writeln!(out, "\n{}", units::count(rules.len() as u64, "rule", "rules"))
    })?;
    Ok(exit::CLEAN)
}

/// The kinds of facts that the plugin of a format may emit, and those that the engine says of any file.
fn kinds_of(catalogue: &Catalogue, format: &str) -> Result<BTreeSet<String>, Failure> {
    let plugin = catalogue.plugins.iter().find(|plugin| plugin.info.id == format || plugin.formats.iter().any(|known| known.id == format));
    let Some(plugin) = plugin else {
        let known: Vec<&str> = catalogue.plugins.iter().flat_map(|plugin| &plugin.formats).map(|format| format.id.as_str()).collect();
        let help = suggest::closest(format, known).map(|close| format!(": did you mean `{close}`?")).unwrap_or_default();
        return Err(Failure::Usage(anyhow!("there is no format `{format}`{help} (`weighbridge formats` lists them)")));
    };
    Ok(plugin.kinds.keys().cloned().chain(["anomaly".into(), "file".into()]).collect())
}
