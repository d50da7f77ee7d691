//! Reads `.pyc` files and says what each is; of many, how many were read to their end, certain, and of the version of their header.
//!
//!     cargo run --release -p weighbridge-parse-marshal --example survey -- FILE…
#![allow(clippy::print_stdout)]

use std::io::BufRead;
use weighbridge_parse_marshal::{Header, Probe, probe, read_best, survey, text, versions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths: Vec<String> = std::env::args().skip(1).collect();
    let show = paths.len() == 1;
    if paths.is_empty() {
        paths = std::io::stdin().lock().lines().collect::<Result<_, _>>()?;
    }
    let (mut good, mut single, mut bytes_read) = (0, 0, 0);
    for path in &paths {
        let bytes = std::fs::read(path)?;
        bytes_read += bytes.len();
        let Some(header) = Header::read(&bytes) else {
            println!("{path}: no header");
            continue;
        };
        let object = read_best(&bytes, header.size)?;
        let found = versions(&object)?;
        let survey = survey(&object, &found)?;
        if show {
            println!("{header:?}\n{found:?}\nbody: {:?}\nfunctions: {:?}", survey.body.list(), survey.functions.list());
            if let Some(version) = found.first() {
                println!("{}", text(&object, *version, 1 << 20)?.0);
            }
        }
        let level = probe(&bytes, header.size)?;
        let right = header.version.is_some_and(|version| found.contains(&version));
        if object.issue.is_none()
            && right
            && level >= Probe::Likely
            && (level == Probe::Certain || bytes.len() > 60_000)
            && object.end == bytes.len() as u64
        {
            good += 1;
            single += usize::from(found.len() == 1);
        } else {
            println!("{path}: {:?} {:?} {found:?} {level:?}", object.issue, header.version);
        }
    }
    println!("{good} of {} good, {single} of one version alone, {bytes_read} bytes", paths.len());
    Ok(())
}
