//! The library, and what its descriptor says.

use crate::commands::plugins::check::bench::Bench;
use crate::commands::plugins::check::{Fault, failed, skipped};
use std::collections::BTreeSet;
use weighbridge_core::host::{Anchor, Aspect, Format, Plugin};

pub fn exports(bench: &mut Bench) -> Result<(), Fault> {
    match bench.library() {
        None => Err(skipped("it is linked into the program")),
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) if error.aspect == Aspect::Exports => Err(failed(error.message)),
        Some(Err(error)) => Err(Fault::NoLibrary(error.to_string())),
    }
}

pub fn opens(bench: &mut Bench) -> Result<(), Fault> {
    bench.refused_for(Aspect::Loader)
}

pub fn versions(bench: &mut Bench) -> Result<(), Fault> {
    bench.refused_for(Aspect::Versions)?;
    let Ok(plugin) = bench.plugin() else { return Ok(()) };
    let (major, minor) = plugin.abi;
    if plugin.needs_minor() > u32::from(minor) {
        return Err(failed(format!(
            "needs_minor is {}, and it is built against {major}.{minor}: it cannot need what it does not know",
            plugin.needs_minor()
        )));
    }
    if plugin.vocabulary() == 0 {
        return Err(failed("vocabulary is 0: set it to WB_VOCABULARY"));
    }
    Ok(())
}

pub fn sizes(bench: &mut Bench) -> Result<(), Fault> {
    bench.refused_for(Aspect::Sizes)?;
    let Ok(plugin) = bench.plugin() else { return Ok(()) };
    match plugin.size() {
        (size, Some(known)) if size != known => {
            let (major, minor) = plugin.abi;
            Err(failed(format!("struct_size of its descriptor is {size}, and in {major}.{minor} a wb_plugin has {known}: use sizeof(wb_plugin)")))
        }
        _ => Ok(()),
    }
}

pub fn pointers(bench: &mut Bench) -> Result<(), Fault> {
    bench.refused_for(Aspect::Pointers)
}

pub fn texts(bench: &mut Bench) -> Result<(), Fault> {
    bench.refused_for(Aspect::Texts)?;
    let Ok(plugin) = bench.plugin() else { return Ok(()) };
    for (what, text) in [("name", &plugin.name), ("version", &plugin.version), ("license", &plugin.license)] {
        printable(what, text)?;
    }
    if !plugin.version.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(failed(format!("version `{}` does not begin with a number: write it as \"1.2.0\"", plugin.version)));
    }
    let mut limits = BTreeSet::new();
    for (name, reason) in &plugin.reasons {
        if !name.strip_prefix(&plugin.id).is_some_and(|rest| rest.starts_with('.') && rest.len() > 1) {
            return Err(failed(format!("the limit `{name}` is not called `{}.<name>`: rename it", plugin.id)));
        }
        if !limits.insert(name) {
            return Err(failed(format!("the limit `{name}` is there twice: take one away")));
        }
        printable(&format!("reason of the limit `{name}`"), reason)?;
    }
    Ok(())
}

fn printable(what: &str, text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return Err(failed(format!("its {what} is empty: set it")));
    }
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(failed(format!("its {what} has the control character U+{:04X}: leave it out", u32::from(c)))),
        None => Ok(()),
    }
}

pub fn formats(bench: &mut Bench) -> Result<(), Fault> {
    bench.refused_for(Aspect::Formats)?;
    let Ok(plugin) = bench.plugin() else { return Ok(()) };
    if plugin.formats.iter().all(|format| format.magics.is_empty() && !format.probe_always) {
        return Err(failed("none of its formats has a magic, or WB_FORMAT_PROBE_ALWAYS: its probe is never asked"));
    }
    let mut ids = BTreeSet::new();
    for format in &plugin.formats {
        self::format(format)?;
        if !ids.insert(&format.id) {
            return Err(failed(format!("the format `{}` is declared twice: give each an id of its own", format.id)));
        }
    }
    Ok(())
}

fn format(format: &Format) -> Result<(), Fault> {
    let id = &format.id;
    let is_id = id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !is_id {
        return Err(failed(format!("the id of its format `{id}` is not of the form [a-z0-9][a-z0-9-]*: rename it")));
    }
    printable(&format!("title of the format `{id}`"), &format.title)?;
    for (at, magic) in format.magics.iter().enumerate() {
        let length = magic.bytes.len() as u64;
        match magic.anchor {
            Anchor::End if magic.offset < length => {
                let offset = magic.offset;
                return Err(failed(format!("magic {at} of `{id}` begins {offset} bytes before the end and has {length}: it can never match")));
            }
            Anchor::Tail if magic.offset != 0 => {
                return Err(failed(format!(
                    "magic {at} of `{id}` is looked for anywhere near the end, and has the offset {}: set it to 0",
                    magic.offset
                )));
            }
            _ => {}
        }
        if !magic.mask.is_empty() && magic.mask.iter().all(|mask| *mask == 0) {
            return Err(failed(format!("magic {at} of `{id}` has a mask of zeros, and matches everything: use WB_FORMAT_PROBE_ALWAYS")));
        }
    }
    let wrong = |extension: &&String| extension.is_empty() || extension.starts_with('.') || extension.chars().any(|c| c.is_uppercase() || c == '/');
    match format.extensions.iter().find(wrong) {
        Some(extension) => Err(failed(format!("the extension `{extension}` of `{id}` is to be in lower case, without the dot: it never matches"))),
        None => Ok(()),
    }
}

pub fn kinds(bench: &mut Bench) -> Result<(), Fault> {
    bench.refused_for(Aspect::Kinds)?;
    let Ok(plugin) = bench.plugin() else { return Ok(()) };
    for (kind, fields) in &plugin.kinds {
        let mut seen = BTreeSet::new();
        if let Some(twice) = fields.iter().find(|field| !seen.insert(*field)) {
            return Err(failed(format!("the fact kind `{kind}` declares the field `{twice}` twice: take one away")));
        }
    }
    Ok(())
}

/// Ids that nobody can have.
const UNKNOWN: [&str; 5] = ["", "weighbridge.no-such-thing/1", "weighbridge.contact/4294967295", "weighbridge.contact", "no-such-vendor.thing/1"];

pub fn extensions(bench: &mut Bench) -> Result<(), Fault> {
    // That it is refused is another check's to say.
    let plugin: &Plugin = bench.plugin()?;
    match UNKNOWN.iter().find(|id| plugin.has_extension(id)) {
        Some(id) => Err(failed(format!("extension() answers `{id}` with a pointer: answer null for every id that it does not know"))),
        None => Ok(()),
    }
}
