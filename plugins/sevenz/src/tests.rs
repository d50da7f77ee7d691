//! Archives assembled byte by byte, cut, and with bytes changed.

use crate::archive::{Archive, Trouble, load};
use crate::reader::{Broken, Reader};

/// A number of a header, of less than 2^14.
fn number(n: usize) -> Vec<u8> {
    if n < 0x80 { vec![n as u8] } else { vec![0x80 | (n >> 8) as u8, n as u8] }
}

/// An archive of one folder with one coder, whose packed stream is `packed`, and of files of these sizes.
fn archive(id: &[u8], properties: &[u8], packed: &[u8], files: &[(&str, usize)]) -> Vec<u8> {
    let total: usize = files.iter().map(|file| file.1).sum();
    let mut header = vec![1, 4, 6, 0, 1, 9];
    header.extend(number(packed.len()));
    header.extend([0, 7, 11, 1, 0, 1, id.len() as u8 | if properties.is_empty() { 0 } else { 0x20 }]);
    header.extend(id);
    if !properties.is_empty() {
        header.extend(number(properties.len()));
        header.extend(properties);
    }
    header.push(12);
    header.extend(number(total));
    header.extend([0, 8, 13]);
    header.extend(number(files.len()));
    if files.len() > 1 {
        header.push(9);
        files[..files.len() - 1].iter().for_each(|file| header.extend(number(file.1)));
    }
    header.extend([0, 0, 5]);
    header.extend(number(files.len()));
    let names: Vec<u8> = files.iter().flat_map(|file| file.0.encode_utf16().chain([0])).flat_map(u16::to_le_bytes).collect();
    header.push(0x11);
    header.extend(number(names.len() + 1));
    header.push(0);
    header.extend(names);
    header.extend([0, 0]);
    sealed(packed, &header)
}

fn sealed(packed: &[u8], header: &[u8]) -> Vec<u8> {
    let mut start = (packed.len() as u64).to_le_bytes().to_vec();
    start.extend((header.len() as u64).to_le_bytes());
    start.extend(crc32fast::hash(header).to_le_bytes());
    let mut out = b"7z\xBC\xAF\x27\x1C\0\x04".to_vec();
    out.extend(crc32fast::hash(&start).to_le_bytes());
    out.extend(start);
    out.extend(packed);
    out.extend(header);
    out
}

fn contents(bytes: &Vec<u8>, archive: &Archive) -> Vec<Result<Vec<u8>, Broken>> {
    let mut reader = Reader::new(bytes, 0);
    archive.streams.parts.iter().filter(|part| part.size < 1 << 20).map(|part| reader.whole(&archive.streams, part)).collect()
}

fn deflated(data: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(data).expect("memory is written");
    writer.finish().expect("memory is written")
}

#[test]
fn files_of_one_folder() {
    let lzma2 = [&[1, 0, 10][..], b"hello, you!", &[0]].concat();
    for bytes in [
        archive(&[0], &[], b"hello, you!", &[("a.txt", 5), ("b/c.txt", 6)]),
        archive(&[0x21], &[0], &lzma2, &[("a.txt", 5), ("b/c.txt", 6)]),
        archive(&[4, 1, 8], &[], &deflated(b"hello, you!"), &[("a.txt", 5), ("b/c.txt", 6)]),
    ] {
        let archive = load(&&bytes, 0).expect("memory is read");
        assert_eq!((archive.trouble.clone(), archive.notes.len()), (None, 0));
        assert_eq!(archive.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.txt", "b/c.txt"]);
        assert_eq!(contents(&bytes, &archive), [Ok(b"hello".to_vec()), Ok(b", you!".to_vec())]);
        assert_eq!(archive.end, bytes.len() as u64);
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let bytes = archive(&[6, 0xF1, 7, 1], &[0], b"secret", &[("a", 6)]);
    let encrypted = load(&&bytes, 0).expect("memory is read");
    assert!(matches!(contents(&bytes, &encrypted)[..], [Err(Broken::Closed(crate::coders::Closed::Encrypted))]));
    let bytes = archive(&[3, 4, 1], &[6, 0xFF, 0xFF, 0xFF, 0x7F], b"ppmd", &[("a", 6)]);
    let large = load(&&bytes, 0).expect("memory is read");
    assert!(matches!(contents(&bytes, &large)[..], [Err(Broken::Closed(crate::coders::Closed::Memory(_)))]));
    // A header of 2^60 bytes after unpacking.
    let header = [&[0x17, 6, 0, 1, 9, 1, 0, 7, 11, 1, 0, 1, 1, 0, 12, 0xFF][..], &(1u64 << 60).to_le_bytes(), &[0, 0]].concat();
    let bomb = load(&&sealed(b"x", &header), 0).expect("memory is read");
    assert_eq!(bomb.trouble, Some(Trouble::Malformed));
    // Two coders, each the other's input.
    let header = [1, 4, 6, 0, 1, 9, 1, 0, 7, 11, 1, 0, 2, 1, 0, 1, 0, 0, 0, 12, 1, 1, 0, 0, 0];
    load(&&sealed(b"x", &header), 0).expect("memory is read");
}

#[test]
fn cut_and_changed_archives_end() {
    let lzma2 = [&[1, 0, 10][..], b"hello, you!", &[0]].concat();
    let whole = archive(&[0x21], &[0], &lzma2, &[("a.txt", 5), ("b/c.txt", 6)]);
    for length in 0..whole.len() {
        let archive = load(&&whole[..length].to_vec(), 0).expect("memory is read");
        assert!(archive.trouble.is_some(), "{length}");
    }
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    for _ in 0..20_000 {
        let mut header = whole[32 + lzma2.len()..].to_vec();
        for _ in 0..1 + random() % 4 {
            let at = random() % header.len();
            header[at] = random() as u8;
        }
        let bytes = sealed(&lzma2, &header);
        let archive = load(&&bytes, 0).expect("memory is read");
        contents(&bytes, &archive);
    }
}
