//! What is wrong with a pack is shown where it is wrong.

use super::support::*;
use crate::rules::{Code, RulesError};

const GOOD: &str = r#"[pack]
id = "test"
version = "1"
title = "t"
mode = "blocklist"
vocabulary = 1

[[rule]]
id = "one"
title = "t"
severity = "high"
threat = "os_command"
match = { kind = "call", module = "os" }
why = "w"
remedy = "r"
"#;

/// The code, the underlined text and the help of the only mistake in a changed pack.
fn mistake(from: &str, to: &str) -> (Code, String, String) {
    assert!(GOOD.contains(from));
    let text = GOOD.replace(from, to);
    let error = error_of(&text);
    assert_eq!(error.problems.len(), 1, "{error}");
    let problem = &error.problems[0];
    let help = problem.help.clone().unwrap_or_else(|| problem.label.clone());
    (problem.code, text[problem.span.clone()].to_owned(), help)
}

#[test]
fn the_good_pack_is_good() {
    assert!(library().parse("test.toml", GOOD).is_ok());
}

#[test]
fn mistakes_are_underlined_with_what_may_be_meant() {
    let cases = [
        ("severity = \"high\"", "serverity = \"high\"\nseverity = \"high\"", Code::UnknownKey, "serverity", "did you mean `severity`?"),
        ("\"high\"", "\"hihg\"", Code::WrongValue, "\"hihg\"", "did you mean `high`?"),
        ("os_command", "os_comand", Code::UnknownThreat, "\"os_comand\"", "did you mean `os_command`?"),
        ("module = \"os\"", "modul = \"os\"", Code::UnknownField, "modul", "did you mean `module`?"),
        ("\"call\"", "\"calls\"", Code::UnknownKind, "\"calls\"", "did you mean `call`?"),
        ("\"os\"", "{ globb = \"o*\" }", Code::UnknownKey, "globb", "did you mean `glob`?"),
        ("\"os\"", "{ component = [\"a\", \"b.c\"] }", Code::WrongValue, "\"b.c\"", "`component` is what stands between two dots"),
        ("\"os\"", "\"@nolist\"", Code::UnknownList, "\"@nolist\"", "one of: libraries, stdlib"),
        ("\"os\"", "true", Code::WrongValue, "true", "this is true or false"),
        ("\"os\"", "7", Code::WrongValue, "7", "write text, or one of the tests of text: { prefix = \"…\" }, { regex = \"…\" }, …"),
        ("module = \"os\"", "result_used = { not = \"big\" }", Code::WrongValue, "{ not = \"big\" }", "write a number, or { min = …, max = … }"),
        (
            "\"os\"",
            "{ any_item = \"os\" }",
            Code::WrongValue,
            "{ any_item = \"os\" }",
            "write text, or one of the tests of text: { prefix = \"…\" }, { regex = \"…\" }, …",
        ),
        ("version = \"1\"", "version = \"not a version\"", Code::WrongValue, "\"not a version\"", "numbers with dots between them, like \"1.0.0\""),
        ("vocabulary = 1", "vocabulary = 1\nlayers = true", Code::WrongValue, "[pack]", "mode = \"allowlist\""),
        ("\"blocklist\"", "\"blacklist\"", Code::WrongValue, "\"blacklist\"", "did you mean `blocklist`?"),
        ("vocabulary = 1", "vocabulary = 99", Code::Vocabulary, "99", "use a newer weighbridge, or write the pack for an older vocabulary"),
        ("id = \"one\"", "id = \"One!\"", Code::WrongValue, "\"One!\"", "lower-case letters, digits and `-`, beginning with a letter, at most 64"),
    ];
    for (from, to, code, underlined, help) in cases {
        let (found_code, found_text, found_help) = mistake(from, to);
        assert_eq!((found_code, found_text.as_str(), found_help.as_str()), (code, underlined, help), "{to}");
    }
}

#[test]
fn patterns_that_cost_too_much_are_refused() {
    for pattern in
        ["(a{1000}){1000}", "((((((((((((((((((((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))))))))))))))))))))", "(unclosed"]
    {
        assert_eq!(mistake("\"os\"", &format!("{{ regex = '{pattern}' }}")).0, Code::Pattern, "{pattern}");
    }
}

#[test]
fn duplicates_and_empty_conditions_are_refused() {
    let twice = format!("{GOOD}{}", &GOOD[GOOD.find("[[rule]]").unwrap_or(0)..]);
    let error = error_of(&twice);
    assert_eq!(error.problems[0].code, Code::Duplicate);
    assert_eq!(error.problems[0].help.as_deref(), Some("the first is in line 9: rename one of them"));
    assert_eq!(mistake("match = { kind = \"call\", module = \"os\" }", "match = {}").0, Code::WrongValue);
    assert_eq!(mistake("match = { kind = \"call\", module = \"os\" }\n", "").0, Code::MissingKey);
    assert_eq!(mistake("vocabulary = 1", "vocabulary = 1\noverrides = [{ rule = \"x\", severity = \"low\", reason = \"r\" }]").0, Code::UnknownRule);
    assert_eq!(mistake("vocabulary = 1", "vocabulary = 1\nextends = [{ pack = \"modelscn\" }]").0, Code::UnknownPack);
}

#[test]
fn an_override_needs_a_reason_and_a_blocklist_has_no_allow_entries() {
    let text = GOOD.replace(
        "vocabulary = 1",
        "vocabulary = 1\nextends = [{ pack = \"modelscan\" }]\noverrides = [{ rule = \"modelscan-high\", severity = \"low\" }]",
    );
    assert_eq!(error_of(&text).problems[0].code, Code::MissingKey);
    let text = format!("{GOOD}\n[[allow]]\nmodule = \"m\"\nnames = \"*\"\nreason = \"r\"\n");
    assert_eq!(error_of(&text).problems[0].message, "a blocklist has no allow entries");
}

#[test]
fn nesting_is_bounded() {
    let deep = format!("{}{}{}", "{ not = ".repeat(60), "{ module = \"os\" }", " }".repeat(60));
    assert!(!error_of(&GOOD.replace("{ kind = \"call\", module = \"os\" }", &deep)).problems.is_empty());
}

#[test]
fn the_line_is_shown() {
    let text = GOOD.replace("module = \"os\"", "modul = \"os\"");
    let error = error_of(&text);
    assert_eq!(error.position(&error.problems[0]), (13, 26));
    let shown = error.to_string();
    let expected = "\
error: facts of kind call have no field `modul`
  --> test.toml:13:26
   |
13 | match = { kind = \"call\", modul = \"os\" }
   |                          ^^^^^
   |
   = help: did you mean `module`?";
    assert_eq!(shown, expected);
    // As Windows ends its lines.
    assert_eq!(error_of(&text.replace('\n', "\r\n")).to_string(), expected);
    let deep = format!("x = {}1{}\n", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(error_of(&deep).problems[0].message, "lists and tables are nested too deeply here");
    assert_eq!(error_of("[pack\n").problems[0].code, Code::Syntax);
    assert!(error_of("").to_string().contains("neither a pack nor a profile"));
}

#[test]
fn files_are_refused_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.display().to_string()
    };
    let library = library();
    let code = |path: &str| match library.load(path) {
        Err(RulesError::Pack(error)) => Some(error.problems[0].code),
        _ => None,
    };
    let latin = [&GOOD.as_bytes()[..20], b"\xff\xfe", &GOOD.as_bytes()[20..]].concat();
    assert_eq!(code(&write("latin.toml", &latin)), Some(Code::Encoding));
    let big = write("big.toml", b"");
    std::fs::File::options().write(true).open(&big).and_then(|file| file.set_len(100 << 20)).expect("a large file");
    assert_eq!(code(&big), Some(Code::Size));
    let said = library.load(&big).map(|_| ()).map_err(|error| error.to_string()).expect_err("it is too large");
    assert!(said.contains("a pack has at most 16 MiB, and this one has 100 MiB"), "{said}");
    // Circles, through relative paths too.
    let extending = |id: &str, other: &str| GOOD.replace("id = \"test\"", &format!("id = \"{id}\"\nextends = [{{ pack = \"{other}\" }}]"));
    write("a.toml", extending("a", "./b.toml").as_bytes());
    write("b.toml", extending("b", "../x/../a.toml").replace("../x/../", "./").as_bytes());
    assert_eq!(code(&folder.path().join("a.toml").display().to_string()), Some(Code::Cycle));
    let itself = write("c.toml", extending("c", "./c.toml").as_bytes());
    assert_eq!(code(&itself), Some(Code::Cycle));
    // A file that is meant by its id alone.
    write("ours.toml", GOOD.replace("\"test\"", "\"ours\"").as_bytes());
    let profile = write("p.toml", b"[profile]\nid = \"p\"\nversion = \"1\"\ntitle = \"t\"\npacks = [\"default\", \"ours\"]\n");
    let Err(RulesError::Pack(error)) = library.load(&profile) else { panic!("no error") };
    assert_eq!(error.problems[0].help.as_deref(), Some("ours.toml lies beside this file: write \"ours.toml\""));
    // Missing files and ids.
    assert!(matches!(library.load("./none.toml"), Err(RulesError::Io { .. })));
    assert_eq!(
        library.load("defualt").map(|_| ()).map_err(|error| error.to_string()),
        Err("there is no rule pack `defualt`: did you mean `default`?".into())
    );
    // A folder of the user's own, by id; a built-in id stays what it is.
    write("team.toml", GOOD.replace("\"test\"", "\"team\"").as_bytes());
    write("default.toml", b"[[[");
    let with_folder = super::support::library().with_folder(folder.path());
    assert!(with_folder.load("team").is_ok());
    assert!(with_folder.load("default").is_ok());
    assert_eq!(with_folder.hidden(), [folder.path().join("default.toml")]);
}
