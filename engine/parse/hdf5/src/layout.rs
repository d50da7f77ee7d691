//! Layouts: how the elements of a dataset are stored.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#LayoutMessage>

use crate::cursor::Cursor;
use crate::file::Span;
use crate::issue::Issue;
use crate::limits;

/// A layout message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Layout {
    /// In the message.
    Compact(Span),
    /// In one piece; nothing is allocated where there is no address.
    Contiguous { at: Option<u64>, len: Option<u64> },
    /// In chunks of one size.
    Chunked { index: Option<u64>, kind: Index, dims: Vec<u64> },
    /// In other datasets; an object of the global heap says in which.
    Virtual { heap: Option<u64>, index: u32 },
}

/// How chunks are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Index {
    /// A B-tree of version 1.
    Tree1,
    /// One chunk; its size where it is filtered.
    Single(Option<u64>),
    /// Chunks of the full size, one after the other.
    Implicit,
    FixedArray,
    ExtensibleArray,
    Tree2,
    Unknown(u8),
}

/// Versions 1 and 2: version, dimensionality, class, reserved, (address), dimension sizes, (element size), (size, data).
/// Versions 3 and up: version, class, then by class: size, data; address, size; (flags), dimensionality, (width of sizes), (address), dimension sizes, (index
/// type and what it needs, address); address and index in the global heap.
pub(crate) fn layout(cursor: &mut Cursor<'_>) -> Result<Layout, Issue> {
    let at = cursor.place();
    let version = cursor.u8("a layout")?;
    match version {
        1 | 2 => old(cursor),
        3..=5 => new(cursor, version),
        _ => Err(Issue::unsupported(at, "a layout of version 1 to 5", version.to_string())),
    }
}

fn rank(cursor: &mut Cursor<'_>) -> Result<u8, Issue> {
    let at = cursor.place();
    let rank = cursor.u8("the dimensionality of a layout")?;
    // One more than the dataset's: the size of an element counts as a dimension.
    if rank > limits::RANK + 1 { Err(Issue::invalid(at, "at most 33 dimensions", rank.to_string())) } else { Ok(rank) }
}

fn compact(cursor: &mut Cursor<'_>, len: u64) -> Result<Layout, Issue> {
    let at = cursor.place();
    cursor.skip(usize::try_from(len).unwrap_or(usize::MAX), "the elements of a compact dataset")?;
    Ok(Layout::Compact(Span { at, len }))
}

fn old(cursor: &mut Cursor<'_>) -> Result<Layout, Issue> {
    let rank = rank(cursor)?;
    let at = cursor.place();
    let class = cursor.u8("a layout")?;
    cursor.skip(5, "a layout")?;
    let address = if class == 0 { None } else { cursor.address("the address of a dataset")? };
    let mut dims = Vec::with_capacity(usize::from(rank));
    for _ in 0..rank {
        dims.push(u64::from(cursor.u32("the sizes of dimensions")?));
    }
    match class {
        0 => {
            let len = u64::from(cursor.u32("the size of a compact dataset")?);
            compact(cursor, len)
        }
        1 => Ok(Layout::Contiguous { at: address, len: None }),
        2 => Ok(Layout::Chunked { index: address, kind: Index::Tree1, dims }),
        _ => Err(Issue::invalid(at, "a compact, contiguous or chunked layout", class.to_string())),
    }
}

fn new(cursor: &mut Cursor<'_>, version: u8) -> Result<Layout, Issue> {
    let at = cursor.place();
    match cursor.u8("a layout")? {
        0 => {
            let len = u64::from(cursor.u16("the size of a compact dataset")?);
            compact(cursor, len)
        }
        1 => {
            let address = cursor.address("the address of a dataset")?;
            Ok(Layout::Contiguous { at: address, len: Some(cursor.length("the size of a dataset")?) })
        }
        2 if version == 3 => {
            let rank = rank(cursor)?;
            let index = cursor.address("the B-tree of chunks")?;
            let mut dims = Vec::with_capacity(usize::from(rank));
            for _ in 0..rank {
                dims.push(u64::from(cursor.u32("the sizes of chunks")?));
            }
            Ok(Layout::Chunked { index, kind: Index::Tree1, dims })
        }
        2 => {
            let flags = cursor.u8("a chunked layout")?;
            let rank = rank(cursor)?;
            let width = usize::from(cursor.u8("the width of the sizes of chunks")?);
            let mut dims = Vec::with_capacity(usize::from(rank));
            for _ in 0..rank {
                dims.push(cursor.uint(width, "the sizes of chunks")?);
            }
            let kind = match cursor.u8("the index of chunks")? {
                1 if flags & 2 != 0 => {
                    let len = cursor.length("the size of a chunk")?;
                    let _filter_mask = cursor.u32("the filters of a chunk")?;
                    Index::Single(Some(len))
                }
                1 => Index::Single(None),
                2 => Index::Implicit,
                3 => {
                    let _page_bits = cursor.u8("a fixed array")?;
                    Index::FixedArray
                }
                4 => {
                    cursor.skip(5, "an extensible array")?;
                    Index::ExtensibleArray
                }
                5 => {
                    cursor.skip(6, "a B-tree of chunks")?;
                    Index::Tree2
                }
                other => Index::Unknown(other),
            };
            Ok(Layout::Chunked { index: cursor.address("the index of chunks")?, kind, dims })
        }
        3 if version >= 4 => {
            let heap = cursor.address("the list of a virtual dataset")?;
            Ok(Layout::Virtual { heap, index: cursor.u32("the list of a virtual dataset")? })
        }
        other => Err(Issue::invalid(at, "a compact, contiguous, chunked or virtual layout", other.to_string())),
    }
}
