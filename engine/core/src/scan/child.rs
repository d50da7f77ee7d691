//! Children that a plugin decodes: brought into memory, or into a scratch file, up to a cap.

use super::Scratch;
use super::engine::Engine;
use super::frame::Frame;
use super::side::ScanSide;
use super::view::{Store, View};
use crate::host::{IncomingChild, InputView, Outcome, Session};
use crate::limits;
use crate::source::FileSource;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

/// What came out of a decoder.
pub(super) struct Decoded {
    /// None where nothing came.
    pub store: Option<Store<'static>>,
    pub size: u64,
    pub outcome: Outcome,
    pub cut: Option<Cut>,
}

/// Why the rest was not read.
pub(super) struct Cut {
    pub code: &'static str,
    pub message: String,
}

/// Bytes asked of a decoder at a time.
const BLOCK: usize = 64 << 10;

/// Decodes the child of a token. What came before an error or a cap is kept.
pub(super) fn decode<'e>(
    engine: &mut Engine<'e>,
    session: &mut Session<'e>,
    input: &InputView<'_>,
    view: &View<'_>,
    frame: &mut Frame<'_>,
    token: u64,
    child: &IncomingChild,
) -> Decoded {
    let (plugin, scratch) = (session.plugin(), engine.scratch);
    let most = engine.options.limits.child_bytes.min(limits::CHILD_BYTES);
    let mut side = ScanSide::new(engine, frame, view, plugin);
    let opened = session.open_child(input, &mut side, token);
    if opened != Outcome::Done {
        return Decoded { store: None, size: 0, outcome: opened, cut: None };
    }
    let mut kept = Kept::default();
    let mut cut = None;
    let mut block = vec![0; BLOCK];
    let outcome = loop {
        let (got, outcome) = session.read_child(input, &mut side, &mut block);
        if let Err(error) = kept.push(&block[..got], scratch) {
            cut = Some(Cut { code: "limit-size", message: format!("it could not be unpacked into a scratch file: {error}") });
            break Outcome::Done;
        }
        if outcome != Outcome::Done || got == 0 {
            break outcome;
        }
        if let Err(end) = side.decoded(got as u64) {
            break Outcome::Ended(end);
        }
        cut = too_large(kept.size, child.length, most);
        if cut.is_some() {
            break Outcome::Done;
        }
    };
    session.close_child();
    // Its last region is passed on; children are reported by scan alone.
    drop(side.finish());
    let size = kept.size;
    // A budget that is used up ends the file's scan, but what this child gave until then is still looked at.
    Decoded { store: kept.into_store(), size, outcome, cut }
}

fn too_large(size: u64, packed: u64, most: u64) -> Option<Cut> {
    let kinds = [(limits::BOMB_BYTES, limits::BOMB_RATIO), (limits::LARGE_BOMB_BYTES, limits::LARGE_BOMB_RATIO)];
    if let Some((_, ratio)) = kinds.into_iter().find(|(bytes, ratio)| size > *bytes && size / packed.max(1) > *ratio) {
        return Some(Cut { code: "ratio", message: format!("it unpacks to more than {ratio} times its size, and was read to {size} bytes") });
    }
    (size > most).then(|| Cut { code: "limit-size", message: format!("it unpacks to more than {most} bytes: the rest was not read") })
}

#[derive(Default)]
struct Kept {
    memory: Vec<u8>,
    scratch: Option<File>,
    size: u64,
}

impl Kept {
    fn push(&mut self, bytes: &[u8], scratch: &Scratch<'_>) -> std::io::Result<()> {
        if let Some(file) = &mut self.scratch {
            file.write_all(bytes)?;
        } else if self.size + bytes.len() as u64 <= limits::CHILD_MEMORY {
            self.memory.extend_from_slice(bytes);
        } else {
            let mut file = scratch()?;
            file.write_all(&self.memory)?;
            file.write_all(bytes)?;
            self.memory = Vec::new();
            self.scratch = Some(file);
        }
        // Bytes that found no room are not part of what is looked at.
        self.size += bytes.len() as u64;
        Ok(())
    }

    fn into_store(self) -> Option<Store<'static>> {
        match self.scratch {
            Some(file) => Some(Store::Scratch(Arc::new(FileSource::sized(file, self.size)))),
            None if self.memory.is_empty() => None,
            None => Some(Store::Memory(Arc::new(self.memory))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::too_large;

    #[test]
    fn a_bomb_is_a_matter_of_ratio_and_size() {
        const MIB: u64 = 1 << 20;
        let code = |size: u64, packed: u64| too_large(size, packed, 4 << 30).map(|cut| cut.code);
        for (size, packed) in [(200 * MIB, MIB / 10), (900 * MIB, 2 * MIB), (3 << 30, 20 * MIB)] {
            assert_eq!(code(size, packed), None, "{size} of {packed}");
        }
        for (size, packed) in [(300 * MIB, MIB / 4), ((1 << 30) + 1, 4 * MIB), (300 * MIB, 0)] {
            assert_eq!(code(size, packed), Some("ratio"), "{size} of {packed}");
        }
        assert_eq!(code((4 << 30) + 1, 1 << 30), Some("limit-size"));
    }
}
