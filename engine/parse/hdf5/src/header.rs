//! Object headers: lists of messages, in chunks that continue each other.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#ObjectHeader>

use crate::checksum::lookup3;
use crate::cursor::Cursor;
use crate::file::File;
use crate::issue::{Fault, Issue, Problem, Read};
use crate::limits;
use crate::spans::Class;
use std::collections::HashSet;
use weighbridge_parse_read::ReadAt;

/// Types of messages.
pub(crate) mod kind {
    pub const DATASPACE: u16 = 0x01;
    pub const LINK_INFO: u16 = 0x02;
    pub const DATATYPE: u16 = 0x03;
    pub const LINK: u16 = 0x06;
    pub const EXTERNAL_FILES: u16 = 0x07;
    pub const LAYOUT: u16 = 0x08;
    pub const FILTERS: u16 = 0x0b;
    pub const ATTRIBUTE: u16 = 0x0c;
    pub const SHARED_TABLE: u16 = 0x0f;
    pub const CONTINUATION: u16 = 0x10;
    pub const SYMBOL_TABLE: u16 = 0x11;
    pub const TREE_K: u16 = 0x13;
    pub const ATTRIBUTE_INFO: u16 = 0x15;
    /// The metadata cache image.
    pub const LAST: u16 = 0x18;
}

/// The message lies elsewhere: what stands here says where.
const SHARED: u8 = 0x02;

/// A message, not yet read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Message {
    pub kind: u16,
    flags: u8,
    /// Offset of its data.
    pub at: u64,
    pub len: u32,
}

impl Message {
    pub fn is_shared(self) -> bool {
        self.flags & SHARED != 0
    }
}

/// An object header, as far as it could be read.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub messages: Vec<Message>,
    pub issues: Vec<Issue>,
    /// Messages that were read, those that stand for nothing too.
    read: usize,
}

impl Header {
    pub fn find(&self, kind: u16) -> Option<Message> {
        self.messages.iter().copied().find(|message| message.kind == kind)
    }

    pub fn all(&self, kind: u16) -> impl Iterator<Item = Message> + '_ {
        self.messages.iter().copied().filter(move |message| message.kind == kind)
    }
}

/// A part of a header that holds messages.
struct Chunk {
    at: u64,
    len: u64,
    /// Bytes of messages between signature and checksum.
    first: u64,
    end: u64,
}

impl<R: ReadAt + ?Sized> File<'_, R> {
    /// The header at `address`. What is wrong with it stands in it; an error is one that leaves nothing.
    pub(crate) fn header(&self, address: u64) -> Read<Header> {
        let head = self.blocks.read(address, 32)?;
        if head.starts_with(b"OHDR") { self.header_v2(address, &head) } else { self.header_v1(address, &head) }
    }

    /// Version, reserved, total number of header messages, object reference count, object header size, padding to eight bytes; messages.
    fn header_v1(&self, address: u64, head: &[u8]) -> Read<Header> {
        let mut cursor = Cursor::new(head, address, self.widths());
        let version = cursor.u8("an object header")?;
        if version != 1 {
            return Err(Issue::invalid(address, "an object header", format!("a byte of value {version}")).into());
        }
        let _reserved = cursor.u8("an object header")?;
        // No bound to the library: it reads each chunk to its end.
        let messages = usize::from(cursor.u16("an object header")?);
        let _references = cursor.u32("an object header")?;
        let size = u64::from(cursor.u32("an object header's size")?);
        let first = address + 16;
        let mut header = self.chunks(Chunk { at: address, len: 16 + size, first, end: first.saturating_add(size) }, None)?;
        if header.read < messages {
            let found = format!("{} of {messages}", header.read);
            header.issues.push(Issue::new(Problem::Size, address + 2, "as many messages as an object header says", found));
        }
        Ok(header)
    }

    /// "OHDR", version, flags, (times), (attribute phase change values), size of chunk 0; messages, gap, checksum.
    fn header_v2(&self, address: u64, head: &[u8]) -> Read<Header> {
        let mut cursor = Cursor::new(head, address, self.widths());
        cursor.signature(b"OHDR", "an object header")?;
        let version = cursor.u8("an object header")?;
        if version != 2 {
            return Err(Issue::unsupported(address + 4, "an object header of version 2", version.to_string()).into());
        }
        let flags = cursor.u8("an object header's flags")?;
        if flags & 0x20 != 0 {
            let _times = cursor.take(16, "an object header's times")?;
        }
        if flags & 0x10 != 0 {
            let _phase_change = cursor.u32("attribute phase change values")?;
        }
        let size = cursor.uint(1 << (flags & 3), "the size of an object header")?;
        let first = cursor.place();
        let end = first.saturating_add(size);
        let len = (end - address).saturating_add(4);
        self.chunks(Chunk { at: address, len, first, end }, Some(flags))
    }

    /// `flags` are those of version 2.
    fn chunks(&self, first: Chunk, flags: Option<u8>) -> Read<Header> {
        let mut header = Header::default();
        let mut seen = HashSet::from([first.at]);
        let mut next = vec![first];
        while let Some(chunk) = next.pop() {
            self.account.borrow_mut().add(Class::Structure, chunk.at, chunk.len);
            let before = header.messages.len();
            self.node(chunk.at)?;
            match self.messages(&chunk, flags, &mut header) {
                Ok(()) => {}
                Err(Fault::Issue(issue)) => header.issues.push(issue),
                Err(stop) => return Err(stop),
            }
            self.items(header.messages.len() - before, chunk.at)?;
            let continued: Vec<Message> = header.messages[before..].iter().copied().filter(|message| message.kind == kind::CONTINUATION).collect();
            for message in continued.into_iter().rev() {
                match self.continuation(message, flags.is_some()) {
                    Ok(chunk) if seen.len() >= limits::CONTINUATIONS => {
                        header.issues.push(Issue::new(Problem::Limit, chunk.at, "fewer chunks of one object header", seen.len().to_string()));
                    }
                    Ok(chunk) if seen.insert(chunk.at) => next.push(chunk),
                    Ok(chunk) => {
                        header.issues.push(Issue::new(Problem::Cycle, message.at, "a chunk that was not met before", format!("{:#x}", chunk.at)))
                    }
                    Err(Fault::Issue(issue)) => header.issues.push(issue),
                    Err(stop) => return Err(stop),
                }
            }
        }
        Ok(header)
    }

    /// Offset, length.
    fn continuation(&self, message: Message, new: bool) -> Read<Chunk> {
        let bytes = self.blocks.read(message.at, message.len.min(64) as usize)?;
        let mut cursor = Cursor::new(&bytes, message.at, self.widths());
        let at = cursor.address("the offset of an object header's next chunk")?;
        let len = cursor.length("the length of an object header's next chunk")?;
        let Some(at) = at.filter(|at| *at < self.blocks.size()) else {
            return Err(Issue::new(Problem::Truncated, message.at, "an object header's next chunk within the file", "an address beyond it").into());
        };
        let (signature, checksum) = if new { (4, 4) } else { (0, 0) };
        let end = at.saturating_add(len).saturating_sub(checksum);
        Ok(Chunk { at, len, first: at + signature, end })
    }

    /// Version 1: type, size of data, flags, reserved; data.
    /// Version 2: type (1 byte), size, flags, (creation order); data.
    fn messages(&self, chunk: &Chunk, flags: Option<u8>, header: &mut Header) -> Read<()> {
        let envelope = match flags {
            None => 8,
            Some(flags) if flags & 4 != 0 => 6,
            Some(_) => 4,
        };
        // The first chunk's signature was read with its header; those of version 1 have none.
        if flags.is_some() && chunk.first == chunk.at + 4 {
            let bytes = self.blocks.read(chunk.at, 4)?;
            Cursor::new(&bytes, chunk.at, self.widths()).signature(b"OCHK", "the signature of an object header's next chunk")?;
        }
        let mut at = chunk.first;
        while chunk.end.saturating_sub(at) >= envelope {
            if header.messages.len() >= limits::MESSAGES {
                return Err(Issue::new(Problem::Limit, at, "fewer messages in one object header", header.messages.len().to_string()).into());
            }
            let bytes = self.blocks.read(at, envelope as usize)?;
            let mut cursor = Cursor::new(&bytes, at, self.widths());
            let (kind, len, flags) = if flags.is_none() {
                let (kind, len) = (cursor.u16("a message")?, cursor.u16("a message's size")?);
                let flags = cursor.u8("a message's flags")?;
                cursor.skip(3, "a message")?;
                (kind, len, flags)
            } else {
                let kind = u16::from(cursor.u8("a message")?);
                let len = cursor.u16("a message's size")?;
                (kind, len, cursor.u8("a message's flags")?)
            };
            let data = at + envelope;
            let end = data + u64::from(len);
            if end > chunk.end || end > self.blocks.size() {
                return Err(Issue::new(Problem::Truncated, at, "a message within its object header", format!("{len} bytes")).into());
            }
            header.read += 1;
            // Many are no more than one.
            if kind > kind::LAST && header.issues.is_empty() {
                header.issues.push(Issue::unsupported(at, "a message of type 0 to 24", kind.to_string()));
            }
            if kind != 0 {
                header.messages.push(Message { kind, flags, at: data, len: u32::from(len) });
            }
            at = end;
        }
        if flags.is_some() && chunk.end <= self.blocks.size() {
            self.check(chunk.at, chunk.end, header)?;
        }
        Ok(())
    }

    fn check(&self, at: u64, end: u64, header: &mut Header) -> Read<()> {
        let len = usize::try_from(end - at).unwrap_or(usize::MAX);
        // Writers begin another chunk long before that.
        if len > limits::NODE {
            return Ok(());
        }
        let bytes = self.blocks.read(at, len + 4)?;
        let stored = bytes.get(len..).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        if stored != Some(lookup3(&bytes[..len.min(bytes.len())])) {
            header.issues.push(Issue::new(Problem::Checksum, at, "an object header that matches its checksum", ""));
        }
        Ok(())
    }
}
