//! How a finding is made of a rule and the facts that it holds for.

use super::evidence;
use super::explain;
use super::pack::{Rule, Unknown};
use super::taxonomy::Threat;
use super::text::Str;
use crate::fact::Fact;
use crate::limits::EVIDENCE;
use crate::record::FileFacts;
use crate::report::{Finding, TimeOfEffect};
use std::cmp::Ordering;

/// Who speaks.
#[derive(Debug, Clone, Copy)]
pub enum Author<'a> {
    Rule(&'a Rule),
    Unknown(&'a Unknown),
}

/// Makes the findings of one file.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    pub file: &'a FileFacts,
    pub path: &'a str,
    /// Whether they say what they rest on.
    pub explains: bool,
}

/// Fields that name what was found, where it is not called by `name`.
const OPERATORS: &[&str] = &["name", "op", "class", "code", "type", "role", "language", "key"];

impl Maker<'_> {
    /// A finding; none of no facts. `meaning` is what the facts have in common.
    pub fn finding(&self, author: Author<'_>, meaning: &[String], facts: &[&Fact]) -> Option<Finding> {
        let first = facts.iter().filter_map(|fact| fact.place()).min_by_key(|place| (place.input, place.offset));
        let place = evidence::place(self.file, first);
        let fact = facts.first()?;
        let text = |fields: &[&str]| fields.iter().find_map(|field| fact.text(field)).map(evidence::name).unwrap_or_default();
        let says = author.says();
        let (cwe, owasp) = (says.threat.cwe.first(), says.threat.owasp_ml.first());
        Some(Finding {
            rule_id: says.id.to_owned(),
            pack: says.pack.to_owned(),
            title: says.title.to_owned(),
            severity: says.severity,
            confidence: says.confidence,
            threat_type: says.threat.id.clone(),
            cwe_id: cwe.map(|cwe| cwe.id.clone()).unwrap_or_default(),
            cwe_name: cwe.map(|cwe| cwe.name.clone()).unwrap_or_default(),
            owasp_ml_id: owasp.map(|owasp| owasp.id.clone()).unwrap_or_default(),
            owasp_ml_name: owasp.map(|owasp| owasp.name.clone()).unwrap_or_default(),
            atlas_id: says.threat.atlas.first().map(|atlas| atlas.id.clone()).unwrap_or_default(),
            time_of_effect: says.effect,
            module_name: text(&["module"]),
            operator_name: text(OPERATORS),
            fingerprint: evidence::fingerprint(says.id, says.pack, self.path, &place, meaning),
            suppressed: None,
            place,
            count: occurrences(facts),
            evidence: evidence::evidence(facts),
            why: says.why.to_owned(),
            remedy: says.remedy.to_owned(),
            references: says.references.iter().map(|link| link.to_string()).collect(),
            explanation: self.explains.then(|| Box::new(explain::explanation(self.file, author, facts))),
        })
    }
}

/// What rules and the treatment of what is not listed have in common.
struct Says<'a> {
    id: &'a str,
    pack: &'a str,
    title: &'a str,
    severity: crate::report::Severity,
    confidence: crate::report::Confidence,
    threat: &'a Threat,
    effect: TimeOfEffect,
    why: &'a str,
    remedy: &'a str,
    references: &'a [Str],
}

impl<'a> Author<'a> {
    fn says(self) -> Says<'a> {
        match self {
            Author::Rule(rule) => Says {
                id: &rule.id,
                pack: &rule.pack,
                title: &rule.title,
                severity: rule.severity,
                confidence: rule.confidence,
                threat: &rule.threat,
                effect: rule.effect,
                why: &rule.why,
                remedy: &rule.remedy,
                references: &rule.references,
            },
            Author::Unknown(unknown) => Says {
                id: &unknown.id,
                pack: &unknown.pack,
                title: &unknown.title,
                severity: unknown.severity,
                confidence: unknown.confidence,
                threat: &unknown.threat,
                effect: TimeOfEffect::Load,
                why: &unknown.why,
                remedy: &unknown.remedy,
                references: &unknown.references,
            },
        }
    }
}

/// Adds what a join found to a finding's evidence.
pub fn beside(finding: &mut Finding, joined: &str) {
    if joined.is_empty() {
        return;
    }
    let room = EVIDENCE.saturating_sub(finding.evidence.chars().count());
    finding.evidence.push_str("; beside it: ");
    finding.evidence.push_str(&evidence::escape(joined, room));
    if let Some(explanation) = &mut finding.explanation {
        explanation.beside.push(joined.to_owned());
    }
}

/// How often: an import and its call are one thing, so the larger of the two counts.
pub fn occurrences(facts: &[&Fact]) -> u64 {
    let of = |call: bool| facts.iter().filter(|fact| (fact.kind == "call") == call).fold(0u64, |sum, fact| sum.saturating_add(fact.count));
    of(true).max(of(false))
}

/// The worst first; then by what depends on nothing but the facts and the packs.
pub fn order(a: &Finding, b: &Finding) -> Ordering {
    let place = |finding: &Finding| (finding.place.container.iter().map(|step| step.index).collect::<Vec<_>>(), finding.place.offset);
    let what = |finding: &'_ Finding| (finding.module_name.clone(), finding.operator_name.clone(), finding.fingerprint.clone());
    b.severity
        .cmp(&a.severity)
        .then_with(|| a.rule_id.cmp(&b.rule_id))
        .then_with(|| a.pack.cmp(&b.pack))
        .then_with(|| place(a).cmp(&place(b)))
        .then_with(|| what(a).cmp(&what(b)))
}
