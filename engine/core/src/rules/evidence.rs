//! What a finding shows, bounded and escaped, and what it is recognised by.

use super::evaluate::is_name;
use crate::assemble::finding_place;
use crate::fact::{Fact, InputId, Place, Value};
use crate::limits::{EVIDENCE, NAME};
use crate::record::FileFacts;
use crate::report::FindingPlace;
use crate::source::hex;
use crate::words::{describe, rendered};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Fields that do not tell one fact from another of the same meaning: they say it in numbers, places or words.
const NOT_MEANING: &[&str] = &["detail", "expected", "found", "index", "offset", "length", "size", "packed", "raw_name"];

/// Text that may be shown: control characters, directions and invisible ones are written out, and it ends somewhere.
pub fn escape(text: &str, limit: usize) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == limit {
            shown.push('…');
            break;
        }
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if (c as u32) < 0x100 && c.is_control() => {
                let written = write!(shown, "\\x{:02x}", c as u32);
                debug_assert!(written.is_ok());
            }
            c if is_deceptive(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// Characters that change what is seen beside them, or are not seen.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{fe00}'..='\u{fe0f}')
        || c.is_control()
}

/// A name that may be shown.
pub fn name(text: &str) -> String {
    escape(text, NAME)
}

/// What is shown of facts that make one finding: the call where there is one.
pub fn evidence(facts: &[&Fact]) -> String {
    let call = facts.iter().find(|fact| fact.kind == "call" && fact.text("text").is_some_and(|text| !text.is_empty()));
    let call = call.or_else(|| facts.iter().find(|fact| fact.kind == "call"));
    let Some(fact) = call.or(facts.first()) else { return String::new() };
    escape(&describe(fact), EVIDENCE)
}

/// What makes facts of one kind the same finding: the callable for names, the fields that carry meaning for the rest.
pub fn meaning(fact: &Fact) -> Vec<String> {
    let text = |field: &str| fact.text(field).unwrap_or_default().to_owned();
    if is_name(fact) {
        // Arguments are left out: they hold data that changes whenever a model is trained anew.
        return vec![text("module"), text("name")];
    }
    let mut parts = vec![fact.kind.clone()];
    if fact.kind == "file" {
        // Which file it is stands in the path and the place.
        return parts;
    }
    for (field, value) in &fact.fields {
        if NOT_MEANING.contains(&field.as_str()) || matches!(value, Value::U64(_) | Value::I64(_) | Value::F64(_)) {
            continue;
        }
        parts.push(field.clone());
        // In full, so that two texts that begin alike stay two.
        parts.push(value.as_text().map_or_else(|| rendered(value), str::to_owned));
    }
    parts
}

/// `wb1:` and 128 bits of a hash over rule, pack, path, containers and meaning. Never of offsets: it outlives a new export.
pub fn fingerprint(rule: &str, pack: &str, path: &str, place: &FindingPlace, meaning: &[String]) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    part(rule);
    part(pack);
    part(path);
    part(&place.container.len().to_string());
    for step in &place.container {
        part(step.name_bytes.as_deref().unwrap_or(&step.name));
    }
    meaning.iter().for_each(|text| part(text));
    format!("wb1:{}", hex(&hash.finalize()[..16]))
}

/// A place as a report gives it; facts of the engine's own may have none, which is the file.
pub fn place(file: &FileFacts, place: Option<Place>) -> FindingPlace {
    finding_place(file, place.unwrap_or(Place { input: InputId(0), offset: 0, length: 0 }))
}
