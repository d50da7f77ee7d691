//! Decoders, and what they find at the end of a stream.

use crate::testing::{Archive, Member, deflated, member, stored, walked};
use crate::{Code, DecodeError, Limits, Outcome, open_entry};

fn decode(archive: &Archive) -> (Vec<u8>, Option<DecodeError>, Outcome) {
    let bytes = archive.bytes();
    let entry = walked(&bytes).entries.remove(0);
    let mut decoder = open_entry(bytes.as_slice(), &entry, &Limits::default()).unwrap();
    let (mut out, mut buf) = (Vec::new(), [0; 1000]);
    let error = loop {
        match decoder.read(&mut buf) {
            Ok(0) => break None,
            Ok(n) => out.extend(&buf[..n]),
            Err(error) => break Some(error),
        }
    };
    (out, error, decoder.finish())
}

fn codes(member: Member) -> (Vec<u8>, Vec<Code>) {
    let (out, _, outcome) = decode(&Archive::of([member]));
    (out, outcome.issues.iter().map(|issue| issue.code).collect())
}

const TEXT: &[u8] = b"weigh it before it is let in, weigh it before it is let in";

#[test]
fn honest_members() {
    assert_eq!(codes(stored("a", TEXT)), (TEXT.to_vec(), vec![]));
    assert_eq!(codes(deflated("a", TEXT)), (TEXT.to_vec(), vec![]));
    let frame = |text| ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest);
    assert_eq!(codes(member("a", 93, TEXT, frame(TEXT))), (TEXT.to_vec(), vec![]));
    let frames = [frame(&TEXT[..9]), frame(&TEXT[9..])].concat();
    assert_eq!(codes(member("a", 93, TEXT, frames)), (TEXT.to_vec(), vec![]));
}

/// A wrong checksum or size (CVE-2025-10156) stops nothing: all is decoded, the issue comes at the end.
#[test]
fn lies_about_the_content() {
    assert_eq!(codes(deflated("a", TEXT).both(|h| h.crc ^= 1)), (TEXT.to_vec(), vec![Code::DataCrcMismatch]));
    assert_eq!(codes(deflated("a", TEXT).both(|h| h.size = 3)), (TEXT.to_vec(), vec![Code::DataSizeMismatch]));
    let long = deflated("a", TEXT).with(|m| m.data.extend(b"tail")).both(|h| h.compressed += 4);
    assert_eq!(codes(long), (TEXT.to_vec(), vec![Code::DataAfterStream]));
}

/// CVE-2025-1945: the flag makes readers give up, PyTorch does not look at it.
#[test]
fn encrypted_flag_without_encryption() {
    for member in [stored("a", TEXT), deflated("a", TEXT)] {
        let (out, error, outcome) = decode(&Archive::of([member.both(|h| h.flags = 1)]));
        assert_eq!((out.as_slice(), error, outcome.maybe_encrypted), (TEXT, None, false));
        assert_eq!(outcome.issues[0].code, Code::EncryptedFlagFalse);
    }
    let noise = deflated("a", TEXT).both(|h| h.flags = 1).with(|m| m.data.fill(0xFF));
    let (_, error, outcome) = decode(&Archive::of([noise]));
    assert!(matches!(error, Some(DecodeError::Encrypted { .. })) && outcome.maybe_encrypted && outcome.issues.is_empty());
    let (out, error, outcome) = decode(&Archive::of([stored("a", TEXT).both(|h| (h.flags, h.crc) = (1, 7))]));
    assert_eq!((out.as_slice(), error, outcome.maybe_encrypted), (TEXT, None, true));
}

#[test]
fn broken_streams_give_what_they_have() {
    let long: Vec<u8> = (0..200_000u32).flat_map(|i| (i.wrapping_mul(2_654_435_761) >> 20).to_le_bytes()).collect();
    let cut = deflated("a", &long).with(|m| m.data.truncate(m.data.len() / 2)).with(|m| m.central.compressed = m.data.len() as u32);
    let (out, error, outcome) = decode(&Archive::of([cut]));
    assert_eq!(error, Some(DecodeError::Truncated { decoded: outcome.decoded }));
    assert!(out.len() > 10_000 && long.starts_with(&out) && !outcome.complete);
    let spoiled = deflated("a", &long).with(|m| {
        let half = m.data.len() / 2;
        m.data[half..half + 50].fill(0xFF);
    });
    let (out, error, _) = decode(&Archive::of([spoiled]));
    assert!(error.is_some() && out.len() > 10_000);
}

#[test]
fn methods_without_a_decoder() {
    let open = |method: u16, extra: &[u8]| {
        let bytes = Archive::of([stored("a", TEXT).both(|h| (h.method, h.extra) = (method, extra.to_vec()))]).bytes();
        let entry = walked(&bytes).entries.remove(0);
        let data = entry.views()[0].data.clone();
        assert_eq!(&bytes[data.start as usize..data.end as usize], TEXT, "the raw bytes are there all the same");
        open_entry(bytes.as_slice(), &entry, &Limits::default()).map(|_| ()).unwrap_err()
    };
    assert_eq!(open(99, &[]), DecodeError::Unsupported(99));
    assert_eq!(open(99, &[1, 0x99, 7, 0, 2, 0, b'A', b'E', 3, 8, 0]), DecodeError::Encrypted { decoded: 0 });
    assert_eq!(open(95, &[]), DecodeError::Unsupported(95));
    assert_eq!(open(14, &[]), DecodeError::Corrupt { decoded: 0 });
}

#[test]
fn a_dictionary_over_the_limit_is_cut() {
    let bytes = Archive::of([member("a", 14, TEXT, [&[9, 4, 5, 0, 0x5D, 0xFF, 0xFF, 0xFF, 0xFF][..], TEXT].concat())]).bytes();
    let entry = walked(&bytes).entries.remove(0);
    let mut decoder = open_entry(bytes.as_slice(), &entry, &Limits { max_dictionary: 1 << 16, ..Limits::default() });
    let error = loop {
        match decoder.as_mut().map_err(|e| *e).and_then(|decoder| decoder.read(&mut [0; 10])) {
            Ok(n) => assert_ne!(n, 0),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, DecodeError::Dictionary { asked: 0xFFFF_FFFF } | DecodeError::Corrupt { .. }), "{error:?}");
    // What loaders decode with four gigabytes is decoded with less.
    let mut python = include_bytes!("../../testdata/seeked.zip").to_vec();
    let entry = walked(&python).entries.into_iter().find(|entry| entry.name() == b"text.lzma").unwrap();
    python[entry.data_offset as usize + 5..][..4].fill(0xFF);
    let mut decoder = open_entry(python.as_slice(), &entry, &Limits::default()).unwrap();
    let mut buf = [0; 1000];
    assert_eq!((decoder.read(&mut buf), decoder.read(&mut buf)), (Ok(288), Ok(0)));
}
