//! Parameters: tensors one behind the other, without names.
//!
//! ```text
//! parameters = (version:u32 = 0 levels:u64 (length:u64 offsets:u64*)* tensor)*
//! tensor     = version:u32 = 0 length:i32 description data
//! ```
//! The description is a protocol buffer: 1 the type, 2 the dimensions. How long the data is follows from them.

use crate::{limits, rest};
use weighbridge_parse_proto::{Message, Reader, Span, Value};
use weighbridge_sdk::{Broken, Child, Cursor, Fact, Failure, Found, Input, ReadAt, Region};

/// Bytes that identification looks at.
pub(crate) const HEAD: usize = 64;

/// Bytes of an element, by the number of its type.
fn width(kind: u64) -> Option<u64> {
    Some(match kind {
        0 | 20 | 21 => 1,
        1 | 4 | 22 => 2,
        2 | 5 => 4,
        3 | 6 | 19 | 23 => 8,
        24 => 16,
        _ => return None,
    })
}

/// Two versions of 0, no levels, and a short description that begins with a type.
pub(crate) fn is_parameters(head: &[u8]) -> bool {
    let plain = head.get(..16) == Some(&[0; 16]);
    let length = head.get(16..20).and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_le_bytes);
    plain && (2..limits::DESCRIPTION as i32).contains(&length) && matches!(head.get(20..22), Some([0x08, 0..=24]))
}

struct Tensors<'i, 'h> {
    input: &'i Input<'h>,
    cursor: Cursor<&'i Input<'h>>,
}

impl Tensors<'_, '_> {
    fn invalid<T>(&self, at: u64, expected: &'static str, found: Found) -> Result<T, Failure> {
        Err(self.cursor.invalid(at, expected, found))
    }

    fn tensor(&mut self, index: u64) -> Result<(), Failure> {
        let start = self.cursor.offset();
        let version = self.cursor.u32_le("a version")?;
        if version != 0 {
            return self.invalid(start, "version 0", Found::Number(version.into()));
        }
        let at = self.cursor.offset();
        let levels = self.cursor.u64_le("the number of levels")?;
        if levels > limits::LEVELS {
            return self.invalid(at, "the number of levels", Found::Number(levels));
        }
        for _ in 0..levels {
            let length = self.cursor.u64_le("the length of a level")?;
            self.cursor.skip(length, "a level")?;
        }
        let at = self.cursor.offset();
        let version = self.cursor.u32_le("a tensor's version")?;
        if version != 0 {
            return self.invalid(at, "version 0", Found::Number(version.into()));
        }
        let at = self.cursor.offset();
        let length = self.cursor.i32_le("the length of a tensor's description")?;
        let length = match u64::try_from(length) {
            Ok(length) if length <= limits::DESCRIPTION => length,
            _ => return self.invalid(at, "the length of a tensor's description", Found::Signed(length.into())),
        };
        let description = Span::new(self.cursor.offset(), self.cursor.offset().saturating_add(length));
        self.cursor.skip(length, "a tensor's description")?;
        let bytes = self.described(description)?;
        self.input.region(Region::Structure, start, self.cursor.offset() - start)?;
        let data = self.cursor.offset();
        self.cursor.skip(bytes, "a tensor's data")?;
        self.input.region(Region::Payload, data, bytes)?;
        if bytes > 0 && bytes <= 1 << 20 {
            self.input.child(&Child { payload: true, speculative: true, ..Child::range(b"tensor", index, data, bytes) })?;
        }
        Ok(())
    }

    /// The bytes that a description comes to.
    fn described(&mut self, span: Span) -> Result<u64, Failure> {
        let mut reader = Reader::with_window(self.input, 4096);
        let mut message = Message::new(span);
        let (mut kind, mut count) = (None, Some(1u64));
        loop {
            match reader.next(&mut message) {
                Ok(None) => break,
                Ok(Some(field)) => match (field.number, field.value) {
                    (1, Value::Varint(number)) => kind = Some(number),
                    (2, Value::Varint(size)) => count = count.and_then(|count| count.checked_mul(size)),
                    (2, Value::Bytes(_)) => {
                        let packed = reader.varints(&field, |size| {
                            count = count.and_then(|count| count.checked_mul(size));
                            true
                        });
                        if packed.is_err() {
                            return self.invalid(span.start, "a tensor's dimensions", Found::Text("a varint that breaks off"));
                        }
                    }
                    _ => {}
                },
                Err(weighbridge_parse_proto::Error::Stop(stop)) => return Err(stop.into()),
                Err(weighbridge_parse_proto::Error::Broken(broken)) => {
                    let found = broken.fault.found();
                    let fact = Fact::anomaly("invalid").text("expected", "a tensor's description").text("found", &found);
                    self.input.emit(&fact.at(broken.at, 0))?;
                    return Err(Failure::Malformed);
                }
            }
        }
        let Some(width) = kind.and_then(width) else {
            return self.invalid(span.start, "the type of a tensor", kind.map_or(Found::Text("none"), Found::Number));
        };
        match count.and_then(|count| count.checked_mul(width)) {
            Some(bytes) => Ok(bytes),
            None => self.invalid(span.start, "a size below 2^64", Found::Text("a larger one")),
        }
    }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    let mut tensors = Tensors { input, cursor: Cursor::new(input) };
    let mut count = 0;
    let mut start;
    let end = loop {
        start = tensors.cursor.offset();
        if start >= size {
            break None;
        }
        if count >= limits::TENSORS {
            break Some(Broken { offset: start, code: "limit-size", expected: "fewer tensors", found: Found::Number(count) }.into());
        }
        input.poll(1)?;
        count += 1;
        if let Err(end) = tensors.tensor(count) {
            break Some(end);
        }
    };
    let found = count.to_string();
    match end {
        None if count > 0 => {
            input.emit(&Fact::new("metadata").text("key", "paddle.tensors").text("value", &found).at(0, 0))?;
            Ok(())
        }
        None => {
            input.emit(&Fact::anomaly("truncated").text("expected", "a tensor").at(0, 0))?;
            Err(Failure::Malformed)
        }
        Some(Failure::Stop(stop)) => Err(Failure::Stop(stop)),
        Some(failure) => {
            if let Failure::Broken(broken) = failure {
                broken.emit(input)?;
            }
            input.region(Region::Opaque, start, size - start)?;
            rest(input, start)?;
            Err(Failure::Malformed)
        }
    }
}
