//! From facts to findings.
//!
//! Per callable: what a rule denies is found; else what an allow entry admits is not; else the rules that say
//! `unless_allowed` speak; else it is unknown. Facts that name no callable are for rules alone.

use super::allow::AllowList;
use super::evaluate::{Scene, is_name};
use super::evidence;
use super::index::Index;
use super::names::Names;
use super::pack::{Pack, Profile, Rule, Unknown};
use crate::fact::Fact;
use crate::record::FileFacts;
use crate::report::{Finding, PackInfo, TimeOfEffect};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Findings of one rule in one file: further ones are counted on the last.
const PER_RULE: usize = 1_000;

/// What judges: packs and profiles, each by itself.
#[derive(Debug)]
pub struct RuleSet {
    judges: Vec<Judge>,
    names: Arc<Names>,
    packs: Vec<PackInfo>,
}

/// A profile, or a pack that judges alone.
#[derive(Debug)]
struct Judge {
    rules: Vec<Arc<Rule>>,
    index: Index,
    allow: Vec<AllowList>,
    unknown: Option<Arc<Unknown>>,
}

/// What makes a finding; in the order of a judge's tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Rule(u32),
    Unknown,
}

/// What is known of one callable, or of facts that mean the same.
#[derive(Default)]
struct Group<'a> {
    denied: BTreeMap<u32, Vec<&'a Fact>>,
    weak: BTreeMap<u32, Vec<&'a Fact>>,
    unknown: Vec<&'a Fact>,
}

impl RuleSet {
    pub(super) fn new(names: Arc<Names>) -> Self {
        RuleSet { judges: Vec::new(), names, packs: Vec::new() }
    }

    pub(super) fn add_pack(&mut self, pack: &Pack) {
        self.note(PackInfo { id: pack.id.clone(), version: pack.version.clone(), mode: pack.mode.name().into(), sha256: pack.sha256.clone() });
        self.judges.push(Judge::new(&self.names, &[pack], pack.unknown.clone()));
    }

    pub(super) fn add_profile(&mut self, profile: &Profile) {
        self.note(PackInfo { id: profile.id.clone(), version: profile.version.clone(), mode: "profile".into(), sha256: profile.sha256.clone() });
        for pack in &profile.packs {
            self.note(PackInfo { id: pack.id.clone(), version: pack.version.clone(), mode: pack.mode.name().into(), sha256: pack.sha256.clone() });
        }
        let packs: Vec<&Pack> = profile.packs.iter().map(|pack| &**pack).collect();
        self.judges.push(Judge::new(&self.names, &packs, profile.unknown.clone()));
    }

    fn note(&mut self, info: PackInfo) {
        if !self.packs.iter().any(|known| known.id == info.id && known.sha256 == info.sha256) {
            self.packs.push(info);
        }
    }

    /// The packs and profiles that judge, in order.
    pub fn packs(&self) -> &[PackInfo] {
        &self.packs
    }

    /// All rules, those of packs that stand in several profiles more than once.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.judges.iter().flat_map(|judge| &judge.rules)
    }

    /// Judges one file's facts; `path` is the file's path as reports give it, with / between parts.
    /// The worst findings come first; the order depends on nothing but the facts and the packs.
    pub fn judge(&self, file: &FileFacts, path: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for judge in &self.judges {
            judge.judge(&self.names, file, path, &mut findings);
        }
        // A pack that was asked for alone and in a profile says everything twice.
        let mut seen = HashSet::new();
        findings.retain(|finding: &Finding| seen.insert(finding.fingerprint.clone()));
        findings.sort_by(|a, b| {
            b.severity
                .cmp(&a.severity)
                .then_with(|| a.rule_id.cmp(&b.rule_id))
                .then_with(|| a.pack.cmp(&b.pack))
                .then_with(|| order(a).cmp(&order(b)))
        });
        findings
    }
}

fn order(finding: &Finding) -> (Vec<u64>, u64, &str, &str, &str) {
    let containers = finding.place.container.iter().map(|step| step.index).collect();
    (containers, finding.place.offset, &finding.module_name, &finding.operator_name, &finding.fingerprint)
}

impl Judge {
    fn new(names: &Names, packs: &[&Pack], unknown: Option<Arc<Unknown>>) -> Self {
        let rules: Vec<Arc<Rule>> = packs.iter().flat_map(|pack| pack.rules.iter().cloned()).collect();
        let allow = packs.iter().filter(|pack| pack.mode == super::pack::Mode::Allowlist).map(|pack| pack.allow.clone()).collect();
        Judge { index: Index::new(names, &rules), rules, allow, unknown }
    }

    fn judge(&self, names: &Names, file: &FileFacts, path: &str, findings: &mut Vec<Finding>) {
        let deny = Scene { file, names, assume: true };
        let admit = Scene { file, names, assume: false };
        // By meaning, in the order in which each is first met.
        let mut groups: Vec<(Vec<String>, Group<'_>)> = Vec::new();
        let mut by_meaning: std::collections::HashMap<Vec<String>, usize> = std::collections::HashMap::new();
        let mut candidates = Vec::new();
        for fact in &file.facts {
            self.index.candidates(names, fact, &mut candidates);
            let named = is_name(fact);
            let holds = |&at: &u32| deny.holds_beside_names(&self.rules[at as usize].condition, fact);
            let (weak, denied): (Vec<u32>, Vec<u32>) = candidates.iter().copied().partition(|&at| self.rules[at as usize].unless_allowed);
            let denied: Vec<u32> = denied.into_iter().filter(holds).collect();
            if denied.is_empty() && weak.is_empty() && (!named || self.allow.is_empty()) {
                continue;
            }
            // Only what nothing denies has to be looked up among what is allowed, and only what is not allowed by weaker rules.
            let mut conditioned = false;
            let admitted = named
                && denied.is_empty()
                && (self.allow.iter().any(|list| list.admits(admit, fact, &mut conditioned).is_some())
                    || (!conditioned && self.allow.iter().any(|list| list.catalogue_admits(names, fact).is_some())));
            let weak: Vec<u32> = if admitted || self.allow.is_empty() || (named && !denied.is_empty()) {
                Vec::new()
            } else {
                weak.into_iter().filter(holds).collect()
            };
            let unknown = named && !admitted && !self.allow.is_empty();
            if denied.is_empty() && weak.is_empty() && !unknown {
                continue;
            }
            let meaning = evidence::meaning(fact);
            let at = *by_meaning.entry(meaning).or_insert_with_key(|meaning| {
                groups.push((meaning.clone(), Group::default()));
                groups.len() - 1
            });
            let group = &mut groups[at].1;
            denied.into_iter().for_each(|at| group.denied.entry(at).or_default().push(fact));
            weak.into_iter().for_each(|at| group.weak.entry(at).or_default().push(fact));
            if unknown {
                group.unknown.push(fact);
            }
        }
        let mut made: BTreeMap<By, (usize, usize)> = BTreeMap::new();
        for (meaning, group) in groups {
            let is_callable =
                group.unknown.first().is_some_and(|fact| is_name(fact)) || group.denied.values().flatten().next().is_some_and(|fact| is_name(fact));
            let mut found: Vec<(By, Vec<&Fact>)> = Vec::new();
            let (no_denied, no_weak) = (group.denied.is_empty(), group.weak.is_empty());
            found.extend(group.denied.into_iter().map(|(at, facts)| (By::Rule(at), facts)));
            if no_denied || !is_callable {
                found.extend(group.weak.into_iter().map(|(at, facts)| (By::Rule(at), facts)));
            }
            if no_denied && no_weak && !group.unknown.is_empty() && self.unknown.is_some() {
                found.push((By::Unknown, group.unknown));
            }
            for (by, facts) in found {
                let (count, last) = made.entry(by).or_insert((0, 0));
                *count += 1;
                if *count > PER_RULE {
                    findings[*last].count += occurrences(&facts);
                    continue;
                }
                if let Some(finding) = self.finding(by, file, path, &meaning, &facts) {
                    *last = findings.len();
                    findings.push(finding);
                }
            }
        }
    }

    fn finding(&self, by: By, file: &FileFacts, path: &str, meaning: &[String], facts: &[&Fact]) -> Option<Finding> {
        let first = facts.iter().filter_map(|fact| fact.place()).min_by_key(|place| (place.input, place.offset));
        let place = evidence::place(file, first);
        let fact = facts.first()?;
        let text = |fields: &[&str]| fields.iter().find_map(|field| fact.text(field)).map(evidence::name).unwrap_or_default();
        let shared = |rule_id: &str, pack: &str, threat: &super::taxonomy::Threat| {
            let cwe = threat.cwe.first();
            let owasp = threat.owasp_ml.first();
            Finding {
                rule_id: rule_id.to_owned(),
                pack: pack.to_owned(),
                title: String::new(),
                severity: crate::report::Severity::Medium,
                confidence: crate::report::Confidence::Medium,
                threat_type: threat.id.clone(),
                cwe_id: cwe.map(|cwe| cwe.id.clone()).unwrap_or_default(),
                cwe_name: cwe.map(|cwe| cwe.name.clone()).unwrap_or_default(),
                owasp_ml_id: owasp.map(|owasp| owasp.id.clone()).unwrap_or_default(),
                owasp_ml_name: owasp.map(|owasp| owasp.name.clone()).unwrap_or_default(),
                atlas_id: threat.atlas.first().map(|atlas| atlas.id.clone()).unwrap_or_default(),
                time_of_effect: TimeOfEffect::Load,
                module_name: text(&["module"]),
                operator_name: text(&["name", "op", "class", "code", "type", "role", "language", "key"]),
                fingerprint: evidence::fingerprint(rule_id, pack, path, &place, meaning),
                place: place.clone(),
                count: occurrences(facts),
                evidence: evidence::evidence(facts),
                why: String::new(),
                remedy: String::new(),
                references: Vec::new(),
            }
        };
        Some(match by {
            By::Rule(at) => {
                let rule = &self.rules[at as usize];
                Finding {
                    title: rule.title.clone(),
                    severity: rule.severity,
                    confidence: rule.confidence,
                    time_of_effect: rule.effect,
                    why: rule.why.clone(),
                    remedy: rule.remedy.clone(),
                    references: rule.references.clone(),
                    ..shared(&rule.id, &rule.pack, &rule.threat)
                }
            }
            By::Unknown => {
                let unknown = self.unknown.as_ref()?;
                Finding {
                    title: unknown.title.clone(),
                    severity: unknown.severity,
                    confidence: unknown.confidence,
                    why: unknown.why.clone(),
                    remedy: unknown.remedy.clone(),
                    references: unknown.references.clone(),
                    ..shared(&unknown.id, &unknown.pack, &unknown.threat)
                }
            }
        })
    }
}

/// How often: an import and its call are one thing, so the larger of the two counts.
fn occurrences(facts: &[&Fact]) -> u64 {
    let of = |call: bool| facts.iter().filter(|fact| (fact.kind == "call") == call).fold(0u64, |sum, fact| sum.saturating_add(fact.count));
    of(true).max(of(false))
}
