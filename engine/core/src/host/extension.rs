//! Extensions: what one side offers beyond the contract, and the other asks for by id.

use super::convert::text;
use super::descriptor::Plugin;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;
use weighbridge_abi::{self as abi, Growable};

/// Entries of an extension's table: no plugin has more formats.
const MAX_READS: u64 = 4_096;

static HOST: abi::HostInfo = abi::HostInfo {
    abi_major: abi::ABI_MAJOR as u32,
    abi_minor: abi::ABI_MINOR as u32,
    vocabulary: abi::VOCABULARY,
    version: abi::Str::new(env!("CARGO_PKG_VERSION")),
    ..abi::HostInfo::EMPTY
};

/// The host's extension of an id; null for one that it does not have.
pub(super) fn of_host(id: &str) -> *const c_void {
    match id {
        abi::EXTENSION_HOST => (&raw const HOST).cast(),
        _ => ptr::null(),
    }
}

/// Where failures of a plugin are to be reported, as it says itself.
pub(super) fn contact(plugin: &abi::Plugin) -> Option<String> {
    let extension = plugin.extension?;
    // SAFETY: the header asks of the function that it can be called at any time, and of its answer that it is null or constant.
    let raw = unsafe { extension(abi::Str::new(abi::EXTENSION_CONTACT)) }.cast::<abi::Contact>();
    if raw.is_null() {
        return None;
    }
    // SAFETY: not null, and of the structure that its id stands for.
    let contact = unsafe { abi::growable::read(raw) }.ok()?;
    // SAFETY: as above.
    unsafe { text(contact.report_to) }.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What is read of a format: in quick mode, and beyond that in thorough mode.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reads {
    pub quick: String,
    pub thorough: String,
}

/// What a plugin says that it reads, by the ids of its formats.
pub(super) fn reads(plugin: &abi::Plugin) -> HashMap<String, Reads> {
    let mut map = HashMap::new();
    let Some(extension) = plugin.extension else { return map };
    // SAFETY: the header asks of the function that it can be called at any time, and of its answer that it is null or constant.
    let raw = unsafe { extension(abi::Str::new(abi::EXTENSION_READS)) }.cast::<abi::Reads>();
    if raw.is_null() {
        return map;
    }
    // SAFETY: not null, and of the structure that its id stands for.
    let Ok(reads) = (unsafe { abi::growable::read(raw) }) else { return map };
    if reads.formats.is_null() {
        return map;
    }
    for index in 0..reads.format_count.min(MAX_READS) as usize {
        // SAFETY: the table has that many entries, and is constant.
        let entry = unsafe { *reads.formats.add(index) };
        // SAFETY: strings of an extension are valid for ever.
        let texts = unsafe { (text(entry.format), text(entry.quick), text(entry.thorough)) };
        if let (Some(format), Some(quick), Some(thorough)) = texts {
            map.insert(format.to_owned(), Reads { quick: quick.to_owned(), thorough: thorough.to_owned() });
        }
    }
    map
}

impl Plugin {
    /// Whether the plugin has an extension of an id: whether it answers anything but null.
    pub fn has_extension(&self, id: &str) -> bool {
        // SAFETY: the header asks of the function that it can be called at any time; the id lives through the call.
        self.vtable.extension.is_some_and(|extension| !unsafe { extension(abi::Str::borrow(id)) }.is_null())
    }
}
