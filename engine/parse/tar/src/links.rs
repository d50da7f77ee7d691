//! Where names lead, through the symbolic links that the archive itself makes.
//!
//! An archive that links `a` to `..` and then holds `a/b` writes beside the folder it is unpacked to. So may one that links `a` to `d/../x`,
//! which stays inside, and later `d` to `.`. Targets are resolved when a name is used, and all links again at the end.

use std::cell::Cell;
use std::collections::HashMap;

use weighbridge_parse_read::Stop;

use crate::limits::{HOPS, Limits, PARTS};

/// Where a name or a target leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leads {
    /// Inside the root.
    Inside,
    /// Out of the root, by its own words.
    Out,
    /// To an absolute path.
    Absolute,
    /// Out of the root, through a link.
    Through,
}

/// A link: the folder it lies in, its target, and the entry that made it.
#[derive(Debug, Clone)]
struct Link {
    folder: Vec<u8>,
    target: Vec<u8>,
    entry: u64,
    /// It has been said of it already.
    out: bool,
}

/// The links of an archive, as far as the walk has come.
#[derive(Default)]
pub(crate) struct Links {
    by_path: HashMap<Vec<u8>, Link>,
    bytes: usize,
    /// Some were not kept.
    pub full: bool,
    /// Work done since it was last asked for, in components.
    work: Cell<u64>,
}

fn parts(name: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    name.split(|&b| b == b'/').filter(|part| !part.is_empty() && *part != b".")
}

fn is_absolute(name: &[u8]) -> bool {
    matches!(name, [b'/' | b'\\', ..]) || matches!(name, [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Whether a relative name leads out by its own `..`.
fn climbs(folder: &[u8], name: &[u8]) -> bool {
    let mut depth = parts(folder).count();
    for part in parts(name) {
        match part {
            b".." if depth == 0 => return true,
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

impl Links {
    /// Where `name` leads, seen from `folder`.
    pub fn leads(&self, folder: &[u8], name: &[u8]) -> Leads {
        if is_absolute(name) {
            return Leads::Absolute;
        }
        if climbs(folder, name) {
            return Leads::Out;
        }
        if self.by_path.is_empty() {
            return Leads::Inside;
        }
        let mut todo: Vec<&[u8]> = parts(name).rev().chain(parts(folder).rev()).collect();
        let mut path: Vec<u8> = Vec::new();
        let (mut hops, mut taken) = (0, 0);
        while let Some(part) = todo.pop() {
            taken += 1;
            // Looking a path up costs its length.
            self.work.set(self.work.get() + 1 + path.len() as u64 / 32);
            if taken > PARTS {
                // Longer than any path may be: it cannot be opened.
                return Leads::Inside;
            }
            if part == b".." {
                if path.is_empty() {
                    return Leads::Through;
                }
                path.truncate(path.iter().rposition(|&b| b == b'/').unwrap_or(0));
                continue;
            }
            let parent = path.len();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(part);
            if let Some(link) = self.by_path.get(&path) {
                if is_absolute(&link.target) {
                    return Leads::Through;
                }
                hops += 1;
                if hops > HOPS {
                    return Leads::Inside;
                }
                path.truncate(parent);
                todo.extend(parts(&link.target).rev());
            }
        }
        Leads::Inside
    }

    /// Adds a symbolic link.
    pub fn symlink(&mut self, name: &[u8], target: &[u8], entry: u64, out: bool, limits: &Limits) {
        let path = parts(name).collect::<Vec<_>>().join(&b'/');
        let folder = path[..path.iter().rposition(|&b| b == b'/').unwrap_or(0)].to_vec();
        let bytes = path.len() + folder.len() + target.len();
        if self.by_path.len() >= limits.max_links || self.bytes + bytes > limits.max_link_bytes {
            self.full = true;
            return;
        }
        self.bytes += bytes;
        self.by_path.insert(path, Link { folder, target: target.to_vec(), entry, out });
    }

    /// Adds a hard link: where its target is a symbolic link, it is one too, seen from its own folder.
    pub fn hardlink(&mut self, name: &[u8], target: &[u8], entry: u64, limits: &Limits) {
        let path = parts(target).collect::<Vec<_>>().join(&b'/');
        if let Some(link) = self.by_path.get(&path).cloned() {
            self.symlink(name, &link.target, entry, link.out, limits);
        }
    }

    /// Work done since the last call: a long name through many links costs more than its header shows.
    pub fn work(&self) -> u64 {
        self.work.take()
    }

    /// The links that lead out now that all are known, and did not when they were made: their entries, in order.
    pub fn late(&self, mut poll: impl FnMut(u64) -> Result<(), Stop>) -> Result<Vec<u64>, Stop> {
        let mut late = Vec::new();
        for link in self.by_path.values().filter(|link| !link.out) {
            if self.leads(&link.folder, &link.target) != Leads::Inside {
                late.push(link.entry);
            }
            poll(1 + self.work())?;
        }
        late.sort_unstable();
        Ok(late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(all: &[(&str, &str)]) -> Links {
        let mut links = Links::default();
        for (index, (name, target)) in all.iter().enumerate() {
            links.symlink(name.as_bytes(), target.as_bytes(), index as u64, false, &Limits::default());
        }
        links
    }

    #[test]
    fn names_are_followed_through_links() {
        let made = links(&[("a", "b/c"), ("b", "."), ("up", ".."), ("abs", "/etc"), ("in", "sub/dir"), ("loop", "loop")]);
        assert_eq!(made.leads(b"", b"a/x"), Leads::Inside);
        assert_eq!(made.leads(b"", b"up/x"), Leads::Through);
        assert_eq!(made.leads(b"", b"abs/x"), Leads::Through);
        assert_eq!(made.leads(b"", b"in/../../x"), Leads::Out);
        assert_eq!(made.leads(b"", b"in/../x"), Leads::Inside);
        assert_eq!(made.leads(b"", b"loop/x"), Leads::Inside);
        assert_eq!(made.leads(b"", b"./../x"), Leads::Out);
        assert_eq!(made.leads(b"d", b"../x"), Leads::Inside);
    }

    #[test]
    fn a_later_link_turns_an_earlier_one() {
        assert_eq!(links(&[("a", "d/../x"), ("d", ".")]).late(|_| Ok(())), Ok(vec![0]));
        assert_eq!(links(&[("a", "d/../x"), ("d", "e/f")]).late(|_| Ok(())), Ok(vec![]));
    }
}
