//! What fuzzing has found worth keeping: inputs that reach parts of the readers that no fixture reaches, each read anew under the same properties.

use crate::support::{plugins, root};
use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::PathBuf;
use weighbridge_sdk::harness;

/// Bytes of all seeds: they are read with every run, and cloned with the repository.
const MOST: u64 = 3 << 19;

/// Bytes of one.
const LARGEST: u64 = 4 << 10;

/// Plugin, file.
fn seeds() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root("tests/fuzz/seeds")).unwrap().map(|entry| entry.unwrap().path()) {
        let plugin = folder.file_name().unwrap().to_str().unwrap().to_owned();
        found.extend(std::fs::read_dir(&folder).unwrap().map(|entry| (plugin.clone(), entry.unwrap().path())));
    }
    found.sort();
    found
}

#[test]
fn every_seed_keeps_the_properties() {
    let mut failed = Vec::new();
    for (id, path) in seeds() {
        let plugin = plugins().into_iter().find(|plugin| harness::id(plugin) == id).unwrap_or_else(|| panic!("no plugin is called {id}"));
        let data = std::fs::read(&path).unwrap();
        if catch_unwind(|| harness::fuzz(plugin, &data)).is_err() {
            failed.push(path);
        }
    }
    assert!(failed.is_empty(), "see above; `tests/fuzz/run --replay FILE --plugin ID` says more: {failed:#?}");
}

#[test]
fn seeds_are_few_and_small() {
    let sizes: Vec<u64> = seeds().iter().map(|(_, path)| path.metadata().unwrap().len()).collect();
    assert!(sizes.len() > 100, "{} seeds", sizes.len());
    assert!(sizes.iter().all(|size| *size <= LARGEST), "a seed is larger than {LARGEST} bytes");
    assert!(sizes.iter().sum::<u64>() <= MOST, "{} bytes of seeds", sizes.iter().sum::<u64>());
}

#[test]
fn every_plugin_is_fuzzed() {
    let names = |manifest: &str| -> BTreeSet<String> {
        let text = std::fs::read_to_string(root(manifest)).unwrap();
        let dependencies = text.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
        dependencies
            .lines()
            .filter(|line| line.starts_with("weighbridge-plugin-"))
            .map(|line| line.split([' ', '.', '=']).next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names("tests/fuzz/Cargo.toml"), names("Cargo.toml"), "plugins that tests/fuzz/Cargo.toml names, and those of the bundle");
}
