//! `weighbridge rules explain`: everything that is known of a rule, without a network.

use super::args::ExplainArgs;
use super::{library, print, usage};
use crate::args::Global;
use crate::config::{self, Flags};
use crate::terminal::{BOLD, DIM, Look};
use crate::text::{escape, wrap};
use crate::{Done, Failure, exit};
use anyhow::anyhow;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;
use weighbridge_core::report::{OverrideInfo, Severity, TimeOfEffect};
use weighbridge_core::rules::lint::LINTS;
use weighbridge_core::rules::{Entry, Library, Override, Pack, Profile, Reference, Rule, Threat, Unknown, suggest};

/// What an id stands for.
#[derive(Serialize)]
#[serde(tag = "is", rename_all = "lowercase")]
enum Explained {
    Rule(Box<RuleText>),
    Threat(Box<ThreatText>),
    Pack(PackText),
    Lint { id: String, finds: String, asks: String, level: &'static str },
}

#[derive(Serialize)]
struct RuleText {
    id: String,
    pack: String,
    title: String,
    severity: Severity,
    confidence: weighbridge_core::report::Confidence,
    effect: TimeOfEffect,
    scope: String,
    matches: String,
    why: String,
    how: String,
    remedy: String,
    threat: ThreatText,
    references: Vec<String>,
    examples: Vec<ExampleText>,
    overrides: Vec<OverrideInfo>,
}

#[derive(Serialize)]
struct ExampleText {
    fact: String,
    matches: bool,
}

#[derive(Serialize, Clone)]
struct ThreatText {
    id: String,
    title: String,
    how: String,
    cwe: Vec<Link>,
    owasp_ml: Vec<Link>,
    owasp_llm: Vec<Link>,
    atlas: Vec<Link>,
    atlas_version: String,
    /// Rules that find it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<String>,
}

#[derive(Serialize, Clone)]
struct Link {
    id: String,
    name: String,
    url: String,
}

#[derive(Serialize)]
struct PackText {
    id: String,
    version: String,
    title: String,
    mode: String,
    names: String,
    packs: Vec<String>,
    rules: Vec<String>,
    allow_entries: usize,
    disabled: Vec<String>,
    sha256: String,
}

/// Explains an id.
pub fn run(global: &Global, args: &ExplainArgs) -> Done {
    let effective = config::load(global, Flags::default().packs(&args.rules).layer())?;
    effective.warn(global);
    let library = library()?;
    let everything = Everything::load(&library, &effective.packs())?;
    let found = everything.find(&library, &args.id);
    if found.is_empty() {
        let ids: BTreeSet<&str> = everything.ids(&library).collect();
        let help = suggest::closest(&args.id, ids).map(|close| format!(": did you mean `{close}`?")).unwrap_or_default();
        return Err(Failure::Usage(anyhow!("no rule, threat type, pack or lint is called `{}`{help}", escape(&args.id))));
    }
    let look = Look::stdout(global.color);
    print(args.format, &found, |out| {
        found.iter().enumerate().try_for_each(|(at, explained)| {
            if at > 0 {
                writeln!(out)?;
            }
            show(out, look, explained)
        })
    })?;
    Ok(exit::CLEAN)
}

/// Every pack that there is.
struct Everything {
    packs: Vec<Arc<Pack>>,
    profiles: Vec<Arc<Profile>>,
}

impl Everything {
    /// Those that judge, those of the user's folder, and those that are built in. One of the user's that is wrong hides only itself.
    fn load(library: &Library, judging: &[String]) -> Result<Self, Failure> {
        let mut everything = Everything { packs: Vec::new(), profiles: Vec::new() };
        for selector in judging {
            everything.add(library.load(selector).map_err(usage)?);
        }
        for id in library.all_ids() {
            if let Ok(entry) = library.load(&id) {
                everything.add(entry);
            }
        }
        Ok(everything)
    }

    fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Pack(pack) => self.add_pack(pack),
            Entry::Profile(profile) => {
                profile.packs.iter().for_each(|pack| self.add_pack(pack.clone()));
                if !self.profiles.iter().any(|known| known.id == profile.id) {
                    self.profiles.push(profile);
                }
            }
        }
    }

    fn add_pack(&mut self, pack: Arc<Pack>) {
        if !self.packs.iter().any(|known| known.id == pack.id) {
            self.packs.push(pack);
        }
    }

    fn rules(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.packs.iter().flat_map(|pack| &pack.rules)
    }

    fn unknowns(&self) -> impl Iterator<Item = &Arc<Unknown>> {
        self.profiles.iter().filter_map(|profile| profile.unknown.as_ref()).chain(self.packs.iter().filter_map(|pack| pack.unknown.as_ref()))
    }

    fn ids<'a>(&'a self, library: &'a Library) -> impl Iterator<Item = &'a str> {
        let rules = self.rules().map(|rule| rule.id.as_str()).chain(self.unknowns().map(|unknown| unknown.id.as_str()));
        let packs = self.packs.iter().map(|pack| pack.id.as_str()).chain(self.profiles.iter().map(|profile| profile.id.as_str()));
        let threats = library.taxonomy().threats.keys().map(String::as_str);
        rules.chain(packs).chain(threats).chain(LINTS.iter().map(|lint| lint.id()))
    }

    fn find(&self, library: &Library, id: &str) -> Vec<Explained> {
        let (pack, name) = id.split_once('/').map_or((None, id), |(pack, name)| (Some(pack), name));
        let version = &library.taxonomy().atlas_version;
        let meant = |of: &str, id: &str| id == name && pack.is_none_or(|pack| pack == of);
        let mut found = Vec::new();
        for rule in self.rules().filter(|rule| meant(&rule.pack, &rule.id)) {
            found.push(Explained::Rule(Box::new(rule_text(rule, version))));
        }
        let mut seen = BTreeSet::new();
        for unknown in self.unknowns().filter(|unknown| meant(&unknown.pack, &unknown.id) && seen.insert(&unknown.pack)) {
            found.push(Explained::Rule(Box::new(unknown_text(unknown, version))));
        }
        if pack.is_some() {
            return found;
        }
        if let Some(threat) = library.taxonomy().threat(id) {
            let rules = self.rules().filter(|rule| rule.threat.id == id).map(|rule| format!("{}/{}", rule.pack, rule.id));
            found.push(Explained::Threat(Box::new(ThreatText { rules: rules.collect(), ..threat_text(threat, version) })));
        }
        for pack in self.packs.iter().filter(|pack| pack.id == id) {
            found.push(Explained::Pack(pack_text(pack)));
        }
        for profile in self.profiles.iter().filter(|profile| profile.id == id) {
            found.push(Explained::Pack(profile_text(profile)));
        }
        found.extend(LINTS.iter().filter(|lint| lint.id() == id).map(|lint| Explained::Lint {
            id: id.into(),
            finds: lint.finds().into(),
            asks: lint.asks().into(),
            level: lint.gravity().name(),
        }));
        found
    }
}

fn rule_text(rule: &Rule, version: &str) -> RuleText {
    let threat = threat_text(&rule.threat, version);
    RuleText {
        id: rule.id.clone(),
        pack: rule.pack.clone(),
        title: rule.title.to_string(),
        severity: rule.severity,
        confidence: rule.confidence,
        effect: rule.effect,
        scope: rule.scope.name().into(),
        // In full: nobody could find out elsewhere what the rest is.
        matches: format!("{:#}", rule.rendered()),
        why: rule.why.to_string(),
        how: if rule.how.is_empty() { threat.how.clone() } else { rule.how.to_string() },
        remedy: rule.remedy.to_string(),
        threat,
        references: rule.references.iter().map(|link| link.to_string()).collect(),
        examples: rule.examples.iter().map(|example| ExampleText { fact: example.shown(), matches: example.matches }).collect(),
        overrides: overrides(&rule.overrides),
    }
}

fn unknown_text(unknown: &Unknown, version: &str) -> RuleText {
    let threat = threat_text(&unknown.threat, version);
    RuleText {
        id: unknown.id.clone(),
        pack: unknown.pack.clone(),
        title: unknown.title.to_string(),
        severity: unknown.severity,
        confidence: unknown.confidence,
        effect: TimeOfEffect::Load,
        scope: "fact".into(),
        matches: "an import or call that no rule denies and no allow entry admits".into(),
        why: unknown.why.to_string(),
        how: threat.how.clone(),
        remedy: unknown.remedy.to_string(),
        threat,
        references: unknown.references.iter().map(|link| link.to_string()).collect(),
        examples: Vec::new(),
        overrides: overrides(&unknown.overrides),
    }
}

fn overrides(changes: &[Override]) -> Vec<OverrideInfo> {
    let info = |change: &Override| OverrideInfo { pack: change.pack.clone(), change: change.change.clone(), reason: change.reason.clone() };
    changes.iter().map(info).collect()
}

fn threat_text(threat: &Threat, version: &str) -> ThreatText {
    let links = |references: &[Reference]| {
        let link = |reference: &Reference| Link { id: reference.id.clone(), name: reference.name.clone(), url: reference.url.clone() };
        references.iter().map(link).collect()
    };
    ThreatText {
        id: threat.id.clone(),
        title: threat.title.clone(),
        how: threat.how.clone(),
        cwe: links(&threat.cwe),
        owasp_ml: links(&threat.owasp_ml),
        owasp_llm: links(&threat.owasp_llm),
        atlas: links(&threat.atlas),
        atlas_version: version.into(),
        rules: Vec::new(),
    }
}

fn pack_text(pack: &Pack) -> PackText {
    PackText {
        id: pack.id.clone(),
        version: pack.version.clone(),
        title: pack.title.clone(),
        mode: pack.mode.name().into(),
        names: pack.names.name().into(),
        packs: Vec::new(),
        rules: pack.rules.iter().map(|rule| format!("{} ({})", rule.id, rule.severity.name())).collect(),
        allow_entries: pack.allow().len(),
        disabled: pack.disabled.iter().map(|gone| format!("{}: {}: {}", gone.rule, gone.by.pack, gone.by.reason)).collect(),
        sha256: pack.sha256.clone(),
    }
}

fn profile_text(profile: &Profile) -> PackText {
    PackText {
        id: profile.id.clone(),
        version: profile.version.clone(),
        title: profile.title.clone(),
        mode: "profile".into(),
        names: String::new(),
        packs: profile.packs.iter().map(|pack| pack.id.clone()).collect(),
        rules: Vec::new(),
        allow_entries: profile.packs.iter().map(|pack| pack.allow().len()).sum(),
        disabled: Vec::new(),
        sha256: profile.sha256.clone(),
    }
}

/// Columns of what stands before a text.
const LABEL: usize = 12;

/// A text beside its label, wrapped.
fn item(out: &mut dyn Write, look: Look, label: &str, text: &str) -> io::Result<()> {
    for (at, line) in wrap(&escape(text), look.width.saturating_sub(LABEL)).iter().enumerate() {
        let label = if at == 0 { label } else { "" };
        writeln!(out, "{}{line}", look.paint(DIM, &format!("{label:LABEL$}")))?;
    }
    Ok(())
}

fn links(out: &mut dyn Write, look: Look, label: &str, links: &[Link]) -> io::Result<()> {
    for (at, link) in links.iter().enumerate() {
        item(out, look, if at == 0 { label } else { "" }, &format!("{} {}", link.id, link.name))?;
        // On a line of its own, and whole: to be clicked at.
        writeln!(out, "{:LABEL$}{}", "", escape(&link.url))?;
    }
    Ok(())
}

fn list(out: &mut dyn Write, look: Look, label: &str, texts: &[String]) -> io::Result<()> {
    texts.iter().enumerate().try_for_each(|(at, text)| item(out, look, if at == 0 { label } else { "" }, text))
}

fn mappings(out: &mut dyn Write, look: Look, threat: &ThreatText) -> io::Result<()> {
    links(out, look, "CWE", &threat.cwe)?;
    links(out, look, "OWASP ML", &threat.owasp_ml)?;
    links(out, look, "OWASP LLM", &threat.owasp_llm)?;
    links(out, look, "ATLAS", &threat.atlas)?;
    item(out, look, "", &format!("(ATLAS {})", threat.atlas_version))
}

fn show(out: &mut dyn Write, look: Look, explained: &Explained) -> io::Result<()> {
    match explained {
        Explained::Rule(rule) => {
            writeln!(out, "{}  {}/{}", look.paint(BOLD, &escape(&rule.title)), escape(&rule.pack), escape(&rule.id))?;
            let confidence = rule.confidence.name();
            item(out, look, "", &format!("{}, confidence {confidence}, takes effect on {}", rule.severity.name(), rule.effect.name()))?;
            item(out, look, "why", &rule.why)?;
            item(out, look, "how", &rule.how)?;
            item(out, look, "what to do", &rule.remedy)?;
            item(out, look, "matches", &rule.matches)?;
            if rule.scope != "fact" {
                item(out, look, "scope", &rule.scope)?;
            }
            for change in &rule.overrides {
                item(out, look, "changed", &format!("{} by {}: {}", change.change, change.pack, change.reason))?;
            }
            for (label, matches) in [("found", true), ("not found", false)] {
                let examples: Vec<String> = rule.examples.iter().filter(|example| example.matches == matches).map(|e| e.fact.clone()).collect();
                list(out, look, label, &examples)?;
            }
            item(out, look, "threat", &format!("{}: {}", rule.threat.id, rule.threat.title))?;
            mappings(out, look, &rule.threat)?;
            list(out, look, "read", &rule.references)
        }
        Explained::Threat(threat) => {
            writeln!(out, "{}  threat type {}", look.paint(BOLD, &escape(&threat.title)), escape(&threat.id))?;
            item(out, look, "how", &threat.how)?;
            mappings(out, look, threat)?;
            list(out, look, "rules", &threat.rules)
        }
        Explained::Pack(pack) => {
            writeln!(out, "{}  {} {} {}", look.paint(BOLD, &escape(&pack.title)), pack.mode, escape(&pack.id), escape(&pack.version))?;
            if pack.names == "exact" {
                item(out, look, "names", "read as they are written")?;
            }
            list(out, look, "packs", &pack.packs)?;
            list(out, look, "rules", &pack.rules)?;
            if pack.allow_entries > 0 {
                item(out, look, "admits", &crate::units::count(pack.allow_entries as u64, "entry", "entries"))?;
            }
            list(out, look, "taken out", &pack.disabled)?;
            item(out, look, "sha256", &pack.sha256)
        }
        Explained::Lint { id, finds, asks, level } => {
            writeln!(out, "{}", look.paint(BOLD, &format!("lint {id}")))?;
            item(out, look, "finds", finds)?;
            item(out, look, "do", asks)?;
            let level =
                if *level == "error" { "error: `rules check` ends with exit code 1" } else { "warning: exit code 1 with `--deny-warnings` alone" };
            item(out, look, "level", level)
        }
    }
}
