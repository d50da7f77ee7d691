//! What runs Weighbridge elsewhere: the pre-commit hook, the action, the job of a pipeline. Their steps run here, against a scratch repository.

use crate::config::{MARKER, Scratch};
use crate::git::git;
use crate::support::{root, stderr, stdout};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

const BINARY: &str = env!("CARGO_BIN_EXE_weighbridge");

fn yaml<T: for<'d> Deserialize<'d>>(text: &str) -> T {
    serde_saphyr::from_str(text).unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root(path)).unwrap()
}

/// A shell in a folder, which finds this `weighbridge`.
fn shell(folder: &Path, script: &str, variables: &[(&str, &str)]) -> Output {
    let path = std::env::join_paths(
        [Path::new(BINARY).parent().unwrap().to_path_buf()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut command = Command::new("bash");
    command
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path.unwrap())
        .env("HOME", folder);
    command.envs(variables.iter().copied()).output().unwrap()
}

/// A repository in `work`: one commit without models, and a model that is staged.
fn repository() -> Scratch {
    let scratch = Scratch::new();
    std::fs::remove_dir_all(scratch.path("work/models")).unwrap();
    let work = scratch.path("work");
    scratch.file("work/README", "a project\n");
    git(&work, &["init", "--quiet", "--initial-branch=main"]);
    git(&work, &["add", "--all"]);
    git(&work, &["commit", "--quiet", "--no-gpg-sign", "--message=x"]);
    scratch.file("work/models/model.pkl", MARKER);
    scratch.file("work/a note.txt", "just a text\n");
    git(&work, &["add", "--all"]);
    scratch
}

#[derive(Deserialize)]
struct Hook {
    id: String,
    entry: String,
    args: Vec<String>,
    language: String,
    types: Vec<String>,
}

#[test]
fn the_hooks_scan_what_is_committed() {
    let hooks: Vec<Hook> = yaml(&read(".pre-commit-hooks.yaml"));
    assert_eq!(
        hooks.iter().map(|hook| (&hook.id[..], &hook.language[..])).collect::<Vec<_>>(),
        [("weighbridge", "rust"), ("weighbridge-system", "system")]
    );
    let scratch = repository();
    for hook in &hooks {
        assert_eq!(hook.types, ["file"]);
        // As the framework calls it: the entry, the arguments, the names of the staged files.
        let run = |names: &str| {
            shell(
                &scratch.path("work"),
                &format!("git diff --cached --name-only -z -- {names} | xargs -0 {} {}", hook.entry, hook.args.join(" ")),
                &[],
            )
        };
        let staged = run(".");
        assert_eq!(staged.status.code(), Some(123), "xargs says so of a command that fails: {}", stderr(&staged));
        assert!(stdout(&staged).contains("models/model.pkl"), "{}", stdout(&staged));
        let harmless = run("'a note.txt'");
        assert_eq!(harmless.status.code(), Some(0), "{}{}", stdout(&harmless), stderr(&harmless));
    }
}

#[derive(Deserialize)]
struct Action {
    inputs: BTreeMap<String, Input>,
    outputs: BTreeMap<String, Value>,
    runs: Runs,
}

#[derive(Deserialize)]
struct Input {
    description: String,
    default: String,
}

#[derive(Deserialize)]
struct Value {
    value: String,
}

#[derive(Deserialize)]
struct Runs {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    id: String,
    #[serde(default, rename = "if")]
    condition: String,
    #[serde(default)]
    run: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// What the step `scan` does, given some inputs: its exit code, outputs and summary.
fn act(scratch: &Scratch, given: &[(&str, &str)]) -> (i32, String, String) {
    let action: Action = yaml(&read(".github/actions/scan/action.yml"));
    let step = action.runs.steps.iter().find(|step| step.id == "scan").unwrap();
    let input = |expression: &str| {
        let name = expression.strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}")).unwrap();
        given.iter().find(|(known, _)| *known == name).map_or(action.inputs[name].default.clone(), |(_, value)| (*value).to_owned())
    };
    let folder = root(".github/actions/scan").display().to_string();
    let runner = scratch.path("runner");
    std::fs::create_dir_all(&runner).unwrap();
    let (output, summary) = (scratch.file("output", ""), scratch.file("summary", ""));
    let mut variables: Vec<(String, String)> = step.env.iter().map(|(name, value)| (name.clone(), input(value))).collect();
    let of = |path: &Path| path.display().to_string();
    let runners =
        [("GITHUB_ACTION_PATH", folder), ("RUNNER_TEMP", of(&runner)), ("GITHUB_OUTPUT", of(&output)), ("GITHUB_STEP_SUMMARY", of(&summary))];
    variables.extend(runners.map(|(name, value)| (name.to_owned(), value)));
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&name[..], &value[..])).collect();
    let ran = shell(&scratch.path("work"), &step.run, &variables);
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    (ran.status.code().unwrap_or_else(|| panic!("{}", stderr(&ran))), text(&output), text(&summary))
}

#[test]
fn the_action_scans_reports_and_fails_as_the_scan_does() {
    let scratch = repository();
    let binary = ("binary", BINARY);
    let (code, output, summary) = act(&scratch, &[binary]);
    assert_eq!((code, output.as_str()), (1, "exit-code=1\nsarif=weighbridge.sarif\n"));
    assert!(summary.contains("models/model.pkl"), "{summary}");
    let sarif: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(scratch.path("work/weighbridge.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    std::fs::remove_file(scratch.path("work/weighbridge.sarif")).unwrap();

    let (code, output, _) = act(&scratch, &[binary, ("paths", "models\nREADME"), ("options", "--fail-on\nnever\n"), ("sarif", "")]);
    assert_eq!((code, output.as_str()), (0, "exit-code=0\n"));
    let (code, ..) = act(&scratch, &[binary, ("git-diff", "HEAD"), ("paths", ""), ("sarif", "")]);
    assert_eq!(code, 1);
    let (code, ..) = act(
        &scratch,
        &[binary, ("paths", "$(touch injected); `touch injected`"), ("options", "; touch injected"), ("git-diff", "$(touch injected)")],
    );
    assert_eq!((code, scratch.path("work/injected").exists()), (4, false));
    let (code, output, _) = act(&scratch, &[binary, ("options", "--mode=fast")]);
    assert_eq!((code, output.as_str()), (4, "exit-code=4\n"));
    // What is built is found where the step before puts it.
    let built = scratch.path("runner/weighbridge/bin");
    std::fs::create_dir_all(&built).unwrap();
    std::os::unix::fs::symlink(BINARY, built.join("weighbridge")).unwrap();
    assert_eq!(act(&scratch, &[]).0, 1);
}

/// Whoever opens a pull request writes the whole checkout, and a part of it is scanned.
#[test]
fn a_checkout_cannot_switch_its_scan_off() {
    let scratch = repository();
    for text in [
        "enabled = false\n",
        "severity_threshold = \"never\"\nmax_file_size = 1\n",
        "outputs = [\"csv=../precious\"]\n[[suppress]]\npath = \"**\"\nreason = \"x\"\nowner = \"y\"\nexpires = 2999-12-31\n",
        "an unknown key",
    ] {
        scratch.file("work/weighbridge.toml", text);
        scratch.file("precious", "content");
        for given in [("paths", "models"), ("paths", "models/model.pkl"), ("paths", "."), ("git-diff", "HEAD")] {
            assert_eq!(act(&scratch, &[("binary", BINARY), ("sarif", ""), given]).0, 1, "{text} {given:?}");
        }
        assert_eq!(std::fs::read_to_string(scratch.path("precious")).unwrap(), "content");
    }
}

#[test]
fn the_action_is_whole() {
    let action: Action = yaml(&read(".github/actions/scan/action.yml"));
    assert!(action.inputs.values().all(|input| !input.description.is_empty()));
    assert!(action.outputs.values().all(|output| output.value.starts_with("${{ steps.scan.outputs.")));
    let build = action.runs.steps.iter().find(|step| step.run.contains("cargo install")).unwrap();
    assert_eq!(build.condition, "inputs.binary == ''");
    // It builds from the repository that it lies in.
    assert!(build.run.contains("--path \"$GITHUB_ACTION_PATH/../../..\""));
    assert!(root(".github/actions/scan/../../../Cargo.toml").exists());
    assert_ne!(std::fs::metadata(root(".github/actions/scan/scan.sh")).unwrap().permissions().mode() & 0o111, 0);
    // No step reads an input as shell.
    assert!(action.runs.steps.iter().all(|step| !step.run.contains("${{")));
}

#[derive(Deserialize)]
struct Job {
    variables: BTreeMap<String, String>,
    before_script: Vec<String>,
    script: Vec<String>,
}

#[test]
fn the_pipeline_job_scans_and_leaves_its_reports() {
    let text = read(".gitlab/weighbridge.yml");
    let (_, jobs) = text.split_once("\n---\n").unwrap();
    let jobs: BTreeMap<String, Job> = yaml(jobs);
    let job = &jobs["weighbridge"];
    let scratch = repository();
    let script: Vec<String> = job.before_script.iter().chain(&job.script).cloned().collect();
    let script = script
        .join("\n")
        .replace("$[[ inputs.paths ]]", ".")
        .replace("$[[ inputs.options ]]", "--fail-on high")
        .replace("$[[ inputs.source ]]", "none");
    let variables: Vec<(&str, &str)> = job.variables.iter().map(|(name, value)| (&name[..], &value[..])).collect();
    let ran = shell(&scratch.path("work"), &script, &variables);
    assert_eq!(ran.status.code(), Some(1), "{}", stderr(&ran));
    for report in ["weighbridge.xml", "weighbridge.html"] {
        assert!(text.contains(report) && scratch.path(&format!("work/{report}")).is_file(), "{report}");
    }
}
