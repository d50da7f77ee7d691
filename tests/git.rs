//! `--git-diff`: what changed, in a repository that may be hostile.

use crate::config::{MARKER, Scratch};
use crate::support::stderr;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Runs git as its user would, with an identity and nothing of the machine's configuration.
pub fn git(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", folder).args(arguments);
    command.envs([
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
    ]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", stderr(&output));
}

/// A repository in `work` whose first commit holds `models/model.pkl` and `old.pkl`.
fn repository() -> Scratch {
    let scratch = Scratch::new();
    scratch.file("work/old.pkl", MARKER);
    let work = scratch.path("work");
    git(&work, &["init", "--quiet", "--initial-branch=main"]);
    commit(&scratch);
    scratch
}

fn commit(scratch: &Scratch) {
    git(&scratch.path("work"), &["add", "--all"]);
    git(&scratch.path("work"), &["commit", "--quiet", "--no-gpg-sign", "--message=x"]);
}

/// Paths in the report of a scan of what changed, and its exit code.
fn changed(scratch: &Scratch, folder: &str, args: &[&str]) -> (BTreeSet<String>, i32) {
    let output = scratch.run(folder, &[&["scan", "--format", "json", "--git-diff"], args].concat());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    let files = report["files"].as_array().unwrap().iter();
    (files.map(|file| file["path"].as_str().unwrap().to_owned()).collect(), output.status.code().unwrap())
}

fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

#[test]
fn only_what_changed_is_scanned() {
    let scratch = repository();
    assert_eq!(changed(&scratch, "work", &["HEAD"]), (set(&[]), 0));
    // Committed, staged, changed, unknown to git, ignored, and gone.
    scratch.file("work/committed.pkl", MARKER);
    commit(&scratch);
    scratch.file("work/staged.pkl", MARKER);
    git(&scratch.path("work"), &["add", "staged.pkl"]);
    scratch.file("work/models/model.pkl", [b"\x80\x04N.", MARKER].concat());
    scratch.file("work/a folder/new\n.pkl", MARKER);
    scratch.file("work/.gitignore", "ignored.pkl\n");
    scratch.file("work/ignored.pkl", MARKER);
    std::fs::remove_file(scratch.path("work/old.pkl")).unwrap();
    let all = set(&[".gitignore", "a folder/new\n.pkl", "committed.pkl", "models/model.pkl", "staged.pkl"]);
    assert_eq!(changed(&scratch, "work", &["HEAD~1"]), (all.clone(), 1));
    assert_eq!(changed(&scratch, "work/models", &["HEAD~1"]), (all, 1), "from a folder of the repository");
    assert_eq!(changed(&scratch, "work", &["HEAD"]).0, set(&[".gitignore", "a folder/new\n.pkl", "models/model.pkl", "staged.pkl"]));
    assert_eq!(changed(&scratch, "work", &["HEAD~1", "models"]).0, set(&["models/model.pkl"]));
    assert_eq!(changed(&scratch, "work/models", &["HEAD~1", "."]).0, set(&["models/model.pkl"]));
    assert_eq!(changed(&scratch, "work", &["HEAD", "models", "staged.pkl"]).0, set(&["models/model.pkl", "staged.pkl"]));
}

#[test]
fn that_nothing_of_it_is_a_model_is_no_error() {
    let scratch = repository();
    scratch.file("work/notes.txt", "just a text\n");
    assert_eq!(changed(&scratch, "work", &["HEAD"]), (set(&["notes.txt"]), 0));
    assert_eq!(scratch.run("work", &["scan", "notes.txt"]).status.code(), Some(3));
    assert_eq!(scratch.run("work", &["scan", "--allow-empty", "notes.txt"]).status.code(), Some(0));
}

#[test]
fn what_cannot_be_compared_is_said() {
    let scratch = repository();
    scratch.file("outside.pkl", MARKER);
    for (folder, args, says) in [
        ("work", &["--git-diff", "absent"][..], "no revision `absent`"),
        ("work", &["--git-diff=--output=x"], "not a revision"),
        ("work", &["--git-diff", "HEAD:models"], "no revision"),
        ("work", &["--git-diff", "HEAD", "../outside.pkl"], "not in the repository"),
        ("work", &["--git-diff", "HEAD", "-"], "standard input"),
        ("home", &["--git-diff", "HEAD"], "not a git repository"),
    ] {
        let output = scratch.run(folder, &[&["scan"], args].concat());
        assert_eq!(output.status.code(), Some(4), "{args:?}");
        assert!(stderr(&output).contains(says), "{args:?}: {}", stderr(&output));
    }
    assert!(!scratch.path("work/x").exists());
}

#[cfg(unix)]
#[test]
fn a_hostile_repository_runs_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = repository();
    let ran = scratch.path("ran");
    let script = format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat\n", ran.display());
    let program = scratch.file("program", script);
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.to_str().unwrap();
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {program}\n\thooksPath = {hooks}\n\tpager = {program}\n\tsshCommand = {program}\n\
         \tgitProxy = {program}\n\tattributesFile = {hooks}/attributes\n[diff]\n\texternal = {program}\n[diff \"x\"]\n\tcommand = {program}\n\ttextconv = {program}\n\
         [filter \"x\"]\n\tclean = {program}\n\tsmudge = {program}\n\tprocess = {program}\n\trequired = true\n\
         [remote \"origin\"]\n\turl = ext::{program}\n\tpromisor = true\n\tuploadpack = {program}\n[extensions]\n\tpartialClone = origin\n[alias]\n\
         \tdiff-index = !{program}\n\tls-files = !{program}\n\trev-parse = !{program}\n[protocol \"ext\"]\n\tallow = always\n",
        hooks = scratch.path("hooks").display()
    );
    for hook in ["post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-auto-gc"] {
        let hook = scratch.file(&format!("hooks/{hook}"), format!("#!/bin/sh\n{program} hook\n"));
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    for attributes in ["hooks/attributes", "work/.gitattributes", "work/.git/info/attributes"] {
        scratch.file(attributes, "* filter=x diff=x\n");
    }
    scratch.file("work/.git/config", &config);
    // Changed without another size, within the moment of the index: git would have to read, and filter, to tell.
    let mut changed_bytes = MARKER.to_vec();
    changed_bytes[10] ^= 1;
    scratch.file("work/models/model.pkl", &changed_bytes);
    let (paths, code) = changed(&scratch, "work", &["HEAD"]);
    assert!(paths.contains("models/model.pkl"), "{paths:?} {code}");
    // An object that is missing is not fetched.
    let revision = scratch.run("work", &["scan", "--git-diff", &"1".repeat(40)]);
    assert_eq!(revision.status.code(), Some(4), "{}", stderr(&revision));
    assert!(!ran.exists(), "{}", std::fs::read_to_string(&ran).unwrap());
    // The traps are real: git itself springs them.
    let status =
        Command::new("git").args(["status", "--short"]).current_dir(scratch.path("work")).env("HOME", scratch.path("home")).output().unwrap();
    assert!(ran.exists(), "{}", stderr(&status));
}
