//! Which formats an input is of: magics first, then each plugin's own probe. Content decides; the name is a hint.

use super::view::{Store, View};
use crate::fact::{RegionClass, Value};
use crate::host::{Anchor, Breach, End, IncomingChild, IncomingFact, InputView, Magic, Plugin, Session, Side};
use memchr::memmem;
use std::sync::Arc;
use weighbridge_abi as abi;

/// A format that the input is to be read as.
pub(super) struct Hit<'p> {
    pub session: Session<'p>,
    pub level: u32,
    pub format: u32,
    pub start: u64,
}

/// Bytes that one probe may read beyond what is in memory: enough for a directory or a header, whatever the input's size.
const PROBE_BYTES: u64 = 4 << 20;

/// Asks every plugin whose magic matches, or which has none, in the order of their ids. The answer is what is to be read: all that is
/// likely or certain (a polyglot is read as each of its formats), and what is possible where nothing is certain or the extension agrees.
pub(super) fn identify<'p>(
    view: &View<'_>,
    input: &InputView<'_>,
    extension: &str,
    mut session: impl FnMut(usize) -> Option<Session<'p>>,
    plugins: &'p [Plugin],
    only: Option<usize>,
    hint: &str,
) -> (Vec<Hit<'p>>, Vec<String>) {
    let mut hits = Vec::new();
    let mut failed = Vec::new();
    for (at, plugin) in plugins.iter().enumerate() {
        let hinted = plugin.formats.iter().position(|format| !hint.is_empty() && format.id == hint);
        if only.is_some_and(|only| only != at) {
            continue;
        }
        if hinted.is_none() && !asks(plugin, view) {
            continue;
        }
        let Some(mut session) = session(at) else {
            failed.push(plugin.id.clone());
            continue;
        };
        let mut side = ProbeSide { view, left: PROBE_BYTES };
        let (answer, outcome) = session.probe(input, &mut side);
        if outcome == crate::host::Outcome::Failed {
            failed.push(plugin.id.clone());
        }
        match hinted {
            // Its container says that it is of this format, and so will a loader take it, however it begins.
            Some(format) if answer.level < abi::PROBE_LIKELY => {
                hits.push(Hit { session, level: abi::PROBE_LIKELY, format: u32::try_from(format).unwrap_or(0), start: 0 });
            }
            _ if answer.level > abi::PROBE_NO => hits.push(Hit { session, level: answer.level, format: answer.format, start: answer.start }),
            _ => {}
        }
    }
    if input.carved {
        hits.retain(|hit| hit.level == abi::PROBE_CERTAIN && hit.start == 0);
    }
    let certain = hits.iter().any(|hit| hit.level == abi::PROBE_CERTAIN);
    hits.retain(|hit| {
        let agrees = !extension.is_empty() && hit.session.plugin().formats.iter().any(|format| format.extensions.iter().any(|e| e == extension));
        hit.level >= abi::PROBE_LIKELY || !certain || agrees
    });
    (hits, failed)
}

/// Whether a plugin's probe is asked of bytes in memory.
pub(crate) fn is_asked(plugin: &Plugin, data: &[u8]) -> bool {
    let mut view = View::whole(Store::Memory(Arc::new(data.to_vec())), data.len() as u64);
    // Reading memory does not fail.
    view.buffer_ends().is_ok() && asks(plugin, &view)
}

fn asks(plugin: &Plugin, view: &View<'_>) -> bool {
    plugin.formats.iter().any(|format| format.probe_always || format.magics.iter().any(|magic| matches(magic, view)))
}

fn matches(magic: &Magic, view: &View<'_>) -> bool {
    let same = |bytes: &[u8]| match magic.mask.as_slice() {
        [] => bytes == magic.bytes,
        mask => bytes.iter().zip(&magic.bytes).zip(mask).all(|((have, want), mask)| have & mask == want & mask),
    };
    let at = |held: &[u8], offset: u64| {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        held.get(offset..offset.saturating_add(magic.bytes.len())).is_some_and(same)
    };
    match magic.anchor {
        Anchor::Start if magic.offset.saturating_add(magic.bytes.len() as u64) <= view.head().len() as u64 => at(view.head(), magic.offset),
        Anchor::Start => {
            let mut held = vec![0; magic.bytes.len()];
            view.read_at(magic.offset, &mut held).is_ok_and(|(got, _)| got == held.len()) && same(&held)
        }
        Anchor::End => (view.tail().len() as u64).checked_sub(magic.offset).is_some_and(|offset| at(view.tail(), offset)),
        Anchor::Tail => memmem::find(view.tail(), &magic.bytes).is_some(),
    }
}

/// What a probe may do: read a little.
struct ProbeSide<'v, 's> {
    view: &'v View<'s>,
    left: u64,
}

impl Side for ProbeSide<'_, '_> {
    fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<usize, End> {
        let (got, fetched) = self.view.read_at(offset, buf).map_err(|_| End::Io)?;
        if fetched {
            self.left = self.left.checked_sub(got as u64).ok_or(End::Budget)?;
        }
        Ok(got)
    }

    fn poll(&mut self, _steps: u64) -> Result<(), End> {
        Ok(())
    }

    fn emit(&mut self, _fact: IncomingFact) -> Result<u64, End> {
        Ok(0)
    }

    fn again(&mut self, _id: u64, _offset: u64, _length: u64, _count: u64) -> Result<bool, End> {
        Ok(false)
    }

    fn region(&mut self, _class: RegionClass, _offset: u64, _length: u64) -> Result<(), End> {
        Ok(())
    }

    fn child(&mut self, _child: IncomingChild) -> Result<(), End> {
        Ok(())
    }

    fn row(&mut self, _listing: &str, _offset: u64, _length: u64, _depth: u64, _cells: &mut dyn FnMut() -> Vec<String>) -> Result<(), End> {
        Ok(())
    }

    fn breach(&mut self, _kind: Breach, _what: String) {}
}

/// A text field of the engine's own facts.
pub(super) fn text(name: &str, value: impl Into<String>) -> (String, Value) {
    (name.to_owned(), Value::text(value))
}

/// AppleDouble (RFC 1740, appendix B): magic 0x00051607, version 0x00020000, 16 bytes of filler, entries.
pub(super) fn is_apple_double(head: &[u8]) -> bool {
    head.starts_with(b"\x00\x05\x16\x07\x00\x02\x00\x00")
}

/// Whether bytes are the beginning of a plain text: UTF-8 without control characters other than white space.
pub(super) fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => head,
        // The cut may have split a character.
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        Err(_) => return false,
    };
    !valid.iter().any(|byte| *byte < 0x20 && !byte.is_ascii_whitespace())
}
