//! What is learned from models that somebody trusts.

use super::support::*;
use crate::fact::{Fact, Value};
use crate::rules::learn::{BLOCKLISTS, Course, Teacher, profile};
use crate::rules::library::Entry;
use crate::rules::pack::Mode;

fn made(module: &str, name: &str) -> Fact {
    with(call_of(module, name, &[], &[]), "opcode", Value::text("NEWOBJ"))
}

fn course(files: &[(&str, Vec<Fact>)]) -> Course {
    let teacher = Teacher::new(&library()).unwrap_or_else(|error| panic!("{error}"));
    Course::of(files.iter().map(|(path, facts)| ((*path).to_owned(), teacher.lesson(&file(facts.clone()), path))).collect())
}

#[test]
fn the_learned_pack_admits_what_was_seen_and_no_more() {
    let good = vec![global("our_lib.models", "Net"), made("our_lib.models", "Net"), global("our_lib.fn", "relu")];
    let course = course(&[("b.pkl", good.clone()), ("a.pkl", vec![global("our_lib.models", "Net"), call("our_lib.io", "restore")])]);
    let seen: Vec<_> =
        course.learned.iter().map(|entry| (entry.module.as_str(), entry.name.as_str(), entry.calls, entry.seen_in.join(" "))).collect();
    assert_eq!(
        seen,
        [
            ("our_lib.fn", "relu", "none", "b.pkl".to_owned()),
            ("our_lib.io", "restore", "any", "a.pkl".into()),
            ("our_lib.models", "Net", "new", "a.pkl b.pkl".into())
        ]
    );
    let pack = course.pack("learned");
    assert_eq!(judge_text(&pack, good).len(), 0);
    // Neither more names, nor more than was done with them.
    for other in [call("our_lib.models", "Net"), call("our_lib.fn", "relu"), global("our_lib.models", "Other"), global("our_lib", "models.Other")] {
        assert_eq!(judge_text(&pack, [other.clone()]).len(), 1, "{other:?}");
    }
}

#[test]
fn what_is_dangerous_is_left_for_a_person() {
    let course = course(&[
        ("good.pkl", vec![global("our_lib", "Net")]),
        ("evil.pkl", vec![call("posix", "system"), global("our_lib", "Net")]),
        ("odd.pkl", vec![fact("global", &[("module", "x"), ("name", "y"), ("resolved", "partial")])]),
    ]);
    assert_eq!(course.learned.len(), 1);
    let undecided: Vec<_> = course.undecided.iter().map(|name| (name.module.as_str(), name.name.as_str(), name.seen_in.join(" "))).collect();
    assert_eq!(undecided, [("posix", "system", "evil.pkl".to_owned()), ("x", "y", "odd.pkl".into())]);
    let pack = course.pack("learned");
    assert!(pack.contains("#   posix.system: Runs an operating system command (os-command, critical), in evil.pkl"), "{pack}");
    assert!(!judge_text(&pack, [call("posix", "system")]).is_empty());
}

#[test]
fn classes_of_configurations_are_learned_and_asked_for() {
    let layer = |module: &str, class: &str| fact("layer", &[("framework", "keras"), ("module", module), ("class", class)]);
    let good = vec![layer("our_lib.layers", "Attention"), global("our_lib.fn", "relu")];
    let course = course(&[("good.keras", good.clone()), ("evil.yaml", vec![layer("os", "system")])]);
    let undecided: Vec<_> = course.undecided.iter().map(|name| (name.module.as_str(), name.name.as_str())).collect();
    assert_eq!(undecided, [("os", "system")]);
    let pack = course.pack("learned");
    assert_eq!(judge_text(&pack, good).len(), 0);
    // What a configuration names is made or called: to be importable is not enough. What names no module is no import.
    for (other, findings) in [
        (layer("os", "system"), 1),
        (layer("our_lib.fn", "relu"), 1),
        (layer("our_lib.layers", "Other"), 1),
        (fact("layer", &[("framework", "keras"), ("class", "Dense")]), 0),
    ] {
        assert_eq!(judge_text(&pack, [other.clone()]).len(), findings, "{other:?}");
    }
    // A pack that does not say that it speaks of them leaves them alone.
    assert_eq!(judge_text(&pack.replace("layers = true\n", ""), [layer("os", "system")]).len(), 0);
}

#[test]
fn the_profile_that_is_offered_has_all_that_the_default_denies_by() {
    let Ok(Entry::Profile(default)) = library().load("default") else { panic!("the default profile") };
    let denying: Vec<&str> = default.packs.iter().filter(|pack| pack.mode == Mode::Blocklist).map(|pack| pack.id.as_str()).collect();
    assert_eq!(denying, BLOCKLISTS);
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    write("ours.toml", &course(&[("a.pkl", vec![global("our_lib", "Net")])]).pack("ours"));
    let set = library().rule_set(&[write("ours-profile.toml", &profile("ours"))]).unwrap_or_else(|error| panic!("{error}"));
    let layer = fact("layer", &[("framework", "acme"), ("module", "our_lib"), ("class", "Other")]);
    let found = set.judge(&file([call("os", "system"), global("our_lib", "Net"), layer]), "");
    assert_eq!(ids(&found), ["os-command", "not-listed"]);
}

#[test]
fn what_an_allowlist_cannot_speak_of_is_told_with_its_files() {
    let course = course(&[("b.bin", vec![fact("binary", &[("type", "elf")])]), ("a.bin", vec![fact("binary", &[("type", "elf")])])]);
    assert!(course.other.iter().any(|(_, paths)| *paths == ["a.bin", "b.bin"]), "{:?}", course.other);
}

#[test]
fn what_is_harmless_with_some_arguments_is_learned_with_them() {
    let getattr =
        |name: &str| with(call_of("builtins", "getattr", &["m.C", &format!("'{name}'")], &["m.C"]), "folded", Value::text(format!("m.C.{name}")));
    let course = course(&[("a.pkl", vec![getattr("forward")])]);
    assert!(course.learned.iter().any(|entry| entry.name == "getattr" && entry.when.is_some()));
    let pack = course.pack("learned");
    assert_eq!(judge_text(&pack, [getattr("forward")]).len(), 0);
    assert_eq!(judge_text(&pack, [getattr("__globals__")]).len(), 1);
}

#[test]
fn names_of_any_kind_are_written_so_that_they_are_read_back() {
    let odd = "a\"b\\c\n\u{202e}\u{1f600}é'";
    let course = course(&[("x\u{1b}[31m\n.pkl", vec![global(odd, odd)])]);
    let pack = course.pack("learned");
    assert!(!pack.contains('\u{202e}') && !pack.contains('\u{1b}'));
    assert_eq!(judge_text(&pack, [global(odd, odd)]).len(), 0);
}
