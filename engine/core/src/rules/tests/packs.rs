//! Packs that build on packs, and headers.

use super::support::*;
use crate::fact::Value;
use crate::report::Severity;
use crate::rules::Code;
use crate::rules::library::Entry;

const HEADER: &str = "[pack]\nid = \"test\"\nversion = \"1\"\ntitle = \"t\"\nmode = \"blocklist\"\nvocabulary = 1\n";

fn rule(id: &str, rest: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\ntitle = \"t\"\nseverity = \"high\"\nthreat = \"os_command\"\nwhy = \"w\"\nremedy = \"r\"\n{rest}\n")
}

#[test]
fn a_pack_says_the_oldest_engine_that_it_works_with() {
    let rules = rule("r", "match = { kind = \"call\" }");
    let with_engine = |engine: &str| format!("{HEADER}engine = \"{engine}\"\n{rules}");
    assert!(library().parse("test.toml", &with_engine(env!("CARGO_PKG_VERSION"))).is_ok());
    assert!(library().parse("test.toml", &with_engine("0.0.9")).is_ok());
    let error = error_of(&with_engine("99.1"));
    assert_eq!(error.problems[0].code, Code::Engine);
    assert!(error.to_string().contains("this pack asks for weighbridge 99.1 or newer"), "{error}");
    for wrong in ["", "new", "1.2.3.4", "1.x"] {
        assert!(!error_of(&with_engine(wrong)).problems.is_empty(), "{wrong}");
    }
}

#[test]
fn names_can_be_read_as_they_are_written() {
    let exact = format!(
        "{HEADER}names = \"exact\"\n{}",
        rule("r", "match = { globals = { os = \"*\", \"lib.**\" = \"*\", m = [\"f\"], p = { regex = \"^run\" } } }")
    );
    let hits = |module: &str, name: &str| !judge_text(&exact, [global(module, name)]).is_empty();
    assert!(hits("os", "system") && hits("os", "path.join"));
    // Not an alias, not a module below, not what an attribute leads to.
    assert!(!hits("posix", "system") && !hits("os.path", "join") && !hits("random", "_os.system"));
    assert!(hits("lib", "f") && hits("lib.sub.deep", "f") && !hits("library", "f"));
    assert!(hits("m", "f") && !hits("m", "f.__call__") && !hits("m", "g"));
    assert!(hits("p", "run_it") && !hits("p", "do_run"));
    // What stands in the file counts, not what a loader makes of it.
    let mapped = with(with(global("builtins", "eval"), "written_module", Value::text("__builtin__")), "written_name", Value::text("eval"));
    let builtin = format!("{HEADER}names = \"exact\"\n{}", rule("r", "match = { globals = [\"__builtin__.eval\"] }"));
    assert_eq!(judge_text(&builtin, [mapped]).len(), 1);
    assert_eq!(judge_text(&builtin, [global("builtins", "eval")]).len(), 0);
}

#[test]
fn an_allowlist_can_read_names_as_they_are_written() {
    let header = HEADER.replace("blocklist", "allowlist");
    let pack =
        format!("{header}names = \"exact\"\n[[allow]]\nmodule = \"collections\"\nnames = [\"OrderedDict\"]\ncall = true\nreason = \"plain\"\n");
    let clean = |module: &str, name: &str| judge_text(&pack, [global(module, name), call(module, name)]).is_empty();
    assert!(clean("collections", "OrderedDict"));
    assert!(!clean("collections", "OrderedDict.fromkeys") && !clean("_collections", "OrderedDict"));
}

#[test]
fn what_lies_below_is_no_module_of_a_pack_that_resolves_names() {
    let error = error_of(&format!("{HEADER}{}", rule("r", "match = { globals = { \"os.**\" = \"*\" } }")));
    assert_eq!(error.problems[0].code, Code::WrongValue);
}

/// Packs in a folder, by name.
fn folder(packs: &[(&str, String)]) -> (tempfile::TempDir, crate::rules::Library) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in packs {
        std::fs::write(folder.path().join(format!("{name}.toml")), text).expect("a pack");
    }
    let library = library().with_folder(folder.path());
    (folder, library)
}

fn pack(library: &crate::rules::Library, id: &str) -> std::sync::Arc<crate::rules::Pack> {
    match library.load(id).unwrap_or_else(|error| panic!("{error}")) {
        Entry::Pack(pack) => pack,
        Entry::Profile(_) => panic!("{id} is a profile"),
    }
}

fn extending(id: &str, packs: &[&str], rest: &str) -> String {
    let list: Vec<String> = packs.iter().map(|pack| format!("{{ pack = \"{pack}\" }}")).collect();
    HEADER.replace("\"test\"", &format!("\"{id}\"")) + &format!("extends = [{}]\n{rest}\n", list.join(", "))
}

#[test]
fn a_pack_that_is_reached_on_two_ways_counts_once() {
    let base = HEADER.replace("\"test\"", "\"base\"") + &rule("r", "match = { kind = \"call\", module = \"m\" }");
    let lowered = "overrides = [{ rule = \"r\", severity = \"low\", reason = \"ours\" }]";
    let (_folder, library) = folder(&[
        ("base", base),
        ("left", extending("left", &["base"], "")),
        ("right", extending("right", &["base"], "")),
        ("changed", extending("changed", &["base"], lowered)),
        ("both", extending("both", &["left", "right"], "")),
        ("clash", extending("clash", &["left", "changed"], "")),
    ]);
    let both = pack(&library, "both");
    assert_eq!(
        both.rules.iter().map(|rule| (rule.id.as_str(), rule.pack.as_str(), rule.source.as_str())).collect::<Vec<_>>(),
        [("r", "both", "base")]
    );
    assert!(library.load("clash").is_err());
}

#[test]
fn overrides_say_who_changed_what_and_why() {
    let base = HEADER.replace("\"test\"", "\"base\"")
        + &rule("r", "match = { kind = \"call\", module = \"m\" }")
        + &rule("s", "match = { kind = \"call\" }");
    let first = "overrides = [{ rule = \"r\", severity = \"medium\", reason = \"seen often\" }]";
    let second = "overrides = [{ rule = \"r\", narrow = { not = { name = \"f\" } }, reason = \"f is ours\" }, { rule = \"s\", disable = true, reason = \"noise\" }]";
    let (_folder, library) =
        folder(&[("base", base), ("first", extending("first", &["base"], first)), ("second", extending("second", &["first"], second))]);
    let pack = pack(&library, "second");
    let said: Vec<String> = pack.rules[0].overrides.iter().map(|o| format!("{}: {}: {}", o.pack, o.change, o.reason)).collect();
    assert_eq!(said, ["first: severity high -> medium: seen often", "second: narrowed: f is ours"]);
    assert_eq!((pack.rules.len(), pack.disabled.len(), pack.disabled[0].rule.as_str(), pack.disabled[0].by.reason.as_str()), (1, 1, "s", "noise"));
    let set = library.rule_set(&["second"]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(set.judge(&file([call("m", "f")]), "x").len(), 0);
    assert_eq!(set.judge(&file([call("m", "g")]), "x").len(), 1);
}

#[test]
fn a_profile_takes_up_profiles_and_changes_what_is_said_of_what_is_not_listed() {
    let profile = "[profile]\nid = \"ours\"\nversion = \"1\"\ntitle = \"t\"\npacks = [\"default\", \"team\"]\noverrides = [{ rule = \"unknown-operator\", severity = \"high\", reason = \"production\" }]\n";
    let team = HEADER.replace("\"test\"", "\"team\"").replace("blocklist", "allowlist")
        + "[[allow]]\nmodule = \"our_lib\"\nnames = [\"Net\"]\ncall = true\nreason = \"ours\"\n";
    let (_folder, library) = folder(&[("ours", profile.to_owned()), ("team", team)]);
    let set = library.rule_set(&["ours"]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(set.judge(&file([call("our_lib", "Net")]), "x").len(), 0);
    let unknown = set.judge(&file([call("other_lib", "Net")]), "x");
    assert_eq!((unknown[0].rule_id.as_str(), unknown[0].severity), ("unknown-operator", Severity::High));
    assert_eq!(ids(&set.judge(&file([call("os", "system")]), "x")), ["os-command"]);
}

#[test]
fn an_override_of_a_profile_can_name_the_pack_too() {
    let of = |id: &str| HEADER.replace("\"test\"", &format!("\"{id}\"")) + &rule("r", "match = { kind = \"call\" }");
    let profile = "[profile]\nid = \"p\"\nversion = \"1\"\ntitle = \"t\"\npacks = [\"a\", \"b\"]\noverrides = [{ rule = \"a/r\", disable = true, reason = \"twice\" }]\n";
    let (_folder, library) = folder(&[("a", of("a")), ("b", of("b")), ("p", profile.to_owned())]);
    let set = library.rule_set(&["p"]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(set.rules().map(|rule| rule.pack.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn what_is_no_file_is_no_pack() {
    #[cfg(unix)]
    assert!(library().load("/dev/zero").map(|_| ()).is_err_and(|error| error.to_string().contains("it is no file")));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("folder.toml");
    std::fs::create_dir(&path).expect("a folder");
    assert!(library().load(&path.display().to_string()).is_err());
}
