//! What facts become.

use super::support::*;
use crate::fact::{InputId, Place, Value};
use crate::record::{Record, Sink};
use crate::report::{Confidence, Severity};
use crate::rules::library::Entry;

const HEADER: &str = r#"
[pack]
id = "test"
version = "1"
title = "t"
mode = "allowlist"
vocabulary = 1
[unknown]
id = "unlisted"
title = "t"
threat = "suspicious_global"
why = "w"
remedy = "r"
"#;

fn rule(id: &str, rest: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\ntitle = \"t\"\nseverity = \"high\"\nthreat = \"os_command\"\nwhy = \"w\"\nremedy = \"r\"\n{rest}\n")
}

fn allow(module: &str, names: &str, rest: &str) -> String {
    format!("[[allow]]\nmodule = \"{module}\"\nnames = {names}\nreason = \"r\"\n{rest}\n")
}

fn opcode(fact: crate::fact::Fact, opcode: &str) -> crate::fact::Fact {
    with(fact, "opcode", Value::text(opcode))
}

#[test]
fn deny_goes_over_allow_and_allow_over_unknown() {
    let pack = [HEADER, &rule("deny", "match = { globals = { m = [\"bad\"] } }"), &allow("m", "[\"bad\", \"good\"]", "call = true")].concat();
    assert_eq!(ids(&judge_text(&pack, [global("m", "bad")])), ["deny"]);
    assert_eq!(ids(&judge_text(&pack, [global("m", "good"), call("m", "good")])), [""; 0]);
    assert_eq!(ids(&judge_text(&pack, [global("m", "other")])), ["unlisted"]);
}

#[test]
fn a_rule_that_says_unless_allowed_is_weaker_than_an_entry_and_stronger_than_unknown() {
    let weak = rule("weak", "match = { kind = \"call\", globals = { m = \"*\" } }\nunless_allowed = true");
    let pack = [HEADER, &weak, &allow("m", "[\"good\"]", "call = true")].concat();
    assert_eq!(ids(&judge_text(&pack, [call("m", "good")])), [""; 0]);
    assert_eq!(ids(&judge_text(&pack, [global("m", "odd"), call("m", "odd")])), ["weak"]);
    assert_eq!(ids(&judge_text(&pack, [global("m", "odd")])), ["unlisted"]);
    // Without an allowlist nobody knows what is good, and it is silent.
    let blocklist = HEADER.replace("allowlist", "blocklist").split("[unknown]").next().unwrap_or_default().to_owned() + &weak;
    assert_eq!(ids(&judge_text(&blocklist, [call("m", "odd")])), [""; 0]);
}

#[test]
fn a_denied_name_silences_weaker_rules_on_its_calls() {
    let pack = [
        HEADER,
        &rule("deny", "match = { kind = \"global\", globals = { m = [\"f\"] } }"),
        &rule("weak", "match = { kind = \"call\", globals = { m = \"*\" } }\nunless_allowed = true"),
    ]
    .concat();
    assert_eq!(ids(&judge_text(&pack, [global("m", "f"), call("m", "f")])), ["deny"]);
}

#[test]
fn an_import_and_its_calls_are_one_finding_that_shows_the_call() {
    let mut import = global("os", "system");
    import.count = 2;
    import.places[0].offset = 1;
    let mut call = call_of("os", "system", &["'echo hi'"], &[]);
    call.count = 5;
    let findings = judge_with("default", [import, call]);
    assert_eq!(ids(&findings), ["os-command"]);
    let finding = &findings[0];
    assert_eq!((finding.count, finding.place.offset), (5, 1));
    assert_eq!(finding.evidence, "os.system('echo hi')");
    assert_eq!((finding.module_name.as_str(), finding.operator_name.as_str()), ("os", "system"));
    assert_eq!((finding.severity, finding.confidence), (Severity::Critical, Confidence::High));
    assert_eq!((finding.cwe_id.as_str(), finding.owasp_ml_id.as_str(), finding.atlas_id.as_str()), ("CWE-78", "ML06", "AML.T0050"));
    assert_eq!(finding.pack, "known-dangerous");
}

#[test]
fn which_calls_an_entry_admits() {
    let pack = |call: &str| [HEADER, &allow("lib.**", "{ regex = '^[A-Z][A-Za-z]*$' }", call)].concat();
    let made = opcode(call("lib.sub", "Cls"), "NEWOBJ");
    for (entry, import, new, reduce) in [("", true, false, false), ("call = \"new\"", true, true, false), ("call = true", true, true, true)] {
        let pack = pack(entry);
        assert_eq!(judge_text(&pack, [global("lib.sub", "Cls")]).is_empty(), import, "{entry}");
        assert_eq!(judge_text(&pack, [made.clone()]).is_empty(), new, "{entry}");
        assert_eq!(judge_text(&pack, [call("lib.sub", "Cls")]).is_empty(), reduce, "{entry}");
        // An attribute of what is admitted may be imported, not called.
        assert!(judge_text(&pack, [global("lib", "Cls.method")]).is_empty());
        assert!(!judge_text(&pack, [call("lib", "Cls.method")]).is_empty());
        // Nor does the entry reach other modules, or names that only begin alike.
        assert!(!judge_text(&pack, [global("library", "Cls")]).is_empty());
        assert!(!judge_text(&pack, [global("lib", "helper.Cls")]).is_empty());
    }
}

#[test]
fn arguments_that_are_not_known_fail_loud() {
    let deny = rule("deny", "match = { kind = \"call\", args = { item = 0, is = \"'bad'\" } }");
    let admit = allow("m", "[\"f\"]", "call = true\nwhen = { not = { args = { item = 0, is = \"'bad'\" } } }");
    let pack = [HEADER, &deny].concat();
    assert_eq!(ids(&judge_text(&pack, [call("m", "f")])), ["deny"]);
    assert_eq!(ids(&judge_text(&pack, [call_of("m", "f", &["'good'"], &[])])), ["unlisted"]);
    let pack = [HEADER, &admit].concat();
    assert_eq!(ids(&judge_text(&pack, [call("m", "f")])), ["unlisted"]);
    assert_eq!(ids(&judge_text(&pack, [call_of("m", "f", &["'good'"], &[])])), [""; 0]);
    assert_eq!(ids(&judge_text(&pack, [call_of("m", "f", &["'bad'"], &[])])), ["unlisted"]);
    // Cut text may hold what a rule looks for.
    let pack = [HEADER, &rule("deny", "match = { kind = \"code\", text = { contains = \"bad\" } }")].concat();
    let cut = with(fact("code", &[]), "text", Value::Text("go".into(), 100));
    assert_eq!(ids(&judge_text(&pack, [cut])), ["deny"]);
    // What only describes is judged as far as it is there.
    let pack = [HEADER, &rule("deny", "match = { kind = \"text\", value = { contains = \"bad\" } }")].concat();
    let cut = |text: &str| with(fact("text", &[]), "value", Value::Text(text.into(), 100));
    assert_eq!(ids(&judge_text(&pack, [cut("go")])), [""; 0]);
    assert_eq!(ids(&judge_text(&pack, [cut("bad")])), ["deny"]);
}

#[test]
fn names_that_are_not_resolved_are_never_admitted() {
    let unknown = fact("global", &[("module", ""), ("name", ""), ("resolved", "unknown")]);
    assert_eq!(ids(&judge_with("default", [unknown.clone()])), ["unresolved-name"]);
    assert_eq!(ids(&judge_with("modelscan", [unknown])), ["modelscan-unknown-operand"]);
    let partial = fact("global", &[("module", "collections"), ("name", "OrderedDict"), ("resolved", "partial")]);
    assert_eq!(ids(&judge_with("default", [partial])), ["partial-name"]);
    // What is known of a name in part counts.
    let half = fact("global", &[("module", "os"), ("name", ""), ("resolved", "partial")]);
    assert!(ids(&judge_with("default", [half])).contains(&"os-module"));
}

#[test]
fn benign_shapes_are_quiet_and_their_hostile_twins_are_not() {
    let quiet = [
        call_of("collections", "OrderedDict", &[], &[]),
        call_of("collections", "defaultdict", &["builtins.list"], &["builtins.list"]),
        call_of("_codecs", "encode", &["'x'", "'latin1'"], &[]),
        call_of("copyreg", "_reconstructor", &["m.C", "builtins.object", "None"], &["builtins.object"]),
        call_of("torch._utils", "_rebuild_tensor_v2", &["1"], &[]),
        call_of("numpy.core.multiarray", "_reconstruct", &["numpy.ndarray", "(0,)", "b'b'"], &["numpy.ndarray"]),
        call_of("functools", "partial", &["sklearn.metrics.f1_score"], &["sklearn.metrics.f1_score"]),
        call_of("operator", "itemgetter", &["'text'"], &[]),
        with(call_of("builtins", "getattr", &["m.C", "'forward'"], &["m.C"]), "folded", Value::text("m.C.forward")),
        opcode(call_of("sklearn.svm._classes", "SVC", &[], &[]), "NEWOBJ"),
        opcode(call_of("torch.nn.modules.linear", "Linear", &[], &[]), "NEWOBJ"),
        global("_io", "BytesIO"),
        global("uuid", "UUID"),
        global("builtins", "getattr"),
    ];
    for fact in quiet {
        let findings = judge_with("default", [fact.clone()]);
        assert!(findings.is_empty(), "{:?}: {:?}", fact.fields, ids(&findings));
    }
    let loud = [
        call_of("collections", "defaultdict", &["m.f"], &["m.f"]),
        call_of("_codecs", "encode", &["'x'", "'zip'"], &[]),
        call_of("copyreg", "_reconstructor", &["m.C", "m.Base", "None"], &["m.Base"]),
        call_of("functools", "partial", &["builtins.getattr"], &["builtins.getattr"]),
        call_of("operator", "attrgetter", &["'__class__.__base__'"], &[]),
        call_of("builtins", "getattr", &["m.C", "<unknown>"], &["m.C"]),
        call_of("torch._tensor", "_rebuild_from_type_v2", &["builtins.getattr"], &["builtins.getattr"]),
    ];
    for fact in loud {
        let findings = judge_with("default", [fact.clone()]);
        assert!(findings.iter().any(|finding| finding.severity >= Severity::Medium), "{:?}", fact.fields);
    }
}

#[test]
fn packs_side_by_side_judge_each_by_itself_and_say_nothing_twice() {
    let set = library().rule_set(&["default", "known-dangerous", "modelscan"]).unwrap_or_else(|error| panic!("{error}"));
    let findings = set.judge(&file([global("os", "system")]), "model.pt");
    let said: Vec<(&str, &str)> = findings.iter().map(|f| (f.pack.as_str(), f.rule_id.as_str())).collect();
    assert_eq!(said, [("modelscan", "modelscan-critical"), ("known-dangerous", "os-command")]);
    let packs: Vec<&str> = set.packs().iter().map(|pack| pack.id.as_str()).collect();
    // What a profile combines stands behind it, once: `known-dangerous` was asked for by itself too.
    assert_eq!((packs.first(), packs.get(1), packs.last()), (Some(&"default"), Some(&"known-dangerous"), Some(&"modelscan")));
    assert_eq!(packs.iter().filter(|pack| **pack == "known-dangerous").count(), 1);
    let Entry::Profile(default) = library().load("default").unwrap_or_else(|error| panic!("{error}")) else { panic!("no profile") };
    let members = default.packs.iter().map(|pack| pack.id.as_str());
    assert_eq!(packs, ["default"].into_iter().chain(members).chain(["modelscan"]).collect::<Vec<_>>());
}

#[test]
fn a_fingerprint_is_of_rule_path_containers_and_meaning() {
    let findings = |offset: u64, text: &str, path: &str, member: &str| {
        let mut facts = file([]);
        facts.record(Record::Input(input(1, Some(0), member)));
        let mut call = call_of("os", "system", &[text], &[]);
        call.places = vec![Place { input: InputId(1), offset, length: 1 }];
        facts.record(Record::Fact(call));
        library().rule_set(&["default"]).unwrap_or_else(|error| panic!("{error}")).judge(&facts, path).remove(0)
    };
    let one = findings(3, "'a'", "m.pt", "data.pkl");
    assert!(one.fingerprint.starts_with("wb1:") && one.fingerprint.len() == 4 + 32);
    assert_eq!(one.fingerprint, findings(90, "'b'", "m.pt", "data.pkl").fingerprint);
    assert_ne!(one.fingerprint, findings(3, "'a'", "n.pt", "data.pkl").fingerprint);
    assert_ne!(one.fingerprint, findings(3, "'a'", "m.pt", "other.pkl").fingerprint);
    assert_eq!(one.place.container.len(), 1);
    assert_eq!((one.place.container[0].name.as_str(), one.place.container[0].format.as_str()), ("data.pkl", "zip"));
    assert_eq!(one.place.file_offset, Some(13));
}

#[test]
fn evidence_is_bounded_and_escaped() {
    let text = format!("os.system('\u{202e}\u{1b}[31m\n{}')", "x".repeat(5_000));
    let call = with(call_of("os", "system", &[], &[]), "text", Value::text(text));
    let evidence = judge_with("default", [call]).remove(0).evidence;
    assert!(evidence.starts_with(r"os.system('\u{202e}\x1b[31m\nxxx"), "{evidence}");
    assert!(evidence.chars().count() < 450 && evidence.ends_with('…'));
}

#[test]
fn repetition_is_bounded_and_counted() {
    let facts = (0..3_000).map(|n| fact("anomaly", &[("code", "duplicate-name"), ("target", &format!("member {n}"))]));
    let findings = judge_with("default", facts);
    assert_eq!(findings.len(), 1_000);
    assert_eq!(findings.iter().map(|finding| finding.count).sum::<u64>(), 3_000);
}

#[test]
fn a_parent_fact_can_be_asked_for() {
    let pack = [HEADER, &rule("storage", "match = { kind = \"anomaly\", parent = { role = \"storage\" } }")].concat();
    let parent = fact("reference", &[("role", "storage")]);
    let mut child = fact("anomaly", &[("code", "size-mismatch")]);
    child.parent = Some(parent.id);
    assert_eq!(ids(&judge_text(&pack, [parent, child.clone()])), ["storage"]);
    let other = fact("reference", &[("role", "url")]);
    child.parent = Some(other.id);
    assert_eq!(ids(&judge_text(&pack, [other, child])), [""; 0]);
}

#[test]
fn an_extending_pack_judges_by_itself_with_its_overrides() {
    let pack = r#"
[pack]
id = "ours"
version = "1"
title = "t"
mode = "blocklist"
vocabulary = 1
extends = [{ pack = "modelscan" }]
overrides = [
    { rule = "modelscan-high", severity = "low", reason = "our build machine has no network" },
    { rule = "modelscan-keras-lambda", disable = true, reason = "we read them" },
    { rule = "modelscan-critical", narrow = { not = { module = "shutil" } }, reason = "ours" },
]
"#;
    let findings = judge_text(pack, [global("requests.api", "get"), fact("layer", &[("framework", "keras"), ("class", "Lambda")])]);
    assert_eq!(ids(&findings), ["modelscan-high"]);
    assert_eq!((findings[0].severity, findings[0].pack.as_str()), (Severity::Low, "ours"));
    assert_eq!(ids(&judge_text(pack, [global("shutil", "rmtree")])), [""; 0]);
    assert_eq!(ids(&judge_text(pack, [global("os", "system")])), ["modelscan-critical"]);
}

#[test]
fn large_packs_match_by_lookup() {
    let mut pack = HEADER.to_owned();
    for n in 0..2_000 {
        pack.push_str(&rule(&format!("r{n}"), &format!("match = {{ globals = {{ \"m{n}\" = [\"f\"] }} }}")));
    }
    for n in 0..10_000 {
        pack.push_str(&allow(&format!("lib{n}"), "[\"C\"]", "call = true"));
    }
    let set = rules_of(&pack);
    assert!(set.judge(&file((0..500).map(|n| global(&format!("lib{n}"), "C"))), "m").is_empty());
    assert_eq!(ids(&set.judge(&file([global("m1999", "f")]), "m")), ["r1999"]);
}

#[test]
fn a_component_is_a_whole_part_of_a_dotted_name() {
    let pack = [HEADER, &rule("deny", "match = { kind = \"global\", name = { component = [\"__globals__\", \"__dict__\"] } }")].concat();
    let holds = |name: &str| ids(&judge_text(&pack, [global("m", name)])).contains(&"deny");
    for name in ["__globals__", "f.__globals__", "__dict__.x", "a.__dict__.b"] {
        assert!(holds(name), "{name}");
    }
    for name in ["globals", "my__globals__", "__globals__x.y", "", "a..b"] {
        assert!(!holds(name), "{name}");
    }
}
