use crate::recorder::*;
use weighbridge_parse_pickle::{Probe, carve, goes_on, open_line, probe};

fn probed(bytes: &[u8]) -> Probe {
    probe(&bytes[..bytes.len().min(4096)], bytes.len() as u64)
}

#[test]
fn pickles_are_found() {
    assert_eq!(probed(b"\x80\x04N."), Probe::Certain);
    assert_eq!(probed(b"\x80\x02cos\nsystem\n(S'echo'\ntR."), Probe::Certain);
    assert!(probed(b"\x80\x02cos\nsystem\n(S'echo'\ntR\xff\xff\xff") >= Probe::Likely);
    assert!(probed(b"cos\nsystem\n(S'echo'\ntR.") >= Probe::Likely);
    assert!(probed(b"cos\nsystem\n(S'echo'\ntR\xff garbage") >= Probe::Likely);
    assert!(probed(b"(S'echo'\nios\nsystem\n.") >= Probe::Likely);
    assert!(probed(b"N.") >= Probe::Possible);
    assert!(probed(b"]q\0.") >= Probe::Possible);
    assert!(probed(b"(dp0\nS'a'\np1\nI1\ns.") >= Probe::Likely);
    // Only a prefix of a long one.
    let mut long = b"(lp0\n".to_vec();
    for i in 0..5000 {
        long.extend(format!("I{i}\na").into_bytes());
    }
    assert!(probed(&long) >= Probe::Likely);
    let mut long = b"\x80\x04\x95\0\0\x10\0\0\0\0\0]\x94(".to_vec();
    long.resize(2 << 20, b'N');
    assert_eq!(probed(&long), Probe::Certain);
}

#[test]
fn texts_are_not() {
    for text in [
        "import os\nos.system('x')\n",
        "class Foo:\n    pass\n",
        "cat\ndog\nbird\nfish\n",
        "{\"a\": 1}\n",
        "[1, 2]\n",
        "1.0,2.0,3.0\n4.0,5.0,6.0\n",
        "This is a text.\nWith lines.\n",
        "import\nis\nit\nin\nif\n",
        "isympy\nsympy\n",
        "I am a text.\n",
        "Version 1.0\nFor all.\n",
        "(c) 2020 Somebody\nAll rights reserved.\n",
        "Python is nice\nN.\n",
        "Name,Value\n1,2\n",
        "\u{feff}Hello\n",
        "}\n",
        ")]}'\n",
        "Kevin.",
        "# comment\n",
        "---\nkey: value\n",
        "from x import y\n",
        "def f():\n    return 1\n",
        "a b c\n",
        "PK\x03\x04",
        "",
        ".",
        "0.5 0.25\n",
        "I1\nI2\nI3\n",
        "GIF89a",
    ] {
        let got = probed(text.as_bytes());
        let words = ["cat\ndog\nbird\nfish\n", "import\nis\nit\nin\nif\n", "isympy\nsympy\n"].contains(&text);
        assert_eq!(got, if words { Probe::Words } else { Probe::No }, "{text:?}");
    }
}

#[test]
fn nested_pickles_are_carved() {
    let inner = p(&[&g("os", "system"), &s("echo"), b"\x85R"]);
    let bytes = [&b"some text before "[..], &inner, b" and after"].concat();
    let found = carve(&bytes, 8);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].offset, found[0].end), (17, Some(17 + inner.len() as u64)));
    assert_eq!(carve(&inner, 8)[0].offset, 0);
    assert_eq!(carve(b"ordinary text, nothing else in it at all.\ncat\ndog\n", 8), []);
}

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// 64 MiB of random bytes, and 64 MiB of normally distributed floats: no pickle is found by luck.
#[test]
fn none_by_luck() {
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(64 << 20);
    while bytes.len() < 64 << 20 {
        bytes.extend(rng.next().to_le_bytes());
    }
    assert_eq!(carve(&bytes, 8), []);
    bytes.clear();
    while bytes.len() < 64 << 20 {
        // The sum of four uniform numbers is near enough to normal.
        let n = rng.next();
        let sum: f32 = (0..4).map(|i| (n >> (16 * i) & 0xffff) as f32 / 65536.0).sum();
        let fine = (rng.next() & 0xffff) as f32 / 65536.0 * 1e-5;
        bytes.extend(((sum - 2.0) * 0.04 + fine).to_le_bytes());
    }
    assert_eq!(carve(&bytes, 8), []);
}

/// What every unpickler passes must not make a pickle unrecognisable.
#[test]
fn noise_before_the_payload_hides_nothing() {
    for noise in [
        &b"I1\0zz\n0"[..],
        b"I0x1\n0",
        b"S'\t\xe9'\n0",
        b"V\x01\n0",
        b"]r\xff\xff\x00\x000",
        b"}}b0",
        b"](u0",
        b"NNb0",
        b"](NeK\x00K\x01s0",
        b"(1",
        b"N(00",
    ] {
        let bytes = [noise, b"cos\nsystem\n(S'echo'\ntR."].concat();
        assert!(probed(&bytes) >= Probe::Likely, "{}", noise.escape_ascii());
        has(&see(&bytes).calls, "os.system('echo')");
    }
    assert!(probed(b"Ncos\nsystem\n(S'id'\ntR.") >= Probe::Likely);
    assert!(probed(b"cos\nsystem\n(S'id'\ntR\0\0\0\0") >= Probe::Likely);
    assert!(probed(b"cbuiltins\ngetattr\nS'os'S'system'\x86R.") >= Probe::Possible);
}

#[test]
fn a_line_that_goes_on_behind_what_is_read() {
    let text = [b"N0S'", [b'a'; 300].as_slice()].concat();
    assert_eq!(open_line(&text, 1 << 20), Some(2));
    // It ends with the input, or with the prefix there is another kind of argument.
    assert_eq!(open_line(&text, text.len() as u64), None);
    assert_eq!(open_line(b"\x80\x04X\xff\xff\0\0abc", 1 << 20), None);
    assert!(goes_on(b"0cos\nsystem\n(S'echo'\ntR.", 24));
    assert!(!goes_on(b"not a word of it\nand then another line\n", 40));
}
