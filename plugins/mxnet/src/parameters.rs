//! Parameters: arrays, then their names.
//!
//! ```text
//! file   = 0x112:u64 reserved:u64 count:u64 array* count:u64 (length:u64 name)*
//! array  = magic:u32 [kind:i32 [storage shape, auxiliary]] shape device:i32 number:i32 type:i32 data     of version 2 and 3
//! shape  = dimensions:u32 size:i64*                                        before version 1 sizes were u32
//! ```

use crate::limits;
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Child, Cursor, Fact, Failure, Found, Input, ReadAt, Region};

pub(crate) const MAGIC: [u8; 8] = [0x12, 0x01, 0, 0, 0, 0, 0, 0];

const V1: u32 = 0xF993_FAC8;
const V2: u32 = 0xF993_FAC9;
const V3: u32 = 0xF993_FACA;

/// Bytes that identification looks at.
pub(crate) const HEAD: usize = 28;

/// Whether what follows the magic, which is a number that arrays hold too, is as in parameters: eight reserved bytes, a number of arrays, an array.
pub(crate) fn begins(head: &[u8]) -> bool {
    let number = |at: usize| head.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(u64::MAX, u64::from_le_bytes);
    let array = head.get(24..28).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    number(8) == 0 && (1..=limits::ARRAYS).contains(&number(16)) && matches!(array, V1 | V2 | V3)
}

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

struct Arrays<'i, 'h> {
    input: &'i Input<'h>,
    cursor: Cursor<&'i Input<'h>>,
    /// Where the structure since the last payload begins.
    structure: u64,
}

impl Arrays<'_, '_> {
    fn broken<T>(&self, at: u64, expected: &'static str, found: Found) -> Result<T, Failure> {
        Err(self.cursor.invalid(at, expected, found))
    }

    /// The number of elements; none of a shape that is not known.
    fn shape(&mut self, wide: bool) -> Result<Option<u64>, Failure> {
        let at = self.cursor.offset();
        let dimensions = self.cursor.u32_le("a shape")?;
        if dimensions == u32::MAX {
            return Ok(None);
        }
        if dimensions > limits::DIMENSIONS {
            return self.broken(at, "the number of an array's dimensions", Found::Number(dimensions.into()));
        }
        let mut count = 1u64;
        for _ in 0..dimensions {
            let at = self.cursor.offset();
            let size = if wide { self.cursor.u64_le("a dimension")? } else { u64::from(self.cursor.u32_le("a dimension")?) };
            count = match count.checked_mul(size) {
                Some(count) if size <= i64::MAX as u64 => count,
                _ => return self.broken(at, "a shape below 2^63 elements", Found::Number(size)),
            };
        }
        Ok(Some(count))
    }

    fn ndarray(&mut self, index: u64) -> Result<(), Failure> {
        let start = self.cursor.offset();
        let magic = self.cursor.u32_le("an array")?;
        let (wide, sparse) = match magic {
            V3 | V2 => (true, true),
            V1 => (true, false),
            // The oldest begin with their dimensions.
            _ => {
                self.cursor.seek(start, "an array")?;
                (false, false)
            }
        };
        let mut auxiliary = 0;
        let mut stored = None;
        if sparse {
            let at = self.cursor.offset();
            match self.cursor.i32_le("how an array is stored")? {
                // -1 is a dense one of versions before kinds were.
                -1 | 0 => {}
                1 => auxiliary = 1,
                2 => auxiliary = 2,
                other => return self.broken(at, "how an array is stored, from 0 to 2", Found::Signed(other.into())),
            }
            if auxiliary > 0 {
                stored = self.shape(wide)?;
            }
        }
        let at = self.cursor.offset();
        let count = self.shape(wide)?;
        let Some(count) = count.filter(|count| *count > 0 || magic == V3) else { return Ok(()) };
        let _device = self.cursor.u32_le("an array's device")?;
        let _number = self.cursor.u32_le("an array's device")?;
        let kind = self.cursor.i32_le("an array's type")?;
        let Some(width) = width(kind) else { return self.broken(at, "an array's type", Found::Signed(kind.into())) };
        let mut indices = Vec::new();
        for _ in 0..auxiliary {
            let kind = self.cursor.i32_le("an index's type")?;
            let at = self.cursor.offset();
            let Some(width) = self::width(kind) else { return self.broken(at, "an index's type", Found::Signed(kind.into())) };
            indices.push((self.shape(wide)?.unwrap_or(0), width));
        }
        self.data(index, stored.unwrap_or(count), width)?;
        for (count, width) in indices {
            self.data(index, count, width)?;
        }
        Ok(())
    }

    fn data(&mut self, index: u64, count: u64, width: u64) -> Result<(), Failure> {
        let at = self.cursor.offset();
        let Some(bytes) = count.checked_mul(width) else { return self.broken(at, "data below 2^64 bytes", Found::Number(count)) };
        self.cursor.skip(bytes, "an array's data")?;
        if bytes == 0 {
            return Ok(());
        }
        self.input.region(Region::Structure, self.structure, at - self.structure)?;
        self.input.region(Region::Payload, at, bytes)?;
        self.structure = self.cursor.offset();
        if bytes <= limits::CONSTANT {
            self.input.child(&Child { payload: true, speculative: true, ..Child::range(b"array", index, at, bytes) })?;
        }
        Ok(())
    }

    fn read(&mut self) -> Result<u64, Failure> {
        let magic = self.cursor.u64_le("the magic 0x112")?;
        if magic.to_le_bytes() != MAGIC {
            return self.broken(0, "the magic 0x112", Found::Number(magic));
        }
        let _reserved = self.cursor.u64_le("eight reserved bytes")?;
        let at = self.cursor.offset();
        let count = self.cursor.u64_le("the number of arrays")?;
        if count > limits::ARRAYS {
            return self.broken(at, "the number of arrays", Found::Number(count));
        }
        for index in 0..count {
            self.input.poll(1)?;
            self.ndarray(index)?;
        }
        let at = self.cursor.offset();
        let names = self.cursor.u64_le("the number of names")?;
        if names != 0 && names != count {
            return self.broken(at, "a name for each array", Found::Number(names));
        }
        for _ in 0..names {
            self.input.poll(1)?;
            let length = self.cursor.u64_le("the length of a name")?;
            let at = self.cursor.offset();
            let name = self.cursor.take(length, limits::NAME, "a name")?.text();
            if could_be_code(&name) {
                self.input.emit(&Fact::new("text").text("role", "name").text_cut("value", &name, length).at(at, length))?;
            }
        }
        Ok(count)
    }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    let mut arrays = Arrays { input, cursor: Cursor::new(input), structure: 0 };
    let result = arrays.read();
    let end = arrays.cursor.offset();
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
        Err(Failure::Broken(broken)) => {
            broken.emit(input)?;
            let from = end.max(arrays.structure);
            input.region(Region::Opaque, from, size - from)?;
            weighbridge_parse_strings::runs(input, from, from.saturating_add(limits::REST), 6, |run| {
                input.emit(&Fact::new("text").text("role", "unread").text("value", run.text).at(run.at, run.length))?;
                Ok(())
            })?;
            Err(Failure::Malformed)
        }
        Err(failure) => Err(failure),
    }
}
