//! A plugin and a rule pack as somebody elsewhere writes them, from the header, the two pages and the program: Darknet's weights, which have no
//! magic, and its configurations, which are text (`c_plugins/darknet`).

use crate::support::{c_plugin_with, program, root, stderr, stdout};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Headers of C11 that a plugin may include.
const C_HEADERS: &[&str] =
    &["assert.h", "ctype.h", "errno.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdbool.h", "stddef.h", "stdint.h", "stdlib.h", "string.h"];

const NET: &str = "# YOLO\n[net]\nbatch=64\nwidth = 416\nheight=416\n";
const CONVOLUTIONAL: &str = "\n[convolutional]\nbatch_normalize=1\nfilters=32\nsize=3\nactivation=leaky\n";
const YOLO: &str = "\n[yolo]\nmask = 0,1,2\nclasses=80\n";

/// Version numbers, and what was seen: of 64 bits since 0.2.
fn header(version: [i32; 3], seen: &[u8]) -> Vec<u8> {
    [version.map(i32::to_le_bytes).concat().as_slice(), seen].concat()
}

/// A folder of good files, broken ones, and ones that lead elsewhere.
fn fixtures(folder: &Path) -> PathBuf {
    let fixtures = folder.join("fixtures");
    fs::create_dir(&fixtures).unwrap();
    let floats: Vec<u8> = (0..24_u16).flat_map(|i| (f32::from(i * 79 % 200) / 100.0 - 1.0).to_le_bytes()).collect();
    let new = header([0, 2, 5], &32_013_312_u64.to_le_bytes());
    let old = header([0, 1, 0], &640_u32.to_le_bytes());
    let other = header([3, 2000, 0], &[0; 4]);
    for (name, bytes) in [
        ("benign-yolo.weights", [&new[..], &floats].concat()),
        ("benign-old.weights", [&old[..], &floats].concat()),
        ("suspicious-version.weights", [&other[..], &floats].concat()),
        ("malformed-header.weights", new[..9].to_vec()),
        ("malformed-seen.weights", new[..16].to_vec()),
        ("malformed-tail.weights", [&new[..], &floats[..94]].concat()),
        ("malformed-none.weights", new.clone()),
    ] {
        fs::write(fixtures.join(name), bytes).unwrap();
    }
    for (name, text) in [
        ("benign-yolo.cfg", [NET, CONVOLUTIONAL, CONVOLUTIONAL, YOLO].concat()),
        ("benign-crlf.cfg", [NET, "names=coco.names\n", YOLO].concat().replace('\n', "\r\n")),
        // The loader drops blanks within a line, too.
        ("malicious-backup.cfg", [NET, "back up = /etc/cron.d/x\n", CONVOLUTIONAL].concat()),
        ("malicious-climbs.cfg", [NET, "backup=../../.ssh/authorized_keys\ndata=C:\\x\\y\n", CONVOLUTIONAL].concat()),
        ("suspicious-url.cfg", [NET, CONVOLUTIONAL, "pretrained=https://models.example/yolo.weights\n", YOLO].concat()),
        ("malformed-first.cfg", [CONVOLUTIONAL, NET].concat()),
        ("malformed-lines.cfg", [NET, "no option\na=b\0hidden\n[conv\nfilters=1\n"].concat()),
        ("malformed-long.cfg", [NET, "names=", &"a".repeat(20_000), "\n"].concat()),
    ] {
        fs::write(fixtures.join(name), text).unwrap();
    }
    fixtures
}

/// The plugin, built.
fn library(folder: &Path) -> PathBuf {
    let library = folder.join("darknet.so");
    c_plugin_with("darknet/darknet", &["-fvisibility=hidden"], &library);
    library
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", stdout(output), stderr(output)))
}

/// A file's verdict, and its findings with their places.
fn judged(file: &Value) -> String {
    let mut lines = vec![format!("{}: {}", file["path"].as_str().unwrap(), file["verdict"].as_str().unwrap())];
    for finding in file["findings"].as_array().unwrap() {
        let [severity, rule] = ["severity", "rule_id"].map(|name| finding[name].as_str().unwrap());
        lines.push(format!("  {severity} {rule} at {}+{}", finding["place"]["offset"], finding["place"]["length"]));
    }
    lines.join("\n")
}

#[test]
fn it_stands_on_the_header_and_the_c_library() {
    let source = fs::read_to_string(root("tests/c_plugins/darknet/darknet.c")).unwrap();
    let includes: Vec<&str> = source.lines().filter_map(|line| line.trim_start().strip_prefix("#include ")).collect();
    assert!(includes.contains(&"\"weighbridge.h\""), "{includes:?}");
    for include in includes {
        let standard = include.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        assert!(include == "\"weighbridge.h\"" || standard.is_some_and(|name| C_HEADERS.contains(&name)), "it includes {include}");
    }
}

#[test]
fn it_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = fixtures(folder.path());
    let output =
        program().args(["plugins", "check", "--format", "json"]).arg(library(folder.path())).arg("--fixtures").arg(&fixtures).output().unwrap();
    let report = json(&output);
    // A machine under load may be slow, and nothing in these files is decoded.
    let states =
        report["checks"].as_array().unwrap().iter().map(|check| (check["id"].as_str().unwrap(), check["state"].as_str().unwrap(), &check["says"]));
    let other: Vec<_> =
        states.filter(|(id, state, _)| !matches!((*id, *state), (_, "ok") | ("speed", "warning") | ("child-reads", "skipped"))).collect();
    assert!(other.is_empty() && output.status.success(), "{other:#?}");
    assert_eq!(report["inputs"], serde_json::json!({ "given": 15, "claimed": 15 }));
}

#[test]
fn its_pack_judges_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (library, fixtures, pack) = (library(folder.path()), fixtures(folder.path()), root("tests/c_plugins/darknet/darknet.toml"));
    for command in [&["rules", "check", "--deny-warnings"][..], &["rules", "test"]] {
        let output = program().args(command).args(["--allow-unpinned", "--plugin"]).arg(&library).arg(&pack).output().unwrap();
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
    }
    let mut scan = program();
    scan.args(["scan", "--format", "json", "--allow-unpinned", "--plugin"]).arg(&library).arg("--rules").arg(&pack).arg(&fixtures);
    let output = scan.output().unwrap();
    let report = json(&output);
    let mut files: Vec<String> = report["files"].as_array().unwrap().iter().map(judged).collect();
    files.sort();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root("tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("vendor-darknet", files.join("\n")));
    assert_eq!(output.status.code(), Some(1));
}
