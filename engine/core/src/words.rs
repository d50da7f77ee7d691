//! Facts in words: what a finding shows of them.

use crate::fact::{Fact, Value};
use crate::limits::EVIDENCE;
use weighbridge_abi::vocabulary;

/// Names of one list that are shown.
const NAMES: usize = 12;

/// A fact as a person would say it; longer than what is shown, and not escaped.
pub fn describe(fact: &Fact) -> String {
    let text = |field: &str| fact.text(field).unwrap_or_default();
    match fact.kind.as_str() {
        "global" | "call" if !text("text").is_empty() => text("text").to_owned(),
        "global" => format!("from {} import {}", text("module"), text("name")),
        "call" => format!("{}.{}(…)", text("module"), text("name")),
        "file" => text("path").to_owned(),
        "anomaly" => anomaly(&|field| fact.text(field)),
        "code" => code(fact),
        "layer" => layer(fact),
        "operator" => operator(fact),
        "reference" => reference(fact),
        "member" => member(fact),
        "metadata" => format!("{} = {}", text("key"), text("value")),
        "text" => format!("{}: {}", text("role"), text("value")),
        "binary" => binary(text("type")).to_owned(),
        "state" => state(fact),
        _ => fields(fact),
    }
}

/// What is wrong with an input, by the fields of an anomaly.
pub fn anomaly<'f>(field: &dyn Fn(&str) -> Option<&'f str>) -> String {
    let text = |name: &str| field(name).filter(|text| !text.is_empty());
    let code = text("code").unwrap_or("anomaly");
    let says = vocabulary::ANOMALIES.iter().find(|(known, _)| *known == code).map(|(_, says)| *says);
    // A detail may be an id.
    let spelt = |text: &str| if text.contains(' ') { text.to_owned() } else { text.replace('-', " ") };
    let detail = text("detail").filter(|detail| *detail != code);
    // What it is of says more than that something ends; elsewhere the detail says all.
    let mut said = match (says, detail) {
        (Some(says), Some(detail)) if code == "truncated" => format!("{says}: {}", spelt(detail)),
        (_, Some(detail)) => spelt(detail),
        (Some(says), None) => says.to_owned(),
        (None, None) => code.replace('-', " "),
    };
    for (before, name) in [(", expected ", "expected"), (", found ", "found"), (", at ", "target")] {
        if let Some(text) = text(name) {
            said.push_str(before);
            said.push_str(text);
        }
    }
    said
}

/// The items of a list of text, as many as are shown.
fn listed(value: Option<&Value>) -> Option<String> {
    let Some(Value::List(items, full)) = value else { return None };
    let mut names: Vec<String> = items.iter().take(NAMES).map(rendered).collect();
    if *full > names.len() as u64 {
        names.push("…".to_owned());
    }
    (!names.is_empty()).then(|| names.join(", "))
}

fn code(fact: &Fact) -> String {
    let language = match fact.text("language").unwrap_or_default() {
        "python-source" => "Python",
        "python-bytecode" => "Python bytecode",
        "jinja" => "Jinja",
        "torchscript" => "TorchScript",
        "lua-source" | "lua" => "Lua",
        "r" | "r-source" => "R",
        "java-source" => "Java",
        "shell" => "shell",
        other => other,
    };
    let calls = listed(fact.field("calls"));
    let names = calls.clone().or_else(|| listed(fact.field("names")));
    let what = match (&calls, &names) {
        (Some(calls), _) => format!("{language} that calls {calls}"),
        (None, Some(names)) => format!("{language} that names {names}"),
        (None, None) => language.to_owned(),
    };
    let disassembled = fact.text("language").is_some_and(|language| language.ends_with("bytecode"));
    match fact.text("text").filter(|_| !disassembled).and_then(|text| line(text, fact)) {
        Some(line) => format!("{what}: {line}"),
        None => what,
    }
}

/// The line of a source that speaks of what it calls or names; the first that says something where none does.
fn line<'t>(text: &'t str, fact: &Fact) -> Option<&'t str> {
    let mut names = ["calls", "names"].iter().filter_map(|field| fact.field(field)?.as_list()).flatten().filter_map(Value::as_text);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let last = |name: &'_ str| name.rsplit('.').next().map(str::to_owned).filter(|last| last.len() > 2);
    let speaking = names.find_map(|name| {
        let last = last(name).filter(|_| name.contains('.'))?;
        lines().find(|line| line.contains(&last) && !line.starts_with("import ") && !line.starts_with("from "))
    });
    speaking.or_else(|| lines().next())
}

/// A dotted name of two parts, either of which may be empty.
fn dotted(module: &str, name: &str) -> String {
    [module, name].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(".")
}

fn layer(fact: &Fact) -> String {
    let text = |field: &str| fact.text(field).unwrap_or_default();
    let (class, registered) = (text("class"), text("registered_name"));
    let name = dotted(text("module"), class);
    let (name, registered) = if name.is_empty() { (registered.to_owned(), "") } else { (name, registered) };
    let mut about = vec![text("framework")];
    about.extend([text("form")].into_iter().filter(|form| !matches!(*form, "" | "class")));
    about.extend([registered].into_iter().filter(|registered| *registered != class && *registered != name && !registered.is_empty()));
    about.retain(|part| !part.is_empty());
    if about.is_empty() { name } else { format!("{name} ({})", about.join(", ")) }
}

fn operator(fact: &Fact) -> String {
    let text = |field: &str| fact.text(field).unwrap_or_default();
    let name = [text("domain"), text("op")].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("::");
    let args = listed(fact.field("args")).map_or_else(String::new, |args| format!("({args})"));
    format!("operator {name}{args} of {}", text("framework"))
}

fn reference(fact: &Fact) -> String {
    let text = |field: &str| fact.text(field).unwrap_or_default();
    let role = match text("role") {
        "external-data" => "data in",
        "symlink" => "a link to",
        "repo-id" => "repository",
        "url" => "address",
        other => other,
    };
    let about: Vec<&str> = [text("mechanism"), text("object")].into_iter().filter(|part| !part.is_empty()).collect();
    let about = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    format!("{role} {}{about}", text("target"))
}

fn member(fact: &Fact) -> String {
    let text = |field: &str| fact.text(field).unwrap_or_default();
    let target = fact.text("target").filter(|target| !target.is_empty()).map_or_else(String::new, |target| format!(" to {target}"));
    match text("type") {
        "" | "file" => format!("entry {}", text("name")),
        other => format!("{other} {}{target}", text("name")),
    }
}

fn binary(kind: &str) -> &str {
    match kind {
        "elf" => "a program or library for Linux (ELF)",
        "pe" => "a program or library for Windows (PE)",
        "macho" => "a program or library for macOS (Mach-O)",
        "ape" => "a program for several systems (APE)",
        "script" => "a script",
        "shortcut" => "a shortcut of Windows",
        "archive" => "an archive",
        "eicar" => "the EICAR test file",
        "lfs-pointer" => "a pointer of Git LFS",
        other => other,
    }
}

fn state(fact: &Fact) -> String {
    let text = |field: &str| fact.text(field).unwrap_or_default();
    let what = match text("form") {
        "item" => "items set on",
        "append" => "items added to",
        _ => "state written to",
    };
    let target = match text("target") {
        "" | "unknown" => String::new(),
        target => format!(", {} {}", if target.starts_with('o') { "an" } else { "a" }, target.replace('-', " ")),
    };
    let keys = listed(fact.field("keys")).map_or_else(String::new, |keys| format!(": {keys}"));
    format!("{what} {}{target}{keys}", dotted(text("module"), text("name")))
}

/// Kinds of vendors, which nobody here knows: every field with its value.
fn fields(fact: &Fact) -> String {
    let mut shown = fact.kind.clone();
    for (at, (field, value)) in fact.fields.iter().enumerate() {
        shown.push_str(if at == 0 { ": " } else { ", " });
        shown.push_str(field);
        shown.push_str(" = ");
        shown.push_str(&rendered(value));
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

#[cfg(test)]
mod tests {
    use super::describe;
    use crate::fact::Value;
    use crate::rules::tests::{fact, with};

    #[test]
    fn every_kind_of_fact_is_said_in_words() {
        let list = |items: &[&str]| Value::List(items.iter().map(|item| Value::text(*item)).collect(), items.len() as u64);
        for (fact, words) in [
            (fact("anomaly", &[("code", "trailing-data"), ("detail", "trailing-data")]), "bytes follow the format's end"),
            (
                fact("anomaly", &[("code", "truncated"), ("detail", "a key"), ("expected", "4 bytes"), ("found", "1")]),
                "the input ends inside a structure: a key, expected 4 bytes, found 1",
            ),
            (
                fact("anomaly", &[("code", "gguf-number"), ("detail", "a number that no model has"), ("target", "llama.block_count")]),
                "a number that no model has, at llama.block_count",
            ),
            (
                fact("layer", &[("framework", "pyyaml"), ("module", "os"), ("class", "system"), ("registered_name", "python/object/apply")]),
                "os.system (pyyaml, python/object/apply)",
            ),
            (
                fact("layer", &[("framework", "keras"), ("form", "class"), ("module", "keras.layers"), ("class", "Lambda")]),
                "keras.layers.Lambda (keras)",
            ),
            (
                with(fact("operator", &[("framework", "tensorflow"), ("op", "ReadFile")]), "args", list(&["0=/dev/null"])),
                "operator ReadFile(0=/dev/null) of tensorflow",
            ),
            (fact("operator", &[("framework", "onnx"), ("domain", "a.b"), ("op", "C")]), "operator a.b::C of onnx"),
            (
                fact("reference", &[("role", "url"), ("target", "http://x.invalid"), ("mechanism", "vocabulary")]),
                "address http://x.invalid (vocabulary)",
            ),
            (fact("member", &[("type", "symlink"), ("name", "a"), ("target", "/etc/passwd")]), "symlink a to /etc/passwd"),
            (fact("metadata", &[("key", "k"), ("value", "v")]), "k = v"),
            (
                with(fact("code", &[("language", "python-source"), ("text", "import os\n\nos.system('x')\n")]), "calls", list(&["os.system"])),
                "Python that calls os.system: os.system('x')",
            ),
            (
                with(fact("code", &[("language", "python-bytecode"), ("text", "<module>\n  LOAD_CONST 0")]), "names", list(&["os"])),
                "Python bytecode that names os",
            ),
            (
                with(fact("state", &[("form", "item"), ("module", "m"), ("name", "C"), ("target", "object")]), "keys", list(&["a"])),
                "items set on m.C, an object: a",
            ),
            (fact("acme.thing", &[("a", "b")]), "acme.thing: a = b"),
        ] {
            assert_eq!(describe(&fact), words);
        }
    }
}
