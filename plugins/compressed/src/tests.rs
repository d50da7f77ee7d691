//! Streams of every format: whole, in a row, cut at every byte, and with bytes changed.

use crate::broken::Broken;
use crate::decoder::{Decoder, Part, trial};
use crate::format::Format;
use std::io::Write;

const ALL: [Format; 7] = [Format::Gzip, Format::Zlib, Format::Bzip2, Format::Xz, Format::Lzma, Format::Lz4, Format::Zstd];

fn packed(format: Format, data: &[u8]) -> Vec<u8> {
    let written = |result: std::io::Result<()>| result.expect("memory is written");
    match format {
        Format::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            written(writer.write_all(data));
            writer.finish().expect("memory is written")
        }
        Format::Zlib | Format::Zfile => {
            let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            written(writer.write_all(data));
            writer.finish().expect("memory is written")
        }
        Format::Bzip2 => {
            let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            written(writer.write_all(data));
            writer.finish().expect("memory is written")
        }
        Format::Xz => {
            let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).expect("the options are good");
            written(writer.write_all(data));
            writer.finish().expect("memory is written")
        }
        Format::Lzma => {
            let mut writer =
                lzma_rust2::LzmaWriter::new_use_header(Vec::new(), &lzma_rust2::LzmaOptions::default(), None).expect("the options are good");
            written(writer.write_all(data));
            writer.finish().expect("memory is written")
        }
        Format::Lz4 => {
            let mut writer = lz4_flex::frame::FrameEncoder::new(Vec::new());
            written(writer.write_all(data));
            writer.finish().expect("memory is written")
        }
        Format::Zstd => ruzstd::encoding::compress_to_vec(data, ruzstd::encoding::CompressionLevel::Fastest),
        Format::Base64 | Format::Hex => data.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect(),
    }
}

/// Text that compresses a little, and noise.
fn sample() -> Vec<u8> {
    let mut random = random(7);
    (0..6_000).map(|at| if at % 3 == 0 { random() as u8 } else { b"weighbridge"[at % 11] }).collect()
}

fn random(seed: u64) -> impl FnMut() -> usize {
    let mut state = 0x9E37_79B9_7F4A_7C15u64 ^ seed;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    }
}

struct Read {
    content: Vec<u8>,
    broken: Option<Broken>,
    oddities: Vec<Broken>,
    parts: Vec<(Part, std::ops::Range<u64>)>,
    end: u64,
    streams: u64,
}

fn read(format: Format, bytes: &[u8]) -> Read {
    let mut decoder = Decoder::new(bytes, format, 0, false);
    let mut content = Vec::new();
    let mut parts = Vec::new();
    let mut buf = [0; 1000];
    let broken = loop {
        let result = decoder.read(&mut buf);
        parts.extend(decoder.parts());
        match result {
            Ok(0) => break None,
            Ok(n) => content.extend_from_slice(&buf[..n]),
            Err(broken) => break Some(broken),
        }
        assert!(content.len() < 64 << 20, "what is given is bounded by who reads");
    };
    let oddities = decoder.oddities().into_iter().map(|(_, broken)| broken).collect();
    Read { content, broken, oddities, parts, end: decoder.end(), streams: decoder.streams() }
}

#[test]
fn whole_streams() {
    for format in ALL {
        for data in [sample(), Vec::new(), vec![0; 300_000]] {
            let bytes = packed(format, &data);
            assert_eq!(Format::begins(&bytes), Some(format));
            let read = read(format, &bytes);
            assert_eq!((read.content == data, &read.broken, read.end), (true, &None, bytes.len() as u64), "{format:?}");
            assert!(read.oddities.is_empty(), "{format:?} {:?}", read.oddities);
            let claimed: u64 = read.parts.iter().map(|(_, range)| range.end - range.start).sum();
            assert_eq!(claimed, bytes.len() as u64, "{format:?}");
        }
    }
}

#[test]
fn streams_in_a_row_and_what_follows_them() {
    for format in ALL {
        let one = packed(format, b"first ");
        let two = [one.clone(), packed(format, b"second")].concat();
        let read_two = read(format, &two);
        let alone = format == Format::Zlib;
        assert_eq!(read_two.content, if alone { b"first ".to_vec() } else { b"first second".to_vec() }, "{format:?}");
        assert_eq!(read_two.streams, if alone { 1 } else { 2 });
        assert_eq!(read_two.end, if alone { one.len() } else { two.len() } as u64);
        let followed = read(format, &[one.clone(), vec![0; 8], b"tail".to_vec()].concat());
        assert_eq!((followed.content.as_slice(), followed.broken), (&b"first "[..], None), "{format:?}");
        assert_eq!(followed.end, one.len() as u64 + 8, "{format:?}");
    }
}

#[test]
fn skippable_frames() {
    let skip = b"\x57\x2A\x4D\x18\x04\0\0\0skip";
    for format in [Format::Lz4, Format::Zstd] {
        let bytes = [skip.as_slice(), &packed(format, b"first "), skip, &packed(format, b"second"), skip].concat();
        let read = read(format, &bytes);
        assert_eq!((read.content.as_slice(), read.broken, read.end), (&b"first second"[..], None, bytes.len() as u64), "{format:?}");
        assert_eq!(read.parts.iter().filter(|(part, _)| *part == Part::Skipped).count(), 3);
    }
}

#[test]
fn wrong_checksums_keep_the_content() {
    let data = sample();
    for format in [Format::Gzip, Format::Zlib] {
        let mut bytes = packed(format, &data);
        let at = bytes.len() - if format == Format::Gzip { 6 } else { 2 };
        bytes[at] ^= 1;
        let read = read(format, &bytes);
        assert!(read.content == data && read.broken.is_none(), "{format:?}");
        assert!(matches!(read.oddities.as_slice(), [Broken::Checksum(_)]), "{format:?} {:?}", read.oddities);
    }
}

#[test]
fn a_stream_cut_anywhere_gives_what_came_before() {
    let data = sample();
    for format in ALL {
        let bytes = packed(format, &data);
        let mut lengths = Vec::new();
        for length in 0..bytes.len() {
            let read = read(format, &bytes[..length]);
            // The LZMA decoder finishes the symbol that it is in, with bytes of its own making: at most one match.
            let certain = read.content.len() - if format == Format::Lzma { read.content.len().min(273) } else { 0 };
            assert!(data.starts_with(&read.content[..certain]), "{format:?} {length}");
            // The trailer alone may be missing, or nothing but the magic be there.
            assert!(read.broken.is_some() || length == 0, "{format:?} {length} of {}: {:?}", bytes.len(), read.broken);
            lengths.push(read.content.len());
        }
        assert!(format == Format::Lzma || lengths.is_sorted(), "{format:?}");
        // Block formats give whole blocks.
        if !matches!(format, Format::Bzip2 | Format::Lz4 | Format::Zstd | Format::Xz) {
            assert!(lengths[bytes.len() - 20] > data.len() - 1500, "{format:?} {} {lengths:?}", bytes.len());
        }
    }
}

#[test]
fn what_a_zstd_window_keeps_back_is_given_after_an_error() {
    let data: Vec<u8> = sample().repeat(100);
    let bytes = packed(Format::Zstd, &data);
    let read = read(Format::Zstd, &bytes[..bytes.len() - 10]);
    assert_eq!(read.broken, Some(Broken::Truncated));
    assert!(read.content.len() > data.len() / 2 && data.starts_with(&read.content), "{}", read.content.len());
}

#[test]
fn a_window_over_the_limit_is_refused_at_once() {
    // Exponent 21: 2 GiB.
    let frame = b"\x28\xB5\x2F\xFD\x00\xA8\x01\x00\x00";
    assert!(matches!(read(Format::Zstd, frame).broken, Some(Broken::Memory(_))));
}

#[test]
fn changed_bytes_end_and_panic_nowhere() {
    let data = sample();
    for format in ALL {
        let bytes = packed(format, &data);
        let mut random = random(format as u64);
        for _ in 0..1_500 {
            let mut changed = bytes.clone();
            for _ in 0..1 + random() % 3 {
                // Headers matter most.
                let at = if random().is_multiple_of(2) { random() % 40 } else { random() % changed.len() };
                changed[at] = random() as u8;
            }
            read(format, &changed);
        }
    }
}

#[test]
fn random_bytes_are_no_zlib_and_no_lzma() {
    let mut random = random(3);
    let (mut looked, mut taken) = (0, 0);
    for _ in 0..2_000_000 {
        let mut head = [0u8; 64];
        head[..8].copy_from_slice(&random().to_le_bytes());
        if Format::begins(&head) != Some(Format::Zlib) {
            continue;
        }
        let bytes: Vec<u8> = head[..8].iter().copied().chain(std::iter::repeat_with(|| random() as u8).take(2_000)).collect();
        looked += 1;
        let trial = trial(bytes.as_slice(), Format::Zlib, 0).expect("memory is read");
        taken += usize::from(trial.is_enough());
    }
    assert!(looked > 800, "{looked}");
    assert!(taken == 0, "{taken} of {looked}");
}

#[test]
fn bytes_written_as_text() {
    let text = |format, text: &[u8]| {
        let read = read(format, text);
        assert!(read.broken.is_none() && read.oddities.is_empty(), "{:?} {:?}", read.broken, read.oddities);
        (read.content, read.end)
    };
    assert_eq!(text(Format::Base64, b"d2Vp\nZ2hi\r\ncmlkZ2U=\n"), (b"weighbridge".to_vec(), 20));
    assert_eq!(text(Format::Base64, b"__-_"), (vec![0xff, 0xff, 0xbf], 4));
    assert_eq!(text(Format::Base64, b"+/+/ rest!"), (vec![0xfb, 0xff, 0xbf, 0xad, 0xeb, 0x2d], 9));
    assert_eq!(text(Format::Base64, b"AA==AA").0, vec![0]);
    assert_eq!(text(Format::Hex, b"77 65\n69"), (b"wei".to_vec(), 8));
    assert_eq!(text(Format::Hex, b"776x"), (vec![0x77], 3));
    let data = sample();
    assert_eq!(text(Format::Hex, &packed(Format::Hex, &data)).0, data);
}
