//! The walk from the root group over everything that hard links lead to, each object once.

use crate::attributes::Attribute;
use crate::dataset::Dataset;
use crate::file::{File, note};
use crate::groups::{Link, LinkTarget};
use crate::header::{Header, kind};
use crate::issue::{Fault, Issue, Problem, Read};
use crate::limits;
use crate::spans::Account;
use crate::superblock::Superblock;
use std::collections::HashSet;
use weighbridge_parse_read::{ReadAt, Stop};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Group,
    Dataset,
    NamedType,
    /// Its header could not be read, or says nothing of it.
    Unknown,
}

/// An object that is visited.
#[derive(Debug, Clone, Copy)]
pub struct Object<'o> {
    /// The path by which it was reached first.
    pub path: &'o str,
    /// Offset of its header.
    pub at: u64,
    /// What it is.
    pub kind: Kind,
}

/// Takes what is met, in order: an object, its attributes, its links, what it stores.
pub trait Visitor {
    /// The superblock was read.
    fn superblock(&mut self, superblock: &Superblock) -> Result<(), Stop>;
    /// An object begins.
    fn object(&mut self, object: &Object<'_>) -> Result<(), Stop>;
    /// An attribute of it.
    fn attribute(&mut self, object: &Object<'_>, attribute: &Attribute) -> Result<(), Stop>;
    /// A link of a group.
    fn link(&mut self, object: &Object<'_>, link: &Link) -> Result<(), Stop>;
    /// The elements of a dataset; `values` finds those of variable length that lie in its first parts.
    fn dataset(&mut self, object: &Object<'_>, dataset: &Dataset, values: &mut dyn FnMut() -> Result<Vec<crate::Span>, Stop>) -> Result<(), Stop>;
    /// Something is wrong.
    fn issue(&mut self, object: &Object<'_>, issue: &Issue) -> Result<(), Stop>;
}

/// An object that waits to be visited.
struct Waiting {
    at: u64,
    path: String,
}

/// Walks a file whose signature stands at `start`. The answer is what was accounted for.
pub fn walk<R: ReadAt + ?Sized>(input: &R, start: u64, visitor: &mut dyn Visitor) -> Result<Account, Stop> {
    let root = Object { path: "/", at: start, kind: Kind::Unknown };
    let file = match File::open(input, start) {
        Ok(file) => file,
        Err(Fault::Issue(issue)) => {
            visitor.issue(&root, &issue)?;
            return Ok(Account::default());
        }
        Err(Fault::Stop(stop)) => return Err(stop),
    };
    visitor.superblock(&file.superblock)?;
    let mut issues = Vec::new();
    if !file.superblock.checksum {
        issues.push(Issue::new(Problem::Checksum, start, "a superblock that matches its checksum", ""));
    }
    note(file.extension(), &mut issues)?;
    for issue in &issues {
        visitor.issue(&root, issue)?;
    }
    Walk { file: &file, visitor, seen: HashSet::new(), next: Vec::new(), paths: 0, issues: 0, full: false }.run()?;
    Ok(file.account.into_inner())
}

struct Walk<'w, 'i, R: ?Sized> {
    file: &'w File<'i, R>,
    visitor: &'w mut dyn Visitor,
    seen: HashSet<u64>,
    next: Vec<Waiting>,
    /// Bytes of the paths in `next`.
    paths: usize,
    issues: u64,
    full: bool,
}

impl<R: ReadAt + ?Sized> Walk<'_, '_, R> {
    fn run(mut self) -> Result<(), Stop> {
        let Some(root) = self.file.superblock.root else { return Ok(()) };
        self.seen.insert(root);
        self.next.push(Waiting { at: root, path: "/".into() });
        while let Some(Waiting { at, path }) = self.next.pop() {
            self.paths -= path.len().min(self.paths);
            self.file.blocks.input().poll(1)?;
            let before = self.next.len();
            self.object(at, &path)?;
            // The first link of a group is followed first.
            self.next[before..].reverse();
        }
        Ok(())
    }

    fn object(&mut self, at: u64, path: &str) -> Result<(), Stop> {
        let mut issues = Vec::new();
        let header = if at >= self.file.blocks.size() {
            issues.push(Issue::new(Problem::Truncated, at, "an object header within the file", format!("the address {at:#x}")));
            Header::default()
        } else {
            note(self.file.header(at), &mut issues)?.unwrap_or_default()
        };
        let has = |kind: u16| header.find(kind).is_some();
        let is_root = self.file.superblock.root == Some(at);
        let kind = if has(kind::LAYOUT) {
            Kind::Dataset
        } else if has(kind::SYMBOL_TABLE) || has(kind::LINK_INFO) || has(kind::LINK) || is_root {
            Kind::Group
        } else if has(kind::DATATYPE) {
            Kind::NamedType
        } else {
            Kind::Unknown
        };
        let object = Object { path, at, kind };
        self.visitor.object(&object)?;
        let visitor = &mut *self.visitor;
        let attributes = self.file.attributes(&header, &mut issues, &mut |attribute| Ok(visitor.attribute(&object, &attribute)?));
        note(attributes, &mut issues)?;
        self.links(&object, &header, &mut issues)?;
        if let Some(dataset) = self.file.dataset(&header, &mut issues)? {
            let mut broken = Vec::new();
            let file = self.file;
            let mut values = || -> Result<Vec<crate::Span>, Stop> {
                let mut found = Vec::new();
                let Some(datatype) = dataset.datatype.as_ref().filter(|_| dataset.filters.is_empty()) else { return Ok(found) };
                for part in &dataset.parts {
                    if found.len() as u64 >= limits::ELEMENTS {
                        break;
                    }
                    found.extend(file.variable(datatype, *part, dataset.space.elements(), &mut broken)?);
                }
                Ok(found)
            };
            self.visitor.dataset(&object, &dataset, &mut values)?;
            issues.append(&mut broken);
        }
        issues.extend(header.issues);
        for issue in issues {
            self.issues += 1;
            if self.issues <= limits::ISSUES {
                self.visitor.issue(&object, &issue)?;
            }
        }
        Ok(())
    }

    fn links(&mut self, object: &Object<'_>, header: &Header, issues: &mut Vec<Issue>) -> Result<(), Stop> {
        let file = self.file;
        let mut found_any = header.find(kind::SYMBOL_TABLE).is_some() || header.find(kind::LINK_INFO).is_some();
        let result = file.links(header, issues, &mut |link| self.link(object, link));
        note(result, issues)?;
        found_any |= header.find(kind::LINK).is_some();
        // Where the root's header does not say, the superblock does.
        if let (false, true, Some((tree, heap))) = (found_any, file.superblock.root == Some(object.at), file.superblock.root_table) {
            let result = file.symbols(tree, heap, issues, &mut |link| self.link(object, link));
            note(result, issues)?;
        }
        Ok(())
    }

    fn link(&mut self, object: &Object<'_>, link: Link) -> Read<()> {
        self.visitor.link(object, &link)?;
        let LinkTarget::Hard(at) = link.target else { return Ok(()) };
        if self.seen.contains(&at) {
            return Ok(());
        }
        if self.seen.len() >= limits::OBJECTS {
            if std::mem::replace(&mut self.full, true) {
                return Ok(());
            }
            return Err(Issue::new(Problem::Limit, at, "fewer objects", limits::OBJECTS.to_string()).into());
        }
        self.seen.insert(at);
        let deep = object.path.matches('/').count() >= limits::DEPTH;
        let path = match object.path {
            _ if deep || self.paths >= limits::PATHS => format!("…/{}", link.name),
            "/" => format!("/{}", link.name),
            parent => format!("{parent}/{}", link.name),
        };
        let path = if self.paths >= limits::PATHS { "…".to_owned() } else { path };
        self.paths += path.len();
        self.next.push(Waiting { at, path });
        Ok(())
    }
}
