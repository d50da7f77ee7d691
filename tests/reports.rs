//! Reports, as readers other than ours read them. What needs schemas or a browser is in `peers/reports`.

use crate::support::{program, root, stderr, stdout};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

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

/// Of a checkout, readers of reports know files by their paths from its top, whatever was scanned from wherever.
#[test]
fn reports_say_where_in_the_checkout_a_file_lies() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().canonicalize().unwrap();
    for name in ["repo/.git", "repo/sub/models/deep", "other"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("repo/sub/models/deep/evil.pkl"), MARKER).unwrap();
    std::fs::write(folder.path().join("other/evil.pkl"), MARKER).unwrap();
    let outside = format!("{}/other/evil.pkl", real.display());
    let sub = real.join("repo/sub").display().to_string();
    for (here, args, path) in [
        ("repo", &["sub/models"][..], "sub/models/deep/evil.pkl"),
        ("repo", &["."], "sub/models/deep/evil.pkl"),
        ("repo", &["sub/models/deep/evil.pkl"], "sub/models/deep/evil.pkl"),
        ("repo", &["sub/models", "./sub"], "sub/models/deep/evil.pkl"),
        ("repo", &[&sub[..]], "sub/models/deep/evil.pkl"),
        ("repo/sub/models", &["."], "sub/models/deep/evil.pkl"),
        ("repo/sub/models", &["../models/deep/evil.pkl"], "sub/models/deep/evil.pkl"),
        ("repo", &["../other"], &outside[..]),
        ("other", &["."], "evil.pkl"),
    ] {
        let out = tempfile::tempdir().unwrap();
        let file = |format: &str| out.path().join(format);
        let reports =
            ["sarif", "junit", "markdown", "csv", "json", "html", "console"].map(|format| format!("--output={format}={}", file(format).display()));
        let output = program().current_dir(folder.path().join(here)).args(["scan", "--quiet"]).args(args).args(&reports).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let read = |format: &str| std::fs::read_to_string(file(format)).unwrap();
        let sarif: serde_json::Value = serde_json::from_str(&read("sarif")).unwrap();
        let run = &sarif["runs"][0];
        let location = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
        let base = run["originalUriBaseIds"]["%SRCROOT%"]["uri"].as_str().unwrap();
        assert!(base.starts_with("file:///") && base.ends_with(if here == "other" { "/other/" } else { "/repo/" }), "{base}");
        if path.starts_with('/') {
            assert_eq!(
                (location["uri"].as_str().unwrap(), &location["uriBaseId"]),
                (&*format!("file://{path}"), &serde_json::Value::Null),
                "{args:?}"
            );
        } else {
            assert_eq!((&location["uri"], &location["uriBaseId"]), (&path.into(), &"%SRCROOT%".into()), "{here} {args:?}");
        }
        let junit = read("junit");
        let junit = roxmltree::Document::parse(&junit).unwrap();
        assert_eq!(junit.descendants().find_map(|node| node.attribute("file")), Some(path), "{here} {args:?}");
        let mut csv = csv::Reader::from_path(file("csv")).unwrap();
        assert_eq!(&csv.records().next().unwrap().unwrap()[0], path, "{here} {args:?}");
        assert!(read("markdown").contains(path.rsplit_once('/').map_or(path, |(folder, _)| folder)), "{here} {args:?}");
        // What other programs read keeps its paths, and says what they start from.
        let json: serde_json::Value = serde_json::from_str(&read("json")).unwrap();
        let roots: Vec<&str> = json["run"]["roots"].as_array().unwrap().iter().map(|root| root.as_str().unwrap()).collect();
        assert_eq!(roots, args);
        assert!(args.iter().all(|root| read("html").contains(&format!("<code>{root}</code>"))));
        assert_eq!(read("console").contains(&format!("\nScanned: {}\n", args[0])), args.len() == 1 && !args[0].ends_with(".pkl"));
    }
}

#[test]
fn a_report_does_not_replace_what_is_scanned() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    std::fs::create_dir(&models).unwrap();
    std::fs::write(models.join("good.pkl"), b"N.").unwrap();
    std::fs::write(models.join("config.json"), b"{\"layers\": 3}").unwrap();
    let scan = |args: &[&str]| program().current_dir(folder.path()).args(["scan", "--quiet"]).args(args).output().unwrap();
    for (root, output) in [
        ("models/good.pkl", "json=models/good.pkl"),
        ("models", "sarif=models/good.pkl"),
        ("models", "models/config.json"),
        (".", "csv=./models/config.json"),
    ] {
        let refused = scan(&[root, "-o", output]);
        assert_eq!((refused.status.code(), stderr(&refused).contains("would replace")), (Some(4), true), "{output}: {}", stderr(&refused));
    }
    assert_eq!(std::fs::read(models.join("good.pkl")).unwrap(), b"N.");
    // A report of before is one.
    for name in ["r.json", "r.jsonl", "r.sarif", "r.html", "r.md", "r.xml", "r.cdx.json", "r.csv", "r.txt"] {
        let output = format!("models/{name}");
        for _ in 0..2 {
            let written = scan(&["models/good.pkl", "models", "-o", &output, "--fail-on", "never"]);
            assert_ne!(written.status.code(), Some(4), "{name}: {}", stderr(&written));
        }
    }
}

#[test]
fn a_report_of_before_that_is_replaced_is_not_scanned() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.pkl"), b"N.").unwrap();
    std::fs::write(folder.path().join("evil.pkl"), MARKER).unwrap();
    let outputs = ["-o", "sarif=r.sarif", "-o", "junit=r.xml"];
    let scan = |args: &[&str]| program().current_dir(folder.path()).args(["scan", ".", "--format", "json"]).args(args).output().unwrap();
    assert_eq!(scan(&outputs).status.code(), Some(1));
    std::fs::remove_file(folder.path().join("evil.pkl")).unwrap();
    // It quotes what was found, and says so of itself where it is no report of this run.
    assert_eq!(scan(&[]).status.code(), Some(1));
    let again = scan(&outputs);
    assert_eq!(again.status.code(), Some(0), "{}", stdout(&again));
    assert!(stdout(&again).contains("a report that this run replaces"));
}

#[test]
fn what_is_left_out_for_people_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.pkl"), MARKER).unwrap();
    std::fs::write(folder.path().join("b.pkl"), MARKER).unwrap();
    std::fs::write(folder.path().join("c.pkl"), b"cacme\nThing\n.").unwrap();
    let scan = |args: &[&str]| stdout(&program().current_dir(folder.path()).args(["scan", "."]).args(args).output().unwrap());
    let once = "stand with the first finding of each rule";
    assert!(scan(&[]).contains(once) && !scan(&["--verbose"]).contains(once));
    let critical = scan(&["--severity", "critical"]);
    assert!(critical.contains("1 finding below critical (--severity)"), "{critical}");
}

#[test]
fn a_template_does_nothing_to_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a\u{1b}[31m\u{202e}.pkl"), MARKER).unwrap();
    std::fs::write(folder.path().join("t"), "{% for file in files %}{{ file.path }}: {{ file.verdict }}\n{% endfor %}").unwrap();
    let scan = |args: &[&str]| stdout(&program().current_dir(folder.path()).args(["scan", ".", "--template", "t"]).args(args).output().unwrap());
    let printed = scan(&["--format", "template"]);
    assert!(printed.contains("a\\x1b[31m\\u{202e}.pkl: malicious\n") && !printed.contains('\u{1b}'), "{printed:?}");
    // A program that reads a file gets the names as they are.
    scan(&["--output", "template=out"]);
    assert!(std::fs::read_to_string(folder.path().join("out")).unwrap().contains("a\u{1b}[31m\u{202e}.pkl: malicious\n"));
}

#[test]
fn no_report_lets_a_name_be_more_than_a_name() {
    for (format, text) in reports() {
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{format}");
        match format {
            "html" => {
                assert!(!text.contains("<script>alert") && text.contains("&lt;script&gt;alert"));
                assert_eq!(text.matches("<script>").count(), 1);
                assert_eq!(text.matches("<script").count(), 1 + text.matches("<script type=\"application/json\"").count());
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
        (r"file:///[^\x22]*/", "file:///…/"),
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

/// A scan of a file in which there is nothing, with more arguments.
fn quiet(args: &[&str]) -> (Option<i32>, String) {
    let output = program().args(["scan", "--quiet", "--no-config", "fixtures/pickle/benign-protocol-0-like-text.pkl"]).args(args).output().unwrap();
    (output.status.code(), stderr(&output))
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_said_and_leaves_the_old_one() {
    let (code, text) = quiet(&["--output", "html=/dev/full"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("/dev/full") && text.contains("no space left"), "{text}");
    let (code, text) = quiet(&["--output", "sarif=/nowhere/at/all.sarif"]);
    assert_eq!((code, text.contains("/nowhere/at/all.sarif: no such file or directory")), (Some(4), true), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = quiet(&["--output", &format!("json={}", folder.path().display())]);
    assert_eq!((code, text.contains("it is a folder")), (Some(4), true), "{text}");
    // Who may not write it: whoever runs as root may write anything but what nobody may.
    let kept = folder.path().join("kept.json");
    std::fs::write(&kept, "old").unwrap();
    std::fs::set_permissions(&kept, std::os::unix::fs::PermissionsExt::from_mode(0o444)).unwrap();
    let (code, text) = quiet(&["--output", kept.to_str().unwrap()]);
    assert_eq!((code, text.contains("it is read-only")), (Some(4), true), "{text}");
    assert_eq!(std::fs::read(&kept).unwrap(), b"old");
}

/// A report that grows beyond what there is room for, a limit of the process that stands for a full disk: the old one stays, and nothing is beside it.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_leaves_the_old_report() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    std::fs::write(&report, "old").unwrap();
    let mut shell = Command::new("bash");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" scan --quiet --no-config --fail-on never fixtures/pickle --isolate off -o \"$1\""]);
    let output = shell.arg(env!("CARGO_BIN_EXE_weighbridge")).arg(&report).current_dir(root("")).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot write the report to") && stderr(&output).contains("report.json: file too large"), "{}", stderr(&output));
    assert_eq!(std::fs::read(&report).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Whoever reads the report goes away: that is no error, and the scan does not go on for nobody.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    for format in REPORTS.iter().chain(&["console"]) {
        let mut shell = Command::new("bash");
        let script = "\"$0\" scan --no-config --format \"$1\" --verbose fixtures/pickle fixtures/zip | head -c 100 >/dev/null; echo ${PIPESTATUS[0]}";
        let output = shell.args(["-c", script, env!("CARGO_BIN_EXE_weighbridge"), format]).current_dir(root("")).output().unwrap();
        let code = stdout(&output);
        // 1 for findings; 2 where nothing was found before the pipe was closed.
        assert!(["0\n", "1\n", "2\n"].contains(&code.as_str()), "{format}: {code}");
        assert_eq!(stderr(&output), "", "{format}");
    }
}

#[test]
fn two_reports_go_to_two_places_and_every_format_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = (folder.path().join("r.md"), folder.path().display().to_string());
    let same = format!("json={text}/../{}/r.md", folder.path().file_name().unwrap().to_str().unwrap());
    let (code, said) = quiet(&["-o", path.to_str().unwrap(), "-o", &same]);
    assert_eq!((code, said.contains("two reports to one file")), (Some(4), true), "{said}");
    assert!(!path.exists());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("r.md", folder.path().join("link.csv")).unwrap();
        let (code, said) = quiet(&["-o", path.to_str().unwrap(), "-o", &format!("{text}/link.csv")]);
        assert_eq!((code, said.contains("two reports to one file")), (Some(4), true), "{said}");
    }
    for (args, says) in [
        (&["-o", "json=-", "-o", "csv=-"][..], "two reports to standard output"),
        (&["-o", "json=-", "--format", "csv"], "two reports to standard output"),
        (&["-o", "yaml=x"], "there is no report format `yaml`"),
        (&["-o", "x.bin"], "which format? Write FORMAT=FILE"),
        (&["--format", "yaml"], "invalid value 'yaml'"),
        (&["-o", "json="], "the name of the file is missing"),
        (&["--template", "/nowhere.j2", "--format", "template"], "cannot read the template /nowhere.j2"),
        (&["--template", "LICENSE"], "no report is written by the template"),
        (&["--baseline", "/nowhere.json"], "/nowhere.json"),
    ] {
        let (code, said) = quiet(args);
        assert_eq!((code, said.contains(says)), (Some(4), true), "{args:?}: {said}");
    }
}
