//! Good files, made bad in every way that can be listed: cut short, with numbers that lie, nested without end.
//!
//! The usual run takes one good file of each format, and of its mutants a fixed sample; `tests/fuzz/exhaustive` takes all of them.

mod cuts;
mod lies;
mod nests;

use crate::support::{facts, fixtures, plugins};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use weighbridge_core::fact::{InputId, RegionClass};
use weighbridge_core::record::FileFacts;
use weighbridge_core::report::{FileReport, Verdict};
use weighbridge_core::scan::Mode;
use weighbridge_sdk::harness;

/// Whether everything is tried, which takes minutes: of all plugins' fixtures, or of those of the plugins that are named.
fn exhaustive() -> bool {
    std::env::var_os("WEIGHBRIDGE_EXHAUSTIVE").is_some()
}

/// Whether fixtures of a plugin are wanted.
fn wanted(plugin: &str) -> bool {
    std::env::var("WEIGHBRIDGE_EXHAUSTIVE").map_or(true, |names| names == "all" || names.split(' ').any(|name| name == plugin))
}

/// Whether all plugins' are: then something of each format is expected.
fn all_wanted() -> bool {
    std::env::var("WEIGHBRIDGE_EXHAUSTIVE").map_or(true, |names| names == "all")
}

/// Mutants of one file in the usual run, and in the exhaustive one, where a file of many fields has more than anybody waits for.
const SAMPLE: usize = 24;
const CUTS: usize = 400;
const LIES: usize = 1_000;

/// Files of up to this size are cut before each of their bytes.
const SMALL: usize = 160;

/// Nests in the usual run: each is megabytes.
const DEEP_SAMPLE: usize = 16;

/// Bytes that a scan of a small file may hold at once, whatever its numbers say.
const MEMORY: usize = 64 << 20;

/// Bytes of what lies in an archive and is tried as a file of its own.
const NESTED: usize = 64 << 10;

/// A good file.
struct Good {
    /// As its reader calls it.
    format: String,
    /// Of the fixture that it is, or lies in.
    path: PathBuf,
    name: String,
    bytes: Vec<u8>,
    /// Offset, length: what is understood of it.
    structure: Vec<(usize, usize)>,
    /// Where a part of any class begins or ends.
    boundaries: BTreeSet<usize>,
}

impl Good {
    fn new(path: &std::path::Path, name: &str, bytes: Vec<u8>) -> Option<Good> {
        let facts = facts(name, &bytes, Mode::Quick);
        // What says by itself that it is broken cannot show whether a cut is noticed.
        let format = facts.inputs[0].formats.first().filter(|_| facts.incomplete.is_empty() && !broken(&facts))?.clone();
        let range = |offset: u64, length: u64| (usize::try_from(offset).unwrap(), usize::try_from(length).unwrap());
        let mut boundaries = BTreeSet::new();
        let mut structure = Vec::new();
        for region in facts.regions.iter().filter(|region| region.place.input == InputId(0)) {
            let (offset, length) = range(region.place.offset, region.place.length);
            boundaries.extend([offset, offset + length]);
            if region.class == RegionClass::Structure {
                structure.push((offset, length));
            }
        }
        boundaries.remove(&0);
        boundaries.remove(&bytes.len());
        Some(Good { format, path: path.to_owned(), name: name.to_owned(), bytes, structure, boundaries })
    }

    /// For people.
    fn shown(&self) -> String {
        let file = self.path.file_name().unwrap().to_str().unwrap();
        let folder = self.path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let inside = if file == self.name { String::new() } else { format!("!{}", self.name) };
        format!("{} {folder}/{file}{inside} of {} bytes", self.format, self.bytes.len())
    }

    fn is_benign(&self) -> bool {
        self.path.file_name().unwrap().to_str().unwrap().starts_with("benign-")
    }
}

/// What lies in a container, by its name there.
fn nested(name: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for plugin in plugins() {
        let seen = harness::scan_with(plugin, bytes, harness::Options { name, ..harness::Options::default() });
        for child in seen.children {
            let range = || bytes.get(usize::try_from(child.offset).ok()?..usize::try_from(child.offset + child.length).ok()?).map(<[u8]>::to_vec);
            let name = String::from_utf8_lossy(&child.name).rsplit('/').next().unwrap_or_default().to_owned();
            let content = child.decoded.or_else(range).filter(|bytes| !bytes.is_empty() && bytes.len() <= NESTED);
            found.extend(content.map(|content| (name, content)));
        }
    }
    found
}

/// Good files of each format: the smallest, or all and what lies in them.
fn good() -> Vec<Good> {
    let mut smallest: BTreeMap<String, Vec<Good>> = BTreeMap::new();
    let mut known = HashSet::new();
    for (_, path) in fixtures().into_iter().filter(|(plugin, _)| wanted(plugin)) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("benign-") && !name.starts_with("malicious-") && !name.starts_with("suspicious-") {
            continue;
        }
        let mut inputs = vec![(name.clone(), std::fs::read(&path).unwrap())];
        if exhaustive() {
            inputs.extend(nested(&name, &inputs[0].1));
        }
        for (name, bytes) in inputs {
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_owned();
            let Some(good) = Good::new(&path, &name, bytes).filter(|good| known.insert((extension, good.bytes.clone()))) else { continue };
            let files = smallest.entry(good.format.clone()).or_default();
            files.push(good);
            // A benign file goes over another, a smaller one over a larger.
            if !exhaustive() {
                files.sort_by_key(|good| (!good.is_benign(), good.bytes.len()));
                files.truncate(1);
            }
        }
    }
    assert!(smallest.len() > 50 || !all_wanted(), "good files of {} formats", smallest.len());
    smallest.into_values().flatten().collect()
}

/// Whether something is said to be wrong with the file.
fn broken(facts: &FileFacts) -> bool {
    facts.facts.iter().any(|fact| fact.kind == "anomaly")
}

/// Whether nothing at all is said against a file.
fn silent(facts: &FileFacts, report: &FileReport) -> bool {
    report.verdict == Verdict::Clean && report.complete && !broken(facts)
}

/// A fixed choice of so many items, in the usual run and in the exhaustive one, spread over all of them.
fn sample<T: Clone>(items: &[T], usual: usize, all: usize) -> Vec<T> {
    let most = if exhaustive() { all } else { usual };
    if items.len() <= most {
        return items.to_vec();
    }
    (0..most).map(|at| items[at * items.len() / most].clone()).collect()
}
