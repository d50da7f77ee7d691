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
    let child = Child::range(key.as_bytes(), index, text.at, text.length);
    let Some(format) = (if template && text.length > 0 { Some("jinja") } else { format_of(&text.start, text.length) }) else {
        // Bytes that are no text may be anything.
        let bytes = text.start.chars().any(|c| c.is_control() || c == '\u{fffd}');
        return if bytes { input.child(&Child { speculative: true, ..child }) } else { Ok(()) };
    };
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
    let code = ["import ", "exec(", "eval(", "compile(", "__import__", "os.system", "subprocess.", "__subclasses__", "__globals__", "__builtins__"];
    code.iter().any(|word| holds(word)).then_some("python-source")
}

/// `split.count` of a model in several files, called `<name>-00001-of-00003.gguf`: the others belong to it.
///
/// <https://github.com/ggml-org/llama.cpp/blob/master/tools/gguf-split/README.md>
pub(crate) fn parts(input: &Input<'_>, count: u16, at: u64, length: u64) -> Result<(), Stop> {
    let value = count.to_string();
    input.emit(&Fact::new("metadata").text("key", "split.count").text("value", &value).at(at, length))?;
    let Some((stem, number)) = part_of(input.name()) else { return Ok(()) };
    for part in (1..=count.min(limits::PARTS)).filter(|part| *part != number) {
        let target = format!("{stem}-{part:05}-of-{count:05}.gguf");
        input.emit(&Fact::new("reference").text("role", "shard").text("target", &target).at(at, length))?;
    }
    Ok(())
}

/// What all parts are called, and which one it is.
fn part_of(name: &str) -> Option<(&str, u16)> {
    let (rest, _of) = name.strip_suffix(".gguf")?.rsplit_once("-of-")?;
    let (stem, number) = rest.rsplit_once('-')?;
    Some((stem, number.parse().ok()?))
}

/// A key that is rather something else.
pub(crate) fn odd_key(input: &Input<'_>, key: &Text) -> Result<(), Stop> {
    if key.start.contains(['(', '<', '|', ';', '{', '\0']) {
        input.emit(&Fact::new("text").text("role", "name").text("value", &key.start).at(key.at, key.length))?;
    }
    Ok(())
}

/// A tensor's name that is rather something else: markup, a template, a path that leads out, control characters.
pub(crate) fn odd_name(input: &Input<'_>, name: &Text) -> Result<(), Stop> {
    let text = &name.start;
    let odd =
        text.chars().any(char::is_control) || ["<", "{{", "{%", "../", "..\\", "://", "$(", "(", "|", ";"].iter().any(|part| text.contains(part));
    if odd || text.starts_with(['/', '\\']) {
        input.emit(&Fact::new("text").text("role", "tensor-name").text("value", text).at(name.at, name.length))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::part_of;

    #[test]
    fn parts_are_known_by_their_names() {
        assert_eq!(part_of("m-Q4_K_M-00002-of-00003.gguf"), Some(("m-Q4_K_M", 2)));
        assert_eq!(part_of("m.gguf"), None);
        assert_eq!(part_of("m-x-of-y.gguf"), None);
    }
}
