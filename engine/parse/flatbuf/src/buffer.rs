//! Tables, vectors and strings, each looked up where it lies.

use crate::error::{Broken, Error, Fault};
use crate::limits;
use weighbridge_parse_read::{ReadAt, Span, Stop, Window};

/// A buffer in an input.
pub struct Buffer<R> {
    window: Window<R>,
    span: Span,
    steps: u64,
    tables: u64,
}

/// A table: where it lies, and where its vtable does.
///
/// ```text
/// table  := soffset:i32 fields…              the vtable lies `soffset` bytes before the table
/// vtable := size:u16 table_size:u16 slots:[u16]
/// ```
/// A slot holds where in the table the field of that number lies, or 0 where it has its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Where it begins.
    pub at: u64,
    vtable: u64,
    vtable_size: u16,
    /// Bytes of the table itself, as its vtable says.
    pub size: u16,
}

/// A vector: `length:u32 elements…`, or with a length of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vector {
    /// Where its elements lie.
    pub span: Span,
    /// Bytes of an element.
    pub element: u64,
}

impl Vector {
    /// How many elements.
    pub fn len(&self) -> u64 {
        self.span.len() / self.element.max(1)
    }

    /// None.
    pub fn is_empty(&self) -> bool {
        self.span.is_empty()
    }

    /// Where an element lies, if there is one of that index.
    pub fn nth(&self, index: u64) -> Option<u64> {
        (index < self.len()).then(|| self.span.start + index * self.element)
    }
}

impl<R: ReadAt> Buffer<R> {
    /// The buffer that is the whole input.
    pub fn new(input: R) -> Self {
        let span = Span::new(0, input.size());
        Buffer::within(input, span)
    }

    /// The buffer that lies in `span` of the input. All places are the input's.
    pub fn within(input: R, span: Span) -> Self {
        let end = span.end.min(input.size());
        Buffer { window: Window::new(input, limits::WINDOW), span: Span::new(span.start.min(end), end), steps: 0, tables: 0 }
    }

    /// The input.
    pub fn input(&self) -> &R {
        self.window.input()
    }

    /// Where the buffer lies.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The four bytes of the file identifier, where the buffer is long enough for one.
    ///
    /// ```text
    /// buffer := root:u32 identifier:[u8; 4]?     the root table lies `root` bytes after the buffer's beginning
    /// ```
    pub fn identifier(&mut self) -> Result<Option<[u8; 4]>, Stop> {
        if self.span.len() < 8 {
            return Ok(None);
        }
        self.window.array(self.span.start + 4)
    }

    /// The root table.
    pub fn root(&mut self) -> Result<Table, Error> {
        self.table_at(self.span.start)
    }

    fn step(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps >= limits::POLL {
            self.window.input().poll(self.steps)?;
            self.steps = 0;
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Error> {
        let short = Broken { at, fault: Fault::Truncated(N as u64) };
        if at < self.span.start || at > self.span.end || self.span.end - at < N as u64 {
            return Err(short.into());
        }
        Ok(self.window.array(at)?.ok_or(short)?)
    }

    /// The bytes of a number, or of a struct, at a place.
    pub fn fixed<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Error> {
        self.step()?;
        self.array(at)
    }

    /// Where the offset at `at` leads.
    fn follow(&mut self, at: u64) -> Result<u64, Error> {
        let offset = u64::from(u32::from_le_bytes(self.fixed(at)?));
        self.target(at, offset)
    }

    fn target(&self, at: u64, offset: u64) -> Result<u64, Error> {
        if offset == 0 {
            return Err(Broken { at, fault: Fault::OffsetZero }.into());
        }
        match at.checked_add(offset).filter(|target| *target < self.span.end) {
            Some(target) => Ok(target),
            None => Err(Broken { at, fault: Fault::OffsetOutside(offset) }.into()),
        }
    }

    /// The table that the offset at `at` leads to: an element of a vector of tables, or of unions.
    pub fn table_at(&mut self, at: u64) -> Result<Table, Error> {
        let at = self.follow(at)?;
        if self.tables >= limits::TABLES {
            return Err(Broken { at, fault: Fault::Tables }.into());
        }
        self.tables += 1;
        let distance = i64::from(i32::from_le_bytes(self.array(at)?));
        let vtable = at.checked_add_signed(-distance).filter(|vtable| *vtable >= self.span.start && *vtable < self.span.end);
        let Some(vtable) = vtable else {
            return Err(Broken { at, fault: Fault::VtableOutside(distance) }.into());
        };
        let [a, b, c, d] = self.array(vtable)?;
        let (vtable_size, size) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        if vtable_size < 4 || vtable_size % 2 != 0 || u64::from(vtable_size) > self.span.end - vtable {
            return Err(Broken { at: vtable, fault: Fault::VtableSize(vtable_size) }.into());
        }
        Ok(Table { at, vtable, vtable_size, size })
    }

    /// How many slots the vtable has: fields beyond those of a schema are of a later one.
    pub fn slots(&self, table: &Table) -> u16 {
        (table.vtable_size - 4) / 2
    }

    /// Where the field of that number lies; `None` where it has its default.
    pub fn field(&mut self, table: &Table, number: u16) -> Result<Option<u64>, Error> {
        if number >= self.slots(table) {
            return Ok(None);
        }
        let slot = table.vtable + 4 + 2 * u64::from(number);
        let offset = u16::from_le_bytes(self.fixed(slot)?);
        if offset == 0 {
            return Ok(None);
        }
        let at = table.at + u64::from(offset);
        if at >= self.span.end {
            return Err(Broken { at: slot, fault: Fault::OffsetOutside(offset.into()) }.into());
        }
        Ok(Some(at))
    }

    /// A number of `N` bytes, or `default`.
    pub fn number<const N: usize, T>(&mut self, table: &Table, number: u16, default: T, from: fn([u8; N]) -> T) -> Result<T, Error> {
        match self.field(table, number)? {
            Some(at) => Ok(from(self.array(at)?)),
            None => Ok(default),
        }
    }

    /// The table that a field points to.
    pub fn table(&mut self, table: &Table, number: u16) -> Result<Option<Table>, Error> {
        match self.field(table, number)? {
            Some(at) => Ok(Some(self.table_at(at)?)),
            None => Ok(None),
        }
    }

    /// The vector that a field points to; `element` is the size of its elements by the schema: 4 for tables and strings.
    pub fn vector(&mut self, table: &Table, number: u16, element: u64) -> Result<Option<Vector>, Error> {
        match self.field(table, number)? {
            Some(at) => Ok(Some(self.vector_at(at, element)?)),
            None => Ok(None),
        }
    }

    /// The vector that the offset at `at` leads to.
    pub fn vector_at(&mut self, at: u64, element: u64) -> Result<Vector, Error> {
        let at = self.follow(at)?;
        let length = u64::from(u32::from_le_bytes(self.array(at)?));
        self.elements(at, at + 4, length, element)
    }

    /// The vector that a field of 64-bit offsets points to, with a length of 64 bits too where `long`.
    pub fn vector64(&mut self, table: &Table, number: u16, element: u64, long: bool) -> Result<Option<Vector>, Error> {
        let Some(slot) = self.field(table, number)? else { return Ok(None) };
        let offset = u64::from_le_bytes(self.fixed(slot)?);
        let at = self.target(slot, offset)?;
        let (length, start) =
            if long { (u64::from_le_bytes(self.array(at)?), at + 8) } else { (u64::from(u32::from_le_bytes(self.array(at)?)), at + 4) };
        Ok(Some(self.elements(at, start, length, element)?))
    }

    fn elements(&self, at: u64, start: u64, length: u64, element: u64) -> Result<Vector, Error> {
        let room = self.span.end.saturating_sub(start);
        match length.checked_mul(element).filter(|bytes| *bytes <= room) {
            Some(bytes) => Ok(Vector { span: Span::new(start, start + bytes), element }),
            None => Err(Broken { at, fault: Fault::VectorOutside { length, element } }.into()),
        }
    }

    /// Where the bytes of the string lie that a field points to.
    pub fn string(&mut self, table: &Table, number: u16) -> Result<Option<Span>, Error> {
        Ok(self.vector(table, number, 1)?.map(|vector| vector.span))
    }

    /// At most `max` bytes of the string that a field points to: see [`Window::text`].
    pub fn string_text(&mut self, table: &Table, number: u16, max: usize) -> Result<Option<String>, Error> {
        match self.string(table, number)? {
            Some(span) => Ok(Some(self.text(span, max)?)),
            None => Ok(None),
        }
    }

    /// At most `max` bytes from the beginning of `span`: see [`Window::bytes`].
    pub fn bytes(&mut self, span: Span, max: usize) -> Result<Vec<u8>, Stop> {
        self.window.bytes(span, max)
    }

    /// At most `max` bytes of `span` as text: see [`Window::text`].
    pub fn text(&mut self, span: Span, max: usize) -> Result<String, Stop> {
        self.window.text(span, max)
    }
}
