//! Names: what readers make of them.

use weighbridge_parse_read::members::{self, Oddity};

use crate::Code;

/// A name as the least careful reader would take it: cut at a NUL, `\` as `/`, without empty and `.` components,
/// ASCII letters in lower case.
pub fn normalized(name: &[u8]) -> Vec<u8> {
    members::normalized(name.split(|&b| b == 0).next().unwrap_or(&[]))
}

/// The oddities of one name.
pub(crate) fn oddities(name: &[u8]) -> impl Iterator<Item = Code> + use<> {
    let code = |oddity| match oddity {
        Oddity::Empty => Code::NameEmpty,
        Oddity::Traversal => Code::NameTraversal,
        Oddity::Absolute => Code::NameAbsolute,
        Oddity::Drive => Code::NameDrive,
        Oddity::Backslash => Code::NameBackslash,
        Oddity::Nul => Code::NameNul,
        Oddity::Control => Code::NameControl,
        Oddity::NotUtf8 => Code::NameNotUtf8,
    };
    members::oddities(name).map(code)
}
