//! Modules that a pickle imports, and that lie beside it: in its folder, in one that is a model, in its archive.

use crate::support::{program, stdout};
use serde_json::Value;

/// Rules that speak of files of a folder, each with the file's name.
fn found(files: &[(&str, &[u8])]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let output = program().args(["scan", "--format", "json", "model"]).current_dir(folder.path()).output().unwrap();
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let mut found = Vec::new();
    for file in report["files"].as_array().unwrap() {
        for finding in file["findings"].as_array().unwrap() {
            let rule = finding["rule_id"].as_str().unwrap();
            if rule.contains("-beside-") || rule.contains("shadows") {
                found.push(format!("{} {rule}", file["path"].as_str().unwrap()));
            }
        }
    }
    found
}

const MINE: &[u8] = b"cmine_net\nNet\n)\x81.";
const DOTTED: &[u8] = b"cmine_net.layers\nNet\n)\x81.";
const ORDERED: &[u8] = b"ccollections\nOrderedDict\n)R.";

#[test]
fn a_module_or_package_beside_a_pickle_is_named() {
    for (files, expected) in [
        (&[("model/net.pkl", MINE), ("model/mine_net.py", b"import torch\n")][..], &["net.pkl module-beside-pickle"][..]),
        (&[("model/net.pkl", MINE), ("model/mine_net.so", b"\x7fELF")], &["net.pkl module-beside-pickle"]),
        (&[("model/net.pkl", DOTTED), ("model/mine_net/layers.py", b"import torch\n")], &["net.pkl folder-beside-pickle"]),
        (&[("model/net.pkl", ORDERED), ("model/collections.py", b"import torch\n")], &["net.pkl module-shadows-a-library"]),
        (&[("model/net.pkl", ORDERED), ("model/collections/__init__.py", b"import torch\n")], &["net.pkl package-shadows-a-library"]),
        (&[("model/net.pkl", MINE), ("model/other.py", b"import torch\n")], &[]),
        (&[("model/net.pkl", ORDERED), ("model/prepare.py", b"import torch\n")], &[]),
    ] {
        assert_eq!(found(files), expected, "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());
    }
}

#[test]
fn in_a_folder_that_is_one_model_files_of_all_its_folders_count() {
    let config: &[u8] = b"{\"model_type\": \"llama\", \"architectures\": [\"LlamaForCausalLM\"]}";
    let files: &[(&str, &[u8])] = &[
        ("model/config.json", config),
        ("model/net.pkl", DOTTED),
        ("model/mine_net/__init__.py", b"import torch\n"),
        ("model/mine_net/layers.py", b"import torch\n"),
    ];
    let found = found(files);
    assert!(found.iter().any(|found| found.starts_with("net.pkl ") && found.contains("-beside-")), "{found:?}");
}
