//! Local heaps, which hold the names of old groups, and the global heap, which holds elements of variable length.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#LocalHeap>,
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#GlobalHeap>

use crate::cursor::Cursor;
use crate::file::{File, Span};
use crate::issue::{Issue, Problem, Read};
use crate::limits;
use weighbridge_parse_read::ReadAt;

/// Where the names of a local heap lie.
#[derive(Debug, Clone)]
pub(crate) struct LocalHeap {
    data: Span,
    /// It is shorter than it says; what there is of it is read all the same.
    pub short: Option<Issue>,
}

impl LocalHeap {
    /// The text at an offset of the heap.
    pub fn text<R: ReadAt + ?Sized>(&self, file: &File<'_, R>, offset: u64, expected: &'static str) -> Read<String> {
        if offset >= self.data.len {
            return Err(Issue::invalid(self.data.at, expected, format!("offset {offset} of a heap of {} bytes", self.data.len)).into());
        }
        file.text(self.data.at + offset, expected)
    }
}

impl<R: ReadAt + ?Sized> File<'_, R> {
    /// "HEAP", version, reserved, data segment size, offset to head of free-list, address of data segment.
    pub(crate) fn local_heap(&self, at: u64) -> Read<LocalHeap> {
        let len = 8 + 2 * self.length_width() + self.offset_width();
        let bytes = self.blocks.read(at, len as usize)?;
        let mut cursor = Cursor::new(&bytes, at, self.widths());
        cursor.signature(b"HEAP", "a local heap")?;
        let _version = cursor.u32("a local heap")?;
        let size = cursor.length("the size of a local heap")?;
        let _free = cursor.length("a local heap")?;
        let place = cursor.place();
        let data = cursor.address("the data of a local heap")?;
        self.structure(at, len);
        match data {
            Some(data) if data.checked_add(size).is_some_and(|end| end <= self.blocks.size()) => {
                self.structure(data, size);
                Ok(LocalHeap { data: Span { at: data, len: size }, short: None })
            }
            _ => {
                let issue = Issue::new(Problem::Truncated, place, "the data of a local heap within the file", format!("{size} bytes"));
                match data.filter(|data| *data < self.blocks.size()) {
                    Some(data) => Ok(LocalHeap { data: Span { at: data, len: self.blocks.size() - data }, short: Some(issue) }),
                    None => Err(issue.into()),
                }
            }
        }
    }

    /// An object of a collection of the global heap.
    ///
    /// "GCOL", version, reserved, collection size; for each object: index, reference count, reserved, size, data (padded to eight bytes).
    pub(crate) fn global(&self, collection: u64, index: u32, place: u64) -> Read<Span> {
        let head = 8 + self.length_width();
        let bytes = self.blocks.read(collection, head as usize)?;
        let mut cursor = Cursor::new(&bytes, collection, self.widths());
        cursor.signature(b"GCOL", "a collection of the global heap")?;
        let _version = cursor.u32("a collection of the global heap")?;
        let size = cursor.length("the size of a collection of the global heap")?;
        let end = collection.saturating_add(size).min(self.blocks.size());
        self.structure(collection, end.saturating_sub(collection));
        let mut at = collection + head;
        let each = 8 + self.length_width();
        for step in 0..limits::HEAP_OBJECTS {
            if end.saturating_sub(at) < each {
                break;
            }
            let bytes = self.blocks.read(at, each as usize)?;
            let mut cursor = Cursor::new(&bytes, at, self.widths());
            let found = cursor.u16("an object of the global heap")?;
            let _references = cursor.u16("an object of the global heap")?;
            let _reserved = cursor.u32("an object of the global heap")?;
            let len = cursor.length("the size of an object of the global heap")?;
            let data = at + each;
            if u32::from(found) == index {
                if len > self.blocks.size().saturating_sub(data) {
                    return Err(Issue::new(Problem::Truncated, at, "an object of the global heap within the file", format!("{len} bytes")).into());
                }
                return Ok(Span { at: data, len });
            }
            // Object 0 is free space: nothing follows it.
            if found == 0 {
                break;
            }
            at = data.saturating_add(len.saturating_add(7) & !7);
            if step % 64 == 63 {
                self.items(64, at)?;
            }
        }
        Err(Issue::invalid(place, "an object of the global heap", format!("none of index {index}")).into())
    }
}
