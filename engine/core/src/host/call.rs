//! Calls into a plugin, and the functions that it calls back.

use super::convert::{bytes, lossy, value};
use super::descriptor::Plugin;
use super::extension;
use crate::fact::{RegionClass, Value};
use std::ffi::c_void;
use weighbridge_abi::{self as abi, Growable};

/// Why the host ends a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The medium failed.
    Io,
    /// Somebody asked for it.
    Cancelled,
    /// A budget is used up.
    Budget,
}

/// How a plugin's function ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Ended(End),
    Malformed,
    Unsupported,
    /// The plugin failed by its own fault.
    Failed,
}

/// A fact as it came in.
pub(crate) struct IncomingFact {
    pub kind: String,
    pub parent: u64,
    pub offset: u64,
    pub length: u64,
    pub fields: Vec<(String, Value)>,
}

/// A child record as it came in.
#[derive(Debug, Clone)]
pub(crate) struct IncomingChild {
    /// `None`: the range; `Some`: to be decoded.
    pub token: Option<u64>,
    pub speculative: bool,
    /// Data of tensors, which no loader takes for a file of its own.
    pub payload: bool,
    pub offset: u64,
    pub length: u64,
    pub index: u64,
    pub declared_size: Option<u64>,
    pub parent: u64,
    pub name: Vec<u8>,
    pub encoding: String,
    pub format_hint: String,
}

/// What the engine answers a plugin with.
pub(crate) trait Side {
    /// Reads; less than `buf.len()` only at the end.
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<usize, End>;
    /// Counts steps.
    fn poll(&mut self, steps: u64) -> Result<(), End>;
    /// Takes a fact.
    fn emit(&mut self, fact: IncomingFact) -> Result<u64, End>;
    /// Counts further occurrences of a fact; false where there is no such fact.
    fn again(&mut self, id: u64, offset: u64, length: u64, count: u64) -> Result<bool, End>;
    /// Takes a region.
    fn region(&mut self, class: RegionClass, offset: u64, length: u64) -> Result<(), End>;
    /// Takes a child.
    fn child(&mut self, child: IncomingChild) -> Result<(), End>;
    /// Takes a row.
    fn row(&mut self, listing: &str, offset: u64, length: u64, depth: u64, cells: &mut dyn FnMut() -> Vec<String>) -> Result<(), End>;
    /// Notes that the plugin broke the contract.
    fn breach(&mut self, kind: Breach, what: String);
    /// Notes that a place reaches beyond the input, and was cut.
    fn beyond(&mut self, _what: &'static str, _offset: u64, _length: u64) {}
}

/// In what a plugin broke the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    /// It emits a kind or a field that its descriptor does not declare.
    Undeclared,
    /// It says something when it may not: in a probe, or children outside of a scan.
    OutOfTurn,
    /// A region that is none, or lies outside of the input.
    Region,
    /// A child that is none, or lies outside of the input.
    Child,
    /// An argument that is none: a null pointer, a structure that is too short, a value of no type, an id that the host did not give.
    Argument,
}

/// The input, as a plugin is told of it.
#[derive(Debug, Clone)]
pub(crate) struct InputView<'a> {
    pub size: u64,
    pub name: &'a str,
    pub thorough: bool,
    /// Listings are wanted.
    pub listings: bool,
    /// And of them program text alone.
    pub code: bool,
    pub carved: bool,
    pub start: u64,
    pub format: u32,
    pub encoding: &'a str,
}

/// What probe answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ProbeAnswer {
    pub level: u32,
    pub format: u32,
    pub start: u64,
}

/// What a plugin's function answered, as it did and not as the engine takes it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Answer {
    /// None where the plugin does not have the function.
    pub status: Option<abi::Status>,
    /// Calls of the host after it had ended the scan.
    pub late: u64,
    /// Of a probe.
    pub probe: ProbeAnswer,
    /// Bytes of a child, as it says.
    pub got: u64,
}

struct Context<'a> {
    side: &'a mut dyn Side,
    plugin: &'a Plugin,
    size: u64,
    phase: Phase,
    ended: Option<End>,
    late: u64,
}

/// What the plugin was called for: it says what it may call back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Probe,
    Scan,
    /// A child is opened or read.
    Child,
}

/// A session of a plugin. One call at a time: that is what `&mut` says.
pub(crate) struct Session<'p> {
    plugin: &'p Plugin,
    state: *mut c_void,
    /// One of its functions has failed by its own fault: what state it is in nobody knows.
    failed: bool,
    answer: Answer,
}

// SAFETY: the header has every function of a session called on any thread, one at a time: `&mut` says the latter.
unsafe impl Send for Session<'_> {}

impl<'p> Session<'p> {
    /// A new session; `None` where the plugin could not make one.
    pub fn new(plugin: &'p Plugin) -> Option<Self> {
        let mut state = std::ptr::null_mut();
        // SAFETY: required and checked when the plugin was accepted; `state` is a place for a pointer.
        let status = unsafe { plugin.vtable.create?(&mut state) };
        (status == abi::OK).then_some(Session { plugin, state, failed: false, answer: Answer::default() })
    }

    /// The plugin.
    pub fn plugin(&self) -> &'p Plugin {
        self.plugin
    }

    /// Whether it is to be destroyed and not used again.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// What its last function answered.
    pub fn answer(&self) -> Answer {
        self.answer
    }

    /// Asks whether the input is of the plugin's formats.
    pub fn probe(&mut self, view: &InputView<'_>, side: &mut dyn Side) -> (ProbeAnswer, Outcome) {
        let mut result = abi::ProbeResult::EMPTY;
        let outcome = self.call(view, side, Phase::Probe, |vtable, state, input, host| {
            // SAFETY: all pointers are valid for the call.
            vtable.probe.map(|probe| unsafe { probe(state, input, host, &mut result) })
        });
        self.answer.probe = ProbeAnswer { level: result.level, format: result.format, start: result.start };
        let known = (result.format as usize) < self.plugin.formats.len() && result.start <= view.size && result.level <= abi::PROBE_CERTAIN;
        let level = if known && outcome == Outcome::Done { result.level } else { abi::PROBE_NO };
        (ProbeAnswer { level, format: result.format, start: result.start }, outcome)
    }

    /// Reads the input.
    pub fn scan(&mut self, view: &InputView<'_>, side: &mut dyn Side) -> Outcome {
        self.call(view, side, Phase::Scan, |vtable, state, input, host| {
            // SAFETY: all pointers are valid for the call.
            vtable.scan.map(|scan| unsafe { scan(state, input, host) })
        })
    }

    /// Opens a child that the last scan reported.
    pub fn open_child(&mut self, view: &InputView<'_>, side: &mut dyn Side, token: u64) -> Outcome {
        self.call(view, side, Phase::Child, |vtable, state, input, host| {
            // SAFETY: all pointers are valid for the call.
            vtable.open_child.map(|open| unsafe { open(state, input, host, token) })
        })
    }

    /// Reads on in it: how many bytes came, and how it ended.
    pub fn read_child(&mut self, view: &InputView<'_>, side: &mut dyn Side, buf: &mut [u8]) -> (usize, Outcome) {
        let mut got = 0;
        let outcome = self.call(view, side, Phase::Child, |vtable, state, input, host| {
            // SAFETY: all pointers are valid for the call, `buf` for its length.
            vtable.read_child.map(|read| unsafe { read(state, input, host, buf.as_mut_ptr().cast(), buf.len() as u64, &mut got) })
        });
        self.answer.got = got;
        (usize::try_from(got).unwrap_or(0).min(buf.len()), outcome)
    }

    /// Closes it.
    pub fn close_child(&mut self) {
        if let Some(close) = self.plugin.vtable.close_child {
            // SAFETY: the session's own state.
            unsafe { close(self.state) }
        }
    }

    fn call(
        &mut self,
        view: &InputView<'_>,
        side: &mut dyn Side,
        phase: Phase,
        call: impl FnOnce(&abi::Plugin, *mut c_void, *const abi::Input, *const abi::Host) -> Option<abi::Status>,
    ) -> Outcome {
        let mut context = Context { side, plugin: self.plugin, size: view.size, phase, ended: None, late: 0 };
        let input = abi::Input {
            size: view.size,
            name: abi::Str::borrow(view.name),
            mode: if view.thorough { abi::MODE_THOROUGH } else { abi::MODE_QUICK },
            flags: u32::from(view.listings) * abi::INPUT_INSPECT
                + u32::from(view.code) * abi::INPUT_CODE
                + u32::from(view.carved) * abi::INPUT_CARVED,
            start: view.start,
            format: u64::from(view.format),
            encoding: abi::Str::borrow(view.encoding),
            ..abi::Input::EMPTY
        };
        let host = abi::Host {
            ctx: (&raw mut context).cast(),
            read_at: Some(read_at),
            poll: Some(poll),
            emit: Some(emit),
            again: Some(again),
            region: Some(region),
            child: Some(child),
            listing: Some(listing),
            limit: Some(limit),
            extension: Some(extension),
            #[cfg(feature = "next-minor")]
            next: Some(next),
            ..abi::Host::EMPTY
        };
        let status = call(&self.plugin.vtable, self.state, &input, &host);
        self.answer = Answer { status, late: context.late, ..Answer::default() };
        self.failed |= status.is_some_and(|status| status == abi::INTERNAL);
        match (context.ended, status) {
            // What the host asked for stands, whatever the plugin made of it.
            (Some(end), _) => Outcome::Ended(end),
            (None, Some(abi::OK)) => Outcome::Done,
            (None, Some(abi::MALFORMED)) => Outcome::Malformed,
            (None, Some(abi::UNSUPPORTED) | None) => Outcome::Unsupported,
            (None, Some(_)) => Outcome::Failed,
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if let Some(destroy) = self.plugin.vtable.destroy {
            // SAFETY: the session's own state, given back once.
            unsafe { destroy(self.state) }
        }
    }
}

impl Context<'_> {
    fn status(&mut self, result: Result<(), End>) -> abi::Status {
        match result {
            Ok(()) => abi::OK,
            Err(end) => {
                self.ended = Some(end);
                status_of(end)
            }
        }
    }

    /// A place cut to the input: what a plugin says of a place is a hint for people and never an address.
    fn within(&mut self, what: &'static str, offset: u64, length: u64) -> (u64, u64) {
        if !is_inside(self.size, offset, length) {
            self.side.beyond(what, offset, length);
        }
        let inside = offset.min(self.size);
        (inside, length.min(self.size - inside))
    }

    fn refuse(&mut self, kind: Breach, what: impl Into<String>) -> abi::Status {
        self.side.breach(kind, what.into());
        abi::ARGUMENT
    }
}

fn status_of(end: End) -> abi::Status {
    match end {
        End::Io => abi::IO,
        End::Cancelled => abi::CANCELLED,
        End::Budget => abi::BUDGET,
    }
}

/// The call's context, or the status that it has ended with.
///
/// # Safety
/// `ctx` is the one of the running call.
unsafe fn context<'c>(ctx: *mut c_void) -> Result<&'c mut Context<'c>, abi::Status> {
    // SAFETY: as the caller promises; the plugin is in one host function at a time, on the call's own thread.
    let context = unsafe { &mut *ctx.cast::<Context<'c>>() };
    match context.ended {
        Some(end) => {
            context.late += 1;
            Err(status_of(end))
        }
        None => Ok(context),
    }
}

unsafe extern "C" fn read_at(ctx: *mut c_void, offset: u64, buf: *mut c_void, len: u64, got: *mut u64) -> abi::Status {
    // SAFETY: the plugin passes its call's context.
    let context = match unsafe { context(ctx) } {
        Ok(context) => context,
        Err(status) => return status,
    };
    let Ok(len) = usize::try_from(len) else { return context.refuse(Breach::Argument, "read_at with a length beyond the address space") };
    if got.is_null() || (buf.is_null() && len > 0) {
        return context.refuse(Breach::Argument, "read_at with a null pointer");
    }
    // SAFETY: the plugin passes a buffer of that length; zeroed first, so that no uninitialised byte is ever seen as a slice.
    let buf = unsafe {
        if len == 0 {
            &mut []
        } else {
            std::ptr::write_bytes(buf.cast::<u8>(), 0, len);
            std::slice::from_raw_parts_mut(buf.cast::<u8>(), len)
        }
    };
    let rest = usize::try_from(context.size.saturating_sub(offset)).unwrap_or(usize::MAX);
    let wanted = len.min(rest);
    let result = if wanted == 0 { Ok(0) } else { context.side.read_at(offset, &mut buf[..wanted]) };
    // SAFETY: not null.
    unsafe { got.write(*result.as_ref().unwrap_or(&0) as u64) };
    context.status(result.map(|_| ()))
}

unsafe extern "C" fn poll(ctx: *mut c_void, steps: u64) -> abi::Status {
    // SAFETY: the plugin passes its call's context.
    match unsafe { context(ctx) } {
        Ok(context) => {
            let result = context.side.poll(steps);
            context.status(result)
        }
        Err(status) => status,
    }
}

/// The context of a call that may say what it has found, and what the plugin says: read as far as the plugin knows it.
///
/// # Safety
/// `ctx` is the one of the running call, `raw` null or valid for as many bytes as its size says.
unsafe fn said<'c, T: Growable>(ctx: *mut c_void, raw: *const T, what: &str) -> Result<(&'c mut Context<'c>, T), abi::Status> {
    // SAFETY: as the caller promises.
    let context = unsafe { context(ctx) }?;
    if context.phase == Phase::Probe {
        return Err(context.refuse(Breach::OutOfTurn, format!("{what} in a probe")));
    }
    if raw.is_null() {
        return Err(context.refuse(Breach::Argument, format!("{what} of a null pointer")));
    }
    // SAFETY: as the caller promises, and not null.
    match unsafe { abi::growable::read(raw) } {
        Ok(raw) => Ok((context, raw)),
        Err(abi::growable::TooShort(size)) => {
            Err(context.refuse(Breach::Argument, format!("{what} with struct_size {size}, and the structure has at least {}", T::FIRST)))
        }
    }
}

unsafe extern "C" fn emit(ctx: *mut c_void, raw: *const abi::Fact, id: *mut u64) -> abi::Status {
    // SAFETY: the plugin passes its call's context and a valid fact.
    let (context, raw) = match unsafe { said(ctx, raw, "emit") } {
        Ok(both) => both,
        Err(status) => return status,
    };
    // SAFETY: strings of the fact are valid during the call.
    let (kind, _) = unsafe { lossy(raw.kind) };
    let Some(declared) = context.plugin.kinds.get(&kind) else {
        return context.refuse(Breach::Undeclared, format!("emit of kind `{kind}`, which it does not declare"));
    };
    if raw.field_count > crate::limits::FIELDS as u64 || (raw.fields.is_null() && raw.field_count > 0) {
        return context.refuse(Breach::Argument, format!("emit of `{kind}` with {} fields", raw.field_count));
    }
    let mut fields = Vec::with_capacity(raw.field_count as usize);
    for i in 0..raw.field_count as usize {
        // SAFETY: the table has that many entries.
        let field = unsafe { &*raw.fields.add(i) };
        // SAFETY: as above.
        let (name, _) = unsafe { lossy(field.name) };
        if !declared.contains(&name) {
            return context.refuse(Breach::Undeclared, format!("emit of `{kind}` with field `{name}`, which it does not declare"));
        }
        if fields.iter().any(|(have, _)| *have == name) {
            return context.refuse(Breach::Argument, format!("emit of `{kind}` with field `{name}` twice"));
        }
        // SAFETY: as above.
        let Some(value) = (unsafe { value(&field.value, false) }) else {
            return context.refuse(Breach::Argument, format!("emit of `{kind}` with a value of unknown type in `{name}`"));
        };
        fields.push((name, value));
    }
    let (offset, length) = context.within("a fact", raw.offset, raw.length);
    let fact = IncomingFact { kind, parent: raw.parent, offset, length, fields };
    match context.side.emit(fact) {
        Ok(new) => {
            if !id.is_null() {
                // SAFETY: not null: a place for a number.
                unsafe { id.write(new) };
            }
            abi::OK
        }
        Err(end) => context.status(Err(end)),
    }
}

unsafe extern "C" fn again(ctx: *mut c_void, id: u64, offset: u64, length: u64, count: u64) -> abi::Status {
    // SAFETY: the plugin passes its call's context.
    let context = match unsafe { context(ctx) } {
        Ok(context) => context,
        Err(status) => return status,
    };
    let (offset, length) = context.within("a further occurrence", offset, length);
    match if context.phase == Phase::Probe { Ok(false) } else { context.side.again(id, offset, length, count) } {
        Ok(true) => abi::OK,
        Ok(false) => context.refuse(Breach::Argument, format!("again of a fact {id} that it did not emit")),
        Err(end) => context.status(Err(end)),
    }
}

fn is_inside(size: u64, offset: u64, length: u64) -> bool {
    offset.checked_add(length).is_some_and(|end| end <= size)
}

unsafe extern "C" fn region(ctx: *mut c_void, raw: *const abi::Region) -> abi::Status {
    // SAFETY: the plugin passes its call's context and a valid region.
    let (context, raw) = match unsafe { said(ctx, raw, "region") } {
        Ok(both) => both,
        Err(status) => return status,
    };
    let class = match raw.class {
        abi::REGION_STRUCTURE => RegionClass::Structure,
        abi::REGION_PAYLOAD => RegionClass::Payload,
        abi::REGION_PADDING => RegionClass::Padding,
        abi::REGION_OPAQUE => RegionClass::Opaque,
        other => return context.refuse(Breach::Region, format!("region of class {other}")),
    };
    if !is_inside(context.size, raw.offset, raw.length) {
        return context.refuse(Breach::Region, format!("region {}+{} outside an input of {}", raw.offset, raw.length, context.size));
    }
    let result = context.side.region(class, raw.offset, raw.length);
    context.status(result)
}

unsafe extern "C" fn child(ctx: *mut c_void, raw: *const abi::Child) -> abi::Status {
    // SAFETY: the plugin passes its call's context and a valid child.
    let (context, raw) = match unsafe { said(ctx, raw, "child") } {
        Ok(both) => both,
        Err(status) => return status,
    };
    if context.phase != Phase::Scan {
        return context.refuse(Breach::OutOfTurn, "child outside of scan");
    }
    let token = match raw.kind {
        abi::CHILD_RANGE => None,
        abi::CHILD_TOKEN if context.plugin.vtable.open_child.is_some() => Some(raw.token),
        abi::CHILD_TOKEN => return context.refuse(Breach::Child, "child with a token, and the plugin has no open_child"),
        other => return context.refuse(Breach::Child, format!("child of kind {other}")),
    };
    if !is_inside(context.size, raw.offset, raw.length) {
        return context.refuse(Breach::Child, format!("child {}+{} outside an input of {}", raw.offset, raw.length, context.size));
    }
    // SAFETY: strings and bytes of the record are valid during the call.
    let (name, encoding, format_hint) = unsafe { (bytes(raw.name.ptr, raw.name.len).to_vec(), lossy(raw.encoding).0, lossy(raw.format_hint).0) };
    let child = IncomingChild {
        token,
        speculative: raw.flags & abi::CHILD_SPECULATIVE != 0,
        payload: raw.flags & abi::CHILD_PAYLOAD != 0,
        offset: raw.offset,
        length: raw.length,
        index: raw.index,
        declared_size: (raw.declared_size != abi::UNKNOWN).then_some(raw.declared_size),
        parent: raw.parent,
        name,
        encoding,
        format_hint,
    };
    let result = context.side.child(child);
    context.status(result)
}

unsafe extern "C" fn listing(ctx: *mut c_void, raw: *const abi::Listing) -> abi::Status {
    // SAFETY: the plugin passes its call's context and a valid row.
    let (context, raw) = match unsafe { said(ctx, raw, "listing") } {
        Ok(both) => both,
        Err(status) => return status,
    };
    let count = if raw.cells.is_null() { 0 } else { raw.cell_count.min(crate::limits::FIELDS as u64) };
    // SAFETY: the name is valid during the call.
    let name = unsafe { lossy(raw.listing).0 };
    // SAFETY: strings of the row are valid during the call; the table has at least that many.
    let mut cells = || unsafe { (0..count as usize).map(|i| lossy(*raw.cells.add(i)).0).collect() };
    let (offset, length) = context.within("a row", raw.offset, raw.length);
    let result = context.side.row(&name, offset, length, raw.depth, &mut cells);
    context.status(result)
}

unsafe extern "C" fn limit(ctx: *mut c_void, name: abi::Str, value: *mut u64) -> abi::Status {
    // It never ends a scan, and is answered after the end too.
    // SAFETY: the plugin passes its call's context.
    let context = unsafe { &*ctx.cast::<Context<'_>>() };
    // SAFETY: the name is valid during the call.
    let (name, _) = unsafe { lossy(name) };
    match context.plugin.limits.get(&name) {
        Some(limit) if !value.is_null() => {
            // SAFETY: not null: a place for a number.
            unsafe { value.write(*limit) };
            abi::OK
        }
        _ => abi::ARGUMENT,
    }
}

unsafe extern "C" fn extension(_ctx: *mut c_void, id: abi::Str) -> *const c_void {
    // SAFETY: the id is valid during the call.
    let (id, _) = unsafe { lossy(id) };
    extension::of_host(&id)
}

#[cfg(feature = "next-minor")]
unsafe extern "C" fn next(_ctx: *mut c_void, _value: u64) -> abi::Status {
    abi::OK
}
