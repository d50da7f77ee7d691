//! The reader, held to bytes that each CPython wrote.

mod bounds;
mod real;
mod robust;

use weighbridge_parse_marshal::Version;

/// testdata/sample.py, marshalled by each version.
const SAMPLES: [(Version, &[u8]); 11] = [
    (Version::V2_7, include_bytes!("../../testdata/2.7.bin")),
    (Version::V3_6, include_bytes!("../../testdata/3.6.bin")),
    (Version::V3_7, include_bytes!("../../testdata/3.7.bin")),
    (Version::V3_8, include_bytes!("../../testdata/3.8.bin")),
    (Version::V3_9, include_bytes!("../../testdata/3.9.bin")),
    (Version::V3_10, include_bytes!("../../testdata/3.10.bin")),
    (Version::V3_11, include_bytes!("../../testdata/3.11.bin")),
    (Version::V3_12, include_bytes!("../../testdata/3.12.bin")),
    (Version::V3_13, include_bytes!("../../testdata/3.13.bin")),
    (Version::V3_14, include_bytes!("../../testdata/3.14.bin")),
    (Version::V3_15, include_bytes!("../../testdata/3.15.bin")),
];
