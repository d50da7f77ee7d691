//! What a plugin's scan is answered with.

use super::engine::Engine;
use super::frame::Frame;
use super::identify::text;
use super::members::{self, Target};
use super::view::View;
use crate::fact::{Place, Region, RegionClass, Row, Value, columns};
use crate::host::{Breach, End, IncomingChild, IncomingFact, Plugin, Side};
use crate::limits;
use crate::record::{Record, ScanError};
use weighbridge_abi as abi;

/// A listing, as far as it was given.
struct Listed {
    name: String,
    rows: u64,
    /// What the last row spoke of: of many rows about the same bytes the first stands for all where rows are left out.
    last: Option<Place>,
}

pub(super) struct ScanSide<'s, 'e, 'f, 'v> {
    engine: &'s mut Engine<'e>,
    frame: &'s mut Frame<'f>,
    view: &'s View<'v>,
    plugin: &'e Plugin,
    children: Vec<IncomingChild>,
    /// The region that the next one may continue.
    pending: Option<Region>,
    regions: usize,
    breached: bool,
    listed: Vec<Listed>,
}

impl<'s, 'e, 'f, 'v> ScanSide<'s, 'e, 'f, 'v> {
    pub fn new(engine: &'s mut Engine<'e>, frame: &'s mut Frame<'f>, view: &'s View<'v>, plugin: &'e Plugin) -> Self {
        ScanSide { engine, frame, view, plugin, children: Vec::new(), pending: None, regions: 0, breached: false, listed: Vec::new() }
    }

    /// The children that were reported, in order.
    pub fn finish(mut self) -> Vec<IncomingChild> {
        self.flush();
        for Listed { name, rows, .. } in std::mem::take(&mut self.listed) {
            self.engine.record(Record::Listed { input: self.frame.id, listing: name, rows });
        }
        self.children
    }

    /// Counts decoded bytes.
    pub fn decoded(&mut self, bytes: u64) -> Result<(), End> {
        self.engine.decoded(bytes)
    }

    fn place(&self, offset: u64, length: u64) -> Place {
        Place { input: self.frame.id, offset, length }
    }

    fn flush(&mut self) {
        if let Some(region) = self.pending.take() {
            self.regions += 1;
            if self.regions <= limits::REGIONS {
                self.engine.record(Record::Region(region));
            }
        }
    }

    fn anomaly(&mut self, code: &str, parent: u64, target: &str, expected: String, found: String, place: Place) {
        let fields = vec![text("code", code), text("target", target), text("expected", expected), text("found", found)];
        self.engine.fact("anomaly".into(), Some(parent), fields, place, "core");
    }

    /// A reference is resolved against the members of the container that the input lies in, whatever the two formats are.
    fn resolve(&mut self, fields: &[(String, Value)], id: u64, place: Place) {
        let get = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value);
        let Some(target) = get("target").and_then(Value::as_text) else { return };
        if !matches!(get("role").and_then(Value::as_text), Some("storage" | "external-data" | "shard")) {
            return;
        }
        let Some(siblings) = self.frame.siblings else {
            // What else lies in a file's folder is not known here; what is not in it is.
            if members::resolve("", target).is_none() {
                self.anomaly("outside-root", id, target, "a name within the folder".into(), target.into(), place);
            }
            return;
        };
        match siblings.find(&self.frame.name, target) {
            Target::Member { name, size } => {
                let end = get("offset").and_then(Value::as_u64).unwrap_or(0).checked_add(get("length").and_then(Value::as_u64).unwrap_or(0));
                let expect = get("expect_size").and_then(Value::as_u64);
                if let Some(expect) = expect
                    && expect != size
                {
                    self.anomaly("size-mismatch", id, &name, format!("{expect} bytes"), format!("{size} bytes"), place);
                } else if end.is_none_or(|end| end > size) {
                    self.anomaly("size-mismatch", id, &name, "a part within it".into(), format!("{size} bytes"), place);
                }
            }
            Target::Missing { name } => self.anomaly("missing-target", id, &name, "a member of that name".into(), "none".into(), place),
            Target::Outside => self.anomaly("outside-root", id, target, "a name within the container".into(), target.into(), place),
        }
    }
}

impl Side for ScanSide<'_, '_, '_, '_> {
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<usize, End> {
        self.engine.poll(0)?;
        let (got, fetched) = self.view.read_at(offset, buf).map_err(|_| End::Io)?;
        if fetched && self.view.is_source() {
            self.engine.bytes_read += got as u64;
        }
        Ok(got)
    }

    fn poll(&mut self, steps: u64) -> Result<(), End> {
        self.engine.poll(steps)
    }

    fn emit(&mut self, fact: IncomingFact) -> Result<u64, End> {
        let place = self.place(fact.offset, fact.length);
        let parent = (fact.parent != 0).then_some(fact.parent);
        if fact.kind == "code" && parent.is_some() {
            // Code that belongs to something was taken apart where it stands, however it is written there.
            self.frame.elsewhere.add(fact.offset, fact.length);
        }
        let reference = (fact.kind == "reference").then(|| fact.fields.clone());
        let id = self.engine.fact(fact.kind, parent, fact.fields, place, &self.plugin.id);
        if let Some(fields) = reference {
            self.resolve(&fields, id, place);
        }
        match self.engine.ended {
            Some(end) => Err(end),
            // An id is never 0 to a plugin, even when the fact found no room.
            None => Ok(id.max(1)),
        }
    }

    fn again(&mut self, id: u64, offset: u64, length: u64, count: u64) -> Result<bool, End> {
        // 1 is what a fact that found no room got.
        Ok(id == 1 || self.engine.again(id, self.place(offset, length), count))
    }

    fn region(&mut self, class: RegionClass, offset: u64, length: u64) -> Result<(), End> {
        self.frame.claimed.add(offset, length);
        if class == RegionClass::Structure {
            self.frame.seen_through.add(offset, length);
            self.frame.structure.add(offset, length);
        }
        if matches!(class, RegionClass::Payload | RegionClass::Padding) {
            self.frame.data.add(offset, length);
        }
        match &mut self.pending {
            Some(last) if last.class == class && last.place.offset + last.place.length == offset => last.place.length += length,
            _ => {
                self.flush();
                self.pending = Some(Region { class, place: self.place(offset, length) });
            }
        }
        Ok(())
    }

    fn child(&mut self, child: IncomingChild) -> Result<(), End> {
        if self.children.len() >= limits::CHILDREN {
            let place = self.place(child.offset, child.length);
            let message = format!("it holds more than {} parts: the rest was not read", limits::CHILDREN);
            self.engine.incomplete("limit-size", message, place);
            return Err(End::Budget);
        }
        self.children.push(child);
        Ok(())
    }

    fn row(&mut self, listing: &str, offset: u64, length: u64, depth: u64, cells: &mut dyn FnMut() -> Vec<String>) -> Result<(), End> {
        if self.engine.options.listings.is_none() {
            return Ok(());
        }
        let place = self.place(offset, length);
        let at = match self.listed.iter().position(|listed| listed.name == listing) {
            Some(at) => at,
            // A plugin's row in one listing more than there may be is in the last one.
            None if self.listed.len() >= limits::LISTINGS => self.listed.len() - 1,
            None => {
                self.listed.push(Listed { name: listing.to_owned(), rows: 0, last: None });
                self.listed.len() - 1
            }
        };
        let Listed { name, rows, last } = &mut self.listed[at];
        let number = *rows;
        if depth == abi::LISTING_COLUMNS {
            if number == 0 {
                let columns = columns(cells().into_iter());
                self.engine.record(Record::Columns { input: self.frame.id, listing: name.clone(), columns });
            }
            return Ok(());
        }
        *rows += 1;
        let again = last.replace(place) == Some(place);
        if self.engine.wants_row(name, number, place, again) {
            self.engine.row(Row { listing: name.clone(), place, depth, cells: cells() });
        }
        self.engine.ended.map_or(Ok(()), Err)
    }

    fn breach(&mut self, _kind: Breach, what: String) {
        // Said once for each scan: a plugin that is wrong is wrong often.
        if !self.breached {
            self.breached = true;
            let message = format!("the reader `{}` broke the plugin contract: {what}", self.plugin.id);
            let input = Some(self.frame.id);
            self.engine.record(Record::Error(ScanError { code: "plugin".into(), message, input }));
        }
    }
}
