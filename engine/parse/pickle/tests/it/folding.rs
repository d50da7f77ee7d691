use crate::recorder::*;
use weighbridge_parse_pickle::Via;

#[track_caller]
fn reaches(pieces: &[&[u8]]) -> Seen {
    let seen = see(&p(&[&pieces.concat(), &s("echo"), b"\x85R"]));
    has(&seen.calls, "os.system('echo')");
    seen
}

/// `STACK_GLOBAL` of 'os' and the text that the pieces make.
#[track_caller]
fn spells(pieces: &[&[u8]]) {
    let seen = see(&p(&[&s("os"), &pieces.concat(), b"\x93", &s("echo"), b"\x85R"]));
    has(&seen.calls, "os.system('echo')");
    assert!(seen.vias.iter().any(|v| v.0 == "os.system" && v.2 == Via::Computed), "{seen:#?}");
}

#[test]
fn names_by_other_ways() {
    reaches(&[&g("builtins", "getattr"), &g("builtins", "__import__"), &s("os"), b"\x85R", &s("system"), b"\x86R"]);
    reaches(&[&g("builtins", "getattr"), &g("builtins", "__import__"), &s("os.path"), b"\x85R", &s("system"), b"\x86R"]);
    reaches(&[&g("builtins", "getattr"), &g("importlib", "import_module"), &s("os"), b"\x85R", &s("system"), b"N\x87R"]);
    reaches(&[&g("operator", "attrgetter"), &s("system"), b"\x85R", &g("importlib", "import_module"), &s("os"), b"\x85R\x85R"]);
    reaches(&[&g("pkgutil", "resolve_name"), &s("os:system"), b"\x85R"]);
    reaches(&[&g("pkgutil", "resolve_name"), &s("os.system"), b"\x85R"]);
    reaches(&[&g("pydoc", "locate"), &s("os.system"), b"\x85R"]);
    reaches(&[&g("operator", "getitem"), &g("sys", "modules"), &s("os"), b"\x86R0", &g("os", "system")]);
    reaches(&[&g("builtins", "getattr"), &g("operator", "getitem"), &g("sys", "modules"), &s("os"), b"\x86R", &s("system"), b"\x86R"]);
    reaches(&[&g("builtins", "getattr"), &g("sys", "modules.get"), &s("os"), b"\x85R", &s("system"), b"\x86R"]);
    reaches(&[&g("operator", "getitem"), &g("builtins", "vars"), &g("pydoc", "locate"), &s("os"), b"\x85R\x85R", &s("system"), b"\x86R"]);
    reaches(&[&g("operator", "itemgetter"), &s("system"), b"\x85R", &g("os", "__dict__"), b"\x85R"]);
    reaches(&[&g("builtins", "dict.get"), &g("os", "__dict__"), &s("system"), b"\x86R"]);
    reaches(&[&g("builtins", "object.__getattribute__"), &g("importlib", "import_module"), &s("os"), b"\x85R", &s("system"), b"\x86R"]);
    reaches(&[
        &g("functools", "reduce"),
        &g("builtins", "getattr"),
        b"(",
        &s("path"),
        &s("os"),
        &s("system"),
        b"l",
        &g("os", "x"),
        b"\x87R0",
        &g("os", "system"),
    ]);
    // An item of a list or dict in the stream itself.
    reaches(&[&g("operator", "getitem"), b"}", &s("k"), &g("os", "system"), b"s", &s("k"), b"\x86R"]);
    reaches(&[&g("operator", "getitem"), b"]", &g("os", "system"), b"aK\x00\x86R"]);
}

#[test]
fn calls_by_other_ways() {
    let seen = see(&p(&[&g("operator", "methodcaller"), &s("system"), &s("echo"), b"\x86R", &g("pydoc", "locate"), &s("os"), b"\x85R\x85R"]));
    has(&seen.calls, "os.system('echo')");
    let seen = see(&p(&[&g("functools", "partial"), &g("os", "system"), &s("echo"), b"\x86R)R"]));
    has(&seen.calls, "os.system('echo')");
    let seen = see(&p(&[&g("functools", "partial"), &g("functools", "partial"), &g("os", "system"), b"\x85R\x85R", &s("echo"), b"\x85R"]));
    has(&seen.calls, "os.system('echo')");
}

#[test]
fn texts_by_other_ways() {
    spells(&[&g("builtins", "str.join"), &s(""), b"(", &s("sys"), &s("tem"), b"l\x86R"]);
    spells(&[&g("builtins", "getattr"), &s(""), &s("join"), b"\x86R(", &s("sys"), &s("tem"), b"l\x85R"]);
    spells(&[&g("operator", "add"), &s("sys"), &s("tem"), b"\x86R"]);
    spells(&[&g("_operator", "concat"), &s("sys"), &s("tem"), b"\x86R"]);
    spells(&[&g("builtins", "str.lower"), &s("SYSTEM"), b"\x85R"]);
    spells(&[&g("builtins", "str.format"), &s("{}{1}"), &s("sys"), &s("tem"), b"\x87R"]);
    spells(&[&g("operator", "mod"), &s("%stem"), &s("sys"), b"\x86R"]);
    spells(&[&g("builtins", "str.__mod__"), &s("%s%s"), &s("sys"), &s("tem"), b"\x86\x86R"]);
    spells(&[&g("builtins", "str.replace"), &s("sysXtem"), &s("X"), &s(""), b"\x87R"]);
    spells(&[&g("builtins", "str.strip"), &s("  system "), b"\x85R"]);
    // Bytes that are no text keep their values.
    let replaced = see(&p(&[&g("m", "f"), &g("builtins", "bytes.replace"), b"C\x03\x80X\xff", b"C\x01X", b"C\x01\xfe", b"\x87R\x85R"]));
    has(&replaced.calls, r"m.f(b'\x80\xfe\xff')");
    spells(&[&g("builtins", "bytes.decode"), b"C\x06system\x85R"]);
    spells(&[&g("builtins", "str"), b"C\x06system", &s("ascii"), b"\x86R"]);
    spells(&[&g("_codecs", "decode"), &s("flfgrz"), &s("rot13"), b"\x86R"]);
    spells(&[
        &g("codecs", "decode"),
        b"C\x0c73797374656d",
        &s("hex"),
        b"\x86R0",
        &s("sys"),
        b"0",
        &g("builtins", "str.lower"),
        &s("System"),
        b"\x85R",
    ]);
    spells(&[&g("builtins", "bytes.decode"), &g("codecs", "decode"), b"C\x0c73797374656d", &s("hex"), b"\x86R\x85R"]);
    spells(&[&g("builtins", "bytes.decode"), &g("base64", "b64decode"), &s("c3lzdGVt"), b"\x85R\x85R"]);
    spells(&[&g("builtins", "bytes.decode"), &g("builtins", "bytes.fromhex"), &s("73797374656d"), b"\x85R\x85R"]);
    spells(&[&g("builtins", "str.join"), &s(""), &g("builtins", "reversed"), &s("metsys"), b"\x85R\x86R"]);
    spells(&[&g("builtins", "str.join"), &s(""), &g("builtins", "map"), &g("builtins", "chr"), b"(KsKyKsKtKeKml\x86R\x86R"]);
    spells(&[&g("operator", "getitem"), &s("metsys"), &g("builtins", "slice"), b"NNJ\xff\xff\xff\xff\x87R\x86R"]);
    spells(&[&g("builtins", "bytes.decode"), &g("builtins", "bytes"), b"(KsKyKsKtKeKml\x85R\x85R"]);
}

#[test]
fn harmless_getattr_names_its_target() {
    let seen = see(&p(&[&g("builtins", "getattr"), &g("ultralytics.nn", "Detect"), &s("forward"), b"\x86R"]));
    has(&seen.globals, "ultralytics.nn.Detect.forward");
}

#[test]
fn what_cannot_be_folded_is_a_call() {
    let seen = see(&p(&[&g("builtins", "getattr"), &g("a", "f"), b")R", &s("x"), b"\x86R)R"]));
    has(&seen.calls, "a.f().x()");
    let seen = see(&p(&[&g("zlib", "decompress"), b"C\x01x\x85R)R"]));
    has(&seen.calls, "zlib.decompress(b'x')()");
}

#[test]
fn folding_is_bounded() {
    // reduce of reduce of … of lists that hold themselves.
    let mut bytes = b"\x80\x04".to_vec();
    bytes.extend(g("functools", "reduce"));
    bytes.extend(b"q\x00](h\x00h\x00h\x00h\x00h\x00eq\x01");
    for _ in 0..2000 {
        bytes.extend(b"h\x00h\x00h\x01\x86R0h\x00h\x00h\x01h\x00\x87R0");
    }
    bytes.extend(b"N.");
    see(&bytes);
    // methodcaller('__call__') of methodcaller('__call__') of …
    let mut bytes = b"\x80\x04N".to_vec();
    for _ in 0..2000 {
        bytes.extend(b"q\x000");
        bytes.extend(g("operator", "methodcaller"));
        bytes.extend(b"\x8c\x08__call__h\x00\x86Rq\x01h\x01\x85R");
    }
    bytes.extend(b".");
    see(&bytes);
    // A namespace that is its own.
    let seen = see(&p(&[&g("a", "x"), &g("a", "x.__dict__"), b"b0", &g("a", "x.foo.foo.foo"), b")R"]));
    assert_eq!(seen.calls.len(), 1);
}
