//! One file's scan: inputs one within the other, each read as every format that it is of.

use super::child::{self, Decoded};
use super::cycle::Chain;
use super::dump;
use super::frame::Frame;
use super::identify::{self, Hit, is_apple_double, is_text, text};
use super::intervals::Intervals;
use super::members::Members;
use super::side::ScanSide;
use super::table::{FactTable, Merged};
use super::view::{Store, View};
use super::{Cancel, CancelReason, Mode, ScanOptions, Scratch, Source};
use crate::fact::{InputId, InputInfo, Place, Space, Value};
use crate::host::{End, IncomingChild, InputView, Outcome, Registry, Session};
use crate::limits;
use crate::record::{Incomplete, Record, ScanError, Sink};
use crate::words;
use std::time::Instant;

/// Formats of one extension that are still named one by one.
const MANY: usize = 3;

/// The clock is looked at once in so many polls.
const CLOCK: u32 = 64;

/// The state of one file's scan.
pub(super) struct Engine<'e> {
    pub(super) registry: &'e Registry,
    pub(super) options: &'e ScanOptions,
    pub(super) scratch: &'e Scratch<'e>,
    cancel: &'e Cancel,
    sink: &'e mut dyn Sink,
    table: FactTable,
    /// Sessions that are not in use, by plugin.
    sessions: Vec<Vec<Session<'e>>>,
    inputs: u32,
    rows: u64,
    steps: u64,
    polls: u32,
    /// When the file's time is up.
    deadline: Option<Instant>,
    pub(super) bytes_read: u64,
    bytes_decoded: u64,
    /// Bytes of payload and text that may still be searched in quick mode.
    pub(super) quick_left: u64,
    /// Set once, when the whole file's scan has to end.
    pub(super) ended: Option<End>,
    /// Text of the last anomaly, which says why a plugin stopped.
    last_anomaly: Option<(String, Place)>,
    /// The first place at which the input that is being read breaks its format.
    broke: Option<u64>,
}

/// What is known of an input before it is read.
pub(super) struct Meta<'m> {
    pub parent: Option<InputId>,
    pub name: &'m [u8],
    pub index: u64,
    pub space: Space,
    pub file_offset: Option<u64>,
    pub encoding: &'m str,
    pub fact: Option<u64>,
    /// It may well be nothing: no complaint when it is.
    pub quiet: bool,
    /// The format that its container says it is of, or empty.
    pub hint: &'m str,
    /// Cut out of other bytes by the magic of this plugin.
    pub carved: Option<usize>,
    /// Data of tensors: a format is found in them where it is what chance does not make, as in bytes that were cut out.
    pub payload: bool,
    pub depth: u32,
    /// What the container holds.
    pub siblings: Option<&'m Members>,
    /// What it lies in.
    pub within: Option<&'m Chain<'m>>,
}

impl<'e> Engine<'e> {
    pub fn new(registry: &'e Registry, options: &'e ScanOptions, cancel: &'e Cancel, sink: &'e mut dyn Sink, scratch: &'e Scratch<'e>) -> Self {
        let sessions = registry.plugins().iter().map(|_| Vec::new()).collect();
        Engine {
            registry,
            options,
            scratch,
            cancel,
            sink,
            table: FactTable::default(),
            sessions,
            inputs: 0,
            rows: 0,
            steps: 0,
            polls: 0,
            deadline: None,
            bytes_read: 0,
            bytes_decoded: 0,
            quick_left: limits::QUICK_FILE,
            ended: None,
            last_anomaly: None,
            broke: None,
        }
    }

    /// Scans the file itself, and what is nested in it.
    pub fn file(mut self, source: &dyn Source, name: &str) {
        let size = source.size();
        self.deadline = Instant::now().checked_add(self.options.time(size));
        let meta = Meta {
            parent: None,
            name: name.as_bytes(),
            index: 0,
            space: Space::File,
            file_offset: Some(0),
            encoding: "",
            fact: None,
            quiet: false,
            hint: "",
            carved: None,
            payload: false,
            depth: 0,
            siblings: None,
            within: None,
        };
        if self.options.max_file_size.is_some_and(|max| size > max) {
            let id = self.begin(&meta, size, &[]);
            let place = Place { input: id, offset: 0, length: size };
            self.incomplete("limit-size", format!("the file has {size} bytes, more than the size that is to be read"), place);
        } else {
            self.whole_file(source, size, &meta);
        }
        for (id, count) in self.table.counts() {
            self.record(Record::Count { id, count });
        }
        let place = Place { input: InputId(0), offset: 0, length: 0 };
        if let Some(fact) = self.table.full(place) {
            self.record(Record::Fact(fact));
            let message = format!("there are more than {} facts: later ones were kept without their arguments", limits::FACTS);
            self.incomplete("limit-facts", message, place);
        }
        let (bytes_read, bytes_decoded) = (self.bytes_read, self.bytes_decoded);
        self.record(Record::Done { bytes_read, bytes_decoded });
    }

    fn whole_file(&mut self, source: &dyn Source, size: u64, meta: &Meta<'_>) {
        let view = View::whole(Store::Source(source), size);
        if self.options.mode != Mode::Thorough || self.options.identify {
            self.input(view, meta);
            return;
        }
        // The hash needs every byte in order and nothing else: it is computed beside the scan.
        let (cancel, deadline) = (self.cancel, self.deadline);
        let stop = || cancel.reason().is_some() || is_past(deadline);
        let hash = std::thread::scope(|scope| {
            let hash = scope.spawn(|| super::sweep::hash(source, &stop));
            self.input(view, meta);
            hash.join().ok().flatten()
        });
        match hash {
            Some(hash) => self.record(Record::Sha256(hash)),
            None if stop() => self.end(End::Cancelled, InputId(0), size),
            None => {}
        }
    }

    /// Reads one input as every format that it is of. The answer is where what was recognised ends; 0 where nothing was.
    pub(super) fn input(&mut self, mut view: View<'_>, meta: &Meta<'_>) -> u64 {
        if self.ended.is_some() {
            return 0;
        }
        if let Err(error) = view.buffer_ends() {
            let id = self.begin(meta, view.size(), &[]);
            self.record(Record::Error(ScanError { code: "io".into(), message: format!("it could not be read: {error}"), input: Some(id) }));
            return 0;
        }
        let name = sanitised(meta.name);
        let extension = extension(&name);
        let thorough = self.options.mode == Mode::Thorough;
        let input = InputView {
            size: view.size(),
            name: name.rsplit('/').next().unwrap_or(""),
            thorough,
            listings: self.options.listings.is_some(),
            code: self.options.listings.is_some_and(|listings| listings.code),
            carved: meta.carved.is_some() || meta.payload,
            start: 0,
            format: 0,
            encoding: meta.encoding,
        };
        let plugins = self.registry.plugins();
        let (mut hits, failed) = identify::identify(&view, &input, &extension, |at| self.session(at), plugins, meta.carved, meta.hint);
        if meta.quiet {
            // What may well be nothing has to be more than possible.
            hits.retain(|hit| hit.level >= weighbridge_abi::PROBE_LIKELY);
        }
        if view.size() == 0 && meta.depth > 0 {
            // An empty member is what its archive says it is, whatever its name.
            hits.retain(|hit| hit.level >= weighbridge_abi::PROBE_LIKELY);
        }
        // What a Mac keeps beside a file on other file systems and in archives (`._model.pt`) has its name, and is none.
        let beside = is_apple_double(view.head());
        if beside {
            hits.retain(|hit| hit.level >= weighbridge_abi::PROBE_LIKELY);
        }
        let formats: Vec<String> = hits.iter().map(|hit| hit.session.plugin().formats[hit.format as usize].id.clone()).collect();
        let known = self.known_as(&extension);
        // Plain text that no reader recognises is another kind of file with the same ending (`.pth` of Python, `.pt` of page templates).
        let other = hits.is_empty() && view.size() > 0 && (beside || is_text(view.head()));
        // An empty file of its own is a download that failed; an empty member is what its archive says it is.
        let empty = view.size() == 0 && meta.depth > 0;
        let complain = !meta.quiet && !meta.payload && !empty && !known.is_empty() && !other && !hits.iter().any(|hit| reads(hit, &extension));
        let search = hits.is_empty() && !(thorough || other || meta.quiet || meta.payload || self.options.identify);
        let hidden = if search { self.hidden_from(&view) } else { None };
        if hits.is_empty()
            && failed.is_empty()
            && !complain
            && hidden.is_none()
            && meta.depth > 0
            && (meta.quiet || !(self.options.nested || thorough))
        {
            // Nothing nested here, and nobody said that there would be.
            return 0;
        }
        let id = self.begin(meta, view.size(), &formats);
        for plugin in failed {
            self.plugin_failed(&plugin, id);
        }
        self.dump(&view, id);
        if self.options.identify {
            return 0;
        }
        let whole = Place { input: id, offset: 0, length: view.size() };
        if complain {
            let found = if formats.is_empty() { "nothing that is recognised".to_owned() } else { formats.join(", ") };
            let fields = vec![text("code", "name-mismatch"), text("expected", known.join(", ")), text("found", found)];
            self.fact("anomaly".into(), None, fields, Place { length: 0, ..whole }, "core");
        }
        if hits.is_empty() {
            if complain {
                let why = if view.size() == 0 {
                    "it is empty".into()
                } else {
                    format!("its name says {}, and its content is not recognised", known.join(" or "))
                };
                self.incomplete("unread", why, whole);
            }
            if let Some(from) = if thorough { Some(0) } else { hidden } {
                let frame = Frame::new(id, name, None);
                self.sweep(&view, &frame, &mut Intervals::of(vec![(0, from)]), u64::MAX, meta);
            }
            return 0;
        }
        let mut frame = Frame::new(id, name.clone(), meta.siblings);
        frame.readers = hits.iter().filter_map(|hit| plugins.iter().position(|plugin| std::ptr::eq(plugin, hit.session.plugin()))).collect();
        for hit in hits {
            self.read_as(hit, &view, &input, &mut frame, meta);
            if self.ended.is_some() {
                return 0;
            }
        }
        let end = frame.claimed.end();
        if let Some(broke) = frame.broke.filter(|_| !meta.quiet) {
            self.broken_by_text(&view, id, broke);
        }
        // From there on its reader knows no more than anybody what the bytes are; what it took for a part of the format before may be none either.
        frame.broke = frame.broke.map(|broke| broke.saturating_sub(limits::HEAD as u64));
        if let Some(broke) = frame.broke {
            frame.seen_through.cut(broke);
        }
        if !meta.quiet && meta.depth + 1 < self.options.limits.depth {
            self.ending(&view, &mut frame, meta);
        }
        if thorough {
            let swept = if meta.carved.is_some() { view.range(0, end) } else { view };
            let mut rest = std::mem::take(&mut frame.seen_through);
            self.sweep(&swept, &frame, &mut rest, u64::MAX, meta);
            if !meta.quiet {
                self.unclaimed(&mut frame, swept.size());
            }
            let mut rest = frame.no_text(swept.size());
            self.decipher(&swept, id, &mut rest, u64::MAX, meta);
        } else if !meta.quiet {
            self.unclaimed(&mut frame, view.size());
            self.quick_sweep(&view, &mut frame, meta);
        }
        end
    }

    fn read_as(&mut self, hit: Hit<'e>, view: &View<'_>, input: &InputView<'_>, frame: &mut Frame<'_>, meta: &Meta<'_>) {
        let Hit { mut session, format, start, .. } = hit;
        let input = InputView { start, format, ..input.clone() };
        self.broke = None;
        let mut side = ScanSide::new(self, frame, view, session.plugin());
        let outcome = session.scan(&input, &mut side);
        let children = side.finish();
        let broke = self.broke.take().filter(|_| outcome == Outcome::Malformed);
        frame.broke = frame.broke.into_iter().chain(broke).min();
        self.outcome(outcome, &session.plugin().id, frame.id, view.size(), meta.quiet);
        if meta.depth + 1 >= self.options.limits.depth {
            if !children.is_empty() {
                let place = Place { input: frame.id, offset: 0, length: view.size() };
                self.fact("anomaly".into(), None, vec![text("code", "limit-depth")], place, "core");
                self.incomplete("limit-depth", format!("it is nested {} deep: what lies deeper was not read", self.options.limits.depth), place);
            }
        } else if self.ended.is_none() {
            let mut members = Members::default();
            for child in children.iter().filter(|child| !child.name.is_empty()) {
                members.add(&child.name, child.declared_size.unwrap_or(child.length));
            }
            for child in &children {
                if self.ended.is_some() {
                    break;
                }
                if session.failed() && child.token.is_some() {
                    // What state it is in nobody knows; what needs no decoding is still looked at. The failure is told already.
                    continue;
                }
                self.child(&mut session, &input, child, &members, view, frame, meta);
            }
        }
        self.release(session);
    }

    #[allow(clippy::too_many_arguments)]
    fn child(
        &mut self,
        session: &mut Session<'e>,
        input: &InputView<'_>,
        child: &IncomingChild,
        members: &Members,
        view: &View<'_>,
        frame: &mut Frame<'_>,
        meta: &Meta<'_>,
    ) {
        let chain = Chain { view, within: meta.within };
        let mut nested = Meta {
            parent: Some(frame.id),
            name: &child.name,
            index: child.index,
            space: meta.space,
            file_offset: meta.file_offset.map(|at| at + child.offset),
            encoding: &child.encoding,
            fact: (child.parent != 0).then_some(child.parent),
            quiet: child.speculative || meta.quiet,
            hint: if child.speculative { "" } else { &child.format_hint },
            carved: None,
            payload: child.payload && !child.speculative,
            depth: meta.depth + 1,
            siblings: Some(members),
            within: Some(&chain),
        };
        let Some(token) = child.token else {
            if !nested.quiet {
                frame.seen_through.add(child.offset, child.length);
            }
            let end = self.input(view.range(child.offset, child.length), &nested);
            frame.elsewhere.add(child.offset, if nested.quiet { end.min(child.length) } else { child.length });
            return;
        };
        frame.elsewhere.add(child.offset, child.length);
        nested.space = Space::Decoded;
        nested.file_offset = None;
        let Decoded { store, size, outcome, cut } = child::decode(self, session, input, view, frame, token, child);
        if !nested.quiet {
            let place = Place { input: frame.id, offset: child.offset, length: child.length };
            if let Some(cut) = cut {
                self.fact("anomaly".into(), None, vec![text("code", cut.code), text("target", sanitised(&child.name))], place, "core");
                self.incomplete(cut.code, format!("{}: {}", sanitised(&child.name), cut.message), place);
            }
            self.outcome(outcome, &session.plugin().id, frame.id, view.size(), false);
        } else if let Outcome::Ended(end) = outcome {
            self.end(end, frame.id, view.size());
        }
        if let Some(store) = store
            && self.ended.is_none()
        {
            let decoded = View::whole(store, size);
            if chain.holds(&decoded).unwrap_or(false) {
                // All that is in it has been looked at one level up: nothing is left unread.
                let place = Place { input: frame.id, offset: child.offset, length: child.length };
                self.fact("anomaly".into(), None, vec![text("code", "contains-itself"), text("target", sanitised(&child.name))], place, "core");
                return;
            }
            self.input(decoded, &nested);
        }
    }

    /// What became of a plugin's call.
    fn outcome(&mut self, outcome: Outcome, plugin: &str, input: InputId, size: u64, quiet: bool) {
        let anomaly = self.last_anomaly.take();
        match outcome {
            Outcome::Done => {}
            Outcome::Ended(end) => self.end(end, input, size),
            Outcome::Failed => self.plugin_failed(plugin, input),
            Outcome::Malformed | Outcome::Unsupported if quiet => {}
            Outcome::Malformed | Outcome::Unsupported => {
                let reason = if outcome == Outcome::Malformed { "malformed" } else { "unsupported" };
                let (message, place) =
                    anomaly.unwrap_or_else(|| ("it could not be read to its end".into(), Place { input, offset: 0, length: size }));
                self.incomplete(reason, message, place);
            }
        }
    }

    pub(super) fn end(&mut self, end: End, input: InputId, size: u64) {
        if self.ended.is_some() {
            return;
        }
        let place = Place { input, offset: 0, length: size };
        match end {
            End::Io => {
                // What was read of this input stands; the rest of the file may still be readable.
                self.record(Record::Error(ScanError { code: "io".into(), message: "it could not be read to its end".into(), input: Some(input) }));
            }
            End::Cancelled => {
                self.ended = Some(end);
                let (reason, message) = match self.cancel.reason() {
                    None if is_past(self.deadline) => return self.record(Record::Error(ScanError::out_of_time())),
                    Some(CancelReason::Timeout) => ("timeout", "the time was up before it was read to its end"),
                    _ => ("cancelled", "the scan was cancelled before it was read to its end"),
                };
                self.incomplete(reason, message.into(), place);
            }
            End::Budget => {
                self.ended = Some(end);
                let code = if self.steps > self.options.limits.steps { "limit-steps" } else { "limit-bytes" };
                self.fact("anomaly".into(), None, vec![text("code", code)], place, "core");
                self.incomplete(code, "a budget of the scan was used up before it was read to its end".into(), place);
            }
        }
    }

    fn plugin_failed(&mut self, plugin: &str, input: InputId) {
        let contact = self.registry.plugins().iter().find(|known| known.id == plugin).and_then(|known| known.contact.as_deref());
        let whom = contact.map_or_else(String::new, |contact| format!(" ({contact})"));
        let message = format!("the reader `{plugin}` failed on it: a fault of the reader, which its author will want to know{whom}");
        self.record(Record::Error(ScanError { code: "plugin".into(), message, input: Some(input) }));
    }

    fn unclaimed(&mut self, frame: &mut Frame<'_>, size: u64) {
        let gaps = frame.claimed.gaps(size);
        if let Some(&(offset, length)) = gaps.iter().max_by_key(|gap| gap.1) {
            let total: u64 = gaps.iter().map(|gap| gap.1).sum();
            let fields = vec![
                text("code", "unclaimed-bytes"),
                text(
                    "found",
                    match gaps.len() {
                        1 => format!("{total} bytes in one place"),
                        places => format!("{total} bytes in {places} places"),
                    },
                ),
            ];
            self.fact("anomaly".into(), None, fields, Place { input: frame.id, offset, length }, "core");
        }
    }

    /// Counts steps, and asks whether to go on.
    pub fn poll(&mut self, steps: u64) -> Result<(), End> {
        self.steps = self.steps.saturating_add(steps);
        self.polls = self.polls.wrapping_add(1);
        if self.cancel.reason().is_some() || (self.polls.is_multiple_of(CLOCK) && is_past(self.deadline)) {
            return Err(End::Cancelled);
        }
        if self.steps > self.options.limits.steps { Err(End::Budget) } else { Ok(()) }
    }

    /// Counts decoded bytes.
    pub fn decoded(&mut self, bytes: u64) -> Result<(), End> {
        self.bytes_decoded = self.bytes_decoded.saturating_add(bytes);
        if self.cancel.reason().is_some() {
            return Err(End::Cancelled);
        }
        if self.bytes_decoded > self.options.limits.decoded_bytes { Err(End::Budget) } else { Ok(()) }
    }

    /// Takes a fact; the answer is its id.
    pub fn fact(&mut self, kind: String, parent: Option<u64>, fields: Vec<(String, Value)>, place: Place, plugin: &str) -> u64 {
        if kind == "anomaly" {
            let get = |name: &str| fields.iter().find(|(n, _)| n == name).and_then(|(_, value)| value.as_text()).filter(|text| !text.is_empty());
            let code = get("code").unwrap_or("anomaly");
            if matches!(code, "truncated" | "invalid" | "trailing-data") {
                self.broke = self.broke.into_iter().chain([place.offset]).min();
            }
            self.last_anomaly = Some((words::anomaly(&get), place));
        }
        match self.table.merge(kind, parent, fields, place, plugin) {
            Merged::New(fact) => {
                let id = fact.id;
                self.record(Record::Fact(fact));
                id
            }
            Merged::Again(id) => {
                self.record(Record::Again { id, place });
                id
            }
            Merged::Counted(id) => id,
            Merged::Lost => 0,
        }
    }

    /// Counts further occurrences of a fact; false where there is no such fact.
    pub fn again(&mut self, id: u64, place: Place, count: u64) -> bool {
        match self.table.again(id, count, place.input) {
            Some(true) => self.record(Record::Again { id, place }),
            Some(false) => {}
            None => return false,
        }
        true
    }

    /// Whether the row of a number of a listing is to be passed on.
    pub fn wants_row(&self, listing: &str, number: u64, place: Place, again: bool) -> bool {
        self.rows < limits::ROWS && self.options.listings.is_some_and(|listings| listings.wants(listing, number, place, again))
    }

    /// Passes a row of a listing on.
    pub fn row(&mut self, row: crate::fact::Row) {
        self.rows += 1;
        self.record(Record::Row(row));
    }

    /// The bytes that were asked for themselves, where they are of this input.
    fn dump(&mut self, view: &View<'_>, input: InputId) {
        let Some(wanted) = self.options.listings.and_then(|listings| listings.bytes).filter(|place| place.input == input) else { return };
        dump::rows(view, wanted, &mut |record| self.record(record));
    }

    /// Passes a record on.
    pub fn record(&mut self, record: Record) {
        if !self.sink.record(record) && self.ended.is_none() {
            self.ended = Some(End::Cancelled);
        }
    }

    pub fn incomplete(&mut self, reason: &str, message: String, place: Place) {
        self.record(Record::Incomplete(Incomplete { reason: reason.to_owned(), message, place }));
    }

    fn begin(&mut self, meta: &Meta<'_>, size: u64, formats: &[String]) -> InputId {
        let id = InputId(self.inputs);
        self.inputs += 1;
        if self.inputs > limits::INPUTS && self.ended.is_none() {
            self.ended = Some(End::Budget);
            let message = format!("more than {} things are nested in it: the rest was not read", limits::INPUTS);
            self.incomplete("limit-depth", message, Place { input: meta.parent.unwrap_or(InputId(0)), offset: 0, length: 0 });
        }
        let raw_name = std::str::from_utf8(meta.name).is_err().then(|| meta.name.to_vec());
        let info = InputInfo {
            id,
            parent: meta.parent,
            name: String::from_utf8_lossy(meta.name).into_owned(),
            raw_name,
            index: meta.index,
            size,
            space: meta.space,
            file_offset: meta.file_offset,
            encoding: meta.encoding.to_owned(),
            formats: formats.to_vec(),
            fact: meta.fact,
        };
        self.record(Record::Input(info));
        id
    }

    pub(super) fn session(&mut self, plugin: usize) -> Option<Session<'e>> {
        self.sessions[plugin].pop().or_else(|| Session::new(&self.registry.plugins()[plugin]))
    }

    fn release(&mut self, session: Session<'e>) {
        if session.failed() {
            return;
        }
        if let Some(at) = self.registry.plugins().iter().position(|plugin| std::ptr::eq(plugin, session.plugin())) {
            self.sessions[at].push(session);
        }
    }

    /// Ids of the formats that an extension belongs to; the extension itself where so many share it that it names what they are written in (JSON).
    fn known_as(&self, extension: &str) -> Vec<String> {
        let formats = self.registry.plugins().iter().flat_map(|plugin| &plugin.formats);
        let known = formats.filter(|format| !extension.is_empty() && format.extensions.iter().any(|e| e == extension));
        let known: Vec<String> = known.map(|format| format.id.clone()).collect();
        if known.len() > MANY { vec![extension.to_owned()] } else { known }
    }
}

fn is_past(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}

/// Whether the plugin of a hit lists an extension, in any of its formats: what one plugin reads is one family.
fn reads(hit: &Hit<'_>, extension: &str) -> bool {
    hit.session.plugin().formats.iter().any(|format| format.extensions.iter().any(|e| e == extension))
}

/// A name as text without control characters; separators stay.
pub(super) fn sanitised(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn extension(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or("");
    match base.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= 16 => extension.to_ascii_lowercase(),
        _ => String::new(),
    }
}
