//! Where inputs come from: files that are given, or the descriptor's magics.

use super::inputs::{Input, Random};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use weighbridge_core::host::{Anchor, Magic, Plugin};

/// Files of a folder that are read, in the order of their names.
const FILES: usize = 512;

/// A larger file is left out: what a plugin does with it, it does with a smaller one.
const FILE_BYTES: u64 = 4 << 20;

/// Of all of them.
const BYTES: u64 = 64 << 20;

/// Endings of what lies beside fixtures and is none.
const BESIDE: [&str; 3] = ["snap", "new", "md"];

/// The files of a folder that are taken, and of the folders in it.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut left = BYTES;
    walk(folder, 0, &mut found)?;
    found.sort();
    found.retain(|path| {
        let size = path.metadata().map_or(u64::MAX, |metadata| metadata.len());
        let fits = size <= FILE_BYTES.min(left);
        left -= if fits { size } else { 0 };
        fits
    });
    found.truncate(FILES);
    Ok(found)
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && depth < 3 {
            walk(&path, depth + 1, found)?;
        } else if kind.is_file() && !path.extension().is_some_and(|extension| BESIDE.iter().any(|beside| extension == *beside)) {
            found.push(path);
        }
    }
    Ok(())
}

/// Reads them.
pub fn read(folder: &Path) -> io::Result<Vec<Input>> {
    let input = |path: PathBuf| {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Input { name, file, bytes: fs::read(&path)? })
    };
    files(folder)?.into_iter().map(input).collect()
}

/// Bytes after a magic, where nobody gave a file: as little as there can be, and enough for a header.
const TAILS: [usize; 4] = [0, 16, 256, 4096];

/// Inputs for each magic of each format: with nothing else, with zeros, with ones, with small numbers, with anything.
pub fn make(plugin: &Plugin, seed: u64) -> Vec<Input> {
    let mut random = Random::new(seed);
    let mut inputs = Vec::new();
    for format in &plugin.formats {
        let ending = format.extensions.first().map_or(String::new(), |extension| format!(".{extension}"));
        for (at, magic) in format.magics.iter().take(16).enumerate() {
            for length in TAILS {
                let fills: [(&str, Vec<u8>); 4] = [
                    ("zeros", vec![0; length]),
                    ("ones", vec![0xFF; length]),
                    ("small numbers", (0..length).map(|at| (at % 5) as u8).collect()),
                    ("anything", random.bytes(length)),
                ];
                for (what, fill) in fills.into_iter().take(if length == 0 { 1 } else { 4 }) {
                    let name = format!("magic {at} of `{}` with {length} bytes of {what}", format.id);
                    if let Some(bytes) = around(magic, &fill) {
                        inputs.push(Input { name, file: format!("input{ending}"), bytes });
                    }
                }
            }
        }
        for length in TAILS {
            let bytes = random.bytes(length);
            inputs.push(Input { name: format!("{length} bytes of anything for `{}`", format.id), file: format!("input{ending}"), bytes });
        }
    }
    inputs
}

/// A magic where it belongs, and bytes around it.
fn around(magic: &Magic, fill: &[u8]) -> Option<Vec<u8>> {
    /// A magic further into the file is for real files to show.
    const FAR: u64 = 1 << 20;
    let offset = usize::try_from(Some(magic.offset).filter(|offset| *offset <= FAR)?).ok()?;
    let mut bytes = Vec::new();
    match magic.anchor {
        Anchor::Start => {
            bytes.resize(offset, 0);
            bytes.extend_from_slice(&magic.bytes);
            bytes.extend_from_slice(fill);
        }
        Anchor::End => {
            bytes.extend_from_slice(fill);
            bytes.extend_from_slice(&magic.bytes);
            bytes.resize(fill.len() + offset.max(magic.bytes.len()), 0);
        }
        Anchor::Tail => {
            bytes.extend_from_slice(fill);
            bytes.extend_from_slice(&magic.bytes);
            bytes.extend_from_slice(&fill[..fill.len().min(64)]);
        }
    }
    Some(bytes)
}
