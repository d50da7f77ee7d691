//! From a pack as written to a pack that may judge.

use super::allow::{Admitted, AllowEntry, AllowList, Calls};
use super::builtin;
use super::catalogue::Catalogue;
use super::error::{Code, PackError, Problem};
use super::examples::{self, Example};
use super::names::Names;
use super::pack::{Mode, Pack, Profile, Rule, Unknown};
use super::read::{Node, Problems, Table, texts_of, wrong};
use super::read_condition::Reader;
use super::suggest;
use super::taxonomy::{Taxonomy, Threat};
use super::written;
use crate::report::{Confidence, Severity, TimeOfEffect};
use crate::source::hex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use toml::Spanned;
use toml::de::DeValue;

/// What a pack is held against, and where it came from.
pub struct Validator<'a> {
    pub names: &'a Names,
    pub taxonomy: &'a Taxonomy,
    pub origin: &'a str,
    pub text: &'a Arc<str>,
    /// Whether it is built in: its patterns were compiled by a test.
    pub trusted: bool,
}

impl Validator<'_> {
    /// Validates a pack; `bases` are the packs that it extends, in order.
    pub fn pack(&self, written: written::Pack<'_>, bases: &[Arc<Pack>], mut problems: Problems) -> Result<Pack, Box<PackError>> {
        self.header(&written.id, written.vocabulary.as_ref(), &mut problems);
        let id = written.id.get_ref().clone();
        let reader = self.reader(written.lists, &mut problems);
        let mode = written.mode.unwrap_or(Mode::Blocklist);
        let mut hash = Sha256::new();
        hash.update(self.text.as_bytes());
        let (mut rules, mut allow) = (Vec::new(), AllowList::default());
        for (base, name) in bases.iter().zip(&written.extends) {
            hash.update(base.sha256.as_bytes());
            if base.mode == Mode::Allowlist && mode == Mode::Blocklist {
                let message = format!("`{}` is an allowlist: a blocklist cannot extend it", base.id);
                problems.push(Problem::new(Code::WrongValue, name.span(), message));
            }
            // What a pack takes over, it judges by itself.
            rules.extend(base.rules.iter().map(|rule| Arc::new(Rule { pack: id.clone(), ..(**rule).clone() })));
            base.allow.entries().iter().for_each(|entry| allow.push(self.names, entry.clone()));
            base.allow.catalogues().iter().for_each(|catalogue| allow.push_catalogue(catalogue.clone()));
        }
        self.overrides(&id, written.overrides, &mut rules, &reader, &mut problems);
        let mut known: HashSet<String> = HashSet::new();
        for rule in &rules {
            if !known.insert(rule.id.clone()) {
                let message = format!("two of the extended packs have a rule `{}`", rule.id);
                problems.push(Problem::new(Code::Duplicate, written.id.span(), message));
            }
        }
        for rule in written.rules {
            if !known.insert(rule.id.get_ref().clone()) {
                let message = format!("there is already a rule `{}`", rule.id.get_ref());
                let problem = Problem::new(Code::Duplicate, rule.id.span(), message);
                problems.push(problem.help("to change a rule of an extended pack, write an override"));
            }
            rules.extend(self.rule(&id, rule, &reader, &mut problems).map(Arc::new));
        }
        if let Some(name) = written.catalogue {
            match builtin::CATALOGUES.iter().find(|(known, _)| known == name.get_ref()) {
                Some((_, text)) => allow.push_catalogue(Arc::new(Catalogue::new(&id, text))),
                None => problems.push(
                    Problem::new(Code::WrongValue, name.span(), "there is no such catalogue")
                        .help(format!("built-in catalogues: {}", builtin::CATALOGUES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "))),
                ),
            }
        }
        for entry in written.allow {
            if mode == Mode::Blocklist {
                let message = "a blocklist has no allow entries";
                problems.push(Problem::new(Code::WrongValue, entry.span.clone(), message).help("mode = \"allowlist\""));
            }
            if let Some(entry) = self.allow(&id, entry, &reader, &mut problems) {
                allow.push(self.names, Arc::new(entry));
            }
        }
        let unknown = match (written.unknown, mode) {
            (Some(unknown), _) => self.unknown(&id, unknown, &mut problems),
            (None, Mode::Allowlist) => self.default_unknown(&id, bases),
            (None, Mode::Blocklist) => None,
        };
        if problems.is_empty() {
            return Ok(Pack {
                version: written.version.into_inner(),
                title: written.title.into_inner(),
                mode,
                rules,
                unknown: unknown.map(Arc::new),
                sha256: hex(&hash.finalize()),
                allow,
                id,
            });
        }
        Err(Box::new(PackError::new(self.origin, self.text, problems)))
    }

    /// Validates a profile; `packs` are those that it names, in order.
    pub fn profile(&self, written: written::Profile, mut packs: Vec<Arc<Pack>>, mut problems: Problems) -> Result<Profile, Box<PackError>> {
        self.header(&written.id, None, &mut problems);
        let id = written.id.get_ref().clone();
        let reader = self.reader(Vec::new(), &mut problems);
        if !written.overrides.is_empty() {
            // A rule is named by its id, in whichever pack of the profile it stands.
            let mut all: Vec<Arc<Rule>> = packs.iter().flat_map(|pack| pack.rules.iter().cloned()).collect();
            self.overrides(&id, written.overrides, &mut all, &reader, &mut problems);
            let mut by_pack: HashMap<String, Vec<Arc<Rule>>> = HashMap::new();
            for rule in all {
                by_pack.entry(rule.pack.clone()).or_default().push(rule);
            }
            for pack in &mut packs {
                let rules = by_pack.remove(&pack.id).unwrap_or_default();
                *pack = Arc::new(Pack {
                    id: pack.id.clone(),
                    version: pack.version.clone(),
                    title: pack.title.clone(),
                    mode: pack.mode,
                    rules,
                    unknown: pack.unknown.clone(),
                    sha256: pack.sha256.clone(),
                    allow: pack.allow.clone(),
                });
            }
        }
        let unknown = match written.unknown {
            Some(unknown) => self.unknown(&id, unknown, &mut problems).map(Arc::new),
            None => packs.iter().find_map(|pack| pack.unknown.clone()),
        };
        if problems.is_empty() {
            return Ok(Profile {
                version: written.version.into_inner(),
                title: written.title.into_inner(),
                packs,
                unknown,
                sha256: hex(&Sha256::digest(self.text.as_bytes())),
                id,
            });
        }
        Err(Box::new(PackError::new(self.origin, self.text, problems)))
    }

    fn header(&self, id: &Spanned<String>, vocabulary: Option<&Spanned<u64>>, problems: &mut Problems) {
        check_id(id, problems);
        if let Some(vocabulary) = vocabulary {
            let ours = u64::from(weighbridge_abi::VOCABULARY);
            if !(1..=ours).contains(vocabulary.get_ref()) {
                let message = format!("this engine speaks vocabulary 1 to {ours}");
                let problem = Problem::new(Code::Vocabulary, vocabulary.span(), message);
                problems.push(problem.help("use a newer weighbridge, or write the pack for an older vocabulary"));
            }
        }
    }

    fn reader<'t>(&self, lists: Vec<(super::read::Key<'t>, Node<'t>)>, problems: &mut Problems) -> Reader<'_> {
        let mut reader = Reader { names: self.names, lists: BTreeMap::new(), trusted: self.trusted };
        for (name, node) in lists {
            let texts = texts_of(node, "a list holds text", problems);
            // A list may use lists before it (in the order of their names) and the common ones.
            let texts = texts.into_iter().flat_map(|text| reader.expand(text, problems)).map(Spanned::into_inner);
            let texts = texts.collect();
            if reader.lists.insert(name.get_ref().to_string(), texts).is_some() {
                problems.push(Problem::new(Code::Duplicate, name.span(), "this list is there twice"));
            }
        }
        reader
    }

    fn threat(&self, id: &Spanned<String>, problems: &mut Problems) -> Option<Threat> {
        let threat = self.taxonomy.threat(id.get_ref()).cloned();
        if threat.is_none() && !id.get_ref().is_empty() {
            let message = format!("`{}` is not a threat type of the taxonomy", id.get_ref());
            let mut problem = Problem::new(Code::UnknownThreat, id.span(), message);
            problem.help = suggest::help(id.get_ref(), self.taxonomy.threats.keys().map(String::as_str))
                .or_else(|| Some("they stand in rules/taxonomy.toml".into()));
            problems.push(problem);
        }
        threat
    }

    fn rule(&self, pack: &str, written: written::Rule<'_>, reader: &Reader<'_>, problems: &mut Problems) -> Option<Rule> {
        check_id(&written.id, problems);
        let threat = self.threat(&written.threat, problems);
        let condition = written.condition.and_then(|node| reader.condition(node, &[], problems));
        let examples = written.examples.into_iter().filter_map(|example| self.example(example, reader, problems)).collect();
        Some(Rule {
            id: written.id.into_inner(),
            pack: pack.to_owned(),
            title: written.title.into_inner(),
            severity: written.severity?,
            confidence: written.confidence.unwrap_or(Confidence::High),
            threat: threat?,
            effect: written.effect.unwrap_or(TimeOfEffect::Load),
            why: written.why.into_inner(),
            remedy: written.remedy.into_inner(),
            references: written.references.into_iter().map(Spanned::into_inner).collect(),
            unless_allowed: written.unless_allowed,
            examples,
            overrides: Vec::new(),
            condition: condition?,
        })
    }

    fn example(&self, written: written::Example<'_>, reader: &Reader<'_>, problems: &mut Problems) -> Option<Example> {
        let parent = match written.parent {
            Some(node) => Some(examples::fact(node, 1, None, reader, problems)?),
            None => None,
        };
        let fact = examples::fact(written.fact?, 2, parent.as_ref().map(|parent| parent.id), reader, problems)?;
        Some(Example { fact, parent, matches: written.matches })
    }

    fn allow(&self, pack: &str, written: written::Allow<'_>, reader: &Reader<'_>, problems: &mut Problems) -> Option<AllowEntry> {
        let module = written.module.get_ref();
        let (module, below) = match module.strip_suffix(".**") {
            Some(module) => (module, true),
            None => (module.as_str(), false),
        };
        if module.is_empty() || module.contains('*') {
            let problem = Problem::new(Code::WrongValue, written.module.span(), "this is not a module");
            problems.push(problem.help("a module as it is imported; `library.**` is it and every module below"));
        }
        let node = written.names?;
        let span = node.span();
        let names = match node.get_ref() {
            DeValue::String(text) if text == "*" => Admitted::All,
            DeValue::Array(_) => {
                let texts = texts_of(node, "names have to be text", problems);
                let texts = texts.into_iter().flat_map(|text| reader.expand(text, problems));
                Admitted::Named(texts.map(Spanned::into_inner).collect())
            }
            DeValue::Table(_) => {
                let mut table = Table::of(node, "names", problems)?;
                let text = table.required_text("regex", problems);
                table.finish(problems);
                Admitted::Matching(reader.pattern(&text, problems)?)
            }
            other => {
                problems.push(wrong(other, span, "names are \"*\", a list of text, or { regex = \"…\" }"));
                return None;
            }
        };
        let calls = match written.call {
            None => Calls::Never,
            Some(node) => match node.get_ref() {
                DeValue::Boolean(false) => Calls::Never,
                DeValue::Boolean(true) => Calls::Any,
                DeValue::String(text) if text == "new" => Calls::New,
                other => {
                    let problem = wrong(other, node.span(), "`call` is true, false or \"new\"");
                    problems.push(problem.help("\"new\" admits making an object without running its constructor"));
                    return None;
                }
            },
        };
        let call = ["call".to_owned()];
        Some(AllowEntry {
            pack: pack.to_owned(),
            module: module.to_owned(),
            below,
            calls,
            library: written.library.map(Spanned::into_inner).unwrap_or_default(),
            reason: written.reason.into_inner(),
            names,
            when: written.when.and_then(|node| reader.condition(node, &call, problems)),
        })
    }

    fn unknown(&self, pack: &str, written: written::Unknown, problems: &mut Problems) -> Option<Unknown> {
        check_id(&written.id, problems);
        Some(Unknown {
            id: written.id.get_ref().clone(),
            pack: pack.to_owned(),
            title: written.title.into_inner(),
            severity: written.severity.unwrap_or(Severity::Medium),
            confidence: written.confidence.unwrap_or(Confidence::Medium),
            threat: self.threat(&written.threat, problems)?,
            why: written.why.into_inner(),
            remedy: written.remedy.into_inner(),
            references: written.references.into_iter().map(Spanned::into_inner).collect(),
        })
    }

    /// What an allowlist says that does not say it itself.
    fn default_unknown(&self, pack: &str, bases: &[Arc<Pack>]) -> Option<Unknown> {
        if let Some(unknown) = bases.iter().find_map(|base| base.unknown.as_deref()) {
            return Some(Unknown { pack: pack.to_owned(), ..unknown.clone() });
        }
        Some(Unknown {
            id: "not-listed".into(),
            pack: pack.to_owned(),
            title: "Not on the list of what may be loaded".into(),
            severity: Severity::Medium,
            confidence: Confidence::Medium,
            threat: self.taxonomy.threat("suspicious_global")?.clone(),
            why: "Loading the file imports or calls this, and the allowlist does not name it.".into(),
            remedy: "Find out where the file comes from and what this does; add it to the list only then.".into(),
            references: Vec::new(),
        })
    }

    fn overrides(&self, pack: &str, changes: Vec<written::Override<'_>>, rules: &mut Vec<Arc<Rule>>, reader: &Reader<'_>, problems: &mut Problems) {
        for change in changes {
            let id = change.rule.get_ref();
            if !rules.iter().any(|rule| rule.id == *id) {
                let mut problem = Problem::new(Code::UnknownRule, change.rule.span(), format!("there is no rule `{id}` to override"));
                problem.help = suggest::help(id, rules.iter().map(|rule| rule.id.as_str()));
                problems.push(problem);
                continue;
            }
            if change.disable {
                rules.retain(|rule| rule.id != *id);
                continue;
            }
            let narrow = change.narrow.and_then(|node| reader.condition(node, &[], problems));
            for rule in rules.iter_mut().filter(|rule| rule.id == *id) {
                let rule = Arc::make_mut(rule);
                let mut said = Vec::new();
                if let Some(severity) = change.severity {
                    said.push(format!("severity {} -> {}", rule.severity.name(), severity.name()));
                    rule.severity = severity;
                }
                if let Some(confidence) = change.confidence {
                    said.push("confidence".to_owned());
                    rule.confidence = confidence;
                }
                if let Some(narrow) = &narrow {
                    said.push("narrowed".to_owned());
                    let whole = super::condition::Condition::All(vec![rule.condition.clone(), narrow.clone()]);
                    rule.condition = whole;
                    // What the rule said of its examples need not hold any more.
                    rule.examples.clear();
                }
                rule.overrides.push(format!("{pack}: {}: {}", said.join(", "), change.reason.get_ref()));
            }
        }
    }
}

fn check_id(id: &Spanned<String>, problems: &mut Problems) {
    let text = id.get_ref();
    let fits = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 64;
    if !fits && !text.is_empty() && text != "-" {
        let problem = Problem::new(Code::WrongValue, id.span(), format!("`{text}` cannot be an id"));
        problems.push(problem.help("lower-case letters, digits and `-`, beginning with a letter, at most 64"));
    }
}
