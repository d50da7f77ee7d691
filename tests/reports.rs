//! Reports, as readers other than ours read them. What needs schemas or a browser is in `peers/reports`.

use crate::support::{program, root, stderr, stdout};
use std::collections::BTreeMap;
use std::path::Path;

const MARKER: &[u8] = b"cos\nsystem\n(S'echo weighbridge'\ntR.";
const NAMES: [&str; 4] =
    ["<script>alert(1)</script>.pkl", "=cmd|' /C calc'!A1.pkl", "a\u{202e}\x1b]0;b\x07`|]]>&\".pkl", "[x](javascript:y) @you www.x.pkl"];
const REPORTS: [&str; 8] = ["json", "jsonl", "sarif", "html", "markdown", "junit", "cyclonedx", "csv"];

/// Files of every verdict, with names that try to be more than names; and every report on them.
fn reports() -> BTreeMap<&'static str, String> {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("models");
    for (number, name) in NAMES.iter().enumerate() {
        let path = files.join(number.to_string()).join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, MARKER).unwrap();
    }
    for (name, bytes) in
        [("clean.pkl", &b"N."[..]), ("cut.pkl", b"\x80\x04]\x94(K\x01K"), ("unknown.pkl", b"cacme\nThing\n."), ("notes.txt", b"text\n")]
    {
        std::fs::write(files.join(name), bytes).unwrap();
    }
    let mut command = program();
    command.current_dir(&files).args(["scan", "--quiet", "."]);
    for format in REPORTS {
        command.arg(format!("--output={format}={}", folder.path().join(format).display()));
    }
    let output = command.output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str(), stderr(&output).as_str()), (Some(1), "", ""));
    REPORTS.iter().map(|format| (*format, std::fs::read_to_string(folder.path().join(format)).unwrap())).collect()
}

#[test]
fn every_report_is_read_by_a_reader_that_is_not_ours() {
    let reports = reports();
    let json: serde_json::Value = serde_json::from_str(&reports["json"]).unwrap();
    let files = json["files"].as_array().unwrap();
    let findings = |file: &serde_json::Value| file["findings"].as_array().unwrap().len();
    let all: usize = files.iter().map(findings).sum();
    let failing: usize = files.iter().flat_map(|file| file["findings"].as_array().unwrap()).filter(|finding| finding["severity"] != "low").count();
    assert_eq!(files.len(), NAMES.len() + 4);

    let lines: Vec<serde_json::Value> = reports["jsonl"].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["type"].as_str().unwrap()).filter(|kind| *kind == "file").count(), files.len());
    assert_eq!(lines[0]["path"], files[0]["path"]);
    assert_eq!(lines[files.len()]["malicious"], json["summary"]["malicious"]);

    let junit = roxmltree::Document::parse(&reports["junit"]).unwrap();
    let count = |name: &str| junit.descendants().filter(|node| node.has_tag_name(name)).count();
    assert_eq!((count("testsuite"), count("failure"), count("error"), count("skipped")), (files.len(), failing, 1, 1));

    let mut csv = csv::Reader::from_reader(reports["csv"].as_bytes());
    let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), files.iter().map(|file| findings(file).max(1)).sum::<usize>());
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t'])));

    let sarif: serde_json::Value = serde_json::from_str(&reports["sarif"]).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.iter().map(|result| result["locations"].as_array().unwrap().len()).sum::<usize>(), all);
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().unwrap().contains("What to do"));
        for relation in rule["relationships"].as_array().unwrap() {
            let (list, id) = (&relation["target"]["toolComponent"]["name"], &relation["target"]["id"]);
            let taxonomies = run["taxonomies"].as_array().unwrap();
            assert!(taxonomies.iter().any(|t| t["name"] == *list && t["taxa"].as_array().unwrap().iter().any(|taxon| taxon["id"] == *id)));
        }
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        let artifact = &run["artifacts"][place["index"].as_u64().unwrap() as usize];
        assert_eq!(artifact["location"]["uri"], place["uri"]);
        assert!(place["uri"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)), "{place}");
    }

    let bom: serde_json::Value = serde_json::from_str(&reports["cyclonedx"]).unwrap();
    assert_eq!(bom["components"].as_array().unwrap().len(), files.len() - 1, "the skipped file is no model");
    let refs: Vec<_> = bom["components"].as_array().unwrap().iter().map(|component| &component["bom-ref"]).collect();
    for vulnerability in bom["vulnerabilities"].as_array().unwrap() {
        assert!(vulnerability["affects"].as_array().unwrap().iter().all(|affected| refs.contains(&&affected["ref"])));
    }
}

#[test]
fn no_report_lets_a_name_be_more_than_a_name() {
    for (format, text) in reports() {
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{format}");
        match format {
            "html" => {
                assert!(!text.contains("<script>alert") && text.contains("&lt;script&gt;alert"));
                assert_eq!(text.matches("<script").count(), 1);
            }
            "markdown" => assert!(!text.contains("<script") && !text.contains("](javascript") && !text.contains("@you")),
            "junit" => assert!(!text.contains("<script")),
            _ => {}
        }
    }
}

#[test]
fn reports_look_as_they_did() {
    // What varies: times, versions, and what the page carries with it.
    let vary = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
        (r#"in \d+(\.\d+)? m?s|"seconds":[0-9.e-]+"#, "SECONDS"),
        (r"(?s)<style>.*?</style>|<script>.*?</script>|'sha256-[^']+'", "…"),
        (r#"(?s),"extensions":\[.*?\]|Packs: .*?</p>|Plugins: .*?</p>"#, ""),
    ]
    .map(|(pattern, instead)| (regex::Regex::new(pattern).unwrap(), instead));
    let folder = tempfile::tempdir().unwrap();
    for format in ["sarif", "markdown", "junit", "csv", "html", "cyclonedx"] {
        let path = folder.path().join(format);
        let output = program()
            .args([
                "scan",
                // What a kernel offers is not the same everywhere.
                "--isolate=off",
                "--quiet",
                "fixtures/zip/malicious-bad-local-signature-on-another-member.pt",
                "fixtures/pickle/benign-protocol-0-like-text.pkl",
            ])
            .arg(format!("--output={format}={}", path.display()))
            .output()
            .unwrap();
        assert_eq!(stderr(&output), "");
        let text = std::fs::read_to_string(path).unwrap();
        let text = vary.iter().fold(text, |text, (pattern, instead)| pattern.replace_all(&text, *instead).into_owned());
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(root("tests/snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("report-{format}"), text));
    }
}

fn template(folder: &Path, text: &str) -> (Option<i32>, String, String) {
    let path = folder.join("t.j2");
    std::fs::write(&path, text).unwrap();
    let mut command = program();
    command.args(["scan", "--format", "template", "fixtures/pickle/malicious-reduce-protocol-0.pkl", "--template"]).arg(path);
    let output = command.output().unwrap();
    (output.status.code(), stdout(&output), stderr(&output))
}

#[test]
fn a_template_writes_a_report_of_ones_own_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{% for file in files %}{{ file.verdict }}: {% for f in file.findings %}{{ f.severity }} {{ f.module_name }}.{{ f.operator_name }};{% endfor %}{% endfor %} {{ summary.malicious }}\n";
    assert_eq!(template(folder.path(), text), (Some(1), "malicious: critical os.system; 1\n".into(), String::new()));
    let (code, out, err) = template(folder.path(), "a\n{% for x in %}");
    assert_eq!((code, out.as_str()), (Some(4), ""));
    assert!(err.contains("t.j2") && err.contains("line 2"), "{err}");
    for (text, says) in [
        ("{{ nothing.at_all }}", "undefined"),
        ("{% include '/etc/passwd' %}", "/etc/passwd"),
        ("{% for x in range(100000) %}{% for y in range(100000) %}.{% endfor %}{% endfor %}", "fuel"),
    ] {
        let (code, _, err) = template(folder.path(), text);
        assert_eq!(code, Some(1), "what was found stands: {err}");
        assert!(err.contains(says), "{err}");
        assert!(!err.contains("root:"));
    }
    let output = program().args(["scan", "--format", "template", "fixtures/pickle"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(stderr(&output).contains("--template FILE"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_said_and_leaves_the_old_one() {
    let scan = |output: &str| {
        let output = program().args(["scan", "--quiet", "fixtures/pickle/benign-protocol-0-like-text.pkl", "--output", output]).output().unwrap();
        (output.status.code(), stderr(&output))
    };
    let (code, text) = scan("html=/dev/full");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("/dev/full") && text.contains("no space") || text.contains("No space"), "{text}");
    let (code, text) = scan("sarif=/nowhere/at/all.sarif");
    assert_eq!(code, Some(4), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.md");
    let output = program()
        .args(["scan", "--quiet", "fixtures/pickle/benign-protocol-0-like-text.pkl", "-o"])
        .arg(&path)
        .arg("-o")
        .arg(format!("json={}", path.display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "two reports to one file");
    assert!(!path.exists());
}
