//! While a scan goes on, and before it: progress, a word about what is large, what would be read, and what is left of a scan that is ended.

use crate::config::{MARKER, Scratch};
use crate::support::{program, report, stderr, stdout};
use std::io::Write;
use std::process::{Child, Stdio};

#[test]
fn what_would_be_read_is_said_and_nothing_is_scanned() {
    let scratch = Scratch::new();
    scratch.file("work/models/clean.pkl", b"\x80\x04N.");
    scratch.file("work/models/notes.txt", "just a text\n");
    scratch.file("work/models/empty.pt", "");
    let quick = scratch.run("work", &["scan", "--dry-run", "models"]);
    assert_eq!(quick.status.code(), Some(2), "an empty model is an error, as when it is scanned: {}", stderr(&quick));
    let thorough = scratch.run("work", &["scan", "--dry-run", "--mode", "thorough", "--max-file-size", "10", "models"]);
    scratch.snapshot("dry-run", &format!("{}--- --mode thorough --max-file-size 10\n{}", stdout(&quick), stdout(&thorough)));

    let json = scratch.run("work", &["scan", "--dry-run", "--format", "json", "models/model.pkl", "models/notes.txt"]);
    assert_eq!(json.status.code(), Some(0));
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&json["schema"], &json["files"][0]["formats"][0]), (&"weighbridge.dry-run/1".into(), &"pickle".into()));
    assert_eq!(json["total"], serde_json::json!({"files": 2, "read": 1, "failed": 0, "at_most": MARKER.len()}));
    assert_eq!(scratch.run("work", &["scan", "--dry-run", "models/notes.txt"]).status.code(), Some(3));
    for args in [["--output", "json=x.json"], ["--format", "html"]] {
        assert_eq!(scratch.run("work", &["scan", "--dry-run", "models", args[0], args[1]]).status.code(), Some(4), "{args:?}");
    }
    assert!(!scratch.path("work/x.json").exists());
}

#[test]
fn progress_is_for_terminals_unless_it_is_asked_for() {
    let scratch = Scratch::new();
    let silent = scratch.run("work", &["scan", "models"]);
    assert_eq!(stderr(&silent), "");
    let lines = scratch.run("work", &["scan", "models", "--progress", "always"]);
    let last = stderr(&lines);
    let last = last.lines().last().unwrap();
    assert!(last.starts_with("progress: 1 ") && last.ends_with(", 35 bytes") && !last.contains('\u{1b}'), "{last}");
    assert_eq!(stdout(&lines).split("scanned, ").next(), stdout(&silent).split("scanned, ").next());
}

#[test]
fn a_very_large_file_is_announced() {
    let scratch = Scratch::new();
    // A file of holes: it takes no room.
    std::fs::File::create(scratch.path("work/models/large.bin")).unwrap().set_len(11 << 30).unwrap();
    let said = |args: &[&str]| stderr(&scratch.run("work", &[&["scan", "models/large.bin", "--allow-empty"], args].concat()));
    assert!(said(&[]).contains("large.bin has 11.0 GiB: quick mode reads what can execute"), "{}", said(&[]));
    assert_eq!(said(&["--quiet"]), "");
    assert_eq!(said(&["--max-file-size", "1G"]), "");
}

/// A scan of standard input that has begun, and waits for more of it.
fn waiting(args: &[&str]) -> (Child, std::process::ChildStdin) {
    let mut child = program().args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than a pipe holds: once it is written, it is being read.
    input.write_all(&[b'N'; 1 << 20]).unwrap();
    (child, input)
}

fn ended(child: Child) -> (serde_json::Value, i32) {
    let output = child.wait_with_output().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output))), output.status.code().unwrap())
}

#[test]
fn when_the_time_is_up_what_was_found_is_reported() {
    let scratch = Scratch::new();
    let model = scratch.path("work/models/model.pkl");
    let (child, input) = waiting(&["scan", "--jobs", "1", "--format", "json", "--timeout", "3s", model.to_str().unwrap(), "-"]);
    let (report, code) = ended(child);
    drop(input);
    assert_eq!((&report["run"]["ended"], code), (&"timeout".into(), 1), "findings win: {report:#}");
    assert_eq!((&report["files"][0]["verdict"], &report["files"][1]["unread"][0]["reason"]), (&"malicious".into(), &"timeout".into()));
    assert_eq!(report["files"][1]["complete"], false);
}

#[cfg(unix)]
#[test]
fn a_run_that_a_person_ends_reports_what_was_found() {
    let (child, input) = waiting(&["scan", "--format", "json", "-"]);
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let (report, code) = ended(child);
    drop(input);
    assert_eq!((&report["run"]["ended"], &report["files"][0]["verdict"], code), (&"cancelled".into(), &"incomplete".into(), 2), "{report:#}");
}

#[test]
fn a_run_that_was_whole_says_so() {
    let (report, _) = report(&["scan", "fixtures/pickle/malicious-reduce-protocol-0.pkl", "--timeout", "1h"]);
    assert_eq!((&report["run"]["ended"], &report["run"]["not_scanned"]), (&"complete".into(), &0.into()));
}
