//! Facts, as the engine holds them: what plugins saw, before anybody judged it.

use serde::{Deserialize, Serialize};

/// An input of one file's scan: the file itself is 0, whatever is nested in it follows in the order in which it was taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InputId(pub u32);

/// Where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// In which input; its chain of containers is in [`InputInfo`].
    pub input: InputId,
    /// First byte, in that input's own bytes.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
}

/// Which bytes an input's offsets count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Space {
    /// Bytes of the file on disk: the input is the file, or a range of it.
    File,
    /// Bytes that came out of a decoder (inflated, base64, …).
    Decoded,
}

/// An input: a file, or something nested in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputInfo {
    /// Its id.
    pub id: InputId,
    /// What it is nested in; none for a file.
    pub parent: Option<InputId>,
    /// As its container calls it: text with replacement characters where it is not UTF-8.
    pub name: String,
    /// The raw name, where it is not UTF-8.
    pub raw_name: Option<Vec<u8>>,
    /// Its position in the container.
    pub index: u64,
    /// Size in bytes.
    pub size: u64,
    /// Which bytes its offsets count.
    pub space: Space,
    /// Where its first byte lies in the file on disk; none in decoded bytes.
    pub file_offset: Option<u64>,
    /// "stored", "deflate", … ; empty for a file.
    pub encoding: String,
    /// Ids of the formats that it was read as, in order; empty where none recognised it.
    pub formats: Vec<String>,
    /// The fact that it belongs to (the call whose argument it is).
    pub fact: Option<u64>,
}

impl Place {
    /// Whether a byte belongs to both. A place without a length speaks of the byte at its offset.
    pub fn touches(&self, other: Place) -> bool {
        let end = |place: &Place| place.offset.saturating_add(place.length.max(1));
        self.input == other.input && self.offset < end(&other) && other.offset < end(self)
    }
}

/// A typed value of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// An unsigned number.
    U64(u64),
    /// A signed number.
    I64(i64),
    /// A real number.
    F64(f64),
    /// Bytes, and how long they were before they were cut.
    Bytes(Vec<u8>, u64),
    /// Text, and how many bytes it had before it was cut.
    Text(String, u64),
    /// Values that are not lists, and how many there were before the list was cut.
    List(#[serde(deserialize_with = "flat::items")] Vec<Value>, u64),
}

/// Lists of values are read without recursion: whoever sends them may be lying, and nests them as deep as a stack is high.
mod flat {
    use super::Value;
    use serde::{Deserialize, Deserializer};

    /// A value that is no list; in the order of [`Value`].
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Flat {
        U64(u64),
        I64(i64),
        F64(f64),
        Bytes(Vec<u8>, u64),
        Text(String, u64),
    }

    pub(super) fn items<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Value>, D::Error> {
        let items = Vec::<Flat>::deserialize(from)?;
        let value = |item| match item {
            Flat::U64(n) => Value::U64(n),
            Flat::I64(n) => Value::I64(n),
            Flat::F64(n) => Value::F64(n),
            Flat::Bytes(bytes, full) => Value::Bytes(bytes, full),
            Flat::Text(text, full) => Value::Text(text, full),
        };
        Ok(items.into_iter().map(value).collect())
    }
}

impl Value {
    /// Text that is whole.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        let len = text.len() as u64;
        Value::Text(text, len)
    }

    /// The text, where it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The number, where it is one that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::U64(n) => Some(*n),
            Value::I64(n) => u64::try_from(*n).ok(),
            _ => None,
        }
    }

    /// The items, where it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items, _) => Some(items),
            _ => None,
        }
    }

    /// Whether something was cut from it.
    pub fn is_truncated(&self) -> bool {
        match self {
            Value::Bytes(b, full) => (b.len() as u64) < *full,
            Value::Text(t, full) => (t.len() as u64) < *full,
            Value::List(l, full) => (l.len() as u64) < *full || l.iter().any(Value::is_truncated),
            _ => false,
        }
    }
}

/// A fact: facts equal in all but the place are one, with a count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Unique within the file's scan: a hash of kind, fields and parent.
    pub id: u64,
    /// Of the vocabulary, or a vendor's.
    pub kind: String,
    /// The fact it belongs to.
    pub parent: Option<u64>,
    /// Sorted by name.
    pub fields: Vec<(String, Value)>,
    /// The first few places ([`crate::limits::PLACES`]).
    pub places: Vec<Place>,
    /// How often it occurs.
    pub count: u64,
    /// Id of the plugin that saw it; `core` for the engine's own anomalies.
    pub plugin: String,
}

impl Fact {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&Value> {
        // They are few, and most differ in length: looking at each is faster than halving.
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The text of a field.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Value::as_text)
    }

    /// The first place; every fact has one.
    pub fn place(&self) -> Option<Place> {
        self.places.first().copied()
    }
}

/// Classes of regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegionClass {
    /// Understood: headers, opcodes, directories.
    Structure,
    /// Data that nothing executes.
    Payload,
    /// Filler.
    Padding,
    /// Known to be there, not read.
    Opaque,
}

/// An interval of an input, and its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// What it is.
    pub class: RegionClass,
    /// Where it is.
    pub place: Place,
}

/// A row of a listing, in an inspect session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// "disassembly", "decompiled", "tree", …
    pub listing: String,
    /// What it speaks of.
    pub place: Place,
    /// Indentation.
    pub depth: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// A column of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name; no two of one listing are equal.
    pub name: String,
    /// What its cells hold.
    pub kind: ColumnKind,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A number, in decimal digits.
    Number,
    /// A number of bytes.
    Size,
    /// An offset in the input.
    Offset,
    /// Program text of Python.
    Python,
    /// Program text of a template.
    Jinja,
}

impl ColumnKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            ColumnKind::Text => "text",
            ColumnKind::Number => "number",
            ColumnKind::Size => "size",
            ColumnKind::Offset => "offset",
            ColumnKind::Python => "python",
            ColumnKind::Jinja => "jinja",
        }
    }
}

/// Columns from what a plugin calls them: `name`, or `name:type`. A type that is not known is text, and equal names are numbered.
pub(crate) fn columns(cells: impl Iterator<Item = String>) -> Vec<Column> {
    let kinds = [ColumnKind::Number, ColumnKind::Size, ColumnKind::Offset, ColumnKind::Python, ColumnKind::Jinja];
    let mut columns: Vec<Column> = Vec::new();
    for (at, cell) in cells.take(crate::limits::COLUMNS).enumerate() {
        let (name, kind) = cell.split_once(':').unwrap_or((&cell, "text"));
        let kind = kinds.into_iter().find(|known| known.name() == kind).unwrap_or(ColumnKind::Text);
        let taken = name.is_empty() || columns.iter().any(|column| column.name == name);
        let name = if taken { format!("{name}{}", at + 1) } else { name.to_owned() };
        columns.push(Column { name, kind });
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_names_and_types() {
        let cells = ["name", "offset:offset", "size:size", "", "name", "text:python", "a:b:c"];
        let columns = columns(cells.iter().map(|cell| (*cell).to_owned()));
        let said: Vec<(&str, &str)> = columns.iter().map(|column| (column.name.as_str(), column.kind.name())).collect();
        let expected =
            [("name", "text"), ("offset", "offset"), ("size", "size"), ("4", "text"), ("name5", "text"), ("text", "python"), ("a", "text")];
        assert_eq!(said, expected);
    }

    #[test]
    fn places_touch_where_they_share_a_byte() {
        let place = |offset, length| Place { input: InputId(1), offset, length };
        assert!(place(4, 0).touches(place(0, 5)) && !place(5, 0).touches(place(0, 5)));
        assert!(place(0, u64::MAX).touches(place(u64::MAX - 1, 9)));
        assert!(!place(0, 9).touches(Place { input: InputId(2), ..place(0, 9) }));
    }
}
