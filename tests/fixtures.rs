//! Every fixture, beside its snapshot: facts, regions, verdict and rule ids under the default profile.

use crate::support::{facts, fixtures, judge, program, registry, root, rules};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use weighbridge_core::fact::{Fact, InputId, Value};
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::{FileReport, Severity, Verdict};
use weighbridge_core::scan::Mode;

/// A value, short enough for a snapshot.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 160;
    let mut text = match value {
        Value::U64(n) => n.to_string(),
        Value::I64(n) => n.to_string(),
        Value::F64(n) => n.to_string(),
        Value::Bytes(bytes, _) => bytes.escape_ascii().to_string(),
        Value::Text(text, _) => text.escape_debug().to_string(),
        Value::List(items, _) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
    };
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
    }
    text
}

fn line(fact: &Fact) -> String {
    let places: Vec<String> = fact.places.iter().take(3).map(|place| format!("{}@{}", place.input.0, place.offset)).collect();
    let fields: Vec<String> = fact.fields.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
    format!("{} x{} at {}: {}", fact.kind, fact.count, places.join(" "), fields.join(" "))
}

fn snapshot(facts: &FileFacts, report: &FileReport) -> String {
    let mut text = String::new();
    let rules: BTreeSet<String> = report.findings.iter().map(|finding| format!("{}/{}", finding.severity.name(), finding.rule_id)).collect();
    writeln!(text, "verdict: {:?}, {}", report.verdict, if report.complete { "complete" } else { "incomplete" }).unwrap();
    writeln!(text, "rules: {}", rules.into_iter().collect::<Vec<_>>().join(" ")).unwrap();
    for input in &facts.inputs {
        let parent = input.parent.map_or(String::new(), |InputId(id)| format!(" in {id}"));
        let name = if input.parent.is_some() { input.name.escape_debug().to_string() } else { "file".into() };
        writeln!(text, "input {}{parent}: {name} {} bytes {} [{}]", input.id.0, input.size, input.encoding, input.formats.join(" ")).unwrap();
    }
    for unread in &facts.incomplete {
        writeln!(text, "unread {}@{}: {}: {}", unread.place.input.0, unread.place.offset, unread.reason, unread.message).unwrap();
    }
    for error in &facts.errors {
        writeln!(text, "error {}: {}", error.code, error.message).unwrap();
    }
    for region in &facts.regions {
        let place = region.place;
        writeln!(text, "region {}@{}+{}: {:?}", place.input.0, place.offset, place.length, region.class).unwrap();
    }
    for fact in &facts.facts {
        writeln!(text, "{}", line(fact)).unwrap();
    }
    text
}

#[test]
fn each_is_as_its_snapshot_says() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut failed = Vec::new();
    for (_, path) in fixtures() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&path).unwrap();
        let (facts, report) = judge(&name, &bytes);
        let text = snapshot(&facts, &report);
        settings.set_snapshot_path(path.parent().unwrap());
        let settings = settings.clone();
        let result = catch_unwind(AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name.as_str(), text))));
        if result.is_err() {
            failed.push(path);
        }
    }
    assert!(failed.is_empty(), "{} snapshots differ, see `cargo insta review`: {failed:#?}", failed.len());
}

#[test]
fn each_is_judged_as_its_name_says() {
    let mut wrong = Vec::new();
    for (format, path) in fixtures() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (facts, report) = judge(&name, &std::fs::read(&path).unwrap());
        let worst = report.findings.iter().map(|finding| finding.severity).max();
        let right = match name.split('-').next() {
            Some("malicious") => worst >= Some(Severity::High),
            Some("benign") => worst < Some(Severity::Medium) && matches!(report.verdict, Verdict::Clean | Verdict::Skipped),
            Some("suspicious") => worst == Some(Severity::Medium),
            Some("malformed") => report.verdict != Verdict::Clean || facts.facts.iter().any(|fact| fact.kind == "anomaly"),
            _ => false,
        };
        if !right {
            wrong.push(format!("{format}/{name}: {:?}, {}", report.verdict, worst.map_or("nothing", Severity::name)));
        }
    }
    assert!(wrong.is_empty(), "{} fixtures: {wrong:#?}", wrong.len());
}

#[test]
fn what_is_benign_is_so_when_every_byte_is_read() {
    let mut wrong = Vec::new();
    for (format, path) in fixtures() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("benign-") {
            continue;
        }
        let facts = facts(&name, &std::fs::read(&path).unwrap(), Mode::Thorough);
        let worst = rules().judge(&facts, &name).iter().map(|finding| finding.severity).max();
        if worst >= Some(Severity::Medium) || !facts.incomplete.is_empty() || !facts.errors.is_empty() {
            wrong.push(format!(
                "{format}/{name}: {}, {:?}",
                worst.map_or("nothing", Severity::name),
                facts.incomplete.first().map(|unread| &unread.message)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} fixtures: {wrong:#?}", wrong.len());
}

#[test]
fn each_snapshot_has_its_fixture_and_each_is_small() {
    let files: BTreeSet<_> = fixtures().into_iter().map(|(_, path)| path).collect();
    for path in &files {
        assert!(path.metadata().unwrap().len() <= 64 << 10, "{} is larger than 64 KiB", path.display());
    }
    for folder in std::fs::read_dir(root("fixtures")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for snap in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "snap"))
        {
            assert!(files.contains(&snap.with_extension("")), "{} has no fixture", snap.display());
        }
    }
}

#[test]
fn shared_libraries_report_the_same_bytes_as_built_in_plugins() {
    let plugins = crate::support::plugin_libraries();
    let folder = plugins.path().to_str().unwrap();
    let scan = |extra: &[&str]| -> serde_json::Value {
        let output = program().args(["scan", "fixtures", "--format", "json"]).args(extra).output().unwrap();
        let mut report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report.as_object_mut().unwrap().remove("run");
        report
    };
    let built_in = scan(&["--isolate", "off", "--jobs", "1"]);
    assert!(built_in["summary"]["malicious"].as_u64().unwrap() > 10);
    // In confined processes or not, as libraries or not, on any number of threads.
    let libraries = ["--no-builtin", "--allow-unpinned", "--plugin-dir", folder];
    for (how, args) in [("built-in, isolated", &[] as &[&str]), ("libraries, isolated", &libraries[..]), ("libraries, not isolated", &libraries[..])]
    {
        let isolate = if how.ends_with("not isolated") { "off" } else { "auto" };
        let other = scan(&[args, &["--isolate", isolate, "--jobs", "3"]].concat());
        assert!(built_in == other, "{how}: another report than built-in and not isolated");
    }
    let count = std::fs::read_dir(plugins.path()).unwrap().count();
    assert_eq!(count, registry().plugins().len());
}
