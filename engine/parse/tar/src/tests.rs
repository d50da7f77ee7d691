//! Archives that readers differ on.

use crate::testing::{Block, Heard, end, heard, link, member, pax};
use crate::{Code, Kind, Limits, Seen, probe, walk};

#[test]
fn a_plain_archive_is_covered_whole() {
    let archive = [member("a.txt", b'0', b"hello"), member("dir/", b'5', b""), member("dir/b", b'0', &[7; 600]), end()].concat();
    let heard = heard(&archive);
    assert_eq!(heard.names(), ["a.txt", "dir/", "dir/b"]);
    assert_eq!(heard.codes(), []);
    assert_eq!(heard.entries[0].data, 512..517);
    assert_eq!(heard.regions.iter().map(|r| r.length).sum::<u64>(), archive.len() as u64);
    assert!(probe(&archive).is_some_and(|probe| probe.begins == 0));
}

#[test]
fn long_names_of_both_kinds() {
    let long = "d/".repeat(80) + "name";
    let archive =
        [member("././@LongLink", b'L', long.as_bytes()), member("d/d", b'0', b"1"), pax(b'x', &[("path", "pax")]), member("pa", b'0', b"2"), end()];
    let heard = heard(&archive.concat());
    assert_eq!(heard.names(), [long.as_str(), "pax"]);
    assert_eq!(heard.codes(), []);
}

#[test]
fn a_pax_path_that_its_header_does_not_shorten() {
    let heard = heard(&[pax(b'x', &[("path", "../../evil.pkl")]), member("readme.txt", b'0', b"1"), end()].concat());
    assert_eq!(heard.names(), ["../../evil.pkl"]);
    assert_eq!(heard.codes(), [Code::NameMismatch, Code::NameTraversal]);
}

#[test]
fn a_prefix_without_magic_is_pythons_alone() {
    let mut block = Block::new("b", b'0', "0\0");
    block.put(257, b"\0\0\0\0\0\0\0\0").put(345, b"../a");
    let heard = heard(&[block.sealed(), end()].concat());
    assert_eq!(heard.names(), ["../a/b"]);
    assert_eq!(heard.entries[0].other_name.as_deref(), Some(&b"b"[..]));
    assert_eq!(heard.codes(), [Code::NameDiffers, Code::NameTraversal]);
}

#[test]
fn entries_beyond_end_and_damage_are_found() {
    let mut broken = member("broken", b'0', b"");
    broken[0] = b'B';
    let archive = [member("a", b'0', b"1"), broken, member("b", b'0', b"2"), end(), member("c", b'0', b"3"), end(), b"tail".to_vec()].concat();
    let heard = heard(&archive);
    assert_eq!(heard.names(), ["a", "b", "c"]);
    assert_eq!(heard.entries.iter().map(|e| e.seen).collect::<Vec<_>>(), [Seen::Plain, Seen::AfterDamage, Seen::AfterEnd]);
    assert_eq!(heard.codes(), [Code::HeaderInvalid, Code::EntryAfterDamage, Code::EntryAfterEnd, Code::TrailingData]);
    assert_eq!(heard.issues[3].length, 4);
}

#[test]
fn an_archive_cut_out_of_other_bytes_ends_with_itself() {
    let archive = [member("a", b'0', b"1"), end(), member("c", b'0', b"3"), end()].concat();
    let mut heard = Heard::default();
    let limits = Limits { stop_at_end: true, ..Limits::default() };
    walk(archive.as_slice(), 0, &limits, &mut heard).expect("memory is read");
    assert_eq!(heard.names(), ["a"]);
    assert_eq!(heard.codes(), []);
    assert_eq!(heard.regions.iter().map(|region| region.length).sum::<u64>(), 2048);
}

#[test]
fn a_size_that_only_pax_says_hides_an_archive() {
    // CVE-2025-62518: the header says 0, and what the pax header calls data is an archive to readers that believe it.
    let inner = [member("hidden.pkl", b'0', b"x"), end()].concat();
    let mut outer = Block::new("outer.tar", b'0', "00000000000\0").sealed();
    outer.extend_from_slice(&inner);
    let size = inner.len().to_string();
    let heard = heard(&[pax(b'x', &[("size", &size)]), outer, member("after", b'0', b""), end()].concat());
    assert_eq!(heard.names(), ["outer.tar", "after", "hidden.pkl"]);
    assert_eq!(heard.entries[2].seen, Seen::Elsewhere);
    assert_eq!(heard.codes(), [Code::SizeMismatch, Code::EntryElsewhere]);
}

#[test]
fn numbers_that_readers_differ_on() {
    let mut octal = Block::new("a", b'0', "0o1000\0").sealed();
    octal.extend(member("inner", b'0', b""));
    let heard = heard(&[octal, member("b", b'0', b""), end()].concat());
    assert_eq!(heard.names(), ["a", "b", "inner"]);
    assert_eq!(heard.codes(), [Code::NumberDiffers, Code::EntryElsewhere]);
    let archive = [Block::new("neg", b'0', "-1000\0").sealed(), end()].concat();
    assert!(self::heard(&archive).codes().contains(&Code::SizeNegative));
    let mut block = Block::new("c", b'0', "0\0");
    block.put(329, b"none");
    assert_eq!(self::heard(&[block.sealed(), end()].concat()).codes(), [Code::NumberInvalid]);
}

#[test]
fn links_that_lead_out() {
    let archive = [
        link("ok", b'2', "dir/x"),
        link("up", b'2', "../x"),
        link("abs", b'2', "/etc/passwd"),
        link("here", b'2', "."),
        link("dir/deep", b'2', "../here/../y"),
        link("hard", b'1', "../outside"),
        link("hardup", b'1', "up"),
        member("hardup", b'0', b"written through"),
        member("up/z", b'0', b""),
        member("dev", b'3', b""),
        end(),
    ];
    let heard = heard(&archive.concat());
    let of = |index: u64| heard.issues.iter().filter(|issue| issue.entry == Some(index)).map(|issue| issue.code).collect::<Vec<_>>();
    assert_eq!(of(0), []);
    assert_eq!(of(1), [Code::LinkOutside]);
    assert_eq!(of(2), [Code::LinkAbsolute]);
    assert_eq!(of(4), [Code::LinkThroughLink]);
    assert_eq!(of(5), [Code::LinkOutside]);
    assert_eq!(of(6), [Code::LinkThroughLink]);
    assert_eq!(of(7), [Code::NameThroughLink, Code::DuplicateName]);
    assert_eq!(of(8), [Code::NameThroughLink]);
    assert_eq!(of(9), [Code::SpecialFile]);
}

#[test]
fn sparse_files_of_each_kind() {
    let mut old = Block::new("old", b'S', "00000000003\0");
    old.put(257, b"ustar  \0").put(386, b"00000000002\0").put(398, b"00000000003\0").put(483, b"00000000010\0");
    let mut old = old.sealed();
    old.extend_from_slice(b"abc");
    old.resize(1024, 0);
    let map = pax(b'x', &[("GNU.sparse.map", "2,3"), ("GNU.sparse.size", "8"), ("GNU.sparse.name", "v01")]);
    let pairs = pax(b'x', &[("GNU.sparse.offset", "2"), ("GNU.sparse.numbytes", "3"), ("GNU.sparse.size", "8")]);
    let one = pax(b'x', &[("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "8")]);
    let mut data = b"1\n2\n3\n".to_vec();
    data.resize(512, 0);
    data.extend_from_slice(b"abc");
    let archive = [old, map, member("v01", b'0', b"abc"), pairs, member("v00", b'0', b"abc"), one, member("v10", b'0', &data), end()].concat();
    let heard = heard(&archive);
    assert_eq!(heard.codes(), []);
    assert_eq!(heard.entries.len(), 4);
    for entry in &heard.entries {
        let segments = entry.sparse.clone().expect("a map");
        assert_eq!((entry.size, &archive[entry.data.start as usize..entry.data.end as usize]), (8, &b"abc"[..]), "{entry:?}");
        assert_eq!((segments.len(), segments[0].offset, segments[0].length), (1, 2, 3));
    }
}

#[test]
fn duplicates_and_names() {
    let heard = heard(&[member("a", b'0', b"1"), member("A", b'0', b"2"), member("./a", b'0', b"3"), member("a", b'0', b"4"), end()].concat());
    let codes = heard.codes();
    assert_eq!(codes.iter().filter(|&&code| code == Code::DuplicateName).count(), 1);
    assert_eq!(codes.iter().filter(|&&code| code == Code::NameCollision).count(), 2);
    let heard = self::heard(&[pax(b'x', &[("path", "a\0b")]), member("a", b'0', b""), end()].concat());
    assert!(heard.codes().contains(&Code::NameNul));
    assert_eq!(heard.entries[0].kind, Kind::File);
}

#[test]
fn every_prefix_of_an_archive_ends() {
    let archive =
        [pax(b'g', &[("comment", "x")]), pax(b'x', &[("path", "long")]), member("long", b'0', &[1; 700]), link("l", b'2', ".."), end()].concat();
    for length in 0..archive.len() {
        let heard = heard(&archive[..length]);
        assert!(length == 0 || !heard.issues.is_empty() || length > archive.len() - 1024, "{length}");
    }
}

#[test]
fn mutations_end_and_stay_in_bounds() {
    let archive = [
        pax(b'x', &[("path", "long"), ("size", "700")]),
        member("long", b'0', &[1; 700]),
        member("././@LongLink", b'L', b"some/name"),
        link("l", b'2', ".."),
        pax(b'x', &[("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "8")]),
        member("v10", b'0', b"1\n2\n3\nabc"),
        end(),
    ]
    .concat();
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    for _ in 0..20_000 {
        let mut bytes = archive.clone();
        for _ in 0..1 + random() % 4 {
            let at = random() % bytes.len();
            bytes[at] = random() as u8;
            // Half of the time the checksum is made right again, so that the change counts.
            let block = at / 512 * 512;
            if random() % 2 == 0 && bytes[block + 257..block + 262] == *b"ustar" {
                let mut header = Block([0; 512]);
                header.put(0, &bytes[block..block + 512]);
                let sealed = header.sealed();
                bytes[block..block + 512].copy_from_slice(&sealed);
            }
        }
        heard(&bytes);
    }
}

#[test]
fn a_header_cut_short_behind_the_end_ends_the_walk() {
    // Zeros in place of what is cut off would make it a header.
    let whole = member("a", b'0', b"text");
    let heard = heard(&[whole.clone(), end(), whole[..400].to_vec()].concat());
    assert_eq!(heard.names(), ["a"]);
    assert_eq!(heard.codes(), [Code::TrailingData]);
}
