//! Depth, counts and lengths that lie, cycles, and what is no code.

use crate::SAMPLES;
use weighbridge_parse_marshal::{Layout, Node, Probe, Problem, begins_code, limits, probe, read, read_best};

fn problem(bytes: &[u8]) -> Option<Problem> {
    read(bytes, 0, Layout::Py311).expect("read").issue.map(|issue| issue.problem)
}

#[test]
fn depth_ends_where_cpythons_does() {
    let nested = |depth: usize| [b")\x01".repeat(depth), b"N".to_vec()].concat();
    assert_eq!(problem(&nested(limits::DEPTH - 1)), None);
    assert_eq!(problem(&nested(limits::DEPTH + 1)), Some(Problem::Depth));
    assert_eq!(problem(&nested(200_000)), Some(Problem::Depth));
    assert_eq!(problem(&b"{".repeat(200_000)), Some(Problem::Depth));
    assert_eq!(problem(&b"c".repeat(200_000)), Some(Problem::Depth));
}

#[test]
fn counts_and_lengths_are_not_believed() {
    for bytes in [&b"(\xff\xff\xff\x7f"[..], b"s\xff\xff\xff\x7fabc", b"l\xff\xff\xff\x7f", b"[\x00\x00\x00\x70N", b"z\xffab", b"", b"i\x00"] {
        assert_eq!(problem(bytes), Some(Problem::Truncated), "{bytes:?}");
    }
    for bytes in [&b"(\xff\xff\xff\xff"[..], b"s\x00\x00\x00\x80", b"l\x00\x00\x00\x80", b"r\x00\x00\x00\x00", b"\xff", b")\x010", b"?"] {
        assert_eq!(problem(bytes), Some(Problem::Invalid), "{bytes:?}");
    }
    let many = [b"[\xff\xff\xff\x7f".to_vec(), b"N".repeat(limits::NODES + 10)].concat();
    assert_eq!(problem(&many), Some(Problem::Size));
}

#[test]
fn cycles_and_shared_values_render_within_bounds() {
    // A list that holds itself.
    let cyclic = read(&b"\xdb\x02\x00\x00\x00r\x00\x00\x00\x00i\x07\x00\x00\x00"[..], 0, Layout::Py311).expect("read");
    assert_eq!(cyclic.issue, None);
    assert!(cyclic.render(cyclic.root()).expect("text").len() < 1_000);
    // Each tuple holds the one before ten times.
    let mut bytes = vec![b')' | 0x80, 60];
    bytes.extend(b"\xa9\x0aNNNNNNNNNN");
    for at in 1..60u32 {
        bytes.extend(b"\xa9\x0a");
        (0..10).for_each(|_| bytes.extend([&b"r"[..], &at.to_le_bytes()].concat()));
    }
    let shared = read(&bytes, 0, Layout::Py311).expect("read");
    assert_eq!(shared.issue, None);
    assert!(shared.render(shared.root()).expect("text").len() < 2_000);
}

#[test]
fn scalars_render_as_python_writes_them() {
    for (bytes, text) in [
        (&b"N"[..], "None"),
        (b"i\xff\xff\xff\xff", "-1"),
        (b"I\x00\x00\x00\x00\x01\x00\x00\x00", "4294967296"),
        (b"l\xfe\xff\xff\xff\x01\x00\x01\x00", "-32769"),
        (b"l\x00\x00\x00\x00", "0"),
        (b"g\x00\x00\x00\x00\x00\x00\xf8\x3f", "1.5"),
        (b"f\x031.5", "1.5"),
        (b"s\x02\x00\x00\x00a'", "b'a\\''"),
        (b"z\x02a\xe9", "'aé'"),
        (b"u\x02\x00\x00\x00\xc3\xa9", "'é'"),
        (b":i\x01\x00\x00\x00NN", "slice(1, None, None)"),
        (b"{i\x01\x00\x00\x00T0", "{1: True}"),
        (b"}i\x01\x00\x00\x00T0", "frozendict({1: True})"),
        (b">\x01\x00\x00\x00F", "frozenset({False})"),
        (b")\x01.", "(Ellipsis,)"),
    ] {
        let object = read(bytes, 0, Layout::Py311).expect("read");
        assert_eq!((object.issue.clone(), object.end), (None, bytes.len() as u64), "{text}");
        assert_eq!(object.render(object.root()).expect("text"), text);
    }
}

#[test]
fn python_2_has_its_own_references() {
    let bytes = b"(\x02\x00\x00\x00t\x02\x00\x00\x00osR\x00\x00\x00\x00";
    let object = read(&bytes[..], 0, Layout::Py27).expect("read");
    assert_eq!(object.render(object.root()).expect("text"), "('os', 'os')");
    assert_eq!(problem(bytes), Some(Problem::Invalid));
}

#[test]
fn truncated_code_gives_what_came_before() {
    for (version, bytes) in SAMPLES {
        for cut in 0..bytes.len() {
            let object = read(&bytes[..cut], 0, version.layout()).expect("read");
            let issue = object.issue.as_ref().expect("an issue");
            assert!(issue.at <= cut as u64, "{version:?} at {cut}");
        }
        let half = read_best(&bytes[..bytes.len() / 2], 0).expect("read");
        assert!(matches!(half.node(half.root()), Node::Code(_)), "{version:?}");
        assert!(half.codes().count() > 1 && half.layout == version.layout(), "{version:?}");
        assert!(probe(&bytes[..bytes.len() / 2], 0).expect("probe") >= Probe::Likely, "{version:?}");
    }
}

#[test]
fn text_and_noise_are_no_code() {
    let mut noise = Vec::new();
    let mut state = 0x2545_f491_4f6c_dd1du64;
    for _ in 0..1 << 16 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.push(state as u8);
    }
    for at in 0..noise.len() - 64 {
        let end = (at + 4096).min(noise.len());
        assert_eq!(probe(&noise[at..end], 0), Ok(Probe::No));
        for first in [b'c', 0xe3, b'(', 0xa9, b'[', b'{'] {
            let mut bytes = noise[at..(at + 256).min(end)].to_vec();
            bytes[0] = first;
            assert_eq!(probe(&bytes[..], 0), Ok(Probe::No));
        }
    }
    for text in [
        "cos\nsystem\n(S'echo weighbridge'\ntR.",
        "class Net(Module):\n    pass\n",
        "{\"a\": 1}",
        "[1, 2, 3]",
        "(NNNNNNNNNNNNNNNN)",
        "config = {}\n",
        "c",
    ] {
        assert_eq!(probe(text.as_bytes(), 0), Ok(Probe::No), "{text}");
    }
    for filler in [0, 1, b'c', b's', b'N', 0xff] {
        let mut bytes = vec![filler; 4096];
        bytes[0] = b'c';
        assert_eq!(probe(&bytes, 0), Ok(Probe::No));
        assert!(filler == b's' || !begins_code(&bytes));
    }
}

#[test]
fn code_in_a_container_is_found() {
    for (version, bytes) in SAMPLES {
        let wrapped = [&b"(\x01\x00\x00\x00"[..], bytes].concat();
        let best = probe(&wrapped, 0).expect("probe");
        assert_eq!(best, Probe::Certain, "{version:?}");
    }
}
