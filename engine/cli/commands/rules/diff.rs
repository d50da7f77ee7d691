//! `weighbridge rules diff`: what changes when one pack takes the place of another.

use super::args::DiffArgs;
use super::{library, models, print, usage};
use crate::args::Global;
use crate::terminal::{BOLD, GREEN, Look, RED, YELLOW};
use crate::text::escape;
use crate::{Done, exit, table};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;
use weighbridge_core::report::{FileReport, Verdict};
use weighbridge_core::rules::{Entry, Pack, Rule, Unknown};

#[derive(Serialize)]
struct Diff {
    before: String,
    after: String,
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<Change>,
    admitted: Vec<String>,
    no_longer_admitted: Vec<String>,
    /// Models that the two judge differently.
    models: Vec<ModelDiff>,
    /// Models that both judge alike.
    same_models: usize,
}

#[derive(Serialize)]
struct Change {
    rule: String,
    /// Each as "what: before -> after".
    what: Vec<String>,
}

#[derive(Serialize)]
struct ModelDiff {
    path: String,
    before: Verdict,
    after: Verdict,
    /// Findings that only the second has, as `rule module.name`.
    added: Vec<String>,
    /// Findings that only the first has.
    removed: Vec<String>,
}

/// One side.
struct Side {
    rules: BTreeMap<String, Arc<Rule>>,
    entries: BTreeSet<String>,
    unknown: Option<Arc<Unknown>>,
}

impl Side {
    fn of(entry: &Entry) -> Self {
        let (packs, unknown): (&[Arc<Pack>], _) = match entry {
            Entry::Pack(pack) => (std::slice::from_ref(pack), pack.unknown.clone()),
            Entry::Profile(profile) => (&profile.packs, profile.unknown.clone()),
        };
        let rules = packs.iter().flat_map(|pack| &pack.rules).map(|rule| (rule.id.clone(), rule.clone())).collect();
        let entries = packs.iter().flat_map(|pack| pack.allow()).map(|entry| format!("{entry:#}")).collect();
        Side { rules, entries, unknown }
    }
}

/// Compares packs.
pub fn run(global: &Global, args: &DiffArgs) -> Done {
    let library = library()?;
    let [before, after] = [&args.before, &args.after].map(|selector| library.load(selector).map_err(usage));
    let (a, b) = (Side::of(&before?), Side::of(&after?));
    let mut diff = Diff {
        before: args.before.clone(),
        after: args.after.clone(),
        added: b.rules.values().filter(|rule| !a.rules.contains_key(&rule.id)).map(|rule| line(rule)).collect(),
        removed: a.rules.values().filter(|rule| !b.rules.contains_key(&rule.id)).map(|rule| line(rule)).collect(),
        changed: a.rules.iter().filter_map(|(id, rule)| change(rule, b.rules.get(id)?)).collect(),
        admitted: b.entries.difference(&a.entries).cloned().collect(),
        no_longer_admitted: a.entries.difference(&b.entries).cloned().collect(),
        models: Vec::new(),
        same_models: 0,
    };
    diff.changed.extend(unknown_change(a.unknown.as_deref(), b.unknown.as_deref()));
    if !args.models.is_empty() {
        let readers = models::readers(global, &args.plugins)?;
        let [before, after] = [&args.before, &args.after].map(|selector| {
            let set = library.rule_set(&[selector]).map_err(usage)?;
            models::reports(&readers, &set, &args.models)
        });
        for (before, after) in before?.iter().zip(&after?) {
            match model(before, after) {
                Some(model) => diff.models.push(model),
                None => diff.same_models += 1,
            }
        }
    }
    let same = diff.added.is_empty()
        && diff.removed.is_empty()
        && diff.changed.is_empty()
        && diff.admitted.is_empty()
        && diff.no_longer_admitted.is_empty()
        && diff.models.is_empty();
    print(args.format, &diff, |out| show(out, Look::stdout(global.color), &diff, same, !args.models.is_empty()))?;
    Ok(if same { exit::CLEAN } else { exit::FINDINGS })
}

fn line(rule: &Rule) -> String {
    format!("{} ({}): {}", rule.id, rule.severity.name(), rule.title)
}

fn change(a: &Rule, b: &Rule) -> Option<Change> {
    let mut what = Vec::new();
    let mut compare = |name: &str, a: String, b: String| {
        if a != b {
            what.push(format!("{name}: {a} -> {b}"));
        }
    };
    compare("severity", a.severity.name().into(), b.severity.name().into());
    compare("confidence", a.confidence.name().into(), b.confidence.name().into());
    compare("threat", a.threat.id.clone(), b.threat.id.clone());
    compare("effect", a.effect.name().into(), b.effect.name().into());
    compare("scope", a.scope.name().into(), b.scope.name().into());
    compare("unless_allowed", a.unless_allowed.to_string(), b.unless_allowed.to_string());
    if format!("{:#}", a.rendered()) != format!("{:#}", b.rendered()) {
        what.push(format!("matches: {} -> {}", a.rendered(), b.rendered()));
    }
    (!what.is_empty()).then(|| Change { rule: a.id.clone(), what })
}

fn unknown_change(a: Option<&Unknown>, b: Option<&Unknown>) -> Option<Change> {
    let text = |unknown: Option<&Unknown>| unknown.map_or("nothing".to_owned(), |unknown| format!("{} ({})", unknown.id, unknown.severity.name()));
    let (a, b) = (text(a), text(b));
    (a != b).then(|| Change { rule: "what is not listed".into(), what: vec![format!("{a} -> {b}")] })
}

fn model(before: &FileReport, after: &FileReport) -> Option<ModelDiff> {
    let findings = |report: &FileReport| -> BTreeSet<String> {
        let shown = report.findings.iter().map(|finding| {
            let name = [&*finding.module_name, &*finding.operator_name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
            format!("{} ({}) {name}", finding.rule_id, finding.severity.name()).trim_end().to_owned()
        });
        shown.collect()
    };
    let (a, b) = (findings(before), findings(after));
    (a != b || before.verdict != after.verdict).then(|| ModelDiff {
        path: before.path.clone(),
        before: before.verdict,
        after: after.verdict,
        added: b.difference(&a).cloned().collect(),
        removed: a.difference(&b).cloned().collect(),
    })
}

fn show(out: &mut dyn Write, look: Look, diff: &Diff, same: bool, models: bool) -> std::io::Result<()> {
    if same {
        return writeln!(out, "{} and {} judge alike", escape(&diff.before), escape(&diff.after));
    }
    // What it means for models is what is asked first; the packs may differ in hundreds of entries.
    if models {
        verdicts(out, look, diff)?;
    }
    let mut parted = models;
    let lists = [
        ("Rules that are no longer there", "-", RED, &diff.removed),
        ("Rules that are new", "+", GREEN, &diff.added),
        ("No longer admitted", "-", YELLOW, &diff.no_longer_admitted),
        ("Newly admitted", "+", YELLOW, &diff.admitted),
    ];
    for (heading, sign, style, texts) in lists.into_iter().filter(|(.., texts)| !texts.is_empty()) {
        part(out, look, &format!("{heading} ({})", texts.len()), &mut parted)?;
        for text in texts {
            lines(out, look, &look.paint(style, sign), &crate::text::cut(&escape(text), 400))?;
        }
    }
    if !diff.changed.is_empty() {
        part(out, look, &format!("Changed ({})", diff.changed.len()), &mut parted)?;
    }
    for change in &diff.changed {
        writeln!(out, "{} {}", look.paint(YELLOW, "~"), escape(&change.rule))?;
        for what in &change.what {
            for line in crate::text::wrap(&escape(what), look.width.saturating_sub(4)) {
                writeln!(out, "    {line}")?;
            }
        }
    }
    Ok(())
}

/// A heading, with an empty line before it unless it is the first.
fn part(out: &mut dyn Write, look: Look, heading: &str, parted: &mut bool) -> std::io::Result<()> {
    if std::mem::replace(parted, true) {
        writeln!(out)?;
    }
    writeln!(out, "{}", look.paint(BOLD, heading))
}

/// A text with a sign before it, in as many lines as it takes.
fn lines(out: &mut dyn Write, look: Look, sign: &str, text: &str) -> std::io::Result<()> {
    for (at, line) in crate::text::wrap(text, look.width.saturating_sub(4)).iter().enumerate() {
        if at == 0 { writeln!(out, "{sign} {line}")? } else { writeln!(out, "    {line}")? }
    }
    Ok(())
}

/// Models that are judged differently.
fn verdicts(out: &mut dyn Write, look: Look, diff: &Diff) -> std::io::Result<()> {
    if !diff.models.is_empty() {
        let row = |model: &ModelDiff| vec![model.before.name().into(), model.after.name().into(), model.path.clone()];
        let rows: Vec<_> = diff.models.iter().map(row).collect();
        table::print(out, look, &["before", "after", "model"], &rows)?;
        writeln!(out)?;
        for model in &diff.models {
            writeln!(out, "{}", look.paint(BOLD, &escape(&model.path)))?;
            for (sign, style, texts) in [("-", RED, &model.removed), ("+", GREEN, &model.added)] {
                for text in texts {
                    lines(out, look, &format!("  {}", look.paint(style, sign)), &escape(text))?;
                }
            }
        }
    }
    writeln!(out, "{} judged alike", crate::units::count(diff.same_models as u64, "model is", "models are"))
}
