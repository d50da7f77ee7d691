//! A plugin's descriptor, checked and copied into safe Rust.

use super::convert::{text, texts};
use super::extension;
use super::{Aspect, PluginError};
use crate::report::PluginInfo;
use std::collections::HashMap;
use weighbridge_abi::{self as abi, Growable, vocabulary};

/// Sizes that a table of a descriptor may have: more is not a plugin but a wild pointer.
const MAX_TABLE: u64 = 4_096;

/// Where a magic pattern is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// At an offset from the start.
    Start,
    /// At an offset back from the end.
    End,
    /// Anywhere near the end.
    Tail,
}

/// A byte pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Magic {
    /// Where it is looked for.
    pub anchor: Anchor,
    /// From the anchor.
    pub offset: u64,
    /// What is compared.
    pub bytes: Vec<u8>,
    /// Empty, or as long as `bytes`.
    pub mask: Vec<u8>,
}

/// A format that a plugin reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// `zip`, `gguf`, …
    pub id: String,
    /// For people.
    pub title: String,
    /// It has no magic: every input is probed.
    pub probe_always: bool,
    /// A file of no bytes is a good one.
    pub may_be_empty: bool,
    /// Any of them makes the host probe.
    pub magics: Vec<Magic>,
    /// Hints, lower case, without the dot.
    pub extensions: Vec<String>,
    /// Globs that make a directory one artifact.
    pub markers: Vec<String>,
    /// What is read of it in quick mode, in a sentence; empty where the plugin does not say.
    pub quick: String,
    /// What is read beyond that in thorough mode, likewise.
    pub thorough: String,
}

/// A plugin that was accepted.
pub struct Plugin {
    /// `[a-z][a-z0-9_]*`.
    pub id: String,
    /// For people.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// SPDX expression.
    pub license: String,
    /// "built-in", or the library's path.
    pub origin: String,
    /// Of the library; none for a built-in.
    pub sha256: Option<String>,
    /// Whether the user has pinned the library; none for a built-in.
    pub pinned: Option<bool>,
    /// The ABI that it was built for: major, minor.
    pub abi: (u16, u16),
    /// What it reads.
    pub formats: Vec<Format>,
    /// Kinds that it may emit, each with its fields.
    pub kinds: HashMap<String, Vec<String>>,
    /// Its limits by name, with their defaults.
    pub limits: HashMap<String, u64>,
    /// The same in the order of the descriptor: name, and why it is there.
    pub reasons: Vec<(String, String)>,
    /// Where failures of it are to be reported; none where it does not say.
    pub contact: Option<String>,
    pub(super) vtable: abi::Plugin,
}

impl Plugin {
    /// The vocabulary that it was written with.
    pub fn vocabulary(&self) -> u32 {
        self.vtable.vocabulary
    }

    /// The oldest minor version of the host that it can work with; 0 for any.
    pub fn needs_minor(&self) -> u32 {
        self.vtable.needs_minor
    }

    /// Bytes of its descriptor as it says, and as the header of its minor version has them; none where that header is not known.
    pub fn size(&self) -> (u64, Option<u64>) {
        (u64::from(self.vtable.struct_size), (self.abi.1 == abi::ABI_MINOR).then_some(size_of::<abi::Plugin>() as u64))
    }

    /// Whether it has children that are to be decoded.
    pub fn decodes(&self) -> bool {
        self.vtable.open_child.is_some()
    }

    /// For `run` and `plugins list`.
    pub fn info(&self) -> PluginInfo {
        PluginInfo {
            id: self.id.clone(),
            version: self.version.clone(),
            abi: format!("{}.{}", self.abi.0, self.abi.1),
            origin: self.origin.clone(),
            sha256: self.sha256.clone(),
            contact: self.contact.clone(),
            pinned: self.pinned,
            formats: self.formats.iter().map(|format| format.id.clone()).collect(),
        }
    }
}

/// # Safety
/// `raw` is null or leads to a descriptor that begins with the eight frozen bytes, is as long as they say, and keeps the header's promises.
pub(super) unsafe fn read(raw: *const abi::Plugin, origin: &str) -> Result<Plugin, PluginError> {
    let refuse = |message: String| PluginError::new(origin, message);
    if raw.is_null() {
        return Err(refuse("its descriptor is a null pointer: rebuild the plugin".into()).of(Aspect::Pointers));
    }
    // SAFETY: the eight frozen bytes are there, as the caller promises; nothing else is touched before they are checked.
    let (size, major, minor) =
        unsafe { ((&raw const (*raw).struct_size).read(), (&raw const (*raw).abi_major).read(), (&raw const (*raw).abi_minor).read()) };
    if major != abi::ABI_MAJOR {
        let older = match major.cmp(&abi::ABI_MAJOR) {
            std::cmp::Ordering::Less => "the plugin is the older side: rebuild it",
            _ => "Weighbridge is the older side: update it",
        };
        return Err(refuse(format!(
            "it is built for plugin ABI {major}.{minor}, and this Weighbridge speaks {}.{}: {older}",
            abi::ABI_MAJOR,
            abi::ABI_MINOR
        ))
        .of(Aspect::Versions));
    }
    // SAFETY: as the caller promises, it is as long as it says.
    let vtable = unsafe { abi::growable::read(raw) }.map_err(|_| {
        let first = abi::Plugin::FIRST;
        refuse(format!("its descriptor has {size} bytes, and plugin ABI {major}.{minor} asks for at least {first}: rebuild it against weighbridge.h"))
            .of(Aspect::Sizes)
    })?;
    if vtable.needs_minor > u32::from(abi::ABI_MINOR) {
        return Err(refuse(format!(
            "it needs plugin ABI {major}.{} at least, and this Weighbridge speaks {}.{}: Weighbridge is the older side: update it",
            vtable.needs_minor,
            abi::ABI_MAJOR,
            abi::ABI_MINOR
        ))
        .of(Aspect::Versions));
    }
    let required = [
        ("create", vtable.create.is_none()),
        ("destroy", vtable.destroy.is_none()),
        ("probe", vtable.probe.is_none()),
        ("scan", vtable.scan.is_none()),
        ("formats", vtable.formats.is_null()),
        ("fact_kinds", vtable.fact_kinds.is_null()),
    ];
    let null: Vec<String> = required.iter().filter(|(_, missing)| *missing).map(|(name, _)| format!("`{name}`")).collect();
    match null.as_slice() {
        [] => {}
        [one] => {
            let message = format!("{one} is a null pointer in its descriptor, and it is required: set it and rebuild");
            return Err(refuse(message).of(Aspect::Pointers));
        }
        several => {
            let message = format!("{} are null pointers in its descriptor, and they are required: set them and rebuild", several.join(", "));
            return Err(refuse(message).of(Aspect::Pointers));
        }
    }
    let children = [vtable.open_child.is_some(), vtable.read_child.is_some(), vtable.close_child.is_some()];
    if children.iter().any(|have| *have) && !children.iter().all(|have| *have) {
        return Err(refuse("open_child, read_child and close_child are to be set together or not at all".into()).of(Aspect::Pointers));
    }
    for (table, count) in [
        ("formats", vtable.format_count),
        ("fact_kinds", vtable.fact_kind_count),
        ("limits", if vtable.limits.is_null() { 0 } else { vtable.limit_count }),
    ] {
        if count > MAX_TABLE {
            return Err(refuse(format!("`{table}` has {count} entries, and {MAX_TABLE} is the most")).of(Aspect::Pointers));
        }
    }
    let describe = |what: &str| refuse(format!("its {what} is not UTF-8 text of a sane length: rebuild it against weighbridge.h")).of(Aspect::Texts);
    // SAFETY: strings of the descriptor are valid for ever.
    let string = |s: abi::Str, what: &str| unsafe { text(s) }.map(str::to_owned).ok_or_else(|| describe(what));
    let id = string(vtable.id, "id")?;
    if !is_id(&id) {
        return Err(refuse(format!("its id `{}` is not of the form [a-z][a-z0-9_]*", id.escape_debug())).of(Aspect::Texts));
    }
    let mut plugin = Plugin {
        name: string(vtable.name, "name")?,
        version: string(vtable.version, "version")?,
        license: string(vtable.license, "licence")?,
        id,
        origin: origin.to_owned(),
        sha256: None,
        pinned: None,
        abi: (major, minor),
        formats: Vec::new(),
        kinds: HashMap::new(),
        limits: HashMap::new(),
        reasons: Vec::new(),
        contact: extension::contact(&vtable),
        vtable,
    };
    let vtable = &plugin.vtable;
    for i in 0..vtable.format_count as usize {
        // SAFETY: the table has that many entries.
        let format = unsafe { *vtable.formats.add(i) };
        if format.is_null() {
            return Err(refuse(format!("format {i} of its descriptor is a null pointer: set it and rebuild")).of(Aspect::Pointers));
        }
        // SAFETY: not null, and constant.
        let format = unsafe { abi::growable::read(format) }.map_err(|abi::growable::TooShort(size)| {
            let message = format!("format {i} of its descriptor has {size} bytes, and a wb_format has at least {}", abi::Format::FIRST);
            refuse(format!("{message}: set struct_size to sizeof(wb_format)")).of(Aspect::Sizes)
        })?;
        // SAFETY: what it points to is constant.
        let format = unsafe { read_format(&format) };
        let wrong = |what: &str| refuse(format!("format {i} of its descriptor {what}: correct it and rebuild")).of(Aspect::Formats);
        plugin.formats.push(format.map_err(wrong)?);
    }
    if plugin.formats.is_empty() {
        return Err(refuse("it declares no format: declare what it reads".into()).of(Aspect::Formats));
    }
    let mut reads = extension::reads(vtable);
    for format in &mut plugin.formats {
        if let Some(extension::Reads { quick, thorough }) = reads.remove(&format.id) {
            (format.quick, format.thorough) = (quick, thorough);
        }
    }
    for i in 0..vtable.fact_kind_count as usize {
        // SAFETY: the table has that many entries.
        let kind = unsafe { &*vtable.fact_kinds.add(i) };
        let name = string(kind.kind, "fact kind")?;
        // SAFETY: the table lives for ever.
        let fields = unsafe { texts(kind.fields, kind.field_count.min(MAX_TABLE)) }.ok_or_else(|| describe("fact field"))?;
        check_names(&name, &fields, plugin.vtable.vocabulary).map_err(|message| refuse(message).of(Aspect::Kinds))?;
        if plugin.kinds.contains_key(&name) {
            return Err(refuse(format!("it declares the fact kind `{name}` twice: put its fields together")).of(Aspect::Kinds));
        }
        plugin.kinds.insert(name, fields);
    }
    let limits = if vtable.limits.is_null() { 0 } else { vtable.limit_count as usize };
    for i in 0..limits {
        // SAFETY: the table has that many entries.
        let limit = unsafe { &*vtable.limits.add(i) };
        plugin.limits.insert(string(limit.name, "limit")?, limit.value);
        plugin.reasons.push((string(limit.name, "limit")?, string(limit.reason, "reason for a limit")?));
    }
    Ok(plugin)
}

/// Names of kinds and fields: of the vocabulary, or a vendor's own. What a newer vocabulary may have is passed through.
fn check_names(kind: &str, fields: &[String], vocabulary: u32) -> Result<(), String> {
    let newer = vocabulary > abi::VOCABULARY;
    let unknown = |what: String| {
        Err(format!("{what} is neither of vocabulary {} nor of the form <vendor>.<name>: correct it, or put your prefix before it", abi::VOCABULARY))
    };
    let is_plain =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
    let known = vocabulary::kind(kind);
    if known.is_none() && !vocabulary::is_vendor(kind) && !(newer && is_plain(kind)) {
        return unknown(format!("its fact kind `{}`", kind.escape_debug()));
    }
    for field in fields {
        let fits = match known {
            // Beside its own kinds a vendor needs no prefix.
            None => vocabulary::is_vendor(field) || is_plain(field),
            Some(known) => known.fields.iter().any(|(name, _)| name == field) || vocabulary::is_vendor(field) || (newer && is_plain(field)),
        };
        if !fits {
            return unknown(format!("the field `{}` of its fact kind `{kind}`", field.escape_debug()));
        }
    }
    Ok(())
}

/// Whether `id` is `[a-z][a-z0-9_]*`.
pub(super) fn is_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_lowercase()) && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// # Safety
/// What the format points to is valid for ever.
unsafe fn read_format(raw: &abi::Format) -> Result<Format, &'static str> {
    if raw.magics.is_null() && raw.magic_count > 0 {
        return Err("has a count of magics, and a null pointer for them");
    }
    let mut magics = Vec::new();
    for i in 0..raw.magic_count.min(MAX_TABLE) as usize {
        // SAFETY: the table has that many entries.
        let magic = unsafe { &*raw.magics.add(i) };
        let bytes = |b: abi::Bytes| match b.len {
            0 => Ok(Vec::new()),
            1..=MAX_TABLE if !b.ptr.is_null() => {
                // SAFETY: constant bytes of that length.
                Ok(unsafe { std::slice::from_raw_parts(b.ptr, b.len as usize) }.to_vec())
            }
            _ => Err("has a magic with a null pointer, or of more than 4,096 bytes"),
        };
        let anchor = match magic.anchor {
            abi::ANCHOR_START => Anchor::Start,
            abi::ANCHOR_END => Anchor::End,
            abi::ANCHOR_TAIL => Anchor::Tail,
            _ => return Err("has a magic with an anchor that is none of WB_ANCHOR_*"),
        };
        let magic = Magic { anchor, offset: magic.offset, bytes: bytes(magic.bytes)?, mask: bytes(magic.mask)? };
        if magic.bytes.is_empty() {
            return Err("has a magic without bytes");
        }
        if !magic.mask.is_empty() && magic.mask.len() != magic.bytes.len() {
            return Err("has a magic whose mask is not as long as its bytes");
        }
        magics.push(magic);
    }
    // SAFETY: strings and tables of the descriptor are valid for ever.
    let said = unsafe {
        let lists = texts(raw.extensions, raw.extension_count.min(MAX_TABLE)).zip(texts(raw.markers, raw.marker_count.min(MAX_TABLE)));
        text(raw.id).zip(text(raw.title)).zip(lists)
    };
    let ((id, title), (extensions, markers)) = said.ok_or("has a text that is not UTF-8, or leads nowhere")?;
    Ok(Format {
        id: id.to_owned(),
        title: title.to_owned(),
        probe_always: raw.flags & abi::FORMAT_PROBE_ALWAYS != 0,
        may_be_empty: raw.flags & abi::FORMAT_MAY_BE_EMPTY != 0,
        magics,
        extensions,
        markers,
        quick: String::new(),
        thorough: String::new(),
    })
}
