//! The index of a checkpoint: a sorted table of keys and values, each the place of a tensor.
//!
//! <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/io/format.h>, table_format.txt of LevelDB
//! (<https://github.com/google/leveldb/blob/main/doc/table_format.md>),
//! <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto>.

use crate::walk::Walk;
use crate::{data, limits, tensor};
use std::collections::BTreeMap;
use weighbridge_parse_proto::{Error, Message, Reader, Value};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Span, Stop, read_up_to};

/// What a table ends with.
pub(crate) const MAGIC: [u8; 8] = 0xdb47_7524_8b80_fb57_u64.to_le_bytes();
/// Bytes of the footer.
const FOOTER: u64 = 48;
/// Behind each block: how it is compressed, and a checksum.
const TRAILER: u64 = 5;

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut index = Index { walk: Walk::new(input), shards: 0, ends: BTreeMap::new(), tensors: 0, entries: 0, full: false };
    index.read(input)?;
    index.finish(input)?;
    index.walk.report.finish()
}

struct Index<'i, 'h> {
    walk: Walk<'i, 'h>,
    /// Files that the data are in.
    shards: u64,
    /// By file: where the last tensor ends.
    ends: BTreeMap<u64, u64>,
    tensors: u64,
    entries: u64,
    full: bool,
}

impl Index<'_, '_> {
    /// ```text
    /// footer := metaindex:handle index:handle _padding magic:u64        in all 48 bytes
    /// handle := offset:varint size:varint
    /// ```
    fn read(&mut self, input: &Input<'_>) -> Result<(), Stop> {
        let footer = Span::new(input.size().saturating_sub(FOOTER), input.size().saturating_sub(MAGIC.len() as u64));
        let mut at = footer.start;
        let Some(_metaindex) = self.handle(&mut at, footer)? else { return Ok(()) };
        let Some(index) = self.handle(&mut at, footer)? else { return Ok(()) };
        let Some(index) = self.block("index block", index)? else { return Ok(()) };
        let mut blocks = Vec::new();
        self.each("index block", &index, |_, _, value| {
            blocks.push(value.to_vec());
            Ok(())
        })?;
        for handle in blocks {
            let mut at = 0;
            let (Some(offset), Some(size)) = (varint(&handle, &mut at), varint(&handle, &mut at)) else {
                self.walk.report.broken("invalid", "index block", "the handle of a block", "none", index.at)?;
                continue;
            };
            let Some(block) = self.block("data block", (offset, size))? else { continue };
            self.each("data block", &block, Index::entry)?;
        }
        Ok(())
    }

    fn handle(&mut self, at: &mut u64, within: Span) -> Result<Option<(u64, u64)>, Stop> {
        let mut next = || self.walk.reader.varint_at(at, within.end);
        let offset = next();
        match (offset, next()) {
            (Ok(offset), Ok(size)) => Ok(Some((offset, size))),
            (Err(Error::Stop(stop)), _) | (_, Err(Error::Stop(stop))) => Err(stop),
            _ => {
                self.walk.report.broken("invalid", "footer", "the handle of a block", "none", within.start)?;
                Ok(None)
            }
        }
    }

    /// ```text
    /// block := entries… restarts:[u32] count:u32
    /// trailer := compression:u8 _masked_crc:u32      behind it
    /// ```
    fn block(&mut self, what: &str, (offset, size): (u64, u64)) -> Result<Option<Block>, Stop> {
        let input = self.walk.report.input;
        let end = offset.checked_add(size).and_then(|end| end.checked_add(TRAILER));
        if end.is_none_or(|end| end > input.size()) {
            let found = format!("{size} bytes at {offset}");
            self.walk.report.broken("truncated", what, "a block in the file", &found, offset.min(input.size()))?;
            return Ok(None);
        }
        let kind = input.array(offset + size)?.map_or(0, |[kind]| kind);
        if kind != 0 {
            self.walk.report.broken("unsupported", what, "a block that is not compressed", &kind.to_string(), offset)?;
            return Ok(None);
        }
        if size > limits::BLOCK {
            self.walk.report.broken("limit-size", what, &limits::BLOCK.to_string(), &size.to_string(), offset)?;
            return Ok(None);
        }
        let bytes = read_up_to(input, offset, usize::try_from(size).unwrap_or(0))?;
        input.poll(size / 64)?;
        let count = bytes.last_chunk().map(|count| u32::from_le_bytes(*count));
        let restarts = count.and_then(|count| usize::try_from(4 * (u64::from(count) + 1)).ok());
        match restarts.and_then(|restarts| bytes.len().checked_sub(restarts)) {
            Some(entries) => Ok(Some(Block { at: offset, bytes, entries })),
            None => {
                self.walk.report.broken("invalid", what, "restarts within the block", &format!("{}", count.unwrap_or(0)), offset)?;
                Ok(None)
            }
        }
    }

    /// ```text
    /// entry := shared:varint unshared:varint length:varint key:[u8; unshared] value:[u8; length]
    /// ```
    /// Calls `each` with key and value.
    fn each(&mut self, what: &str, block: &Block, mut each: impl FnMut(&mut Self, &[u8], &[u8]) -> Result<(), Stop>) -> Result<(), Stop> {
        let mut key = Vec::new();
        let mut at = 0;
        while at < block.entries as u64 {
            self.walk.report.input.poll(1)?;
            let entry = block.entry(&mut at, &key);
            let Some((shared, unshared, value)) = entry else {
                return self.walk.report.broken("invalid", what, "an entry", "a length beyond the block", block.at + at);
            };
            key.truncate(shared);
            key.extend_from_slice(unshared);
            if key.len() > limits::KEY {
                return self.walk.report.broken("limit-size", what, &limits::KEY.to_string(), &key.len().to_string(), block.at + at);
            }
            each(self, &key, value)?;
        }
        Ok(())
    }

    /// ```text
    /// "" → BundleHeaderProto { num_shards = 1, _endianness = 2, _version = 3 }
    /// key → BundleEntryProto { dtype = 1, shape = 2, shard_id = 3, offset = 4, size = 5, _crc32c = 6, slices = 7 }
    /// ```
    /// The first version of the format has the tensors themselves for values, under keys that begin with a zero.
    fn entry(&mut self, key: &[u8], value: &[u8]) -> Result<(), Stop> {
        self.entries += 1;
        let mut reader = Reader::new(value);
        let mut message = reader.whole();
        let mut numbers = [0; 6];
        let (mut elements, mut sliced) = (Some(1u64), false);
        while let Ok(Some(field)) = reader.next(&mut message) {
            match (field.number, field.value) {
                (number @ 1..=5, Value::Varint(value)) => numbers[number as usize] = value,
                (2, Value::Bytes(span)) => elements = shape(&mut reader, message.nested(span).ok()),
                (7, Value::Bytes(_)) => sliced = true,
                _ => {}
            }
        }
        if key.is_empty() {
            self.shards = numbers[1];
            return Ok(());
        }
        let [_, dtype, _, shard, offset, size] = numbers;
        if sliced || key.first() == Some(&0) {
            return Ok(());
        }
        self.tensors += 1;
        let target = String::from_utf8_lossy(key);
        let at = Span::new(0, self.walk.report.input.size());
        let expected = elements.zip(tensor::element(dtype)).map(|(elements, element)| elements.saturating_mul(element));
        if elements.is_none() || expected.is_some_and(|expected| expected != size) {
            let expected = expected.map_or("dimensions whose product has 64 bits".into(), |expected| format!("{expected} bytes"));
            let found = format!("{size} bytes");
            let fact = Fact::anomaly("size-mismatch").text("detail", "a tensor of another size than type and shape ask for");
            self.walk.report.anomaly(fact.text("expected", &expected).text("found", &found).text("target", &target), at)?;
        }
        let Some(end) = offset.checked_add(size) else {
            let found = format!("{size} bytes at {offset}");
            return self.walk.report.broken("invalid", "tensor", "a place of 64 bits", &found, 0);
        };
        if self.ends.len() < limits::SHARDS || self.ends.contains_key(&shard) {
            let have = self.ends.entry(shard).or_insert(end);
            *have = (*have).max(end);
        } else {
            self.full = true;
        }
        Ok(())
    }

    /// Says where the data are.
    fn finish(&mut self, input: &Input<'_>) -> Result<(), Stop> {
        let whole = Span::new(0, input.size());
        self.walk.report.metadata("tensorflow.tensors", &self.tensors.to_string(), 0, whole)?;
        if self.full {
            self.walk.report.broken("limit-facts", "shards", &limits::SHARDS.to_string(), "more", 0)?;
        }
        let Some(prefix) = input.name().strip_suffix(".index").filter(|prefix| !prefix.is_empty()) else { return Ok(()) };
        let of = self.shards.max(1);
        for (shard, end) in std::mem::take(&mut self.ends) {
            if shard >= of {
                let expected = format!("a shard below {of}");
                self.walk.report.broken("invalid", "BundleEntryProto.shard_id", &expected, &shard.to_string(), 0)?;
                continue;
            }
            self.walk.report.reference("shard", &data::shard(prefix, shard, of), Some(end), whole)?;
        }
        Ok(())
    }
}

/// Dimensions' product; `None` where one is negative or the product overflows.
fn shape(reader: &mut Reader<&[u8]>, message: Option<Message>) -> Option<u64> {
    let mut message = message?;
    let mut elements = Some(1u64);
    while let Ok(Some(field)) = reader.next(&mut message) {
        let (2, Value::Bytes(span)) = (field.number, field.value) else { continue };
        let mut dim = message.nested(span).ok()?;
        let mut size = 0;
        while let Ok(Some(field)) = reader.next(&mut dim) {
            if let (1, Value::Varint(number)) = (field.number, field.value) {
                size = number;
            }
        }
        elements = elements.filter(|_| i64::try_from(size).is_ok()).and_then(|elements| elements.checked_mul(size));
    }
    elements
}

struct Block {
    at: u64,
    bytes: Vec<u8>,
    /// Bytes of it that are entries.
    entries: usize,
}

impl Block {
    fn entry(&self, at: &mut u64, key: &[u8]) -> Option<(usize, &[u8], &[u8])> {
        let mut number = || varint(&self.bytes[..self.entries], at).and_then(|number| usize::try_from(number).ok());
        let (shared, unshared, length) = (number()?, number()?, number()?);
        let start = usize::try_from(*at).ok()?;
        let middle = start.checked_add(unshared)?;
        let end = middle.checked_add(length).filter(|end| *end <= self.entries)?;
        if shared > key.len() {
            return None;
        }
        *at = end as u64;
        Some((shared, &self.bytes[start..middle], &self.bytes[middle..end]))
    }
}

/// A varint of a block that is in memory.
fn varint(bytes: &[u8], at: &mut u64) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = bytes.get(usize::try_from(*at).ok()?)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
