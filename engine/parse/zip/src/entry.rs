//! One entry, as all records that speak of it describe it.

use std::ops::Range;

use crate::{Central, Descriptor, Local, extra};

/// Where an entry was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// In a directory only: there is no local header where it points.
    Central,
    /// In a local header only: readers of streams see it, readers of directories do not.
    Local,
    /// In both.
    Both,
}

/// An entry of the archive: every record that describes it, raw, side by side.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number in the order in which entries are reported, from 0.
    pub index: u64,
    /// The directory that names it: an index into [`Summary::directories`](crate::Summary::directories).
    pub directory: Option<usize>,
    /// Its place in that directory, from 0. A reader that walks by count sees those below the count.
    pub position: Option<u64>,
    /// Its central directory header.
    pub central: Option<Central>,
    /// Its local header.
    pub local: Option<Local>,
    /// Its data descriptor.
    pub descriptor: Option<Descriptor>,
    /// Where its data begin: behind the local header, or where readers that do not check that header would look.
    pub data_offset: u64,
    /// Size of the input, to which views are cut.
    pub(crate) input_size: u64,
    /// For an entry without any size: where the next record begins.
    pub(crate) open_end: Option<u64>,
}

/// One way in which a reader would find an entry's data. Numbers are as declared by the record that this reader believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The entry's index.
    pub entry: u64,
    /// The record that says so.
    pub source: Seen,
    /// Compression method; under method 99 (AES), the one that is hidden in its extra field is not looked up.
    pub method: u16,
    /// General purpose bit flags.
    pub flags: u16,
    /// Where the data stand in the input, cut to its end. A stored entry's content is exactly this range.
    pub data: Range<u64>,
    /// Declared compressed size; more than `data` holds if the input ends early.
    pub compressed: u64,
    /// Declared size; `None` where no record says it.
    pub size: Option<u64>,
    /// Declared CRC-32; `None` where no record says it.
    pub crc32: Option<u32>,
    /// Whether an AE-x extra field is there (WinZip's AES encryption).
    pub aes: bool,
}

impl View {
    /// Whether the bytes in `data` are the content itself: method 0.
    pub fn is_stored(&self) -> bool {
        self.method == 0
    }

    /// Whether flag 0, "encrypted", is set. It may be a lie: try plain first.
    pub fn encrypted_flag(&self) -> bool {
        self.flags & 1 != 0
    }
}

impl Entry {
    /// Which records there are.
    pub fn seen(&self) -> Seen {
        match (&self.central, &self.local) {
            (Some(_), Some(_)) => Seen::Both,
            (None, _) => Seen::Local,
            (Some(_), None) => Seen::Central,
        }
    }

    /// The name most readers use: the central one, else the local one. Raw bytes.
    pub fn name(&self) -> &[u8] {
        match (&self.central, &self.local) {
            (Some(central), _) => &central.name,
            (None, Some(local)) => &local.name,
            (None, None) => &[],
        }
    }

    /// Where the entry's first record begins: the local header, else the central one.
    pub fn offset(&self) -> u64 {
        match (&self.local, &self.central) {
            (Some(local), _) => local.offset,
            (None, Some(central)) => central.offset,
            (None, None) => self.data_offset,
        }
    }

    /// The Unix mode in the external attributes, if the header says that it was made on Unix (or macOS).
    pub fn unix_mode(&self) -> Option<u32> {
        let central = self.central.as_ref()?;
        let mode = central.external_attributes >> 16;
        (matches!(central.version_made_by >> 8, 3 | 19) && mode != 0).then_some(mode)
    }

    /// The distinct interpretations, the directory's first: one unless records disagree on method, extent or checksum.
    /// The input may be read with any of them by some reader.
    pub fn views(&self) -> Vec<View> {
        let mut views: Vec<View> = Vec::with_capacity(1);
        let mut add = |view: View| {
            let same = |v: &View| {
                v.method == view.method
                    && v.data == view.data
                    && (v.size == view.size || view.size.is_none())
                    && (v.crc32 == view.crc32 || view.crc32.is_none())
            };
            match views.iter_mut().find(|v| same(v)) {
                // One record with the flag is enough: the other may be the lie.
                Some(v) => v.flags |= view.flags,
                None => views.push(view),
            }
        };
        if let Some(central) = &self.central {
            add(View {
                source: Seen::Central,
                size: Some(central.size),
                crc32: Some(central.crc32),
                aes: extra::find(&central.extra, extra::AES).is_some(),
                ..self.view(central.method, central.flags, central.compressed)
            });
        }
        if let Some(local) = &self.local {
            let aes = extra::find(&local.extra, extra::AES).is_some();
            let streamed = local.has_descriptor() || local.flags & MASKED != 0;
            let view = |compressed| View { aes, ..self.view(local.method, local.flags, compressed) };
            // What a descriptor replaces says nothing while it is zero.
            if !streamed || local.compressed != 0 {
                let known = |zero: bool| !(streamed && zero);
                add(View {
                    size: known(local.size == 0).then_some(local.size),
                    crc32: known(local.crc32 == 0).then_some(local.crc32),
                    ..view(local.compressed)
                });
            }
            match (&self.descriptor, &self.central) {
                (Some(d), _) if local.has_descriptor() => {
                    add(View { size: Some(d.size), crc32: Some(d.crc32), ..view(d.compressed) });
                }
                // The method may still differ.
                (_, Some(central)) if streamed => add(view(central.compressed)),
                (None, None) if streamed && local.compressed == 0 => {
                    let end = self.open_end.unwrap_or(self.input_size);
                    add(view(end.saturating_sub(self.data_offset)));
                }
                _ => {}
            }
        }
        views
    }

    fn view(&self, method: u16, flags: u16, compressed: u64) -> View {
        let start = self.data_offset.min(self.input_size);
        View {
            entry: self.index,
            source: Seen::Local,
            method,
            flags,
            data: start..self.data_offset.saturating_add(compressed).clamp(start, self.input_size),
            compressed,
            size: None,
            crc32: None,
            aes: false,
        }
    }
}

/// Flag 13: local header values are masked.
pub(crate) const MASKED: u16 = 0x2000;
