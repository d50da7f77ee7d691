//! Names and attributes of files.
//!
//! ```text
//! FilesInfo = count { type size data } 00
//! type      = 0E empty streams, 0F empty files, 10 anti-items, 11 names, 12 13 14 times, 15 attributes, 19 filler
//! ```

use crate::cursor::{Cursor, Result};
use crate::header::not_external;
use crate::limits;

/// A file as the header describes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct File {
    /// UTF-16 made UTF-8; with a replacement character where that is not possible.
    pub name: String,
    pub has_stream: bool,
    pub is_directory: bool,
    /// Deletes what has its name, on extraction.
    pub is_anti: bool,
    /// Of Windows; the high half is the Unix mode, where bit 15 is set.
    pub attributes: u32,
}

impl File {
    /// The Unix mode's type bits.
    pub fn unix_type(&self) -> u32 {
        if self.attributes & 0x8000 != 0 { self.attributes >> 16 & 0o170_000 } else { 0 }
    }

    pub fn is_symlink(&self) -> bool {
        // 0x400: a reparse point of Windows.
        self.unix_type() == 0o120_000 || self.attributes & 0x400 != 0
    }

    pub fn is_special(&self) -> bool {
        matches!(self.unix_type(), 0o010_000 | 0o020_000 | 0o060_000 | 0o140_000)
    }
}

pub(crate) fn files(cursor: &mut Cursor<'_>) -> Result<Vec<File>> {
    let count = cursor.count(limits::ENTRIES, "the number of files")?;
    // Each has a name, of two bytes at least, or there are none.
    if count > cursor.rest() as u64 {
        return Err(cursor.bad("as many names as files"));
    }
    let mut files = vec![File { has_stream: true, ..File::default() }; count as usize];
    let (mut empty_file, mut anti) = (Vec::new(), Vec::new());
    let mut properties = 0;
    loop {
        let kind = cursor.byte("a property of files")?;
        if kind == 0 {
            break;
        }
        properties += 1;
        if properties > limits::PROPERTIES {
            return Err(cursor.over("properties of files"));
        }
        let size = cursor.number("the size of a property")?;
        let mut data = Cursor::new(cursor.take(size, "a property of files")?);
        let empty = files.iter().filter(|file| !file.has_stream).count() as u64;
        match kind {
            0x0E => {
                let bits = data.bits(count, "empty streams")?;
                files.iter_mut().zip(bits).for_each(|(file, empty)| file.has_stream = !empty);
            }
            0x0F => empty_file = data.bits(empty, "empty files")?,
            0x10 => anti = data.bits(empty, "anti-items")?,
            0x11 => {
                not_external(&mut data)?;
                names(&mut data, &mut files)?;
            }
            0x15 => {
                let defined = data.optional_bits(count, "attributes")?;
                not_external(&mut data)?;
                for (file, _) in files.iter_mut().zip(defined).filter(|(_, defined)| *defined) {
                    file.attributes = data.u32("attributes")?;
                }
            }
            // Times, filler, and what is yet to come.
            _ => {}
        }
    }
    for (at, file) in files.iter_mut().filter(|file| !file.has_stream).enumerate() {
        file.is_directory = !empty_file.get(at).copied().unwrap_or(false);
        file.is_anti = anti.get(at).copied().unwrap_or(false);
    }
    Ok(files)
}

/// Names in UTF-16, each ended by a NUL.
fn names(data: &mut Cursor<'_>, files: &mut [File]) -> Result<()> {
    let bytes = data.take(data.rest() as u64, "names")?;
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let mut names = units.split(|&unit| unit == 0);
    for file in files {
        file.name = String::from_utf16_lossy(names.next().ok_or_else(|| data.bad("as many names as files"))?);
    }
    Ok(())
}
