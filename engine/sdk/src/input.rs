//! The host's side of a call, made safe: reading, and saying what was seen.

use crate::claimed::Claimed;
use crate::table::Table;
use crate::{Child, Fact};
use std::cell::{Cell, RefCell};
use weighbridge_abi::{self as abi, Growable, growable};
use weighbridge_parse_read::{ReadAt, Stop};

/// Classes of regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// Understood: headers, opcodes, directories.
    Structure,
    /// Data that nothing executes.
    Payload,
    /// Filler.
    Padding,
    /// Known to be there, not read.
    Opaque,
}

/// The number of a region's class in the ABI.
fn host_region(region: Region) -> u32 {
    match region {
        Region::Structure => abi::REGION_STRUCTURE,
        Region::Payload => abi::REGION_PAYLOAD,
        Region::Padding => abi::REGION_PADDING,
        Region::Opaque => abi::REGION_OPAQUE,
    }
}

/// What a host says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostVersion<'h> {
    /// The ABI that it speaks: major, minor.
    pub abi: (u32, u32),
    /// Its vocabulary of facts.
    pub vocabulary: u32,
    /// Of Weighbridge.
    pub version: &'h str,
}

/// The input of one call, and the host behind it.
///
/// Once the host has asked for the end, every further call answers the same [`Stop`] without reaching it.
pub struct Input<'h> {
    host: abi::Host,
    size: u64,
    name: &'h str,
    mode: u32,
    flags: u32,
    start: u64,
    format: u64,
    encoding: &'h str,
    stopped: Cell<Option<Stop>>,
    /// Whether an anomaly was emitted.
    explained: Cell<bool>,
    claimed: RefCell<Claimed>,
    /// Where it was read last: what an error that does not say where is about.
    last_read: Cell<u64>,
    /// Bytes read, and things said, since the last poll.
    since: Cell<(u64, u64)>,
}

/// Bytes and calls after which the host is polled, where the plugin has not done so itself: the header asks for it.
const UNPOLLED: (u64, u64) = (64 << 10, 10_000);

impl<'h> Input<'h> {
    /// Wraps what the host passed, as far as the two sides know the same of it.
    ///
    /// # Safety
    /// `host` and `input` are valid for `'h` as the header asks, and stay on this thread.
    pub(crate) unsafe fn new(host: *const abi::Host, input: *const abi::Input) -> Self {
        // SAFETY: as the caller promises. A host without its functions is no host: every call does nothing then.
        let (host, input) = unsafe { (growable::read(host).unwrap_or(abi::Host::EMPTY), growable::read(input).unwrap_or(abi::Input::EMPTY)) };
        Input {
            host,
            size: input.size,
            // SAFETY: the host passes UTF-8 of that length, valid during the call.
            name: unsafe { text(input.name) },
            mode: input.mode,
            flags: input.flags,
            start: input.start,
            format: input.format,
            // SAFETY: as above.
            encoding: unsafe { text(input.encoding) },
            stopped: Cell::new(None),
            explained: Cell::new(false),
            claimed: RefCell::default(),
            last_read: Cell::new(0),
            since: Cell::new((0, 0)),
        }
    }

    /// Base name, sanitised: a hint and nothing more. May be empty.
    pub fn name(&self) -> &'h str {
        self.name
    }

    /// Whether every byte is to be looked at.
    pub fn thorough(&self) -> bool {
        self.mode == abi::MODE_THOROUGH
    }

    /// Whether listings are wanted.
    pub fn inspect(&self) -> bool {
        self.flags & abi::INPUT_INSPECT != 0
    }

    /// Whether listings are wanted that are not program text for people: tables, trees, disassembly.
    pub fn wants_tables(&self) -> bool {
        self.inspect() && self.flags & abi::INPUT_CODE == 0
    }

    /// Whether the input was cut out of other bytes by its magic: only what chance does not make is certain, and what follows is none of it.
    pub fn carved(&self) -> bool {
        self.flags & abi::INPUT_CARVED != 0
    }

    /// Where the format begins.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Which of the plugin's formats.
    pub fn format(&self) -> u64 {
        self.format
    }

    /// How the input was encoded in its container; "" for a file.
    pub fn encoding(&self) -> &'h str {
        self.encoding
    }

    /// Exactly `N` bytes at `offset`, or `None` where the input ends before that.
    pub fn array<const N: usize>(&self, offset: u64) -> Result<Option<[u8; N]>, Stop> {
        let mut buf = [0; N];
        Ok((self.read_at(offset, &mut buf)? == N).then_some(buf))
    }

    /// Says that something is in the input. The answer is the fact's id.
    pub fn emit(&self, fact: &Fact<'_>) -> Result<u64, Stop> {
        self.explained.set(self.explained.get() || fact.kind == "anomaly");
        self.says()?;
        let (offset, length) = self.within(fact.offset, fact.length);
        let raw = abi::Fact {
            kind: abi::Str::borrow(fact.kind),
            parent: fact.parent,
            offset,
            length,
            fields: fact.fields.as_ptr(),
            field_count: fact.fields.len() as u64,
            ..abi::Fact::EMPTY
        };
        let mut id = 0;
        self.call(|host, ctx| {
            // SAFETY: `raw` and all it points to live until the call returns; `fact` keeps them.
            host.emit.map(|emit| unsafe { emit(ctx, &raw, &mut id) })
        })?;
        Ok(id)
    }

    /// Says that a fact emitted before in this scan occurs again, `count` times, the first of them at this place.
    pub fn again(&self, id: u64, offset: u64, length: u64, count: u64) -> Result<(), Stop> {
        self.says()?;
        let (offset, length) = self.within(offset, length);
        // SAFETY: plain numbers.
        self.call(|host, ctx| host.again.map(|again| unsafe { again(ctx, id, offset, length, count) }))
    }

    /// Accounts for a part of the input. What was accounted for before in this call keeps its class; an empty part is passed over.
    pub fn region(&self, class: Region, offset: u64, length: u64) -> Result<(), Stop> {
        if length == 0 {
            return Ok(());
        }
        let parts = self.claimed.borrow_mut().claim(offset, offset.saturating_add(length));
        for (start, end) in parts {
            self.says()?;
            let raw = abi::Region { class: host_region(class), offset: start, length: end - start, ..abi::Region::EMPTY };
            // SAFETY: `raw` lives until the call returns.
            self.call(|host, ctx| host.region.map(|region| unsafe { region(ctx, &raw) }))?;
        }
        Ok(())
    }

    /// Reports nested content.
    pub fn child(&self, child: &Child<'_>) -> Result<(), Stop> {
        self.says()?;
        let raw = child.to_abi();
        // SAFETY: `raw` and what it borrows from `child` live until the call returns.
        self.call(|host, ctx| host.child.map(|child| unsafe { child(ctx, &raw) }))
    }

    /// A row of a listing; nothing happens where none is wanted.
    pub fn row(&self, listing: &str, offset: u64, length: u64, depth: u64, cells: &[&str]) -> Result<(), Stop> {
        if !self.inspect() {
            return Ok(());
        }
        self.says()?;
        let (offset, length) = self.within(offset, length);
        let cells: Vec<abi::Str> = cells.iter().map(|cell| abi::Str::borrow(cell)).collect();
        let raw = abi::Listing {
            listing: abi::Str::borrow(listing),
            offset,
            length,
            depth,
            cells: cells.as_ptr(),
            cell_count: cells.len() as u64,
            ..abi::Listing::EMPTY
        };
        // SAFETY: `raw` and the cells live until the call returns.
        self.call(|host, ctx| host.listing.map(|listing| unsafe { listing(ctx, &raw) }))
    }

    /// Begins a table or a tree: its columns are names, or names and types ("offset:offset"), as the header has them. None where it is not wanted.
    pub fn table<'i>(&'i self, listing: &'static str, columns: &[&str]) -> Result<Option<Table<'i, 'h>>, Stop> {
        if !self.wants_tables() {
            return Ok(None);
        }
        self.columns(listing, columns)?;
        Ok(Some(Table { input: self, listing }))
    }

    /// Names the columns of a listing, before its first row.
    pub fn columns(&self, listing: &str, columns: &[&str]) -> Result<(), Stop> {
        self.row(listing, 0, 0, abi::LISTING_COLUMNS, columns)
    }

    /// A limit of the descriptor's, as it is set.
    pub fn setting(&self, limit: &abi::Limit) -> u64 {
        // SAFETY: its name is constant text.
        self.limit(unsafe { text(limit.name) }, limit.value)
    }

    /// A limit as it is set, or `default` where the host does not know it.
    pub fn limit(&self, name: &str, default: u64) -> u64 {
        let mut value = default;
        if let Some(limit) = self.host.limit {
            // SAFETY: name and value live until the call returns.
            let status = unsafe { limit(self.host.ctx, abi::Str::borrow(name), &mut value) };
            if status != abi::OK {
                return default;
            }
        }
        value
    }

    /// Whether an anomaly was emitted that can say why the scan ends.
    pub(crate) fn explained(&self) -> bool {
        self.explained.get()
    }

    /// Where it was read last.
    pub(crate) fn last_read(&self) -> u64 {
        self.last_read.get()
    }

    /// Who asks; `None` for a host that does not say.
    pub fn host(&self) -> Option<HostVersion<'h>> {
        // SAFETY: the id lives until the call returns.
        let raw = self.host.extension.map(|extension| unsafe { extension(self.host.ctx, abi::Str::new(abi::EXTENSION_HOST)) })?;
        if raw.is_null() {
            return None;
        }
        // SAFETY: not null, and of the structure that its id stands for.
        let info = unsafe { growable::read(raw.cast::<abi::HostInfo>()) }.ok()?;
        // SAFETY: constant text of the host.
        Some(HostVersion { abi: (info.abi_major, info.abi_minor), vocabulary: info.vocabulary, version: unsafe { text(info.version) } })
    }

    /// Why the host asked for the end, if it did.
    pub fn stopped(&self) -> Option<Stop> {
        self.stopped.get()
    }

    /// A place cut to the input: what a file says of a place may lie anywhere.
    fn within(&self, offset: u64, length: u64) -> (u64, u64) {
        let offset = offset.min(self.size);
        (offset, length.min(self.size - offset))
    }

    /// Something is about to be said.
    fn says(&self) -> Result<(), Stop> {
        let (read, said) = self.since.get();
        self.since.set((read, said + 1));
        self.due()
    }

    /// Polls where it is time to.
    fn due(&self) -> Result<(), Stop> {
        let (read, said) = self.since.get();
        if read >= UNPOLLED.0 || said >= UNPOLLED.1 { self.poll(0) } else { Ok(()) }
    }

    fn call(&self, call: impl FnOnce(&abi::Host, *mut core::ffi::c_void) -> Option<abi::Status>) -> Result<(), Stop> {
        if let Some(stop) = self.stopped.get() {
            return Err(stop);
        }
        let stop = match call(&self.host, self.host.ctx) {
            Some(abi::IO) => Stop::Io,
            Some(abi::CANCELLED) => Stop::Cancelled,
            Some(abi::BUDGET) => Stop::Budget,
            // WB_ARGUMENT is a bug of this plugin that the host has noted; a function that an older host lacks is nothing to stop for.
            _ => return Ok(()),
        };
        self.stopped.set(Some(stop));
        Err(stop)
    }
}

impl ReadAt for Input<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Stop> {
        self.due()?;
        self.last_read.set(offset.min(self.size));
        let mut done = 0;
        // A host answers in full but at the end. From one that does not, the rest is asked for again: nothing is to be hidden by a short answer.
        loop {
            let mut got = 0;
            let (at, rest) = (offset.saturating_add(done as u64), &mut buf[done..]);
            self.call(|host, ctx| {
                // SAFETY: `rest` is writable for its length, `got` for its own.
                host.read_at.map(|read_at| unsafe { read_at(ctx, at, rest.as_mut_ptr().cast(), rest.len() as u64, &mut got) })
            })?;
            let (read, said) = self.since.get();
            self.since.set((read.saturating_add(got), said));
            let got = usize::try_from(got).unwrap_or(usize::MAX).min(rest.len());
            done += got;
            if got == 0 || done == buf.len() || offset.saturating_add(done as u64) >= self.size {
                return Ok(done);
            }
        }
    }

    fn poll(&self, steps: u64) -> Result<(), Stop> {
        self.since.set((0, 0));
        // SAFETY: plain numbers.
        self.call(|host, ctx| host.poll.map(|poll| unsafe { poll(ctx, steps) }))
    }
}

/// # Safety
/// `text` is UTF-8 of its length, valid for `'h`; a null pointer only with a length of 0.
pub(crate) unsafe fn text<'h>(text: abi::Str) -> &'h str {
    let Ok(len) = usize::try_from(text.len) else { return "" };
    if text.ptr.is_null() || len == 0 {
        return "";
    }
    // SAFETY: as the caller promises.
    let bytes = unsafe { core::slice::from_raw_parts(text.ptr, len) };
    core::str::from_utf8(bytes).unwrap_or("")
}
