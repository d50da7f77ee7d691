//! Groups: what they link to, in each of the ways to store that.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#SymbolTable>,
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#LinkMessage>

use crate::cursor::Cursor;
use crate::file::{File, Span};
use crate::header::{Header, Message, kind};
use crate::heaps::LocalHeap;
use crate::issue::{Fault, Issue, Read};
use crate::limits;
use crate::tree1::Keys;
use weighbridge_parse_read::ReadAt;

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// To an object header of this file.
    Hard(u64),
    /// To a path of this file.
    Soft(String),
    /// To a path of another file.
    External {
        /// As a loader looks for it: absolute, or beside this file.
        file: String,
        /// In it.
        path: String,
    },
    /// To whatever the program has registered for a number.
    User(u8),
}

/// A link of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name in the group.
    pub name: String,
    /// Where it leads.
    pub target: LinkTarget,
    /// Where it stands.
    pub place: Span,
}

impl<R: ReadAt + ?Sized> File<'_, R> {
    /// All links of a group. What cannot be read becomes an issue of `issues`.
    pub(crate) fn links(&self, header: &Header, issues: &mut Vec<Issue>, each: &mut dyn FnMut(Link) -> Read<()>) -> Read<()> {
        for message in header.all(kind::LINK) {
            let result = self.link_message(message).and_then(&mut *each);
            keep(result, issues)?;
        }
        for message in header.all(kind::SYMBOL_TABLE) {
            keep(self.symbol_table(message, issues, each), issues)?;
        }
        for message in header.all(kind::LINK_INFO) {
            keep(self.dense_links(message, issues, each), issues)?;
        }
        Ok(())
    }

    fn link_message(&self, message: Message) -> Read<Link> {
        let (span, bytes) = self.message(message, limits::LINK)?;
        Ok(link(&mut Cursor::new(&bytes, span.at, self.widths()), span)?)
    }

    /// Address of the B-tree, address of the local heap.
    fn symbol_table(&self, message: Message, issues: &mut Vec<Issue>, each: &mut dyn FnMut(Link) -> Read<()>) -> Read<()> {
        let (span, bytes) = self.message(message, 64)?;
        let mut cursor = Cursor::new(&bytes, span.at, self.widths());
        let tree = cursor.address("the B-tree of a group")?;
        let heap = cursor.address("the heap of a group")?;
        match (tree, heap) {
            (Some(tree), Some(heap)) => self.symbols(tree, heap, issues, each),
            _ => Err(Issue::invalid(span.at, "the B-tree and the heap of a group", "none").into()),
        }
    }

    pub(crate) fn symbols(&self, tree: u64, heap: u64, issues: &mut Vec<Issue>, each: &mut dyn FnMut(Link) -> Read<()>) -> Read<()> {
        let heap = self.local_heap(heap)?;
        issues.extend(heap.short.clone());
        self.tree1(tree, Keys::Names, &mut |child| {
            let result = self.symbol_node(child.at, &heap, issues, each);
            keep(result, issues)
        })
    }

    /// "SNOD", version, reserved, number of symbols; for each: link name offset, object header address, cache type, reserved, scratch-pad.
    fn symbol_node(&self, at: u64, heap: &LocalHeap, issues: &mut Vec<Issue>, each: &mut dyn FnMut(Link) -> Read<()>) -> Read<()> {
        let bytes = self.blocks.read(at, 8)?;
        let mut cursor = Cursor::new(&bytes, at, self.widths());
        cursor.signature(b"SNOD", "a symbol table node")?;
        let _version = cursor.u16("a symbol table node")?;
        let symbols = usize::from(cursor.u16("a symbol table node")?);
        self.items(symbols, at)?;
        let entry = 2 * usize::from(self.widths().offset) + 24;
        let allocated = symbols.max(2 * usize::from(self.superblock.ranks[0]));
        self.structure(at, (8 + allocated * entry) as u64);
        let bytes = self.blocks.read(at + 8, symbols * entry)?;
        let mut cursor = Cursor::new(&bytes, at + 8, self.widths());
        for _ in 0..symbols {
            let place = Span { at: cursor.place(), len: entry as u64 };
            let name = cursor.uint(usize::from(self.widths().offset), "a symbol")?;
            let address = cursor.address("a symbol's object header")?;
            let cache = cursor.u32("a symbol")?;
            let _reserved = cursor.u32("a symbol")?;
            let value = cursor.u32("a symbol")?;
            cursor.skip(12, "a symbol")?;
            let result = self.symbol(heap, name, address, (cache == 2).then_some(value), place).and_then(&mut *each);
            keep(result, issues)?;
        }
        Ok(())
    }

    fn symbol(&self, heap: &LocalHeap, name: u64, address: Option<u64>, soft: Option<u32>, place: Span) -> Read<Link> {
        let name = heap.text(self, name, "the name of a link")?;
        let target = match (soft, address) {
            (Some(value), _) => LinkTarget::Soft(heap.text(self, u64::from(value), "the path of a soft link")?),
            (None, Some(address)) => LinkTarget::Hard(address),
            (None, None) => return Err(Issue::invalid(place.at, "the address of an object", "none").into()),
        };
        Ok(Link { name, target, place })
    }

    /// Version, flags, (maximum creation index), address of the fractal heap, address of the tree of names, …
    fn dense_links(&self, message: Message, issues: &mut Vec<Issue>, each: &mut dyn FnMut(Link) -> Read<()>) -> Read<()> {
        let (span, bytes) = self.message(message, 64)?;
        let mut cursor = Cursor::new(&bytes, span.at, self.widths());
        let _version = cursor.u8("link information")?;
        if cursor.u8("link information")? & 1 != 0 {
            let _maximum = cursor.u64("link information")?;
        }
        let heap = cursor.address("the heap of links")?;
        let tree = cursor.address("the tree of links")?;
        let (Some(heap), Some(tree)) = (heap, tree) else { return Ok(()) };
        let heap = self.heap(heap)?;
        self.tree2(tree, &mut |record| {
            // Type 5: hash of the name (4 bytes), id; type 6: creation order (8 bytes), id.
            let before = if record.kind == 6 { 8 } else { 4 };
            let id = record.bytes.get(before..).unwrap_or(&[]);
            let result = heap.object(self, &id[..id.len().min(heap.id_len())], record.at + before as u64).and_then(|span| {
                let bytes = self.blocks.read(span.at, usize::try_from(span.len).unwrap_or(usize::MAX).min(limits::LINK))?;
                each(link(&mut Cursor::new(&bytes, span.at, self.widths()), span)?)
            });
            keep(result, issues)
        })
    }
}

/// Version, flags, (link type), (creation order), (character set), length of name, name; by type: address; or length, path; or length, flags, file, path.
fn link(cursor: &mut Cursor<'_>, place: Span) -> Result<Link, Issue> {
    let version = cursor.u8("a link")?;
    if version != 1 {
        return Err(Issue::unsupported(place.at, "a link of version 1", version.to_string()));
    }
    let flags = cursor.u8("a link")?;
    let type_ = if flags & 8 != 0 { cursor.u8("the type of a link")? } else { 0 };
    if flags & 4 != 0 {
        let _creation_order = cursor.u64("a link")?;
    }
    if flags & 16 != 0 {
        let _character_set = cursor.u8("a link")?;
    }
    let len = cursor.uint(1 << (flags & 3), "the length of a link's name")?;
    let name = text(cursor.take(usize::try_from(len).unwrap_or(usize::MAX), "the name of a link")?);
    let at = cursor.place();
    let target = match type_ {
        0 => match cursor.address("the address of an object")? {
            Some(address) => LinkTarget::Hard(address),
            None => return Err(Issue::invalid(at, "the address of an object", "none")),
        },
        1 => {
            let len = cursor.u16("the length of a soft link")?;
            LinkTarget::Soft(text(cursor.take(usize::from(len), "the path of a soft link")?))
        }
        64 => {
            let _len = cursor.u16("the length of an external link")?;
            let _version_and_flags = cursor.u8("an external link")?;
            let file = text(cursor.until_nul("the file of an external link")?);
            // The last NUL may be missing where the length leaves it out.
            let rest = cursor.take(cursor.left(), "the path of an external link")?;
            let path = text(rest.split(|byte| *byte == 0).next().unwrap_or(&[]));
            LinkTarget::External { file, path }
        }
        65.. => LinkTarget::User(type_),
        _ => return Err(Issue::invalid(place.at, "a hard, soft, external or user-defined link", type_.to_string())),
    };
    Ok(Link { name, target, place })
}

/// Text, cut at a NUL and at the limit on names.
pub(crate) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()).min(limits::NAME);
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// What goes wrong with one part of a list is kept, and the list goes on. What bounds the work as a whole ends it.
pub(crate) fn keep(result: Read<()>, issues: &mut Vec<Issue>) -> Read<()> {
    match result {
        Err(Fault::Issue(issue)) if issue.problem != crate::Problem::Limit => {
            issues.push(issue);
            Ok(())
        }
        other => other,
    }
}
