//! Rule packs as those who write them meet them: `weighbridge rules`, and `scan --rules`.

use crate::schemas;
use crate::support::{program, report, root, run, stderr, stdout};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Output;

/// What a person sees, without what differs between machines.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root("tests/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A folder with packs in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(packs: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        packs.iter().for_each(|(name, text)| folder.write(name, text.as_bytes()));
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the program from within the folder.
    fn run(&self, args: &[&str]) -> Output {
        program().current_dir(self.0.path()).args(args).output().unwrap()
    }

    /// Text without the folder's own name.
    fn shown(&self, text: &str) -> String {
        let real = self.0.path().canonicalize().unwrap();
        text.replace(&real.display().to_string(), "FOLDER").replace(&self.0.path().display().to_string(), "FOLDER")
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

const PACK: &str = r#"[pack]
id = "our-team"
version = "1.0.0"
title = "What our team loads"
mode = "allowlist"
vocabulary = 1

[[rule]]
id = "no-training-code"
title = "Training code in a model for production"
severity = "high"
threat = "suspicious_global"
match = { globals = { "our_lib.training" = "*" } }
why = "Training code reads our data store."
remedy = "Export the model with our exporter."
references = ["https://example.com/wiki/export"]
[[rule.examples]]
fact = { kind = "global", module = "our_lib.training", name = "Trainer" }
[[rule.examples]]
fact = { kind = "global", module = "our_lib.models", name = "Net" }
matches = false

[[allow]]
module = "our_lib.models"
names = ["Net"]
call = "new"
library = "our_lib"
reason = "our own layers, reviewed by the platform team"
"#;

/// A pickle that imports a name.
fn importing(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n.").into_bytes()
}

#[test]
fn a_pack_that_is_as_it_should_be() {
    let folder = Folder::new(&[("our-team.toml", PACK)]);
    let output = folder.run(&["rules", "check", "our-team.toml"]);
    assert_eq!(code(&output), 0);
    let said = stdout(&output);
    let (first, alone) = said.split_once('\n').unwrap();
    assert_eq!(first, "our-team.toml: 1 rule, 1 allow entry; nothing to complain about");
    // It would be taken for a judgement of whole models.
    assert!(alone.starts_with("An allowlist: it asks for what pickles import and call") && alone.contains("`known-dangerous`"), "{alone}");
}

#[test]
fn mistakes_are_underlined() {
    let wrong = PACK
        .replace("severity = \"high\"", "serverity = \"high\"\nseverity = \"hihg\"")
        .replace("globals = { \"our_lib.training\" = \"*\" }", "kind = \"global\", modul = \"our_lib\"");
    let folder = Folder::new(&[("our-team.toml", &wrong)]);
    let output = folder.run(&["rules", "check", "our-team.toml"]);
    assert_eq!(code(&output), 4);
    snapshot("rules-check-wrong", &folder.shown(&stdout(&output)));
    let output = folder.run(&["rules", "check", "our-team.toml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), &json[0]["valid"]), (4, &false.into()));
    let first = &json[0]["notes"][0];
    assert_eq!((&first["id"], &first["line"], &first["help"]), (&"unknown-key".into(), &11.into(), &"did you mean `severity`?".into()));
    // Nothing is scanned by it, in part or in whole.
    folder.write("model.pkl", &importing("our_lib.training", "Trainer"));
    let output = folder.run(&["scan", "--rules", "default,./our-team.toml", "model.pkl"]);
    assert_eq!((code(&output), stdout(&output).as_str()), (4, ""));
    assert!(stderr(&output).contains("did you mean `severity`?"), "{}", stderr(&output));
}

#[test]
fn what_could_be_better_is_said() {
    let poor = PACK
        .replace("references = [\"https://example.com/wiki/export\"]\n", "")
        .replace("name = \"Trainer\" }", "name = \"Other\", module = \"x\" }")
        .replace("module = \"our_lib.training\", name = \"Other\", module", "name = \"Other\", module");
    let folder = Folder::new(&[("our-team.toml", &poor)]);
    let output = folder.run(&["rules", "check", "our-team.toml"]);
    snapshot("rules-check-lints", &folder.shown(&stdout(&output)));
    assert_eq!(code(&output), 1);
    let warned = Folder::new(&[("our-team.toml", &PACK.replace("reviewed by the platform team", "").replace("our own layers, ", "ours"))]);
    assert_eq!(code(&warned.run(&["rules", "check", "our-team.toml"])), 0);
    assert_eq!(code(&warned.run(&["rules", "check", "--deny-warnings", "our-team.toml"])), 1);
}

#[test]
fn the_packs_here_are_as_they_should_be() {
    let packs: Vec<PathBuf> = std::fs::read_dir(root("rules")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let ids = packs.iter().filter(|path| path.extension().is_some_and(|e| e == "toml")).map(|path| path.file_stem().unwrap().to_str().unwrap());
    let ids: Vec<&str> = ids.filter(|id| !["taxonomy", "aliases"].contains(id)).collect();
    let output = run(&[&["rules", "check", "--format", "json"][..], &ids].concat());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let notes = json.as_array().unwrap().iter().flat_map(|pack| pack["notes"].as_array().unwrap().iter().map(move |note| (pack, note)));
    // What could be better is for whoever works on a pack; what is wrong may not land.
    let notes: Vec<String> = notes
        .filter(|(_, note)| note["level"] == "error")
        .map(|(pack, note)| format!("{}:{}: {} ({})", pack["pack"], note["line"], note["message"], note["id"]))
        .collect();
    assert!(notes.is_empty(), "{}", notes.join("\n"));
}

#[test]
fn bad_input_is_refused_whole() {
    let folder = Folder::new(&[("good.pkl", "")]);
    folder.write("good.pkl", b"\x80\x04]\x94.");
    let refused = |name: &str, bytes: &[u8], says: &str| {
        folder.write(name, bytes);
        for args in [vec!["rules", "check", name], vec!["scan", "--rules", name, "good.pkl"]] {
            let output = folder.run(&args);
            let text = stdout(&output) + &stderr(&output);
            assert_eq!(code(&output), 4, "{name}: {text}");
            assert!(text.contains(says), "{name}: {text}");
        }
    };
    let changed = |from: &str, to: &str| PACK.replace(from, to).into_bytes();
    refused("types.toml", &changed("version = \"1.0.0\"", "version = 1"), "`version` has to be text");
    refused("cycle.toml", &changed("vocabulary = 1", "vocabulary = 1\nextends = [{ pack = \"./cycle.toml\" }]"), "leads back to itself");
    refused(
        "bomb.toml",
        &changed("globals = { \"our_lib.training\" = \"*\" }", "module = { regex = '((a{100}){100}){100}' }"),
        "this expression cannot be used",
    );
    refused(
        "twice.toml",
        &changed("[[allow]]", &format!("{}\n[[allow]]", &PACK[PACK.find("[[rule]]").unwrap()..PACK.find("[[allow]]").unwrap()])),
        "there is already a rule `no-training-code`",
    );
    refused("newer.toml", &changed("vocabulary = 1", "vocabulary = 7"), "this engine speaks vocabulary 1 to");
    refused("engine.toml", &changed("vocabulary = 1", "vocabulary = 1\nengine = \"77.0\""), "this pack asks for weighbridge 77.0 or newer");
    refused("latin.toml", &[PACK.as_bytes(), b"# \xe9\n"].concat(), "this is not UTF-8");
    refused("nested.toml", format!("a = {}", "[".repeat(100_000)).as_bytes(), "error");
    refused(
        "tables.toml",
        changed(
            "match = { globals = { \"our_lib.training\" = \"*\" } }",
            &format!("match = {}{{ module = \"x\" }}{}", "{ not = ".repeat(70), " }".repeat(70)),
        )
        .as_slice(),
        "error",
    );
    refused("empty.toml", b"", "neither a pack nor a profile");
    refused("binary.toml", &[0; 4096], "error");
    let large = std::fs::File::create(folder.path("large.toml")).unwrap();
    large.set_len(100 << 20).unwrap();
    let output = folder.run(&["scan", "--rules", "large.toml", "good.pkl"]);
    assert_eq!(code(&output), 4);
    assert!(stderr(&output).contains("a pack has at most 16 MiB, and this one has 100 MiB"), "{}", stderr(&output));
}

#[test]
fn very_many_mistakes_are_counted() {
    let mut text = PACK.replace("[[rule]]", "[lists]\nx = []\n[[rule]]");
    for n in 0..5_000 {
        text.insert_str(0, &format!("wrong{n} = 1\n"));
    }
    let folder = Folder::new(&[("p.toml", &text)]);
    let output = folder.run(&["scan", "--rules", "p.toml", "."]);
    assert!(stderr(&output).contains("more mistakes"), "{}", &stderr(&output)[..2_000]);
    assert!(stderr(&output).len() < 100_000);
}

#[test]
fn rules_are_tried_on_examples_and_models() {
    let folder = Folder::new(&[("our-team.toml", PACK)]);
    folder.write("models/net.pkl", &importing("our_lib.models", "Net"));
    folder.write("models/trainer.pkl", &importing("our_lib.training", "Trainer"));
    folder.write("models/other.pkl", &importing("other_lib", "Thing"));
    let output = folder.run(&["rules", "test", "our-team.toml", "models"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    snapshot("rules-test", &stdout(&output));
    let broken = Folder::new(&[("p.toml", &PACK.replace("name = \"Trainer\"", "name = \"\""))]);
    assert_eq!(code(&broken.run(&["rules", "test", "p.toml"])), 0);
    let broken = Folder::new(&[(
        "p.toml",
        &PACK.replace("fact = { kind = \"global\", module = \"our_lib.training\"", "fact = { kind = \"global\", module = \"our_lib\""),
    )]);
    let output = broken.run(&["rules", "test", "p.toml"]);
    assert_eq!(code(&output), 1);
    assert!(
        stdout(&output).starts_with("failed no-training-code: does not match global { module = our_lib, name = Trainer }"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn everything_that_has_an_id_is_explained() {
    snapshot("rules-explain-rule", &stdout(&run(&["rules", "explain", "link-leads-out"])));
    snapshot("rules-explain-threat", &stdout(&run(&["rules", "explain", "reverse_shell"])));
    for id in ["default", "modelscan", "unknown-operator", "known-dangerous/os-command", "example-fails", "malformed"] {
        let output = run(&["rules", "explain", id]);
        assert_eq!(code(&output), 0, "{id}: {}", stderr(&output));
    }
    let output = run(&["rules", "explain", "os-comand"]);
    assert_eq!((code(&output), stderr(&output).contains("did you mean `os-command`?")), (4, true));
    let output = run(&["rules", "explain", "os-command", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&json[0]["is"], &json[0]["threat"]["cwe"][0]["id"], &json[0]["threat"]["atlas_version"]),
        (&"rule".into(), &"CWE-78".into(), &"5.6.0".into())
    );
}

#[test]
fn rules_are_listed_by_what_they_are_about() {
    let list = |args: &[&str]| -> Vec<serde_json::Value> {
        let output = run(&[&["rules", "list", "--format", "json"][..], args].concat());
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        json["rules"].as_array().unwrap().clone()
    };
    let all = list(&[]);
    assert!(all.len() > 40);
    let by = |rules: &[serde_json::Value], field: &str, value: &str| {
        rules.iter().all(|rule| rule[field] == value) && !rules.is_empty() && rules.len() < all.len()
    };
    assert!(by(&list(&["--threat", "os_command"]), "threat_type", "os_command"));
    assert!(by(&list(&["--pack", "modelscan"]), "pack", "modelscan"));
    assert!(by(&list(&["--severity", "critical"]), "severity", "critical"));
    let numpy = list(&["--for", "numpy"]);
    assert!(!numpy.is_empty() && numpy.len() < all.len() && numpy.iter().all(|rule| rule["id"] != "os-command"));
    assert_eq!(code(&run(&["rules", "list", "--threat", "os_comand"])), 4);
    assert_eq!(code(&run(&["rules", "list", "--for", "pikle"])), 4);
}

#[test]
fn packs_are_compared_by_their_rules_and_on_models() {
    let after = PACK
        .replace("severity = \"high\"", "severity = \"low\"")
        .replace("names = [\"Net\"]", "names = [\"Head\"]")
        .replace("[[allow]]", "[[rule]]\nid = \"new\"\ntitle = \"A new one\"\nseverity = \"medium\"\nthreat = \"suspicious_global\"\nmatch = { globals = { other = \"*\" } }\nwhy = \"It is not ours.\"\nremedy = \"Ask the team.\"\n\n[[allow]]");
    let folder = Folder::new(&[("a.toml", PACK), ("b.toml", &after)]);
    folder.write("models/net.pkl", &importing("our_lib.models", "Net"));
    folder.write("models/other.pkl", &importing("elsewhere", "Net"));
    let output = folder.run(&["rules", "diff", "a.toml", "b.toml", "models"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    snapshot("rules-diff", &stdout(&output));
    let output = folder.run(&["rules", "diff", "a.toml", "a.toml", "models"]);
    assert_eq!((code(&output), stdout(&output).as_str()), (0, "a.toml and a.toml judge alike\n"));
}

#[test]
fn a_pack_is_learned_and_makes_its_models_clean() {
    let folder = Folder::new(&[]);
    folder.write("models/a.pkl", &importing("our_lib.models", "Net"));
    folder.write("models/b.pkl", b"cour_lib.models\nNet\n)\x81.");
    folder.write("models/evil.pkl", b"cos\nsystem\n(S'echo weighbridge'\ntR.");
    let output = folder.run(&["rules", "learn", "models", "-o", "learned.toml"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let version = format!("weighbridge {}", env!("CARGO_PKG_VERSION"));
    let pack = std::fs::read_to_string(folder.path("learned.toml")).unwrap().replace(&version, "weighbridge VERSION");
    snapshot("rules-learn", &format!("{pack}\n---- standard error\n{}", stderr(&output)));
    assert_eq!(code(&folder.run(&["rules", "check", "--deny-warnings", "learned.toml"])), 0);
    assert_eq!(code(&folder.run(&["scan", "--rules", "learned.toml", "models/a.pkl", "models/b.pkl"])), 0);
    assert_eq!(code(&folder.run(&["scan", "--rules", "learned.toml", "models/evil.pkl"])), 1);
    // A name that was seen is not a name that may do more.
    folder.write("called.pkl", b"cour_lib.models\nNet\n)R.");
    assert_eq!(code(&folder.run(&["scan", "--rules", "learned.toml", "called.pkl"])), 1);
    assert_eq!(code(&folder.run(&["rules", "learn", "learned.toml"])), 4);
    // With the profile that it brings along, a configuration that runs a command is found as such; by the list alone, as a name that is not listed.
    folder.write("models/conf.yaml", b"a: !!python/object/apply:os.system ['echo weighbridge']\n");
    let learned = std::fs::read_to_string(folder.path("learned.toml")).unwrap();
    let profile: Vec<&str> = learned.lines().filter_map(|line| line.strip_prefix("#     ")).collect();
    folder.write("learned-profile.toml", profile.join("\n").as_bytes());
    for (rules, rule) in [("learned-profile.toml", "os-command"), ("learned.toml", "not-listed")] {
        let output = folder.run(&["scan", "--rules", rules, "models/conf.yaml", "--format", "json"]);
        assert!(code(&output) == 1 && stdout(&output).contains(rule), "{rules}: {}", stdout(&output));
    }
}

#[test]
fn what_was_learned_before_is_not_overwritten_and_nothing_is_not_written() {
    let folder = Folder::new(&[("ours.toml", PACK)]);
    folder.write("net.pkl", &importing("our_lib.models", "Net"));
    folder.write("evil.pkl", b"cos\nsystem\n(S'echo weighbridge'\ntR.");
    let output = folder.run(&["rules", "learn", "net.pkl", "-o", "ours.toml"]);
    assert_eq!((code(&output), stderr(&output).contains("ours.toml is there already")), (4, true), "{}", stderr(&output));
    assert_eq!(std::fs::read_to_string(folder.path("ours.toml")).unwrap(), PACK);
    assert_eq!(code(&folder.run(&["rules", "learn", "net.pkl", "-o", "ours.toml", "--force"])), 0);
    assert_ne!(std::fs::read_to_string(folder.path("ours.toml")).unwrap(), PACK);
    for (model, says, expected) in [("absent.pkl", "absent.pkl: no such file or folder", 2), ("evil.pkl", "no pack was written", 1)] {
        let output = folder.run(&["rules", "learn", model, "-o", "new.toml"]);
        assert_eq!((code(&output), folder.path("new.toml").exists()), (expected, false), "{}", stderr(&output));
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    }
}

#[test]
fn real_models_are_clean_by_what_is_learned_from_them() {
    let folder = Folder::new(&[]);
    let fixtures = std::fs::read_dir(root("fixtures/pickle")).unwrap().map(|entry| entry.unwrap().path());
    let benign = fixtures.filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("benign-") && !name.ends_with(".snap")
    });
    let benign: Vec<String> = benign.map(|path| path.display().to_string()).collect();
    let out = folder.path("learned.toml").display().to_string();
    let args: Vec<&str> = ["rules", "learn", "-o", &out].into_iter().chain(benign.iter().map(String::as_str)).collect();
    let output = run(&args);
    let (_, scanned) = report(&[&["scan", "--rules", &out][..], &benign.iter().map(String::as_str).collect::<Vec<_>>()].concat());
    assert!(benign.len() > 20);
    assert_eq!((code(&output), scanned), (0, 0), "{}", stderr(&output));
}

#[test]
fn what_is_listed_is_what_was_asked_for() {
    let some = stdout(&run(&["rules", "list", "--pack", "keras", "--severity", "low"]));
    assert!(some.starts_with("pack") && !some.contains("version") && some.contains("keras"), "{some}");
    let none = stdout(&run(&["rules", "list", "--pack", "strict-formats", "--threat", "os_command"]));
    assert_eq!(none, "no rule of these packs is like that\n");
    let lint = stdout(&run(&["rules", "explain", "rule-within"]));
    assert!(lint.starts_with("lint rule-within\n") && lint.contains("every finding comes\n") && lint.contains("--deny-warnings"), "{lint}");
    // Nobody could find out elsewhere what "and 30 more" are.
    let rule = stdout(&run(&["rules", "explain", "known-dangerous/os-command"]));
    assert!(rule.contains("matches") && !rule.contains(" more)"), "{rule}");
}

#[test]
fn a_pack_of_the_users_that_nothing_reads_is_named() {
    let folder = Folder::new(&[(".config/weighbridge/rules/default.toml", PACK), ("our-team.toml", PACK)]);
    let mut command = program();
    let output =
        command.current_dir(folder.path("")).env("HOME", folder.path("")).args(["rules", "list", "--pack", "strict-formats"]).output().unwrap();
    let said = stderr(&output);
    assert!(code(&output) == 0 && said.contains("default.toml is not read: a built-in pack has that id"), "{said}");
    let output = folder.run(&["scan", "--rules", "our-team", "our-team.toml"]);
    assert!(code(&output) == 4 && stderr(&output).contains("our-team.toml lies in this folder: write it so"), "{}", stderr(&output));
}

#[test]
fn coverage_names_every_entry_once() {
    for (by, some) in [("cwe", "CWE-502"), ("owasp", "ML06"), ("atlas", "AML.T0011.000")] {
        let output = run(&["rules", "coverage", "--by", by, "--format", "json"]);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let entries = json["entries"].as_array().unwrap();
        let ids: std::collections::BTreeSet<&str> = entries.iter().map(|entry| entry["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), entries.len());
        let entry = entries.iter().find(|entry| entry["id"] == some).unwrap();
        assert!(!entry["rules"].as_array().unwrap().is_empty(), "{entry}");
        assert!(entries.iter().all(|entry| entry["url"].as_str().unwrap().starts_with("https://") && !entry["name"].as_str().unwrap().is_empty()));
        assert_eq!(json["version"].as_str(), (by == "atlas").then_some("5.6.0"));
    }
}

#[test]
fn packs_of_the_users_own_have_ids() {
    let home = Folder::new(&[(".config/weighbridge/rules/our-team.toml", PACK)]);
    let model = Folder::new(&[]);
    model.write("model.pkl", &importing("our_lib.training", "Trainer"));
    let run = |args: &[&str]| program().current_dir(model.0.path()).env("HOME", home.0.path()).args(args).output().unwrap();
    let output = run(&["scan", "--rules", "our-team,modelscan", "model.pkl"]);
    assert!(stdout(&output).contains("our-team/no-training-code"), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&run(&["rules", "explain", "no-training-code"])).contains("Training code reads our data store."));
    assert!(stderr(&run(&["scan", "--rules", "our-taem", "model.pkl"])).contains("did you mean `our-team`?"));
}

#[test]
fn a_pickle_that_imports_what_lies_beside_it() {
    let readme = std::fs::read_to_string(root("rules/README.md")).unwrap();
    let pack = readme.split("```toml\n").find(|block| block.contains("id = \"code-beside\"")).unwrap().split("```").next().unwrap();
    let folder = Folder::new(&[("code-beside.toml", pack), ("repo/helper.py", "import os\n")]);
    folder.write("repo/model.pkl", &importing("helper", "Net"));
    folder.write("repo/other.pkl", &importing("elsewhere", "Net"));
    let output = folder.run(&["scan", "--rules", "code-beside.toml", "repo", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<_> = json["files"].as_array().unwrap().iter().filter(|file| !file["findings"].as_array().unwrap().is_empty()).collect();
    assert_eq!(found.len(), 1, "{json:#}");
    assert_eq!((&found[0]["path"], &found[0]["findings"][0]["rule_id"]), (&"model.pkl".into(), &"module-beside-pickle".into()));
    assert!(found[0]["findings"][0]["evidence"].as_str().unwrap().contains("helper.py"));
}

#[test]
fn the_schema_of_packs_is_current() {
    let schema = stdout(&run(&["schema", "rules"]));
    let published = std::fs::read_to_string(root("rules/schema.json")).unwrap_or_default();
    assert!(schema == published, "write it anew with `cargo run -- schema rules > rules/schema.json`");
}

#[test]
fn the_schema_accepts_every_pack_here_and_refuses_broken_ones() {
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(root("rules/schema.json")).unwrap()).unwrap();
    let fits = |text: &str| schemas::fits(&schema, &schemas::json_of(text), &schema);
    let mut packs = 0;
    for path in std::fs::read_dir(root("rules")).unwrap().map(|entry| entry.unwrap().path()) {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|e| e == "toml") && !["taxonomy", "aliases"].contains(&stem) {
            assert!(fits(&std::fs::read_to_string(&path).unwrap()), "{stem}");
            packs += 1;
        }
    }
    assert!(packs > 8);
    let readme = std::fs::read_to_string(root("rules/README.md")).unwrap();
    for block in readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        assert!(fits(block), "{block}");
    }
    assert!(fits(PACK));
    for (from, to) in [
        ("severity = \"high\"", "severity = \"hihg\""),
        ("severity = \"high\"", "serverity = \"high\""),
        ("title = \"What our team loads\"\n", ""),
        ("globals = {", "modul = \"x\", globals = {"),
        ("suspicious_global", "suspicious_globals"),
        ("kind = \"global\"", "kind = \"globl\""),
        ("call = \"new\"", "call = \"never\""),
        ("reason = \"our own layers, reviewed by the platform team\"\n", ""),
        ("vocabulary = 1", "vocabulary = \"1\""),
        ("id = \"our-team\"", "id = \"Our Team\""),
        ("[[allow]]", "[[alow]]"),
    ] {
        assert!(PACK.contains(from), "{from}");
        assert!(!fits(&PACK.replace(from, to)), "{to}");
    }
}

#[test]
fn what_a_finding_rests_on_is_explained() {
    let ours = "[pack]\nid = \"ours\"\nversion = \"1\"\ntitle = \"t\"\nmode = \"allowlist\"\nvocabulary = 1\nextends = [{ pack = \"./our-team.toml\" }]\noverrides = [{ rule = \"no-training-code\", severity = \"medium\", reason = \"known and harmless here\" }]\n";
    let folder = Folder::new(&[("our-team.toml", PACK), ("ours.toml", ours)]);
    folder.write("trainer.pkl", &importing("our_lib.training", "Trainer"));
    folder.write("net.pkl", b"cour_lib.models\nNet\n)\x81.");
    let args = ["scan", "--rules", "ours.toml", "--explain", "net.pkl", "trainer.pkl"];
    let output = folder.run(&args);
    let text = stdout(&output);
    let timeless: Vec<&str> = text.lines().filter(|line| !line.contains(" scanned, ")).collect();
    snapshot("scan-explain", &timeless.join("\n"));
    let output = folder.run(&[&args[..], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let explanation = &json["files"][1]["findings"][0]["explanation"];
    assert_eq!((&explanation["source"], &explanation["facts"][0]["fields"]["name"]), (&"our-team".into(), &"Trainer".into()));
    assert_eq!((&explanation["overrides"][0]["pack"], &explanation["overrides"][0]["change"]), (&"ours".into(), &"severity high -> medium".into()));
    let admitted = json["files"][0]["admitted"].as_array().unwrap();
    assert!(admitted.iter().any(|one| one["kind"] == "call" && one["calls"] == "new" && one["library"] == "our_lib"), "{json:#}");
    // Nobody who does not ask pays for it.
    let output = folder.run(&["scan", "--rules", "ours.toml", "--format", "json", "net.pkl", "trainer.pkl"]);
    assert!(!stdout(&output).contains("\"explanation\"") && !stdout(&output).contains("\"admitted\""));
}

#[test]
fn findings_map_one_to_one_to_the_fields_that_others_know() {
    let (report, _) = report(&["scan", "fixtures", "--fail-on", "never"]);
    let coverage =
        |by: &str| -> serde_json::Value { serde_json::from_slice(&run(&["rules", "coverage", "--by", by, "--format", "json"]).stdout).unwrap() };
    let names = |by: &str| -> std::collections::BTreeMap<String, String> {
        let json = coverage(by);
        let entries = json["entries"].as_array().unwrap().iter();
        entries.map(|entry| (entry["id"].as_str().unwrap().to_owned(), entry["name"].as_str().unwrap().to_owned())).collect()
    };
    let (cwe, owasp, atlas) = (names("cwe"), names("owasp"), names("atlas"));
    let list: serde_json::Value = serde_json::from_slice(&run(&["rules", "list", "--format", "json"]).stdout).unwrap();
    let says = |rule: &serde_json::Value| {
        ["id", "severity", "threat_type"].map(|field| rule[field].as_str().unwrap_or_else(|| panic!("{field} of {rule:#}")).to_owned())
    };
    let rules: BTreeSet<[String; 3]> = list["rules"].as_array().unwrap().iter().map(says).collect();
    let mut named: BTreeSet<[String; 2]> = BTreeSet::new();
    let (mut seen, mut threats) = (0, std::collections::BTreeMap::new());
    for finding in report["files"].as_array().unwrap().iter().flat_map(|file| file["findings"].as_array().unwrap()) {
        let text = |field: &str| finding[field].as_str().unwrap_or_else(|| panic!("{field} of {finding:#}"));
        assert!(["critical", "high", "medium", "low"].contains(&text("severity")));
        assert_eq!(cwe.get(text("cwe_id")).map(String::as_str), Some(text("cwe_name")));
        if !text("owasp_ml_id").is_empty() {
            assert_eq!(owasp.get(text("owasp_ml_id")).map(String::as_str), Some(text("owasp_ml_name")));
        }
        assert!(text("atlas_id").is_empty() || atlas.contains_key(text("atlas_id")));
        // Of a threat type every finding has the same numbers.
        let numbers = [text("cwe_id"), text("owasp_ml_id"), text("atlas_id")].join(" ");
        let known = threats.entry(text("threat_type").to_owned()).or_insert_with(|| numbers.clone());
        assert_eq!(known, &numbers);
        // A rule's findings say what the rule says.
        let rule = [text("rule_id"), text("severity"), text("threat_type")].map(str::to_owned);
        assert!(rules.contains(&rule) || rule[0] == "unknown-operator", "{rule:?} is not what `rules list` says");
        named.insert([text("module_name"), text("operator_name")].map(str::to_owned));
        seen += 1;
    }
    // What is called stands in the two fields, and is not the whole of them.
    for name in [["os", "system"], ["runpy", "_run_code"], ["", "unsafe-name"]] {
        assert!(named.contains(&name.map(str::to_owned)), "{name:?}");
    }
    assert!(seen > 300 && threats.len() > 5, "{seen} findings of {} threat types", threats.len());
}
