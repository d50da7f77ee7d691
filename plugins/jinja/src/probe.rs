//! Whether text is a template: by its name, or because it begins as one.

use crate::limits;
use weighbridge_sdk::{Input, Probe, ReadAt, Stop, contains, read_up_to};

/// Endings that say Jinja, and those that say some template language.
const OWN: [&str; 3] = ["jinja", "jinja2", "j2"];
const SHARED: [&str; 2] = ["template", "tpl"];

pub(crate) fn probe(input: &Input<'_>) -> Result<Probe, Stop> {
    let head = read_up_to(input, 0, limits::PROBE)?;
    if input.carved() || head.is_empty() {
        return Ok(Probe::NO);
    }
    let extension = input.name().rsplit_once('.').map_or(String::new(), |(_, extension)| extension.to_ascii_lowercase());
    // Jinja takes a zero for a character like any other; a file of another kind that is called so has many.
    if head.contains(&0) && !(OWN.contains(&extension.as_str()) && head.iter().take(16).all(|byte| *byte >= 0x09)) {
        return Ok(Probe::NO);
    }
    let marked = [b"{{", b"{%", b"{#"].iter().any(|mark| contains(&head, *mark));
    if OWN.contains(&extension.as_str()) || SHARED.contains(&extension.as_str()) && marked {
        return Ok(Probe::likely(0));
    }
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    let begins = [b"{{", b"{%", b"{#"].iter().any(|mark| start.starts_with(*mark));
    // Whatever begins with a construct and closes it within sight.
    Ok(if begins && [b"}}", b"%}", b"#}"].iter().any(|mark| contains(&head, *mark)) { Probe::likely(0) } else { Probe::NO })
}

/// Whether an input is said to be a Jinja template, by its name or by what holds it.
pub(crate) fn is_template(input: &Input<'_>) -> bool {
    let name = input.name().to_ascii_lowercase();
    name.contains("chat_template") || name.contains("prompt_template") || name.rsplit_once('.').is_some_and(|(_, extension)| OWN.contains(&extension))
}

/// Whether a construct begins anywhere from an offset on, as far as is looked.
pub(crate) fn marks_behind(input: &Input<'_>, from: u64) -> Result<bool, Stop> {
    let mut at = from.saturating_sub(1);
    if input.size() > limits::SEARCHED {
        return Ok(true);
    }
    while at + 1 < input.size() {
        let block = read_up_to(input, at, limits::BLOCK)?;
        if block.windows(2).any(|pair| matches!(pair, b"{{" | b"{%" | b"{#")) {
            return Ok(true);
        }
        input.poll(block.len() as u64 / 64)?;
        // The last byte is looked at again, with the one behind it.
        at += (block.len() as u64).saturating_sub(1).max(1);
    }
    Ok(false)
}
