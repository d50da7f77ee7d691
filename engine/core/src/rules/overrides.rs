//! Overrides: what a pack changes in the packs that it extends, and a profile in those that it combines.

use super::condition::Condition;
use super::error::{Code, Problem};
use super::pack::{Disabled, Override, Rule, Unknown};
use super::read::Problems;
use super::read_condition::Reader;
use super::suggest;
use super::written;
use std::sync::Arc;

/// What overrides change.
pub struct Changed<'a> {
    pub rules: &'a mut Vec<Arc<Rule>>,
    pub unknown: &'a mut Option<Unknown>,
}

/// Applies overrides in order; the answer is the rules that are gone.
pub fn apply(pack: &str, changes: Vec<written::Override<'_>>, changed: Changed<'_>, reader: &Reader<'_>, problems: &mut Problems) -> Vec<Disabled> {
    let Changed { rules, unknown } = changed;
    let mut disabled = Vec::new();
    for change in changes {
        let id = change.rule.get_ref().clone();
        reader.mark(|marks| marks.reasons.push((change.reason.get_ref().clone(), change.reason.span())));
        let made = |what: String| Override { pack: pack.to_owned(), change: what, reason: change.reason.get_ref().clone() };
        if let Some(unknown) = unknown.as_mut().filter(|unknown| unknown.id == id) {
            if change.disable || change.narrow.is_some() {
                let message = format!("`{id}` is what is said of anything that is not listed: its severity and confidence can be changed, no more");
                problems.push(Problem::new(Code::WrongValue, change.rule.span(), message).help("to admit something, write an allow entry"));
                continue;
            }
            let what = levels(&change, &mut unknown.severity, &mut unknown.confidence);
            unknown.overrides.push(made(what.join(", ")));
            continue;
        }
        if !rules.iter().any(|rule| is_meant(&id, rule)) {
            let mut problem = Problem::new(Code::UnknownRule, change.rule.span(), format!("there is no rule `{id}` to override"));
            problem.help = suggest::help(&id, rules.iter().map(|rule| rule.id.as_str()));
            problems.push(problem);
            continue;
        }
        if change.disable {
            let gone = rules.iter().filter(|rule| is_meant(&id, rule));
            disabled.extend(gone.map(|rule| Disabled { rule: rule.id.clone(), pack: rule.pack.clone(), by: made("disabled".into()) }));
            rules.retain(|rule| !is_meant(&id, rule));
            continue;
        }
        let narrow = change.narrow.as_ref().and_then(|node| reader.condition(node.clone(), &[], problems));
        for rule in rules.iter_mut().filter(|rule| is_meant(&id, rule)) {
            let rule = Arc::make_mut(rule);
            let mut what = levels(&change, &mut rule.severity, &mut rule.confidence);
            if let Some(narrow) = &narrow {
                what.push("narrowed".to_owned());
                let whole = match std::mem::replace(&mut rule.condition, Condition::All(Vec::new())) {
                    Condition::All(mut parts) => {
                        parts.push(narrow.clone());
                        parts
                    }
                    one => vec![one, narrow.clone()],
                };
                rule.condition = Condition::All(whole);
                // What the rule said of its examples need not hold any more.
                rule.examples.clear();
            }
            rule.overrides.push(made(what.join(", ")));
        }
    }
    disabled
}

/// `id`, or `pack/id` where several packs of a profile have a rule of that id.
fn is_meant(selector: &str, rule: &Rule) -> bool {
    match selector.split_once('/') {
        Some((pack, id)) => rule.id == id && (rule.pack == pack || rule.source == pack),
        None => rule.id == selector,
    }
}

fn levels(change: &written::Override<'_>, severity: &mut crate::report::Severity, confidence: &mut crate::report::Confidence) -> Vec<String> {
    let mut what = Vec::new();
    if let Some(to) = change.severity {
        what.push(format!("severity {} -> {}", severity.name(), to.name()));
        *severity = to;
    }
    if let Some(to) = change.confidence {
        what.push(format!("confidence {} -> {}", confidence.name(), to.name()));
        *confidence = to;
    }
    what
}
