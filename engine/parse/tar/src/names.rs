//! Names: what readers make of them.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::Code;

/// A name as the least careful file system takes it: `\` as `/`, without empty and `.` components, ASCII letters in lower case.
fn normalized(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for part in components(name).filter(|part| !part.is_empty() && *part != b".") {
        if !out.is_empty() {
            out.push(b'/');
        }
        out.extend(part.iter().map(u8::to_ascii_lowercase));
    }
    out
}

fn components(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|&b| b == b'/' || b == b'\\')
}

/// The oddities of one name.
pub(crate) fn oddities(name: &[u8]) -> impl Iterator<Item = Code> + use<> {
    let drive = matches!(name, [letter, b':', ..] if letter.is_ascii_alphabetic());
    let control = |b: &u8| (*b < 0x20 && *b != 0) || *b == 0x7F;
    [
        (Code::NameEmpty, name.is_empty()),
        (Code::NameTraversal, components(name).any(|part| part == b"..")),
        // The folder itself, as `tar -C / .` with leading slashes writes it, is nothing that is unpacked.
        (Code::NameAbsolute, matches!(name, [b'/' | b'\\', ..]) && name.iter().any(|b| !matches!(b, b'/' | b'.' | 0))),
        (Code::NameDrive, drive),
        (Code::NameBackslash, name.contains(&b'\\')),
        (Code::NameNul, name.contains(&0)),
        (Code::NameControl, name.iter().any(control)),
        (Code::NameNotUtf8, std::str::from_utf8(name).is_err()),
    ]
    .into_iter()
    .filter_map(|(code, is)| is.then_some(code))
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

/// The names of all entries by hash, for finding equal ones at the end: 16 bytes each.
#[derive(Default)]
pub(crate) struct Names {
    seen: Vec<(u64, u32, u32)>,
}

/// Two entries of one name.
pub(crate) struct Equal {
    /// The later one.
    pub entry: u64,
    /// The first one.
    pub first: u64,
    /// [`Code::DuplicateName`] or [`Code::NameCollision`].
    pub code: Code,
}

impl Names {
    pub(crate) fn add(&mut self, name: &[u8], entry: u64) {
        // A forged collision of hashes makes an issue too many in a forged archive, no more.
        let hash = |name: &[u8]| {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            hasher.finish()
        };
        let exact = name.strip_suffix(b"/").unwrap_or(name);
        self.seen.push((hash(&normalized(name)), hash(exact) as u32, entry as u32));
    }

    /// All equal names, by the later entry.
    pub(crate) fn equal(mut self) -> Vec<Equal> {
        self.seen.sort_unstable();
        let mut equal = Vec::new();
        for group in self.seen.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            let first_of_all = group.iter().map(|key| key.2).min().unwrap_or(0);
            for same in group.chunk_by(|a, b| a.1 == b.1) {
                let first = same[0].2;
                if first != first_of_all {
                    equal.push(Equal { entry: first.into(), first: first_of_all.into(), code: Code::NameCollision });
                }
                equal.extend(same[1..].iter().map(|key| Equal { entry: key.2.into(), first: first.into(), code: Code::DuplicateName }));
            }
        }
        equal.sort_unstable_by_key(|e| e.entry);
        equal
    }
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
