//! The header: <https://github.com/ip7z/7zip/blob/main/DOC/7zFormat.txt>
//!
//! ```text
//! Header      = 01 [02 ArchiveProperties] [03 StreamsInfo] [04 StreamsInfo] [05 FilesInfo] 00
//! StreamsInfo = [06 PackInfo] [07 CodersInfo] [08 SubStreamsInfo] 00
//! PackInfo    = position count [09 sizes] [0A digests] 00
//! CodersInfo  = 0B count external folders 0C unpack-sizes [0A digests] 00
//! SubStreams  = [0D counts] [09 sizes] [0A digests] 00
//! Encoded     = 17 StreamsInfo                            a folder that holds the header
//! ```

use crate::cursor::{Bad, Cursor, Result};
use crate::files::{File, files};
use crate::limits;

/// A coder of a folder: `flags id [inputs outputs] [size properties]`, flags = length of the id (4 bits), 10 several streams, 20 properties.
#[derive(Debug, Clone, Default)]
pub(crate) struct Coder {
    pub id: Vec<u8>,
    pub inputs: usize,
    pub properties: Vec<u8>,
}

/// A folder: coders whose streams are bound to each other, and packed streams at the inputs that are left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folder {
    pub coders: Vec<Coder>,
    /// (input, output): each of all coders' together, in order.
    pub bonds: Vec<(usize, usize)>,
    /// Inputs that packed streams go to, in the order of these.
    pub packed: Vec<usize>,
    /// Of each coder's output.
    pub sizes: Vec<u64>,
    pub crc: Option<u32>,
    /// Its first packed stream.
    pub first: usize,
}

impl Folder {
    /// The coder whose output is the content: the one that no input is bound to.
    pub fn main(&self) -> Option<usize> {
        (0..self.coders.len()).find(|out| !self.bonds.iter().any(|bond| bond.1 == *out))
    }

    pub fn size(&self) -> u64 {
        self.main().and_then(|main| self.sizes.get(main)).copied().unwrap_or(0)
    }
}

/// A part of a folder's content: one file.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub folder: usize,
    /// Within the folder's content.
    pub offset: u64,
    pub size: u64,
    pub crc: Option<u32>,
}

#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// From the end of the signature header.
    pub position: u64,
    /// Of each packed stream: where it begins, from `position`, and its size.
    pub packed: Vec<(u64, u64)>,
    pub folders: Vec<Folder>,
    pub parts: Vec<Part>,
}

/// What a header holds.
pub(crate) enum Header {
    Plain(Streams, Vec<File>),
    Encoded(Streams),
}

pub(crate) fn read(bytes: &[u8]) -> Result<Header> {
    let mut cursor = Cursor::new(bytes);
    match cursor.byte("a header")? {
        0x17 => return streams(&mut cursor).map(Header::Encoded),
        1 => {}
        _ => return Err(cursor.bad("a header")),
    }
    let (mut main, mut names) = (Streams::default(), Vec::new());
    loop {
        match cursor.byte("a property of the header")? {
            0 => return Ok(Header::Plain(main, names)),
            2 => {
                while cursor.byte("an archive property")? != 0 {
                    let size = cursor.number("the size of a property")?;
                    cursor.take(size, "a property")?;
                }
            }
            3 => drop(streams(&mut cursor)?),
            4 => main = streams(&mut cursor)?,
            5 => names = files(&mut cursor)?,
            _ => return Err(cursor.bad("a property of the header")),
        }
    }
}

fn streams(cursor: &mut Cursor<'_>) -> Result<Streams> {
    let mut streams = Streams::default();
    let mut split = false;
    loop {
        match cursor.byte("a property of the streams")? {
            0 => break,
            6 => pack_info(cursor, &mut streams)?,
            7 => coders_info(cursor, &mut streams)?,
            8 => {
                streams.parts = sub_streams(cursor, &streams.folders)?;
                split = true;
            }
            _ => return Err(cursor.bad("a property of the streams")),
        }
    }
    if !split {
        streams.parts = streams.folders.iter().enumerate().map(|(folder, f)| Part { folder, offset: 0, size: f.size(), crc: f.crc }).collect();
    }
    Ok(streams)
}

fn pack_info(cursor: &mut Cursor<'_>, streams: &mut Streams) -> Result<()> {
    streams.position = cursor.number("the position of packed streams")?;
    let count = cursor.count(cursor.rest() as u64, "the number of packed streams")?;
    loop {
        match cursor.byte("a property of packed streams")? {
            0 => return Ok(()),
            9 => {
                let mut begin = 0u64;
                streams.packed.clear();
                for _ in 0..count {
                    let size = cursor.number("the size of a packed stream")?;
                    streams.packed.push((begin, size));
                    begin = begin.checked_add(size).ok_or_else(|| cursor.bad("a size that a file can have"))?;
                }
            }
            10 => drop(cursor.digests(count)?),
            _ => return Err(cursor.bad("a property of packed streams")),
        }
    }
}

fn coders_info(cursor: &mut Cursor<'_>, streams: &mut Streams) -> Result<()> {
    let mut first = 0;
    loop {
        match cursor.byte("a property of folders")? {
            0 => return Ok(()),
            11 => {
                let count = cursor.count(limits::FOLDERS.min(cursor.rest() as u64), "the number of folders")?;
                not_external(cursor)?;
                for _ in 0..count {
                    let mut folder = folder(cursor)?;
                    folder.first = first;
                    first += folder.packed.len();
                    streams.folders.push(folder);
                }
            }
            12 => {
                for folder in &mut streams.folders {
                    folder.sizes = folder.coders.iter().map(|_| cursor.number("the size of a coder's output")).collect::<Result<_>>()?;
                }
            }
            10 => {
                let digests = cursor.digests(streams.folders.len() as u64)?;
                streams.folders.iter_mut().zip(digests).for_each(|(folder, crc)| folder.crc = crc);
            }
            _ => return Err(cursor.bad("a property of folders")),
        }
    }
}

fn folder(cursor: &mut Cursor<'_>) -> Result<Folder> {
    let mut folder = Folder::default();
    let count = cursor.count(limits::CODERS, "the number of coders")?;
    for _ in 0..count {
        let flags = cursor.byte("a coder")?;
        if flags & 0xC0 != 0 {
            return Err(cursor.bad("a coder without alternatives"));
        }
        let id = cursor.take(u64::from(flags & 0x0F), "the id of a coder")?.to_vec();
        let (mut inputs, mut outputs) = (1, 1);
        if flags & 0x10 != 0 {
            inputs = cursor.count(limits::CODERS, "the number of inputs")?;
            outputs = cursor.count(limits::CODERS, "the number of outputs")?;
        }
        // Nor does 7-Zip take any other.
        if outputs != 1 || inputs == 0 {
            return Err(cursor.bad("a coder with one output"));
        }
        let size = if flags & 0x20 != 0 { cursor.number("the size of properties")? } else { 0 };
        let properties = cursor.take(size, "properties of a coder")?.to_vec();
        folder.coders.push(Coder { id, inputs: inputs as usize, properties });
    }
    let inputs: usize = folder.coders.iter().map(|coder| coder.inputs).sum();
    let index = |cursor: &mut Cursor<'_>, most: usize| -> Result<usize> {
        let index = cursor.number("the index of a stream")? as usize;
        if index < most { Ok(index) } else { Err(cursor.bad("the index of a stream")) }
    };
    for _ in 1..folder.coders.len() {
        let bond = (index(cursor, inputs)?, index(cursor, folder.coders.len())?);
        folder.bonds.push(bond);
    }
    let free = (0..inputs).filter(|input| !folder.bonds.iter().any(|bond| bond.0 == *input));
    match (inputs + 1).saturating_sub(folder.coders.len().max(1)) {
        1 => folder.packed = free.take(1).collect(),
        packed => folder.packed = (0..packed).map(|_| index(cursor, inputs)).collect::<Result<_>>()?,
    }
    Ok(folder)
}

fn sub_streams(cursor: &mut Cursor<'_>, folders: &[Folder]) -> Result<Vec<Part>> {
    let mut counts = vec![1u64; folders.len()];
    let mut sizes: Option<Vec<Vec<u64>>> = None;
    let mut digests: Vec<Option<u32>> = Vec::new();
    let plain = |count: u64, folder: &Folder| count == 1 && folder.crc.is_some();
    loop {
        match cursor.byte("a property of files in folders")? {
            0 => break,
            13 => {
                let mut all = 0;
                for count in &mut counts {
                    *count = cursor.number("the number of files in a folder")?;
                    all = u64::saturating_add(all, *count);
                }
                if all > limits::ENTRIES {
                    return Err(cursor.over("the number of files in folders"));
                }
            }
            9 => sizes = Some(counts.iter().map(|count| (1..*count).map(|_| cursor.number("the size of a file")).collect()).collect::<Result<_>>()?),
            10 => {
                let unknown = counts.iter().zip(folders).map(|(&count, folder)| if plain(count, folder) { 0 } else { count }).sum();
                digests = cursor.digests(unknown)?;
            }
            _ => return Err(cursor.bad("a property of files in folders")),
        }
    }
    let mut digests = digests.into_iter();
    let mut parts = Vec::new();
    for (at, (folder, &count)) in folders.iter().zip(&counts).enumerate() {
        let mut offset = 0u64;
        for part in 0..count {
            let given = sizes.as_ref().and_then(|sizes| sizes[at].get(part as usize)).copied();
            // The last one has what is left.
            let size = given.unwrap_or_else(|| folder.size().saturating_sub(offset));
            let crc = if plain(count, folder) { folder.crc } else { digests.next().flatten() };
            parts.push(Part { folder: at, offset, size, crc });
            offset = offset.saturating_add(size);
        }
    }
    Ok(parts)
}

/// `External`: data in another stream, which no archiver writes.
pub(crate) fn not_external(cursor: &mut Cursor<'_>) -> Result<()> {
    match cursor.byte("whether data lie elsewhere")? {
        0 => Ok(()),
        _ => Err(Bad { expected: "data that lie in the header", ..cursor.bad("") }),
    }
}
