//! The host's functions over a slice of bytes.

use super::{Options, Seen, SeenChild, SeenFact, SeenRegion, SeenValue};
use crate::input::text;
use std::ffi::c_void;
use std::ptr;
use weighbridge_abi::{self as abi, Growable, growable};

/// Bytes kept of a decoded child, and of all of them: an archive may have thousands that decode to much.
const DECODED: usize = 1 << 20;
const DECODED_IN_ALL: usize = 8 << 20;

/// Bytes of a decoded child that are asked for at a time.
const BLOCK: usize = 4 << 10;

/// Facts, regions and the like that are kept: an input of a fuzzer may ask for any number.
const KEPT: usize = 1 << 20;

struct Host<'d> {
    plugin: &'static abi::Plugin,
    data: &'d [u8],
    stop: Option<(u64, abi::Status)>,
    /// Bytes that a read answers at most.
    piece: usize,
    probing: bool,
    seen: Seen,
}

pub(super) fn run(plugin: &'static abi::Plugin, data: &[u8], options: Options<'_>) -> Seen {
    let (Some(create), Some(destroy), Some(probe), Some(scan)) = (plugin.create, plugin.destroy, plugin.probe, plugin.scan) else {
        panic!("the descriptor lacks create, destroy, probe or scan")
    };
    let piece = options.piece.unwrap_or(usize::MAX).max(1);
    let mut host = Host { plugin, data, stop: options.stop, piece, probing: true, seen: Seen::default() };
    let mut session = ptr::null_mut();
    // SAFETY: the descriptor's own function, and a place for a pointer.
    assert_eq!(unsafe { create(&mut session) }, abi::OK, "no session could be made");
    let table = abi::Host {
        ctx: (&raw mut host).cast(),
        read_at: Some(read_at),
        poll: Some(poll),
        emit: Some(emit),
        again: Some(again),
        region: Some(region),
        child: Some(child),
        listing: Some(listing),
        limit: Some(limit),
        extension: Some(extension),
        ..abi::Host::EMPTY
    };
    let mut input = abi::Input {
        size: data.len() as u64,
        name: abi::Str::borrow(options.name),
        encoding: abi::Str::borrow(options.encoding),
        mode: abi::MODE_QUICK,
        flags: if options.inspect { abi::INPUT_INSPECT } else { 0 },
        ..abi::Input::EMPTY
    };
    let mut result = abi::ProbeResult::EMPTY;
    // SAFETY: all pointers are valid for the call.
    let mut status = unsafe { probe(session, &input, &table, &mut result) };
    // From here on what the host holds is reached through the pointer that the plugin has, too.
    let held = table.ctx.cast::<Host<'_>>();
    if status == abi::OK && result.level > abi::PROBE_NO {
        input.start = result.start;
        input.format = u64::from(result.format);
        // SAFETY: `host` lives, and no call of the plugin runs.
        unsafe { (*held).probing = false };
        // SAFETY: all pointers are valid for the call.
        status = unsafe { scan(session, &input, &table) };
        if matches!(status, abi::OK | abi::MALFORMED | abi::UNSUPPORTED) {
            // SAFETY: as above.
            let tokens: Vec<_> = unsafe { &*held }.seen.children.iter().map(|child| child.token).collect();
            let mut left = DECODED_IN_ALL;
            for (at, token) in tokens.into_iter().enumerate().filter_map(|(at, token)| Some((at, token?))) {
                if left == 0 {
                    break;
                }
                // SAFETY: all pointers are valid, and no other call of the session runs.
                let (ended, decoded) = unsafe { decode(plugin, session, &input, &table, token, piece) };
                left = left.saturating_sub(decoded.as_ref().map_or(0, Vec::len));
                // SAFETY: as above.
                unsafe { &mut *held }.seen.children[at].decoded = decoded;
                if matches!(ended, abi::IO | abi::CANCELLED | abi::BUDGET | abi::INTERNAL) {
                    status = ended;
                    break;
                }
            }
        }
    }
    // SAFETY: the session that was made, given back once.
    unsafe { destroy(session) };
    let mut seen = host.seen;
    seen.level = result.level;
    seen.status = status;
    if result.start > data.len() as u64 || u64::from(result.format) >= plugin.format_count {
        seen.breaches.push("probe answers with a start or format that there is not".into());
    }
    overlaps(&seen.regions, &mut seen.breaches);
    seen
}

/// # Safety
/// All pointers are valid, and no other call of the session runs.
unsafe fn decode(
    plugin: &abi::Plugin,
    session: *mut c_void,
    input: *const abi::Input,
    host: *const abi::Host,
    token: u64,
    piece: usize,
) -> (abi::Status, Option<Vec<u8>>) {
    let (Some(open), Some(read), Some(close)) = (plugin.open_child, plugin.read_child, plugin.close_child) else { return (abi::OK, None) };
    // SAFETY: as the caller promises.
    let status = unsafe { open(session, input, host, token) };
    if status != abi::OK {
        return (status, None);
    }
    let mut decoded = Vec::new();
    let mut block = [0; BLOCK];
    let block = &mut block[..piece.min(BLOCK)];
    let status = loop {
        let mut got = 0;
        // SAFETY: as the caller promises; `block` is writable for its length.
        let status = unsafe { read(session, input, host, block.as_mut_ptr().cast(), block.len() as u64, &mut got) };
        decoded.extend_from_slice(&block[..usize::try_from(got).unwrap_or(BLOCK).min(block.len())]);
        if status != abi::OK || got == 0 || decoded.len() >= DECODED {
            break status;
        }
    };
    // SAFETY: as the caller promises: it was opened.
    unsafe { close(session) };
    (status, Some(decoded))
}

fn overlaps(regions: &[SeenRegion], breaches: &mut Vec<String>) {
    let mut sorted: Vec<_> = regions.iter().filter(|region| region.length > 0).collect();
    sorted.sort_by_key(|region| region.offset);
    for pair in sorted.windows(2) {
        if pair[0].offset + pair[0].length > pair[1].offset {
            breaches.push(format!("regions {}+{} and {}+{} overlap", pair[0].offset, pair[0].length, pair[1].offset, pair[1].length));
            return;
        }
    }
}

impl Host<'_> {
    fn breach(&mut self, what: String) -> abi::Status {
        // One for each thing that is wrong: whoever is wrong is wrong often.
        if self.seen.breaches.len() < 16 {
            self.seen.breaches.push(what);
        }
        abi::ARGUMENT
    }

    /// Notes a place that the engine would cut: whoever looks there finds something else than was meant.
    fn place(&mut self, kind: &str, offset: u64, length: u64) {
        let size = self.data.len() as u64;
        if offset.checked_add(length).is_none_or(|end| end > size) && self.seen.outside.len() < 16 {
            self.seen.outside.push(format!("`{kind}` at {offset}+{length}, in an input of {size} bytes"));
        }
    }

    /// A call that may say something.
    fn says(&mut self, what: &str) -> Result<(), abi::Status> {
        if self.probing { Err(self.breach(format!("{what} in a probe"))) } else { Ok(()) }
    }

    /// A call that says something of a part of the input.
    fn says_of(&mut self, what: &str, offset: u64, length: u64) -> Result<(), abi::Status> {
        self.says(what)?;
        match offset.checked_add(length) {
            Some(end) if end <= self.data.len() as u64 => Ok(()),
            _ => Err(self.breach(format!("{what} of {offset}+{length}, in an input of {} bytes", self.data.len()))),
        }
    }
}

/// The host of a call, or the status with which the scan has ended.
///
/// # Safety
/// `ctx` is the one of the running call.
unsafe fn host<'c>(ctx: *mut c_void) -> Result<&'c mut Host<'c>, abi::Status> {
    // SAFETY: as the caller promises; the plugin is in one function of the host at a time.
    let host = unsafe { &mut *ctx.cast::<Host<'c>>() };
    let call = host.seen.calls;
    host.seen.calls += 1;
    match host.stop {
        Some((at, status)) if call >= at => Err(status),
        _ => Ok(host),
    }
}

macro_rules! host {
    ($ctx:expr) => {
        // SAFETY: the plugin passes its call's context.
        match unsafe { host($ctx) } {
            Ok(host) => host,
            Err(status) => return status,
        }
    };
}

macro_rules! said {
    ($host:expr, $raw:expr, $what:literal) => {
        // SAFETY: the plugin passes null or a structure that is as long as it says.
        match (!$raw.is_null()).then(|| unsafe { growable::read($raw) }) {
            Some(Ok(raw)) => raw,
            Some(Err(_)) => return $host.breach(concat!($what, " of a structure that is too short").into()),
            None => return $host.breach(concat!($what, " of a null pointer").into()),
        }
    };
}

unsafe extern "C" fn read_at(ctx: *mut c_void, offset: u64, buf: *mut c_void, len: u64, got: *mut u64) -> abi::Status {
    let host = host!(ctx);
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    let from = usize::try_from(offset).ok().and_then(|at| host.data.get(at..)).unwrap_or(&[]);
    let read = from.len().min(len).min(host.piece);
    host.seen.read += read as u64;
    if got.is_null() || (buf.is_null() && len > 0) {
        return host.breach("read_at with a null pointer".into());
    }
    // SAFETY: the plugin passes a buffer of that length, and a place for a number.
    unsafe {
        if len > 0 {
            ptr::copy_nonoverlapping(from.as_ptr(), buf.cast(), read);
            ptr::write_bytes(buf.cast::<u8>().add(read), 0, len - read);
        }
        got.write(read as u64);
    }
    abi::OK
}

unsafe extern "C" fn poll(ctx: *mut c_void, steps: u64) -> abi::Status {
    let host = host!(ctx);
    host.seen.steps = host.seen.steps.saturating_add(steps);
    abi::OK
}

/// The kinds that the descriptor declares, each with its fields.
fn declared(plugin: &'static abi::Plugin, kind: &str) -> Option<&'static [abi::Str]> {
    // SAFETY: tables of a descriptor are constant and as long as they say.
    unsafe {
        let kinds = std::slice::from_raw_parts(plugin.fact_kinds, plugin.fact_kind_count as usize);
        let kind = kinds.iter().find(|declared| text(declared.kind) == kind)?;
        Some(if kind.field_count == 0 { &[] } else { std::slice::from_raw_parts(kind.fields, kind.field_count as usize) })
    }
}

/// # Safety
/// What the value points to is valid.
unsafe fn value(raw: &abi::Value) -> Option<SeenValue> {
    // SAFETY: as the caller promises; which field of the union holds is said by the type.
    unsafe {
        Some(match raw.type_ {
            abi::TYPE_U64 => SeenValue::U64(raw.as_.u64),
            abi::TYPE_I64 => SeenValue::I64(raw.as_.i64),
            abi::TYPE_F64 => SeenValue::F64(raw.as_.f64.to_bits()),
            abi::TYPE_BYTES => SeenValue::Bytes(bytes(raw.as_.bytes).to_vec()),
            abi::TYPE_TEXT => {
                let text = raw.as_.text;
                SeenValue::Text(String::from_utf8_lossy(bytes(abi::Bytes { ptr: text.ptr, len: text.len })).into_owned())
            }
            abi::TYPE_LIST => {
                let list = raw.as_.list;
                let items = if list.len == 0 { &[] } else { std::slice::from_raw_parts(list.items, list.len as usize) };
                SeenValue::List(items.iter().map(|item| value(item)).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

/// # Safety
/// The pointer is null with a length of 0, or leads to that many bytes for as long as `'a`.
unsafe fn bytes<'a>(raw: abi::Bytes) -> &'a [u8] {
    // SAFETY: as the caller promises.
    if raw.len == 0 { &[] } else { unsafe { std::slice::from_raw_parts(raw.ptr, raw.len as usize) } }
}

unsafe extern "C" fn emit(ctx: *mut c_void, raw: *const abi::Fact, id: *mut u64) -> abi::Status {
    let host = host!(ctx);
    let raw = said!(host, raw, "emit");
    // SAFETY: text of the fact is valid during the call.
    let kind = unsafe { text(raw.kind) };
    if let Err(status) = host.says("emit") {
        return status;
    }
    let Some(declared) = declared(host.plugin, kind) else {
        return host.breach(format!("emit of `{kind}`, which it does not declare"));
    };
    let mut fields = Vec::new();
    for at in 0..raw.field_count as usize {
        // SAFETY: the table has that many entries, valid during the call.
        let (name, value) = unsafe {
            let field = &*raw.fields.add(at);
            (text(field.name), value(&field.value))
        };
        // SAFETY: constant text of the descriptor.
        if !declared.iter().any(|field| unsafe { text(*field) } == name) {
            return host.breach(format!("emit of `{kind}` with the field `{name}`, which it does not declare"));
        }
        let Some(value) = value else { return host.breach(format!("emit of `{kind}` with a value of no type in `{name}`")) };
        fields.push((name.to_owned(), value));
    }
    host.place(kind, raw.offset, raw.length);
    let facts = &mut host.seen.facts;
    let same = |fact: &SeenFact| fact.kind == kind && fact.parent == raw.parent && fact.fields == fields;
    // Equal ones are most often next to each other; a look at all of them would be quadratic.
    let known = facts.iter().enumerate().rev().take(64).find(|(_, fact)| same(fact)).map(|(at, _)| at);
    let at = known.unwrap_or(facts.len());
    match known {
        Some(at) => facts[at].count += 1,
        None if facts.len() >= KEPT => {}
        None => facts.push(SeenFact { kind: kind.to_owned(), offset: raw.offset, length: raw.length, parent: raw.parent, count: 1, fields }),
    }
    if !id.is_null() {
        // SAFETY: not null: a place for a number.
        unsafe { id.write(at as u64 + 1) };
    }
    abi::OK
}

unsafe extern "C" fn again(ctx: *mut c_void, id: u64, offset: u64, length: u64, count: u64) -> abi::Status {
    let host = host!(ctx);
    if let Err(status) = host.says("again") {
        return status;
    }
    host.place("again", offset, length);
    let full = host.seen.facts.len() >= KEPT;
    match usize::try_from(id).ok().and_then(|id| host.seen.facts.get_mut(id.checked_sub(1)?)) {
        Some(fact) => fact.count = fact.count.saturating_add(count),
        None if full => {}
        None => return host.breach(format!("again of a fact {id} that it did not emit")),
    }
    abi::OK
}

unsafe extern "C" fn region(ctx: *mut c_void, raw: *const abi::Region) -> abi::Status {
    let host = host!(ctx);
    let raw = said!(host, raw, "region");
    if let Err(status) = host.says_of("region", raw.offset, raw.length) {
        return status;
    }
    if !(abi::REGION_STRUCTURE..=abi::REGION_OPAQUE).contains(&raw.class) {
        return host.breach(format!("region of class {}", raw.class));
    }
    if host.seen.regions.len() < KEPT {
        host.seen.regions.push(SeenRegion { class: raw.class, offset: raw.offset, length: raw.length });
    }
    abi::OK
}

unsafe extern "C" fn child(ctx: *mut c_void, raw: *const abi::Child) -> abi::Status {
    let host = host!(ctx);
    let raw = said!(host, raw, "child");
    if let Err(status) = host.says_of("child", raw.offset, raw.length) {
        return status;
    }
    let token = match raw.kind {
        abi::CHILD_RANGE => None,
        abi::CHILD_TOKEN => Some(raw.token),
        other => return host.breach(format!("child of kind {other}")),
    };
    if host.seen.children.len() < KEPT {
        // SAFETY: bytes of the child are valid during the call.
        let name = unsafe { bytes(raw.name) }.to_vec();
        host.seen.children.push(SeenChild { name, offset: raw.offset, length: raw.length, token, decoded: None });
    }
    abi::OK
}

unsafe extern "C" fn listing(ctx: *mut c_void, raw: *const abi::Listing) -> abi::Status {
    let host = host!(ctx);
    let raw = said!(host, raw, "listing");
    if let Err(status) = host.says("listing") {
        return status;
    }
    if host.seen.rows.len() < KEPT {
        // SAFETY: cells of the row are valid during the call.
        let cells = (0..raw.cell_count as usize).map(|at| unsafe { text(*raw.cells.add(at)) }.to_owned()).collect();
        host.seen.rows.push(cells);
    }
    abi::OK
}

unsafe extern "C" fn limit(ctx: *mut c_void, name: abi::Str, value: *mut u64) -> abi::Status {
    // Asking for a limit never ends a scan, and does not count as going on.
    // SAFETY: the plugin passes its call's context.
    let host = unsafe { &mut *ctx.cast::<Host<'_>>() };
    // SAFETY: text of the caller, and constant tables of the descriptor.
    let found = unsafe {
        let count = if host.plugin.limits.is_null() { 0 } else { host.plugin.limit_count as usize };
        (0..count).map(|at| &*host.plugin.limits.add(at)).find(|limit| text(limit.name) == text(name)).map(|limit| limit.value)
    };
    match found {
        Some(number) if !value.is_null() => {
            // SAFETY: not null: a place for a number.
            unsafe { value.write(number) };
            abi::OK
        }
        _ => host.breach("limit of a name that the descriptor does not have".into()),
    }
}

unsafe extern "C" fn extension(_ctx: *mut c_void, _id: abi::Str) -> *const c_void {
    ptr::null()
}
