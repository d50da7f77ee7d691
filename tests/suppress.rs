//! Findings that somebody has looked at: suppressed for a time, or known from a baseline.

use crate::config::{MARKER, Scratch};
use crate::support::{stderr, stdout};
use serde_json::Value;

/// The report of a scan of `models` in `work`, by the configuration that lies there, and its exit code.
fn scan(scratch: &Scratch, args: &[&str]) -> (Value, i32) {
    let mut command = scratch.program("work");
    command.args(["scan", "models", "--format", "json", "--today", "2030-06-30"]).args(args);
    if scratch.path("work/weighbridge.toml").exists() && !args.contains(&"--no-config") {
        command.args(["--config", "weighbridge.toml"]);
    }
    let output = command.output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
    (report, output.status.code().unwrap())
}

fn finding(report: &Value) -> &Value {
    &report["files"][0]["findings"][0]
}

/// A suppression with this line beside its reason, owner and expiry.
fn suppress(scratch: &Scratch, line: &str, expires: &str) {
    let text = format!("[[suppress]]\n{line}\nreason = \"a test's marker\"\nowner = \"ml@example.com\"\nexpires = {expires}\n");
    scratch.file("work/weighbridge.toml", text);
}

fn codes(report: &Value) -> Vec<&str> {
    report["run"]["notices"].as_array().unwrap().iter().map(|notice| notice["code"].as_str().unwrap()).collect()
}

#[test]
fn by_fingerprint_rule_path_or_content() {
    let scratch = Scratch::new();
    let (report, code) = scan(&scratch, &[]);
    assert_eq!((code, report["files"][0]["verdict"].as_str()), (1, Some("malicious")));
    let fingerprint = finding(&report)["fingerprint"].as_str().unwrap();
    let rule = finding(&report)["rule_id"].as_str().unwrap();
    let (thorough, _) = scan(&scratch, &["--mode", "thorough"]);
    let content = format!("sha256 = {}\nsize = {}", thorough["files"][0]["sha256"], MARKER.len());
    for (line, holds) in [
        (format!("fingerprint = \"{fingerprint}\""), true),
        (format!("fingerprint = \"wb1:{}\"", "0".repeat(32)), false),
        (format!("rule = \"{rule}\""), true),
        (format!("rule = \"{rule}\"\npath = \"models/*.pkl\""), true),
        (format!("rule = \"{rule}\"\npath = \"*.pkl\""), false),
        ("path = \"**/model.pkl\"".to_owned(), true),
        (content.clone(), true),
        (content.replace("size = ", "size = 1"), false),
    ] {
        suppress(&scratch, &line, "2030-06-30");
        let (report, code) = scan(&scratch, &[]);
        assert_eq!((code == 0, finding(&report)["suppressed"].is_object()), (holds, holds), "{line}\n{report:#}");
        // Elsewhere than in `models`, where nobody looked, it may hold.
        assert_eq!(codes(&report), Vec::<&str>::new(), "{line}");
    }
}

#[test]
fn one_that_matches_nothing_is_said_where_all_that_it_is_about_was_scanned() {
    let scratch = Scratch::new();
    scratch.file("work/models/data.json", "{}");
    suppress(&scratch, "rule = \"no-such-rule\"\npath = \"./models/model.pkl\"", "2030-06-30");
    let said = |path: &str| {
        let output = scratch.run("work", &["scan", path, "--config", "weighbridge.toml", "--today", "2030-06-30"]);
        stderr(&output).lines().filter(|line| line.contains("rule no-such-rule, path models/model.pkl) matches nothing: remove it")).count()
    };
    assert_eq!((said("."), said("models"), said("models/model.pkl"), said("models/data.json")), (1, 1, 1, 0));
    suppress(&scratch, "rule = \"no-such-rule\"", "2030-06-01");
    let said =
        |path: &str| stderr(&scratch.run("work", &["scan", path, "--config", "weighbridge.toml", "--today", "2030-06-30"])).contains("expired");
    assert!(said(".") && !said("models"));
}

#[test]
fn what_is_suppressed_is_marked_and_counts_for_nothing() {
    let scratch = Scratch::new();
    suppress(&scratch, "path = \"models/**\"", "2030-06-30");
    let (report, code) = scan(&scratch, &[]);
    assert_eq!((code, report["files"][0]["verdict"].as_str()), (0, Some("clean")));
    assert_eq!(finding(&report)["severity"], "critical");
    let expected = serde_json::json!({"by": "configuration", "reason": "a test's marker", "owner": "ml@example.com", "expires": "2030-06-30"});
    assert_eq!(finding(&report)["suppressed"], expected);
    assert_eq!((&report["summary"]["suppressed"], &report["summary"]["findings"]["critical"]), (&1.into(), &0.into()));
    let people = |args: &[&str]| {
        let output = scratch.run("work", &[&["scan", "models", "--config", "weighbridge.toml", "--today", "2030-06-30"], args].concat());
        stdout(&output).lines().filter(|line| !line.contains(" scanned, ")).collect::<Vec<_>>().join("\n")
    };
    scratch.snapshot("suppressed", &format!("{}\n--- --verbose\n{}", people(&[]), people(&["--verbose"])));
}

/// Every report has the finding, and says that it does not count: `baseline` and `configuration` alike.
#[test]
fn every_report_marks_what_is_suppressed() {
    let scratch = Scratch::new();
    let known = scratch.path("known.json");
    scan(&scratch, &["--output", &format!("json={}", known.display())]);
    let reports = |args: &[&str]| {
        let outputs = ["sarif", "html", "markdown", "junit", "csv", "cyclonedx"];
        let outputs: Vec<String> = outputs.iter().map(|format| format!("--output={format}={}", scratch.path(format).display())).collect();
        let outputs: Vec<&str> = outputs.iter().map(String::as_str).chain(args.iter().copied()).collect();
        assert_eq!(scan(&scratch, &outputs).1, 0);
        |format: &str| std::fs::read_to_string(scratch.path(format)).unwrap()
    };
    suppress(&scratch, "path = \"models/**\"", "2030-06-30");
    for (args, by, says) in [
        (&[][..], "configuration", "suppressed by ml@example.com until 2030-06-30: a test's marker"),
        (&["--no-config", "--baseline", known.to_str().unwrap()], "baseline", "not counted: it is in the baseline"),
    ] {
        let read = reports(args);
        let html = |text: &str| text.replace('\'', "&#39;");
        let sarif: Value = serde_json::from_str(&read("sarif")).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        assert!(!results.is_empty());
        for result in results {
            let suppression = &result["suppressions"][0];
            assert_eq!((&suppression["kind"], &suppression["status"]), (&"external".into(), &"accepted".into()));
            assert!(says.ends_with(suppression["justification"].as_str().unwrap()), "{suppression}");
            assert_eq!(suppression["properties"]["by"], by);
        }
        let page = read("html");
        assert!(page.contains("class=\"finding suppressed\"") && !page.contains("class=\"finding\""));
        assert!(page.contains(says) || page.contains(&html(says)), "{by}");
        let summary = read("markdown");
        assert!(summary.contains("### Suppressed") && summary.contains("0 malicious") != summary.contains("1 clean"), "{summary}");
        let junit = read("junit");
        let junit = roxmltree::Document::parse(&junit).unwrap();
        let all = |name: &str| junit.descendants().filter(|node| node.has_tag_name(name)).collect::<Vec<_>>();
        assert_eq!((all("failure").len(), all("skipped").len()), (0, results.len()));
        assert_eq!(all("skipped")[0].attribute("message"), Some(says));
        let mut csv = csv::Reader::from_path(scratch.path("csv")).unwrap();
        let column = csv.headers().unwrap().iter().position(|name| name == "suppressed_by").unwrap();
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert!(rows.iter().all(|row| &row[column] == by));
        let bom: Value = serde_json::from_str(&read("cyclonedx")).unwrap();
        for vulnerability in bom["vulnerabilities"].as_array().unwrap() {
            let state = if by == "baseline" { "in_triage" } else { "not_affected" };
            assert_eq!((&vulnerability["analysis"]["state"], &vulnerability["analysis"]["detail"]), (&state.into(), &says.into()));
        }
    }
}

#[test]
fn what_counts_is_not_marked_as_suppressed() {
    let scratch = Scratch::new();
    let sarif = scratch.path("sarif.json");
    let csv = scratch.path("out.csv");
    let outputs = [format!("--output=sarif={}", sarif.display()), format!("--output={}", csv.display())];
    assert_eq!(scan(&scratch, &[&outputs[0], &outputs[1]]).1, 1);
    let sarif: Value = serde_json::from_str(&std::fs::read_to_string(sarif).unwrap()).unwrap();
    assert!(sarif["runs"][0]["results"].as_array().unwrap().iter().all(|result| result["suppressions"] == serde_json::json!([])));
    assert!(std::fs::read_to_string(csv).unwrap().lines().skip(1).all(|line| line.ends_with(",,,,")));
}

#[test]
fn an_expired_one_is_said_and_does_not_hold() {
    let scratch = Scratch::new();
    suppress(&scratch, "path = \"models/**\"", "\"2030-06-29\"");
    let (report, code) = scan(&scratch, &[]);
    assert_eq!((code, codes(&report)), (1, vec!["suppression-expired"]));
    let output = scratch.run("work", &["scan", "models", "--config", "weighbridge.toml", "--today", "2030-06-30"]);
    scratch.snapshot("suppression-expired", &stderr(&output));
}

#[test]
fn a_file_that_was_not_read_stays_incomplete() {
    let scratch = Scratch::new();
    scratch.file("work/models/model.pkl", &MARKER[..MARKER.len() - 3]);
    suppress(&scratch, "path = \"models/**\"", "2030-06-30");
    let (report, code) = scan(&scratch, &[]);
    assert_eq!((code, report["files"][0]["verdict"].as_str()), (2, Some("incomplete")), "{report:#}");
}

#[test]
fn reason_owner_and_expiry_are_asked_for() {
    let scratch = Scratch::new();
    let text = "[[suppress]]\nrule = \"os-command\"\n\n[[suppress]]\nreason = \"x\"\nowner = \"y\"\nexpires = \"2030-02-30\"\nfingerprint = \"abc\"\n\
                sha256 = \"00\"\npath = \"[\"\n\n[[suppress]]\nreason = \"\"\nowner = \"y\"\nexpires = 7\nuntil = 1\n";
    scratch.file("work/weighbridge.toml", text);
    let output = scratch.run("work", &["scan", "models", "--config", "weighbridge.toml"]);
    assert_eq!(output.status.code(), Some(4));
    scratch.snapshot("suppression-mistakes", &stderr(&output));
}

#[test]
fn a_baseline_leaves_what_is_new() {
    let scratch = Scratch::new();
    let known = scratch.path("known.json");
    let output = format!("json={}", known.display());
    assert_eq!(scan(&scratch, &["--output", &output]).1, 1);
    let known = known.to_str().unwrap();
    let (report, code) = scan(&scratch, &["--baseline", known]);
    assert_eq!((code, &finding(&report)["suppressed"]["by"]), (0, &"baseline".into()), "{report:#}");
    scratch.file("work/models/new.pkl", MARKER);
    let (report, code) = scan(&scratch, &["--baseline", known]);
    assert_eq!((code, &report["summary"]["findings"]["critical"], &report["summary"]["suppressed"]), (1, &1.into(), &1.into()));
    let console = stdout(&scratch.run("work", &["scan", "models", "--baseline", known]));
    assert!(console.contains("new.pkl") && !console.contains("model.pkl"), "{console}");
    // The same in the configuration.
    std::fs::remove_file(scratch.path("work/models/new.pkl")).unwrap();
    scratch.file("work/weighbridge.toml", "baseline = \"../known.json\"\n");
    assert_eq!(scan(&scratch, &[]).1, 0);
}

#[test]
fn a_report_in_another_format_is_known_for_what_it_is() {
    let scratch = Scratch::new();
    for format in ["jsonl", "sarif", "cyclonedx"] {
        let path = scratch.path(format);
        scan(&scratch, &["--output", &format!("{format}={}", path.display())]);
        let output = scratch.run("work", &["scan", "models", "--baseline", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(4));
        assert!(stderr(&output).contains(&format!("is a report in {format}, and --baseline takes json")), "{}", stderr(&output));
    }
}

#[test]
fn a_baseline_that_is_none_is_refused() {
    let scratch = Scratch::new();
    let known = scratch.path("known.json");
    scan(&scratch, &["--output", &format!("json={}", known.display()), "--severity", "high"]);
    let whole = std::fs::read_to_string(&known).unwrap();
    let mut said = String::new();
    for (text, code) in [
        (whole.clone(), 0),
        (whole.replace("weighbridge.report/1", "weighbridge.report/2"), 4),
        (whole.replace("wb1:", "wb2:"), 4),
        (whole[..whole.len() / 2].to_owned(), 4),
        ("[]".to_owned(), 4),
    ] {
        std::fs::write(&known, text).unwrap();
        let output = scratch.run("work", &["scan", "models", "--quiet", "--baseline", known.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        said += &stderr(&output);
    }
    let absent = scratch.run("work", &["scan", "models", "--baseline", "absent.json"]);
    assert_eq!(absent.status.code(), Some(4));
    said += &stderr(&absent);
    // Where a report was cut depends on how long it is.
    let said = regex::Regex::new(r"\(EOF [^)]*\)").unwrap().replace(&said, "(EOF)");
    scratch.snapshot("baseline-mistakes", said.trim_end());
}
