//! `weighbridge.inspect/1`: one line for each input, fact, region and row.

use super::{EachRow, Seen};
use crate::report::write_value;
use serde_json::{Map, Value as Json, json};
use std::io::{self, Write};
use weighbridge_core::fact::{Fact, InputInfo, Place, Value};

/// The schema's name and version.
const SCHEMA: &str = "weighbridge.inspect/1";

/// Prints everything.
pub fn print(out: &mut dyn Write, seen: &Seen, rows: &mut EachRow<'_>) -> io::Result<()> {
    write!(out, "{{\"schema\":\"{SCHEMA}\",\n\"file\":")?;
    write_value(out, &seen.report)?;
    list(out, "inputs", seen.facts.inputs.iter().map(input))?;
    list(out, "facts", seen.facts.facts.iter().map(|fact| self::fact(seen, fact)))?;
    let class = |region: &weighbridge_core::fact::Region| json!({"class": region.class, "place": place(region.place)});
    list(out, "regions", seen.facts.regions.iter().map(class))?;
    write!(out, ",\n\"rows\":[")?;
    let mut first = true;
    rows(&mut |_, row| {
        out.write_all(if first { b"\n" } else { b",\n" })?;
        first = false;
        write_value(out, &json!({"listing": row.listing, "place": place(row.place), "depth": row.depth, "cells": row.cells}))
    })?;
    out.write_all(b"\n]}\n")
}

fn list(out: &mut dyn Write, name: &str, items: impl Iterator<Item = Json>) -> io::Result<()> {
    write!(out, ",\n\"{name}\":[")?;
    for (number, item) in items.enumerate() {
        out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        write_value(out, &item)?;
    }
    out.write_all(b"\n]")
}

fn place(place: Place) -> Json {
    json!({"input": place.input.0, "offset": place.offset, "length": place.length})
}

fn input(input: &InputInfo) -> Json {
    json!({
        "id": input.id.0,
        "parent": input.parent.map(|parent| parent.0),
        "name": input.name,
        "name_bytes": input.raw_name.as_deref().map(hex),
        "index": input.index,
        "size": input.size,
        "space": input.space,
        "file_offset": input.file_offset,
        "encoding": input.encoding,
        "formats": input.formats,
    })
}

fn fact(seen: &Seen, fact: &Fact) -> Json {
    let fields: Map<String, Json> = fact.fields.iter().map(|(name, value)| (name.clone(), json(value))).collect();
    let standing = matches!(fact.kind.as_str(), "global" | "call").then(|| seen.standing(fact).name());
    json!({
        // Ids are 64 bits wide, which JSON's numbers are not everywhere.
        "id": format!("{:016x}", fact.id),
        "kind": fact.kind,
        "parent": fact.parent.map(|parent| format!("{parent:016x}")),
        "plugin": fact.plugin,
        "standing": standing,
        "fields": fields,
        "count": fact.count,
        "places": fact.places.iter().copied().map(place).collect::<Vec<_>>(),
    })
}

/// Whole values as JSON has them; bytes, and what was cut, with their length.
fn json(value: &Value) -> Json {
    match value {
        Value::U64(number) => json!(number),
        Value::I64(number) => json!(number),
        Value::F64(number) if number.is_finite() => json!(number),
        Value::F64(number) => json!(number.to_string()),
        Value::Bytes(bytes, full) => json!({"hex": hex(bytes), "full_length": full}),
        Value::Text(text, full) if text.len() as u64 >= *full => json!(text),
        Value::Text(text, full) => json!({"text": text, "full_length": full}),
        Value::List(items, full) if items.len() as u64 >= *full => items.iter().map(json).collect(),
        Value::List(items, full) => json!({"list": items.iter().map(json).collect::<Vec<_>>(), "full_length": full}),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
