//! What a document holds, as facts: strings that could be code, bytes that could be files, arrays that are not as large as they say.

use crate::limits;
use crate::walk::{Ended, Item, Kind, Walk};
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop, read_up_to};

/// Flax's extension types: <https://github.com/google/flax/blob/main/flax/serialization.py>.
const NDARRAY: i8 = 1;
const COMPLEX: i8 = 2;
const SCALAR: i8 = 3;

pub(crate) fn size(input: &Input<'_>) -> u64 {
    input.size()
}

struct Report<'i, 'h> {
    input: &'i Input<'h>,
    texts: usize,
    children: u64,
    /// Keys of the maps that are open, by depth.
    keys: Vec<(usize, HashSet<u64>)>,
    /// Where the structure since the last payload begins.
    structure: u64,
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut walk = Walk::new(input, 0, u64::MAX);
    let mut report = Report { input, texts: 0, children: 0, keys: Vec::new(), structure: 0 };
    let ended = loop {
        match walk.next()? {
            Ok(Some(item)) => {
                input.poll(1)?;
                report.item(&item)?;
            }
            Ok(None) => break None,
            Err(ended) => break Some(ended),
        }
    };
    let end = match &ended {
        None => walk.at,
        Some(Ended::Truncated { at, .. } | Ended::Invalid { at, .. } | Ended::Depth { at }) => *at,
    };
    let end = end.min(input.size());
    if end > report.structure {
        input.region(Region::Structure, report.structure, end - report.structure)?;
    }
    if report.texts > limits::TEXTS {
        let found = format!("{} more", report.texts - limits::TEXTS);
        input.emit(&Fact::anomaly("limit-facts").text("detail", "strings that were not handed on").text("found", &found).at(0, 0))?;
        return finish(input, end, ended).and(Err(Failure::Unsupported));
    }
    finish(input, end, ended)
}

fn finish(input: &Input<'_>, end: u64, ended: Option<Ended>) -> Result<(), Failure> {
    let left = input.size() - end;
    let (fact, failure) = match &ended {
        None if left > 0 => {
            let found = format!("{left} bytes");
            input.emit(&Fact::anomaly("trailing-data").text("found", &found).at(end, left))?;
            input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, end, left) })?;
            return Ok(());
        }
        None => return Ok(()),
        Some(Ended::Truncated { expected, .. }) => (Fact::anomaly("truncated").text("expected", expected), Failure::Malformed),
        Some(Ended::Invalid { found, .. }) => {
            let found = format!("{found:#04x}");
            input.emit(&Fact::anomaly("invalid").text("expected", "the first byte of a value").text("found", &found).at(end, 1))?;
            input.region(Region::Opaque, end, left)?;
            rest(input, end)?;
            return Err(Failure::Malformed);
        }
        Some(Ended::Depth { .. }) => (Fact::anomaly("limit-depth").text("expected", "less nesting"), Failure::Unsupported),
    };
    input.emit(&fact.at(end, 0))?;
    input.region(Region::Opaque, end, left)?;
    rest(input, end)?;
    Err(failure)
}

/// Text behind a break.
fn rest(input: &Input<'_>, from: u64) -> Result<(), Stop> {
    weighbridge_parse_strings::runs(input, from, from.saturating_add(limits::CONSTANT), 8, |run| {
        input.emit(&Fact::new("text").text("role", "unread").text("value", run.text).at(run.at, run.length))?;
        Ok(())
    })
}

impl Report<'_, '_> {
    fn item(&mut self, item: &Item) -> Result<(), Stop> {
        // What stands further out than a map's keys comes after it.
        while self.keys.last().is_some_and(|(depth, _)| *depth > item.depth) {
            self.keys.pop();
        }
        match item.kind {
            Kind::Map(count) if count > 1 && self.keys.len() < limits::COMPARED => self.keys.push((item.depth + 1, HashSet::new())),
            Kind::Str(length) => self.string(item, length)?,
            Kind::Bin(length) => self.bytes(item, length)?,
            Kind::Ext(kind, length) => self.extension(item, kind, length)?,
            _ => {}
        }
        Ok(())
    }

    fn string(&mut self, item: &Item, length: u64) -> Result<(), Stop> {
        let keep = usize::try_from(length).unwrap_or(limits::TEXT).min(limits::TEXT);
        if !item.key && length < limits::SHORTEST {
            return Ok(());
        }
        let bytes = read_up_to(self.input, item.body, keep)?;
        if item.key
            && let Some((_, keys)) = self.keys.last_mut().filter(|(depth, keys)| *depth == item.depth && keys.len() < limits::KEYS)
        {
            let mut hasher = DefaultHasher::new();
            (length, &bytes).hash(&mut hasher);
            if !keys.insert(hasher.finish()) {
                let found = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
                let fact = Fact::anomaly("duplicate-name").text("detail", "a key stands twice in a map").text("found", &found);
                self.input.emit(&fact.at(item.at, item.end() - item.at))?;
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        if !could_be_code(&text) {
            return Ok(());
        }
        self.texts += 1;
        if self.texts <= limits::TEXTS {
            let role = if item.key { "name" } else { "string" };
            self.input.emit(&Fact::new("text").text("role", role).text_cut("value", &text, length).at(item.at, item.end() - item.at))?;
        }
        Ok(())
    }

    /// Bytes are parameters, or a file.
    fn bytes(&mut self, item: &Item, length: u64) -> Result<(), Stop> {
        self.payload(item.body, length)?;
        if length > 0 && length <= limits::CONSTANT && self.children < limits::CHILDREN {
            self.children += 1;
            self.input.child(&Child { payload: true, speculative: true, ..Child::range(b"binary", self.children, item.body, length) })?;
        }
        Ok(())
    }

    fn payload(&mut self, at: u64, length: u64) -> Result<(), Stop> {
        if length == 0 {
            return Ok(());
        }
        self.input.region(Region::Structure, self.structure, at - self.structure)?;
        self.input.region(Region::Payload, at, length)?;
        self.structure = at + length;
        Ok(())
    }

    fn extension(&mut self, item: &Item, kind: i8, length: u64) -> Result<(), Stop> {
        if !matches!(kind, NDARRAY | COMPLEX | SCALAR) {
            let value = kind.to_string();
            self.input.emit(&Fact::new("metadata").text("key", "msgpack.extension").text("value", &value).at(item.at, item.end() - item.at))?;
            return self.bytes(item, length);
        }
        match array(self.input, item.body, item.end(), kind == NDARRAY)? {
            // Not as Flax writes it: bytes like any others.
            None => self.bytes(item, length),
            Some(array) => {
                self.payload(array.data, array.length)?;
                if array.wanted != Some(array.length) {
                    let wanted = array.wanted.map_or("more than 2^64".into(), |wanted| wanted.to_string());
                    let (expected, found) = (format!("{wanted} bytes, by shape and type"), format!("{} bytes", array.length));
                    let fact = Fact::anomaly("size-mismatch").text("detail", "msgpack-array").text("expected", &expected).text("found", &found);
                    self.input.emit(&fact.at(item.at, item.end() - item.at))?;
                }
                if array.bytes && array.length <= limits::CONSTANT && self.children < limits::CHILDREN {
                    self.children += 1;
                    let child = Child::range(b"array", self.children, array.data, array.length);
                    self.input.child(&Child { payload: true, speculative: true, ..child })?;
                }
                Ok(())
            }
        }
    }
}

/// An array of Flax's: `(shape, type, bytes)`, a document by itself.
struct Array {
    data: u64,
    length: u64,
    /// What shape and type come to; none beyond 64 bits.
    wanted: Option<u64>,
    /// Elements of one byte, in which a file could be kept.
    bytes: bool,
}

fn array(input: &Input<'_>, at: u64, end: u64, shaped: bool) -> Result<Option<Array>, Stop> {
    let mut walk = Walk::new(input, at, end);
    let (mut count, mut dims, mut kind, mut data) = (Some(1u64), 0, String::new(), None);
    for _ in 0..limits::ARRAY {
        let Ok(Some(item)) = walk.next()? else { break };
        match item.kind {
            Kind::Array(length) if item.depth == 1 => dims = length,
            Kind::Number(number) if item.depth == 2 => count = count.zip(number).and_then(|(count, number)| count.checked_mul(number)),
            Kind::Str(length) if item.depth == 1 => {
                kind = String::from_utf8_lossy(&read_up_to(input, item.body, length.min(32) as usize)?).into_owned()
            }
            Kind::Bin(length) if item.depth == 1 => data = Some((item.body, length)),
            _ => {}
        }
    }
    let width = match kind.as_str() {
        "float64" | "int64" | "uint64" | "complex64" => 8,
        "float32" | "int32" | "uint32" => 4,
        "float16" | "bfloat16" | "int16" | "uint16" => 2,
        "int8" | "uint8" | "bool" | "float8_e4m3fn" | "float8_e5m2" => 1,
        "complex128" => 16,
        // NumPy unpickles what stands there.
        _ => return Ok(data.map(|(data, length)| Array { data, length, wanted: Some(length), bytes: true })),
    };
    let Some((data, length)) = data.filter(|_| dims as usize <= limits::ARRAY || !shaped) else { return Ok(None) };
    let wanted = count.and_then(|count| count.checked_mul(width));
    Ok(Some(Array { data, length, wanted, bytes: width == 1 }))
}
