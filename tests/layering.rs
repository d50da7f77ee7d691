//! The shape of the repository: who may depend on whom, and that a thing has one name everywhere.

use crate::support::{registry, root};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Workspace packages, each with the workspace packages that it depends on outside its tests.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let output =
        Command::new(env!("CARGO")).args(["metadata", "--format-version=1", "--no-deps", "--locked"]).current_dir(root("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let names: BTreeSet<String> = packages.iter().map(name).collect();
    let mut found = BTreeMap::new();
    for package in packages {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let ours = dependencies.filter(|dependency| dependency["kind"].is_null()).map(name).filter(|name| names.contains(name)).collect();
        found.insert(name(package), ours);
    }
    found
}

#[test]
fn dependencies_point_one_way() {
    for (package, dependencies) in packages() {
        let allowed = |dependency: &str| match package.as_str() {
            "weighbridge" => !dependency.starts_with("weighbridge-parse-"),
            "weighbridge-abi" | "weighbridge-parse-read" => false,
            "weighbridge-sdk" => matches!(dependency, "weighbridge-abi" | "weighbridge-parse-read"),
            "weighbridge-core" => dependency == "weighbridge-abi",
            parser if parser.starts_with("weighbridge-parse-") => dependency == "weighbridge-parse-read",
            plugin if plugin.starts_with("weighbridge-plugin-") => dependency == "weighbridge-sdk" || dependency.starts_with("weighbridge-parse-"),
            other => panic!("{other} is of no layer: it is named like none"),
        };
        for dependency in dependencies {
            assert!(allowed(&dependency), "{package} depends on {dependency}, and its layer may not");
        }
    }
}

#[test]
fn a_format_has_one_name_everywhere() {
    let folders = |path: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(root(path)).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let plugins = folders("plugins");
    let crates = packages().into_keys().filter_map(|name| name.strip_prefix("weighbridge-plugin-").map(|name| name.replace('-', "_")));
    let ids = registry().plugins().iter().map(|plugin| plugin.id.clone());
    assert_eq!(plugins, crates.collect(), "folders in plugins/ and crates");
    assert_eq!(plugins, ids.collect(), "folders in plugins/ and ids of the bundle");
    assert_eq!(plugins, folders("fixtures"), "folders in plugins/ and in fixtures/");
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Words of a text, in lower case.
fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect()
}

#[test]
fn plugins_do_not_judge() {
    let mut found = Vec::new();
    sources(&root("plugins"), &mut found);
    assert!(found.len() > 5);
    for (path, text) in found {
        let words = words(&text);
        for word in ["severity", "malicious", "critical", "dangerous"] {
            assert!(!words.contains(word), "{path} says `{word}`: plugins see, rules judge");
        }
    }
}

#[test]
fn the_engine_knows_no_format() {
    let mut found = Vec::new();
    for folder in ["engine/core/src/host", "engine/core/src/scan", "engine/core/src/run", "engine/core/src/source"] {
        sources(&root(folder), &mut found);
    }
    for (path, text) in found {
        // Comments may name examples; code may not.
        let code: Vec<&str> = text.split("#[cfg(test)]").next().unwrap().lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let words = words(&code.join("\n").replace(".zip(", ""));
        for format in registry().plugins().iter().map(|plugin| plugin.id.as_str()) {
            assert!(!words.contains(format), "{path} names the format `{format}`");
        }
    }
}

#[test]
fn the_top_level_is_as_it_is_said_to_be() {
    let output = Command::new("git").args(["ls-files"]).current_dir(root("")).output();
    // Without a checkout (a source archive) there is nothing to list.
    let Some(output) = output.ok().filter(|output| output.status.success()) else { return };
    let allowed = ["Cargo.toml", "Cargo.lock", "LICENSE", "README.md", "CHANGELOG.md", "engine", "plugins", "rules", "tests", "fixtures"];
    for path in String::from_utf8(output.stdout).unwrap().lines() {
        let top = path.split('/').next().unwrap();
        assert!(allowed.contains(&top) || top.starts_with('.'), "{top} is at the top level");
    }
}
