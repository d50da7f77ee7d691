//! The superblock: where everything begins.
//!
//! <https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html#Superblock>

use crate::blocks::Blocks;
use crate::checksum::lookup3;
use crate::cursor::{Cursor, Widths};
use crate::issue::{Issue, Problem, Read};
use weighbridge_parse_read::{ReadAt, Stop};

/// The format signature.
pub const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// The first place after the file's beginning where it may stand; each further one is twice as far.
pub const FIRST_USER_BLOCK: u64 = 512;
/// Bytes of the largest superblock, with addresses of 32 bytes.
const LARGEST: usize = 24 + 6 * 32 + 24;

/// A superblock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superblock {
    /// Its offset in the file.
    pub at: u64,
    /// Its size in bytes.
    pub length: u64,
    /// 0 to 3.
    pub version: u8,
    /// How addresses and lengths are written.
    pub widths: Widths,
    /// Where the file ends, as it says.
    pub end: Option<u64>,
    /// Object header of the root group.
    pub root: Option<u64>,
    /// B-tree and heap of the root group, where the superblock repeats them.
    pub(crate) root_table: Option<(u64, u64)>,
    /// Object header with messages that concern the file as a whole.
    pub(crate) extension: Option<u64>,
    /// Half the entries of a leaf and of an internal node of groups' trees, and of a node of chunks' trees.
    pub(crate) ranks: [u16; 3],
    /// Whether its checksum is right; it has one since version 2.
    pub(crate) checksum: bool,
}

/// Where the superblock stands: at the beginning, or behind a user block of 512 bytes or 1024, 2048 and so on.
pub fn find<R: ReadAt + ?Sized>(input: &R) -> Result<Option<u64>, Stop> {
    let mut at = 0;
    while at < input.size() {
        let mut head = [0; 8];
        if input.read_at(at, &mut head)? == 8 && head == SIGNATURE {
            return Ok(Some(at));
        }
        at = if at == 0 { FIRST_USER_BLOCK } else { at.saturating_mul(2) };
    }
    Ok(None)
}

/// Format signature, version, then by version:
/// 0, 1: versions of free space, root symbol table entry and shared header messages, sizes of offsets and lengths, group leaf and internal node K,
/// file consistency flags, (1: indexed storage internal node K), base address, addresses of free space, end of file and driver information, root group
/// symbol table entry.
/// 2, 3: sizes of offsets and lengths, file consistency flags, addresses: base, superblock extension, end of file, root group object header; checksum.
pub(crate) fn read<R: ReadAt + ?Sized>(blocks: &Blocks<'_, R>, at: u64) -> Read<Superblock> {
    let bytes = blocks.read(at, LARGEST)?;
    let widths = Widths { base: at, offset: 8, length: 8 };
    let mut cursor = Cursor::new(&bytes, at, widths);
    cursor.signature(SIGNATURE, "the format signature")?;
    let version = cursor.u8("a superblock")?;
    let old = match version {
        0 | 1 => true,
        2 | 3 => false,
        _ => return Err(Issue::unsupported(at + 8, "a superblock of version 0 to 3", version.to_string()).into()),
    };
    if old {
        let _free_space_version = cursor.u8("a superblock")?;
        let _root_version = cursor.u8("a superblock")?;
        let _reserved = cursor.u8("a superblock")?;
        let _shared_header_version = cursor.u8("a superblock")?;
    }
    let place = cursor.place();
    let (offset, length) = (cursor.u8("the size of offsets")?, cursor.u8("the size of lengths")?);
    if ![2, 4, 8, 16, 32].contains(&offset) || ![2, 4, 8, 16, 32].contains(&length) {
        return Err(Issue::invalid(place, "offsets and lengths of 2, 4, 8, 16 or 32 bytes", format!("{offset} and {length}")).into());
    }
    let widths = Widths { base: at, offset, length };
    let consumed = cursor.consumed();
    let mut cursor = Cursor::new(&bytes[consumed..], at + consumed as u64, widths);
    // The base address counts for nothing but the end of the file: the library takes the superblock's own place for it where they differ.
    let mut block =
        Superblock { at, length: 0, version, widths, end: None, root: None, root_table: None, extension: None, ranks: [4, 16, 32], checksum: true };
    if old {
        let _reserved = cursor.u8("a superblock")?;
        block.ranks[0] = cursor.u16("group leaf node K")?;
        block.ranks[1] = cursor.u16("group internal node K")?;
        let _consistency = cursor.u32("file consistency flags")?;
        if version == 1 {
            block.ranks[2] = cursor.u16("indexed storage internal node K")?;
            let _reserved = cursor.u16("a superblock")?;
        }
        let base = cursor.uint(usize::from(offset), "the base address")?;
        let _free_space = cursor.address("the address of free space")?;
        block.end = end(&mut cursor, base)?;
        let _driver = cursor.address("the address of driver information")?;
        let _name = cursor.take(usize::from(offset), "the root group's entry")?;
        block.root = cursor.address("the root group's object header address")?;
        let cache = cursor.u32("the root group's cache type")?;
        let _reserved = cursor.u32("the root group's entry")?;
        let mut scratch = cursor.clone();
        if cache == 1
            && let (Some(tree), Some(heap)) = (scratch.address("the root group's B-tree")?, scratch.address("the root group's heap")?)
        {
            block.root_table = Some((tree, heap));
        }
        cursor.skip(16, "the root group's scratch-pad")?;
        block.length = (consumed + cursor.consumed()) as u64;
    } else {
        let _consistency = cursor.u8("file consistency flags")?;
        let base = cursor.uint(usize::from(offset), "the base address")?;
        block.extension = cursor.address("the superblock extension's address")?;
        block.end = end(&mut cursor, base)?;
        block.root = cursor.address("the root group's object header address")?;
        let covered = consumed + cursor.consumed();
        let checksum = cursor.u32("the superblock's checksum")?;
        block.checksum = bytes.get(..covered).is_some_and(|covered| lookup3(covered) == checksum);
        block.length = (consumed + cursor.consumed()) as u64;
    }
    if block.root.is_none() {
        return Err(Issue::new(Problem::Invalid, at, "a root group", "none").into());
    }
    Ok(block)
}

/// The end of the file, which counts from the file's beginning if the base address is where the superblock stands; where it stands elsewhere, the library
/// moves both.
fn end(cursor: &mut Cursor<'_>, base: u64) -> Result<Option<u64>, Issue> {
    Ok(cursor.address("the end of file address")?.map(|moved| moved.saturating_sub(base)))
}
