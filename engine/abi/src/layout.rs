//! The layout of every structure on 64-bit machines, asserted at compile time.
//!
//! Numbers only ever grow at a structure's end. The same numbers are asserted for the C header by the test suite.

use crate::types::*;
use core::mem::{offset_of, size_of};

macro_rules! layout {
    ($($type:ident = $size:literal { $($field:ident = $at:literal),* $(,)? })*) => {
        $(const _: () = {
            assert!(size_of::<$type>() == $size);
            $(assert!(offset_of!($type, $field) == $at);)*
        };)*
        /// Every structure, its size, and its fields with their offsets.
        pub const LAYOUT: &[(&str, usize, &[(&str, usize)])] = &[$((stringify!($type), $size, &[$((stringify!($field), $at)),*])),*];
    };
}

layout! {
    Str = 16 { ptr = 0, len = 8 }
    Bytes = 16 { ptr = 0, len = 8 }
    Value = 32 { type_ = 0, flags = 4, full_len = 8, as_ = 16 }
    Field = 48 { name = 0, value = 16 }
    Fact = 64 { struct_size = 0, kind = 8, parent = 24, offset = 32, length = 40, fields = 48, field_count = 56 }
    Region = 32 { struct_size = 0, class = 8, reserved = 12, offset = 16, length = 24 }
    Child = 112 { struct_size = 0, kind = 8, flags = 12, offset = 16, length = 24, token = 32, index = 40, declared_size = 48, parent = 56, name = 64, encoding = 80, format_hint = 96 }
    Listing = 64 { struct_size = 0, listing = 8, offset = 24, length = 32, depth = 40, cells = 48, cell_count = 56 }
    Input = 72 { struct_size = 0, size = 8, name = 16, mode = 32, flags = 36, start = 40, format = 48, encoding = 56 }
    Host = 88 {
        struct_size = 0,
        ctx = 8,
        read_at = 16,
        poll = 24,
        emit = 32,
        again = 40,
        region = 48,
        child = 56,
        listing = 64,
        limit = 72,
        extension = 80,
    }
    Magic = 48 { anchor = 0, reserved = 4, offset = 8, bytes = 16, mask = 32 }
    Format = 96 { struct_size = 0, id = 8, title = 24, flags = 40, reserved = 44, magics = 48, magic_count = 56, extensions = 64, extension_count = 72, markers = 80, marker_count = 88 }
    FactKind = 32 { kind = 0, fields = 16, field_count = 24 }
    Limit = 40 { name = 0, reason = 16, value = 32 }
    ProbeResult = 24 { struct_size = 0, level = 8, format = 12, start = 16 }
    Plugin = 192 { struct_size = 0, abi_major = 4, abi_minor = 6, vocabulary = 8, needs_minor = 12, id = 16, name = 32, version = 48, license = 64, formats = 80, format_count = 88, fact_kinds = 96, fact_kind_count = 104, limits = 112, limit_count = 120, create = 128, destroy = 136, probe = 144, scan = 152, open_child = 160, read_child = 168, close_child = 176, extension = 184 }
    HostInfo = 40 { struct_size = 0, abi_major = 8, abi_minor = 12, vocabulary = 16, reserved = 20, version = 24 }
    Contact = 24 { struct_size = 0, report_to = 8 }
    FormatReads = 48 { format = 0, quick = 16, thorough = 32 }
    Reads = 24 { struct_size = 0, formats = 8, format_count = 16 }
}
