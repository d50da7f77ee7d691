//! Well-kept readers as oracles: what they see in an honest or a hostile file, we see too.

use crate::support::{facts, fixtures, judge, root};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use weighbridge_core::report::Verdict;
use weighbridge_core::scan::Mode;
use weighbridge_parse_hdf5 as hdf5;
use weighbridge_parse_read::Stop;

#[test]
fn every_member_that_the_zip_crate_opens_is_a_member_to_us() {
    let mut compared = 0;
    for (_, path) in fixtures() {
        let bytes = std::fs::read(&path).unwrap();
        // It keeps one of two equal names and believes the end record's count: what it sees is less than there is, never more.
        let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(&bytes)) else { continue };
        let name = path.file_name().unwrap().to_str().unwrap();
        let seen = facts(name, &bytes, Mode::Quick);
        for at in 0..archive.len() {
            let Ok(mut entry) = archive.by_index(at) else { continue };
            let raw = entry.name_raw().to_vec();
            let mut content = Vec::new();
            if entry.by_ref().take(1 << 20).read_to_end(&mut content).is_err() {
                continue;
            }
            // Where readers make different things of one entry, an anomaly says so.
            let differs = seen.facts.iter().any(|fact| fact.kind == "anomaly");
            let ours = seen.facts.iter().filter(|fact| fact.kind == "member").any(|fact| {
                let size = fact.field("size").and_then(|size| size.as_u64());
                let whole = content.len() < 1 << 20;
                fact.text("name") == Some(&String::from_utf8_lossy(&raw)) && (!whole || size == Some(content.len() as u64))
            });
            assert!(ours || differs, "{name}: the zip crate opens {:?} with {} bytes", raw.escape_ascii().to_string(), content.len());
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared} members were compared");
}

/// Whether the safetensors crate takes a file, and a scan calls it clean.
fn taken_and_clean(name: &str, bytes: &[u8]) -> (bool, bool) {
    let taken = safetensors::SafeTensors::deserialize(bytes).is_ok();
    (taken, judge(name, bytes).1.verdict == Verdict::Clean)
}

#[test]
fn what_the_safetensors_crate_refuses_is_not_clean() {
    let mut compared = [0, 0];
    for (format, path) in fixtures().into_iter().filter(|(format, _)| format == "safetensors") {
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let (taken, clean) = taken_and_clean(name, &bytes);
        assert!(taken || !clean, "{format}/{name}: the crate refuses it");
        assert!(clean || !(taken && name.starts_with("benign-")), "{format}/{name}: the crate takes it");
        compared[usize::from(taken)] += 1;
    }
    assert!(compared.iter().all(|count| *count >= 10), "{compared:?}");
}

#[test]
fn what_the_safetensors_crate_refuses_is_not_clean_when_any_byte_of_a_header_changes() {
    let path = root("fixtures/safetensors/benign-all-types.safetensors");
    let whole = std::fs::read(path).unwrap();
    let header = 8 + usize::from(whole[0]) + 256 * usize::from(whole[1]);
    let mut refused = 0;
    for at in 0..header {
        // One of these in turn: all of them together say nothing more, and take ten times as long.
        let byte = b"\"0:,{}[ 9\xff\0a-"[at % 13];
        let mut bytes = whole.clone();
        bytes[at] = byte;
        let (taken, clean) = taken_and_clean("model.safetensors", &bytes);
        assert!(taken || !clean, "byte {at} as {byte:#04x}: the crate refuses it");
        refused += u32::from(!taken);
    }
    for end in (0..whole.len()).step_by(7) {
        let (taken, clean) = taken_and_clean("model.safetensors", &whole[..end]);
        assert!(taken || !clean, "cut at {end}: the crate refuses it");
    }
    assert!(refused > 200, "{refused} refused");
}

/// What the walk over an HDF5 file meets, in the words of `tests/peers/hdf5`.
struct Seen<'b> {
    bytes: &'b [u8],
    lines: Vec<String>,
}

impl hdf5::Visitor for Seen<'_> {
    fn superblock(&mut self, _superblock: &hdf5::Superblock) -> Result<(), Stop> {
        Ok(())
    }
    fn object(&mut self, _object: &hdf5::Object<'_>) -> Result<(), Stop> {
        Ok(())
    }
    fn attribute(&mut self, _object: &hdf5::Object<'_>, attribute: &hdf5::Attribute) -> Result<(), Stop> {
        self.lines.push(format!("attribute {} {:?}", attribute.name, attribute.space.dims));
        for value in &attribute.values {
            let (at, len) = (usize::try_from(value.at).unwrap(), usize::try_from(value.len).unwrap());
            let text = String::from_utf8_lossy(&self.bytes[at..at + len]);
            self.lines.push(format!("attribute {} {text:?}", attribute.name));
        }
        Ok(())
    }
    fn link(&mut self, _object: &hdf5::Object<'_>, link: &hdf5::Link) -> Result<(), Stop> {
        let kind = match link.target {
            hdf5::LinkTarget::Hard(_) => "hard",
            hdf5::LinkTarget::Soft(_) => "soft",
            _ => "external",
        };
        self.lines.push(format!("link {kind} {}", link.name));
        Ok(())
    }
    fn dataset(
        &mut self,
        _object: &hdf5::Object<'_>,
        dataset: &hdf5::Dataset,
        _values: &mut dyn FnMut() -> Result<Vec<hdf5::Span>, Stop>,
    ) -> Result<(), Stop> {
        self.lines.push(format!("dataset {:?}", dataset.space.dims));
        Ok(())
    }
    fn issue(&mut self, _object: &hdf5::Object<'_>, _issue: &hdf5::Issue) -> Result<(), Stop> {
        Ok(())
    }
}

#[test]
fn what_the_hdf5_library_sees_in_a_file_we_see_too() {
    let table = std::fs::read(root("tests/peers/hdf5/expected.json")).unwrap();
    let expected: BTreeMap<String, Vec<String>> = serde_json::from_slice(&table).unwrap();
    let mut compared = 0;
    for (name, lines) in expected {
        if matches!(lines.as_slice(), [line] if line == "refused" || line == "crashed") {
            continue;
        }
        let bytes = std::fs::read(root("fixtures").join(&name)).unwrap();
        let start = hdf5::find(bytes.as_slice()).unwrap().unwrap();
        let mut seen = Seen { bytes: &bytes, lines: Vec::new() };
        hdf5::walk(bytes.as_slice(), start, &mut seen).unwrap();
        for line in lines {
            // Each as often as the library sees it.
            let at = seen.lines.iter().position(|ours| *ours == line).unwrap_or_else(|| panic!("{name}: {line:?} is not in {:?}", seen.lines));
            seen.lines.swap_remove(at);
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared} were compared");
}
