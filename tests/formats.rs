//! `weighbridge formats`, and the table in the README that is made from it.

use crate::support::{program, root, stderr, stdout};
use serde_json::Value;
use std::fmt::Write;

/// What stands around the table.
const BEGIN: &str = "<!-- formats: written by `WEIGHBRIDGE_WRITE_README=1 cargo test formats` -->\n";
const END: &str = "<!-- end of formats -->\n";

fn listed() -> Vec<Value> {
    let output = program().args(["formats", "--format", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

#[test]
fn every_format_says_how_it_is_known_and_what_is_read() {
    for format in listed() {
        let id = format["id"].as_str().unwrap();
        let quick = format["quick"].as_str().unwrap();
        assert!(!quick.is_empty() && !quick.ends_with('.'), "{id} says nothing of quick mode: const READS of its plugin");
        assert!(!texts(&format["recognised"]).is_empty() && !texts(&format["thorough"]).is_empty(), "{id}");
        assert!(!texts(&format["rules"]).is_empty(), "no rule speaks of {id}");
    }
}

#[test]
fn rules_are_listed_where_they_could_apply() {
    let formats = listed();
    let rules = |id: &str| texts(&formats.iter().find(|format| format["id"] == id).unwrap()["rules"]);
    for (id, rule, there) in [
        ("onnx", "onnx/onnx-external-key", true),
        ("onnx", "tensorflow/tensorflow-reads-file", false),
        ("tensorflow-saved-model", "tensorflow/tensorflow-reads-file", true),
        ("tflite", "tensorflow/tensorflow-reads-file", true),
        ("gguf", "keras/keras-lambda", false),
        ("pickle", "known-dangerous/os-command", true),
        ("safetensors", "known-dangerous/os-command", false),
        ("llamafile", "other-frameworks/llamafile", true),
        ("torch-export", "torchscript/torch-export-expression", true),
        ("torch-mobile", "torchscript/torch-export-expression", false),
    ] {
        assert_eq!(rules(id).contains(&rule), there, "{rule} and {id}: {:?}", rules(id));
    }
}

#[test]
fn people_are_told_what_is_read() {
    let output = program().args(["formats"]).output().unwrap();
    let text = stdout(&output);
    let (_, after) = text.split_once("gguf  GGUF file\n").unwrap();
    let block = after.split("\n\n").next().unwrap();
    for (what, says) in [
        ("plugin", "gguf"),
        ("extensions", "gguf"),
        ("known by", "\"GGUF\" at 0"),
        ("quick", "all keys"),
        ("thorough", "every byte"),
        ("rules", "templates "),
    ] {
        let line = block.lines().find(|line| line.trim_start().starts_with(what)).unwrap_or_else(|| panic!("{what} is not in:\n{block}"));
        assert!(block.contains(says), "{line}: {says} is not in:\n{block}");
    }
}

#[test]
fn the_readme_lists_the_formats() {
    let mut table = String::from("| format | extensions | known by | what is read in quick mode |\n|---|---|---|---|\n");
    for format in listed() {
        let cell = |text: &str| text.replace('|', "\\|");
        let extensions = texts(&format["extensions"]).join(" ");
        let known = texts(&format["recognised"]);
        let more = if known.len() > 2 { ", …" } else { "" };
        let known = known[..known.len().min(2)].join(", ");
        writeln!(
            table,
            "| {} | {} | {}{more} | {} |",
            cell(format["title"].as_str().unwrap()),
            extensions,
            cell(&known),
            cell(format["quick"].as_str().unwrap())
        )
        .unwrap();
    }
    let path = root("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let right = format!("{before}{BEGIN}\n{table}\n{END}{after}");
    if std::env::var_os("WEIGHBRIDGE_WRITE_README").is_some() {
        std::fs::write(&path, &right).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == right,
        "the README's table is not what `weighbridge formats` says: run this test with WEIGHBRIDGE_WRITE_README=1"
    );
}
