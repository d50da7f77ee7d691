//! What honest writers make gives no issue.

use crate::testing::{Archive, deflated, stored, walked};
use crate::{Code, Limits, RegionKind, Seen, open_entry};

/// Written by testdata/make.py with Python's zipfile.
const PYTHON: &[(&str, &[u8], bool)] = &[
    ("seeked", include_bytes!("../../testdata/seeked.zip"), false),
    ("seeked-zip64", include_bytes!("../../testdata/seeked-zip64.zip"), false),
    ("streamed", include_bytes!("../../testdata/streamed.zip"), false),
    ("streamed-zip64", include_bytes!("../../testdata/streamed-zip64.zip"), false),
    ("comment", include_bytes!("../../testdata/comment.zip"), false),
    ("empty", include_bytes!("../../testdata/empty.zip"), false),
    ("nested", include_bytes!("../../testdata/nested.zip"), false),
    ("prefixed-known", include_bytes!("../../testdata/prefixed-known.zip"), true),
    ("prefixed-unknown", include_bytes!("../../testdata/prefixed-unknown.zip"), true),
];

#[test]
fn python_zipfile() {
    for (what, bytes, prefixed) in PYTHON {
        let walked = walked(bytes);
        let expected = if *prefixed { vec![Code::PrefixData] } else { vec![] };
        assert_eq!(walked.codes().into_iter().collect::<Vec<_>>(), expected, "{what}");
        assert_eq!(walked.length_of(RegionKind::Unclaimed), if *prefixed { 17 } else { 0 }, "{what}");
        for entry in &walked.entries {
            assert_eq!((entry.seen(), entry.views().len()), (Seen::Both, 1), "{what}");
            let mut decoder = open_entry(bytes, entry, &Limits::default()).unwrap();
            let mut buf = [0; 100];
            while decoder.read(&mut buf).unwrap() != 0 {}
            let outcome = decoder.finish();
            assert!(outcome.complete && outcome.issues.is_empty(), "{what}: {outcome:?}");
        }
    }
}

/// `torch.save`: flag 3 and 11, local header of zeros, padding `FB` in the local extra area alone, descriptors, and
/// always zip64 end records whose values are in the 32-bit record too.
#[test]
fn pytorch_writer() {
    let record = |name: &str, data: &[u8], pad: usize| {
        stored(name, data).streamed(true, false).both(|h| h.flags |= 0x800).with(|m| {
            m.local.extra = [&b"FB"[..], &(pad as u16).to_le_bytes(), &vec![b'Z'; pad]].concat();
        })
    };
    let archive = Archive::of([
        record("archive/data.pkl", b"\x80\x02}q\0.", 14),
        record("archive/byteorder", b"little", 35),
        record("archive/data/0", &[0; 64], 57),
        record("archive/version", b"3\n", 3),
    ]);
    let walked = walked(&archive.with(|a| a.zip64 = true).bytes());
    assert!(walked.issues.is_empty(), "{:?}", walked.issues);
    assert_eq!(walked.summary.directories.len(), 1);
    assert!(walked.entries.iter().all(|entry| entry.descriptor.is_some() && entry.views().len() == 1));
}

/// The first central header as long as the zip64 records: 46 bytes and a name of 30.
#[test]
fn pytorch_writer_with_a_first_header_of_76_bytes() {
    let archive = Archive::of([stored("team_embedding_webcam/data.pkl", b"\x80\x02}q\0."), stored("team_embedding_webcam/version", b"3\n")]);
    let walked = walked(&archive.with(|a| a.zip64 = true).bytes());
    assert!(walked.issues.is_empty(), "{:?}", walked.issues);
    assert_eq!((walked.summary.directories.len(), walked.entries.len()), (1, 2));
}

#[test]
fn descriptors_of_all_forms() {
    for (signed, wide) in [(true, false), (true, true), (false, false), (false, true)] {
        let members = [deflated("a", b"alpha alpha alpha").streamed(signed, wide), stored("b", b"beta").streamed(signed, wide)];
        let walked = walked(&Archive::of(members).bytes());
        assert!(walked.issues.is_empty(), "{signed} {wide}: {:?}", walked.issues);
        assert_eq!(walked.length_of(RegionKind::Unclaimed), 0);
    }
}

#[test]
fn android_tools() {
    // zipalign: zeros that are no field in the local extra area; apksigner: a block before the directory.
    let aligned = stored("res/a", b"alpha").with(|m| m.local.extra = vec![0; 3]);
    let size = (24u64 + 12).to_le_bytes();
    let block = [&size[..], &[7; 12], &size, b"APK Sig Block 42"].concat();
    let archive = Archive::of([aligned, deflated("b", b"beta")]).with(|a| a.gap = block);
    assert_eq!(walked(&archive.bytes()).issues, []);
    // Alignment by zeros between entries.
    let padded = Archive::of([stored("a", b"alpha").with(|m| m.after = vec![0; 100]), stored("b", b"beta")]);
    let walked = walked(&padded.bytes());
    assert_eq!((walked.codes().len(), walked.length_of(RegionKind::Padding)), (0, 100));
}

#[test]
fn split_marker_of_a_single_segment() {
    let archive = Archive::of([stored("a", b"alpha")]).with(|a| (a.prefix, a.absolute) = (b"PK00".to_vec(), true));
    assert_eq!(walked(&archive.bytes()).issues, []);
}
