//! Names of an archive's members: what readers and file systems make of them.

use std::hash::{DefaultHasher, Hash, Hasher};

/// The parts of a name between `/`, or `\` as Windows has it.
pub fn components(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|&b| b == b'/' || b == b'\\')
}

/// A name as the least careful file system takes it: `\` as `/`, without empty and `.` components, ASCII letters in lower case.
pub fn normalized(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for part in components(name).filter(|part| !part.is_empty() && *part != b".") {
        if !out.is_empty() {
            out.push(b'/');
        }
        out.extend(part.iter().map(u8::to_ascii_lowercase));
    }
    out
}

/// What is odd in one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// There is none.
    Empty,
    /// A `..` component.
    Traversal,
    /// It begins with a slash.
    Absolute,
    /// It begins with a drive of Windows.
    Drive,
    /// A `\`, which Windows takes for a slash.
    Backslash,
    /// A NUL, at which some readers cut it.
    Nul,
    /// A control character.
    Control,
    /// It is not UTF-8.
    NotUtf8,
}

/// The oddities of one name, in the order of [`Oddity`].
pub fn oddities(name: &[u8]) -> impl Iterator<Item = Oddity> + use<> {
    let control = |b: &u8| (*b < 0x20 && *b != 0) || *b == 0x7F;
    [
        (Oddity::Empty, name.is_empty()),
        (Oddity::Traversal, components(name).any(|part| part == b"..")),
        (Oddity::Absolute, matches!(name, [b'/' | b'\\', ..])),
        (Oddity::Drive, matches!(name, [letter, b':', ..] if letter.is_ascii_alphabetic())),
        (Oddity::Backslash, name.contains(&b'\\')),
        (Oddity::Nul, name.contains(&0)),
        (Oddity::Control, name.iter().any(control)),
        (Oddity::NotUtf8, std::str::from_utf8(name).is_err()),
    ]
    .into_iter()
    .filter_map(|(oddity, is)| is.then_some(oddity))
}

/// The names of all members by hash, for finding equal ones at the end: 16 bytes each.
#[derive(Debug, Default)]
pub struct Names {
    seen: Vec<(u64, u32, u32)>,
}

/// Two members of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Equal {
    /// The later one.
    pub entry: u64,
    /// The first one.
    pub first: u64,
    /// Whether the names are the same to the letter, and not only to a careless file system.
    pub exact: bool,
}

impl Names {
    /// Adds a member: its name to the letter, as the least careful reader takes it, and its number.
    pub fn add(&mut self, exact: &[u8], normalized: &[u8], entry: u64) {
        // A forged collision of hashes makes an issue too many in a forged archive, no more.
        let hash = |name: &[u8]| {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            hasher.finish()
        };
        self.seen.push((hash(normalized), hash(exact) as u32, entry as u32));
    }

    /// All equal names, by the later member.
    pub fn equal(mut self) -> Vec<Equal> {
        self.seen.sort_unstable();
        let mut equal = Vec::new();
        for group in self.seen.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            let first_of_all = group.iter().map(|key| key.2).min().unwrap_or(0);
            for same in group.chunk_by(|a, b| a.1 == b.1) {
                let first = same[0].2;
                if first != first_of_all {
                    equal.push(Equal { entry: first.into(), first: first_of_all.into(), exact: false });
                }
                equal.extend(same[1..].iter().map(|key| Equal { entry: key.2.into(), first: first.into(), exact: true }));
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
    fn names_are_odd_in_what_file_systems_make_of_them() {
        for (name, expected) in [
            (&b"a/b.txt"[..], &[][..]),
            (b"", &[Oddity::Empty]),
            (b"a/../b", &[Oddity::Traversal]),
            (b"/etc", &[Oddity::Absolute]),
            (b"C:x", &[Oddity::Drive]),
            (b"..\\x\0\x01\xff", &[Oddity::Traversal, Oddity::Backslash, Oddity::Nul, Oddity::Control, Oddity::NotUtf8]),
        ] {
            assert_eq!(oddities(name).collect::<Vec<_>>(), expected, "{name:?}");
        }
    }

    #[test]
    fn equal_names_are_found_to_the_letter_and_as_a_file_system_has_them() {
        let mut names = Names::default();
        for (at, name) in [&b"a/b"[..], b"A\\.\\b", b"c", b"a/b"].into_iter().enumerate() {
            names.add(name, &normalized(name), at as u64);
        }
        let equal = names.equal();
        assert_eq!(equal, [Equal { entry: 1, first: 0, exact: false }, Equal { entry: 3, first: 0, exact: true }]);
    }
}
