use super::{Lint, Notes, Subject};
use crate::fact::{Fact, InputId, Place, Value};
use crate::record::{FileFacts, Record, Sink};
use crate::report::Severity;
use crate::rules::allow::{Admitted, AllowEntry, Calls};
use crate::rules::condition::Condition;
use crate::rules::judge::RuleSet;
use crate::rules::name_map::Members;
use crate::rules::names::{Names, prefixes};
use std::collections::{BTreeSet, HashMap};

/// The pack of what no allowlist should admit without a thought.
const DANGEROUS: &str = "known-dangerous";

/// Names of one entry that are looked up.
const NAMES: usize = 1_000;

/// Names that stand for those of a module that is dangerous as a whole: one of them is as good as the other.
const ANY: &str = "any_name";

/// An entry that admits what executes. Beside a blocklist it does nothing, alone it opens the door.
pub struct DeniedEntry;

impl Lint for DeniedEntry {
    fn id(&self) -> &'static str {
        "entry-dangerous"
    }

    fn finds(&self) -> &'static str {
        "an entry that admits what executes. Beside a blocklist it does nothing, alone it opens the door"
    }

    fn asks(&self) -> &'static str {
        "take it out, or admit only the names or arguments that are meant (names = [ … ], when = { … })"
    }

    fn check(&self, subject: &Subject<'_>, notes: &mut Notes) {
        let marks = &subject.pack.marks.allow;
        let own = subject.pack.allow().len().saturating_sub(marks.len());
        let Ok(rules) = subject.library.rule_set(&[DANGEROUS]) else { return };
        let mut listed = None;
        for (entry, marks) in subject.pack.allow()[own..].iter().zip(marks) {
            if entry.when.is_some() {
                continue;
            }
            let worst = |module: &str, name: &str| {
                let findings = rules.judge(&file(entry, module, name), "");
                findings.first().filter(|finding| finding.severity >= Severity::High).map(|worst| format!("{} ({})", worst.title, worst.rule_id))
            };
            if let Admitted::Named(names) = &entry.names
                && !entry.below
            {
                for name in names.iter().take(NAMES) {
                    if let Some(worst) = worst(&entry.module, name) {
                        notes.push(&marks.names, format!("`{}.{name}` is dangerous: {worst}", entry.module), self.asks());
                    }
                }
                continue;
            }
            // What an entry admits that does not list names, or not of one module: the names that are known to be dangerous are tried.
            let listed = listed.get_or_insert_with(|| Dangerous::of(&rules, subject.library.names()));
            let found =
                listed.admitted(entry, subject.library.names()).find_map(|(module, name)| Some((format!("{module}.{name}"), worst(module, name)?)));
            if let Some((name, worst)) = found {
                notes.push(&marks.names, format!("this admits `{name}`, which is dangerous: {worst}"), self.asks());
            }
        }
    }
}

/// Callables that the pack lists: names by module, under every name that the module has.
struct Dangerous(HashMap<String, BTreeSet<String>>);

impl Dangerous {
    fn of(rules: &RuleSet, names: &Names) -> Self {
        let mut all: HashMap<String, BTreeSet<String>> = HashMap::new();
        for rule in rules.rules().filter(|rule| rule.severity >= Severity::High) {
            for_each_list(&rule.condition, &mut |module, members| {
                for module in names.aliased(module) {
                    let known = all.entry(module).or_default();
                    known.extend(members.names().filter(|name| !name.contains('.')).map(str::to_owned));
                    match members {
                        Members::All => drop(known.insert(ANY.to_owned())),
                        Members::Matching(pattern) => known.extend(pattern.some_matches()),
                        Members::Named(_) | Members::Joined(_) => {}
                    }
                }
            });
        }
        Dangerous(all)
    }

    /// Those that an entry admits.
    fn admitted<'a>(&'a self, entry: &'a AllowEntry, names: &Names) -> impl Iterator<Item = (&'a str, &'a str)> {
        let meant = names.aliased(&entry.module);
        let is_below = |module: &str| entry.below && prefixes(module).any(|(prefix, _)| prefix == entry.module);
        // A module below one that is dangerous as a whole is dangerous too.
        let above = prefixes(&entry.module).skip(1).filter(|(prefix, _)| self.0.get(*prefix).is_some_and(|names| names.contains(ANY)));
        let above = above.map(|_| (entry.module.as_str(), ANY));
        let modules = self.0.iter().filter(|(module, _)| meant.contains(module) || is_below(module));
        let mut found: Vec<(&str, &str)> = modules.flat_map(|(module, names)| names.iter().map(|name| (module.as_str(), name.as_str()))).collect();
        found.sort_unstable();
        let names = move |name: &str| match &entry.names {
            Admitted::All => true,
            Admitted::Named(names) => names.iter().any(|known| **known == *name),
            Admitted::Matching(pattern) => pattern.is_match(name),
        };
        found.into_iter().chain(above).filter(move |(_, name)| names(name))
    }
}

/// Lists of callables for which a condition may hold.
fn for_each_list(condition: &Condition, each: &mut impl FnMut(&str, &Members)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| for_each_list(part, each)),
        Condition::Globals(set) => set.listed.0.iter().for_each(|(module, members)| each(module, members)),
        _ => {}
    }
}

/// A file that does what the entry admits.
fn file(entry: &AllowEntry, module: &str, name: &str) -> FileFacts {
    let kind = if entry.calls == Calls::Never { "global" } else { "call" };
    let text = |field: &str, text: &str| (field.to_owned(), Value::text(text));
    let mut fields = vec![text("module", module), text("name", name), text("resolved", "exact")];
    if kind == "call" {
        let opcode = if entry.calls == Calls::New { "NEWOBJ" } else { "REDUCE" };
        fields.extend([text("opcode", opcode), ("args_omitted".to_owned(), Value::U64(1))]);
    }
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    let places = vec![Place { input: InputId(0), offset: 0, length: 0 }];
    let mut file = FileFacts::default();
    file.record(Record::Fact(Fact { id: 1, kind: kind.into(), parent: None, fields, places, count: 1, plugin: "example".into() }));
    file
}
