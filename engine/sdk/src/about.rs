//! What a plugin says of itself, in constants.

use weighbridge_abi::{self as abi, Bytes, FactKind, Format, Growable, Limit, Magic, Str};

/// The descriptor's contents.
pub struct About {
    /// `[a-z][a-z0-9_]*`, as in the exported symbol.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// Of the plugin.
    pub version: &'static str,
    /// SPDX expression.
    pub license: &'static str,
    /// What it reads: see [`format`](fn@format).
    pub formats: &'static [&'static Format],
    /// What it may emit: see [`kinds!`](crate::kinds).
    pub kinds: &'static [FactKind],
    /// Limits that are to be settable: see [`limit`].
    pub limits: &'static [Limit],
}

/// A format: id, title, `abi::FORMAT_PROBE_ALWAYS` or 0, magics (any of which makes the host probe), extensions.
pub const fn format(id: &'static str, title: &'static str, flags: u32, magics: &'static [Magic], extensions: &'static [Str]) -> Format {
    Format {
        id: Str::new(id),
        title: Str::new(title),
        flags,
        magics: magics.as_ptr(),
        magic_count: magics.len() as u64,
        extensions: extensions.as_ptr(),
        extension_count: extensions.len() as u64,
        ..Format::EMPTY
    }
}

/// The same with names that make a directory one artifact of it: globs of entries, or (with `/` at the end) of the directory itself.
pub const fn marked(format: Format, markers: &'static [Str]) -> Format {
    Format { markers: markers.as_ptr(), marker_count: markers.len() as u64, ..format }
}

const fn anchored(anchor: u32, offset: u64, bytes: &'static [u8]) -> Magic {
    Magic { anchor, reserved: 0, offset, bytes: Bytes::borrow(bytes), mask: Bytes { ptr: core::ptr::null(), len: 0 } }
}

/// Bytes that the input begins with.
pub const fn magic(bytes: &'static [u8]) -> Magic {
    anchored(abi::ANCHOR_START, 0, bytes)
}

/// Bytes at an offset from the start.
pub const fn magic_at(offset: u64, bytes: &'static [u8]) -> Magic {
    anchored(abi::ANCHOR_START, offset, bytes)
}

/// Bytes that begin `offset` before the end.
pub const fn magic_from_end(offset: u64, bytes: &'static [u8]) -> Magic {
    anchored(abi::ANCHOR_END, offset, bytes)
}

/// Bytes anywhere within the last 64 KiB + 22 bytes.
pub const fn magic_tail(bytes: &'static [u8]) -> Magic {
    anchored(abi::ANCHOR_TAIL, 0, bytes)
}

/// A kind of fact with the fields that the plugin gives it.
pub const fn fact_kind(kind: &'static str, fields: &'static [Str]) -> FactKind {
    FactKind { kind: Str::new(kind), fields: fields.as_ptr(), field_count: fields.len() as u64 }
}

/// What is read of a format, by its id: in quick mode, and beyond that in thorough mode ("" where that is the host's sweep over payload and unclaimed
/// bytes alone). Sentences without a full stop.
pub const fn reads(format: &'static str, quick: &'static str, thorough: &'static str) -> abi::FormatReads {
    abi::FormatReads { format: Str::new(format), quick: Str::new(quick), thorough: Str::new(thorough) }
}

/// A limit: `<plugin>.<name>`, its default, and the reason for both.
pub const fn limit(name: &'static str, value: u64, reason: &'static str) -> Limit {
    Limit { name: Str::new(name), reason: Str::new(reason), value }
}

/// A constant table of strings.
#[macro_export]
macro_rules! strs {
    ($($text:expr),* $(,)?) => { &[$($crate::abi::Str::new($text)),*] };
}

/// A constant table of fact kinds: `kinds! { "metadata" => ["key", "value"] }`.
#[macro_export]
macro_rules! kinds {
    ($($kind:literal => [$($field:literal),* $(,)?]),* $(,)?) => {
        &[$($crate::fact_kind($kind, $crate::strs![$($field),*])),*]
    };
}
