//! `weighbridge inspect` as people and programs meet it.

use crate::support::{c_plugin, program, report, root, run, stderr, stdout};
use serde_json::Value;
use std::process::{Output, Stdio};

/// A file of each kind of listing.
const SHOWN: [&str; 12] = [
    "configuration/malicious-code.json",
    "gguf/malicious-chat-template.gguf",
    "hdf5/malicious-external-link.h5",
    "jinja/malicious-in-condition.jinja",
    "keras/malicious-lambda-3.11.json",
    "numpy/benign-arrays.npz",
    "onnx/malicious-after-broken-node.onnx",
    "pickle/malicious-reduce-protocol-4.pkl",
    "python/malicious-module-3.12.pyc",
    "safetensors/malicious-code-escaped.safetensors",
    "tensorflow/malicious-asset-absolute.pb",
    "zip/benign-torch-checkpoint.pt",
];

fn at_width(columns: &str, args: &[&str]) -> Output {
    program().env("COLUMNS", columns).arg("inspect").args(args).output().unwrap()
}

/// Of what is shown, the parts: what stands above is the report, which has tests of its own.
fn parts(text: &str) -> &str {
    text.split_once("\n\n").map_or("", |(_, parts)| parts)
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root("tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// The document that the program prints, and its exit code.
fn inspected(args: &[&str]) -> (Value, i32) {
    let (document, code) = report(&[&["inspect"], args].concat());
    assert_eq!(document["schema"], "weighbridge.inspect/1");
    (document, code)
}

fn rows<'d>(document: &'d Value, listing: &str) -> Vec<&'d Value> {
    document["rows"].as_array().unwrap().iter().filter(|row| row["listing"] == listing).collect()
}

#[test]
fn what_is_in_files_at_two_widths() {
    for columns in ["80", "120"] {
        let mut all = String::new();
        for name in SHOWN {
            let output = at_width(columns, &["--rows", "24", &format!("fixtures/{name}")]);
            let text = stdout(&output);
            let shown = parts(&text);
            assert!(!shown.is_empty(), "{name}: {}", stderr(&output));
            all.push_str(&format!("==== {name}\n{shown}\n"));
        }
        snapshot(&format!("inspect-{columns}"), &all);
    }
}

#[test]
fn nothing_reaches_the_terminal_and_nothing_is_wider_than_it() {
    for (folder, columns) in [("zip", "80"), ("tar", "120"), ("safetensors", "80"), ("keras", "100")] {
        let mut seen = 0;
        for entry in std::fs::read_dir(root("fixtures").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "snap") || seen == 12 {
                continue;
            }
            seen += 1;
            let text = stdout(&at_width(columns, &["--isolate", "off", "--all", path.to_str().unwrap()]));
            assert!(!text.contains(|c: char| c != '\n' && (c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'))));
            let most: usize = columns.parse().unwrap();
            // Names of files and parts stand as they are; what is laid out in columns fits.
            for line in text.lines().filter(|line| line.starts_with("  0x") || line.starts_with(&" ".repeat(15))) {
                assert!(line.chars().count() <= most, "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    let file = "fixtures/jinja/malicious-in-condition.jinja";
    let plain = stdout(&at_width("100", &[file]));
    let coloured = stdout(&at_width("100", &["--color", "always", file]));
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn one_part_is_shown_by_its_name() {
    let file = "fixtures/zip/benign-torch-checkpoint.pt";
    for name in ["archive/data.pkl", "benign-torch-checkpoint.pt!archive/data.pkl", "*.pkl"] {
        let text = stdout(&at_width("80", &["--member", name, file]));
        assert!(text.contains("_rebuild_tensor_v2") && !text.contains("CONTENTS") && !text.contains("members:"), "{name}: {text}");
    }
    let absent = at_width("80", &["--member", "data.plk", file]);
    assert_eq!(absent.status.code(), Some(4));
    assert!(stderr(&absent).contains("it has: archive/data.pkl"), "{}", stderr(&absent));
    let (document, _) = inspected(&["--member", "*.pkl", file]);
    let wanted = document["inputs"].as_array().unwrap().iter().position(|input| input["name"] == "archive/data.pkl").unwrap();
    for part in ["facts", "regions", "rows"] {
        let items = document[part].as_array().unwrap();
        let place = |item: &Value| item.get("place").or_else(|| item["places"].get(0)).unwrap()["input"].clone();
        assert!(!items.is_empty() && items.iter().all(|item| place(item) == wanted), "{part}");
    }
}

#[test]
fn a_byte_is_found_in_the_part_that_it_lies_in() {
    let file = "fixtures/zip/benign-torch-checkpoint.pt";
    // The first byte of the name of a function, in a member that is stored as it is.
    let bytes = std::fs::read(root(file)).unwrap();
    let at = bytes.windows(12).position(|window| window == b"torch._utils").unwrap();
    let text = stdout(&at_width("80", &["--at", &format!("{at:#x}"), file]));
    assert!(text.contains("benign-torch-checkpoint.pt!archive/data.pkl") && text.contains("name=_rebuild_tensor_v2"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("> ") && line.contains("GLOBAL torch._utils")), "{text}");
    let (document, _) = inspected(&["--at", &at.to_string(), file]);
    let levels = document["at"].as_array().unwrap();
    assert_eq!((levels.len(), &levels[0]["offset"]), (2, &at.into()));
    let inner = levels[1]["offset"].as_u64().unwrap();
    let dumped: String = rows(&document, "bytes").iter().map(|row| row["cells"]["hex"].as_str().unwrap().replace(' ', "")).collect();
    assert!(dumped.contains(&b"torch._utils".iter().map(|byte| format!("{byte:02x}")).collect::<String>()), "{dumped}");
    // The same byte, counted in the part.
    let (again, _) = inspected(&["--member", "archive/data.pkl", "--at", &inner.to_string(), file]);
    assert_eq!(again["at"][0], levels[1]);
    let beyond = at_width("80", &["--at", "896", file]);
    assert_eq!((beyond.status.code(), stderr(&beyond).contains("the last of them at 895")), (Some(4), true), "{}", stderr(&beyond));
}

#[test]
fn a_document_without_a_byte_is_as_its_schema_says_too() {
    let schema: Value = serde_json::from_slice(&run(&["schema", "inspect"]).stdout).unwrap();
    let file = "fixtures/pickle/malicious-reduce-protocol-0.pkl";
    for (args, has) in [(&["--at", "0x1"][..], true), (&[], false)] {
        let output = run(&[&["inspect", "--format", "json", file], args].concat());
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document.get("at").is_some(), has);
        assert!(crate::schemas::fits(&schema, &document, &schema), "{document:#}");
    }
}

#[test]
fn what_was_unpacked_has_bytes_too() {
    let (document, _) = inspected(&["--member", "y.npy", "--at", "1", "fixtures/numpy/benign-arrays.npz"]);
    let dumped = rows(&document, "bytes");
    assert!(dumped[0]["cells"]["ascii"].as_str().unwrap().starts_with(".NUMPY"), "{dumped:#?}");
    assert_eq!(document["inputs"][dumped[0]["place"]["input"].as_u64().unwrap() as usize]["space"], "decoded");
}

#[test]
fn rows_are_typed_and_counted() {
    let file = "fixtures/safetensors/benign-all-types.safetensors";
    let (document, code) = inspected(&["--rows", "3", file]);
    let listing = document["listings"].as_array().unwrap().iter().find(|listing| listing["listing"] == "tensors").unwrap();
    assert_eq!((code, &listing["shown"]), (0, &3.into()));
    let all = listing["rows"].as_u64().unwrap();
    assert!(all > 3);
    let tensors = rows(&document, "tensors");
    assert_eq!(tensors.len(), 3);
    assert!(tensors.iter().all(|row| row["cells"]["offset"].is_u64() && row["cells"]["size"].is_u64() && row["cells"]["name"].is_string()));
    let text = stdout(&at_width("80", &["--rows", "3", file]));
    assert!(text.contains(&format!("… {} more rows (--all shows them)", all - 3)), "{text}");
    let (whole, _) = inspected(&["--all", file]);
    assert_eq!(rows(&whole, "tensors").len() as u64, all);
}

#[test]
fn what_was_found_is_shown_whatever_its_number() {
    // Behind more constants than are shown, a call.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("late.pkl");
    std::fs::write(&path, [&b"\x80\x02"[..], &b"N0".repeat(500), b"cos\nsystem\nX\x10\x00\x00\x00echo weighbridge\x85R."].concat()).unwrap();
    let path = path.to_str().unwrap();
    let text = stdout(&at_width("120", &["--rows", "10", path]));
    assert!(text.lines().any(|line| line.contains(" ! ") && line.contains("REDUCE") && line.contains("system('echo weighbridge')")), "{text}");
    let (document, _) = inspected(&["--rows", "10", path]);
    let marked: Vec<_> = rows(&document, "disassembly").into_iter().filter(|row| row.get("findings").is_some()).collect();
    assert_eq!(marked.iter().map(|row| row["cells"]["opcode"].as_str().unwrap()).collect::<Vec<_>>(), ["GLOBAL", "REDUCE"]);
    let finding = &document["file"]["findings"][marked[0]["findings"][0].as_u64().unwrap() as usize];
    assert_eq!(finding["operator_name"], "system");
}

#[test]
fn the_document_is_as_its_schema_says() {
    let schema: Value = serde_json::from_slice(&run(&["schema", "inspect"]).stdout).unwrap();
    let (document, _) = inspected(&["fixtures/pickle/malicious-reduce-protocol-0.pkl"]);
    let known = schema["properties"].as_object().unwrap();
    for (key, value) in document.as_object().unwrap() {
        assert!(known.contains_key(key), "{key}");
        let Some(items) = known[key]["items"]["$ref"].as_str() else { continue };
        let definition = &schema["$defs"][items.rsplit('/').next().unwrap()];
        for item in value.as_array().unwrap() {
            let fields = item.as_object().unwrap();
            assert!(fields.keys().all(|field| definition["properties"].get(field).is_some()), "{key}: {item}");
            let required = definition["required"].as_array().unwrap();
            assert!(required.iter().all(|field| fields.contains_key(field.as_str().unwrap())), "{key}: {item}");
        }
    }
}

#[test]
fn a_plugin_of_somebody_else_has_tables_too() {
    let folder = tempfile::tempdir().unwrap();
    let library = c_plugin(folder.path(), "tiny");
    let model = folder.path().join("model.tiny");
    std::fs::write(&model, b"TINY\x02\x05hello\x05world").unwrap();
    let plugin = ["inspect", "--no-builtin", "--allow-unpinned", "--plugin", library.to_str().unwrap(), model.to_str().unwrap()];
    let (document, _) = report(&plugin);
    let cells: Vec<_> = rows(&document, "words").iter().map(|row| row["cells"].clone()).collect();
    assert_eq!(cells, [serde_json::json!({"word": "hello", "bytes": 5}), serde_json::json!({"word": "world", "bytes": 5})]);
    let text = stdout(&run(&plugin));
    assert!(text.lines().any(|line| line.split_whitespace().eq(["word", "bytes"])) && text.contains("hello  5 bytes"), "{text}");
}

#[test]
fn a_closed_pipe_is_nobodys_concern() {
    let mut command = program();
    command.args(["inspect", "--all", "fixtures/python/malicious-module-3.12.pyc"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

/// Rows are printed as they come: a listing of two million rows fits into memory that would not hold them.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dense.pkl");
    std::fs::write(&path, [&b"\x80\x02"[..], &b"N0".repeat(1_000_000), b"N."].concat()).unwrap();
    let limited = |kib: u32| {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &format!("ulimit -v {kib} && exec \"$0\" inspect --isolate off --all --format json \"$1\" | wc -l")]);
        let output = shell.arg(env!("CARGO_BIN_EXE_weighbridge")).arg(&path).output().unwrap();
        (stdout(&output).trim().parse::<u64>().unwrap(), stderr(&output))
    };
    let (lines, errors) = limited(256 << 10);
    assert!(lines > 2_000_000, "{lines} lines\n{errors}");
}
