//! The packs that are named after other tools judge as these do: `peers/agreement/table.tsv` holds what tools and packs said of every fixture.

use crate::support::{facts, fixtures, root};
use std::collections::HashMap;
use weighbridge_core::report::Severity;
use weighbridge_core::rules::Library;
use weighbridge_core::scan::Mode;

const PACKS: [&str; 3] = ["picklescan", "modelscan", "fickling-ml"];

/// A severity in the words of the tool.
fn word(pack: &str, severity: Option<Severity>) -> &'static str {
    match (pack, severity) {
        ("picklescan", Some(Severity::Critical)) => "dangerous",
        ("picklescan", Some(_)) => "suspicious",
        ("picklescan", None) => "innocuous",
        ("modelscan", Some(severity)) => severity.name(),
        ("modelscan", None) => "none",
        (_, Some(Severity::Critical)) => "overtly_malicious",
        (_, Some(Severity::High)) => "likely_overtly_malicious",
        (_, Some(Severity::Medium)) => "likely_unsafe",
        (_, Some(Severity::Low)) => "suspicious",
        (_, None) => "likely_safe",
    }
}

#[test]
fn packs_say_what_the_table_has_them_say() {
    use sha2::Digest;
    let table = std::fs::read_to_string(root("tests/peers/agreement/table.tsv")).unwrap();
    let rows: HashMap<(&str, &str), (&str, &str, &str)> = table
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|cells| ((cells[0], cells[1]), (cells[2], cells[3], cells[4])))
        .collect();
    for (key, (theirs, ours, why)) in &rows {
        assert_eq!(theirs == ours, why.is_empty(), "{key:?}: a difference has a reason, and nothing else has");
    }
    let rules = Library::builtin().unwrap().rule_set(&PACKS).unwrap();
    let (mut checked, mut wrong) = (0, Vec::new());
    for (_, path) in fixtures() {
        let bytes = std::fs::read(&path).unwrap();
        let digest: String = sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        // What an empty file is depends on its name alone.
        if bytes.is_empty() || !rows.contains_key(&(digest.as_str(), PACKS[0])) {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let findings = rules.judge(&facts(name, &bytes, Mode::Quick), name);
        for pack in PACKS {
            let worst = findings.iter().filter(|finding| finding.pack == pack).map(|finding| finding.severity).max();
            let (_, expected, _) = rows[&(digest.as_str(), pack)];
            checked += 1;
            if word(pack, worst) != expected {
                wrong.push(format!("{name}: {pack} says {}, the table {expected}", word(pack, worst)));
            }
        }
    }
    assert!(checked > 2000, "{checked}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
