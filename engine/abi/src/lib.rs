//! The plugin ABI of Weighbridge, as Rust sees it: a mirror of `include/weighbridge.h` and nothing else.
//!
//! The header is the source of truth. Every structure here has the header's layout, and [`layout`] asserts it at
//! compile time; the meaning of each item is written once, in the header. [`vocabulary`] holds the kinds of facts and their fields.
#![deny(missing_docs)]
#![no_std]

pub mod growable;
#[cfg(not(feature = "next-minor"))]
pub mod layout;
mod types;
pub mod vocabulary;

pub use growable::Growable;
pub use types::*;

/// The text of the C header, for tools that hand it to plugin authors.
pub const HEADER: &str = include_str!("../include/weighbridge.h");

/// What the exported descriptor's symbol begins with; the plugin's id follows.
pub const SYMBOL_PREFIX: &str = "weighbridge_plugin_";
