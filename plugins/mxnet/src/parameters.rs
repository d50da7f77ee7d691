//! Parameters: arrays, then their names.
//!
//! ```text
//! file   = 0x112:u64 reserved:u64 count:u64 array* count:u64 (length:u64 name)*
//! array  = magic:u32 [kind:i32 [storage shape, auxiliary]] shape device:i32 number:i32 type:i32 data     of version 2 and 3
//! shape  = dimensions:u32 size:i64*                                        before version 1 sizes were u32
//! ```

use crate::limits;
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop, Window};

pub(crate) const MAGIC: &[u8] = &[0x12, 0x01, 0, 0, 0, 0, 0, 0];

const V1: u32 = 0xF993_FAC8;
const V2: u32 = 0xF993_FAC9;
const V3: u32 = 0xF993_FACA;

/// Bytes of an element, by the number of its type.
fn width(kind: i32) -> Option<u64> {
    Some(match kind {
        0 | 4 => 4,
        1 | 6 => 8,
        2 | 12 | 8 => 2,
        3 | 5 | 7 => 1,
        _ => return None,
    })
}

enum End {
    Stop(Stop),
    Broken { at: u64, code: &'static str, expected: &'static str, found: String },
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        End::Stop(stop)
    }
}

struct Arrays<'i, 'h> {
    input: &'i Input<'h>,
    window: Window<&'i Input<'h>>,
    at: u64,
    /// Where the structure since the last payload begins.
    structure: u64,
}

impl Arrays<'_, '_> {
    fn broken<T>(&self, at: u64, expected: &'static str, found: impl ToString) -> Result<T, End> {
        Err(End::Broken { at, code: "invalid", expected, found: found.to_string() })
    }

    fn array<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], End> {
        let Some(bytes) = self.window.array::<N>(self.at)? else {
            return Err(End::Broken { at: self.at, code: "truncated", expected, found: "the end of the file".into() });
        };
        self.at += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self, expected: &'static str) -> Result<u32, End> {
        Ok(u32::from_le_bytes(self.array(expected)?))
    }

    fn u64(&mut self, expected: &'static str) -> Result<u64, End> {
        Ok(u64::from_le_bytes(self.array(expected)?))
    }

    fn skip(&mut self, bytes: u64, expected: &'static str) -> Result<(), End> {
        match self.at.checked_add(bytes).filter(|end| *end <= self.window.size()) {
            Some(end) => {
                self.at = end;
                Ok(())
            }
            None => Err(End::Broken { at: self.at, code: "truncated", expected, found: "the end of the file".into() }),
        }
    }

    /// The number of elements; none of a shape that is not known.
    fn shape(&mut self, wide: bool) -> Result<Option<u64>, End> {
        let at = self.at;
        let dimensions = self.u32("a shape")?;
        if dimensions == u32::MAX {
            return Ok(None);
        }
        if dimensions > limits::DIMENSIONS {
            return self.broken(at, "the number of an array's dimensions", dimensions);
        }
        let mut count = 1u64;
        for _ in 0..dimensions {
            let at = self.at;
            let size = if wide { self.u64("a dimension")? } else { u64::from(self.u32("a dimension")?) };
            count = match count.checked_mul(size) {
                Some(count) if size <= i64::MAX as u64 => count,
                _ => return self.broken(at, "a shape below 2^63 elements", size),
            };
        }
        Ok(Some(count))
    }

    fn ndarray(&mut self, index: u64) -> Result<(), End> {
        let start = self.at;
        let magic = self.u32("an array")?;
        let (wide, sparse) = match magic {
            V3 | V2 => (true, true),
            V1 => (true, false),
            // The oldest begin with their dimensions.
            _ => {
                self.at = start;
                (false, false)
            }
        };
        let mut auxiliary = 0;
        let mut stored = None;
        if sparse {
            let at = self.at;
            match self.u32("how an array is stored")? as i32 {
                // -1 is a dense one of versions before kinds were.
                -1 | 0 => {}
                1 => auxiliary = 1,
                2 => auxiliary = 2,
                other => return self.broken(at, "how an array is stored, from 0 to 2", other),
            }
            if auxiliary > 0 {
                stored = self.shape(wide)?;
            }
        }
        let at = self.at;
        let count = self.shape(wide)?;
        let Some(count) = count.filter(|count| *count > 0 || magic == V3) else { return Ok(()) };
        let _device = self.u32("an array's device")?;
        let _number = self.u32("an array's device")?;
        let kind = self.u32("an array's type")? as i32;
        let Some(width) = width(kind) else { return self.broken(at, "an array's type", kind) };
        let mut indices = Vec::new();
        for _ in 0..auxiliary {
            let kind = self.u32("an index's type")? as i32;
            let at = self.at;
            let Some(width) = self::width(kind) else { return self.broken(at, "an index's type", kind) };
            indices.push((self.shape(wide)?.unwrap_or(0), width));
        }
        self.data(index, stored.unwrap_or(count), width)?;
        for (count, width) in indices {
            self.data(index, count, width)?;
        }
        Ok(())
    }

    fn data(&mut self, index: u64, count: u64, width: u64) -> Result<(), End> {
        let at = self.at;
        let Some(bytes) = count.checked_mul(width) else { return self.broken(at, "data below 2^64 bytes", count) };
        self.skip(bytes, "an array's data")?;
        if bytes == 0 {
            return Ok(());
        }
        self.input.region(Region::Structure, self.structure, at - self.structure)?;
        self.input.region(Region::Payload, at, bytes)?;
        self.structure = self.at;
        if bytes <= limits::CONSTANT {
            self.input.child(&Child { payload: true, speculative: true, ..Child::range(b"array", index, at, bytes) })?;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<u64, End> {
        let magic: [u8; 8] = self.array("the magic")?;
        if magic != MAGIC {
            return self.broken(0, "the magic 0x112", format!("{:#x}", u64::from_le_bytes(magic)));
        }
        let _reserved = self.u64("eight reserved bytes")?;
        let at = self.at;
        let count = self.u64("the number of arrays")?;
        if count > limits::ARRAYS {
            return self.broken(at, "the number of arrays", count);
        }
        for index in 0..count {
            self.input.poll(1)?;
            self.ndarray(index)?;
        }
        let at = self.at;
        let names = self.u64("the number of names")?;
        if names != 0 && names != count {
            return self.broken(at, "a name for each array", names);
        }
        for _ in 0..names {
            self.input.poll(1)?;
            let length = self.u64("the length of a name")?;
            let at = self.at;
            self.skip(length, "a name")?;
            let keep = usize::try_from(length).unwrap_or(limits::NAME).min(limits::NAME);
            let bytes = self.window.at(at, keep)?;
            let name = String::from_utf8_lossy(&bytes[..keep.min(bytes.len())]).into_owned();
            if could_be_code(&name) {
                self.input.emit(&Fact::new("text").text("role", "name").text_cut("value", &name, length).at(at, length))?;
            }
        }
        Ok(count)
    }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    let mut arrays = Arrays { input, window: Window::new(input, 4096), at: 0, structure: 0 };
    let result = arrays.read();
    let end = arrays.at.min(size);
    input.region(Region::Structure, arrays.structure, end.saturating_sub(arrays.structure))?;
    match result {
        Ok(count) => {
            let count = count.to_string();
            input.emit(&Fact::new("metadata").text("key", "mxnet.arrays").text("value", &count).at(0, 0))?;
            if end < size {
                let found = format!("{} bytes", size - end);
                input.emit(&Fact::anomaly("trailing-data").text("found", &found).at(end, size - end))?;
                input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, end, size - end) })?;
            }
            Ok(())
        }
        Err(End::Stop(stop)) => Err(Failure::Stop(stop)),
        Err(End::Broken { at, code, expected, found }) => {
            input.emit(&Fact::anomaly(code).text("expected", expected).text("found", &found).at(at.min(size), 0))?;
            let from = end.max(arrays.structure);
            input.region(Region::Opaque, from, size - from)?;
            weighbridge_parse_strings::runs(input, from, from.saturating_add(limits::REST), 6, |run| {
                input.emit(&Fact::new("text").text("role", "unread").text("value", run.text).at(run.at, run.length))?;
                Ok(())
            })?;
            Err(Failure::Malformed)
        }
    }
}
