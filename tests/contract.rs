//! The contract over time: what is written in the header, what may never move, and hosts and plugins of different minor versions.

use crate::support::{c_plugin_with, program, report, root, run, stderr, stdout};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use weighbridge_abi::growable::GROWABLE;
use weighbridge_abi::layout::LAYOUT;
use weighbridge_abi::{ABI_MAJOR, ABI_MINOR, HEADER, SYMBOL_PREFIX};

#[path = "c_plugins/seen.rs"]
mod seen;

/// Sizes and offsets, a line each.
fn layout() -> String {
    let mut text = String::new();
    for (name, size, fields) in LAYOUT {
        writeln!(text, "{name} {size}").unwrap();
        for (field, at) in *fields {
            writeln!(text, "{name}.{field} {at}").unwrap();
        }
    }
    text
}

fn lines(text: &str) -> BTreeMap<String, u64> {
    text.lines().map(|line| line.rsplit_once(' ').unwrap()).map(|(name, number)| (name.to_owned(), number.parse().unwrap())).collect()
}

#[test]
fn the_layout_only_grows() {
    let folder = root("engine/abi/layout");
    let current = format!("{ABI_MAJOR}.{ABI_MINOR}");
    if std::env::var_os("WEIGHBRIDGE_WRITE_LAYOUT").is_some() {
        std::fs::write(folder.join(format!("{current}.txt")), layout()).unwrap();
    }
    let recorded = std::fs::read_to_string(folder.join(format!("{current}.txt"))).unwrap_or_default();
    assert!(recorded == layout(), "the layout is not that of ABI {current}: what was published may only grow, with a new minor version");
    let now = lines(&layout());
    let growable: BTreeMap<&str, u64> = GROWABLE.iter().copied().collect();
    let mut first: BTreeMap<String, u64> = BTreeMap::new();
    let mut versions: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let number = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().split('.').map(|part| part.parse::<u64>().unwrap()).collect::<Vec<_>>();
    versions.sort_by_key(number);
    for path in versions {
        for (name, then) in lines(&std::fs::read_to_string(&path).unwrap()) {
            let now = *now.get(&name).unwrap_or_else(|| panic!("{name} of {} is gone", path.display()));
            match growable.get(name.as_str()) {
                Some(_) => assert!(now >= then, "{name} has shrunk since {}", path.display()),
                None => assert_eq!(now, then, "{name} is not where it was in {}", path.display()),
            }
            first.entry(name).or_insert(then);
        }
    }
    for (name, size) in growable {
        assert_eq!(first[name], size, "{name}: the least size that is accepted is that of its first version");
    }
}

/// The header of a version that was published, or that could be.
fn frozen(version: &str) -> PathBuf {
    root("tests/c_plugins/headers").join(version)
}

#[test]
fn the_frozen_header_is_the_one_of_this_version() {
    // Comments may be bettered; what a compiler sees may not differ.
    let preprocessed = |folder: &Path| {
        let output = Command::new("cc").args(["-std=c11", "-E", "-P", "-dD"]).arg(folder.join("weighbridge.h")).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    assert_eq!(preprocessed(&frozen("1.0")), preprocessed(&root("engine/abi/include")));
}

/// Comments that stand before what they speak of: (comment, what follows it up to the next one).
fn comments(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for part in text.split("/*").skip(1) {
        found.push(part.split_once("*/").unwrap());
    }
    found
}

#[test]
fn every_function_and_structure_is_documented() {
    let (mut functions, mut structures) = (0, BTreeSet::new());
    for (comment, code) in comments(HEADER) {
        if let Some((_, name)) = code.split_once("(*").filter(|(before, _)| !before.contains(['{', ';'])) {
            let name = name.split(')').next().unwrap();
            functions += 1;
            for part in ["Owns:", "Thread:", "Returns:", "Since:"] {
                assert!(comment.contains(part), "`{name}` does not say `{part}`");
            }
            let thread = comment.split_once("Thread:").unwrap().1.split_once(']').unwrap().0.trim();
            assert!(["[any-thread", "[any-thread, one call at a time per session", "[calling thread"].contains(&thread), "`{name}`: {thread}");
            assert!(comment.trim_start().find(['.', ':']).is_some_and(|end| end > 8), "`{name}` does not say what it is for");
        }
        if let Some(body) = code.trim_start().strip_prefix("typedef struct ") {
            let name = body.split_whitespace().next().unwrap();
            let grows = comment.contains("[growable]");
            assert!(grows || comment.contains("[frozen]"), "`{name}` says neither that it grows nor that it does not");
            let begins = body.split_once('{').unwrap().1.trim_start();
            assert_eq!(grows, begins.contains("struct_size;"), "`{name}` grows, or has a size, and not both");
            structures.extend(grows.then(|| name.to_owned()));
        }
    }
    assert_eq!(functions, HEADER.matches("(*").count() - HEADER.matches("(*)").count(), "a function has no comment of its own");
    let known = LAYOUT.iter().filter(|(name, ..)| GROWABLE.iter().any(|(grows, _)| grows == name));
    assert_eq!(structures.len(), known.count(), "{structures:?}");
    assert!(HEADER.contains(&format!("#define WB_SYMBOL_PREFIX \"{SYMBOL_PREFIX}\"")));
}

/// The library of `compat.c`, built against the header of a version.
fn compat(folder: &Path, version: &str, more: &[&str]) -> PathBuf {
    let include = format!("-I{}", frozen(version).display());
    let library = folder.join(format!("compat-{version}{}.so", more.concat()));
    c_plugin_with("compat", &[&[include.as_str()], more].concat(), &library);
    library
}

/// What both hosts see of the model through a plugin of either version, apart from what only the newer ones of both know.
fn expected(plugin: u32, host: u32) -> String {
    let next = match (plugin, host) {
        (0, _) => "",
        (_, 0) => "1x metadata [(\"key\", Text(\"has-next\", 8)), (\"value\", Text(\"no\", 2))]\n",
        _ => "1x metadata [(\"key\", Text(\"has-next\", 8)), (\"value\", Text(\"yes\", 3))]\n",
    };
    format!(
        "plugin compat of ABI 1.{plugin}, Some(\"https://acme.example/report\")
input \"model\" 10 [\"compat\"]
input \"inner\" 6 []
1x metadata [(\"key\", Text(\"limit\", 5)), (\"value\", U64(42))]
1x metadata [(\"key\", Text(\"unknown-extension\", 17)), (\"value\", Text(\"null\", 4))]
1x metadata [(\"key\", Text(\"host-minor\", 10)), (\"value\", U64({host}))]
1x metadata [(\"key\", Text(\"has-listing\", 11)), (\"value\", Text(\"yes\", 3))]
{next}3x acme.thing [(\"acme.more\", Text(\"more\", 4)), (\"size\", U64(10))]
1x anomaly [(\"code\", Text(\"unclaimed-bytes\", 15)), (\"found\", Text(\"6 bytes in one place\", 20))]
region Structure 0+4
row tree [\"cell\"]
"
    )
}

#[test]
fn old_and_new_plugins_run_on_old_and_new_hosts() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model");
    std::fs::write(&model, b"CMPTabcdef").unwrap();
    let (old, new) = (compat(folder.path(), "1.0", &[]), compat(folder.path(), "1.1", &[]));
    assert_eq!(seen::seen(&old, &model), expected(0, 0));
    assert_eq!(seen::seen(&new, &model), expected(1, 0));

    // The engine as it would be with another minor version, in a program of its own.
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--message-format=json", "-p", "weighbridge-core", "--features", "next-minor", "--example", "next_minor"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let output = build.current_dir(root("")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let messages = stdout(&output);
    let messages = messages.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let host = messages.filter_map(|message| message["executable"].as_str().map(str::to_owned)).next_back().unwrap();
    for (plugin, version) in [(&old, 0), (&new, 1)] {
        let output = Command::new(&host).arg(plugin).arg(&model).output().unwrap();
        assert_eq!(stdout(&output), expected(version, 1), "{}", stderr(&output));
    }
}

#[test]
fn a_plugin_that_needs_a_newer_host_names_the_older_side() {
    let folder = tempfile::tempdir().unwrap();
    let library = compat(folder.path(), "1.1", &["-DNEEDS=1"]);
    let output = run(&["plugins", "list", "--allow-unpinned", "--plugin", library.to_str().unwrap()]);
    let said = stderr(&output);
    assert!(said.contains("needs plugin ABI 1.1") && said.contains("Weighbridge is the older side: update it"), "{said}");
    assert_eq!(output.status.code(), Some(2));
    let library = compat(folder.path(), "1.1", &["-DNEEDS=0"]);
    assert_eq!(run(&["plugins", "list", "--allow-unpinned", "--plugin", library.to_str().unwrap()]).status.code(), Some(0));
}

#[test]
fn a_plugin_of_another_major_version_is_refused_and_the_older_side_named() {
    let folder = tempfile::tempdir().unwrap();
    for (major, older) in [(0, "the plugin is the older side: rebuild it"), (2, "Weighbridge is the older side: update it")] {
        let include = folder.path().join(major.to_string());
        std::fs::create_dir(&include).unwrap();
        let header = HEADER.replace("#define WB_ABI_MAJOR 1\n", &format!("#define WB_ABI_MAJOR {major}\n"));
        assert_ne!(header, HEADER);
        std::fs::write(include.join("weighbridge.h"), header).unwrap();
        let library = include.join("compat.so");
        c_plugin_with("compat", &[&format!("-I{}", include.display())], &library);
        let output = run(&["plugins", "list", "--allow-unpinned", "--plugin", library.to_str().unwrap()]);
        let said = stderr(&output);
        assert!(said.contains(&format!("it is built for plugin ABI {major}.0, and this Weighbridge speaks 1.0: {older}")), "{said}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn kinds_of_a_vendor_are_judged_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let library = compat(folder.path(), "1.0", &[]);
    let (model, pack) = (folder.path().join("model.bin"), folder.path().join("acme.toml"));
    std::fs::write(&model, b"CMPTabcdef").unwrap();
    std::fs::write(
        &pack,
        r#"
[pack]
id = "acme"
version = "1.0.0"
title = "What Acme does not want in its models"
mode = "blocklist"
vocabulary = 1

[[rule]]
id = "acme-large-thing"
title = "A thing of Acme's is larger than its device"
severity = "high"
threat = "suspicious_global"
match = { kind = "acme.thing", size = { min = 10 }, "acme.more" = "more" }
why = "The device reads no more than nine bytes."
remedy = "Make it smaller."
references = ["https://acme.example/things"]
[[rule.examples]]
fact = { kind = "acme.thing", size = 12, "acme.more" = "more" }
[[rule.examples]]
fact = { kind = "acme.thing", size = 3, "acme.more" = "more" }
matches = false
"#,
    )
    .unwrap();
    let [library, model, pack] = [&library, &model, &pack].map(|path| path.to_str().unwrap());
    let (report, code) = report(&["scan", "--allow-unpinned", "--plugin", library, "--rules", pack, model]);
    let findings = &report["files"][0]["findings"];
    assert_eq!(code, 1, "{report}");
    assert_eq!((&findings[0]["rule_id"], &findings[0]["count"]), (&"acme-large-thing".into(), &3.into()));
    assert_eq!(findings.as_array().unwrap().len(), 1);
    let output = program().args(["inspect", "--allow-unpinned", "--plugin", library, model]).output().unwrap();
    assert!(stdout(&output).contains("acme.thing"), "{}", stdout(&output));
}

#[test]
fn every_reader_keeps_the_contract_on_every_fixture() {
    for (_, path) in crate::support::fixtures() {
        let data = std::fs::read(&path).unwrap();
        for plugin in crate::support::plugins() {
            let fuzzed = std::panic::catch_unwind(|| weighbridge_sdk::harness::fuzz(plugin, &data));
            assert!(fuzzed.is_ok(), "{}: see above", path.display());
        }
    }
}

#[test]
fn the_authors_page_lists_the_vocabulary() {
    let mut text = String::new();
    for kind in weighbridge_abi::vocabulary::KINDS {
        writeln!(text, "- **`{}`**: {}", kind.name, kind.says).unwrap();
        for (field, says) in kind.fields {
            writeln!(text, "  - `{field}`: {says}").unwrap();
        }
    }
    writeln!(text, "\nCodes of `anomaly` facts:\n").unwrap();
    for (code, says) in weighbridge_abi::vocabulary::ANOMALIES {
        writeln!(text, "- `{code}`: {says}").unwrap();
    }
    let (path, begins) = (root("plugins/README.md"), format!("- **`{}`**: ", weighbridge_abi::vocabulary::KINDS[0].name));
    let page = std::fs::read_to_string(&path).unwrap();
    let before = &page[..page.find(&begins).unwrap()];
    if std::env::var_os("WEIGHBRIDGE_WRITE_README").is_some() {
        std::fs::write(&path, format!("{before}{text}")).unwrap();
    }
    assert!(page.ends_with(&text), "the end of plugins/README.md is not the vocabulary: run this test with WEIGHBRIDGE_WRITE_README=1");
}
