//! A pack as it stands in its file: every value with its place, nothing looked up yet.

use super::error::{Code, Problem};
use super::join::Scope;
use super::pack::{Mode, Reading};
use super::read::{Key, Node, Problems, Table};
use super::text::Str;
use crate::report::{Confidence, Severity, TimeOfEffect};
use std::ops::Range;
use toml::Spanned;

/// What a file holds.
pub enum Document<'t> {
    /// Rules or allow entries.
    Pack(Pack<'t>),
    /// A combination of packs.
    Profile(Profile<'t>),
}

/// `[pack]` and what follows it.
pub struct Pack<'t> {
    pub id: Spanned<String>,
    pub version: Spanned<String>,
    pub title: Spanned<String>,
    pub mode: Option<Mode>,
    pub vocabulary: Option<Spanned<u64>>,
    pub engine: Option<Spanned<String>>,
    pub names: Option<Reading>,
    pub layers: bool,
    pub extends: Vec<Spanned<String>>,
    pub catalogue: Option<Spanned<String>>,
    pub overrides: Vec<Override<'t>>,
    pub lists: Vec<(Key<'t>, Node<'t>)>,
    pub rules: Vec<Rule<'t>>,
    pub allow: Vec<Allow<'t>>,
    pub unknown: Option<Unknown>,
}

/// `[profile]` and `[unknown]`.
pub struct Profile<'t> {
    pub id: Spanned<String>,
    pub version: Spanned<String>,
    pub title: Spanned<String>,
    pub engine: Option<Spanned<String>>,
    pub packs: Vec<Spanned<String>>,
    pub overrides: Vec<Override<'t>>,
    pub unknown: Option<Unknown>,
}

/// A change to a rule of another pack.
pub struct Override<'t> {
    pub rule: Spanned<String>,
    pub severity: Option<Severity>,
    pub confidence: Option<Confidence>,
    pub disable: bool,
    pub narrow: Option<Node<'t>>,
    pub reason: Spanned<String>,
}

/// `[[rule]]`.
pub struct Rule<'t> {
    pub id: Spanned<String>,
    pub title: Spanned<Str>,
    pub severity: Option<Severity>,
    pub confidence: Option<Confidence>,
    pub threat: Spanned<String>,
    pub effect: Option<TimeOfEffect>,
    pub scope: Scope,
    pub condition: Option<Node<'t>>,
    pub with: Vec<(Key<'t>, Node<'t>)>,
    pub without: Vec<(Key<'t>, Node<'t>)>,
    pub same: Option<Node<'t>>,
    pub unless_allowed: bool,
    pub why: Spanned<Str>,
    pub how: Option<Spanned<Str>>,
    pub remedy: Spanned<Str>,
    pub references: Vec<Spanned<Str>>,
    pub examples: Vec<Example<'t>>,
}

/// `[[rule.examples]]`.
pub struct Example<'t> {
    pub fact: Option<Node<'t>>,
    pub parent: Option<Node<'t>>,
    pub others: Vec<Node<'t>>,
    pub file: Option<Node<'t>>,
    pub matches: bool,
    pub span: Range<usize>,
}

/// `[[allow]]`.
pub struct Allow<'t> {
    pub span: Range<usize>,
    pub module: Spanned<String>,
    pub names: Option<Node<'t>>,
    pub call: Option<Node<'t>>,
    pub when: Option<Node<'t>>,
    pub library: Option<Spanned<String>>,
    pub reason: Spanned<String>,
    pub seen_in: Vec<Spanned<String>>,
}

/// `[unknown]`.
pub struct Unknown {
    pub id: Spanned<String>,
    pub title: Spanned<Str>,
    pub severity: Option<Severity>,
    pub confidence: Option<Confidence>,
    pub threat: Spanned<String>,
    pub why: Spanned<Str>,
    pub remedy: Spanned<Str>,
    pub references: Vec<Spanned<Str>>,
}

const SEVERITIES: &[(&str, Severity)] =
    &[("critical", Severity::Critical), ("high", Severity::High), ("medium", Severity::Medium), ("low", Severity::Low)];
const CONFIDENCES: &[(&str, Confidence)] = &[("high", Confidence::High), ("medium", Confidence::Medium), ("low", Confidence::Low)];
const EFFECTS: &[(&str, TimeOfEffect)] = &[("load", TimeOfEffect::Load), ("use", TimeOfEffect::Use), ("other", TimeOfEffect::Other)];
const SCOPES: &[(&str, Scope)] = &[("fact", Scope::Fact), ("file", Scope::File), ("artifact", Scope::Artifact)];
const READINGS: &[(&str, Reading)] = &[("resolved", Reading::Resolved), ("exact", Reading::Exact)];
const MODES: &[(&str, Mode)] = &[("blocklist", Mode::Blocklist), ("allowlist", Mode::Allowlist)];

impl<'t> Document<'t> {
    /// Reads the table that a text is; what is wrong with it goes to `problems`.
    pub fn read(mut root: Table<'t>, problems: &mut Problems) -> Option<Self> {
        let document = if root.has("profile") {
            Document::Profile(profile(&mut root, problems)?)
        } else if root.has("pack") {
            Document::Pack(pack(&mut root, problems)?)
        } else {
            problems.push(
                Problem::new(Code::MissingKey, root.span(), "this is neither a pack nor a profile")
                    .help("a pack begins with [pack], a profile with [profile]"),
            );
            return None;
        };
        root.finish(problems);
        Some(document)
    }
}

fn pack<'t>(root: &mut Table<'t>, problems: &mut Problems) -> Option<Pack<'t>> {
    let mut header = root.table("pack", problems)?;
    if !header.has("mode") {
        problems.push(header.missing("mode").help("blocklist or allowlist"));
    }
    let mode = header.choice("mode", MODES, problems);
    let pack = Pack {
        id: header.required_text("id", problems),
        version: header.required_text("version", problems),
        title: header.required_text("title", problems),
        mode,
        vocabulary: {
            if !header.has("vocabulary") {
                problems.push(header.missing("vocabulary").help(format!("vocabulary = {}", weighbridge_abi::VOCABULARY)));
            }
            header.number("vocabulary", problems)
        },
        engine: header.text("engine", problems),
        names: header.choice("names", READINGS, problems),
        layers: {
            let span = header.span();
            let layers = header.flag("layers", problems).unwrap_or(false);
            if layers && mode == Some(Mode::Blocklist) {
                problems.push(Problem::new(Code::WrongValue, span, "`layers` is for allowlists").help("mode = \"allowlist\""));
            }
            layers
        },
        extends: {
            let tables = header.tables("extends", "an extended pack", problems);
            let mut packs = Vec::new();
            for mut table in tables {
                packs.push(table.required_text("pack", problems));
                table.finish(problems);
            }
            packs
        },
        catalogue: header.text("catalogue", problems),
        overrides: overrides(&mut header, problems),
        lists: root.table("lists", problems).map(Table::into_entries).unwrap_or_default(),
        rules: {
            let tables = root.tables("rule", "a rule", problems);
            tables.into_iter().map(|table| rule(table, problems)).collect()
        },
        allow: {
            let tables = root.tables("allow", "an allow entry", problems);
            tables.into_iter().map(|table| allow(table, problems)).collect()
        },
        unknown: root.table("unknown", problems).map(|table| unknown(table, problems)),
    };
    header.finish(problems);
    Some(pack)
}

fn profile<'t>(root: &mut Table<'t>, problems: &mut Problems) -> Option<Profile<'t>> {
    let mut header = root.table("profile", problems)?;
    let profile = Profile {
        id: header.required_text("id", problems),
        version: header.required_text("version", problems),
        title: header.required_text("title", problems),
        engine: header.text("engine", problems),
        packs: header.texts("packs", problems),
        overrides: overrides(&mut header, problems),
        unknown: root.table("unknown", problems).map(|table| unknown(table, problems)),
    };
    if profile.packs.is_empty() {
        problems.push(header.missing("packs"));
    }
    header.finish(problems);
    Some(profile)
}

fn overrides<'t>(header: &mut Table<'t>, problems: &mut Problems) -> Vec<Override<'t>> {
    let tables = header.tables("overrides", "an override", problems);
    let read = |mut table: Table<'t>| {
        let change = Override {
            rule: table.required_text("rule", problems),
            severity: table.choice("severity", SEVERITIES, problems),
            confidence: table.choice("confidence", CONFIDENCES, problems),
            disable: table.flag("disable", problems).unwrap_or(false),
            narrow: table.take("narrow"),
            reason: table.required_text("reason", problems),
        };
        if change.severity.is_none() && change.confidence.is_none() && !change.disable && change.narrow.is_none() {
            problems.push(
                Problem::new(Code::MissingKey, table.span(), "this override changes nothing")
                    .help("it needs severity, confidence, narrow or disable = true"),
            );
        }
        table.finish(problems);
        change
    };
    tables.into_iter().map(read).collect()
}

fn rule<'t>(mut table: Table<'t>, problems: &mut Problems) -> Rule<'t> {
    let rule = Rule {
        id: table.required_text("id", problems),
        title: table.required_prose("title", problems),
        severity: {
            if !table.has("severity") {
                problems.push(table.missing("severity"));
            }
            table.choice("severity", SEVERITIES, problems)
        },
        confidence: table.choice("confidence", CONFIDENCES, problems),
        threat: table.required_text("threat", problems),
        effect: table.choice("effect", EFFECTS, problems),
        scope: {
            // One that is not known was told: the rest is read as if it were the widest.
            let unknown = table.has("scope").then_some(Scope::Artifact);
            table.choice("scope", SCOPES, problems).or(unknown).unwrap_or(Scope::Fact)
        },
        condition: table.take("match"),
        with: table.table("with", problems).map(Table::into_entries).unwrap_or_default(),
        without: table.table("without", problems).map(Table::into_entries).unwrap_or_default(),
        same: table.take("same"),
        unless_allowed: table.flag("unless_allowed", problems).unwrap_or(false),
        why: table.required_prose("why", problems),
        how: table.prose("how", problems),
        remedy: table.required_prose("remedy", problems),
        references: table.proses("references", problems),
        examples: {
            let tables = table.tables("examples", "an example", problems);
            tables.into_iter().map(|table| example(table, problems)).collect()
        },
    };
    if rule.condition.is_none() {
        problems.push(table.missing("match"));
    }
    table.finish(problems);
    rule
}

fn example<'t>(mut table: Table<'t>, problems: &mut Problems) -> Example<'t> {
    let example = Example {
        fact: table.take("fact"),
        parent: table.take("parent"),
        others: table.nodes("others", problems),
        file: table.take("file"),
        matches: table.flag("matches", problems).unwrap_or(true),
        span: table.span(),
    };
    if example.fact.is_none() {
        problems.push(table.missing("fact"));
    }
    table.finish(problems);
    example
}

fn allow<'t>(mut table: Table<'t>, problems: &mut Problems) -> Allow<'t> {
    let allow = Allow {
        span: table.span(),
        module: table.required_text("module", problems),
        names: table.take("names"),
        call: table.take("call"),
        when: table.take("when"),
        library: table.text("library", problems),
        reason: table.required_text("reason", problems),
        seen_in: table.texts("seen_in", problems),
    };
    if allow.names.is_none() {
        problems.push(table.missing("names"));
    }
    table.finish(problems);
    allow
}

fn unknown(mut table: Table<'_>, problems: &mut Problems) -> Unknown {
    let unknown = Unknown {
        id: table.required_text("id", problems),
        title: table.required_prose("title", problems),
        severity: table.choice("severity", SEVERITIES, problems),
        confidence: table.choice("confidence", CONFIDENCES, problems),
        threat: table.required_text("threat", problems),
        why: table.required_prose("why", problems),
        remedy: table.required_prose("remedy", problems),
        references: table.proses("references", problems),
    };
    table.finish(problems);
    unknown
}
