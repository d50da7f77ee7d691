//! The program as people and pipelines meet it.

use crate::support::{program, report, root, run, stderr, stdout};
use std::io::Write;
use std::process::Stdio;

const MARKER: &[u8] = b"cos\nsystem\n(S'echo weighbridge'\ntR.";

/// What a person sees, without the time that it took.
fn snapshot(name: &str, text: &str) {
    let timeless = |line: &str| match (line.contains(" scanned, "), line.rfind(" in ")) {
        (true, Some(at)) => format!("{} in TIME)", &line[..at]),
        _ => line.to_owned(),
    };
    let text = text.lines().map(timeless).collect::<Vec<_>>().join("\n");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root("tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn exit_codes_are_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let clean = file("clean.pkl", b"\x80\x04]\x94(K\x01K\x02e.");
    let bad = file("bad.pkl", MARKER);
    let unknown = file("notes.txt", b"just a text\n");
    let cut = file("cut.pkl", b"\x80\x04]\x94(K\x01K");
    for (args, code) in [
        (vec!["scan", &clean], 0),
        (vec!["scan", &clean, &unknown], 0),
        (vec![&clean[..]], 0),
        (vec!["scan", &bad], 1),
        (vec!["scan", &bad, &cut], 1),
        (vec!["scan", "--fail-on", "never", &bad], 0),
        (vec!["scan", &cut], 2),
        (vec!["scan", "absent.pkl"], 2),
        (vec!["scan", &unknown], 3),
        (vec!["scan"], 4),
        (vec!["-q", "--color", "never", "scan", &clean], 0),
        (vec!["--no-config", &bad], 1),
        (vec!["--no-config", "rules", "list"], 0),
        (vec!["scan", "--mode", "fast", &clean], 4),
        (vec!["scan", "--rules", "no-such-pack", &clean], 4),
        (vec!["--version"], 0),
        (vec!["--help"], 0),
    ] {
        let output = run(&args);
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{}{}", stdout(&output), stderr(&output));
    }
}

#[test]
fn what_a_person_sees() {
    for (name, args) in [
        ("console-malicious", &["scan", "fixtures/pickle/malicious-reduce-protocol-0.pkl"][..]),
        ("inspect-malicious", &["inspect", "fixtures/pickle/malicious-reduce-protocol-0.pkl"]),
    ] {
        snapshot(name, &stdout(&run(args)));
    }
}

#[test]
fn standard_input_and_lists_are_sources() {
    let mut child = program().args(["scan", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(MARKER).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(1));

    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.pkl");
    std::fs::write(&model, MARKER).unwrap();
    let list = folder.path().join("list");
    std::fs::write(&list, format!("{}\n", model.display())).unwrap();
    let (report, code) = report(&["scan", "--list", list.to_str().unwrap()]);
    assert_eq!((report["files"].as_array().unwrap().len(), code), (1, 1));
}

#[test]
fn a_git_lfs_pointer_is_not_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0000000000000000000000000000000000000000000000000000000000000000\nsize 5\n";
    std::fs::write(folder.path().join("model.safetensors"), pointer).unwrap();
    let (report, code) = report(&["scan", folder.path().to_str().unwrap()]);
    assert_eq!((report["files"][0]["verdict"].as_str(), code), (Some("incomplete"), 2), "{report:#}");
}

#[test]
fn the_report_is_the_same_with_any_number_of_jobs() {
    let strip = |jobs: &str| {
        let (mut report, _) = report(&["scan", "fixtures", "--jobs", jobs]);
        report.as_object_mut().unwrap().remove("run");
        report
    };
    assert!(strip("1") == strip("4"), "one job and four give different reports");
}

#[test]
fn a_finding_has_every_field_that_reports_and_databases_ask_for() {
    let (report, _) = report(&["scan", "fixtures/pickle/malicious-reduce-protocol-0.pkl"]);
    let finding = &report["files"][0]["findings"][0];
    for (field, value) in [
        ("severity", "critical"),
        ("cwe_id", "CWE-78"),
        ("owasp_ml_id", "ML06"),
        ("owasp_ml_name", "AI Supply Chain Attacks"),
        ("module_name", "os"),
        ("operator_name", "system"),
        ("time_of_effect", "load"),
    ] {
        assert_eq!(finding[field], value, "{field} of {finding:#}");
    }
    for field in ["cwe_name", "threat_type", "atlas_id", "rule_id", "evidence", "why", "remedy"] {
        assert!(finding[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {finding:#}");
    }
    assert!(finding["fingerprint"].as_str().unwrap().starts_with("wb1:"));
}

#[test]
fn the_published_schema_is_the_programs_own() {
    let schema = stdout(&run(&["schema", "report"]));
    let published = std::fs::read_to_string(root("engine/core/report.schema.json")).unwrap();
    assert!(schema.trim() == published.trim(), "write it anew with `cargo run -- schema report > engine/core/report.schema.json`");
}

#[test]
fn packs_side_by_side_judge_for_themselves() {
    let (report, _) = report(&["scan", "--rules", "modelscan,fickling-ml", "fixtures/pickle/malicious-reduce-protocol-0.pkl"]);
    let findings = report["files"][0]["findings"].as_array().unwrap();
    let packs: std::collections::BTreeSet<_> = findings.iter().map(|finding| finding["pack"].as_str().unwrap()).collect();
    assert_eq!(packs.into_iter().collect::<Vec<_>>(), ["fickling-ml", "modelscan"]);
}

#[test]
fn thorough_mode_finds_what_lies_in_payload_and_hashes_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut payload: Vec<u8> = (0..3_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let hidden = b"\x80\x04\x95\x29\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x10echo weighbridge\x94\x85\x94R\x94.";
    payload[2_000_000..2_000_000 + hidden.len()].copy_from_slice(hidden);
    let mut npy = b"\x93NUMPY\x01\0\x76\0{'descr': '|u1', 'fortran_order': False, 'shape': (3000000,), }".to_vec();
    npy.resize(127, b' ');
    npy.push(b'\n');
    npy.extend_from_slice(&payload);
    let path = folder.path().join("array.npy");
    std::fs::write(&path, &npy).unwrap();
    let path = path.to_str().unwrap();
    let (quick, code) = report(&["scan", path]);
    assert_eq!((code, quick["files"][0]["sha256"].is_null()), (0, true), "{quick:#}");
    let (thorough, code) = report(&["scan", "--mode", "thorough", path]);
    assert_eq!(code, 1, "{thorough:#}");
    assert_eq!(thorough["files"][0]["sha256"].as_str().unwrap().len(), 64);
    let place = &thorough["files"][0]["findings"][0]["place"];
    assert!(place["file_offset"].as_u64().unwrap() >= 2_000_128, "{place:#}");
}

#[test]
fn completions_and_manual_pages_are_of_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        let script = stdout(&output);
        assert!(script.contains("git-diff") && script.contains("inspect") && !script.contains("\u{1b}"), "{shell}");
    }
    let page = stdout(&run(&["man"]));
    assert!(page.starts_with(".ie") && page.contains("weighbridge\\-scan(1)") && page.contains("Exit codes"), "{page}");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&["man", folder.path().to_str().unwrap()]).status.code(), Some(0));
    for name in ["weighbridge.1", "weighbridge-scan.1", "weighbridge-rules-list.1", "weighbridge-schema.1"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    // What belongs together stands under one heading.
    let help = stdout(&run(&["scan", "--help"]));
    for heading in ["Input:", "Reports:", "Verdict:", "Rules:", "Limits:", "Confinement:", "Plugins:", "In every command:"] {
        assert!(help.lines().any(|line| line == heading), "{heading}\n{help}");
    }
    assert!(stdout(&run(&["--help"])).contains("  schema "));
    assert_eq!(run(&["man", "/dev/null/x"]).status.code(), Some(2));
}
