//! `weighbridge rules test`.

use super::args::TestArgs;
use super::{library, models, print, usage};
use crate::args::Global;
use crate::terminal::{GREEN, Look, RED};
use crate::{Done, exit, table, units};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use weighbridge_core::report::Verdict;
use weighbridge_core::rules::{Entry, Rule};

#[derive(Serialize)]
struct Tested {
    pack: String,
    /// Rules, each with its examples.
    rules: Vec<RuleTest>,
    models: Vec<ModelTest>,
    /// Rules that match none of the models.
    unmatched: Vec<String>,
}

#[derive(Serialize)]
struct RuleTest {
    rule: String,
    examples: usize,
    /// Examples that do not come out as they say.
    failed: Vec<String>,
}

#[derive(Serialize)]
struct ModelTest {
    path: String,
    verdict: Verdict,
    complete: bool,
    /// Rules that matched, each with how many findings.
    rules: BTreeMap<String, usize>,
}

/// Tries a pack.
pub fn run(global: &Global, args: &TestArgs) -> Done {
    let library = library()?;
    let entry = library.load(&args.pack).map_err(usage)?;
    let (id, packs) = match &entry {
        Entry::Pack(pack) => (pack.id.clone(), vec![pack.clone()]),
        Entry::Profile(profile) => (profile.id.clone(), profile.packs.clone()),
    };
    let rules: Vec<RuleTest> = packs.iter().flat_map(|pack| &pack.rules).map(|rule| examples(rule, library.names())).collect();
    let mut tested = Tested { pack: id, rules, models: Vec::new(), unmatched: Vec::new() };
    if !args.models.is_empty() {
        let readers = models::readers(global, &args.plugins)?;
        let set = library.rule_set(&[&args.pack]).map_err(usage)?;
        tested.models = models::reports(&readers, &set, &args.models)?
            .into_iter()
            .map(|report| {
                let mut rules = BTreeMap::new();
                report.findings.iter().for_each(|finding| *rules.entry(finding.rule_id.clone()).or_insert(0) += 1);
                ModelTest { path: report.path, verdict: report.verdict, complete: report.complete, rules }
            })
            .collect();
        let matched: BTreeSet<&String> = tested.models.iter().flat_map(|model| model.rules.keys()).collect();
        let silent = tested.rules.iter().map(|rule| &rule.rule).filter(|rule| !matched.contains(rule));
        tested.unmatched = silent.cloned().collect();
    }
    let failed = tested.rules.iter().map(|rule| rule.failed.len()).sum::<usize>();
    let alone = super::alone(&entry).filter(|_| !args.models.is_empty());
    print(args.format, &tested, |out| show(out, Look::stdout(global.color), &tested, failed, alone.as_deref()))?;
    Ok(if failed > 0 {
        exit::FINDINGS
    } else if tested.models.iter().any(|model| !model.complete) {
        exit::INCOMPLETE
    } else if !args.models.is_empty() && tested.models.is_empty() {
        exit::NOTHING
    } else {
        exit::CLEAN
    })
}

fn examples(rule: &Rule, names: &weighbridge_core::rules::Names) -> RuleTest {
    let failed = rule.failing_examples(names).map(|example| {
        let what = if example.matches { "does not match" } else { "matches, and must not:" };
        format!("{what} {}", example.shown())
    });
    RuleTest { rule: rule.id.clone(), examples: rule.examples.len(), failed: failed.collect() }
}

fn show(out: &mut dyn Write, look: Look, tested: &Tested, failed: usize, alone: Option<&str>) -> std::io::Result<()> {
    for rule in &tested.rules {
        for example in &rule.failed {
            writeln!(out, "{} {}: {}", look.paint(RED, "failed"), rule.rule, crate::text::escape(example))?;
        }
    }
    let examples: usize = tested.rules.iter().map(|rule| rule.examples).sum();
    let rules = units::count(tested.rules.len() as u64, "rule", "rules");
    if failed == 0 {
        writeln!(out, "{}: {rules}, {} hold", tested.pack, look.paint(GREEN, &units::count(examples as u64, "example", "examples")))?;
    } else {
        writeln!(out, "{}: {rules}, {failed} of {} fail", tested.pack, units::count(examples as u64, "example", "examples"))?;
    }
    if tested.models.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let rows: Vec<Vec<String>> = tested
        .models
        .iter()
        .map(|model| {
            let rules: Vec<String> =
                model.rules.iter().map(|(rule, count)| if *count == 1 { rule.clone() } else { format!("{rule} x{count}") }).collect();
            vec![model.verdict.name().into(), model.path.clone(), rules.join(", ")]
        })
        .collect();
    table::print(out, look, &["verdict", "model", "rules"], &rows)?;
    if !tested.unmatched.is_empty() {
        let text = format!("rules that match none of them: {}", tested.unmatched.join(", "));
        writeln!(out)?;
        for line in crate::text::wrap(&text, look.width) {
            writeln!(out, "{line}")?;
        }
    }
    let mut verdicts: BTreeMap<&str, u64> = BTreeMap::new();
    tested.models.iter().for_each(|model| *verdicts.entry(model.verdict.name()).or_default() += 1);
    let verdicts: Vec<String> = verdicts.into_iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    let unread = tested.models.iter().filter(|model| !model.complete).count();
    let unread = if unread == 0 { String::new() } else { format!("; {unread} not fully read") };
    writeln!(out, "\n{}: {}{unread}", units::count(tested.models.len() as u64, "model", "models"), verdicts.join(", "))?;
    for line in alone.into_iter().flat_map(|text| crate::text::wrap(text, look.width)) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
