//! Packs that say what several files mean together, or which advisory a shape belongs to, on files that show it.

use crate::support::{program, root};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Writes a file, and the folders that it lies in.
fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// What a pack says of a folder, by file.
fn judged(folder: &Path, pack: &str) -> BTreeMap<String, BTreeSet<String>> {
    let output = program().current_dir(folder).args(["scan", "--no-config", "--rules", pack, "--format", "json", "."]).output().unwrap();
    found(&serde_json::from_slice(&output.stdout).unwrap())
}

/// For each rule of `cve-shapes` what it finds: a fixture, or a fixture under another name, with what lies beside it.
const SHAPES: &[(&str, &str, &str)] = &[
    ("cve-config-kernel", "configuration/malicious-internal-attention.json", ""),
    ("cve-config-other-repository", "configuration/malicious-nested-auto-map.json", ""),
    ("cve-config-own-code", "configuration/benign-own-code.json", ""),
    ("cve-config-target", "configuration/malicious-target.json", ""),
    ("cve-evasion-checksum", "zip/malicious-crc-mismatch.pt", ""),
    ("cve-evasion-extension", "pickle/malicious-runpy.pkl", "data.config"),
    ("cve-evasion-flags", "zip/malicious-flag-encrypted-lie.pt", ""),
    ("cve-evasion-names", "zip/malicious-local-name-differs.pt", ""),
    ("cve-evasion-pip", "pickle/malicious-gadgets-importers.pkl", ""),
    ("cve-evasion-runner", "pickle/malicious-runpy.pkl", ""),
    ("cve-gguf-array", "gguf/malformed-array-2-63.gguf", ""),
    ("cve-gguf-dimensions", "gguf/malformed-dimension-2-63.gguf", ""),
    ("cve-gguf-key-count", "gguf/malformed-keys-2-63.gguf", ""),
    ("cve-gguf-tensor-beyond", "gguf/malformed-offset-2-31.gguf", ""),
    ("cve-gguf-tensor-count", "gguf/malformed-tensors-2-63.gguf", ""),
    ("cve-gguf-tensor-size", "gguf/malformed-dimension-2-31.gguf", ""),
    ("cve-gguf-text", "gguf/malformed-text-2-63.gguf", ""),
    ("cve-hdf5-elsewhere", "hdf5/malicious-external-link.h5", ""),
    ("cve-hdf5-shape", "keras/malicious-weights-shape.keras", ""),
    ("cve-keras-get-file", "keras/malicious-get-file.keras", ""),
    ("cve-keras-lambda-code", "keras/malicious-lambda.keras", ""),
    ("cve-keras-lambda-in-h5", "keras/malicious-lambda.h5", ""),
    ("cve-keras-module", "keras/malicious-function-os.keras", ""),
    ("cve-keras-saved-model", "keras/malicious-saved-model.json", ""),
    ("cve-keras-torch-module", "keras/malicious-torch-module.keras", ""),
    ("cve-keras-unsafe-mode", "keras/malicious-unsafe-mode.keras", ""),
    ("cve-keras-vocabulary", "keras/malicious-vocabulary-url.keras", ""),
    ("cve-manifest-digest", "oci/malicious-digest.json", ""),
    ("cve-mxnet-name", "mxnet/suspicious-long-name-symbol.json", ""),
    ("cve-onnx-key", "onnx/malicious-external-key.onnx", ""),
    ("cve-onnx-link", "onnx/malicious-external-key.onnx", "linked/m.onnx"),
    ("cve-onnx-outside", "onnx/malicious-external-data-parent.onnx", ""),
    ("cve-pickle-by-cloudpickle", "pickle/malicious-cloudpickle-make-function.pkl", ""),
    ("cve-pickle-for-servers", "zip/malicious-torch-runpy.pt", ""),
    ("cve-pickle-in-joblib", "pickle/malicious-joblib-object-array.joblib", ""),
    ("cve-pickle-in-lightning", "zip/malicious-torch-runpy.pt", "last.ckpt"),
    ("cve-pickle-in-numpy", "numpy/malicious-objects.npy", ""),
    ("cve-pickle-in-paddle", "pickle/malicious-runpy.pkl", "model.pdparams"),
    ("cve-pickle-in-transformers", "pickle/malicious-runpy.pkl", "vocab.pkl"),
    ("cve-pickle-of-mlflow", "pickle/malicious-runpy.pkl", "flow/model.pkl"),
    ("cve-pickle-of-sklearn", "skops/malicious-function.skops", ""),
    ("cve-pickle-of-training", "zip/malicious-torch-runpy.pt", "rng_state_0.pth"),
    ("cve-r-promise", "rdata/malicious-promise.rds", ""),
    ("cve-skops-fallback", "skops/malicious-pickle-named-skops.skops", ""),
    ("cve-skops-method", "skops/malicious-method-dunder.skops", ""),
    ("cve-skops-operator", "skops/malicious-operator.skops", ""),
    ("cve-tar-link-outside", "tar/malicious-symlink-outside.tar", ""),
    ("cve-tar-name-outside", "tar/malicious-name-traversal.tar", ""),
    ("cve-template", "gguf/malicious-chat-template.gguf", ""),
    ("cve-tokenizer-own-code", "configuration/benign-own-code.json", ""),
    ("cve-torch-rpc", "pickle/malicious-gadgets-torch.pkl", ""),
    ("cve-torch-set-items", "zip/malicious-torch-setitem-on-non-dict.pt", ""),
    ("cve-torch-storage-size", "zip/malicious-torch-storage-larger-than-record.pt", ""),
    ("cve-yaml-tag", "configuration/malicious-apply.yaml", ""),
    ("cve-zip-name-outside", "zip/malicious-name-traversal.zip", ""),
];

/// What a report says of each file: ids of rules with their severities.
fn found(report: &serde_json::Value) -> BTreeMap<String, BTreeSet<String>> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let files = report["files"].as_array().unwrap().iter();
    let rules = |file: &serde_json::Value| {
        file["findings"].as_array().unwrap().iter().map(|finding| format!("{} {}", text(&finding["severity"]), text(&finding["rule_id"]))).collect()
    };
    files.map(|file| (text(&file["path"]), rules(file))).collect()
}

#[cfg(unix)]
#[test]
fn advisories_are_named_for_the_shapes_that_they_speak_of() {
    let pack = std::fs::read_to_string(root("rules/cve-shapes.toml")).unwrap();
    let ids: Vec<&str> = pack.lines().filter_map(|line| line.strip_prefix("id = \"cve-")?.strip_suffix('"')).filter(|id| *id != "shapes").collect();
    let shown: BTreeSet<&str> = SHAPES.iter().filter_map(|(id, ..)| id.strip_prefix("cve-")).collect();
    assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>(), shown, "each rule has a file that shows it");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "flow/MLmodel", b"flavors: {}\n");
    for (_, fixture, name) in SHAPES {
        write(folder, if name.is_empty() { fixture } else { name }, &std::fs::read(root("fixtures").join(fixture)).unwrap());
    }
    std::os::unix::fs::symlink("/dev/null", folder.join("linked/w.bin")).unwrap();
    let found = judged(folder, "cve-shapes");
    for (id, fixture, name) in SHAPES {
        let path = if name.is_empty() { fixture } else { name };
        let rules = &found[*path];
        assert!(rules.iter().any(|rule| rule.ends_with(&format!(" {id}"))), "{path}: {id} is not among {rules:?}");
        if fixture.contains("/benign-") {
            assert!(rules.iter().all(|rule| rule.starts_with("low ")), "{path}: {rules:?}");
        }
    }
}

#[test]
fn a_repository_is_judged_as_a_whole() {
    let fixture = |name: &str| std::fs::read(root("fixtures").join(name)).unwrap();
    let (config, own, tokenizer) = (
        fixture("configuration/benign-config.json"),
        fixture("configuration/benign-own-code.json"),
        fixture("configuration/benign-tokenizer-config.json"),
    );
    let (weights, checkpoint) = (fixture("safetensors/benign-one-tensor.safetensors"), fixture("zip/benign-real-torch-checkpoint.pt"));
    let index = br#"{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}"#;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, bytes) in [
        ("plain/config.json", config.as_slice()),
        ("plain/tokenizer_config.json", &tokenizer),
        ("plain/model.safetensors", &weights),
        ("plain/README.md", b"# A model\n"),
        ("both/config.json", &config),
        ("both/model.safetensors", &weights),
        ("both/pytorch_model.bin", &checkpoint),
        ("pickled/config.json", &config),
        ("pickled/pytorch_model.bin", &checkpoint),
        ("pickled/optimizer.pt", &checkpoint),
        ("pickled/vocab.pkl", &fixture("pickle/benign-empty-newobj.pkl")),
        ("coded/config.json", &own),
        ("coded/configuration_mine.py", b"import math\n"),
        ("coded/hubconf.py", b"import math\n"),
        ("coded/custom_generate/generate.py", b"import math\n"),
        ("coded/generation_config.json", &fixture("configuration/suspicious-trust.json")),
        ("coded/install.bat", b"echo weighbridge\n"),
        ("coded/extra.zip", &fixture("zip/benign-comment.zip")),
        ("coded/tokenizer_config.json", &tokenizer),
        ("coded/chat_template.jinja", b"{% for message in messages %}{{ message.content }}{% endfor %}"),
        (
            "pipeline/model_index.json",
            br#"{"_class_name": "StableDiffusionPipeline", "unet": ["my_unet", "Unet"], "vae": ["diffusers", "AutoencoderKL"]}"#,
        ),
        ("pipeline/my_unet.py", b"import math\n"),
        ("elsewhere/config.json", &fixture("configuration/suspicious-other-repository.json")),
        ("kernel/config.json", &fixture("configuration/malicious-internal-attention.json")),
        ("cut/config.json", &config),
        ("cut/model.safetensors.index.json", index),
        ("cut/model-00001-of-00002.safetensors", &weights),
        ("cloned/config.json", &config),
        ("cloned/model.safetensors", &fixture("git_lfs/malformed-pointer.safetensors")),
    ] {
        write(folder, name, bytes);
    }
    let found = judged(folder, "huggingface");
    let lines: Vec<String> = found.into_iter().map(|(path, rules)| format!("{path}: {}", rules.into_iter().collect::<Vec<_>>().join(", "))).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root("tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("packs-huggingface", lines.join("\n")));
    let pack = std::fs::read_to_string(root("rules/huggingface.toml")).unwrap();
    for id in pack.lines().filter_map(|line| line.strip_prefix("id = \"hf-")?.strip_suffix('"')) {
        assert!(lines.iter().any(|line| line.contains(&format!("hf-{id}"))), "hf-{id} has no file that shows it");
    }
    // What most repositories look like is quiet.
    for line in lines.iter().filter(|line| line.starts_with("plain/") || line.starts_with("both/")) {
        assert!(!line.contains("medium") && !line.contains("high"), "{line}");
    }
}

/// Folders that are one model, and one that is not: a pickle in the folder itself, and the module that it imports in a folder below.
#[test]
fn a_folder_that_is_one_model_is_judged_as_one() {
    let pickle = b"\x80\x04\x8c\x06helper\x8c\x03run\x93.";
    let module = b"import os\nos.system('echo weighbridge')\n";
    for (marker, one) in
        [("tokenizer_config.json", true), ("model.safetensors.index.json", true), ("MLmodel", true), ("oci-layout", true), ("settings.json", false)]
    {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "repo/weights/model.pkl", pickle);
        write(folder.path(), "repo/code/helper.py", module);
        write(folder.path(), &format!("repo/{marker}"), b"{}");
        let output = program().current_dir(folder.path()).args(["scan", "--no-config", "--format", "json", "."]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let files = report["files"].as_array().unwrap();
        assert_eq!(files.iter().all(|file| file["artifact"] == "repo"), one, "{marker}: {report:#}");
        let rules = &found(&report)["repo/weights/model.pkl"];
        assert_eq!(rules.contains("medium module-beside-pickle"), one, "{marker}: {rules:?}");
    }
}
