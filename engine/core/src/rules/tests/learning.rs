//! What is learned from models that somebody trusts.

use super::support::*;
use crate::fact::{Fact, Value};
use crate::rules::learn::{Course, Teacher};

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
