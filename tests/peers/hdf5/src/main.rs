//! Says what the HDF5 library sees in the fixtures: the names of links with their kinds, attributes with their texts, the shapes of datasets.
//!
//! The table is what the walker of this project is held to. The library is no reader of hostile files (it opens what external links name, and it
//! crashes), so that each file is opened by a process of its own, and nothing but hard links is followed.

use hdf5::types::{TypeDescriptor, VarLenAscii, VarLenUnicode};
use hdf5::{Attribute, File, Group, IndexType, IterationOrder, LinkType, LocationType};
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag, file] if flag == "--file" => {
            for line in lines(file)? {
                println!("{line}");
            }
            Ok(())
        }
        [check] if check == "--check" => table(true),
        [] => table(false),
        _ => Err("usage: weighbridge-peer-hdf5 [--check]".into()),
    }
}

/// Writes the table, or compares it with what is committed.
fn table(check: bool) -> Result<(), Box<dyn Error>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = here.join("../../../fixtures");
    let mut found = BTreeMap::new();
    for folder in ["hdf5", "keras"] {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(fixtures.join(folder))?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        paths.sort();
        for path in paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "h5")) {
            let bytes = std::fs::read(&path)?;
            if !bytes.windows(SIGNATURE.len()).any(|window| window == SIGNATURE) {
                continue;
            }
            let output = Command::new(std::env::current_exe()?).arg("--file").arg(&path).output()?;
            let seen = match output.status.code() {
                Some(0) => String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect(),
                // What it says of the error differs from version to version.
                Some(_) => vec!["refused".to_owned()],
                None => vec!["crashed".to_owned()],
            };
            let name = format!("{folder}/{}", path.file_name().unwrap_or_default().to_string_lossy());
            found.insert(name, seen);
        }
    }
    let text = serde_json::to_string_pretty(&found)? + "\n";
    let target = here.join("expected.json");
    if !check {
        return Ok(std::fs::write(target, text)?);
    }
    if std::fs::read_to_string(target)? == text { Ok(()) } else { Err("the library sees something else than expected.json says".into()) }
}

fn lines(path: &str) -> Result<Vec<String>, Box<dyn Error>> {
    hdf5::silence_errors(true);
    let file = File::open(path)?;
    let mut lines = Vec::new();
    let mut seen = HashSet::new();
    group(&file, &mut seen, &mut lines)?;
    lines.sort();
    Ok(lines)
}

fn group(group: &Group, seen: &mut HashSet<String>, lines: &mut Vec<String>) -> hdf5::Result<()> {
    if !seen.insert(format!("{:?}", group.loc_info()?.token)) {
        return Ok(());
    }
    attributes(group, lines)?;
    for (name, info) in group.links(IndexType::Name, IterationOrder::Increasing)? {
        let kind = match info.link_type {
            LinkType::Hard => "hard",
            LinkType::Soft => "soft",
            LinkType::External => "external",
        };
        lines.push(format!("link {kind} {name}"));
        if info.link_type != LinkType::Hard {
            continue;
        }
        match group.loc_type_by_name(&name) {
            Ok(LocationType::Group) => self::group(&group.group(&name)?, seen, lines)?,
            Ok(LocationType::Dataset) => {
                let dataset = group.dataset(&name)?;
                if seen.insert(format!("{:?}", dataset.loc_info()?.token)) {
                    lines.push(format!("dataset {:?}", dataset.shape()));
                    attributes(&dataset, lines)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn attributes(location: &hdf5::Location, lines: &mut Vec<String>) -> hdf5::Result<()> {
    for name in location.attr_names()? {
        let attribute = location.attr(&name)?;
        let value = text(&attribute).unwrap_or_else(|| format!("{:?}", attribute.shape()));
        lines.push(format!("attribute {name} {value}"));
    }
    Ok(())
}

/// The text of an attribute that is one.
fn text(attribute: &Attribute) -> Option<String> {
    if !attribute.shape().is_empty() {
        return None;
    }
    match attribute.dtype().ok()?.to_descriptor().ok()? {
        TypeDescriptor::VarLenAscii => attribute.read_scalar::<VarLenAscii>().ok().map(|text| format!("{:?}", text.as_str())),
        TypeDescriptor::VarLenUnicode => attribute.read_scalar::<VarLenUnicode>().ok().map(|text| format!("{:?}", text.as_str())),
        _ => None,
    }
}
