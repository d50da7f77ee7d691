//! The walk over a model.

use crate::limits;
use weighbridge_parse_flatbuf::{Broken, Buffer, Error, Span, Table, Vector, unless_broken};
use weighbridge_parse_strings::{could_be_code, runs};
use weighbridge_sdk::{Child, Cursor, Fact, Failure, Input, ReadAt, Region, Stop};

/// Magic and size.
const HEADER: u64 = 8;

/// The part that holds tables of categories.
const TABLES: &str = "static_provider_v1";

struct Walk<'i, 'h> {
    input: &'i Input<'h>,
    buffer: Buffer<&'i Input<'h>>,
    broken: Vec<Broken>,
    faults: usize,
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    let Some(head) = input.array::<8>(0)? else {
        input.region(Region::Structure, 0, size)?;
        input.emit(&Fact::anomaly("truncated").text("expected", "the size of the model").at(size, 0))?;
        return Err(Failure::Malformed);
    };
    let declared = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    let end = (HEADER + declared).min(size);
    let mut short = false;
    if HEADER + declared > size {
        short = true;
        let (expected, found) = (format!("{declared} bytes"), (size - HEADER).to_string());
        input.emit(&Fact::anomaly("truncated").text("expected", &expected).text("found", &found).at(4, 4))?;
    }
    let mut walk = Walk { input, buffer: Buffer::within(input, Span::new(HEADER, end)), broken: Vec::new(), faults: 0 };
    let root = walk.buffer.root();
    let mut names = Vec::new();
    if let Some(root) = walk.noted(root)? {
        walk.core(&root)?;
        names = walk.parts(&root)?;
    }
    input.region(Region::Structure, 0, end)?;
    let behind = if short { Ok(size) } else { parts(input, &names, end) };
    let behind = match behind {
        Ok(at) => at,
        Err(Failure::Broken(broken)) => {
            short = true;
            broken.emit(input)?;
            size
        }
        Err(failure) => return Err(failure),
    };
    input.region(Region::Payload, end, behind.saturating_sub(end))?;
    if behind < size {
        let found = format!("{} bytes", size - behind);
        input.emit(&Fact::anomaly("trailing-data").text("found", &found).at(behind, size - behind))?;
        input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, behind, size - behind) })?;
    }
    for broken in &walk.broken {
        let (expected, found) = (broken.fault.expected(), broken.fault.found());
        input.emit(&Fact::anomaly(broken.fault.code()).text("expected", &expected).text("found", &found).at(broken.at.min(size), 0))?;
    }
    if short || !walk.broken.is_empty() {
        stray(input)?;
        return Err(Failure::Malformed);
    }
    Ok(())
}

/// Where the parts end that follow the core, each read by the part of its name.
/// <https://github.com/catboost/catboost/blob/master/catboost/libs/model/ctr_data.cpp>, `Save` and `SaveSize` of its library.
fn parts(input: &Input<'_>, names: &[String], from: u64) -> Result<u64, Failure> {
    let mut cursor = Cursor::within(input, from, u64::MAX);
    for name in names {
        if name != TABLES {
            // Of texts and embeddings: what they hold says nothing of how long they are.
            return Ok(input.size());
        }
        let tables = size_of(&mut cursor, "the number of tables of categories")?;
        for _ in 0..tables {
            let length = size_of(&mut cursor, "the length of a table of categories")?;
            cursor.skip(length, "a table of categories")?;
        }
    }
    Ok(cursor.offset())
}

fn size_of(cursor: &mut Cursor<&Input<'_>>, what: &'static str) -> Result<u64, Failure> {
    match cursor.u32_le(what)? {
        u32::MAX => cursor.u64_le(what),
        size => Ok(size.into()),
    }
}

/// Texts of a model that breaks off: what could not be read as what it is.
fn stray(input: &Input<'_>) -> Result<(), Stop> {
    let mut left = limits::STRAY;
    runs(input, HEADER, input.size().min(limits::STRAY_BYTES), limits::SHORTEST, |run| {
        if left > 0 && could_be_code(run.text) {
            left -= 1;
            input.emit(&Fact::new("text").text("role", "unread").text("value", run.text).at(run.at, run.length))?;
        }
        Ok(())
    })
}

impl Walk<'_, '_> {
    /// The value of a part, unless it is broken.
    fn noted<T>(&mut self, result: Result<T, Error>) -> Result<Option<T>, Stop> {
        unless_broken(result, |broken| {
            if self.broken.len() < limits::FAULTS {
                self.broken.push(broken);
            }
            Ok(())
        })
    }

    fn vector(&mut self, table: &Table, number: u16, element: u64) -> Result<Option<Vector>, Stop> {
        let vector = self.buffer.vector(table, number, element);
        Ok(self.noted(vector)?.flatten())
    }

    fn fault(&mut self, what: &'static str, expected: String, found: String, at: u64) -> Result<(), Stop> {
        self.faults += 1;
        if self.faults <= limits::FAULTS {
            let fact = Fact::anomaly("catboost-tree").text("detail", what).text("expected", &expected).text("found", &found);
            self.input.emit(&fact.at(at, 0))?;
        }
        Ok(())
    }

    fn core(&mut self, root: &Table) -> Result<(), Stop> {
        let version = self.buffer.string(root, 0);
        if let Some(span) = self.noted(version)?.flatten() {
            let version = self.buffer.text(span, limits::NAME)?;
            self.input.emit(&Fact::new("metadata").text("key", "catboost.version").text("value", &version).at(span.start, span.len()))?;
        }
        if let Some(texts) = self.vector(root, 2, 4)? {
            for index in 0..texts.len().min(limits::ENTRIES) {
                let Some(at) = texts.nth(index) else { break };
                let entry = self.buffer.table_at(at);
                let Some(entry) = self.noted(entry)? else { continue };
                for number in [0, 1] {
                    let text = self.buffer.string(&entry, number);
                    if let Some(span) = self.noted(text)?.flatten() {
                        self.text(span)?;
                    }
                }
            }
        }
        let trees = self.buffer.table(root, 1);
        if let Some(trees) = self.noted(trees)?.flatten() {
            self.trees(&trees)?;
        }
        Ok(())
    }

    /// The names of the parts behind the core.
    fn parts(&mut self, root: &Table) -> Result<Vec<String>, Stop> {
        let mut names = Vec::new();
        let Some(parts) = self.vector(root, 3, 4)? else { return Ok(names) };
        for index in 0..parts.len().min(limits::PARTS) {
            let Some(at) = parts.nth(index) else { break };
            let name = self.buffer.vector_at(at, 1);
            let Some(name) = self.noted(name)? else { break };
            names.push(self.buffer.text(name.span, limits::NAME)?);
        }
        Ok(names)
    }

    fn text(&mut self, span: Span) -> Result<(), Stop> {
        let text = self.buffer.text(span, limits::TEXT)?;
        if could_be_code(&text) {
            self.input.emit(&Fact::new("text").text("role", "metadata").text_cut("value", &text, span.len()).at(span.start, span.len()))?;
        }
        Ok(())
    }

    /// Symmetric trees: of each how many splits, and where they begin; two to that power leaves.
    fn trees(&mut self, trees: &Table) -> Result<(), Stop> {
        let dimension = self.buffer.number(trees, 0, 1, i32::from_le_bytes);
        let dimension = self.noted(dimension)?.unwrap_or(1).max(1);
        let splits = self.vector(trees, 1, 4)?.map_or(0, |vector| vector.len());
        let (sizes, offsets) = (self.vector(trees, 2, 4)?, self.vector(trees, 3, 4)?);
        let values = self.vector(trees, 8, 8)?.map_or(0, |vector| vector.len());
        let nodes = self.vector(trees, 10, 4)?.map_or(0, |vector| vector.len());
        let count = sizes.as_ref().map_or(0, Vector::len);
        let found = count.to_string();
        self.input.emit(&Fact::new("metadata").text("key", "catboost.trees").text("value", &found).at(trees.at, 0))?;
        if let Some(offsets) = &offsets
            && offsets.len() != count
        {
            self.fault("an offset for each tree", count.to_string(), offsets.len().to_string(), trees.at)?;
        }
        let mut leaves = 0u64;
        for index in 0..count.min(limits::TREES) {
            if index % 1_000 == 0 {
                self.input.poll(1_000.min(count))?;
            }
            let Some(at) = sizes.as_ref().and_then(|sizes| sizes.nth(index)) else { break };
            let size = self.buffer.fixed(at);
            let Some(size) = self.noted(size)?.map(i32::from_le_bytes) else { break };
            if size < 0 || size > limits::DEPTH && nodes == 0 {
                self.fault("the splits of a tree", format!("from 0 to {}", limits::DEPTH), size.to_string(), at)?;
                continue;
            }
            leaves = leaves.saturating_add(1u64.checked_shl(size as u32).unwrap_or(u64::MAX));
            let Some(at) = offsets.as_ref().and_then(|offsets| offsets.nth(index)) else { continue };
            let offset = self.buffer.fixed(at);
            let Some(offset) = self.noted(offset)?.map(i32::from_le_bytes) else { break };
            if u64::try_from(offset).map_or(true, |offset| offset + size as u64 > splits) {
                self.fault("the splits of a tree", format!("within {splits}"), format!("{size} at {offset}"), at)?;
            }
        }
        // Trees that are not symmetric have their leaves elsewhere.
        let wanted = leaves.saturating_mul(dimension as u64);
        if nodes == 0 && count <= limits::TREES && count > 0 && values != wanted {
            self.fault("the values of leaves", wanted.to_string(), values.to_string(), trees.at)?;
        }
        Ok(())
    }
}
