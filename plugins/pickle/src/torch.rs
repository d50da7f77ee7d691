//! PyTorch's storages: pointed at by persistent ids, and in old files raw behind the pickles.
//!
//! <https://github.com/pytorch/pytorch/blob/main/torch/serialization.py>
//!
//! In a ZIP checkpoint a persistent id is `("storage", storage class, key, location, number of items)` and the bytes are the member
//! `data/<key>`. A legacy file is five pickles, then the storages:
//!
//! ```text
//! 0x1950a86a20f9469cfc6c, protocol 1001, system information, the object, list of keys
//! for each key: i64 number of items, items
//! ```
//! The `storages` member of a tar file (0.1.x) is a count, then for each storage a tuple `(key, location, storage class)`, i64 number of items, items.

use std::collections::HashMap;
use weighbridge_parse_pickle::{Flow, PersistentId, PickleEnd, Value, Values};
use weighbridge_sdk::{Fact, Input, ReadAt, Stop};

/// `MAGIC_NUMBER` as LONG1 of ten bytes, and as LONG.
const MAGIC: [u8; 12] = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const MAGIC_TEXT: [u8; 26] = *b"L119547037146038801333356L";
/// Pickles of a legacy file.
const PICKLES: u64 = 5;
/// Storages whose sizes are kept. The largest checkpoints have some ten thousand.
const STORAGES: usize = 1 << 18;
/// Digits of a key.
const KEY: usize = 256;

/// What is known of the storages so far.
#[derive(Default)]
pub(crate) struct Storages {
    /// The magic number was the first pickle's value.
    legacy: bool,
    /// Pickles that ended, one after the other.
    pickles: u64,
    /// Where a storage is missing that a legacy file's keys announce.
    missing: Option<u64>,
    /// Size of an item by key.
    item_sizes: HashMap<String, u64>,
}

impl Storages {
    /// A persistent id: if it names a storage in a ZIP checkpoint, where its bytes have to be.
    pub fn persistent(&mut self, input: &Input<'_>, id: &PersistentId<'_>, values: &mut Values<'_>) -> Result<Option<u64>, Stop> {
        let [tag, class, key, _location, count, rest @ ..] = id.items else { return Ok(None) };
        let Some(tag) = values.text(*tag, 16)? else { return Ok(None) };
        if tag.as_str() != "storage" {
            return Ok(None);
        }
        let size = values.name(*class).and_then(|name| item_size(name.name()));
        let key = match values.text(*key, KEY)? {
            Some(text) => text.as_str().into_owned(),
            None => match key.as_int() {
                Some(number) => number.to_string(),
                None => return Ok(None),
            },
        };
        if let Some(size) = size
            && self.item_sizes.len() < STORAGES
        {
            self.item_sizes.insert(key.clone(), size);
        }
        // Where the loader looks depends on the pickle's own name; another name is not a checkpoint's.
        let folder = match input.name() {
            "data.pkl" => "data",
            "constants.pkl" => "constants",
            _ => return Ok(None),
        };
        if !rest.is_empty() {
            return Ok(None);
        }
        let target = format!("{folder}/{key}");
        let mut fact = Fact::new("reference").text("role", "storage").text("target", &target);
        let expect = count.as_int().and_then(|n| u64::try_from(n).ok()).zip(size).and_then(|(n, size)| n.checked_mul(size));
        if let Some(expect) = expect {
            fact = fact.u64("expect_size", expect);
        }
        input.emit(&fact.at(id.offset, 1)).map(Some)
    }

    /// A pickle ended: whether raw storages follow, and up to where.
    pub fn after(&mut self, input: &Input<'_>, end: &PickleEnd, values: &mut Values<'_>) -> Result<Flow, Stop> {
        self.pickles += 1;
        let Some(result) = end.result else { return Ok(Flow::Continue) };
        if end.index == 0
            && let Some(at) = result.offset()
        {
            self.legacy = input.array(at)? == Some(MAGIC) || input.array(at)? == Some(MAGIC_TEXT);
        }
        if self.legacy && self.pickles == PICKLES {
            return self.behind_keys(input, end.offset, result, values);
        }
        // A storage of a tar file: (key, location, storage class).
        let items = values.items(result, 4);
        if let [_, _, class] = items.values[..]
            && let Some(size) = values.name(class).filter(|name| name.module().starts_with("torch")).and_then(|name| item_size(name.name()))
            && let Some(next) = behind_count(input, end.offset, size)?
        {
            return Ok(Flow::SkipTo(next));
        }
        Ok(Flow::Continue)
    }

    /// Where a legacy file breaks off, and before what. Each of its pickles may be whole.
    pub fn cut(&self, size: u64) -> Option<(u64, &'static str)> {
        match self.missing {
            Some(at) => Some((at, "the items of each storage")),
            None if self.legacy && self.pickles < PICKLES => Some((size, "magic number, protocol, system, object and keys of a PyTorch file")),
            None => None,
        }
    }

    fn behind_keys(&mut self, input: &Input<'_>, from: u64, keys: Value, values: &mut Values<'_>) -> Result<Flow, Stop> {
        let keys = values.items(keys, STORAGES);
        let mut at = from;
        for key in keys.values {
            let Some(text) = values.text(key, KEY)? else { break };
            let Some(size) = self.item_sizes.get(text.as_str().as_ref()) else { break };
            let Some(next) = behind_count(input, at, *size)? else {
                self.missing = Some(at);
                break;
            };
            at = next;
            input.poll(1)?;
        }
        Ok(if at > from { Flow::SkipTo(at) } else { Flow::Continue })
    }
}

/// Behind `i64 count, count * size bytes`, where that lies in the input.
fn behind_count(input: &Input<'_>, at: u64, size: u64) -> Result<Option<u64>, Stop> {
    let Some(count) = input.array::<8>(at)?.map(u64::from_le_bytes) else { return Ok(None) };
    let end = count.checked_mul(size).and_then(|bytes| bytes.checked_add(at + 8));
    Ok(end.filter(|end| *end <= input.size()))
}

/// Bytes of an item, by the storage class.
fn item_size(class: &str) -> Option<u64> {
    Some(match class {
        "ComplexDoubleStorage" => 16,
        "DoubleStorage" | "LongStorage" | "ComplexFloatStorage" => 8,
        "FloatStorage" | "IntStorage" | "QInt32Storage" => 4,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        "CharStorage" | "ByteStorage" | "BoolStorage" | "QInt8Storage" | "QUInt8Storage" | "UntypedStorage" => 1,
        _ => return None,
    })
}
