//! Attributes: named values of an object, in its header or in a heap of their own.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#AttributeMessage>

use crate::cursor::Cursor;
use crate::file::{File, Span};
use crate::groups::{keep, text};
use crate::header::{Header, Message, kind};
use crate::issue::{Issue, Problem, Read};
use crate::limits;
use crate::types::{Dataspace, Datatype, dataspace, datatype};
use weighbridge_parse_read::{ReadAt, Stop};

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Span,
    /// What its elements are.
    pub datatype: Datatype,
    /// How many there are.
    pub space: Dataspace,
    /// Its elements as they are stored; those of variable length lie elsewhere.
    pub data: Span,
    /// Elements of variable length, the first [`limits::ELEMENTS`].
    pub values: Vec<Span>,
}

/// Fixed part and the sizes of name, type and space.
const HEAD: usize = 9;

impl<R: ReadAt + ?Sized> File<'_, R> {
    /// All attributes of an object. What cannot be read becomes an issue of `issues`.
    pub(crate) fn attributes(&self, header: &Header, issues: &mut Vec<Issue>, each: &mut dyn FnMut(Attribute) -> Read<()>) -> Read<()> {
        for message in header.all(kind::ATTRIBUTE) {
            let result = self.whole(message).and_then(|span| self.attribute(span, issues)).and_then(&mut *each);
            keep(result, issues)?;
        }
        for message in header.all(kind::ATTRIBUTE_INFO) {
            keep(self.dense_attributes(message, issues, each), issues)?;
        }
        Ok(())
    }

    fn whole(&self, message: Message) -> Read<Span> {
        if message.is_shared() { self.shared(message) } else { Ok(Span { at: message.at, len: u64::from(message.len) }) }
    }

    /// Version, flags, (maximum creation index), address of the fractal heap, address of the tree of names, …
    fn dense_attributes(&self, message: Message, issues: &mut Vec<Issue>, each: &mut dyn FnMut(Attribute) -> Read<()>) -> Read<()> {
        let (span, bytes) = self.message(message, 64)?;
        let mut cursor = Cursor::new(&bytes, span.at, self.widths());
        let _version = cursor.u8("attribute information")?;
        if cursor.u8("attribute information")? & 1 != 0 {
            let _maximum = cursor.u16("attribute information")?;
        }
        let heap = cursor.address("the heap of attributes")?;
        let tree = cursor.address("the tree of attributes")?;
        let (Some(heap), Some(tree)) = (heap, tree) else { return Ok(()) };
        let heap = self.heap(heap)?;
        let shared: Option<u64> = self.shared.borrow().iter().find(|(kinds, _)| kinds & (1 << kind::ATTRIBUTE) != 0).map(|(_, heap)| *heap);
        self.tree2(tree, &mut |record| {
            // Types 8 and 9: id (8 bytes), message flags, …
            let id = &record.bytes[..record.bytes.len().min(8)];
            let elsewhere = record.bytes.get(8).is_some_and(|flags| flags & 2 != 0);
            let result = match shared {
                Some(shared) if elsewhere => self.heap(shared)?.object(self, id, record.at),
                _ => heap.object(self, &id[..id.len().min(heap.id_len())], record.at),
            };
            let result = result.and_then(|span| self.attribute(span, issues)).and_then(&mut *each);
            keep(result, issues)
        })
    }

    /// Version, flags (reserved in version 1), sizes of name, datatype and dataspace, (character set), name, datatype, dataspace, data. In version 1 each of
    /// the three is padded to eight bytes.
    fn attribute(&self, span: Span, issues: &mut Vec<Issue>) -> Read<Attribute> {
        let head = self.blocks.read(span.at, HEAD)?;
        let mut cursor = Cursor::new(&head, span.at, self.widths());
        let version = cursor.u8("an attribute")?;
        if !(1..=3).contains(&version) {
            return Err(Issue::unsupported(span.at, "an attribute of version 1 to 3", version.to_string()).into());
        }
        let flags = if version == 1 { 0 } else { head.get(1).copied().unwrap_or(0) };
        cursor.skip(1, "an attribute")?;
        let sizes = [cursor.u16("an attribute")?, cursor.u16("an attribute")?, cursor.u16("an attribute")?].map(usize::from);
        let before = cursor.consumed() + usize::from(version == 3);
        let padded = |len: usize| if version == 1 { (len + 7) & !7 } else { len };
        let total = before + sizes.iter().map(|len| padded(*len)).sum::<usize>();
        if total as u64 > span.len {
            let found = format!("{} bytes of {total}", span.len);
            return Err(Issue::new(Problem::Truncated, span.at, "an attribute within its message", found).into());
        }
        self.items(total / 64, span.at)?;
        let bytes = self.blocks.read(span.at, total)?;
        let mut cursor = Cursor::new(&bytes, span.at, self.widths());
        cursor.skip(before, "an attribute")?;
        let name = text(cursor.take(padded(sizes[0]), "the name of an attribute")?);
        let mut part = |len: usize, expected: &'static str| {
            let at = cursor.place();
            cursor.take(padded(len), expected).map(|bytes| (at, bytes))
        };
        let (type_at, type_bytes) = part(sizes[1], "the type of an attribute")?;
        let (space_at, space_bytes) = part(sizes[2], "the space of an attribute")?;
        let datatype = self.type_of(&mut Cursor::new(type_bytes, type_at, self.widths()), flags & 1 != 0)?;
        let mut space_cursor = Cursor::new(space_bytes, space_at, self.widths());
        let space = if flags & 2 != 0 {
            let found = self.shared_in(&mut space_cursor, kind::DATASPACE)?;
            let bytes = self.blocks.read(found.at, 512)?;
            dataspace(&mut Cursor::new(&bytes, found.at, self.widths()))?
        } else {
            dataspace(&mut space_cursor)?
        };
        let at = span.at + total as u64;
        let held = span.len.saturating_sub(total as u64).min(self.blocks.size().saturating_sub(at));
        let wanted = space.elements().saturating_mul(u64::from(datatype.size));
        if wanted > held {
            let found = format!("{held} bytes of {wanted}");
            issues.push(Issue::new(Problem::Truncated, at, "the whole value of an attribute", found));
        }
        let data = Span { at, len: wanted.min(held) };
        let values = self.variable(&datatype, data, space.elements(), issues)?;
        Ok(Attribute { name, place: span, datatype, space, data, values })
    }

    /// A datatype, or where one lies that is shared.
    pub(crate) fn type_of(&self, cursor: &mut Cursor<'_>, shared: bool) -> Read<Datatype> {
        if !shared {
            return Ok(datatype(cursor)?);
        }
        let found = self.shared_in(cursor, kind::DATATYPE)?;
        let bytes = self.blocks.read(found.at, usize::try_from(found.len).unwrap_or(usize::MAX).min(limits::NODE))?;
        Ok(datatype(&mut Cursor::new(&bytes, found.at, self.widths()))?)
    }

    /// Where elements of variable length lie, of which each is stored as length, address of a collection of the global heap, index in it.
    pub(crate) fn variable(&self, datatype: &Datatype, data: Span, elements: u64, issues: &mut Vec<Issue>) -> Result<Vec<Span>, Stop> {
        let mut values = Vec::new();
        if !datatype.is_variable() || datatype.size == 0 {
            return Ok(values);
        }
        let size = u64::from(datatype.size);
        let unit = datatype.base.as_ref().map_or(1, |base| u64::from(base.size));
        for element in 0..elements.min(data.len / size).min(limits::ELEMENTS) {
            let at = data.at + element * size;
            let bytes = self.blocks.read(at, 8 + usize::from(self.widths().offset))?;
            let result = self.reference(&bytes, at, unit);
            if let Some(Some(span)) = crate::file::note(result, issues)? {
                values.push(span);
            }
        }
        Ok(values)
    }

    fn reference(&self, bytes: &[u8], at: u64, unit: u64) -> Read<Option<Span>> {
        let mut cursor = Cursor::new(bytes, at, self.widths());
        let len = u64::from(cursor.u32("an element of variable length")?).saturating_mul(unit.max(1));
        let collection = cursor.address("the collection of an element")?;
        let index = cursor.u32("the index of an element")?;
        match collection {
            // What is empty has no place.
            Some(collection) if len > 0 && collection != self.widths().base => {
                let found = self.global(collection, index, at)?;
                if found.len < len {
                    return Err(Issue::new(Problem::Truncated, at, "an element as long as it says", format!("{} bytes of {len}", found.len)).into());
                }
                Ok(Some(Span { at: found.at, len }))
            }
            _ => Ok(None),
        }
    }
}
