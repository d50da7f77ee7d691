//! Datasets: their shape, and where their elements lie: in the file, or in others.

use crate::cursor::Cursor;
use crate::file::{File, Span, note};
use crate::groups::text;
use crate::header::{Header, Message, kind};
use crate::issue::{Issue, Problem, Read};
use crate::layout::{Layout, layout};
use crate::limits;
use crate::selection;
use crate::types::{Dataspace, Datatype, dataspace, datatype};
use weighbridge_parse_read::{ReadAt, Stop};

/// A part of an external file that holds elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalFile {
    /// As a loader looks for it: absolute, or beside this file.
    pub name: String,
    /// Where in it the part begins.
    pub offset: u64,
    /// Bytes of it; `None` for all there are.
    pub len: Option<u64>,
    /// Where it stands.
    pub place: Span,
}

/// A dataset of which a virtual one shows a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualSource {
    /// "." for this file.
    pub file: String,
    /// Path of the dataset in it.
    pub dataset: String,
    /// Where it stands.
    pub place: Span,
}

/// How elements are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Storage {
    Compact,
    Contiguous,
    Chunked,
    External,
    Virtual,
    /// The layout could not be read.
    Unknown,
}

impl Storage {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Storage::Compact => "compact",
            Storage::Contiguous => "contiguous",
            Storage::Chunked => "chunked",
            Storage::External => "external",
            Storage::Virtual => "virtual",
            Storage::Unknown => "unknown",
        }
    }
}

/// A dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// What its elements are, where that could be read.
    pub datatype: Option<Datatype>,
    /// How many there are.
    pub space: Dataspace,
    /// How they are stored.
    pub storage: Storage,
    /// Where they lie in the file: the first chunks, or all in one piece.
    pub parts: Vec<Span>,
    /// Bytes that are stored, as far as that is known.
    pub stored: Option<u64>,
    /// Numbers of the filters (1 is deflate) that chunks pass through.
    pub filters: Vec<u16>,
    /// Where they lie outside of it.
    pub external: Vec<ExternalFile>,
    /// Likewise of a virtual dataset; those in this file among them.
    pub sources: Vec<VirtualSource>,
}

impl Dataset {
    /// Bytes that the declared shape asks for.
    pub fn declared(&self) -> u64 {
        self.space.elements().saturating_mul(self.datatype.as_ref().map_or(0, |datatype| u64::from(datatype.size)))
    }
}

/// Parts of one dataset that are kept.
const PARTS: usize = 64;

impl<R: ReadAt + ?Sized> File<'_, R> {
    /// The dataset that a header describes; `None` where it is no dataset's.
    pub(crate) fn dataset(&self, header: &Header, issues: &mut Vec<Issue>) -> Result<Option<Dataset>, Stop> {
        let Some(message) = header.find(kind::LAYOUT) else { return Ok(None) };
        let datatype = match header.find(kind::DATATYPE) {
            Some(message) => note(self.datatype_message(message), issues)?,
            None => None,
        };
        let space = match header.find(kind::DATASPACE) {
            Some(message) => note(self.dataspace_message(message), issues)?.unwrap_or_default(),
            None => Dataspace { null: true, ..Dataspace::default() },
        };
        let filters = match header.find(kind::FILTERS) {
            Some(message) => note(self.filters(message), issues)?.unwrap_or_default(),
            None => Vec::new(),
        };
        let mut dataset = Dataset {
            datatype,
            space,
            storage: Storage::Unknown,
            parts: Vec::new(),
            stored: None,
            filters,
            external: Vec::new(),
            sources: Vec::new(),
        };
        for message in header.all(kind::EXTERNAL_FILES) {
            let found = note(self.external_files(message, &mut dataset.external), issues)?;
            dataset.storage = if found.is_some() || !dataset.external.is_empty() { Storage::External } else { Storage::Unknown };
        }
        let layout = self.message(message, limits::NODE + 64).and_then(|(span, bytes)| Ok(layout(&mut Cursor::new(&bytes, span.at, self.widths()))?));
        if let Some(layout) = note(layout, issues)? {
            note(self.storage(&layout, message, &mut dataset), issues)?;
        }
        Ok(Some(dataset))
    }

    fn datatype_message(&self, message: Message) -> Read<Datatype> {
        let (span, bytes) = self.message(message, limits::NODE)?;
        Ok(datatype(&mut Cursor::new(&bytes, span.at, self.widths()))?)
    }

    fn dataspace_message(&self, message: Message) -> Read<Dataspace> {
        let (span, bytes) = self.message(message, 2 << 10)?;
        Ok(dataspace(&mut Cursor::new(&bytes, span.at, self.widths()))?)
    }

    fn storage(&self, layout: &Layout, message: Message, dataset: &mut Dataset) -> Read<()> {
        match layout {
            Layout::Compact(span) => {
                dataset.storage = Storage::Compact;
                dataset.stored = Some(span.len);
                dataset.parts.push(*span);
                self.too_short(dataset, span.at, span.len)
            }
            Layout::Contiguous { at, len } => {
                if dataset.storage == Storage::External {
                    return Ok(());
                }
                dataset.storage = Storage::Contiguous;
                let len = len.unwrap_or_else(|| dataset.declared());
                let Some(at) = *at else {
                    // Nothing was written yet: a reader makes the elements up from the fill value.
                    dataset.stored = Some(0);
                    return Ok(());
                };
                let held = len.min(self.blocks.size().saturating_sub(at));
                self.payload(at, held);
                // What a cut file lacks was stored once.
                dataset.stored = Some(len);
                dataset.parts.push(Span { at, len: held });
                if held < len {
                    let found = format!("{held} bytes of {len}");
                    return Err(Issue::new(Problem::Truncated, message.at, "the elements of a dataset within the file", found).into());
                }
                self.too_short(dataset, message.at, len)
            }
            Layout::Chunked { index, kind, dims } => {
                dataset.storage = Storage::Chunked;
                let Some(index) = *index else {
                    dataset.stored = Some(0);
                    return Ok(());
                };
                let mut stored = 0u64;
                let parts = &mut dataset.parts;
                let datatype = dataset.datatype.as_ref().map_or(1, |datatype| u64::from(datatype.size));
                let complete = self.chunks_of(index, *kind, dims, &dataset.space, datatype, !dataset.filters.is_empty(), &mut |chunk| {
                    let held = chunk.len.min(self.blocks.size().saturating_sub(chunk.at));
                    self.payload(chunk.at, held);
                    stored = stored.saturating_add(chunk.len);
                    if parts.len() < PARTS && held > 0 {
                        parts.push(Span { at: chunk.at, len: held });
                    }
                    if held < chunk.len {
                        let found = format!("{held} bytes of {} at {:#x}", chunk.len, chunk.at);
                        return Err(Issue::new(Problem::Truncated, message.at, "chunks within the file", found).into());
                    }
                    Ok(())
                })?;
                dataset.stored = complete.then_some(stored);
                Ok(())
            }
            Layout::Virtual { heap, index } => {
                dataset.storage = Storage::Virtual;
                let Some(heap) = *heap else { return Ok(()) };
                let span = self.global(heap, *index, message.at)?;
                self.sources(span, &mut dataset.sources)
            }
        }
    }

    /// What is stored in one piece has to be what the shape asks for.
    fn too_short(&self, dataset: &Dataset, at: u64, len: u64) -> Read<()> {
        let declared = dataset.declared();
        if declared > len {
            let found = format!("{len} bytes of {declared}");
            return Err(Issue::new(Problem::Size, at, "as many bytes as the shape of a dataset asks for", found).into());
        }
        Ok(())
    }

    /// Version, reserved, allocated slots, used slots, heap address; for each: name offset, offset in the file, size of the part.
    fn external_files(&self, message: Message, files: &mut Vec<ExternalFile>) -> Read<()> {
        let (span, bytes) = self.message(message, limits::NODE)?;
        let mut cursor = Cursor::new(&bytes, span.at, self.widths());
        let _version = cursor.u32("a list of external files")?;
        let _allocated = cursor.u16("a list of external files")?;
        let used = usize::from(cursor.u16("a list of external files")?);
        let Some(heap) = cursor.address("the names of external files")? else {
            return Err(Issue::invalid(span.at, "the names of external files", "none").into());
        };
        let heap = self.local_heap(heap)?;
        for _ in 0..used.min(limits::SOURCES) {
            let at = cursor.place();
            self.items(8, at)?;
            let name = cursor.length("an external file")?;
            let offset = cursor.length("an external file")?;
            let len = cursor.length("an external file")?;
            let name = heap.text(self, name, "the name of an external file")?;
            // All bits set: as much as there is.
            let unlimited = u64::MAX >> (64 - 8 * u32::from(self.widths().length.min(8)));
            let place = Span { at, len: cursor.place() - at };
            files.push(ExternalFile { name, offset, len: (len != unlimited).then_some(len), place });
        }
        heap.short.map_or(Ok(()), |issue| Err(issue.into()))
    }

    /// Version, number of entries; for each: (flags), source file name, source dataset name, source selection, virtual selection; checksum.
    ///
    /// Since version 1 a flag says that a name is that of an earlier entry (1: the file's, 2: the dataset's), whose number stands in its place, or that the file is
    /// this one (4).
    fn sources(&self, span: Span, sources: &mut Vec<VirtualSource>) -> Read<()> {
        let len = usize::try_from(span.len).unwrap_or(usize::MAX).min(limits::VIRTUAL);
        self.items(len / 8, span.at)?;
        let bytes = self.blocks.read(span.at, len)?;
        let mut cursor = Cursor::new(&bytes, span.at, self.widths());
        let version = cursor.u8("a list of virtual sources")?;
        if version > 1 {
            return Err(Issue::unsupported(span.at, "a list of virtual sources of version 0 or 1", version.to_string()).into());
        }
        let count = cursor.length("a list of virtual sources")?;
        for _ in 0..count.min(limits::SOURCES as u64) {
            let at = cursor.place();
            let flags = if version == 0 { 0 } else { cursor.u8("a virtual source")? };
            let file = match earlier(&mut cursor, flags & 1 != 0, sources)? {
                Some(earlier) => earlier.file.clone(),
                None if flags & 4 != 0 => ".".into(),
                None => text(cursor.until_nul("the file of a virtual source")?),
            };
            let dataset = match earlier(&mut cursor, flags & 2 != 0, sources)? {
                Some(earlier) => earlier.dataset.clone(),
                None => text(cursor.until_nul("the dataset of a virtual source")?),
            };
            sources.push(VirtualSource { file, dataset, place: Span { at, len: cursor.place() - at } });
            selection::skip(&mut cursor)?;
            selection::skip(&mut cursor)?;
        }
        Ok(())
    }

    /// Version, number of filters, (reserved); for each: id, (name length), flags, number of client data values, (name), values, (padding).
    fn filters(&self, message: Message) -> Read<Vec<u16>> {
        let (span, bytes) = self.message(message, limits::NODE)?;
        let mut cursor = Cursor::new(&bytes, span.at, self.widths());
        let version = cursor.u8("a filter pipeline")?;
        let count = cursor.u8("a filter pipeline")?;
        if version == 1 {
            cursor.skip(6, "a filter pipeline")?;
        }
        let mut filters = Vec::new();
        for _ in 0..count {
            let id = cursor.u16("a filter")?;
            let named = version == 1 || id >= 256;
            let name = if named { usize::from(cursor.u16("the name of a filter")?) } else { 0 };
            let _flags = cursor.u16("a filter")?;
            let values = usize::from(cursor.u16("the values of a filter")?);
            let padded = if version == 1 { (name + 7) & !7 } else { name };
            cursor.skip(padded, "the name of a filter")?;
            cursor.skip(4 * values + if version == 1 && values % 2 == 1 { 4 } else { 0 }, "the values of a filter")?;
            filters.push(id);
        }
        Ok(filters)
    }
}

/// The entry whose number stands in the place of a name.
fn earlier<'s>(cursor: &mut Cursor<'_>, shared: bool, sources: &'s [VirtualSource]) -> Result<Option<&'s VirtualSource>, Issue> {
    if !shared {
        return Ok(None);
    }
    let at = cursor.place();
    let number = cursor.length("the number of an earlier source")?;
    match usize::try_from(number).ok().and_then(|number| sources.get(number)) {
        Some(source) => Ok(Some(source)),
        None => Err(Issue::invalid(at, "the number of an earlier source", number.to_string())),
    }
}
