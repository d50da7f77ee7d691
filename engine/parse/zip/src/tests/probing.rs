//! Identification from the first and last bytes.

use crate::testing::{Archive, stored};
use crate::{Evidence, Probe, probe};

fn probed(bytes: &[u8]) -> Option<Probe> {
    probe(&bytes[..bytes.len().min(8)], bytes, bytes.len() as u64)
}

#[test]
fn finds_where_the_archive_begins() {
    let plain = Archive::of([stored("a", b"alpha")]);
    let prefixed = plain.clone().with(|a| a.prefix = b"\x80\x02pickle".to_vec());
    let is = |begins, evidence| Some(Probe { begins, evidence });
    assert_eq!(probed(&plain.bytes()), is(0, Evidence::Directory));
    assert_eq!(probed(&plain.bytes()[..30]), is(0, Evidence::Head));
    assert_eq!(probed(&prefixed.bytes()), is(8, Evidence::Directory));
    assert_eq!(probed(&prefixed.with(|a| a.absolute = true).bytes()), is(0, Evidence::Directory));
    assert_eq!(probed(&Archive::of([]).bytes()), is(0, Evidence::Head));
    assert_eq!(probed(b"\x80\x04."), None);
    assert_eq!(probed(b""), None);
    assert_eq!(probed(b"some text about PK\x05\x06 and 22 bytes more of text"), None);
}

#[test]
fn a_directory_before_the_tail_counts_a_little() {
    let bytes = Archive::of((0..3000).map(|i| stored(&format!("{i}"), b""))).with(|a| a.prefix = vec![0; 9]).bytes();
    let tail = &bytes[bytes.len() - crate::limits::TAIL..];
    assert_eq!(probe(&bytes[..8], tail, bytes.len() as u64), Some(Probe { begins: 9, evidence: Evidence::EndRecord }));
}
