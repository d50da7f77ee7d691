//! Calls of names that nobody chose with a rule in mind, as the default profile judges them.
//!
//! `tests/peers/recall` lists the names: random callables of installed packages, and those of the standard library that execute, write, fetch or import.

use crate::support::{facts, root, rules};
use std::collections::BTreeMap;
use std::fmt::Write;
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::Severity;
use weighbridge_core::rules::{Entry, Library, Mode as PackMode, RuleSet};
use weighbridge_core::scan::Mode;

/// Share of the standard library's callables with an effect that has to be found at high or above, in percent.
const FOUND: usize = 90;
/// Share of random callables that may be admitted, in percent: what known-good admits is a small part of any library.
const ADMITTED: usize = 3;

/// A callable.
struct Callable {
    library: String,
    /// `random`, or its effect.
    kind: String,
    module: String,
    name: String,
}

impl Callable {
    fn path(&self) -> String {
        format!("{} {}", self.module, self.name)
    }

    /// Module and name as a file may give them: as pickle writes them, and with the border between both moved by one. An unpickler follows
    /// dots in names, so that `os` `path.join` is `os.path` `join`; a class in the module's place is what tools make of a method.
    fn splits(&self) -> Vec<(String, String)> {
        let mut splits = vec![(self.module.clone(), self.name.clone())];
        if let Some((class, method)) = self.name.rsplit_once('.') {
            splits.push((format!("{}.{class}", self.module), method.to_owned()));
        } else if let Some((parent, last)) = self.module.rsplit_once('.') {
            splits.push((parent.to_owned(), format!("{last}.{}", self.name)));
        }
        splits
    }
}

fn names() -> Vec<Callable> {
    let text = std::fs::read_to_string(root("tests/peers/recall/names.tsv")).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let [library, kind, module, name] = line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
        Callable { library, kind, module, name }
    })
    .collect()
}

/// A pickle that imports a name and calls it.
fn call(module: &str, name: &str) -> Vec<u8> {
    let mut pickle = b"\x80\x04".to_vec();
    for text in [module, name] {
        pickle.extend([0x8c, u8::try_from(text.len()).unwrap()]);
        pickle.extend(text.as_bytes());
    }
    pickle.extend(b"\x93\x8c\x10echo weighbridge\x85R.");
    pickle
}

fn seen(module: &str, name: &str) -> FileFacts {
    let facts = facts("model.pkl", &call(module, name), Mode::Quick);
    assert!(facts.facts.iter().any(|fact| fact.kind == "call"), "the call of {module} {name} is not seen");
    facts
}

fn worst(rules: &RuleSet, facts: &FileFacts) -> Option<Severity> {
    rules.judge(facts, "model.pkl").iter().map(|finding| finding.severity).max()
}

/// The weakest thing that is said of a callable, over the ways to spell it.
fn weakest(callable: &Callable) -> Option<Severity> {
    callable.splits().iter().map(|(module, name)| worst(rules(), &seen(module, name))).min().unwrap()
}

#[test]
fn what_a_model_has_no_business_to_call_is_found() {
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut severities, mut missed) = (BTreeMap::<_, usize>::new(), String::new());
    for callable in names().into_iter().filter(|callable| callable.kind != "random") {
        let (found, all) = kinds.entry(callable.kind.clone()).or_default();
        *all += 1;
        let weakest = weakest(&callable);
        *severities.entry(weakest.map_or("nothing", Severity::name)).or_default() += 1;
        match weakest {
            Some(severity) if severity >= Severity::High => *found += 1,
            severity => writeln!(missed, "{}\t{}\t{}", callable.kind, callable.path(), severity.map_or("nothing", Severity::name)).unwrap(),
        }
    }
    let (found, all) = kinds.values().fold((0, 0), |(found, all), kind| (found + kind.0, all + kind.1));
    eprintln!("{found} of {all} at high or above, by effect: {kinds:?}, by severity: {severities:?}\nmissed:\n{missed}");
    assert_eq!(kinds.keys().collect::<Vec<_>>(), ["execute", "fetch", "import", "write"]);
    assert!(all > 500, "{all}");
    assert!(found * 100 >= all * FOUND, "{found} of {all} at high or above; missed:\n{missed}");
}

#[test]
fn no_call_of_a_random_name_passes_unless_it_is_known_good() {
    let library = Library::builtin().unwrap();
    let Entry::Profile(profile) = library.load("default").unwrap() else { panic!("default is no profile") };
    let allowlists = profile.packs.iter().filter(|pack| pack.mode == PackMode::Allowlist).map(|pack| library.rule_set(&[&pack.id]).unwrap());
    let allowlists: Vec<RuleSet> = allowlists.collect();
    let admitted_by_one = |facts: &FileFacts| allowlists.iter().any(|pack| worst(pack, facts).is_none());

    let (mut severities, mut admitted, mut passed) = (BTreeMap::<_, usize>::new(), String::new(), String::new());
    let (mut all, mut lenient) = (0, 0);
    for callable in names().into_iter().filter(|callable| callable.kind == "random") {
        all += 1;
        let weakest = weakest(&callable);
        *severities.entry(weakest.map_or("nothing", Severity::name)).or_default() += 1;
        if weakest.is_some_and(|severity| severity >= Severity::Medium) {
            continue;
        }
        lenient += 1;
        let known = callable.splits().iter().all(|(module, name)| {
            let facts = seen(module, name);
            worst(rules(), &facts) >= Some(Severity::Medium) || admitted_by_one(&facts)
        });
        writeln!(if known { &mut admitted } else { &mut passed }, "{}\t{}", callable.library, callable.path()).unwrap();
    }
    eprintln!("{all} random callables, by severity: {severities:?}; {lenient} admitted:\n{admitted}");
    assert!(passed.is_empty(), "below medium, and no allow entry admits them:\n{passed}");
    assert!(all >= 1_000, "{all}");
    assert!(lenient * 100 <= all * ADMITTED, "{lenient} of {all} are admitted:\n{admitted}");
}
