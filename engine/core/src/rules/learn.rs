//! Learning an allowlist from models that somebody trusts.
//!
//! What the default profile denies is never learned, however often it is seen, nor is a name that is only partly known: those are for a person to decide.
//! A name that is harmless with some arguments only is learned with the calls that were seen.

use super::allow::AllowEntry;
use super::error::RulesError;
use super::evaluate::{is_name, name_field, names_class};
use super::evidence;
use super::judge::RuleSet;
use super::library::Library;
use super::render::quoted;
use crate::fact::{Fact, Value};
use crate::limits::{LEARNED_CALLS, LEARNED_FILES};
use crate::record::FileFacts;
use crate::report::Severity;
use std::collections::{BTreeMap, BTreeSet};

/// The profile that says what is dangerous.
const DEFAULT: &str = "default";

/// The packs of the default profile that deny; a test holds the list to it.
pub(super) const BLOCKLISTS: [&str; 18] = [
    "known-dangerous",
    "file-anomalies",
    "python-code",
    "configuration",
    "templates",
    "keras",
    "onnx",
    "r-code",
    "stray-code",
    "scripts",
    "java",
    "xml",
    "skops",
    "tree-models",
    "other-frameworks",
    "torchscript",
    "known-operators",
    "tensorflow",
];

/// Module and name.
type Name = (String, String);

/// What is seen of one name.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// Calls that run what is called.
    called: bool,
    /// Calls that make an object without its constructor.
    made: bool,
    /// Whether harm depends on the arguments.
    conditional: bool,
    /// Then: whole calls as text.
    calls: BTreeSet<String>,
    /// And whether one of them is not known in full.
    vague: bool,
    /// Conditions under which entries of the default profile admit the calls that were seen, for when they are too many to be listed.
    conditions: BTreeSet<String>,
    /// And whether none admits one of them.
    unadmitted: bool,
    library: String,
}

/// What one file has to teach.
#[derive(Debug, Clone, Default)]
pub struct Lesson {
    names: BTreeMap<Name, Seen>,
    /// Why a name is not learned.
    refused: BTreeMap<Name, String>,
    /// Findings that no allow entry can speak of, by rule.
    other: BTreeSet<String>,
}

/// Who looks at files.
#[derive(Debug)]
pub struct Teacher {
    rules: RuleSet,
}

/// An entry that was learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// Of the name.
    pub module: String,
    /// Of the name.
    pub name: String,
    /// Paths of files, in order.
    pub seen_in: Vec<String>,
    /// `none`, `new` or `any`.
    pub calls: &'static str,
    /// The library that it belongs to.
    pub library: String,
    /// Which calls are admitted, where that matters: a condition as a pack writes it.
    pub when: Option<String>,
}

/// A name that a person has to decide on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// Of the name; may be empty where it is not known.
    pub module: String,
    /// Of the name.
    pub name: String,
    /// Why it was not learned.
    pub why: String,
    /// Paths of files, in order.
    pub seen_in: Vec<String>,
}

/// All lessons together.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// What was learned, by module and name.
    pub learned: Vec<Learned>,
    /// What was not.
    pub undecided: Vec<Undecided>,
    /// Rules that find something that an allowlist does not speak of, each with the paths of the files, in order.
    pub other: Vec<(String, Vec<String>)>,
    /// Files.
    pub files: usize,
}

impl Teacher {
    /// With the default profile.
    pub fn new(library: &Library) -> Result<Self, RulesError> {
        Ok(Teacher { rules: library.rule_set(&[DEFAULT])? })
    }

    /// Looks at one file.
    pub fn lesson(&self, facts: &FileFacts, path: &str) -> Lesson {
        let mut lesson = Lesson::default();
        let unknown: BTreeSet<&str> = self.rules.unknowns().map(|unknown| unknown.id.as_str()).collect();
        let mut denied: BTreeMap<Name, String> = BTreeMap::new();
        for finding in self.rules.judge(facts, path).iter().filter(|finding| !unknown.contains(finding.rule_id.as_str())) {
            let says = format!("{} ({}, {})", finding.title, finding.rule_id, finding.severity.name());
            let named = facts.facts.iter().any(|fact| is_asked(fact) && shown(fact) == (finding.module_name.clone(), finding.operator_name.clone()));
            if !named {
                lesson.other.insert(says);
            } else if finding.severity >= Severity::Medium {
                denied.entry((finding.module_name.clone(), finding.operator_name.clone())).or_insert(says);
            }
        }
        for fact in facts.facts.iter().filter(|fact| is_asked(fact)) {
            let name = (fact.text("module").unwrap_or_default().to_owned(), named(fact).unwrap_or_default().to_owned());
            if let Some(why) = denied.get(&shown(fact)) {
                lesson.refused.insert(name, why.clone());
            } else if fact.text("resolved").is_some_and(|resolved| resolved != "exact") || name.0.is_empty() {
                lesson.refused.entry(name).or_insert_with(|| "its name is put together while the file is loaded".into());
            } else {
                self.learn(facts, fact, lesson.names.entry(name).or_default());
            }
        }
        lesson.names.retain(|name, _| !lesson.refused.contains_key(name));
        lesson
    }

    fn learn(&self, facts: &FileFacts, fact: &Fact, seen: &mut Seen) {
        let standing = self.rules.standing(fact);
        if seen.library.is_empty() {
            seen.library = standing.library.unwrap_or_default();
        }
        if fact.kind == "layer" {
            // It is made or called, with what is not known.
            seen.called = true;
            seen.conditional |= standing.conditional;
            seen.vague |= standing.conditional;
            seen.unadmitted |= standing.conditional;
        }
        if fact.kind != "call" {
            return;
        }
        if super::allow::makes_only(fact) {
            seen.made = true;
            return;
        }
        seen.called = true;
        if !standing.conditional {
            return;
        }
        match self.rules.admitting(facts, fact) {
            // What is admitted anyway need not be narrowed.
            Some(AllowEntry { when: None, .. }) => return,
            Some(AllowEntry { when: Some(when), .. }) => drop(seen.conditions.insert(format!("{when:#}"))),
            None => seen.unadmitted = true,
        }
        seen.conditional = true;
        match fact.field("text") {
            Some(value @ Value::Text(text, _)) if !value.is_truncated() && !text.is_empty() => drop(seen.calls.insert(text.clone())),
            _ => seen.vague = true,
        }
    }
}

impl Course {
    /// Puts the lessons of many files together; each comes with its file's path.
    pub fn of(mut lessons: Vec<(String, Lesson)>) -> Self {
        lessons.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut course = Course { files: lessons.len(), ..Course::default() };
        let mut names: BTreeMap<Name, (Seen, Vec<String>)> = BTreeMap::new();
        let mut refused: BTreeMap<Name, (String, Vec<String>)> = BTreeMap::new();
        let mut other: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, lesson) in lessons {
            for (name, seen) in lesson.names {
                let (all, paths) = names.entry(name).or_default();
                all.called |= seen.called;
                all.made |= seen.made;
                all.conditional |= seen.conditional;
                all.vague |= seen.vague;
                all.unadmitted |= seen.unadmitted;
                all.conditions.extend(seen.conditions);
                all.calls.extend(seen.calls);
                if all.library.is_empty() {
                    all.library = seen.library;
                }
                paths.push(path.clone());
            }
            for (name, why) in lesson.refused {
                refused.entry(name).or_insert_with(|| (why, Vec::new())).1.push(path.clone());
            }
            for rule in lesson.other {
                other.entry(rule).or_default().push(path.clone());
            }
        }
        for (name, (seen, paths)) in names {
            // What is dangerous in one file is learned from none.
            if let Some((_, more)) = refused.get_mut(&name) {
                more.extend(paths);
                more.sort();
                continue;
            }
            if seen.conditional && seen.when().is_none() {
                let why = "what it does depends on its arguments, and these are too many or too long to be listed".to_owned();
                refused.insert(name, (why, paths));
                continue;
            }
            let calls = match (seen.called, seen.made) {
                (true, _) => "any",
                (false, true) => "new",
                (false, false) => "none",
            };
            let (module, name) = name;
            let when = seen.when();
            let library = if seen.library.is_empty() { module.split('.').next().unwrap_or_default().to_owned() } else { seen.library };
            course.learned.push(Learned { module, name, seen_in: paths, calls, library, when });
        }
        course.undecided = refused.into_iter().map(|((module, name), (why, seen_in))| Undecided { module, name, why, seen_in }).collect();
        course.other = other.into_iter().collect();
        course
    }

    /// The pack, as text.
    pub fn pack(&self, id: &str) -> String {
        let mut text = String::new();
        let models = if self.files == 1 { "one model".to_owned() } else { format!("{} models", self.files) };
        let mut line = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        line(format!("# Learned by weighbridge {} from {models}. Whoever made them chose what they load:", env!("CARGO_PKG_VERSION")));
        line("# read each entry before this pack admits it for everybody.".into());
        if !self.undecided.is_empty() {
            line("#".into());
            line("# Not learned, and left for a person to decide:".into());
            for undecided in &self.undecided {
                let name = [&*undecided.module, &*undecided.name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
                let name = if name.is_empty() { "a name that is not known".into() } else { evidence::name(&name) };
                line(format!("#   {name}: {}, in {}", undecided.why, some(&undecided.seen_in)));
            }
        }
        line("#".into());
        line("# It speaks of what pickles import and call, and of classes that configurations name. Other things that a model may do are for rules to find:".into());
        line(format!(
            "# judge by a profile that has it beside them (`{id}-profile.toml` in this folder, and `weighbridge scan --rules {id}-profile.toml`):"
        ));
        line("#".into());
        profile(id).lines().for_each(|text| line(format!("#     {text}").trim_end().to_owned()));
        line(String::new());
        line("[pack]".into());
        line(format!("id = {}", quoted(id)));
        line("version = \"1.0.0\"".into());
        line(format!("title = {}", quoted(&format!("What {models} load"))));
        line("mode = \"allowlist\"".into());
        line(format!("vocabulary = {}", weighbridge_abi::VOCABULARY));
        line("layers = true".into());
        for entry in &self.learned {
            line(String::new());
            line("[[allow]]".into());
            line(format!("module = {}", quoted(&entry.module)));
            line(format!("names = [{}]", quoted(&entry.name)));
            match entry.calls {
                "any" => line("call = true".into()),
                "new" => line("call = \"new\"".into()),
                _ => {}
            }
            if let Some(when) = &entry.when {
                line(format!("when = {{ {when} }}"));
            }
            line(format!("library = {}", quoted(&entry.library)));
            let called = match entry.calls {
                "any" => "imported and called",
                "new" => "imported, and objects made of it",
                _ => "imported",
            };
            line(format!("reason = {}", quoted(&format!("learned from trusted models, in which it is {called}"))));
            let seen: Vec<String> = entry.seen_in.iter().take(LEARNED_FILES).map(|path| quoted(path)).collect();
            line(format!("seen_in = [{}]", seen.join(", ")));
        }
        text
    }
}

impl Seen {
    /// The condition under which the calls are admitted: those that were seen, or, where these are too many, what the default profile asks of them.
    fn when(&self) -> Option<String> {
        if !self.conditional {
            return None;
        }
        if !self.vague && self.calls.len() <= LEARNED_CALLS {
            let calls: Vec<String> = self.calls.iter().map(|call| quoted(call)).collect();
            return Some(format!("text = [{}]", calls.join(", ")));
        }
        let conditions: Vec<&str> = self.conditions.iter().map(String::as_str).collect();
        match conditions.as_slice() {
            _ if self.unadmitted => None,
            [one] => Some((*one).to_owned()),
            all => Some(format!("any = [ {} ]", all.iter().map(|one| format!("{{ {one} }}")).collect::<Vec<_>>().join(", "))),
        }
    }
}

/// Some paths, and how many more there are.
fn some(paths: &[String]) -> String {
    const SOME: usize = 3;
    let shown: Vec<String> = paths.iter().take(SOME).map(|path| evidence::name(path)).collect();
    match paths.len().saturating_sub(SOME) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The profile that a learned pack judges best in: what is dangerous is found as such, and of names those alone are admitted that were learned.
pub fn profile(id: &str) -> String {
    let blocklists = BLOCKLISTS.map(quoted).join(", ");
    format!(
        "[profile]\nid = {}\nversion = \"1.0.0\"\ntitle = \"What is dangerous, and what is not on our list\"\npacks = [{blocklists}, {}]\n",
        quoted(&format!("{}-profile", id.chars().take(64 - "-profile".len()).collect::<String>())),
        quoted(&format!("{id}.toml"))
    )
}

/// Whether a learned pack speaks of a fact.
fn is_asked(fact: &Fact) -> bool {
    is_name(fact) || names_class(fact)
}

fn named(fact: &Fact) -> Option<&str> {
    fact.text(name_field(fact)?)
}

fn shown(fact: &Fact) -> Name {
    (fact.text("module").map(evidence::name).unwrap_or_default(), named(fact).map(evidence::name).unwrap_or_default())
}
