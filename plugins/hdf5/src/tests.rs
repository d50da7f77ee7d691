//! Fixtures cut and changed: whatever comes of it, the contract holds and the work is bounded.
#![allow(clippy::unwrap_used)]

use weighbridge_parse_hdf5 as hdf5;
use weighbridge_sdk::{abi, harness};

/// Files of the fixtures.
fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/hdf5");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<(String, Vec<u8>)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "h5"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() > 40);
    found
}

#[test]
fn no_file_that_is_cut_is_read_in_full() {
    for (name, bytes) in samples().into_iter().filter(|(name, bytes)| bytes.len() < 6 << 10 && !name.starts_with("malformed")) {
        let start = hdf5::find(bytes.as_slice()).unwrap().unwrap() as usize;
        for end in (start + hdf5::SIGNATURE.len()..bytes.len()).step_by(97) {
            crate::fuzz(&bytes[..end]);
            // The superblock says how long the file is.
            assert_eq!(harness::scan(crate::DESCRIPTOR, &bytes[..end]).status, abi::MALFORMED, "{name} cut at {end}");
        }
    }
}

#[test]
fn files_with_changed_bytes_keep_the_contract() {
    let mut state = 0x5eed_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for (_, bytes) in samples() {
        for round in 0..24 {
            let mut bytes = bytes.clone();
            if bytes.is_empty() {
                continue;
            }
            for _ in 0..=random(4) {
                let at = random(bytes.len());
                let value = [0x00, 0xff, 0x7f, 0x80, 0x01][random(5)];
                let end = (at + [1, 2, 4, 8][round % 4]).min(bytes.len());
                bytes[at..end].fill(value);
            }
            crate::fuzz(&bytes);
        }
    }
}
