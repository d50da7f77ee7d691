use std::time::Instant;

use crate::recorder::*;
use weighbridge_parse_pickle::Limits;

#[test]
fn billion_laughs() {
    let mut bytes = b"\x80\x02".to_vec();
    bytes.extend(b"]q\x00(X\x03\0\0\0lolX\x03\0\0\0lole");
    for i in 1..200u8 {
        bytes.extend([b']', b'q', i, b'(']);
        for _ in 0..10 {
            bytes.extend([b'h', i - 1]);
        }
        bytes.push(b'e');
    }
    bytes.extend(b"ca\nf\nh\xc7\x85R.");
    let seen = see(&bytes);
    assert_eq!(seen.calls.len(), 1);
    assert!(seen.calls[0].len() < 1000, "{}", seen.calls[0].len());
}

#[test]
fn depth() {
    for (open, close) in [(&b"("[..], &b"t"[..]), (b"]", b"a"), (b"", b"\x85"), (b"}K\x01", b"s")] {
        let mut bytes = b"\x80\x02".to_vec();
        for _ in 0..200_000 {
            bytes.extend(open);
        }
        bytes.push(b'N');
        for _ in 0..200_000 {
            bytes.extend(close);
        }
        bytes.extend(b"0ca\nf\nh\0\x85R.");
        see(&bytes);
    }
}

#[test]
fn lengths_that_lie() {
    for head in [&b"\x8e"[..], b"\x8d", b"\x96", b"\x95"] {
        for n in [1u64 << 63, u64::MAX, u64::MAX - 8, 1 << 40] {
            let seen = see(&[b"\x80\x05N", head, &n.to_le_bytes(), b"ab."].concat());
            assert!(!seen.anomalies.is_empty());
        }
    }
    for head in [b"B", b"X", b"T", b"\x8b"] {
        let seen = see(&[b"\x80\x05N", &head[..], &u32::MAX.to_le_bytes(), b"ab."].concat());
        assert!(seen.anomalies.contains(&"truncated"));
    }
}

#[test]
fn the_stack_forgets_its_oldest_half() {
    let limits = Limits { stack: 1000, ..Limits::default() };
    let mut bytes = vec![b'N'; 5000];
    bytes.extend(b"cos\nsystem\n(S'echo'\ntR.");
    let seen = see_in(bytes.as_slice(), &limits);
    has(&seen.calls, "os.system('echo')");
    assert!(seen.anomalies.contains(&"limit-stack"));
    see_in([b'('; 5000].as_slice(), &limits);
}

#[test]
fn evicted_containers_are_unknown_not_wrong() {
    let limits = Limits { containers: 16, slots: 64, ..Limits::default() };
    let mut bytes = b"\x80\x04".to_vec();
    bytes.extend([&g("builtins", "str.join")[..], &s(""), b"(", &s("sys"), &s("tem"), b"lq\x00"].concat());
    for _ in 0..100 {
        bytes.extend(b"](NNNe0");
    }
    bytes.extend(b"\x86Rq\x010");
    bytes.extend([&s("os")[..], b"h\x01\x93)R."].concat());
    let seen = see_in(bytes.as_slice(), &limits);
    assert!(seen.anomalies.contains(&"global-unresolved"), "{seen:#?}");
}

#[test]
fn caps_on_names_and_expressions_are_told() {
    let limits = Limits { names: 100, exprs: 100, events: 300, ..Limits::default() };
    let mut bytes = Vec::new();
    for i in 0..1000 {
        bytes.extend(format!("cm{i}\nn\n)R0").into_bytes());
    }
    bytes.extend(b"cos\nsystem\n(S'echo'\ntR.");
    let seen = see_in(bytes.as_slice(), &limits);
    assert!(seen.anomalies.contains(&"limit-names"));
    has(&seen.globals, "os.system");
}

/// Small files that ask for much: each opcode pair repeated over a quarter of a megabyte.
#[test]
fn no_input_is_slow() {
    let mut heavy = b"\x80\x04".to_vec();
    heavy.extend(g("builtins", "getattr"));
    heavy.extend(b"q\x00]q\x01(");
    for i in 0..4000u32 {
        heavy.extend(b"J");
        heavy.extend(i.to_le_bytes());
    }
    heavy.extend(b"e}q\x02(");
    for i in 0..1000u32 {
        heavy.extend(format!("X\x04\0\0\0{i:04}N").into_bytes());
    }
    heavy.extend(b"u\x8c\x01xq\x03000");
    let unit: &[&[u8]] = &[
        b"h\x00h\x01R0",
        b"h\x00h\x02h\x03\x86R0",
        b"h\x01h\x01\x930",
        b"h\x00h\x02b0",
        b"cbuiltins\nstr.join\nh\x03h\x01\x86R0",
        b"coperator\ngetitem\nh\x02h\x03\x86R0",
        b"\x80\x02\x80\x02",
        b"\x80\x02cc\nc\n(((",
        b"cc\ncc\nc",
        b"h\x00h\x02s",
        b"(i\ni\n",
    ];
    for piece in unit {
        for tail in [&b"."[..], b"\xff"] {
            let mut bytes = heavy.clone();
            while bytes.len() < 1 << 18 {
                bytes.extend(*piece);
            }
            bytes.extend(tail);
            let start = Instant::now();
            see(&bytes);
            // A debug build is some thirty times slower than a release build.
            let seconds = start.elapsed().as_secs();
            assert!(seconds < 20, "{}: {seconds} s", piece.escape_ascii());
        }
    }
}
