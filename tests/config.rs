//! Configuration: who says what, who may say it, and what becomes of mistakes.

use crate::support::{program, root, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub const MARKER: &[u8] = b"cos\nsystem\n(S'echo weighbridge'\ntR.";

/// A scratch folder with a home of its own: `home/.config/weighbridge`, `work`, and `work/models/model.pkl`.
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    pub fn new() -> Self {
        let scratch = Scratch(tempfile::tempdir().unwrap());
        scratch.file("work/models/model.pkl", MARKER);
        std::fs::create_dir_all(scratch.path("home/.config/weighbridge")).unwrap();
        scratch
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The program, in a folder of the scratch folder.
    pub fn program(&self, folder: &str) -> Command {
        let mut command = program();
        command.current_dir(self.path(folder)).env("HOME", self.path("home"));
        command
    }

    pub fn run(&self, folder: &str, args: &[&str]) -> Output {
        self.program(folder).args(args).output().unwrap()
    }

    /// The settings in force, by name: value and source.
    pub fn settings(&self, folder: &str, args: &[&str], environment: &[(&str, &str)]) -> serde_json::Value {
        let output = self.program(folder).args(["config", "--format", "json"]).args(args).envs(environment.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A snapshot of what a person sees, without the scratch folder's name.
    pub fn snapshot(&self, name: &str, text: &str) {
        let real = self.0.path().canonicalize().unwrap();
        let text = text.replace(real.to_str().unwrap(), "SCRATCH").replace(self.0.path().to_str().unwrap(), "SCRATCH");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(root("tests/snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

fn value<'v>(listing: &'v serde_json::Value, name: &str) -> (&'v serde_json::Value, &'v str) {
    let row = &listing["settings"][name];
    (&row["value"], row["source"].as_str().unwrap())
}

#[test]
fn flags_go_over_the_environment_that_over_the_project_and_that_over_the_user() {
    let scratch = Scratch::new();
    scratch.file("home/.config/weighbridge/weighbridge.toml", "timeout = \"1m\"\njobs = 2\nseverity_threshold = \"low\"\n");
    scratch.file("work/weighbridge.toml", "jobs = 3\nseverity_threshold = \"critical\"\n");
    let named = ["--config", "../weighbridge.toml"];
    let listing = scratch.settings("work/models", &named, &[("WEIGHBRIDGE_SEVERITY_THRESHOLD", "never")]);
    assert_eq!(value(&listing, "timeout"), (&60.0.into(), "user"));
    assert_eq!(value(&listing, "jobs"), (&3.into(), "named"));
    assert_eq!(value(&listing, "severity_threshold"), (&"never".into(), "environment"));
    assert_eq!(value(&listing, "mode"), (&"quick".into(), "default"));
    assert_eq!(listing["settings"]["jobs"]["place"].as_str().unwrap().rsplit('/').next(), Some("weighbridge.toml:1"));

    let code = |environment: &[(&str, &str)], args: &[&str]| {
        let output = scratch.program("work").args(["scan", "models"]).args(args).envs(environment.iter().copied()).output().unwrap();
        output.status.code().unwrap()
    };
    assert_eq!(code(&[], &[]), 1);
    assert_eq!(code(&[("WEIGHBRIDGE_SEVERITY_THRESHOLD", "never")], &[]), 0);
    assert_eq!(code(&[("WEIGHBRIDGE_SEVERITY_THRESHOLD", "never")], &["--fail-on", "high"]), 1);
}

#[test]
fn the_settings_in_force_are_shown_with_where_each_comes_from() {
    let scratch = Scratch::new();
    scratch.file("home/.config/weighbridge/weighbridge.toml", "max_file_size = \"20G\"\n[plugins]\nfolders = [\"plugins\"]\n");
    scratch.file("work/weighbridge.toml", "mode = \"thorough\"\nseverity_threshold = \"never\"\n");
    let output = scratch.program("work").args(["config"]).env("WEIGHBRIDGE_JOBS", "3").env("WEIGHBRIDGE_TIMEOT", "5").output().unwrap();
    scratch.snapshot("config", &stdout(&output));
}

#[test]
fn a_mistake_is_underlined_and_nothing_is_scanned() {
    let scratch = Scratch::new();
    let path = scratch.file(
        "work/weighbridge.toml",
        "mod = \"thorough\"\nmode = \"thorugh\"\nmax_file_size = true\njobs = 0\nrules = [\"default\", 7]\n\n[plugins.pins]\nacme = \"abc\"\n",
    );
    let named = ["scan", "models", "--config", "weighbridge.toml"];
    let output = scratch.run("work", &named);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(4), ""));
    scratch.snapshot("config-mistakes", &stderr(&output));
    for (bytes, says) in [(&b"mode = \"quick"[..], "weighbridge.toml:1:"), (b"\xff\xfe", "utf-8"), (&vec![b'#'; (1 << 20) + 1], "larger")] {
        std::fs::write(&path, bytes).unwrap();
        let output = scratch.run("work", &named);
        assert_eq!(output.status.code(), Some(4));
        assert!(stderr(&output).to_lowercase().contains(says), "{}", stderr(&output));
        // One that was only found may have come with the models: it does not stop the scan.
        let output = scratch.run("work", &["scan", "models"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("not obeyed: all of it"), "{}", stderr(&output));
    }
    assert_eq!(scratch.run("work", &["scan", "--no-config", "models"]).status.code(), Some(1));
    assert_eq!(scratch.run("work", &["scan", "--config", "absent.toml", "models"]).status.code(), Some(4));
}

/// All that a hostile repository could want to say.
const HOSTILE: &str = "
enabled = false
mode = \"quick\"
severity_threshold = \"never\"
severity = \"critical\"
max_file_size = 1
timeout = \"1ms\"
rules = [\"./own.toml\"]
outputs = [\"json=../written.json\"]
[plugins]
builtin = false
folders = [\".\"]
";

#[test]
fn a_repository_cannot_acquit_itself() {
    let scratch = Scratch::new();
    scratch.file("hostile/weights/model.pkl", MARKER);
    scratch.file("hostile/weighbridge.toml", HOSTILE);
    scratch.file("hostile/own.toml", "not even a pack");
    scratch.file("weighbridge.toml", "severity_threshold = \"high\"\n");
    // As a folder, as its parent, from inside of it, a file that lies beside the configuration, and a part that it lies around.
    scratch.file("hostile/model.pkl", MARKER);
    let part = [("hostile", "weights"), ("hostile", "weights/model.pkl"), ("hostile/weights", "."), ("hostile/weights", "model.pkl")];
    for (folder, path) in
        [("hostile", "."), ("hostile", ".."), ("hostile/weights", ".."), ("hostile", "model.pkl"), ("", "hostile")].into_iter().chain(part)
    {
        let output = scratch.run(folder, &["scan", "--format", "json", path]);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{folder} {path}: {}", stderr(&output));
        assert_eq!(report["run"]["fail_on"], "medium", "{folder} {path}");
        assert_eq!(report["run"]["limits"], serde_json::json!({}));
    }
    assert!(!scratch.path("written.json").exists());
    scratch.snapshot("config-hostile", &stderr(&scratch.run("hostile", &["scan", "."])));
    // Named, it is a person's decision.
    let output = scratch.run("hostile", &["scan", "--config", "weighbridge.toml", "."]);
    assert_eq!(scratch.program("hostile").args(["scan", "."]).env("WEIGHBRIDGE_CONFIG", "weighbridge.toml").output().unwrap().status.code(), Some(4));
    assert_eq!(output.status.code(), Some(4), "the plugins' folder has no plugins: {}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn a_configuration_that_is_a_link_is_not_followed() {
    let scratch = Scratch::new();
    scratch.file("secret", "password = 1\n");
    std::os::unix::fs::symlink(scratch.path("secret"), scratch.path("work/weighbridge.toml")).unwrap();
    let output = scratch.run("work", &["scan", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("it is a link") && !stderr(&output).contains("password"), "{}", stderr(&output));
}

#[test]
fn a_configuration_inside_may_tighten_and_does_not_hide_the_one_around_it() {
    let scratch = Scratch::new();
    scratch.file("work/weighbridge.toml", "mode = \"thorough\"\n");
    scratch.file("work/models/weighbridge.toml", "severity_threshold = \"low\"\nrules = [\"modelscan\"]\n");
    let listing = scratch.settings("work/models", &[], &[]);
    assert_eq!(value(&listing, "mode"), (&"thorough".into(), "project"));
    assert_eq!(value(&listing, "severity_threshold"), (&"low".into(), "project"));
    assert_eq!(value(&listing, "rules").0, &serde_json::json!(["default", "modelscan"]));
    assert_eq!(listing["ignored"], serde_json::json!([]));
}

#[test]
fn scanning_can_be_switched_off() {
    let scratch = Scratch::new();
    let output = scratch.program("work").args(["scan", "--format", "json", "models"]).env("WEIGHBRIDGE_ENABLED", "false").output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["run"]["ended"], &report["files"]), (Some(0), &"disabled".into(), &serde_json::json!([])));
    assert!(stderr(&output).contains("WEIGHBRIDGE_ENABLED"), "{}", stderr(&output));
}

#[test]
fn init_writes_a_configuration_once() {
    let scratch = Scratch::new();
    let output = scratch.run("work", &["init"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "wrote weighbridge.toml\n"));
    let written = std::fs::read_to_string(scratch.path("work/weighbridge.toml")).unwrap();
    scratch.snapshot("config-init", &written);
    let again = scratch.run("work", &["init"]);
    assert_eq!(again.status.code(), Some(4));
    assert!(stderr(&again).contains("there already"), "{}", stderr(&again));
    assert_eq!(scratch.run("work", &["config"]).status.code(), Some(0));
    assert_eq!(scratch.run("work", &["init", "--user"]).status.code(), Some(0));
    assert!(Path::new(&scratch.path("home/.config/weighbridge/weighbridge.toml")).exists());
}

#[test]
fn a_pack_in_the_users_folder_is_found_by_its_id() {
    let scratch = Scratch::new();
    let pack = std::fs::read_to_string(root("rules/modelscan.toml")).unwrap().replace("id = \"modelscan\"", "id = \"ours\"");
    scratch.file("home/.config/weighbridge/rules/ours.toml", pack);
    let output = scratch.run("work", &["scan", "--rules", "ours", "--format", "json", "models"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["run"]["packs"][0]["id"]), (Some(1), &"ours".into()), "{}", stderr(&output));
}

#[test]
fn limits_are_settings_and_what_they_leave_unread_is_said() {
    let scratch = Scratch::new();
    let nested = root("fixtures/zip");
    let nested = nested.to_str().unwrap();
    let scan = |environment: &[(&str, &str)]| {
        let output = scratch.program("work").args(["scan", "--format", "json", nested]).envs(environment.iter().copied()).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
        (report["run"]["limits"].clone(), report.to_string().matches("limit-depth").count())
    };
    assert_eq!(scan(&[]), (serde_json::json!({}), 0));
    let (limits, deep) = scan(&[("WEIGHBRIDGE_LIMITS_DEPTH", "1"), ("WEIGHBRIDGE_LIMITS_CHILD_BYTES", "1M")]);
    assert_eq!(limits, serde_json::json!({"depth": 1, "child_bytes": 1 << 20}));
    assert!(deep > 0);
    let output = scratch.program("work").args(["scan", "models"]).env("WEIGHBRIDGE_LIMITS_DEPTH", "25").output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
}
