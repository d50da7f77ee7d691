use crate::recorder::*;
use weighbridge_parse_pickle::{End, Limits, opcodes};

fn result(bytes: &[u8]) -> String {
    let seen = see(bytes);
    assert_eq!(seen.ends.first().map(|e| e.0), Some(End::Stop), "{seen:#?}");
    seen.results[0].clone()
}

#[test]
fn there_are_68() {
    assert_eq!(opcodes::OPCODES.len(), 68);
    assert_eq!(opcodes::name(0x93), "STACK_GLOBAL");
    assert!(opcodes::lookup(0).is_none());
}

#[test]
fn constants() {
    for (bytes, text) in [
        (&b"N."[..], "None"),
        (b"I42\n.", "42"),
        (b"I01\n.", "True"),
        (b"I00\n.", "False"),
        (b"L-7L\n.", "-7"),
        (b"F1.5\n.", "1.5"),
        (b"S'a\\x41b'\n.", "'aAb'"),
        (b"S\"q\"\n.", "'q'"),
        (b"V\\u00e9\\U0001f600\n.", "'\u{e9}\u{1f600}'"),
        (b"K\xff.", "255"),
        (b"M\xff\xff.", "65535"),
        (b"J\xff\xff\xff\xff.", "-1"),
        (b"T\x02\0\0\0ab.", "'ab'"),
        (b"U\x02ab.", "'ab'"),
        (b"X\x02\0\0\0ab.", "'ab'"),
        (b"G\x3f\xf8\0\0\0\0\0\0.", "1.5"),
        (b"\x80\x02\x88.", "True"),
        (b"\x80\x02\x89.", "False"),
        (b"\x80\x02\x8a\x00.", "0"),
        (b"\x80\x02\x8a\x01\xff.", "-1"),
        (b"\x80\x02\x8b\x02\0\0\0\0\x01.", "256"),
        (b"\x80\x03C\x02a\xff.", "b'a\\xff'"),
        (b"\x80\x03B\x01\0\0\0a.", "b'a'"),
        (b"\x80\x04\x8c\x01a.", "'a'"),
        (b"\x80\x04\x8d\x01\0\0\0\0\0\0\0a.", "'a'"),
        (b"\x80\x04\x8e\x01\0\0\0\0\0\0\0a.", "b'a'"),
        (b"\x80\x05\x96\x01\0\0\0\0\0\0\0a.", "bytearray(b'a')"),
        (b"\x80\x05\x97\x98.", "<buffer>"),
    ] {
        assert_eq!(result(bytes), text, "{}", bytes.escape_ascii());
        assert_eq!(see(bytes).anomalies, [""; 0], "{}", bytes.escape_ascii());
    }
}

#[test]
fn containers() {
    for (bytes, text) in [
        (&b")."[..], "()"),
        (b"].", "[]"),
        (b"}.", "{}"),
        (b"(K\x01K\x02t.", "(1, 2)"),
        (b"(K\x01l.", "[1]"),
        (b"(K\x01K\x02d.", "{1: 2}"),
        (b"\x80\x02K\x01\x85.", "(1,)"),
        (b"\x80\x02K\x01K\x02\x86.", "(1, 2)"),
        (b"\x80\x02K\x01K\x02K\x03\x87.", "(1, 2, 3)"),
        (b"]K\x01a.", "[1]"),
        (b"](K\x01K\x02e.", "[1, 2]"),
        (b"}K\x01K\x02s.", "{1: 2}"),
        (b"}(K\x01K\x02K\x03K\x04u.", "{1: 2, 3: 4}"),
        (b"\x80\x04\x8f(K\x01\x90.", "{1}"),
        (b"\x80\x04(K\x01\x91.", "frozenset({1})"),
        (b"K\x01K\x020.", "1"),
        (b"K\x01(K\x02K\x031.", "1"),
        (b"K\x012\x86.", "(1, 1)"),
        (b"]q\0h\0a.", "[[...]]"),
    ] {
        let text_seen = result(bytes);
        if text == "[[...]]" {
            assert!(text_seen.starts_with("[[[") && text_seen.len() < 200, "{text_seen}");
        } else {
            assert_eq!(text_seen, text, "{}", bytes.escape_ascii());
        }
    }
}

#[test]
fn memo_of_every_form() {
    assert_eq!(result(b"K\x01p0\n0g0\n."), "1");
    assert_eq!(result(b"K\x01q\x000h\0."), "1");
    assert_eq!(result(b"K\x01r\0\0\0\x000j\0\0\0\0."), "1");
    assert_eq!(result(b"\x80\x04K\x01\x94K\x02\x9400h\x01."), "2");
    let far = see(b"K\x01r\xff\xff\xff\xff0j\xff\xff\xff\xff.");
    assert_eq!(far.results, ["1"]);
    assert_eq!(far.anomalies, ["memo-sparse"]);
}

#[test]
fn every_kind_of_call() {
    has(&see(b"cos\nsystem\n(S'echo hi'\ntR.").calls, "os.system('echo hi')");
    has(&see(b"(S'echo hi'\nios\nsystem\n.").calls, "os.system('echo hi')");
    has(&see(b"(cos\nsystem\nS'echo hi'\no.").calls, "os.system('echo hi')");
    has(&see(&p(&[&g("a", "B"), b"K\x01\x85\x81"])).calls, "a.B(1)");
    has(&see(&p(&[&g("a", "B"), b"K\x01\x85}K\x02K\x03s\x92"])).calls, "a.B(1, **{2: 3})");
    has(&see(&p(&[&g("a", "B"), b")R)R"])).calls, "a.B()()");
    has(&see(b"cos\nsystem\n]R.").calls, "os.system()");
    has(&see(b"cos\nsystem\nNR.").calls, "os.system(*None)");
}

#[test]
fn a_popped_call_is_told() {
    let seen = see(b"(cos\nsystem\nS'echo hi'\no0N.");
    has(&seen.calls, "os.system('echo hi')");
    assert_eq!(seen.results, ["None"]);
}

#[test]
fn persistent_ids() {
    let seen = see(b"\x80\x02(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x0ctQ.");
    assert_eq!(seen.persistent, ["('storage', torch.FloatStorage, '0', 'cpu', 12)"]);
    assert_eq!(see(b"Pabc\n.").persistent, ["'abc'"]);
}

#[test]
fn items_on_objects() {
    let base = [&g("a", "B")[..], b")R"].concat();
    for op in [&b"K\x01a"[..], b"(K\x01K\x02e", b"K\x01K\x02s", b"(K\x01K\x02u", b"(K\x01\x90"] {
        let seen = see(&p(&[&base, op]));
        assert_eq!(seen.items.len(), 1, "{seen:#?}");
        assert!(seen.items[0].starts_with("Object a.B()"));
        assert!(seen.anomalies.contains(&"items-on-object"));
    }
}

#[test]
fn repeats_are_short() {
    let mut bytes = b"](".to_vec();
    for _ in 0..1000 {
        bytes.extend(b"ca\nB\n(S'x'\ntR");
    }
    bytes.extend(b"e.");
    let seen = see(&bytes);
    assert_eq!(seen.calls, ["a.B('x')"]);
    assert_eq!(seen.globals, ["a.B"]);
    assert_eq!(seen.again.len(), 1998);
}

#[test]
fn arguments_are_omitted_after_many_variants() {
    let mut bytes = b"ca\nB\np0\n0".to_vec();
    for i in 0..3000 {
        bytes.extend(format!("g0\n(I{i}\ntR0").into_bytes());
    }
    bytes.extend(b"N.");
    let limits = Limits { variants: 100, ..Limits::default() };
    let seen = see_in(bytes.as_slice(), &limits);
    assert_eq!(seen.calls.len(), 101);
    assert_eq!(seen.calls.last().unwrap(), "a.B(...)");
}

#[test]
fn many_encodings_of_text_are_one() {
    let mut bytes = b"c_codecs\nencode\np0\n0".to_vec();
    for i in 0..3000 {
        bytes.extend(format!("g0\n(Vx{i}\nVlatin1\ntR0").into_bytes());
    }
    let limits = Limits { variants: 100, ..Limits::default() };
    let told = |bytes: &[u8]| see_in(bytes, &limits).calls;
    let honest = told(&[&bytes[..], b"N."].concat());
    assert_eq!(honest.len(), 101);
    assert!(honest.iter().all(|call| !call.contains("...")), "{:?}", honest.last());
    // Another codec among them is told, as one of too many.
    let other = told(&[&bytes[..], b"g0\n(Vabc\nVrot13\ntR0N."].concat());
    assert_eq!((other.len(), other.last().unwrap().as_str()), (102, "_codecs.encode(...)"));
}

#[test]
fn constants_are_told_with_their_place() {
    let seen = see(b"\x80\x03C\x10aaaaaaaaaaaaaaaa0X\x02\0\0\0ab0S'bbbbbbbbbbbbbbbbbb'\n.");
    assert_eq!(seen.constants, [(2, 4, 16), (29, 30, 20)]);
}

#[test]
fn build_forms() {
    let base = [&g("a", "B")[..], b")\x81"].concat();
    assert_eq!(see(&p(&[&base, b"}", &s("k"), b"K\x01sb"])).states, ["Object a.B() <- {'k': 1}"]);
    assert_eq!(see(&p(&[&base, b"N}", &s("k"), b"K\x01s\x86b"])).states, ["Object a.B() <- None + {'k': 1}"]);
    assert_eq!(see(&p(&[&g("a", "b"), b"}b"])).states, ["Global a.b <- {}"]);
}
