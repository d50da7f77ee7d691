//! Names: what readers make of them.

use weighbridge_parse_read::members::{self, Oddity, components};

use crate::Code;

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
    // The folder itself, as `tar -C / .` with leading slashes writes it, is nothing that is unpacked.
    let nothing = name.iter().all(|b| matches!(b, b'/' | b'.' | 0));
    members::oddities(name).filter(move |oddity| *oddity != Oddity::Absolute || !nothing).map(code)
}

/// Whether `short`, from a header, is what a writer makes of the long name that does not fit there: cut, with letters that are not ASCII
/// replaced or dropped, or with its folders shortened (bsdtar).
pub(crate) fn shortens(short: &[u8], long: &[u8]) -> bool {
    let trimmed = |name: &[u8]| -> Vec<u8> { components(name).filter(|p| !p.is_empty() && *p != b".").collect::<Vec<_>>().join(&b'/') };
    let (short, long) = (trimmed(short), trimmed(long));
    if short.is_empty() || !long.is_ascii() || !short.is_ascii() || long.starts_with(&short) {
        return true;
    }
    let last = |name: &[u8]| name.rsplit(|&b| b == b'/').next().unwrap_or(&[]).to_vec();
    // bsdtar keeps the last component and cuts before it; GNU tar names sparse files GNUSparseFile.<pid>/<name>.
    let (short, long) = (last(&short), last(&long));
    !short.is_empty() && (long.starts_with(&short) || long.ends_with(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_known_for_what_it_shortens() {
        assert!(shortens(b"dir/file", b"dir/file-with-a-longer-name"));
        assert!(shortens(b"dir/m?del", "dir/m\u{f6}del".as_bytes()));
        assert!(shortens(b"./GNUSparseFile.12/model.bin", b"deep/model.bin"));
        assert!(!shortens(b"readme.txt", b"../../etc/cron.d/job"));
    }
}
