//! Well-kept readers as oracles: what they see in an honest or a hostile file, we see too.

use crate::support::{facts, fixtures};
use std::io::{Cursor, Read};
use weighbridge_core::scan::Mode;

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
