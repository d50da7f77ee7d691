//! Rules that look beyond one fact.

use super::support::*;
use crate::fact::{Fact, InputId, Value};
use crate::record::{FileFacts, Record, Sink};
use crate::rules::{Around, Code};
use crate::source::{Neighbour, NeighbourKind};

const HEADER: &str = "[pack]\nid = \"test\"\nversion = \"1\"\ntitle = \"t\"\nmode = \"blocklist\"\nvocabulary = 1\n";

fn pack(rest: &str) -> String {
    let rule = "[[rule]]\nid = \"joined\"\ntitle = \"t\"\nseverity = \"high\"\nthreat = \"os_command\"\nwhy = \"w\"\nremedy = \"r\"\n";
    format!("{HEADER}{rule}{rest}\n")
}

/// A pickle imports `m`, and `m.py` lies beside it.
const BESIDE: &str = r#"
scope = "artifact"
match = { kind = "global" }
with = { member = { extension = "py" } }
same = ["member.stem", "global.module"]
"#;

fn member(stem: &str, extension: &str) -> Fact {
    fact("member", &[("name", &format!("{stem}.{extension}")), ("stem", stem), ("extension", extension)])
}

fn found(pack: &str, facts: impl IntoIterator<Item = Fact>) -> Vec<String> {
    judge_text(pack, facts).into_iter().map(|finding| finding.rule_id).collect()
}

#[test]
fn members_of_one_container_are_joined() {
    let pack = pack(BESIDE);
    assert_eq!(found(&pack, [global("m", "f"), member("m", "py")]), ["joined"]);
    // The order in which they are seen does not matter, the kind and the ending do.
    assert_eq!(found(&pack, [member("m", "py"), global("m", "f")]), ["joined"]);
    assert_eq!(found(&pack, [global("m", "f"), member("m", "txt")]), [""; 0]);
    assert_eq!(found(&pack, [global("m", "f"), member("n", "py")]), [""; 0]);
    assert_eq!(found(&pack, [global("m", "f")]), [""; 0]);
    let findings = judge_text(&pack, [global("m", "f"), member("m", "py")]);
    assert_eq!(findings[0].evidence, "from m import f; beside it: entry m.py");
}

#[test]
fn names_beside_a_file_are_members_too() {
    let set = rules_of(&pack(BESIDE));
    let names = ["m.py", "model.pkl", "sub"].map(|name| Neighbour { name: name.into(), kind: NeighbourKind::File });
    let judge = |facts: &FileFacts, beside| set.judge_around(facts, Around { path: "models/model.pkl", artifact: None, beside }).findings;
    let facts = file([global("m", "f")]);
    assert_eq!(ids(&judge(&facts, &names)), ["joined"]);
    assert_eq!(ids(&judge(&facts, &names[1..])), [""; 0]);
    // A file does not lie beside itself.
    let own = set.judge_around(&facts, Around { path: "models/m.py", artifact: None, beside: &names }).findings;
    assert_eq!(ids(&own), [""; 0]);
}

#[test]
fn parts_of_dotted_names_are_compared() {
    let first = pack(&BESIDE.replace("\"global.module\"", "\"global.module.first\""));
    assert_eq!(found(&first, [global("m.sub", "f"), member("m", "py")]), ["joined"]);
    let last = pack(&BESIDE.replace("\"global.module\"", "\"global.module.last\""));
    assert_eq!(found(&last, [global("m.sub", "f"), member("sub", "py")]), ["joined"]);
    assert_eq!(found(&last, [global("m.sub", "f"), member("m", "py")]), [""; 0]);
}

#[test]
fn several_fields_have_to_agree_in_one_and_the_same_fact() {
    let pack = pack(
        "scope = \"file\"\nmatch = { kind = \"layer\" }\nwith = { global = {} }\nsame = [[\"layer.module\", \"global.module\"], [\"layer.class\", \"global.name\"]]\n",
    );
    let layer = fact("layer", &[("module", "m"), ("class", "C")]);
    assert_eq!(found(&pack, [layer.clone(), global("m", "C")]), ["joined"]);
    assert_eq!(found(&pack, [layer, global("m", "D"), global("n", "C")]), [""; 0]);
}

#[test]
fn what_must_not_be_there() {
    let pack = pack("scope = \"file\"\nmatch = { kind = \"global\" }\nwithout = { call = {} }\nsame = [\"call.name\", \"global.name\"]\n");
    assert_eq!(found(&pack, [global("m", "f")]), ["joined"]);
    assert_eq!(found(&pack, [global("m", "f"), call("m", "f")]), [""; 0]);
    assert_eq!(found(&pack, [global("m", "f"), call("m", "g")]), ["joined"]);
}

#[test]
fn a_fact_does_not_find_itself() {
    let pack =
        pack("scope = \"file\"\nmatch = { kind = \"metadata\" }\nwith = { other = { kind = \"metadata\" } }\nsame = [\"other.key\", \"this.key\"]\n");
    let metadata = |value: &str| fact("metadata", &[("key", "k"), ("value", value)]);
    assert_eq!(found(&pack, [metadata("1")]), [""; 0]);
    assert_eq!(found(&pack, [metadata("1"), metadata("2")]).len(), 2);
}

#[test]
fn what_is_not_known_fails_loud() {
    let pack = pack(BESIDE);
    let cut = with(member("x", "py"), "stem", Value::Text("x".into(), 9_999_999));
    assert_eq!(found(&pack, [global("m", "f"), cut]), ["joined"]);
    // A missing field agrees with nothing.
    assert_eq!(found(&pack, [fact("global", &[("name", "f")]), fact("member", &[("extension", "py")])]), [""; 0]);
}

#[test]
fn files_of_one_artifact_are_joined_when_all_are_through() {
    let text = pack(BESIDE);
    let set = rules_of(&text);
    assert!(set.joins_files());
    let around = |path| Around { path, artifact: Some("repo"), beside: &[] };
    let pickle = set.judge_around(&file([global("m", "f"), global("n", "f")]), around("repo/model.pkl"));
    assert_eq!(ids(&pickle.findings), [""; 0]);
    let module = set.judge_around(&file([]), around("repo/code/m.py"));
    let joined = set.join(vec![pickle.parts, module.parts]);
    let said: Vec<_> = joined.iter().map(|(file, finding)| (*file, finding.rule_id.as_str(), finding.module_name.as_str())).collect();
    assert_eq!(said, [(0, "joined", "m")]);
    assert!(joined[0].1.evidence.contains("entry code/m.py"), "{}", joined[0].1.evidence);
}

#[test]
fn conditions_on_the_file_that_a_fact_lies_in() {
    let pack = pack("match = { kind = \"global\", within = { formats = \"zip\", depth = 0 } }\n");
    let nested = |formats: &[&str]| {
        let mut facts = FileFacts::default();
        let mut outer = input(0, None, "model.pt");
        outer.formats = formats.iter().map(|format| (*format).to_owned()).collect();
        facts.record(Record::Input(outer));
        facts.record(Record::Input(input(1, Some(0), "archive/data.pkl")));
        let mut global = global("m", "f");
        global.places[0].input = InputId(1);
        facts.record(Record::Fact(global));
        facts
    };
    let set = rules_of(&pack);
    assert_eq!(ids(&set.judge(&nested(&["zip"]), "model.pt")), ["joined"]);
    assert_eq!(ids(&set.judge(&nested(&["tar"]), "model.pt")), [""; 0]);
}

#[test]
fn files_themselves_are_facts() {
    let text = pack("match = { kind = \"file\", depth = 0, formats = { not = { any_item = [\"zip\", \"safetensors\"] } } }\n");
    let set = rules_of(&text);
    let of = |formats: &[&str]| {
        let mut facts = file([]);
        facts.inputs[0].formats = formats.iter().map(|format| (*format).to_owned()).collect();
        let findings = set.judge(&facts, "a/model.bin");
        findings.into_iter().map(|finding| (finding.operator_name, finding.evidence)).collect::<Vec<_>>()
    };
    assert_eq!(of(&["pickle"]), [("model.bin".to_owned(), "a/model.bin".to_owned())]);
    assert_eq!(of(&[]).len(), 1);
    assert_eq!(of(&["zip"]), []);
}

#[test]
fn numbers_are_compared_as_what_they_are() {
    let rule = |test: &str| pack(&format!("match = {{ kind = \"acme.thing\", n = {test} }}"));
    let holds = |test: &str, value: Value| !judge_text(&rule(test), [with(fact("acme.thing", &[]), "n", value)]).is_empty();
    assert!(holds("{ min = -3, max = -1 }", Value::I64(-2)));
    assert!(!holds("{ min = -3, max = -1 }", Value::I64(0)));
    assert!(holds("{ min = 0.5 }", Value::F64(0.75)) && !holds("{ min = 0.5 }", Value::F64(0.25)));
    assert!(holds("{ min = 0.5 }", Value::U64(1)));
    assert!(holds("18446744073709551615", Value::U64(u64::MAX)) && !holds("18446744073709551615", Value::U64(u64::MAX - 1)));
    let mut often = fact("acme.thing", &[]);
    often.count = 101;
    assert_eq!(judge_text(&pack("match = { kind = \"acme.thing\", count = { min = 100 } }"), [often]).len(), 1);
    assert_eq!(error_of(&rule("{ min = 2, max = 1 }")).problems[0].code, Code::WrongValue);
}

#[test]
fn mistakes_in_joins_are_told() {
    let mistake = |rest: &str| {
        let text = pack(rest);
        let error = error_of(&text);
        assert_eq!(error.problems.len(), 1, "{error}");
        let problem = error.problems[0].clone();
        (problem.code, text[problem.span].to_owned(), problem.help.unwrap_or_default())
    };
    let (code, shown, help) = mistake(&BESIDE.replace("member.stem", "memebr.stem"));
    assert_eq!((code, shown.as_str(), help.as_str()), (Code::UnknownField, "\"memebr.stem\"", "did you mean `member`?"));
    let (code, _, help) = mistake(&BESIDE.replace("member.stem", "member.stm"));
    assert_eq!((code, help.as_str()), (Code::UnknownField, "did you mean `stem`?"));
    assert_eq!(mistake(&BESIDE.replace("scope = \"artifact\"", "")).0, Code::MissingKey);
    assert_eq!(mistake("scope = \"file\"\nmatch = { kind = \"global\" }").0, Code::MissingKey);
    assert_eq!(mistake(&BESIDE.replace("\"member.stem\"", "\"global.name\"")).0, Code::WrongValue);
    assert_eq!(mistake(&BESIDE.replace("\"artifact\"", "\"repository\"")).0, Code::WrongValue);
}
