//! A file that is being read: its bytes, its superblock, and what was met of it.

use crate::blocks::Blocks;
use crate::cursor::{Cursor, Widths};
use crate::header::{Message, kind};
use crate::issue::{Fault, Issue, Problem, Read};
use crate::limits;
use crate::spans::{Account, Class};
use crate::superblock::{self, Superblock};
use std::cell::{Cell, RefCell};
use weighbridge_parse_read::{ReadAt, Stop};

/// Bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Offset in the file.
    pub at: u64,
    /// How many.
    pub len: u64,
}

/// An HDF5 file.
pub struct File<'i, R: ?Sized> {
    pub(crate) blocks: Blocks<'i, R>,
    pub(crate) superblock: Superblock,
    pub(crate) account: RefCell<Account>,
    nodes: Cell<u64>,
    pub(crate) chunk_nodes: Cell<u64>,
    /// K of trees of chunks, which a message of the superblock extension may set.
    pub(crate) chunk_rank: Cell<u16>,
    /// Heaps of shared messages: the types they hold, and where they are.
    pub(crate) shared: RefCell<Vec<(u16, u64)>>,
}

impl<'i, R: ReadAt + ?Sized> File<'i, R> {
    /// Opens a file whose signature stands at `start`.
    pub(crate) fn open(input: &'i R, start: u64) -> Read<Self> {
        let blocks = Blocks::new(input);
        let superblock = superblock::read(&blocks, start)?;
        let chunk_rank = Cell::new(superblock.ranks[2]);
        let account = RefCell::default();
        let file = File { blocks, superblock, account, nodes: Cell::new(0), chunk_nodes: Cell::new(0), chunk_rank, shared: RefCell::default() };
        file.structure(file.superblock.at, file.superblock.length);
        Ok(file)
    }

    pub(crate) fn widths(&self) -> Widths {
        self.superblock.widths
    }

    pub(crate) fn offset_width(&self) -> u64 {
        u64::from(self.superblock.widths.offset)
    }

    pub(crate) fn length_width(&self) -> u64 {
        u64::from(self.superblock.widths.length)
    }

    pub(crate) fn structure(&self, at: u64, len: u64) {
        self.account.borrow_mut().add(Class::Structure, at, len);
    }

    pub(crate) fn payload(&self, at: u64, len: u64) {
        self.account.borrow_mut().add(Class::Payload, at, len);
    }

    /// Counts a node of a tree that leads to links or attributes.
    pub(crate) fn node(&self, at: u64) -> Read<()> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > limits::NODES {
            return Err(Issue::new(Problem::Limit, at, "fewer nodes of trees", limits::NODES.to_string()).into());
        }
        self.blocks.input().poll(1)?;
        Ok(())
    }

    /// Counts what is gone through in a node or a list. Lists may lie over each other: what bounds them is not the file's size.
    pub(crate) fn items(&self, items: usize, at: u64) -> Read<()> {
        self.nodes.set(self.nodes.get().saturating_add(items as u64 / 8));
        self.node(at)
    }

    /// The bytes of a message, at most `limit` of them, and where they stand: elsewhere when it is shared.
    pub(crate) fn message(&self, message: Message, limit: usize) -> Read<(Span, Vec<u8>)> {
        let span = if message.is_shared() { self.shared(message)? } else { Span { at: message.at, len: u64::from(message.len) } };
        let len = usize::try_from(span.len).unwrap_or(usize::MAX).min(limit);
        self.items(len / 64, span.at)?;
        Ok((span, self.blocks.read(span.at, len)?))
    }

    /// Version, type, then by both: (1) reserved, address; (2, 3) address of an object header that has the message; (3, type 1) id in the heap of shared messages.
    pub(crate) fn shared(&self, message: Message) -> Read<Span> {
        let bytes = self.blocks.read(message.at, message.len.min(64) as usize)?;
        let mut cursor = Cursor::new(&bytes, message.at, self.widths());
        self.shared_in(&mut cursor, message.kind)
    }

    /// The same from where it stands within another message.
    pub(crate) fn shared_in(&self, cursor: &mut Cursor<'_>, kind: u16) -> Read<Span> {
        let place = cursor.place();
        let version = cursor.u8("a shared message")?;
        let type_ = cursor.u8("a shared message")?;
        match (version, type_) {
            (3, 1) => {
                let id = cursor.take(8, "the id of a shared message")?;
                let heap = self.shared.borrow().iter().find(|(kinds, _)| kinds & (1u16 << kind.min(15)) != 0).map(|(_, heap)| *heap);
                let Some(heap) = heap else {
                    return Err(Issue::invalid(place, "a heap of shared messages", "none").into());
                };
                return self.heap(heap)?.object(self, id, place);
            }
            (1, _) => cursor.skip(6, "a shared message")?,
            (2 | 3, _) => {}
            _ => return Err(Issue::unsupported(place, "a shared message of version 1 to 3", version.to_string()).into()),
        }
        let Some(address) = cursor.address("the address of a shared message")? else {
            return Err(Issue::invalid(place, "the address of a shared message", "none").into());
        };
        // One level is all that there is: what a named type's header holds is not shared itself.
        match self.header(address)?.find(kind).filter(|message| !message.is_shared()) {
            Some(found) => Ok(Span { at: found.at, len: u64::from(found.len) }),
            None => Err(Issue::invalid(place, "an object header with the shared message", format!("{address:#x}")).into()),
        }
    }

    /// What the superblock extension says of the file.
    pub(crate) fn extension(&self) -> Read<()> {
        let Some(address) = self.superblock.extension else { return Ok(()) };
        let header = self.header(address)?;
        if let Some(message) = header.find(kind::TREE_K) {
            // Version, indexed storage internal node K, group internal node K, group leaf node K.
            let (span, bytes) = self.message(message, 16)?;
            let mut cursor = Cursor::new(&bytes, span.at, self.widths());
            let _version = cursor.u8("B-tree K values")?;
            self.chunk_rank.set(cursor.u16("B-tree K values")?);
        }
        if let Some(message) = header.find(kind::SHARED_TABLE) {
            // Version, address of the table, number of indexes.
            let (span, bytes) = self.message(message, 64)?;
            let mut cursor = Cursor::new(&bytes, span.at, self.widths());
            let _version = cursor.u8("a shared message table")?;
            let table = cursor.address("the address of the shared message table")?;
            let count = cursor.u8("the number of indexes of shared messages")?;
            if let Some(table) = table {
                self.shared_table(table, count)?;
            }
        }
        Ok(())
    }

    /// "SMTB"; for each index: version, type, message types, minimum size, list cutoff, tree cutoff, number of messages, address of the index, of the heap; checksum.
    fn shared_table(&self, at: u64, count: u8) -> Read<()> {
        // The library has at most eight.
        let len = 4 + usize::from(count.min(8)) * (16 + 2 * usize::from(self.widths().offset)) + 4;
        let bytes = self.blocks.read(at, len)?;
        let mut cursor = Cursor::new(&bytes, at, self.widths());
        cursor.signature(b"SMTB", "a shared message table")?;
        self.structure(at, len as u64);
        for _ in 0..count.min(8) {
            let _version_and_type = cursor.u16("an index of shared messages")?;
            let kinds = cursor.u16("types of shared messages")?;
            let _minimum = cursor.u32("an index of shared messages")?;
            let _cutoffs = cursor.u32("an index of shared messages")?;
            let _messages = cursor.u16("an index of shared messages")?;
            let _index = cursor.address("an index of shared messages")?;
            if let Some(heap) = cursor.address("the heap of shared messages")? {
                self.shared.borrow_mut().push((kinds, heap));
            }
        }
        Ok(())
    }

    /// Text at `at`, up to a NUL or the limit on names.
    pub(crate) fn text(&self, at: u64, expected: &'static str) -> Read<String> {
        let bytes = self.blocks.read(at, limits::NAME)?;
        let end = bytes.iter().position(|byte| *byte == 0);
        if end.is_none() && bytes.len() < limits::NAME {
            return Err(Issue::new(Problem::Truncated, at, expected, format!("{} bytes without a NUL", bytes.len())).into());
        }
        Ok(String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned())
    }
}

/// Keeps an issue, and passes a stop on.
pub(crate) fn note<T>(result: Read<T>, issues: &mut Vec<Issue>) -> Result<Option<T>, Stop> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Fault::Issue(issue)) => {
            issues.push(issue);
            Ok(None)
        }
        Err(Fault::Stop(stop)) => Err(stop),
    }
}
