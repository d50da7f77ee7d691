//! The free texts: `__metadata__`, and names of tensors that are no names.

use crate::limits;
use weighbridge_parse_json::{Kind, Reader, Token};
use weighbridge_sdk::{Child, Fact, Input, Stop};

/// Reads the object behind `__metadata__`. False where a value is no text, which the reference reader refuses.
pub(crate) fn read(input: &Input<'_>, reader: &mut Reader<&Input<'_>>) -> Result<bool, Stop> {
    let mut sound = true;
    let mut entries = 0;
    let mut key = String::new();
    loop {
        let token = reader.next()?;
        match token.kind {
            Kind::Key => {
                let text = reader.text();
                key.clear();
                key.push_str(&text[..text.floor_char_boundary(limits::NAME.min(text.len()))]);
            }
            Kind::String => {
                entries += 1;
                if entries <= limits::ENTRIES {
                    entry(input, reader, &key, &token, entries)?;
                }
            }
            Kind::EndObject | Kind::End => return Ok(sound),
            _ => {
                sound = false;
                let end = reader.skip(&token)?;
                let fact = Fact::anomaly("invalid").text("detail", "a value of the metadata is no text").text("target", &key);
                input.emit(&fact.at(token.at, end.saturating_sub(token.at)))?;
                entries += 1;
                if token.begins() && entries <= limits::ENTRIES {
                    // Readers that are less strict hand it on as it is.
                    let child = Child::range(key.as_bytes(), entries, token.at, end.saturating_sub(token.at));
                    input.child(&Child { format_hint: "json", encoding: "string", ..child })?;
                }
            }
        }
    }
}

fn entry(input: &Input<'_>, reader: &Reader<&Input<'_>>, key: &str, token: &Token, index: u64) -> Result<(), Stop> {
    let text = reader.text();
    let shown = &text[..text.floor_char_boundary(limits::SHOWN.min(text.len()))];
    let fact = Fact::new("metadata").text("key", key).text("value", shown);
    let parent = input.emit(&fact.at(token.at, token.length))?;
    input.row("metadata", token.at, token.length, 0, &[key, shown])?;
    let Some(format) = format_of(text) else { return Ok(()) };
    let name = key.as_bytes();
    let child = if reader.verbatim() {
        Child::range(name, index, token.at + 1, token.length.saturating_sub(2))
    } else {
        Child::token(name, index, token.at, "string").at(token.at, token.length)
    };
    input.child(&Child { parent, format_hint: format, encoding: "string", ..child })
}

/// What a text is to be read as: trainers keep whole configurations in one value, and some loaders evaluate it.
fn format_of(text: &str) -> Option<&'static str> {
    let first = text.trim_start();
    let holds = |word: &str| text.contains(word);
    if first.starts_with('{') && holds("\"") && !first.starts_with("{{") && !first.starts_with("{%") || first.starts_with('[') && holds("{") {
        return Some("json");
    }
    if holds("{{") || holds("{%") {
        return Some("jinja");
    }
    let code = [
        "import ",
        "exec(",
        "eval(",
        "compile(",
        "__import__",
        "os.system",
        "subprocess.",
        "__subclasses__",
        "__globals__",
        "__builtins__",
        "lambda ",
    ];
    code.iter().any(|word| holds(word)).then_some("python-source")
}

/// A tensor's name that is rather something else: markup, a template, a path that leads out, control characters.
pub(crate) fn odd_name(input: &Input<'_>, name: &str, key: &Token) -> Result<(), Stop> {
    let odd =
        name.chars().any(char::is_control) || ["<", "{{", "{%", "../", "..\\", "://", "$(", "(", "|", ";"].iter().any(|part| name.contains(part));
    if odd || name.starts_with(['/', '\\']) {
        input.emit(&Fact::new("text").text("role", "tensor-name").text("value", name).at(key.at, key.length))?;
    }
    Ok(())
}
