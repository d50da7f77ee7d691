//! Every lint finds what it is for, and nothing in a pack that is as it should be.

use super::support::*;
use crate::rules::lint::{Declared, LINTS};
use std::collections::BTreeSet;

const GOOD: &str = r#"[pack]
id = "test"
version = "1.0.0"
title = "What our team loads"
mode = "allowlist"
vocabulary = 1

[lists]
names = ["Trainer", "Sampler"]

[[rule]]
id = "training-code"
title = "Training code in a model for production"
severity = "high"
threat = "suspicious_global"
match = { globals = { "our_lib.training" = ["@names"] } }
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
names = { regex = '^[A-Z][A-Za-z0-9]*$' }
call = "new"
library = "our_lib"
reason = "our own layers, reviewed by the platform team"
"#;

/// Ids of lints that speak of a pack.
fn notes(text: &str, declared: &Declared) -> BTreeSet<&'static str> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.toml");
    std::fs::write(&path, text).expect("a pack");
    let checked = library().check(&path.display().to_string(), declared).unwrap_or_else(|error| panic!("{error}"));
    checked.notes.iter().map(|note| note.lint).collect()
}

fn declared() -> Declared {
    let fields = ["module", "name", "opcode", "resolved"].map(str::to_owned);
    ["global", "call", "layer"].into_iter().map(|kind| (kind.to_owned(), fields.iter().cloned().collect())).collect()
}

/// What is changed in the good pack, and the lint that then speaks.
const CASES: &[(&str, &str, &str)] = &[
    ("example-fails", "name = \"Trainer\" }", "name = \"Other\" }"),
    ("examples-missing", "matches = false\n", "matches = true\n"),
    ("example-idle", "{ kind = \"global\", module = \"our_lib.models\", name = \"Net\" }", "{ kind = \"anomaly\", code = \"truncated\" }"),
    ("pattern-costs", "^[A-Z][A-Za-z0-9]*$", "^\\w{1,18}$"),
    ("pattern-matches-everything", "^[A-Z][A-Za-z0-9]*$", "^(?s).*$"),
    ("pattern-not-anchored", "^[A-Z][A-Za-z0-9]*$", "[A-Z][A-Za-z0-9]*"),
    ("reason-says-nothing", "our own layers, reviewed by the platform team", "TODO"),
    ("reference-missing", "references = [\"https://example.com/wiki/export\"]\n", ""),
    ("reference-missing", "https://example.com", "http://example.com"),
    ("list-unused", "[\"@names\"]", "[\"Trainer\"]"),
    ("text-says-nothing", "Training code reads our data store.", "Bad."),
    ("text-says-nothing", "for production\"", "for production.\""),
    ("rule-unreachable", "match = { globals", "match = { kind = \"anomaly\", globals"),
    ("undeclared", "match = { globals", "match = { via = { present = false }, globals"),
    (
        "rule-repeated",
        "[[allow]]",
        "[[rule]]\nid = \"again\"\ntitle = \"The same once more\"\nseverity = \"low\"\nthreat = \"suspicious_global\"\nmatch = { globals = { \"our_lib.training\" = [\"@names\"] } }\nwhy = \"Training code reads our data store.\"\nremedy = \"Export it.\"\n\n[[allow]]",
    ),
    (
        "rule-shadowed",
        "[[allow]]",
        "[[rule]]\nid = \"weak\"\ntitle = \"Never heard\"\nseverity = \"low\"\nthreat = \"suspicious_global\"\nunless_allowed = true\nmatch = { globals = { our_lib = \"*\" } }\nwhy = \"Training code reads our data store.\"\nremedy = \"Export it.\"\n[[rule.examples]]\nfact = { kind = \"global\", module = \"our_lib.training\", name = \"Trainer\" }\n\n[[allow]]",
    ),
    ("glob-literal", "match = { globals", "match = { name = { glob = \"[a-z]*\" }, globals"),
    ("rule-broad", "match = { globals = { \"our_lib.training\" = [\"@names\"] } }", "match = { kind = \"global\" }"),
    ("word-unknown", "match = { globals", "match = { kind = \"global\", resolved = \"exactly\", globals"),
    (
        "rule-within",
        "[[allow]]",
        "[[rule]]\nid = \"inner\"\ntitle = \"One of them\"\nseverity = \"low\"\nthreat = \"suspicious_global\"\nmatch = { globals = { \"our_lib.training\" = [\"Trainer\"] } }\nwhy = \"Training code reads our data store.\"\nremedy = \"Export it.\"\n\n[[allow]]",
    ),
    (
        "entry-shadowed",
        "reason = \"our own layers, reviewed by the platform team\"\n",
        "reason = \"our own layers, reviewed by the platform team\"\n[[allow]]\nmodule = \"our_lib.models\"\nnames = [\"Net\"]\nreason = \"our own network, listed twice\"\n",
    ),
    (
        "entry-dangerous",
        "reason = \"our own layers, reviewed by the platform team\"\n",
        "reason = \"our own layers, reviewed by the platform team\"\n[[allow]]\nmodule = \"posix\"\nnames = [\"system\"]\ncall = true\nreason = \"it is always done like that\"\n",
    ),
];

#[test]
fn a_good_pack_is_left_alone() {
    assert_eq!(notes(GOOD, &declared()), BTreeSet::new());
}

#[test]
fn every_lint_finds_what_it_is_for() {
    for (lint, from, to) in CASES {
        assert!(GOOD.contains(from), "{lint}: {from}");
        let found = notes(&GOOD.replace(from, to), &declared());
        assert!(found.contains(lint), "{lint}: {found:?}");
    }
    let tried: BTreeSet<&str> = CASES.iter().map(|(lint, ..)| *lint).collect();
    let all: BTreeSet<&str> = LINTS.iter().map(|lint| lint.id()).collect();
    assert_eq!(tried, all);
    assert!(LINTS.is_sorted_by_key(|lint| lint.id()));
}

#[test]
fn entries_that_do_not_list_names_are_tried_with_those_that_are_dangerous() {
    let said = |module: &str, names: &str, call: &str| {
        let entry = format!("[[allow]]\nmodule = \"{module}\"\nnames = {names}\ncall = {call}\nreason = \"it is always done like that\"\n");
        notes(&format!("{GOOD}{entry}"), &declared()).contains("entry-dangerous")
    };
    for module in ["os", "posix", "subprocess", "builtins", "os.**", "importlib.**"] {
        assert!(said(module, "\"*\"", "true"), "{module}");
    }
    assert!(said("os", "{ regex = '^sys' }", "true"));
    assert!(said("builtins", "{ regex = '^[a-z]+$' }", "true"));
    for (module, names) in [("our_lib", "\"*\""), ("our_lib.**", "\"*\""), ("builtins", "{ regex = '^(set|list)$' }"), ("collections", "\"*\"")] {
        assert!(!said(module, names, "true"), "{module} {names}");
    }
}

#[test]
fn a_rule_is_within_another_only_where_both_are_heard() {
    let within = |first: &str, second: &str| {
        let rule = |id: &str, rest: &str| {
            format!(
                "[[rule]]\nid = \"{id}\"\ntitle = \"Something of ours\"\nthreat = \"suspicious_global\"\nwhy = \"It reads our data store.\"\nremedy = \"Export it.\"\n{rest}\n"
            )
        };
        notes(&format!("{}{}{}", &GOOD[..GOOD.find("[[rule]]").unwrap_or(0)], rule("one", first), rule("two", second)), &declared())
            .contains("rule-within")
    };
    let module = |test: &str, severity: &str| format!("severity = \"{severity}\"\nmatch = {{ kind = \"global\", module = {test} }}");
    let wide = module("{ prefix = \"our_lib\" }", "medium");
    assert!(within(&wide, &module("{ prefix = \"our_lib.training\" }", "low")));
    assert!(within(&module("[\"our_lib.a\"]", "medium"), &wide));
    assert!(within(
        "severity = \"high\"\nmatch = { globals = { our_lib = \"*\" } }",
        "severity = \"high\"\nmatch = { globals = { \"our_lib.a\" = [\"b\"] } }"
    ));
    // One that is worse is heard for its own sake, and one that finds something else too is not within.
    assert!(!within(&wide, &module("{ prefix = \"our_lib.training\" }", "high")));
    assert!(!within(&wide, &module("[\"our_lib.a\", \"other\"]", "low")));
    assert!(!within(&wide, "severity = \"low\"\nmatch = { kind = [\"global\", \"call\"], module = \"our_lib\" }"));
}

#[test]
fn a_vendors_kind_is_held_against_what_plugins_declare() {
    let vendor = GOOD.replace("match = { globals = { \"our_lib.training\" = [\"@names\"] } }", "match = { kind = \"acme.wigdet\", size = 3 }");
    let mut known = declared();
    known.insert("acme.widget".into(), ["size".to_owned()].into());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.toml");
    std::fs::write(&path, vendor).expect("a pack");
    let checked = library().check(&path.display().to_string(), &known).unwrap_or_else(|error| panic!("{error}"));
    let note = checked.notes.iter().find(|note| note.lint == "undeclared").expect("a note");
    assert_eq!(note.problem.help.as_deref(), Some("did you mean `acme.widget`?"));
    assert_eq!(checked.position(note.problem.span.start).0, 16);
}
