//! Input that was made to hurt: bounded work, no reader that fails, and never "clean" for what could not be read.

use crate::support::{facts, fixtures, judge, program, stderr, stdout};
use std::io::Write;
use weighbridge_core::report::{Severity, Verdict};
use weighbridge_core::scan::Mode;

/// A small generator of numbers: the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

#[test]
fn mutated_fixtures_never_make_a_reader_fail() {
    let mut numbers = Numbers(0x5eed);
    for (format, path) in fixtures() {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        // A bomb costs its limits each time; the others are enough.
        if name.contains("bomb") {
            continue;
        }
        for round in 0..6 {
            let mut bytes = bytes.clone();
            if bytes.is_empty() {
                continue;
            }
            match round % 3 {
                0 => bytes.truncate(numbers.below(bytes.len())),
                1 => {
                    for _ in 0..=numbers.below(8) {
                        let at = numbers.below(bytes.len());
                        bytes[at] ^= 1 << numbers.below(8);
                    }
                }
                _ => {
                    let at = numbers.below(bytes.len());
                    let value = [0x00, 0xff, 0x7f, 0x80][numbers.below(4)];
                    let end = (at + 8).min(bytes.len());
                    bytes[at..end].fill(value);
                }
            }
            let mode = if round == 5 { Mode::Thorough } else { Mode::Quick };
            let facts = facts(name, &bytes, mode);
            assert!(facts.done, "{format}/{name}, round {round}: not done");
            assert!(facts.errors.is_empty(), "{format}/{name}, round {round}: {:?}", facts.errors);
            for fact in &facts.facts {
                for place in &fact.places {
                    let input = &facts.inputs[place.input.0 as usize];
                    assert!(place.offset + place.length <= input.size, "{format}/{name}: {fact:?} lies outside {input:?}");
                }
            }
        }
    }
}

#[test]
fn a_payload_is_seen_wherever_the_file_is_cut_behind_it() {
    let mut bytes = b"cos\nsystem\n(S'echo weighbridge'\ntR".to_vec();
    bytes.extend_from_slice(&[b'N'; 64]);
    for end in 34..bytes.len() {
        let (_, report) = judge("model.pkl", &bytes[..end]);
        assert_eq!(report.verdict, Verdict::Malicious, "cut at {end}");
    }
}

#[test]
fn nesting_200_000_deep_is_read_and_judged() {
    for open in [&b"("[..], b"](", b"}(K\x00"] {
        let mut bytes = b"\x80\x04".to_vec();
        for _ in 0..200_000 {
            bytes.extend_from_slice(open);
        }
        bytes.extend_from_slice(b"cos\nsystem\n(S'echo weighbridge'\ntR.");
        let (_, report) = judge("deep.pkl", &bytes);
        assert!(report.findings.iter().any(|finding| finding.severity == Severity::Critical), "{:?}", report.verdict);
    }
}

#[test]
fn numbers_that_lie_cost_nothing() {
    for bytes in [
        &b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc"[..],
        b"\x80\x04B\xff\xff\xff\xffabc.",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xffN.",
        b"\x80\x04N\x8a\xff\x01r\xff\xff\xff\xff.",
        b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0",
        b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffx",
        b"\x93NUMPY\x02\0\xff\xff\xff\xff{'descr': '<f8'}",
        b"\x93NUMPY\x01\0\x46\0{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999,)}\n",
    ] {
        let (_, report) = judge("model.pt", bytes);
        assert_ne!(report.verdict, Verdict::Clean, "{}", bytes.escape_ascii());
    }
}

#[test]
fn an_empty_file_with_a_models_name_is_not_clean() {
    let (_, report) = judge("model.pkl", b"");
    assert_eq!((report.verdict, report.complete), (Verdict::Incomplete, false));
}

#[test]
fn a_name_cannot_speak_to_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let name = "evil\u{1b}[31m\u{202e}\nname.pkl";
    std::fs::write(folder.path().join(name), b"cos\nsystem\n(S'\x1b]0;owned\x07'\ntR.").unwrap();
    for format in ["console", "json"] {
        let output = program().args(["scan", "--format", format]).arg(folder.path()).output().unwrap();
        let text = stdout(&output) + &stderr(&output);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && !text.contains('\u{7}'), "{text:?}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf8_keeps_its_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"bad\xff.pkl");
    std::fs::write(folder.path().join(name), b"N.").unwrap();
    let output = program().args(["scan", "--format", "json"]).arg(folder.path()).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["files"][0]["path_bytes"], "626164ff2e706b6c");
}

#[test]
fn one_broken_file_does_not_hide_another() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::File::create(folder.path().join(name)).unwrap().write_all(bytes).unwrap();
    write("a.pkl", b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f");
    write("b.npy", b"\x93NUMPY\x01\0");
    write("c.pt", b"PK\x03\x04");
    write("z.pkl", b"cos\nsystem\n(S'echo weighbridge'\ntR.");
    let output = program().arg("scan").arg(folder.path()).arg(folder.path().join("absent")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "findings win over errors: {}", stdout(&output));
    assert!(stdout(&output).contains("z.pkl"));
    std::fs::remove_file(folder.path().join("z.pkl")).unwrap();
    assert_eq!(program().arg("scan").arg(folder.path()).output().unwrap().status.code(), Some(2));
}

#[test]
fn a_test_file_of_virus_scanners_is_found_beside_a_pickle() {
    // Written here, in two halves: a scanner would delete a fixture, or this file.
    let eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat();
    let mut bytes = b"cbuiltins\nexec\n(S'print(\"weighbridge\")'\ntR.".to_vec();
    bytes.extend_from_slice(eicar.as_bytes());
    let (_, report) = judge("model.pkl", &bytes);
    assert_eq!(report.verdict, Verdict::Malicious);
}

#[test]
fn archives_nested_fifty_deep_are_bounded_and_never_clean() {
    use std::io::Cursor;
    let mut inner = b"cos\nsystem\n(S'echo weighbridge'\ntR.".to_vec();
    let mut verdicts = Vec::new();
    for depth in 1..=50 {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file(format!("{depth}.zip"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&inner).unwrap();
        inner = archive.finish().unwrap().into_inner();
        let (_, report) = judge("nested.zip", &inner);
        verdicts.push(report.verdict);
        assert_ne!(report.verdict, Verdict::Clean, "{depth} deep");
    }
    assert_eq!((verdicts[9], verdicts[49]), (Verdict::Malicious, Verdict::Incomplete));
}

#[test]
fn an_archive_that_contains_itself_ends_and_is_not_clean() {
    let bytes = std::fs::read(crate::support::root("fixtures/compressed/suspicious-quine.gz")).unwrap();
    for mode in [Mode::Quick, Mode::Thorough] {
        let facts = facts("model.gz", &bytes, mode);
        assert!(facts.done && facts.inputs.len() < 100, "{} inputs", facts.inputs.len());
        assert!(facts.facts.iter().any(|fact| fact.text("code") == Some("contains-itself")));
    }
    let (_, report) = judge("model.gz", &bytes);
    assert_eq!((report.verdict, report.complete), (Verdict::Suspicious, true));
}

#[test]
fn a_constant_across_the_end_of_a_frame_hides_nothing_behind_padding() {
    // CPython's C unpickler before 3.14.7 and 3.13.15 read the constant's bytes from behind the frame when its buffer of 128 KiB ran out in the frame, so that what
    // other readers take for data was run. Whatever of the two a loader does, the call is seen.
    let call = b"cos\nsystem\n(S'echo weighbridge'\ntR.";
    for padding in [0, 4 << 10, 64 << 10, 128 << 10, (128 << 10) + 7, 1 << 20] {
        for frame in [2_u64, 5, 6, 9] {
            let mut bytes = b"\x80\x04".to_vec();
            bytes.extend_from_slice(b"B");
            bytes.extend_from_slice(&u32::try_from(padding).unwrap().to_le_bytes());
            bytes.extend_from_slice(&vec![b'N'; padding]);
            bytes.extend_from_slice(b"0\x95");
            bytes.extend_from_slice(&frame.to_le_bytes());
            bytes.extend_from_slice(b"B");
            let hidden = 0x107_u32;
            bytes.extend_from_slice(&hidden.to_le_bytes());
            let at = bytes.len();
            bytes.extend_from_slice(call);
            bytes.resize(at + hidden as usize, b'N');
            bytes.extend_from_slice(b".");
            let (_, report) = judge("model.pkl", &bytes);
            assert_eq!(report.verdict, Verdict::Malicious, "{padding} bytes of padding, a frame of {frame}");
        }
    }
}
