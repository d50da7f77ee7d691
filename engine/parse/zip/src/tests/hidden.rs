//! Entries that one reader sees and another does not.

use crate::testing::{Archive, deflated, stored, walked};
use crate::{Code, Limits, RegionKind, Seen, Value, open};

fn content(bytes: &[u8], view: crate::View) -> Vec<u8> {
    let mut decoder = open(bytes, view, &Limits::default()).unwrap();
    let (mut out, mut buf) = (Vec::new(), [0; 7]);
    while let Ok(n @ 1..) = decoder.read(&mut buf) {
        out.extend(&buf[..n]);
    }
    out
}

/// A truncated archive is read through its local headers, whether or not they know their sizes.
#[test]
fn truncated_archives() {
    let long = b"alpha alpha alpha alpha".repeat(20);
    for (signed, wide) in [(true, false), (true, true), (false, false), (false, true)] {
        let members = [deflated("a", &long).streamed(signed, wide), stored("b", &long).streamed(signed, wide), stored("c", b"gamma")];
        let whole = Archive::of(members).bytes();
        let directory = walked(&whole).summary.directories[0].offset as usize;
        let cut = walked(&whole[..directory]);
        assert_eq!(cut.names(), ["a", "b", "c"], "{signed} {wide}");
        assert_eq!(cut.codes(), [Code::EndRecordMissing].into());
        assert_eq!(cut.length_of(RegionKind::Unclaimed), 0);
        assert_eq!(cut.summary.local_only, 3);
        for entry in &cut.entries[..2] {
            assert_eq!(entry.seen(), Seen::Local);
            assert_eq!(content(&whole[..directory], entry.views().remove(0)), long);
        }
    }
}

/// A last entry whose descriptor, without a signature, ends with the input.
#[test]
fn truncated_right_after_a_descriptor() {
    for wide in [false, true] {
        let whole = Archive::of([stored("a", b"alpha").streamed(false, wide)]).bytes();
        let cut = walked(&whole[..31 + 5 + if wide { 20 } else { 12 }]);
        assert_eq!((cut.codes(), cut.length_of(RegionKind::Payload)), ([Code::EndRecordMissing].into(), 5));
    }
}

/// The limit for searching does not stop the walk along a chain of headers.
#[test]
fn a_chain_needs_no_search() {
    let whole = Archive::of((0..9).map(|i| stored(&format!("{i}"), &[7; 1000]))).bytes();
    let limits = Limits { max_gap_search: 1, ..Limits::default() };
    let cut = crate::testing::walked_with(&whole[..9 * 1031], &limits);
    assert_eq!(cut.entries.len(), 9);
}

#[test]
fn every_prefix_of_an_archive_is_walked() {
    let whole = Archive::of([deflated("a", b"alpha").streamed(true, false), stored("b", b"beta")]).with(|a| a.zip64 = true).bytes();
    for end in 0..whole.len() {
        let cut = walked(&whole[..end]);
        assert_eq!(cut.entries.is_empty(), end < 30, "{end}");
        assert!(!cut.issues.is_empty() || end == 0);
    }
}

/// The directory and an end record of a second archive follow the first: Python sees the second, a stream reader the first.
#[test]
fn concatenated_archives() {
    let first = Archive::of([stored("evil.pkl", b"evil")]).bytes();
    let second = Archive::of([stored("good.pkl", b"good and long")]).bytes();
    let both = walked(&[first.clone(), second].concat());
    assert_eq!(both.names(), ["good.pkl", "evil.pkl"]);
    assert_eq!(both.codes(), [Code::SeveralEndRecords].into());
    assert_eq!(both.length_of(RegionKind::Unclaimed), 0);
    // The declared offset of the second may lead to the directory of the first: Go takes that one, Python the other.
    let same = Archive::of([stored("good.pkl", b"good")]).bytes();
    let both_reached = walked(&[first, same].concat());
    assert_eq!(both_reached.names(), ["evil.pkl", "good.pkl"]);
    assert_eq!(both_reached.codes(), [Code::SeveralEndRecords, Code::SeveralDirectories].into());
    // The same with so much data between them that the first end record is outside the tail.
    let first = Archive::of([stored("evil.pkl", b"evil")]).bytes();
    let second = Archive::of([stored("good.pkl", &[1; 0x20000])]).bytes();
    let both = walked(&[first, second].concat());
    assert_eq!(both.names(), ["good.pkl", "evil.pkl"]);
    assert_eq!(both.entries[1].seen(), Seen::Both);
    assert_eq!(both.codes(), [Code::SeveralEndRecords].into());
}

/// An end record in the comment of another: the last one is Python's, the one whose comment ends with the input is Java's.
#[test]
fn end_record_in_the_comment() {
    let fake = Archive::of([stored("good.pkl", b"good")]).bytes();
    let archive = Archive::of([stored("evil.pkl", b"evil")]).with(|a| a.comment = [fake, b"!".to_vec()].concat());
    let found = walked(&archive.bytes());
    let mut names = found.names();
    names.sort();
    assert_eq!(names, ["evil.pkl", "good.pkl"]);
    assert!(found.codes().contains(&Code::SeveralEndRecords));
}

/// A stored archive inside an archive is an entry, and neither its end record nor its headers are an issue.
#[test]
fn nested_archives_are_data() {
    let inner = Archive::of([stored("a", b"alpha")]).bytes();
    assert_eq!(walked(&Archive::of([stored("inner.zip", &inner)]).bytes()).issues, []);
}

/// Where headers disagree, each reading is a view of its own.
#[test]
fn views_of_disagreeing_headers() {
    let long = b"payload ".repeat(30);
    let member = deflated("a", &long).with(|m| (m.central.method, m.central.size, m.central.crc) = (0, 3, 7));
    let bytes = Archive::of([member]).bytes();
    let views = walked(&bytes).entries[0].views();
    assert_eq!(views.iter().map(|view| (view.source, view.method)).collect::<Vec<_>>(), [(Seen::Central, 0), (Seen::Local, 8)]);
    assert_eq!(content(&bytes, views[1].clone()), long);
    // A streamed member whose central header lies about the method.
    let member = deflated("a", &long).streamed(true, false).with(|m| m.central.method = 0);
    let bytes = Archive::of([member]).bytes();
    let views = walked(&bytes).entries[0].views();
    assert_eq!(content(&bytes, views[1].clone()), long);
}

/// No local header where the directory points: the data are still reached, where a reader that does not check would look.
#[test]
fn bad_local_signature_still_leads_to_the_data() {
    let archive = Archive::of([stored("x", b"first").with(|m| m.signature = *b"XXXX"), stored("data.pkl", b"second")]);
    let bytes = archive.bytes();
    let found = walked(&bytes);
    assert_eq!(found.names(), ["x", "data.pkl"]);
    assert_eq!(found.entries[0].seen(), Seen::Central);
    assert_eq!(content(&bytes, found.entries[0].views().remove(0)), b"first");
    let issue = found.issues.iter().find(|issue| issue.code == Code::LocalHeaderMissing).unwrap();
    assert_eq!((&issue.found, issue.entry), (&Value::Bytes(b"XXXX".to_vec()), Some(0)));
}

/// A hidden entry behind junk, and one whose size reaches over the next.
#[test]
fn hidden_behind_junk() {
    let hidden = |name| stored(name, b"hidden").with(|m| m.in_directory = false);
    let archive = Archive::of([
        stored("a", b"alpha").with(|m| m.after = b"junk PK\x03\x04 junk".to_vec()),
        hidden("one").with(|m| m.local.compressed = 0xFFFF),
        hidden("two"),
        stored("b", b"beta"),
    ]);
    let found = walked(&archive.bytes());
    assert_eq!(found.names()[..2], ["a", "b"]);
    assert!(["one", "two"].iter().all(|name| found.names().iter().any(|n| n == name)), "{:?}", found.names());
    assert!(found.codes().contains(&Code::OverlappingEntries));
}

/// The directory read as readers do that count back from the end record and know no zip64: its first header leads nowhere, the second one to what the second
/// member holds.
#[test]
fn members_behind_a_first_header_of_76_bytes() {
    let hidden = Archive::of([stored("hidden.pkl", b"\x80\x02}q\0.")]).bytes();
    let second = "n".repeat(46);
    let archive = Archive::of([stored("team_embedding_webcam/data.pkl", b"\x80\x02}q\0."), stored(&second, &hidden)]);
    let walked = walked(&archive.with(|a| a.zip64 = true).bytes());
    assert!(walked.summary.directories.len() > 1, "{:?}", walked.issues);
    assert!(walked.issues.iter().any(|issue| issue.code == Code::SeveralDirectories), "{:?}", walked.issues);
}
