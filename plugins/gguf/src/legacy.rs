//! What came before GGUF: a magic, a version, numbers, a vocabulary and tensors, without keys or templates.
//!
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md#historical-state-of-affairs>.

use weighbridge_sdk::{Fact, Failure, Input, read_up_to};

/// Magic, its name, and the versions that there were; ggml itself has none.
const FORMATS: [(&[u8; 4], &str, &[u32]); 4] =
    [(b"lmgg", "ggml", &[]), (b"fmgg", "ggmf", &[1]), (b"tjgg", "ggjt", &[1, 2, 3]), (b"algg", "ggla", &[1])];

pub(crate) fn is(head: &[u8]) -> bool {
    FORMATS.iter().any(|(magic, ..)| head.starts_with(*magic)) && head.len() == 8
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let head = read_up_to(input, 0, 8)?;
    let version = head.get(4..8).and_then(|version| version.first_chunk()).map(|version| u32::from_le_bytes(*version));
    let Some((_, name, versions)) = FORMATS.iter().find(|(magic, ..)| head.starts_with(*magic)) else {
        input.emit(&Fact::anomaly("invalid").text("expected", "a magic of ggml").at(0, 4))?;
        return Err(Failure::Malformed);
    };
    input.emit(&Fact::new("metadata").text("key", "ggml.format").text("value", name).at(0, 4))?;
    match version {
        Some(version) if versions.is_empty() || versions.contains(&version) => Ok(()),
        _ => {
            let found = version.map_or(String::new(), |version| version.to_string());
            input.emit(&Fact::anomaly("unsupported").text("detail", "the version").text("found", &found).at(4, 4))?;
            Err(Failure::Unsupported)
        }
    }
}
