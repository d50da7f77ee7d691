//! The packs in `rules/`: they load, they are listed, and their examples hold.

use super::support::*;
use crate::report::Severity;
use crate::rules::library::Entry;
use std::collections::BTreeSet;
use std::path::Path;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules"))
}

#[test]
fn the_table_lists_the_folder() {
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .expect("rules/ is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().expect("a stem").to_string_lossy().into_owned())
        .filter(|stem| stem != "taxonomy" && stem != "aliases")
        .collect();
    let listed: BTreeSet<String> = library().ids().map(str::to_owned).collect();
    assert_eq!(files, listed);
}

#[test]
fn every_pack_loads_with_checked_patterns_and_its_id_is_its_files() {
    let library = library();
    for id in library.ids() {
        // By path nothing is taken on trust: every pattern is compiled.
        let path = folder().join(format!("{id}.toml"));
        let entry = library.load(&path.display().to_string()).unwrap_or_else(|error| panic!("{error}"));
        let found = match &entry {
            Entry::Pack(pack) => &pack.id,
            Entry::Profile(profile) => &profile.id,
        };
        assert_eq!(found, id);
    }
}

#[test]
fn every_rule_has_examples_of_both_kinds_and_they_hold() {
    let library = library();
    let mut wrong = Vec::new();
    for id in library.ids() {
        let Entry::Pack(pack) = library.load(id).unwrap_or_else(|error| panic!("{error}")) else { continue };
        for rule in &pack.rules {
            let [yes, no] = [true, false].map(|matches| rule.examples.iter().any(|example| example.matches == matches));
            if !(yes && no) {
                wrong.push(format!("{id}/{}: needs an example that matches and one that does not", rule.id));
            }
            for example in rule.failing_examples(library.names()) {
                wrong.push(format!("{id}/{}: matches = {} fails for {:?}", rule.id, example.matches, example.fact.fields));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn packs_judge_by_the_same_rules_as_they_are_shown() {
    let library = library();
    for id in library.ids() {
        let set = library.rule_set(&[id]).unwrap_or_else(|error| panic!("{error}"));
        let entry = library.load(id).unwrap_or_else(|error| panic!("{error}"));
        let (rules, sha256): (Vec<_>, _) = match entry {
            Entry::Pack(pack) => (pack.rules.clone(), pack.sha256.clone()),
            Entry::Profile(profile) => (profile.packs.iter().flat_map(|pack| pack.rules.clone()).collect(), profile.sha256.clone()),
        };
        let shown: Vec<String> = rules.iter().map(|rule| format!("{} {:?} {:#} {}", rule.id, rule.severity, rule.rendered(), rule.why)).collect();
        let judging: Vec<String> = set.rules().map(|rule| format!("{} {:?} {:#} {}", rule.id, rule.severity, rule.rendered(), rule.why)).collect();
        assert_eq!(shown, judging, "{id}");
        assert_eq!(set.packs()[0].sha256, sha256, "{id}");
    }
}

#[test]
fn every_known_gadget_is_at_least_medium_when_it_is_called() {
    let set = library().rule_set(&["default"]).unwrap_or_else(|error| panic!("{error}"));
    let mut quiet = Vec::new();
    for line in include_str!("../testdata/gadgets.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        // A dotted path does not say where the module ends: every way to split it has to be seen.
        for (at, _) in line.char_indices().filter(|&(_, c)| c == '.') {
            let findings = set.judge(&file([call(&line[..at], &line[at + 1..])]), "model.pkl");
            if findings.iter().all(|finding| finding.severity < Severity::Medium) {
                quiet.push(format!("{} {}", &line[..at], &line[at + 1..]));
            }
        }
    }
    assert!(quiet.is_empty(), "{}", quiet.join("\n"));
}

#[test]
fn the_packs_in_the_readme_load_and_their_examples_hold() {
    let text = include_str!("../../../../../rules/README.md");
    let library = library();
    let blocks: Vec<&str> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        if let Entry::Pack(pack) = library.parse("README.md", block).unwrap_or_else(|error| panic!("{error}")) {
            for rule in &pack.rules {
                assert_eq!(rule.failing_examples(library.names()).count(), 0, "{}", rule.id);
            }
        }
    }
}
