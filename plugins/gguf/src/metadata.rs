//! The texts: values of keys, among them chat templates, and names of tensors that are no names.

use crate::cursor::Text;
use crate::limits;
use weighbridge_sdk::{Child, Fact, Input, Stop};

pub(crate) fn text(input: &Input<'_>, key: &str, text: &Text, index: u64) -> Result<(), Stop> {
    let shown = &text.start[..text.start.floor_char_boundary(limits::SHOWN.min(text.start.len()))];
    let fact = Fact::new("metadata").text("key", key).text("value", shown);
    let parent = input.emit(&fact.at(text.at, text.length))?;
    input.row("metadata", text.at, text.length, 0, &[key, "string", shown])?;
    let template = key.contains("chat_template");
    let Some(format) = (if template && text.length > 0 { Some("jinja") } else { format_of(&text.start, text.length) }) else { return Ok(()) };
    let child = Child::range(key.as_bytes(), index, text.at, text.length);
    input.child(&Child { parent, format_hint: format, encoding: "string", ..child })
}

/// What a text is to be read as.
fn format_of(text: &str, length: u64) -> Option<&'static str> {
    let first = text.trim_start();
    let holds = |word: &str| text.contains(word);
    if first.starts_with('{') && holds("\"") && !first.starts_with("{{") && !first.starts_with("{%") {
        return Some("json");
    }
    // What is beyond the part that was looked at may be anything.
    if holds("{{") || holds("{%") || length > text.len() as u64 + 3 {
        return Some("jinja");
    }
    let code = ["import ", "exec(", "eval(", "compile(", "__import__", "os.system", "subprocess."];
    code.iter().any(|word| holds(word)).then_some("python-source")
}

/// A tensor's name that is rather something else: markup, a template, a path that leads out, control characters.
pub(crate) fn odd_name(input: &Input<'_>, name: &Text) -> Result<(), Stop> {
    let text = &name.start;
    let odd = text.chars().any(char::is_control) || ["<", "{{", "{%", "../", "..\\", "://", "$("].iter().any(|part| text.contains(part));
    if odd || text.starts_with(['/', '\\']) {
        input.emit(&Fact::new("text").text("role", "tensor-name").text("value", text).at(name.at, name.length))?;
    }
    Ok(())
}
