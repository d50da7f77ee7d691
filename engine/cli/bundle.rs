//! The plugins that are linked into this program: those that the root manifest depends on, taken from there by `build.rs`.

include!(concat!(env!("OUT_DIR"), "/bundle.rs"));
