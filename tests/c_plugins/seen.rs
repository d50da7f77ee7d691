//! What a host sees of a model through one plugin library, as text. Compiled into the tests and into a host of another minor version.

use std::fmt::Write;
use std::path::Path;
use weighbridge_core::host::{Library, Registry};
use weighbridge_core::record::FileFacts;
use weighbridge_core::scan::{Cancel, Listings, ScanOptions, scan};

/// One line for each thing that is seen.
pub fn seen(library: &Path, model: &Path) -> String {
    let mut registry = Registry::default();
    registry.open(Library::read(library).unwrap()).unwrap();
    let mut facts = FileFacts::default();
    let options = ScanOptions { nested: true, listings: Some(Listings::ALL), ..ScanOptions::default() };
    scan(&registry, &std::fs::read(model).unwrap(), "model", &options, &Cancel::default(), &mut facts);
    let mut text = String::new();
    for plugin in registry.plugins() {
        writeln!(text, "plugin {} of ABI {}.{}, {:?}", plugin.id, plugin.abi.0, plugin.abi.1, plugin.contact).unwrap();
    }
    for input in &facts.inputs {
        writeln!(text, "input {:?} {} {:?}", input.name, input.size, input.formats).unwrap();
    }
    for fact in &facts.facts {
        writeln!(text, "{}x {} {:?}", fact.count, fact.kind, fact.fields).unwrap();
    }
    for region in &facts.regions {
        writeln!(text, "region {:?} {}+{}", region.class, region.place.offset, region.place.length).unwrap();
    }
    for row in &facts.rows {
        writeln!(text, "row {} {:?}", row.listing, row.cells).unwrap();
    }
    for error in &facts.errors {
        writeln!(text, "error {}", error.message).unwrap();
    }
    text
}
