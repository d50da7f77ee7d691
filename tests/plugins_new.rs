//! `weighbridge plugins new`: what it makes builds, reads its fixture, tells where a file breaks off, and passes the checks.

use crate::support::{program, stderr, stdout};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn made(folder: &Path, name: &str, lang: &str) -> Output {
    program().args(["plugins", "new", name, "--lang", lang]).current_dir(folder).output().unwrap()
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}{}", stdout(&output), stderr(&output));
}

/// The report of a scan with the library, of the two fixtures that were made.
fn scan(folder: &Path, library: &str, id: &str) -> (Value, i32) {
    let mut command = program();
    command.current_dir(folder).args(["scan", "--format", "json", "--no-builtin", "--allow-unpinned", "--plugin", library]);
    let output = command.args([format!("fixtures/benign-words.{id}"), format!("fixtures/malformed-truncated.{id}")]).output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (report, output.status.code().unwrap())
}

fn reads_its_fixtures(folder: &Path, library: &str, id: &str) {
    let inspect = ["inspect", "--allow-unpinned", "--plugin", library, &format!("fixtures/benign-words.{id}")];
    let output = program().current_dir(folder).args(inspect).output().unwrap();
    assert!(stdout(&output).contains("hello") && output.status.success(), "{}{}", stdout(&output), stderr(&output));
    let (report, code) = scan(folder, library, id);
    let format = id.replace('_', "-");
    assert_eq!((&report["files"][0]["formats"][0], &report["files"][0]["verdict"]), (&format.as_str().into(), &"clean".into()));
    assert_eq!((&report["files"][1]["formats"][0], &report["files"][1]["verdict"]), (&format.as_str().into(), &"incomplete".into()));
    let unread = &report["files"][1]["unread"][0];
    assert_eq!((&unread["reason"], &unread["place"]["offset"]), (&"malformed".into(), &12.into()), "{unread}");
    assert_eq!(code, 2);
    let check = ["plugins", "check", library, "--fixtures", "fixtures", "--timeout", "300"];
    let output = program().current_dir(folder).args(check).output().unwrap();
    let text = stdout(&output);
    assert!(output.status.success() && text.contains("2 of 2 inputs are its own"), "{text}{}", stderr(&output));
}

#[test]
fn a_plugin_in_c_builds_and_reads() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(made(folder.path(), "acme-words", "c").status.code(), Some(0));
    let made_here = folder.path().join("acme_words");
    succeeds(Command::new("make").env("CFLAGS", "-O1 -Werror -pedantic").current_dir(&made_here));
    // It stands on the header and libc alone.
    let source = std::fs::read_to_string(made_here.join("acme_words.c")).unwrap();
    let includes: Vec<&str> = source.lines().filter(|line| line.starts_with("#include")).collect();
    assert_eq!(includes, ["#include \"weighbridge.h\"", "#include <string.h>"]);
    assert_eq!(std::fs::read_to_string(made_here.join("weighbridge.h")).unwrap(), weighbridge_abi::HEADER);
    reads_its_fixtures(&made_here, "acme_words.so", "acme_words");
}

#[test]
fn a_plugin_in_rust_builds_and_reads() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(made(folder.path(), "acme_words", "rust").status.code(), Some(0));
    let made_here = folder.path().join("acme_words");
    let cargo = || {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(&made_here).env("CARGO_TARGET_DIR", made_here.join("target")).env_remove("RUSTFLAGS");
        cargo
    };
    succeeds(cargo().args(["build", "--offline", "--quiet"]));
    succeeds(cargo().args(["test", "--offline", "--quiet", "--lib"]));
    let library = format!("target/debug/libacme_words.{}", std::env::consts::DLL_EXTENSION);
    reads_its_fixtures(&made_here, &library, "acme_words");
}

#[test]
fn nothing_is_written_over_and_names_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    for (name, said) in [("Acme", "cannot be the id"), ("1st", "cannot be the id"), ("../up", "cannot be the id"), ("pickle", "built-in")] {
        let output = made(folder.path(), name, "c");
        assert!(stderr(&output).contains(said) && output.status.code() == Some(4), "{name}: {}", stderr(&output));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    let output = made(folder.path(), "mine", "c");
    assert!(stderr(&output).contains("cannot make ./mine") && output.status.code() == Some(4), "{}", stderr(&output));
}
