//! Which plugin libraries are used: what is refused, with which sentence, and what pins do.

use crate::support::{c_plugin, compile, program, stderr, stdout};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MARKER: &[u8] = b"cos\nsystem\n(S'echo weighbridge'\ntR.";

/// A user with a home of their own, one plugin, and a model that only the plugin reads.
struct User {
    folder: tempfile::TempDir,
}

impl User {
    fn new() -> Self {
        let user = User { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(user.path("home")).unwrap();
        c_plugin(&user.path(""), "tiny");
        fs::write(user.path("model.tiny"), b"TINY\x01\x05hello").unwrap();
        user
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn command(&self) -> Command {
        let mut command = program();
        command.env("HOME", self.path("home")).current_dir(self.folder.path());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command().args(args).output().unwrap()
    }

    /// The report of a scan, its exit code, and what was said.
    fn scan(&self, args: &[&str]) -> (Value, i32, String) {
        let output = self.command().args(["scan", "--format", "json"]).args(args).output().unwrap();
        (serde_json::from_slice(&output.stdout).unwrap(), output.status.code().unwrap(), stderr(&output))
    }

    fn configuration(&self) -> PathBuf {
        self.path("home/.config/weighbridge/weighbridge.toml")
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A library from a line of C.
fn library(user: &User, name: &str, source: &str) -> String {
    let (at, library) = (user.path(&format!("{name}.c")), user.path(&format!("{name}.so")));
    fs::write(&at, format!("#include \"weighbridge.h\"\n#include <stddef.h>\n{source}\n")).unwrap();
    compile("cc", &["-std=c11", "-shared", "-fPIC", "-Wno-missing-field-initializers"], &at, &library);
    library.to_str().unwrap().to_owned()
}

#[test]
fn what_is_no_plugin_is_refused_and_the_scan_goes_on() {
    let user = User::new();
    let file = |name: &str, bytes: &[u8]| {
        fs::write(user.path(name), bytes).unwrap();
        user.text(name)
    };
    let tiny = fs::read(user.path("tiny.so")).unwrap();
    // Without its section headers, which stand at the end, a library can be opened all the same.
    let mut headless = tiny.clone();
    headless[0x28..0x30].fill(0);
    headless[0x3c..0x40].fill(0);
    fs::create_dir(user.path("open")).unwrap();
    fs::copy(user.path("tiny.so"), user.path("open/tiny.so")).unwrap();
    fs::copy(user.path("tiny.so"), user.path("writable.so")).unwrap();
    mode(&user.path("open"), 0o777);
    mode(&user.path("writable.so"), 0o666);
    fs::write(user.path("clean.pkl"), b"\x80\x04]\x94(K\x01K\x02e.").unwrap();
    fs::write(user.path("bad.pkl"), MARKER).unwrap();
    let plugin = |id: &str, rest: &str| library(&user, id, &format!("WB_EXPORT const wb_plugin weighbridge_plugin_{id} = {{{rest}}};"));
    for (path, sentence) in [
        (file("text.so", b"not a library"), "not a shared library"),
        (file("empty.so", b""), "not a shared library"),
        (file("cut.so", &tiny[..tiny.len() / 3]), "copy or build it anew"),
        (file("short.so", &tiny[..tiny.len() - 64]), "copy or build it anew"),
        (file("headless.so", &headless[..tiny.len() / 2]), "it ends before its contents do"),
        (user.text("absent.so"), "cannot be opened"),
        (user.text("home"), "cannot be opened"),
        (library(&user, "none", "int x = 1;"), "exports no symbol weighbridge_plugin_<id>"),
        (library(&user, "two", "int weighbridge_plugin_a = 1;\nint weighbridge_plugin_b = 1;"), "exports more than one plugin"),
        (library(&user, "badly", "int weighbridge_plugin_Named = 1;"), "rename the symbol"),
        (plugin("old", "sizeof(wb_plugin), 7, 0, 1, 0"), "plugin ABI 7.0"),
        (plugin("cut_off", "16, 1, 0, 1, 0"), "has 16 bytes"),
        (plugin("null", "sizeof(wb_plugin), 1, 0, 1, 0"), "`create`, `destroy`, `probe`, `scan`, `formats`, `fact_kinds` are null pointers"),
        (user.text("open/tiny.so"), "chmod go-w"),
        (user.text("writable.so"), "chmod go-w"),
    ] {
        // The other plugins still read their formats, built-in ones and libraries alike.
        let with = ["--allow-unpinned", "--plugin", &path, "--plugin", "tiny.so"];
        let (report, code, said) = user.scan(&[&with[..], &["clean.pkl", "model.tiny"]].concat());
        assert_eq!(said.matches(&path).count(), 1, "{path}: {said}");
        assert!(said.contains(sentence) && said.trim().lines().count() == 1, "{path}: {said}");
        assert_eq!(code, 2, "{path}");
        assert_eq!(report["files"][0]["formats"][0], "pickle", "{path}");
        assert_eq!(report["files"][1]["formats"][0], "tiny", "{path}");
        assert_eq!(report["run"]["plugins_refused"][0]["path"], path.as_str());
        assert_eq!(report["run"]["exit_code"], 2);
        // A finding wins, as it does over every failure.
        let (_, code, _) = user.scan(&[&with[..], &["bad.pkl"]].concat());
        assert_eq!(code, 1, "{path}");
    }
}

#[test]
fn a_library_that_would_be_looked_for_in_the_current_folder_is_refused() {
    let user = User::new();
    for (name, flag) in [("dot", "-Wl,-rpath,."), ("nothing", "-Wl,-rpath,/usr/lib:"), ("below", "-Wl,-rpath,lib")] {
        let (source, library) = (user.path("empty.c"), user.path(&format!("{name}.so")));
        fs::write(&source, "int weighbridge_plugin_x = 1;\n").unwrap();
        compile("cc", &["-shared", "-fPIC", flag], &source, &library);
        let output = user.run(&["plugins", "pin", library.to_str().unwrap()]);
        assert!(stderr(&output).contains("depends on where it is started"), "{name}: {}", stderr(&output));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn an_unpinned_or_changed_library_is_refused() {
    let user = User::new();
    let with = ["--plugin", "tiny.so", "model.tiny"];
    let formats = |report: &Value| report["files"][0]["formats"].clone();

    let (report, code, said) = user.scan(&with);
    assert!(said.contains("it is not pinned") && said.contains("weighbridge plugins pin"), "{said}");
    assert_eq!((formats(&report), code), (serde_json::json!([]), 2));
    let (report, code, said) = user.scan(&[&with[..], &["--allow-unpinned"]].concat());
    assert_eq!((formats(&report), code, said.as_str()), (serde_json::json!(["tiny"]), 0, ""));
    assert_eq!(report["run"]["plugins"].as_array().unwrap().iter().find(|plugin| plugin["id"] == "tiny").unwrap()["pinned"], false);

    let output = user.run(&["plugins", "pin", "tiny.so"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("pinned tiny (sha256 "), "{}", stdout(&output));
    let (report, code, said) = user.scan(&with);
    assert_eq!((formats(&report), code, said.as_str()), (serde_json::json!(["tiny"]), 0, ""));

    // Another content of the same name.
    let mut bytes = fs::read(user.path("tiny.so")).unwrap();
    bytes.extend_from_slice(b"more");
    fs::write(user.path("tiny.so"), &bytes).unwrap();
    let (report, code, said) = user.scan(&with);
    assert!(said.contains("it is not the library that was pinned for `tiny`"), "{said}");
    assert_eq!((formats(&report), code), (serde_json::json!([]), 2));

    // Pinned anew, the old pin is gone.
    assert_eq!(user.run(&["plugins", "pin", "tiny.so"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(user.configuration()).unwrap().matches("tiny").count(), 1);
    assert_eq!(user.scan(&with).1, 0);
    assert_eq!(user.run(&["plugins", "unpin", "tiny"]).status.code(), Some(0));
    assert_eq!(user.scan(&with).1, 2);
    assert_eq!(user.run(&["plugins", "unpin", "tiny"]).status.code(), Some(4));
}

#[test]
fn a_pin_on_the_command_line_counts_for_one_run() {
    let user = User::new();
    let sha256 = {
        let output = user.run(&["plugins", "list", "--no-builtin", "--allow-unpinned", "--plugin", "tiny.so", "--format", "json"]);
        let listing: Value = serde_json::from_slice(&output.stdout).unwrap();
        listing["plugins"][0]["sha256"].as_str().unwrap().to_uppercase()
    };
    let with = ["--plugin", "tiny.so", "model.tiny", "--pin"];
    assert_eq!(user.scan(&[&with[..], &[&sha256]].concat()).1, 0);
    let other = format!("{}0", &sha256[..63]);
    assert_eq!(user.scan(&[&with[..], &[&other]].concat()).1, 2);
    let output = user.run(&[&["scan"], &with[..], &["abc"]].concat());
    assert!(stderr(&output).contains("is no SHA-256") && output.status.code() == Some(4), "{}", stderr(&output));
}

#[test]
fn pins_leave_the_rest_of_the_configuration_as_it_is() {
    let user = User::new();
    fs::create_dir_all(user.configuration().parent().unwrap()).unwrap();
    let text = format!("# my own\nmode = \"quick\"   # for speed\n\n[plugins.pins] # of vendors\nother = \"{}\" # 2.1\n", "0".repeat(64));
    fs::write(user.configuration(), &text).unwrap();
    assert_eq!(user.run(&["plugins", "pin", "tiny.so"]).status.code(), Some(0));
    let after = fs::read_to_string(user.configuration()).unwrap();
    assert!(after.starts_with(&text) && after.contains("\ntiny = \""), "{after}");
    assert_eq!(user.run(&["plugins", "unpin", "tiny"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(user.configuration()).unwrap(), text);
}

#[test]
fn a_broken_or_foreign_configuration_is_an_error() {
    let user = User::new();
    fs::create_dir_all(user.configuration().parent().unwrap()).unwrap();
    for (text, sentence) in [("[plugins\n", "it is not TOML"), ("plugins = 3\n", "not a table"), ("[plugins]\npins = []\n", "not a table")] {
        fs::write(user.configuration(), text).unwrap();
        assert_eq!(user.run(&["plugins", "list"]).status.code(), Some(4));
        let output = user.run(&["plugins", "pin", "tiny.so"]);
        assert!(stderr(&output).contains(sentence) && output.status.code() == Some(4), "{}", stderr(&output));
        assert_eq!(fs::read_to_string(user.configuration()).unwrap(), text);
    }
    fs::remove_file(user.configuration()).unwrap();
    assert_eq!(user.run(&["plugins", "pin", "tiny.so"]).status.code(), Some(0));
    mode(&user.configuration(), 0o666);
    let output = user.run(&["scan", "--plugin", "tiny.so", "model.tiny"]);
    assert!(
        stderr(&output).contains("other users can write to it") && stderr(&output).contains("names plugins") && output.status.code() == Some(4),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_users_plugin_folder_is_searched_and_a_scanned_one_is_not() {
    let user = User::new();
    let folder = user.path("home/.local/share/weighbridge/plugins");
    fs::create_dir_all(&folder).unwrap();
    fs::rename(user.path("tiny.so"), folder.join("tiny.so")).unwrap();
    // A repository that brings a plugin and a configuration, and is scanned from within.
    let repository = user.path("repository");
    fs::create_dir_all(repository.join(".config/weighbridge/plugins")).unwrap();
    fs::copy(folder.join("tiny.so"), repository.join("evil.so")).unwrap();
    fs::copy(folder.join("tiny.so"), repository.join(".config/weighbridge/plugins/evil.so")).unwrap();
    fs::write(repository.join("model.tiny"), b"TINY\x01\x05hello").unwrap();
    let scan = |variables: &[(&str, &str)]| {
        let mut command = user.command();
        command.current_dir(&repository).envs(variables.iter().copied()).args(["scan", "--format", "json", "model.tiny"]);
        let output = command.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["files"][0]["formats"].clone(), output.status.code(), stderr(&output))
    };
    let (formats, code, said) = scan(&[]);
    assert_eq!((formats, code), (serde_json::json!([]), Some(2)));
    assert!(said.contains("it is not pinned") && said.contains("home/.local/share") && said.lines().count() == 1, "{said}");
    let output = user.run(&["plugins", "pin", folder.join("tiny.so").to_str().unwrap()]);
    assert!(!stdout(&output).contains("--plugin"), "{}", stdout(&output));
    assert_eq!(scan(&[]).0, serde_json::json!(["tiny"]));
    // A relative folder in the environment would be one of the repository's.
    let relative = [("XDG_DATA_HOME", ".config"), ("XDG_CONFIG_HOME", ".config")];
    assert_eq!(scan(&relative).0, serde_json::json!(["tiny"]));
    let elsewhere = user.text("elsewhere");
    assert_eq!(scan(&[("XDG_DATA_HOME", &elsewhere)]).0, serde_json::json!([]));
}

#[test]
fn two_plugins_of_one_id_are_both_refused() {
    let user = User::new();
    fs::create_dir(user.path("more")).unwrap();
    fs::copy(user.path("tiny.so"), user.path("more/other.so")).unwrap();
    let (report, code, said) = user.scan(&["--allow-unpinned", "--plugin", "tiny.so", "--plugin-dir", "more", "model.tiny"]);
    assert_eq!((report["files"][0]["formats"].clone(), code), (serde_json::json!([]), 2));
    let refused: Vec<_> = report["run"]["plugins_refused"].as_array().unwrap().iter().map(|refused| refused["path"].as_str().unwrap()).collect();
    assert_eq!(refused, [user.text("more/other.so"), user.text("tiny.so")]);
    assert!(said.lines().all(|line| line.contains("id `tiny`") && line.contains("tiny.so") && line.contains("other.so")), "{said}");
    // The same library named twice is one.
    let (_, code, said) = user.scan(&["--allow-unpinned", "--plugin", "tiny.so", "--plugin", "./tiny.so", "model.tiny"]);
    assert_eq!((code, said.as_str()), (0, ""));
    // A library cannot take a built-in plugin's place; without the built-in ones it is welcome.
    let (_, code, said) = user.scan(&["--allow-unpinned", "--plugin", &library(&user, "pickle", "int weighbridge_plugin_pickle = 1;"), "model.tiny"]);
    assert!(code == 2 && said.contains("built-in pickle") && said.lines().count() == 2, "{said}");
}

#[test]
fn plugins_are_listed_with_what_they_are() {
    let user = User::new();
    user.run(&["plugins", "pin", "tiny.so"]);
    let args = ["plugins", "list", "--plugin", "tiny.so", "--plugin", "absent.so"];
    let output = user.run(&args);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(text.contains("pickle") && text.contains(&user.text("tiny.so")) && text.contains("yes"), "{text}");
    let output = user.run(&[&args[..], &["--format", "json"]].concat());
    let listing: Value = serde_json::from_slice(&output.stdout).unwrap();
    let tiny = listing["plugins"].as_array().unwrap().iter().find(|plugin| plugin["id"] == "tiny").unwrap();
    assert_eq!(tiny["version"], "1.0.0");
    assert_eq!(tiny["abi"], "1.0");
    assert_eq!(tiny["formats"], serde_json::json!(["tiny"]));
    assert_eq!(tiny["pinned"], true);
    assert_eq!(tiny["origin"], user.text("tiny.so"));
    assert!(fs::read_to_string(user.configuration()).unwrap().contains(tiny["sha256"].as_str().unwrap()));
    assert_eq!(listing["refused"][0]["path"], "absent.so");
    let builtin = listing["plugins"].as_array().unwrap().iter().find(|plugin| plugin["id"] == "pickle").unwrap();
    assert_eq!((&builtin["pinned"], &builtin["sha256"], &builtin["origin"]), (&Value::Null, &Value::Null, &Value::from("built-in")));
}
