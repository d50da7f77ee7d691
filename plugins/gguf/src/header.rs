//! The header: magic, version, counts, keys with values, and what the tensors are.
//!
//! `struct gguf_header_t { uint32_t magic; uint32_t version; uint64_t tensor_count; uint64_t metadata_kv_count; gguf_metadata_kv_t metadata_kv[…]; }`

use crate::cursor::{Broken, Cursor};
use crate::{limits, metadata, shown, types};
use std::collections::HashSet;
use weighbridge_sdk::{Child, Fact, ReadAt};

/// Where a tensor lies, from the beginning of the data on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub begin: u64,
    /// None where type and shape do not say.
    pub size: Option<u64>,
    /// Of its entry in the header.
    pub at: u64,
}

pub(crate) struct Header {
    pub alignment: u64,
    pub spans: Vec<Span>,
    pub cut: bool,
    /// Whether all that was read is as the reference reader takes it.
    pub sound: bool,
}

pub(crate) fn read(cursor: &mut Cursor<'_, '_>) -> Result<Header, Broken> {
    cursor.at = 4;
    let version = cursor.u32("the version")?;
    // A big-endian file says so by its version alone.
    let version = if version & 0xffff == 0 && version != 0 {
        cursor.big = true;
        version.swap_bytes()
    } else {
        version
    };
    if !(1..=3).contains(&version) {
        return cursor.broken("unsupported", "the version", "1, 2 or 3", &version.to_string(), 4);
    }
    cursor.wide = version > 1;
    let place = cursor.at;
    let tensors = cursor.count("the number of tensors")?;
    let keys = cursor.count("the number of keys")?;
    let mut header = Header { alignment: 32, spans: Vec::new(), cut: false, sound: true };
    let counts = cursor.at - place;
    // A key takes a length, a type and a value; a tensor a length, a number of dimensions, a type and an offset.
    for (what, count, least) in [("tensors", tensors, 20), ("keys", keys, 9)] {
        if count > cursor.left() / least {
            header.sound = false;
            let (expected, found) = (format!("at most {} {what} in what is left", cursor.left() / least), count.to_string());
            let fact = Fact::anomaly("invalid").text("detail", "a count beyond the file").text("expected", &expected).text("found", &found);
            cursor.input.emit(&fact.at(place, counts))?;
        }
    }
    let (shown, order) = (version.to_string(), if cursor.big { "big-endian" } else { "little-endian" });
    if let Some(table) = cursor.input.table("header", &["key", "value"])? {
        let (tensors, keys) = (tensors.to_string(), keys.to_string());
        for (key, value) in [("version", shown.as_str()), ("byte order", order), ("tensors", &tensors), ("keys", &keys)] {
            table.row(0, cursor.at, 0, &[key, value])?;
        }
    }
    cursor.input.columns("metadata", &["key", "type", "value"])?;
    cursor.input.columns("tensors", &["name", "type", "shape", "offset:offset", "size:size"])?;
    let mut seen = HashSet::new();
    for index in 0..keys {
        cursor.step()?;
        key(cursor, &mut header, &mut seen, index)?;
    }
    seen.clear();
    for index in 0..tensors {
        cursor.step()?;
        tensor(cursor, &mut header, &mut seen, index)?;
    }
    if !header.sound {
        // The data cannot be where they are said to be: what is there is looked at all the same.
        cursor.input.poll(1)?;
    }
    Ok(header)
}

/// Notes a name; says so where it was there before.
fn once(cursor: &Cursor<'_, '_>, seen: &mut HashSet<u64>, name: &str, detail: &str, at: u64) -> Result<(), Broken> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    if seen.len() < limits::TENSORS && !seen.insert(hasher.finish()) {
        cursor.input.emit(&Fact::anomaly("duplicate-name").text("detail", detail).text("target", name).at(at, 0))?;
    }
    Ok(())
}

fn key(cursor: &mut Cursor<'_, '_>, header: &mut Header, seen: &mut HashSet<u64>, index: u64) -> Result<(), Broken> {
    let at = cursor.at;
    let key = cursor.text("a key", limits::KEY_SHOWN)?;
    if key.length > limits::KEY {
        return cursor.broken("invalid", "a key longer than the format has", &format!("at most {} bytes", limits::KEY), &key.length.to_string(), at);
    }
    once(cursor, seen, &key.start, "a key stands twice", at)?;
    if index < limits::KEYS {
        metadata::odd_key(cursor.input, &key)?;
    }
    let kind = cursor.u32("the type of a value")?;
    if kind == types::STRING {
        let text = cursor.text("a text", limits::LOOKED_AT)?;
        if index < limits::KEYS {
            metadata::text(cursor.input, &key.start, &text, index)?;
        }
        return Ok(());
    }
    if key.start == "general.alignment" && matches!(kind, 4 | 10) {
        let alignment = if kind == 4 { u64::from(cursor.u32("the alignment")?) } else { cursor.u64("the alignment")? };
        if alignment == 0 || !alignment.is_power_of_two() || alignment > 1 << 30 {
            header.sound = false;
            let found = alignment.to_string();
            let fact = Fact::anomaly("invalid").text("detail", "the alignment").text("expected", "a power of two").text("found", &found);
            cursor.input.emit(&fact.at(at, cursor.at - at)).map(|_| ())?;
        } else {
            header.alignment = alignment;
        }
        let kind = if kind == 4 { "u32" } else { "u64" };
        cursor.input.row("metadata", at, cursor.at - at, 0, &[&key.start, kind, &alignment.to_string()])?;
        return Ok(());
    }
    let begin = cursor.at;
    if kind == 2 && key.start == "split.count" {
        let count = cursor.u16("the number of parts")?;
        metadata::parts(cursor.input, count, at, cursor.at - at)?;
    } else if let 4 | 10 = kind
        && [".block_count", ".embedding_length"].iter().any(|end| key.start.ends_with(end))
    {
        let number = if kind == 4 { u64::from(cursor.u32("a number")?) } else { cursor.u64("a number")? };
        // Servers have divided by these, and allocated by them.
        if number == 0 || number > limits::LAYERS && key.start.ends_with(".block_count") {
            let fact = Fact::anomaly("gguf-number").text("detail", "a number that no model has").text("target", &key.start);
            cursor.input.emit(&fact.text("found", &number.to_string()).at(at, cursor.at - at))?;
        }
    } else {
        value(cursor, kind, 0, &key.start)?;
    }
    if cursor.input.inspect() && index < limits::KEYS {
        let (name, shown) = shown::value(cursor.input, kind, begin, cursor.big, cursor.wide)?;
        cursor.input.row("metadata", at, cursor.at - at, 0, &[&key.start, &name, &shown])?;
    }
    Ok(())
}

/// Passes over a value.
fn value(cursor: &mut Cursor<'_, '_>, kind: u32, depth: u32, key: &str) -> Result<(), Broken> {
    let at = cursor.at;
    if let Some(size) = types::size(kind) {
        return cursor.skip(size, "a value");
    }
    match kind {
        types::STRING => cursor.text("a text", 0).map(|_| ()),
        types::ARRAY if depth < limits::DEPTH => {
            let inner = cursor.u32("the type of an array")?;
            let count = cursor.count("the length of an array")?;
            if let Some(size) = types::size(inner) {
                let begin = cursor.at;
                return match count.checked_mul(size) {
                    Some(bytes) => {
                        cursor.skip(bytes, "an array")?;
                        if size == 1 && count >= limits::BYTES {
                            // Numbers of one byte each may be a file.
                            let child = Child::range(key.as_bytes(), 0, begin, bytes);
                            cursor.input.child(&Child { speculative: true, payload: true, ..child })?;
                        }
                        Ok(())
                    }
                    None => cursor.broken("invalid", "an array's size is beyond 64 bits", "a smaller array", &count.to_string(), at),
                };
            }
            let mut long = false;
            // A vocabulary holds anything; a few texts under another key are read as those that stand alone.
            let few = count <= limits::ARRAY && !key.starts_with("tokenizer.ggml.");
            for index in 0..count {
                cursor.step()?;
                if inner == types::STRING && few {
                    let text = cursor.text("a text of an array", limits::LOOKED_AT)?;
                    metadata::text(cursor.input, key, &text, index)?;
                } else if inner == types::STRING {
                    let text = cursor.text("a text of an array", 0)?;
                    if text.length > limits::TOKEN && !std::mem::replace(&mut long, true) {
                        let (expected, found) = (format!("at most {} bytes", limits::TOKEN), text.length.to_string());
                        let fact = Fact::anomaly("invalid").text("detail", "a token far longer than any").text("target", key);
                        cursor.input.emit(&fact.text("expected", &expected).text("found", &found).at(text.at, text.length))?;
                    }
                } else {
                    value(cursor, inner, depth + 1, key)?;
                }
            }
            Ok(())
        }
        types::ARRAY => cursor.broken("limit-depth", "arrays within arrays", &format!("at most {}", limits::DEPTH), "more", at),
        _ => cursor.broken("invalid", "the type of a value", "0 to 12", &kind.to_string(), at),
    }
}

/// `struct gguf_tensor_info_t { gguf_string_t name; uint32_t n_dimensions; uint64_t dimensions[…]; ggml_type type; uint64_t offset; }`
fn tensor(cursor: &mut Cursor<'_, '_>, header: &mut Header, seen: &mut HashSet<u64>, index: u64) -> Result<(), Broken> {
    let at = cursor.at;
    let name = cursor.text("a tensor's name", limits::KEY_SHOWN)?;
    once(cursor, seen, &name.start, "two tensors have one name", at)?;
    let wrong = |header: &mut Header, cursor: &Cursor<'_, '_>, detail: &str, expected: &str, found: &str| {
        header.sound = false;
        let fact = Fact::anomaly("invalid").text("detail", detail).text("target", &name.start).text("expected", expected).text("found", found);
        cursor.input.emit(&fact.at(at, cursor.at - at)).map(|_| ())
    };
    if name.length > limits::NAME {
        wrong(header, cursor, "a tensor's name is longer than readers take", "at most 63 bytes", &name.length.to_string())?;
    }
    let dimensions = cursor.u32("the number of dimensions")?;
    if dimensions > limits::DIMENSIONS {
        return cursor.broken("invalid", "the number of dimensions", "at most 4", &dimensions.to_string(), at);
    }
    let (mut elements, mut first, mut shape) = (Some(1u64), 1, Vec::new());
    for dimension in 0..dimensions {
        let size = cursor.count("a dimension")?;
        if dimension == 0 {
            first = size;
        }
        elements = elements.and_then(|elements| elements.checked_mul(size)).filter(|elements| i64::try_from(*elements).is_ok());
        shape.push(size.to_string());
    }
    let shape = shape.join(" x ");
    let kind = cursor.u32("a tensor's type")?;
    let begin = cursor.u64("a tensor's offset")?;
    let known = types::tensor(kind);
    let mut size = None;
    match (elements, known) {
        (None, _) => wrong(header, cursor, "the shape's product is beyond 63 bits", "a smaller shape", &shape)?,
        (_, None) => wrong(header, cursor, "a type that is not known", "a type of ggml", &kind.to_string())?,
        (Some(elements), Some((name, block, bytes))) => {
            if first % block != 0 {
                wrong(header, cursor, "a row does not fill whole blocks", &format!("a multiple of {block}"), &first.to_string())?;
            } else if let Some(bytes) = bytes {
                size = (elements / block).checked_mul(bytes);
                if size.is_none() {
                    wrong(header, cursor, "a tensor's size is beyond 64 bits", "a smaller shape", &format!("{shape} of {name}"))?;
                }
            }
        }
    }
    if index < limits::KEYS {
        metadata::odd_name(cursor.input, &name)?;
        let size = size.map_or_else(|| "?".to_owned(), |size| size.to_string());
        cursor.input.row("tensors", at, cursor.at - at, 0, &[&name.start, known.map_or("?", |known| known.0), &shape, &begin.to_string(), &size])?;
    }
    if header.spans.len() < limits::TENSORS {
        header.spans.push(Span { begin, size, at });
    } else {
        header.cut = true;
    }
    Ok(())
}
