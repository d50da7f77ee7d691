//! What a finding shows, bounded and escaped, and what it is recognised by.

use super::evaluate::is_name;
use crate::assemble::finding_place;
use crate::fact::{Fact, InputId, Place, Value};
use crate::limits::{EVIDENCE, NAME};
use crate::record::FileFacts;
use crate::report::FindingPlace;
use crate::source::hex;
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

fn describe(fact: &Fact) -> String {
    if is_name(fact) {
        if let Some(text) = fact.text("text").filter(|text| !text.is_empty()) {
            return text.to_owned();
        }
        let (module, name) = (fact.text("module").unwrap_or_default(), fact.text("name").unwrap_or_default());
        return match fact.kind.as_str() {
            "call" => format!("{module}.{name}(…)"),
            _ => format!("from {module} import {name}"),
        };
    }
    if fact.kind == "file" {
        return fact.text("path").unwrap_or_default().to_owned();
    }
    let mut shown = fact.kind.clone();
    for (at, (field, value)) in fact.fields.iter().enumerate() {
        shown.push_str(if at == 0 { ": " } else { ", " });
        shown.push_str(field);
        shown.push_str(" = ");
        render(value, &mut shown);
        if shown.len() > EVIDENCE * 4 {
            break;
        }
    }
    shown
}

/// A value as text.
pub fn rendered(value: &Value) -> String {
    let mut shown = String::new();
    render(value, &mut shown);
    shown
}

fn render(value: &Value, shown: &mut String) {
    match value {
        Value::U64(n) => shown.push_str(&n.to_string()),
        Value::I64(n) => shown.push_str(&n.to_string()),
        Value::F64(n) => shown.push_str(&n.to_string()),
        Value::Bytes(bytes, _) => {
            for chunk in bytes[..bytes.len().min(EVIDENCE)].utf8_chunks() {
                shown.push_str(chunk.valid());
                chunk.invalid().iter().for_each(|byte| shown.push_str(&format!("\\x{byte:02x}")));
            }
        }
        Value::Text(text, _) => shown.extend(text.chars().take(EVIDENCE)),
        Value::List(items, _) => {
            shown.push('[');
            for (at, item) in items.iter().take(16).enumerate() {
                if at > 0 {
                    shown.push_str(", ");
                }
                render(item, shown);
            }
            shown.push_str(if items.len() > 16 { ", …]" } else { "]" });
        }
    }
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
        let mut shown = String::new();
        match value {
            // In full, so that two texts that begin alike stay two.
            Value::Text(text, _) => shown.push_str(text),
            other => render(other, &mut shown),
        }
        parts.push(field.clone());
        parts.push(shown);
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
