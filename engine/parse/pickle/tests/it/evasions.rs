//! Every way to hide a call from a scanner that is written down for pickle streams. Payloads are harmless.

use crate::recorder::*;
use weighbridge_parse_pickle::{Resolved, Via};

#[track_caller]
fn system(bytes: &[u8]) -> Seen {
    let seen = see(bytes);
    has(&seen.globals, "os.system");
    has(&seen.calls, "os.system('echo')");
    seen
}

const TAIL: &[u8] = b"\x93\x8c\x04echo\x85R";

#[test]
fn memo_indexes_that_scanners_miscount() {
    // MEMOIZE takes the number of entries, whatever PUT did before.
    system(&p(&[&s("os"), b"q\x00", &s("system"), b"q\x01", &s("ab"), b"\x94", &s("cd"), b"\x940000h\0h\x01", TAIL]));
    system(&p(&[&s("os"), b"p2\n", &s("system"), b"p3\n", &s("ab"), b"p0\n", &s("cd"), b"p1\n0000g2\ng3\n", TAIL]));
    let twice = system(&p(&[&s("math"), b"q\x000", &s("os"), b"q\x000h\0", &s("system"), TAIL]));
    assert!(twice.anomalies.contains(&"memo-overwritten"));
}

#[test]
fn decoys_before_stack_global() {
    system(&p(&[&s("os"), &s("zz"), b"0", &s("system"), TAIL]));
    system(&p(&[&s("os"), b"(", &s("a"), &s("b"), b"1", &s("system"), TAIL]));
    system(&p(&[&s("os"), &s("system"), b"20", TAIL]));
    system(&[&s("os")[..], &s("system"), TAIL, b"."].concat());
}

#[test]
fn payload_first_then_garbage() {
    let seen = system(b"cos\nsystem\n(S'echo'\ntR\xff\xff garbage");
    assert!(seen.anomalies.contains(&"invalid-opcode") && !seen.summary.complete);
    let seen = system(b"cos\nsystem\n(S'echo'\ntR");
    assert!(seen.anomalies.contains(&"truncated") && !seen.summary.complete);
    let seen = system(b"cos\nsystem\n(S'echo'\ntRT\xff\xff\xff\x7fab");
    assert!(seen.anomalies.contains(&"truncated"));
}

#[test]
fn an_import_cut_short_is_an_import() {
    let seen = see(b"\x80\x02cos\nsyst");
    assert_eq!(seen.globals, ["os.syst"]);
    assert_eq!(seen.anomalies, ["truncated"]);
}

#[test]
fn line_ends_of_windows_hide_no_name() {
    let seen = system(b"cos\r\nsystem\r\np0\r\n(S'echo'\r\np1\r\ntp2\r\nRp3\r\n.");
    assert!(seen.anomalies.contains(&"line-carriage-return"));
    system(b"(S'echo'\r\nios\r\nsystem\r\n.");
    assert!(!see(b"cos\nsystem\n(S'echo'\ntR.").anomalies.contains(&"line-carriage-return"));
}

#[test]
fn errors_before_and_after_the_payload() {
    for noise in [&b"h\x630"[..], b"g99\n0", b"0000", b"t0", b"R0", b"K\x01K\x02\x930", b"Ixyz\n0", b"Sabc\n0", b"\x80\x040"] {
        let seen = system(&p(&[noise, &s("os"), &s("system"), TAIL]));
        assert!(!seen.anomalies.is_empty(), "{}", noise.escape_ascii());
        system(&p(&[&s("os"), &s("system"), TAIL, b"0", noise]));
    }
}

#[test]
fn operands_that_are_no_text() {
    let seen = system(&p(&[b"C\x02os", &s("system"), TAIL]));
    assert!(seen.anomalies.contains(&"global-operand"));
    system(&p(&[b"\x96\x02\0\0\0\0\0\0\0os", &s("system"), TAIL]));
    system(&p(&[b"U\x02osU\x06system", TAIL]));
    system(&p(&[b"S'os'\nS'system'\n", TAIL]));
    let seen = see(&p(&[b"K\x05", &s("system"), TAIL]));
    assert!(seen.anomalies.contains(&"global-operand"), "{seen:#?}");
}

#[test]
fn unresolved_operands_are_loud() {
    let seen = see(&p(&[&g("a", "f"), b")R", &s("system"), TAIL]));
    assert!(seen.anomalies.contains(&"global-unresolved"));
    let (path, resolved, _) = &seen.vias[1];
    assert_eq!((path.as_str(), *resolved), (".system", Resolved::Partial));
    has(&seen.calls, "find_class(a.f(), 'system')('echo')");
    let seen = see(&p(&[&g("a", "f"), b")R", &g("a", "h"), b")R", TAIL]));
    assert!(seen.vias.iter().any(|v| v.1 == Resolved::Unknown));
}

#[test]
fn escapes_in_protocol_0() {
    system(&p(&[b"V\\u006fs\nV\\u0073ystem\n", TAIL]));
    system(&p(&[b"S'\\x6fs'\nS'\\163ystem'\n", TAIL]));
}

#[test]
fn numbers_that_only_c_reads() {
    let seen = system(b"I0x1\n0cos\nsystem\n(S'echo'\ntR.");
    assert_eq!(seen.anomalies, ["integer-base"]);
    let seen = system(b"L0o17L\n0cos\nsystem\n(S'echo'\ntR.");
    assert_eq!(seen.anomalies, ["integer-base"]);
    assert_eq!(see(b"I010\n.").results, ["8"]);
    let seen = system(b"I1\0zz\n0Np0\0zz\n0g0\0\n0F1\0\n0L1\0L\n0cos\nsystem\n(S'echo'\ntR.");
    assert_eq!(seen.anomalies, ["text-nul"; 5]);
    let seen = system(b"S'\xe9'\n0cos\nsystem\n(S'echo'\ntR.");
    assert_eq!(seen.anomalies, ["string-not-ascii"]);
}

#[test]
fn leftovers_at_stop() {
    let seen = system(b"(Ncos\nsystem\n(S'echo'\ntR.");
    assert_eq!(seen.anomalies, ["mark-left", "stack-left"]);
}

#[test]
fn protocol_lies() {
    let seen = system(&[b"\x80\x02\x80\x04"[..].to_vec(), s("os"), s("system"), TAIL.to_vec(), b".".to_vec()].concat());
    assert!(seen.anomalies.contains(&"protocol-repeated"));
    let seen = system(&[b"N0\x80\x04"[..].to_vec(), s("os"), s("system"), TAIL.to_vec(), b".".to_vec()].concat());
    assert!(seen.anomalies.contains(&"protocol-misplaced"));
    let seen = system(&[b"\x80\xff"[..].to_vec(), s("os"), s("system"), TAIL.to_vec(), b".".to_vec()].concat());
    assert!(seen.anomalies.contains(&"protocol-unknown"));
    let seen = system(&[b"\x80\x02"[..].to_vec(), s("os"), s("system"), TAIL.to_vec(), b".".to_vec()].concat());
    assert_eq!(seen.anomalies, ["protocol-older"]);
    assert_eq!(seen.ends[0].2, Some(2));
}

/// cpython#154848: to `_pickle` the length of the BINBYTES is 1, to pickletools 0x107, and the payload lies in between.
#[test]
fn a_frame_that_is_straddled() {
    let mut bytes = b"\x80\x04\x95\x02\0\0\0\0\0\0\0B\x07\x01\0\0\0x0".to_vec();
    bytes.extend(b"cos\nsystem\n(S'echo'\ntR.");
    bytes.resize(11 + 2 + 3 + 0x107, b'x');
    bytes.extend(b"0N.");
    let seen = see(&bytes);
    assert!(seen.anomalies.contains(&"frame-straddle"), "{seen:#?}");
    has(&seen.calls, "os.system('echo')");
    // And pickletools' own reading.
    assert!(seen.results.contains(&"None".to_owned()), "{seen:#?}");
}

#[test]
fn frames_that_honest_picklers_write_are_quiet() {
    let seen = system(&p(&[b"\x95\x19\0\0\0\0\0\0\0", &s("os"), b"\x94", &s("system"), b"\x94\x93\x94", b"\x8c\x04echo\x85R"]));
    assert_eq!(seen.anomalies, [""; 0]);
    let seen = system(&p(&[b"\x95\xff\xff\xff\0\0\0\0\0", &s("os"), &s("system"), TAIL]));
    assert!(seen.anomalies.contains(&"frame-truncated"));
}

#[test]
fn binstring_length_sign() {
    let seen = see(b"T\0\0\0\x80ab.");
    assert!(seen.anomalies.contains(&"truncated"));
}

#[test]
fn extension_codes() {
    let registered = p(&[&g("copyreg", "add_extension"), &s("os"), &s("system"), b"K\x01\x87R0\x82\x01\x8c\x04echo\x85R"]);
    let seen = system(&registered);
    assert!(seen.vias.contains(&("os.system".into(), Resolved::Exact, Via::Registered)));
    system(&p(&[&g("copy_reg", "add_extension"), &s("os"), &s("system"), b"M\x00\x01\x87R0\x83\x00\x01\x8c\x04echo\x85R"]));
    let registry = p(&[&g("copyreg", "_inverted_registry"), b"K\x07", &s("os"), &s("system"), b"\x86s0\x82\x07\x8c\x04echo\x85R"]);
    system(&registry);
    let seen = see(&p(&[b"\x84\x09\0\0\0)R"]));
    assert!(seen.anomalies.contains(&"extension-unknown"));
    assert_eq!(seen.vias[0].1, Resolved::Unknown);
    assert_eq!(seen.calls.len(), 1);
}

#[test]
fn names_of_python_2() {
    let name = |module: &str, name: &str| see(&p(&[&g(module, name), b")R"])).globals[0].clone();
    assert_eq!(name("__builtin__", "eval"), "builtins.eval");
    assert_eq!(name("__builtin__", "reduce"), "functools.reduce");
    assert_eq!(name("__builtin__", "reload"), "builtins.reload");
    assert_eq!(name("commands", "getoutput"), "subprocess.getoutput");
    assert_eq!(name("cPickle", "loads"), "pickle.loads");
    assert_eq!(name("urllib", "urlopen"), "urllib.request.urlopen");
    assert_eq!(name("copy_reg", "_reconstructor"), "copyreg._reconstructor");
    assert_eq!(name("builtins", "eval.__call__"), "builtins.eval");
}

#[test]
fn attribute_paths_through_modules() {
    let seen = see(&p(&[&g("random", "_os.system"), b")R"]));
    assert_eq!(seen.globals, ["random._os.system"]);
}

#[test]
fn attributes_written_on_a_function() {
    // modelscan#85
    let seen = system(&p(&[
        &g("numpy", "prod"),
        b"N}",
        &s("a"),
        &s("os"),
        b"s",
        &s("b"),
        &s("system"),
        b"s\x86b0",
        &g("numpy", "prod.a"),
        b"p0\n0",
        &g("numpy", "prod.b"),
        b"p1\n0g0\ng1\n",
        TAIL,
    ]));
    assert_eq!(seen.states, ["Global numpy.prod <- None + {'a': 'os', 'b': 'system'}"]);
    assert!(seen.vias.iter().any(|v| v.2 == Via::AttributeWrite));
    // modelscan#89
    let eval = see(&p(&[&g("builtins", "dict.get"), &g("numpy", "__builtins__"), &s("eval"), b"\x86R", &s("1"), b"\x85R"]));
    has(&eval.globals, "builtins.eval");
    has(&eval.calls, "builtins.eval('1')");
    system(&p(&[&g("numpy", "prod"), &g("numpy.core._internal", "sys.modules"), b"b0", &g("numpy", "prod.os.system"), b"\x8c\x04echo\x85R"]));
    // modelscan#330
    let size = see(&p(&[
        &g("numpy", "size"),
        b"}",
        &s("shape"),
        &g("numpy", "__builtins__"),
        b"sb0",
        &g("numpy", "size"),
        &g("numpy", "size"),
        &s("eval"),
        b"\x86R",
        &s("1"),
        b"\x85R",
    ]));
    has(&size.calls, "builtins.eval('1')");
}

#[test]
fn setstate_injection() {
    let base = [&g("a", "B")[..], b")\x81"].concat();
    let seen = see(&p(&[&base, b"}", &s("__setstate__"), &g("os", "system"), b"sb", &s("echo"), b"b"]));
    has(&seen.calls, "os.system('echo')");
}

#[test]
fn setstate_injection_on_the_class() {
    let class = [&g("a", "B")[..], b"N}", &s("__setstate__"), &g("os", "system"), b"s\x86b0"].concat();
    let seen = see(&p(&[&class, &g("a", "B"), b")R", &s("echo"), b"b"]));
    has(&seen.calls, "os.system('echo')");
}

#[test]
fn builtins_of_an_unknown_function() {
    let seen = see(&p(&[
        &g("operator", "getitem"),
        &g("builtins", "getattr"),
        &g("a", "f"),
        b")R",
        &s("__builtins__"),
        b"\x86R",
        &s("eval"),
        b"\x86R",
        &s("1"),
        b"\x85R",
    ]));
    has(&seen.calls, "builtins.eval('1')");
}

#[test]
fn partials_of_partials() {
    let mut bytes = b"\x80\x04cfunctools\npartial\nq\x000cos\nsystem\nq\x010".to_vec();
    for _ in 0..5000 {
        bytes.extend(b"h\x00h\x01\x85Rq\x010");
    }
    bytes.extend([b"h\x01", &s("echo")[..], b"\x85R."].concat());
    has(&see(&bytes).calls, "os.system('echo')");
}

#[test]
fn writes_by_setattr() {
    let setattr = |f: &[u8]| system(&p(&[f, &g("a", "b"), &s("x"), &g("os", "system"), b"\x87R0", &g("a", "b.x"), b"\x8c\x04echo\x85R"]));
    let seen = setattr(&g("builtins", "setattr"));
    assert_eq!(seen.states, ["Global a.b <- {'x': os.system}"]);
    setattr(&g("builtins", "object.__setattr__"));
    // A bound __setattr__ of a module, as modelscan#338 has it.
    let seen = see(&p(&[
        &g("builtins", "__setattr__"),
        &s("subclasses"),
        &g("builtins", "print.__class__.__base__.__subclasses__"),
        b")R\x86R0",
        &g("builtins", "subclasses.__getitem__"),
        b"Kd\x85R",
    ]));
    has(&seen.calls, "builtins.print.__class__.__base__.__subclasses__()");
    has(&seen.calls, "builtins.print.__class__.__base__.__subclasses__().__getitem__(100)");
    assert_eq!(seen.states.len(), 1);
    // sys.modules, written to.
    system(&p(&[
        &g("sys", "modules"),
        &s("zz"),
        &g("os", "__dict__"),
        b"s0",
        &g("sys", "modules"),
        &s("q"),
        &g("os", "path"),
        b"s0",
        &s("os"),
        &s("system"),
        TAIL,
    ]));
}

#[test]
fn stacked_pickles_and_junk_between_them() {
    let payload = b"\x80\x02cos\nsystem\nX\x04\0\0\0echo\x85R.";
    let seen = see(&[b"\x80\x02N.", &payload[..]].concat());
    has(&seen.calls, "os.system('echo')");
    assert_eq!(seen.summary.pickles, 2);
    assert!(seen.summary.complete);
    let junk = vec![0u8; 5000];
    let seen = see(&[b"\x80\x02N.", &junk[..], payload, &junk, b"cos\nsystem\n(S'echo'\ntR."].concat());
    assert_eq!(seen.summary.pickles, 3);
    assert_eq!(seen.gaps, [(4, 5000), (4 + 5000 + payload.len() as u64, 5000)]);
    assert!(!seen.summary.complete);
}

#[test]
fn junk_that_swallows() {
    // The junk's length field reaches over the payload; the search begins anew where the reading first went wrong.
    let seen =
        see(b"\x80\x02N.\xff\xffh\x05B\x40\0\0\0\0\0\0\x80\x02cos\nsystem\nX\x04\0\0\0echo\x85R.0000000000000000000000000000000000000000000\xff");
    has(&seen.calls, "os.system('echo')");
}
