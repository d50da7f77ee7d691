//! `weighbridge.inspect/1`, written as it comes: one line for each input, fact, region and row. It only grows.

use super::{EachRow, Listed, Seen, at as there};
use crate::report::write_value;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use weighbridge_core::fact::{
    Column as Named, ColumnKind, Fact as Core, InputId, InputInfo, Place as Where, Region as Class, RegionClass, Row, Space, Value,
};
use weighbridge_core::report::{FileReport, Standing};

/// The schema's name and version.
const SCHEMA: &str = "weighbridge.inspect/1";

/// The JSON schema of what is written: what `inspect.schema.json` holds.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Inspected>()
}

/// What is in one file.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "weighbridge.inspect/1")]
// It is written part by part, and stands here whole for its schema.
#[allow(dead_code)]
struct Inspected {
    /// `weighbridge.inspect/1`.
    schema: String,
    /// The file, as weighbridge.report/1 has it. Where parts were asked for, with what was found in those alone.
    file: FileReport,
    /// The byte that was asked for, in each part that it lies in, the file first; only with --at.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Vec<Level>>,
    /// The file and what is nested in it; each one's number is its position here.
    inputs: Vec<Input>,
    /// What plugins saw; equal facts are one. Where parts were asked for, of those alone.
    facts: Vec<Fact>,
    /// What bytes are for. Where parts were asked for, of those alone.
    regions: Vec<Region>,
    /// Rows of listings, in order; those of several listings may alternate.
    rows: Vec<ListingRow>,
    /// The listings that the rows belong to.
    listings: Vec<Listing>,
}

/// A byte, in a part that it lies in.
#[derive(Serialize, JsonSchema)]
struct Level {
    /// The part's number.
    input: u32,
    /// The byte, in the part.
    offset: u64,
    /// What it is for: structure, payload, padding or opaque; null where no reader accounts for it.
    class: Option<RegionName>,
    /// Ids of the facts that speak of it.
    facts: Vec<String>,
    /// Positions in file.findings of what was found at it.
    findings: Vec<usize>,
}

/// A file, or something nested in one.
#[derive(Serialize, JsonSchema)]
struct Input {
    /// Its number.
    id: u32,
    /// What it is nested in; null for the file.
    parent: Option<u32>,
    /// As its container calls it.
    name: String,
    /// The name in hexadecimal, where it is not UTF-8.
    name_bytes: Option<String>,
    /// Its position in its container.
    index: u64,
    /// In bytes.
    size: u64,
    /// Whether its offsets count bytes of the file, or bytes that came out of a decoder.
    space: SpaceName,
    /// Where its first byte lies in the file; null in decoded bytes.
    file_offset: Option<u64>,
    /// How it was encoded: "stored", "deflate", …; empty for a file.
    encoding: String,
    /// What it was read as; empty where no reader knows it.
    formats: Vec<String>,
}

/// Which bytes offsets count.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SpaceName {
    /// Bytes of the file.
    File,
    /// Bytes that came out of a decoder.
    Decoded,
}

/// What bytes are for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RegionName {
    /// Understood.
    Structure,
    /// Data that nothing executes.
    Payload,
    /// Filler.
    Padding,
    /// Known to be there, not read.
    Opaque,
}

/// Where something is.
#[derive(Serialize, JsonSchema)]
struct Place {
    /// In which input.
    input: u32,
    /// First byte, in that input.
    offset: u64,
    /// In bytes.
    length: u64,
}

/// What a plugin saw.
#[derive(Serialize, JsonSchema)]
struct Fact {
    /// 64 bits in hexadecimal, which JSON's numbers cannot hold everywhere.
    id: String,
    /// Of the vocabulary, or a vendor's.
    kind: String,
    /// The fact that it belongs to.
    parent: Option<String>,
    /// The plugin that saw it.
    plugin: String,
    /// What the rules say of the name, where it is one that is imported or called.
    standing: Option<Standing>,
    /// By name. Bytes, and what was cut, are objects with `full_length`.
    fields: Map<String, Json>,
    /// How often it occurs.
    count: u64,
    /// The first few places.
    places: Vec<Place>,
}

/// An interval of an input.
#[derive(Serialize, JsonSchema)]
struct Region {
    /// What it is for.
    class: RegionName,
    /// Where it is.
    place: Place,
}

/// A row of a listing.
#[derive(Serialize, JsonSchema)]
struct ListingRow {
    /// disassembly, decompiled, source, template, tree, tensors, metadata, members, …, or a plugin's own.
    listing: String,
    /// The bytes that it speaks of.
    place: Place,
    /// How deep it is indented.
    depth: u64,
    /// By the names of the columns; by their numbers, from 1, where they have none. Numbers, sizes and offsets are numbers where they fit.
    cells: Map<String, Json>,
    /// Positions in file.findings of what was found in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<usize>,
}

/// A listing of an input.
#[derive(Serialize, JsonSchema)]
struct Listing {
    /// The input's number.
    input: u32,
    /// The listing's name.
    listing: String,
    /// Its columns; empty where they have no names.
    columns: Vec<Column>,
    /// How many rows it has.
    rows: u64,
    /// How many of them stand in `rows` of the document: --rows sets how many, --all gives all.
    shown: u64,
}

/// A column of a listing.
#[derive(Serialize, JsonSchema)]
struct Column {
    /// Its name.
    name: String,
    /// text, number, size, offset, python, jinja.
    #[serde(rename = "type")]
    kind: String,
}

/// Prints everything.
pub fn print(out: &mut dyn Write, seen: &Seen, rows: &mut EachRow<'_>) -> io::Result<()> {
    write!(out, "{{\"schema\":\"{SCHEMA}\",\n\"file\":")?;
    write_value(out, &seen.report)?;
    if let Some(at) = &seen.at {
        list(out, "at", at.places().into_iter().map(|place| level(seen, place)))?;
    }
    list(out, "inputs", seen.facts.inputs.iter().map(input))?;
    let wanted = |place: Option<Where>| seen.parts.has(place.map_or(InputId(0), |place| place.input));
    list(out, "facts", seen.facts.facts.iter().filter(|fact| wanted(fact.place())).map(|fact| self::fact(seen, fact)))?;
    list(out, "regions", seen.facts.regions.iter().filter(|region| wanted(Some(region.place))).map(region))?;
    write!(out, ",\n\"rows\":[")?;
    let mut listings = Listings::default();
    let mut first = true;
    rows(&mut |listed| match listed {
        Listed::Columns(input, listing, columns) => {
            listings.columns(input, listing, columns);
            Ok(())
        }
        Listed::Row(row) if seen.parts.has(row.place.input) => {
            out.write_all(if first { b"\n" } else { b",\n" })?;
            first = false;
            let columns = listings.count(&row);
            write_value(out, &self::row(seen, &row, columns))
        }
        Listed::Row(_) => Ok(()),
        Listed::End(input, listing, rows) => {
            if seen.parts.has(input) {
                listings.end(input, listing, rows);
            }
            Ok(())
        }
    })?;
    out.write_all(b"\n]")?;
    list(out, "listings", listings.done.into_iter())?;
    out.write_all(b"}\n")
}

/// The listings of the file, in order, and the columns of those of the input that is being listed.
#[derive(Default)]
struct Listings {
    of: Option<InputId>,
    open: BTreeMap<String, (Vec<Named>, u64)>,
    done: Vec<Listing>,
}

impl Listings {
    fn enter(&mut self, input: InputId) {
        if self.of != Some(input) {
            self.of = Some(input);
            self.open.clear();
        }
    }

    fn columns(&mut self, input: InputId, listing: String, columns: Vec<Named>) {
        self.enter(input);
        self.open.insert(listing, (columns, 0));
    }

    /// Counts a row; the answer is its columns.
    fn count(&mut self, row: &Row) -> &[Named] {
        self.enter(row.place.input);
        let (columns, shown) = self.open.entry(row.listing.clone()).or_default();
        *shown += 1;
        columns
    }

    fn end(&mut self, input: InputId, listing: String, rows: u64) {
        let (columns, shown) = self.open.remove(&listing).filter(|_| self.of == Some(input)).unwrap_or_default();
        let columns = columns.into_iter().map(|column| Column { name: column.name, kind: column.kind.name().into() }).collect();
        self.done.push(Listing { input: input.0, listing, columns, rows, shown });
    }
}

fn list<T: Serialize>(out: &mut dyn Write, name: &str, items: impl Iterator<Item = T>) -> io::Result<()> {
    write!(out, ",\n\"{name}\":[")?;
    for (number, item) in items.enumerate() {
        out.write_all(if number == 0 { b"\n" } else { b",\n" })?;
        write_value(out, &item)?;
    }
    out.write_all(b"\n]")
}

fn level(seen: &Seen, at: Where) -> Level {
    Level {
        input: at.input.0,
        offset: at.offset,
        class: there::region(&seen.facts, at).map(class),
        facts: there::facts(&seen.facts, at).map(|fact| id(fact.id)).collect(),
        findings: findings(seen, at),
    }
}

/// What was found in a place, in the order of the report.
fn findings(seen: &Seen, place: Where) -> Vec<usize> {
    let mut findings: Vec<usize> = seen.found.within(place).into_iter().map(|mark| mark.finding).collect();
    findings.sort_unstable();
    findings.dedup();
    findings
}

fn place(place: Where) -> Place {
    Place { input: place.input.0, offset: place.offset, length: place.length }
}

fn class(class: RegionClass) -> RegionName {
    match class {
        RegionClass::Structure => RegionName::Structure,
        RegionClass::Payload => RegionName::Payload,
        RegionClass::Padding => RegionName::Padding,
        RegionClass::Opaque => RegionName::Opaque,
    }
}

fn region(region: &Class) -> Region {
    Region { class: class(region.class), place: place(region.place) }
}

fn row(seen: &Seen, row: &Row, columns: &[Named]) -> ListingRow {
    let cells = row.cells.iter().enumerate().map(|(at, cell)| match columns.get(at) {
        Some(column) => (column.name.clone(), typed(column.kind, cell)),
        None => ((at + 1).to_string(), json!(cell)),
    });
    ListingRow {
        listing: row.listing.clone(),
        place: place(row.place),
        depth: row.depth,
        cells: cells.collect(),
        findings: findings(seen, row.place),
    }
}

fn typed(kind: ColumnKind, cell: &str) -> Json {
    match (kind, cell.parse::<u64>()) {
        (ColumnKind::Number | ColumnKind::Size | ColumnKind::Offset, Ok(number)) => json!(number),
        _ => json!(cell),
    }
}

fn input(input: &InputInfo) -> Input {
    Input {
        id: input.id.0,
        parent: input.parent.map(|parent| parent.0),
        name: input.name.clone(),
        name_bytes: input.raw_name.as_deref().map(hex),
        index: input.index,
        size: input.size,
        space: if input.space == Space::File { SpaceName::File } else { SpaceName::Decoded },
        file_offset: input.file_offset,
        encoding: input.encoding.clone(),
        formats: input.formats.clone(),
    }
}

fn id(id: u64) -> String {
    format!("{id:016x}")
}

fn fact(seen: &Seen, fact: &Core) -> Fact {
    Fact {
        id: id(fact.id),
        kind: fact.kind.clone(),
        parent: fact.parent.map(id),
        plugin: fact.plugin.clone(),
        standing: matches!(fact.kind.as_str(), "global" | "call").then(|| seen.standing(fact)),
        fields: fact.fields.iter().map(|(name, value)| (name.clone(), json(value))).collect(),
        count: fact.count,
        places: fact.places.iter().copied().map(place).collect(),
    }
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
