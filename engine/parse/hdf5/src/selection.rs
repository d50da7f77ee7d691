//! Selections of elements, which are stepped over.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#DataspaceSelection>

use crate::cursor::Cursor;
use crate::issue::Issue;

/// Type and version, then by both:
/// none (0), all (3): reserved, length (0).
/// Points (1): 1: reserved, length, rest; 2: width, rank, count, coordinates.
/// Hyperslab (2): 1: reserved, length, rest; 2: flags, length, rest; 3: flags, width, rank, then for a regular one start, stride, count, block of each dimension, else
/// count and corners of blocks.
pub(crate) fn skip(cursor: &mut Cursor<'_>) -> Result<(), Issue> {
    let at = cursor.place();
    let kind = cursor.u32("a selection")?;
    let version = cursor.u32("a selection")?;
    let many = |count: u64, each: usize| usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(each);
    match (kind, version) {
        (0 | 3, _) => cursor.skip(8, "a selection"),
        (1 | 2, 1) => {
            let _reserved = cursor.u32("a selection")?;
            let len = cursor.u32("the length of a selection")?;
            cursor.skip(many(u64::from(len), 1), "a selection")
        }
        (2, 2) => {
            let _flags = cursor.u8("a selection")?;
            let len = cursor.u32("the length of a selection")?;
            cursor.skip(many(u64::from(len), 1), "a selection")
        }
        (1, 2) => {
            let width = usize::from(cursor.u8("a selection")?);
            let rank = usize::try_from(cursor.u32("a selection")?).unwrap_or(usize::MAX);
            let count = cursor.uint(width, "the points of a selection")?;
            cursor.skip(many(count, rank.saturating_mul(width)), "a selection")
        }
        (2, 3) => {
            let flags = cursor.u8("a selection")?;
            let width = usize::from(cursor.u8("a selection")?);
            let rank = usize::try_from(cursor.u32("a selection")?).unwrap_or(usize::MAX);
            let each = rank.saturating_mul(width);
            if flags & 1 != 0 {
                return cursor.skip(each.saturating_mul(4), "a selection");
            }
            let blocks = cursor.uint(width, "the blocks of a selection")?;
            cursor.skip(many(blocks, each.saturating_mul(2)), "a selection")
        }
        _ => Err(Issue::unsupported(at, "a selection of a known version", format!("type {kind}, version {version}"))),
    }
}
