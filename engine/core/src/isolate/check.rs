//! What a worker says is checked before it is believed: it may have been taken over by what it read.
//!
//! That it says something untrue of the file cannot be seen from here; what can is whether it holds together, and is as little as
//! it has to be.

use crate::fact::{Fact, InputId, Place, Value};
use crate::host::Catalogue;
use crate::limits;
use crate::record::Record;

/// Of one file.
#[derive(Debug, Default)]
pub(super) struct Check {
    inputs: u32,
    facts: usize,
    bytes: u64,
    rows: u64,
    done: bool,
}

impl Check {
    /// The next record, which came in a frame of that size; an error for what cannot be.
    pub fn record(&mut self, record: &Record, size: usize, plugins: &Catalogue) -> Result<(), &'static str> {
        self.bytes += size as u64;
        let known = |input: InputId| if input.0 < self.inputs { Ok(()) } else { Err("a record of an input that there is not") };
        let place = |place: &Place| known(place.input);
        if self.done {
            return Err("a record after the last one");
        }
        if self.bytes > limits::RECORD_BYTES {
            return Err("more records than any file has");
        }
        match record {
            Record::Input(info) => {
                if info.id.0 != self.inputs || self.inputs > limits::INPUTS {
                    return Err("an input out of turn");
                }
                if info.parent.is_some_and(|parent| parent.0 >= self.inputs) || (info.parent.is_none() != (self.inputs == 0)) {
                    return Err("an input within none");
                }
                self.inputs += 1;
                info.formats.iter().try_for_each(|format| is_format(format, plugins))
            }
            Record::Fact(fact) => {
                self.facts += 1;
                if self.facts > 2 * limits::FACTS {
                    return Err("more facts than any file has");
                }
                is_fact(fact, plugins)?;
                fact.places.iter().try_for_each(place)
            }
            Record::Again { place: at, .. } => place(at),
            Record::Count { .. } | Record::Sha256(_) => Ok(()),
            Record::Region(region) => place(&region.place),
            Record::Row(row) => {
                // Rows are shown as they come, and held by nobody: their number is bounded, and each by the size of a message.
                self.bytes -= size as u64;
                self.rows += 1;
                if self.rows > limits::ROWS { Err("more rows than a session has") } else { place(&row.place) }
            }
            Record::Columns { input, columns, .. } => {
                if columns.len() > limits::COLUMNS {
                    return Err("more columns than a listing has");
                }
                known(*input)
            }
            Record::Listed { input, .. } => known(*input),
            Record::Formats { input, formats } => {
                known(*input)?;
                formats.iter().try_for_each(|format| is_format(format, plugins))
            }
            // A file of which nothing was begun has its reasons too.
            Record::Incomplete(part) => {
                if part.place.input.0 == 0 {
                    Ok(())
                } else {
                    place(&part.place)
                }
            }
            Record::Error(error) => error.input.map_or(Ok(()), known),
            Record::Done { .. } => {
                self.done = true;
                Ok(())
            }
        }
    }
}

fn is_format(id: &str, plugins: &Catalogue) -> Result<(), &'static str> {
    let known = plugins.plugins.iter().flat_map(|plugin| &plugin.formats).any(|format| format.id == id);
    if known { Ok(()) } else { Err("a format that no plugin has") }
}

fn is_fact(fact: &Fact, plugins: &Catalogue) -> Result<(), &'static str> {
    if fact.id == 0 || fact.count != 1 || fact.places.len() != 1 {
        return Err("a fact that is not new");
    }
    if fact.plugin != "core" && !plugins.plugins.iter().any(|plugin| plugin.info.id == fact.plugin) {
        return Err("a fact of a plugin that there is not");
    }
    // Fields are looked up by bisection: out of order, some would be hidden.
    if fact.fields.len() > limits::FIELDS + 1 || !fact.fields.is_sorted_by(|a, b| a.0 <= b.0) {
        return Err("fields of a fact that are too many, or out of order");
    }
    if fact.fields.iter().all(|(_, value)| is_bounded(value)) { Ok(()) } else { Err("a value that is too large") }
}

fn is_bounded(value: &Value) -> bool {
    // Replacement characters may make a text longer than the bytes that it was cut to.
    let most = 3 * limits::VALUE_BYTES;
    match value {
        Value::Bytes(bytes, _) => bytes.len() <= most,
        Value::Text(text, _) => text.len() <= most,
        Value::List(items, _) => items.len() <= limits::LIST_ITEMS && items.iter().all(is_bounded),
        Value::U64(_) | Value::I64(_) | Value::F64(_) => true,
    }
}
