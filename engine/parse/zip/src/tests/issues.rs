//! One archive per code, and exactly the codes that it must give.

use std::collections::BTreeSet;

use crate::testing::{Archive, Member, deflated, stored, walked, walked_with};
use crate::{Code, Limits};

fn one(change: impl FnOnce(&mut Member)) -> Archive {
    Archive::of([stored("a", b"alpha").with(change)])
}

fn named(name: &[u8]) -> Archive {
    Archive::of([stored("", b"x").both(|header| header.name = name.to_vec())])
}

fn pair() -> Archive {
    Archive::of([stored("a", b"alpha"), deflated("b", b"beta beta beta beta")])
}

/// Length of one central header of a one-letter name.
const CENTRAL: u32 = 47;

fn cases() -> Vec<(&'static str, Archive, Vec<Code>)> {
    use Code::*;
    let zip64 = |values: &[u64]| {
        let content: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        [&[1, 0, content.len() as u8, 0], content.as_slice()].concat()
    };
    vec![
        ("nothing wrong", pair(), vec![]),
        ("no end", pair().with(|a| a.no_end = true), vec![EndRecordMissing, DirectoryOrphan]),
        ("second end record in the comment", pair().with(|a| a.comment = Archive::of([]).bytes()), vec![SeveralEndRecords]),
        ("comment cut", pair().with(|a| a.comment_length = Some(9)), vec![EndCommentTruncated]),
        (
            "offset and size of the directory wrong",
            pair().with(|a| (a.offset, a.size) = (Some(7), Some(13))),
            vec![DirectoryMissing, DirectoryOrphan, HiddenEntry],
        ),
        // The declared offset gives two entries, as Go reads it; the size gives the second alone, as Python does.
        (
            "two directories",
            pair().with(|a| (a.size, a.entries) = (Some(CENTRAL), Some(2))),
            vec![SeveralDirectories, DirectorySizeMismatch, DirectoryCountMismatch],
        ),
        ("count too low", pair().with(|a| a.entries = Some(1)), vec![DirectoryCountMismatch]),
        ("count too high", pair().with(|a| a.entries = Some(3)), vec![DirectoryCountMismatch]),
        ("size too high", pair().with(|a| a.size = Some(2 * CENTRAL + 5)), vec![DirectorySizeMismatch]),
        ("disk of the archive", pair().with(|a| a.disk = 1), vec![MultiDisk]),
        ("disk of an entry", one(|m| m.disk = 2), vec![MultiDisk]),
        ("disks of the locator", pair().with(|a| (a.zip64, a.locator_disks) = (true, Some(2))), vec![MultiDisk]),
        ("locator astray", pair().with(|a| (a.zip64, a.locator_offset) = (true, Some(3))), vec![Zip64LocatorMismatch]),
        ("zip64 count differs", pair().with(|a| (a.zip64, a.zip64_entries) = (true, Some(9))), vec![Zip64EndMismatch, DirectoryCountMismatch]),
        ("zip64 value missing", one(|m| m.central.size = u32::MAX), vec![Zip64ExtraMissing, LocalSizeMismatch, RatioDeclared]),
        ("zip64 unasked for", one(|m| m.central.extra = zip64(&[1, 2])), vec![Zip64ExtraMismatch]),
        ("zip64 needless and right", one(|m| m.central.extra = zip64(&[5, 5])), vec![]),
        ("extra overrun", one(|m| m.central.extra = vec![1, 0, 200, 0, 0]), vec![ExtraMalformed]),
        ("bad local signature", one(|m| m.signature = *b"PK\x03\x05"), vec![LocalHeaderMissing, PrefixData]),
        (
            "one offset without the shift",
            pair().with(|a| {
                a.prefix = b"#!/bin/sh\n".to_vec();
                a.members[1].offset = Some(10 + 36);
            }),
            vec![LocalHeaderShifted, PrefixData],
        ),
        ("name differs", one(|m| m.local.name = b"b".to_vec()), vec![LocalNameMismatch]),
        ("flags differ", one(|m| m.local.flags = 1), vec![LocalFlagsMismatch, EncryptedFlag]),
        ("method differs", one(|m| m.local.method = 8), vec![LocalMethodMismatch]),
        ("crc differs", one(|m| m.local.crc = 1), vec![LocalCrcMismatch]),
        ("size differs", one(|m| m.local.size = 6), vec![LocalSizeMismatch]),
        ("compressed size differs", one(|m| m.local.compressed = 6), vec![LocalCompressedSizeMismatch]),
        ("descriptor differs", Archive::of([deflated("a", b"alpha").streamed(true, false).with(|m| m.after[4] ^= 1)]), vec![DescriptorMismatch]),
        ("descriptor missing", Archive::of([deflated("a", b"alpha").streamed(true, false).with(|m| m.after.clear())]), vec![DescriptorMissing]),
        ("hidden", Archive::of([stored("a", b"alpha"), stored("b", b"beta").with(|m| m.in_directory = false)]), vec![HiddenEntry]),
        ("hidden in an empty archive", one(|m| m.in_directory = false), vec![HiddenEntry]),
        ("duplicate", Archive::of([stored("a", b"alpha"), stored("a", b"beta")]), vec![DuplicateName]),
        ("collision by case", Archive::of([stored("a", b"alpha"), stored("A", b"beta")]), vec![NameCollision]),
        ("collision by dot", Archive::of([stored("a/b", b"alpha"), stored("a/./b", b"beta")]), vec![NameCollision]),
        ("collision by NUL", Archive::of([stored("a", b"alpha"), stored("a\0.txt", b"beta")]), vec![NameCollision, NameNul]),
        ("unicode path", one(|m| m.central.extra = [&[0x75, 0x70, 6, 0, 1, 0, 0, 0, 0], &b"b"[..]].concat()), vec![UnicodePathMismatch]),
        ("one local header twice", Archive::of([stored("a", b"alpha"), stored("a", b"").with(|m| m.offset = Some(0))]), {
            vec![OverlappingEntries, DuplicateName, LocalSizeMismatch, LocalCompressedSizeMismatch, LocalCrcMismatch, HiddenEntry]
        }),
        (
            "data past the end",
            Archive::of([stored("a", b"alpha").both(|h| (h.compressed, h.size) = (9999, 9999))]),
            vec![DataTruncated, OverlappingEntries],
        ),
        ("prefix, offsets not corrected", pair().with(|a| a.prefix = b"MZ".to_vec()), vec![PrefixData]),
        ("prefix, offsets corrected", pair().with(|a| (a.prefix, a.absolute) = (b"MZ".to_vec(), true)), vec![PrefixData]),
        ("suffix", pair().with(|a| a.suffix = b"more".to_vec()), vec![SuffixData]),
        ("gap before the directory", pair().with(|a| (a.gap, a.size) = (b"something".to_vec(), None)), vec![GapData]),
        ("encrypted", Archive::of([stored("a", b"alpha").both(|h| h.flags = 1)]), vec![EncryptedFlag]),
        ("strongly encrypted", Archive::of([stored("a", b"alpha").both(|h| h.flags = 0x40)]), vec![StrongEncryptionFlag]),
        ("patched", Archive::of([stored("a", b"alpha").both(|h| h.flags = 0x20)]), vec![PatchedDataFlag]),
        ("masked", Archive::of([stored("a", b"alpha").both(|h| h.flags = 0x2000)]), vec![MaskedHeaderFlag]),
        ("method 99", Archive::of([stored("a", b"alpha").both(|h| h.method = 99)]), vec![MethodUnknown]),
        ("version", Archive::of([stored("a", b"alpha").both(|h| h.version = 255)]), vec![VersionUnsupported]),
        ("traversal", named(b"../a"), vec![NameTraversal]),
        ("absolute", named(b"/a"), vec![NameAbsolute]),
        ("drive", named(b"c:a"), vec![NameDrive]),
        ("backslash", named(b"a\\b"), vec![NameBackslash]),
        ("NUL", named(b"a\0b"), vec![NameNul]),
        ("control", named(b"a\x1Bb"), vec![NameControl]),
        ("not UTF-8", named(b"\xFF"), vec![NameNotUtf8]),
        ("empty name", named(b""), vec![NameEmpty]),
        ("symlink", one(|m| (m.made_by, m.external) = (0x314, 0o120777 << 16)), vec![Symlink]),
        ("device", one(|m| (m.made_by, m.external) = (0x314, 0o020666 << 16)), vec![SpecialFile]),
        ("not made on Unix", one(|m| m.external = 0o120777 << 16), vec![]),
        ("directory with data", named(b"a/"), vec![DirectoryWithData]),
        ("ratio", Archive::of([deflated("a", b"x").both(|h| h.size = 1 << 30)]), vec![RatioDeclared]),
    ]
}

#[test]
fn each_gives_its_codes_and_no_other() {
    for (what, archive, codes) in cases() {
        assert_eq!(walked(&archive.bytes()).codes(), BTreeSet::from_iter(codes), "{what}");
    }
}

#[test]
fn an_input_that_ends_inside_a_header() {
    let whole = pair().bytes();
    let directory = walked(&whole).summary.directories[0].offset as usize;
    let cut = walked(&whole[..directory - 5]);
    assert_eq!(cut.names(), ["a", "b"]);
    assert!(cut.codes().contains(&Code::EndRecordMissing));
    assert!(walked(&whole[..36 + 30]).codes().contains(&Code::LocalHeaderTruncated));
    // The end record is put before the directory, which the end of the input then cuts.
    let moved = [&whole[..directory], &whole[whole.len() - 22..], &whole[directory..whole.len() - 30]].concat();
    let mut moved = moved;
    moved[directory + 16..directory + 20].copy_from_slice(&(directory as u32 + 22).to_le_bytes());
    assert!(walked(&moved).codes().contains(&Code::DirectoryTruncated));
}

/// Python reads the last entry of a directory although its comment reaches past the end of everything.
#[test]
fn a_last_header_with_a_lying_comment_length() {
    let mut bytes = pair().bytes();
    let header = bytes.len() - 22 - CENTRAL as usize;
    bytes[header + 32..header + 34].fill(0xFF);
    let found = walked(&bytes);
    assert_eq!((found.names(), found.summary.local_only), (vec!["a".to_string(), "b".to_string()], 0));
    assert!(found.codes().contains(&Code::DirectoryTruncated));
}

#[test]
fn a_locator_without_a_record() {
    let mut bytes = pair().with(|a| a.zip64 = true).bytes();
    let record = bytes.len() - 22 - 20 - 56;
    bytes[record] = b'X';
    assert_eq!(walked(&bytes).codes(), BTreeSet::from([Code::Zip64RecordMissing, Code::GapData]));
}

#[test]
fn limits_are_told() {
    let many = Archive::of((0..9).map(|i| stored(&format!("{i}"), b"x"))).bytes();
    let few = walked_with(many.as_slice(), &Limits { max_entries: 4, ..Limits::default() });
    assert_eq!(few.entries.len(), 4);
    assert!(few.codes().contains(&Code::LimitEntries) && !few.summary.is_complete());

    let ends: Vec<u8> = std::iter::repeat_n(Archive::of([]).bytes(), 9).flatten().collect();
    let few = walked_with(ends.as_slice(), &Limits { max_end_records: 4, ..Limits::default() });
    assert_eq!(few.summary.end_records.len(), 4);
    assert!(few.codes().contains(&Code::LimitEndRecords));

    let few = walked_with(vec![1u8; 1 << 20], &Limits { max_gap_search: 1000, ..Limits::default() });
    assert!(few.codes().contains(&Code::LimitGapSearch));

    let few = walked_with(many.as_slice(), &Limits { max_issues_per_code: 0, ..Limits::default() });
    assert!(few.issues.is_empty());
}

#[test]
fn every_code_of_a_walk_is_in_a_test() {
    let of_decoding = [Code::DataCrcMismatch, Code::DataSizeMismatch, Code::DataAfterStream, Code::EncryptedFlagFalse];
    let elsewhere = [
        Code::LocalHeaderTruncated,
        Code::DirectoryTruncated,
        Code::Zip64RecordMissing,
        Code::LimitEntries,
        Code::LimitEndRecords,
        Code::LimitGapSearch,
    ];
    let mut tested: BTreeSet<Code> = cases().into_iter().flat_map(|case| case.2).collect();
    tested.extend(of_decoding.into_iter().chain(elsewhere));
    assert_eq!(tested, Code::ALL.iter().copied().collect());
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
}
