//! What reports say beside the findings themselves: the rules that made them, and where the public lists describe them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use weighbridge_core::report::{Confidence, Finding, Severity, Suppressed, TimeOfEffect};
use weighbridge_core::rules::{Reference, Taxonomy};

/// An entry of a public list.
#[derive(Debug, Clone, Copy)]
pub struct Link<'t> {
    /// Which list: "CWE", "OWASP ML", "OWASP LLM", "MITRE ATLAS".
    pub list: &'static str,
    /// The entry.
    pub entry: &'t Reference,
}

/// The public lists' entries that a finding is filed under, the best fit of each list alone.
pub fn links<'t>(taxonomy: &'t Taxonomy, threat_type: &str) -> impl Iterator<Item = Link<'t>> {
    let lists = taxonomy.threat(threat_type).map(|threat| {
        [
            ("CWE", threat.cwe.first()),
            ("OWASP ML", threat.owasp_ml.first()),
            ("OWASP LLM", threat.owasp_llm.first()),
            ("MITRE ATLAS", threat.atlas.first()),
        ]
    });
    lists.into_iter().flatten().filter_map(|(list, entry)| Some(Link { list, entry: entry? }))
}

/// A rule, as its findings tell it.
#[derive(Debug, Clone)]
pub struct RuleText {
    /// The pack that it is of.
    pub pack: String,
    /// Its id in the pack.
    pub id: String,
    /// One line.
    pub title: String,
    /// Of the worst finding seen so far.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// When it strikes.
    pub time_of_effect: TimeOfEffect,
    /// Of the taxonomy.
    pub threat_type: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// Links.
    pub references: Vec<String>,
    /// "CWE-502".
    pub cwe_id: String,
}

/// The rules that findings were made by, in the order in which they were first met. There are as many as the packs have, however many findings.
#[derive(Debug, Default)]
pub struct Rules {
    /// In order.
    pub all: Vec<RuleText>,
    index: HashMap<(String, String), usize>,
}

impl Rules {
    /// The position of a finding's rule.
    pub fn of(&mut self, finding: &Finding) -> usize {
        let key = (finding.pack.clone(), finding.rule_id.clone());
        if let Some(&at) = self.index.get(&key) {
            let severity = &mut self.all[at].severity;
            *severity = (*severity).max(finding.severity);
            return at;
        }
        let at = self.all.len();
        self.index.insert(key, at);
        self.all.push(RuleText {
            pack: finding.pack.clone(),
            id: finding.rule_id.clone(),
            title: finding.title.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            time_of_effect: finding.time_of_effect,
            threat_type: finding.threat_type.clone(),
            why: finding.why.clone(),
            remedy: finding.remedy.clone(),
            references: finding.references.clone(),
            cwe_id: finding.cwe_id.clone(),
        });
        at
    }
}

/// A value as the JSON report writes it: `malicious`, `high`, `load`.
pub fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// How sure, in words.
pub fn sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "certain",
        Confidence::Medium => "likely",
        Confidence::Low => "a hint",
    }
}

/// When it strikes, in words.
pub fn strikes(time: TimeOfEffect) -> &'static str {
    match time {
        TimeOfEffect::Load => "when the model is loaded",
        TimeOfEffect::Use => "when the model is used",
        TimeOfEffect::Other => "not by itself",
    }
}

/// Why a finding does not count.
pub fn because(suppressed: &Suppressed) -> String {
    match (&suppressed.owner, &suppressed.expires) {
        (Some(owner), Some(expires)) => format!("suppressed by {owner} until {expires}: {}", suppressed.reason),
        _ => format!("not counted: {}", suppressed.reason),
    }
}

/// What was found, by name: `os.system`; empty where it has none.
pub fn symbol(finding: &Finding) -> String {
    match (finding.module_name.as_str(), finding.operator_name.as_str()) {
        ("", name) => name.to_owned(),
        (module, "") => module.to_owned(),
        (module, name) => format!("{module}.{name}"),
    }
}

/// The way from the file inwards: `model.pt!archive/data.pkl`.
pub fn path_of(path: &str, finding: &Finding) -> String {
    let names = std::iter::once(path).chain(finding.place.container.iter().map(|step| step.name.as_str()));
    names.collect::<Vec<_>>().join("!")
}

/// Findings of one file that say the same of the same part: one rule, one name, one container, and one word on whether they count.
pub struct Group<'f> {
    /// The first of them.
    pub first: &'f Finding,
    /// All of them.
    pub all: Vec<&'f Finding>,
}

impl Group<'_> {
    /// How often, over all.
    pub fn count(&self) -> u64 {
        self.all.iter().fold(0, |sum, finding| sum.saturating_add(finding.count.max(1)))
    }

    /// Why they do not count, where they do not.
    pub fn suppressed(&self) -> Option<&Suppressed> {
        self.first.suppressed.as_deref()
    }
}

/// Collapses what repeats, in the order of the first.
pub fn groups<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Group<'f>> {
    /// Rule, severity, name, part, and why they do not count.
    type Key<'f> = (&'f str, &'f str, Severity, &'f str, &'f str, String, Option<String>);
    let mut groups: Vec<Group<'f>> = Vec::new();
    let mut index: HashMap<Key<'f>, usize> = HashMap::new();
    for finding in findings {
        let Finding { pack, rule_id, module_name, operator_name, .. } = finding;
        let because = finding.suppressed.as_deref().map(because);
        match index.entry((pack, rule_id, finding.severity, module_name, operator_name, path_of("", finding), because)) {
            Entry::Occupied(at) => groups[*at.get()].all.push(finding),
            Entry::Vacant(at) => {
                at.insert(groups.len());
                groups.push(Group { first: finding, all: vec![finding] });
            }
        }
    }
    groups
}
