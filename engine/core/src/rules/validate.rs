//! From a pack as written to a pack that may judge.

use super::allow::{Admitted, AllowEntry, AllowList, Calls};
use super::builtin::{self, Builtin};
use super::catalogue::Catalogue;
use super::error::{Code, PackError, Problem};
use super::examples::{self, Example};
use super::marks::{EntryMarks, ListMarks, RuleMarks};
use super::names::Names;
use super::overrides;
use super::pack::{Mode, Pack, Profile, Reading, Rule, Unknown};
use super::read::{Node, Problems, Table, Value, wrong};
use super::read_condition::{Reader, names_of};
use super::read_join;
use super::suggest;
use super::taxonomy::{Taxonomy, Threat};
use super::written;
use crate::report::{Confidence, Severity, TimeOfEffect};
use crate::source::hex;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use toml::Spanned;

/// What a pack is held against, and where it came from.
pub struct Validator<'a> {
    pub names: &'a Names,
    pub taxonomy: &'a Taxonomy,
    pub origin: &'a str,
    pub text: &'a Arc<str>,
    /// What is built in, if it is that: its patterns were compiled by a test.
    pub builtin: Option<&'a Builtin>,
    /// Whether anybody asks where things stand.
    pub linting: bool,
}

impl Validator<'_> {
    /// Validates a pack; `bases` are the packs that it extends, in order.
    pub fn pack(&self, written: written::Pack<'_>, bases: &[Arc<Pack>], mut problems: Problems) -> Result<Pack, Box<PackError>> {
        self.header(&written.id, written.vocabulary.as_ref(), written.engine.as_ref(), &mut problems);
        self.version(&written.version, &mut problems);
        let id = written.id.get_ref().clone();
        let shared: Arc<str> = id.as_str().into();
        let names = written.names.unwrap_or_default();
        let reader = self.reader(written.lists, names, &mut problems);
        let mode = written.mode.unwrap_or(Mode::Blocklist);
        let (mut rules, mut allow): (Vec<Arc<Rule>>, _) = (Vec::new(), AllowList::default());
        let mut taken: HashMap<String, usize> = HashMap::new();
        for (base, name) in bases.iter().zip(&written.extends) {
            if base.mode == Mode::Allowlist && mode == Mode::Blocklist {
                let message = format!("`{}` is an allowlist: a blocklist cannot extend it", base.id);
                problems.push(Problem::new(Code::WrongValue, name.span(), message));
            }
            // What a pack takes over, it judges by itself.
            for rule in &base.rules {
                match taken.get(&rule.id).map(|&at| &rules[at]) {
                    None => {
                        taken.insert(rule.id.clone(), rules.len());
                        rules.push(Arc::new(Rule { pack: id.clone(), ..(**rule).clone() }));
                    }
                    // Both extend the pack that it is written in, and neither changes it.
                    Some(known) if known.source == rule.source && known.overrides == rule.overrides => {}
                    Some(known) => {
                        let message = format!("`{}` and another pack that is extended both have a rule `{}`", base.id, rule.id);
                        let help =
                            format!("one is of `{}`, the other of `{}`: rename one, or extend one of the packs only", known.source, rule.source);
                        problems.push(Problem::new(Code::Duplicate, name.span(), message).help(help));
                    }
                }
            }
            base.allow.entries().iter().for_each(|entry| allow.push(self.names, entry.clone()));
            base.allow.catalogues().iter().for_each(|catalogue| allow.push_catalogue(catalogue.clone()));
        }
        let mut unknown = match (written.unknown, mode) {
            (Some(unknown), _) => self.unknown(&id, unknown, &mut problems),
            (None, Mode::Allowlist) => self.default_unknown(&id, bases),
            (None, Mode::Blocklist) => None,
        };
        let disabled =
            overrides::apply(&id, written.overrides, overrides::Changed { rules: &mut rules, unknown: &mut unknown }, &reader, &mut problems);
        let mut known: HashSet<String> = rules.iter().map(|rule| rule.id.clone()).collect();
        let mut first: HashMap<String, usize> = HashMap::new();
        for rule in written.rules {
            if !known.insert(rule.id.get_ref().clone()) {
                let message = format!("there is already a rule `{}`", rule.id.get_ref());
                let problem = Problem::new(Code::Duplicate, rule.id.span(), message);
                problems.push(match first.get(rule.id.get_ref()) {
                    Some(&at) => problem.help(format!("the first is in line {}: rename one of them", super::error::position(self.text, at).0)),
                    None => problem.help("it is of a pack that this one extends: to change it, write an override"),
                });
            }
            if self.builtin.is_none() {
                first.entry(rule.id.get_ref().clone()).or_insert(rule.id.span().start);
            }
            reader.mark(|marks| drop(marks.rules.insert(rule.id.get_ref().clone(), rule_marks(&rule))));
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
            reader.mark(|marks| {
                let names = entry.names.as_ref().map_or(entry.span.clone(), Spanned::span);
                marks.allow.push(EntryMarks { module: entry.module.span(), names, reason: entry.reason.span() });
            });
            if let Some(entry) = self.allow(&shared, entry, &reader, &mut problems) {
                allow.push(self.names, Arc::new(entry));
            }
        }
        if problems.is_empty() {
            return Ok(Pack {
                version: written.version.into_inner(),
                title: written.title.into_inner(),
                mode,
                names,
                layers: written.layers,
                rules,
                disabled,
                unknown: unknown.map(Arc::new),
                sha256: self.sha256(bases),
                allow: Arc::new(allow),
                marks: Arc::new(reader.marks.map(RefCell::into_inner).unwrap_or_default()),
                id,
            });
        }
        Err(Box::new(PackError::new(self.origin, self.text, problems)))
    }

    /// Validates a profile; `packs` are those that it names, in order.
    ///
    /// `inherited` is what a profile among them says of what no pack lists.
    pub fn profile(
        &self,
        written: written::Profile<'_>,
        mut packs: Vec<Arc<Pack>>,
        inherited: Option<Arc<Unknown>>,
        mut problems: Problems,
    ) -> Result<Profile, Box<PackError>> {
        self.header(&written.id, None, written.engine.as_ref(), &mut problems);
        self.version(&written.version, &mut problems);
        let id = written.id.get_ref().clone();
        let reader = self.reader(Vec::new(), Reading::default(), &mut problems);
        let mut unknown = match written.unknown {
            Some(unknown) => self.unknown(&id, unknown, &mut problems),
            None => inherited.or_else(|| packs.iter().find_map(|pack| pack.unknown.clone())).map(|unknown| (*unknown).clone()),
        };
        if !written.overrides.is_empty() {
            // A rule is named by its id, in whichever pack of the profile it stands.
            let mut all: Vec<Arc<Rule>> = packs.iter().flat_map(|pack| pack.rules.iter().cloned()).collect();
            let changed = overrides::Changed { rules: &mut all, unknown: &mut unknown };
            let disabled = overrides::apply(&id, written.overrides, changed, &reader, &mut problems);
            let mut by_pack: HashMap<String, Vec<Arc<Rule>>> = HashMap::new();
            for rule in all {
                by_pack.entry(rule.pack.clone()).or_default().push(rule);
            }
            for pack in &mut packs {
                let rules = by_pack.remove(&pack.id).unwrap_or_default();
                let gone = disabled.iter().filter(|gone| gone.pack == pack.id).cloned();
                let disabled = pack.disabled.iter().cloned().chain(gone).collect();
                *pack = Arc::new(Pack { rules, disabled, ..(**pack).clone() });
            }
        }
        if problems.is_empty() {
            return Ok(Profile {
                version: written.version.into_inner(),
                title: written.title.into_inner(),
                sha256: self.sha256(&packs),
                packs,
                unknown: unknown.map(Arc::new),
                id,
            });
        }
        Err(Box::new(PackError::new(self.origin, self.text, problems)))
    }

    /// Of the text; where it builds on packs, of its hash followed by theirs.
    fn sha256(&self, bases: &[Arc<Pack>]) -> String {
        let own = self.builtin.map_or_else(|| hex(&Sha256::digest(self.text.as_bytes())), |builtin| builtin.sha256.to_owned());
        if bases.is_empty() {
            return own;
        }
        let mut hash = Sha256::new();
        hash.update(own.as_bytes());
        bases.iter().for_each(|base| hash.update(base.sha256.as_bytes()));
        hex(&hash.finalize())
    }

    /// A version is for comparing: it begins with a number.
    fn version(&self, version: &Spanned<String>, problems: &mut Problems) {
        let text = version.get_ref();
        let fits = text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_alphanumeric() || ".+-_".contains(c));
        if self.builtin.is_none() && !fits && !text.is_empty() && text != "-" {
            let problem = Problem::new(Code::WrongValue, version.span(), format!("`{text}` is not a version"));
            problems.push(problem.help("numbers with dots between them, like \"1.0.0\""));
        }
    }

    fn header(&self, id: &Spanned<String>, vocabulary: Option<&Spanned<u64>>, engine: Option<&Spanned<String>>, problems: &mut Problems) {
        check_id(id, problems);
        if let Some(engine) = engine {
            let ours = version(env!("CARGO_PKG_VERSION"));
            match version(engine.get_ref()) {
                None => problems.push(
                    Problem::new(Code::WrongValue, engine.span(), format!("`{}` is not a version", engine.get_ref()))
                        .help(format!("the oldest version that the pack works with, like {}", env!("CARGO_PKG_VERSION"))),
                ),
                asked if asked > ours => problems.push(
                    Problem::new(Code::Engine, engine.span(), format!("this pack asks for weighbridge {} or newer", engine.get_ref()))
                        .label(format!("this one is {}", env!("CARGO_PKG_VERSION")))
                        .help("use a newer weighbridge, or an older version of the pack"),
                ),
                Some(_) => {}
            }
        }
        if let Some(vocabulary) = vocabulary {
            let ours = u64::from(weighbridge_abi::VOCABULARY);
            if !(1..=ours).contains(vocabulary.get_ref()) {
                let message = format!("this engine speaks vocabulary 1 to {ours}");
                let problem = Problem::new(Code::Vocabulary, vocabulary.span(), message);
                problems.push(problem.help("use a newer weighbridge, or write the pack for an older vocabulary"));
            }
        }
    }

    fn reader<'t>(&self, lists: Vec<(super::read::Key<'t>, Node<'t>)>, names: Reading, problems: &mut Problems) -> Reader<'_> {
        let mut reader = Reader {
            names: self.names,
            lists: BTreeMap::new(),
            trusted: self.builtin.is_some(),
            exact: names == Reading::Exact,
            marks: self.linting.then(RefCell::default),
        };
        for (name, node) in lists {
            // A list may use lists before it (in the order of their names) and the common ones.
            let texts = reader.expanded(names_of(node, "a list holds text", problems), problems).into_iter().map(Spanned::into_inner).collect();
            reader.mark(|marks| marks.lists.push(ListMarks { name: name.get_ref().to_string(), span: name.span(), used: false }));
            if reader.lists.insert(name.get_ref().to_string(), texts).is_some() {
                problems.push(Problem::new(Code::Duplicate, name.span(), "this list is there twice"));
            }
        }
        reader
    }

    fn threat(&self, id: &Spanned<String>, problems: &mut Problems) -> Option<Arc<Threat>> {
        let threat = self.taxonomy.threats.get(id.get_ref()).cloned();
        if threat.is_none() && !id.get_ref().is_empty() {
            let message = format!("`{}` is not a threat type of the taxonomy", id.get_ref());
            let mut problem = Problem::new(Code::UnknownThreat, id.span(), message);
            let known = || self.taxonomy.threats.keys().map(String::as_str);
            problem.help = suggest::help(id.get_ref(), known()).or_else(|| Some(format!("there are {}", known().collect::<Vec<_>>().join(", "))));
            problems.push(problem);
        }
        threat
    }

    fn rule(&self, pack: &str, written: written::Rule<'_>, reader: &Reader<'_>, problems: &mut Problems) -> Option<Rule> {
        check_id(&written.id, problems);
        let threat = self.threat(&written.threat, problems);
        let condition = written.condition.and_then(|node| reader.condition(node, &[], problems));
        let span = written.id.span();
        let written::Rule { scope, with, without, same, .. } = written;
        let joins = read_join::joins(read_join::Written { scope, span, with, without, same }, condition.as_ref(), reader, problems);
        let examples = written.examples.into_iter().filter_map(|example| self.example(example, reader, problems)).collect();
        Some(Rule {
            id: written.id.into_inner(),
            pack: pack.to_owned(),
            source: pack.to_owned(),
            title: written.title.into_inner(),
            severity: written.severity?,
            confidence: written.confidence.unwrap_or(Confidence::High),
            threat: threat?,
            scope,
            effect: written.effect.unwrap_or(TimeOfEffect::Load),
            why: written.why.into_inner(),
            how: written.how.map(Spanned::into_inner).unwrap_or_default(),
            remedy: written.remedy.into_inner(),
            references: written.references.into_iter().map(Spanned::into_inner).collect(),
            unless_allowed: written.unless_allowed,
            examples,
            overrides: Vec::new(),
            condition: condition?,
            joins,
        })
    }

    fn example(&self, written: written::Example<'_>, reader: &Reader<'_>, problems: &mut Problems) -> Option<Example> {
        let parent = match written.parent {
            Some(node) => Some(examples::fact(node, 1, None, reader, problems)?),
            None => None,
        };
        let fact = examples::fact(written.fact?, 2, parent.as_ref().map(|parent| parent.id), reader, problems)?;
        let others = written.others.into_iter().zip(3..);
        let others = others.filter_map(|(node, id)| examples::fact(node, id, None, reader, problems)).collect();
        let file = match written.file {
            Some(node) => Some(examples::file(node, reader, problems)?),
            None => None,
        };
        Some(Example { fact, parent, others, file, matches: written.matches })
    }

    fn allow(&self, pack: &Arc<str>, written: written::Allow<'_>, reader: &Reader<'_>, problems: &mut Problems) -> Option<AllowEntry> {
        let module = written.module.get_ref();
        let (module, below) = super::name_map::below(module);
        if module.is_empty() || module.contains('*') {
            let problem = Problem::new(Code::WrongValue, written.module.span(), "this is not a module");
            problems.push(problem.help("a module as it is imported; `library.**` is it and every module below"));
        }
        let node = written.names?;
        let span = node.span();
        let names = match node.get_ref() {
            Value::String(text) if &**text == "*" => Admitted::All,
            Value::Array(_) => {
                let names = reader.expanded(names_of(node, "names have to be text", problems), problems);
                Admitted::named(names.into_iter().map(Spanned::into_inner).collect())
            }
            Value::Table(_) => {
                let mut table = Table::of(node, "names", problems)?;
                let text = table.required_prose("regex", problems);
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
                Value::Boolean(false) => Calls::Never,
                Value::Boolean(true) => Calls::Any,
                Value::String(text) if &**text == "new" => Calls::New,
                other => {
                    let problem = wrong(other, node.span(), "`call` is true, false or \"new\"");
                    problems.push(problem.help("\"new\" admits making an object without running its constructor"));
                    return None;
                }
            },
        };
        let call = ["call".to_owned()];
        Some(AllowEntry {
            pack: pack.clone(),
            module: module.to_owned(),
            below,
            exact: reader.exact,
            calls,
            library: written.library.map(Spanned::into_inner).unwrap_or_default(),
            reason: written.reason.into_inner(),
            seen_in: written.seen_in.into_iter().map(Spanned::into_inner).collect(),
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
            overrides: Vec::new(),
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
            threat: self.taxonomy.threats.get("suspicious_global")?.clone(),
            why: "Loading the file imports or calls this, and the allowlist does not name it.".into(),
            remedy: "Find out where the file comes from and what this does; add it to the list only then.".into(),
            references: Vec::new(),
            overrides: Vec::new(),
        })
    }
}

fn rule_marks(rule: &written::Rule<'_>) -> RuleMarks {
    RuleMarks {
        id: rule.id.span(),
        title: rule.title.span(),
        condition: rule.condition.as_ref().map_or(rule.id.span(), Spanned::span),
        why: rule.why.span(),
        remedy: rule.remedy.span(),
        references: rule.references.iter().map(|reference| (reference.get_ref().to_string(), reference.span())).collect(),
        examples: rule.examples.iter().map(|example| example.span.clone()).collect(),
    }
}

/// A version's numbers; missing ones are 0.
fn version(text: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    let mut parts = text.split('.');
    for (number, part) in numbers.iter_mut().zip(&mut parts) {
        *number = part.parse().ok()?;
    }
    (parts.next().is_none() && !text.is_empty()).then_some(numbers)
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
