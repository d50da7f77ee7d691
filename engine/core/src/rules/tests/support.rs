//! Facts and packs for tests.

use crate::fact::{Fact, InputId, InputInfo, Place, Space, Value};
use crate::record::{FileFacts, Record, Sink};
use crate::report::Finding;
use crate::rules::library::Entry;
use crate::rules::{Library, PackError, RuleSet, RulesError};

pub fn library() -> Library {
    Library::builtin().expect("the built-in taxonomy and aliases are whole")
}

pub fn input(id: u32, parent: Option<u32>, name: &str) -> InputInfo {
    InputInfo {
        id: InputId(id),
        parent: parent.map(InputId),
        name: name.into(),
        raw_name: None,
        index: u64::from(id),
        size: 100,
        space: Space::File,
        file_offset: Some(u64::from(id) * 10),
        encoding: String::new(),
        formats: vec![if parent.is_none() { "zip".into() } else { "pickle".into() }],
        fact: None,
    }
}

/// A fact with text fields.
pub fn fact(kind: &str, fields: &[(&str, &str)]) -> Fact {
    let mut fields: Vec<(String, Value)> = fields.iter().map(|(name, text)| ((*name).to_owned(), Value::text(*text))).collect();
    fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    let id = fields
        .iter()
        .flat_map(|(name, value)| format!("{kind}{name}{value:?}").into_bytes())
        .fold(7, |hash: u64, byte| hash.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte));
    let places = vec![Place { input: InputId(0), offset: 4, length: 2 }];
    Fact { id, kind: kind.into(), parent: None, fields, places, count: 1, plugin: "test".into() }
}

pub fn global(module: &str, name: &str) -> Fact {
    fact("global", &[("module", module), ("name", name), ("opcode", "STACK_GLOBAL"), ("resolved", "exact")])
}

/// A call by REDUCE whose arguments are not known.
pub fn call(module: &str, name: &str) -> Fact {
    let fact = fact("call", &[("module", module), ("name", name), ("opcode", "REDUCE"), ("resolved", "exact")]);
    with(fact, "args_omitted", Value::U64(1))
}

/// A call by REDUCE with its text and arguments.
pub fn call_of(module: &str, name: &str, args: &[&str], globals: &[&str]) -> Fact {
    let list = |items: &[&str]| Value::List(items.iter().map(|item| Value::text(*item)).collect(), items.len() as u64);
    let text = format!("{module}.{name}({})", args.join(", "));
    let fact = fact("call", &[("module", module), ("name", name), ("opcode", "REDUCE"), ("resolved", "exact"), ("text", &text)]);
    with(with(fact, "args", list(args)), "arg_globals", list(globals))
}

pub fn with(mut fact: Fact, field: &str, value: Value) -> Fact {
    fact.fields.retain(|(name, _)| name != field);
    fact.fields.push((field.into(), value));
    fact.fields.sort_by(|(a, _), (b, _)| a.cmp(b));
    fact.id ^= 0x9e37_79b9;
    fact
}

pub fn file(facts: impl IntoIterator<Item = Fact>) -> FileFacts {
    let mut file = FileFacts::default();
    file.record(Record::Input(input(0, None, "model.pt")));
    facts.into_iter().for_each(|fact| {
        file.record(Record::Fact(fact));
    });
    file
}

/// What packs given as text say of facts; the first text is what judges.
pub fn judge_text(pack: &str, facts: impl IntoIterator<Item = Fact>) -> Vec<Finding> {
    rules_of(pack).judge(&file(facts), "model.pt")
}

pub fn rules_of(pack: &str) -> RuleSet {
    let library = library();
    let mut set = RuleSet::new(library.names_shared());
    match library.parse("test.toml", pack).unwrap_or_else(|error| panic!("{error}")) {
        Entry::Pack(pack) => set.add_pack(&pack),
        Entry::Profile(profile) => set.add_profile(&profile),
    }
    set
}

pub fn judge_with(selector: &str, facts: impl IntoIterator<Item = Fact>) -> Vec<Finding> {
    let set = library().rule_set(&[selector]).unwrap_or_else(|error| panic!("{error}"));
    set.judge(&file(facts), "model.pt")
}

pub fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.rule_id.as_str()).collect()
}

pub fn error_of(pack: &str) -> Box<PackError> {
    match library().parse("test.toml", pack) {
        Err(RulesError::Pack(error)) => error,
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("no error"),
    }
}
