//! YAML, line by line: tags that make objects of a language, names of callables, and templates. Tags are seen, never resolved.
//!
//! <https://yaml.org/spec/1.2.2/#24-tags>; what PyYAML makes of them: <https://pyyaml.org/wiki/PyYAMLDocumentation>; HyperPyYAML:
//! <https://github.com/speechbrain/HyperPyYAML>. A tag stands on the line of what it is a tag of, whatever is around it: nothing that a parser refuses hides one.

use crate::{limits, names, values};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop, read_up_to};

/// Prefixes of tags that name a callable, and who resolves them. What follows is the name.
const TAGS: [(&str, &str); 10] = [
    ("python/object/apply:", "pyyaml"),
    ("python/object/new:", "pyyaml"),
    ("python/object:", "pyyaml"),
    ("python/name:", "pyyaml"),
    ("python/module:", "pyyaml"),
    ("!new:", "hyperpyyaml"),
    ("!apply:", "hyperpyyaml"),
    ("!name:", "hyperpyyaml"),
    ("!module:", "hyperpyyaml"),
    ("ruby/object:", "ruby"),
];

/// Whether a file is YAML by its name.
pub(crate) fn is_named(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".yaml") || name.ends_with(".yml") || name == "mlmodel"
}

/// A tag in a line: who resolves it, its prefix, and the name behind it.
pub(crate) fn tag(line: &str) -> Option<(&'static str, &'static str, &str)> {
    let line = line.split(" #").next().unwrap_or(line);
    TAGS.iter().find_map(|(prefix, framework)| {
        let at = line.find(prefix)?;
        // A tag begins with an exclamation mark or stands in `!<…>`.
        if !prefix.starts_with('!') && !line[..at].contains('!') {
            return None;
        }
        let name = line[at + prefix.len()..]
            .split(|c: char| c.is_whitespace() || matches!(c, '>' | ',' | '[' | ']' | '{' | '}' | '(' | '\'' | '"'))
            .next()?;
        (!name.is_empty()).then_some((*framework, *prefix, name))
    })
}

/// A key with a plain value on its line.
pub(crate) fn entry(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.trim_start_matches([' ', '\t', '-', '{', ',']).split_once(':')?;
    let quotes = ['"', '\''];
    let value = value.split(" #").next().unwrap_or(value).split([',', '}']).next().unwrap_or("");
    Some((key.trim().trim_matches(quotes), value.trim().trim_matches(quotes)))
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let size = input.size();
    let bytes = read_up_to(input, 0, limits::YAML)?;
    input.region(Region::Structure, 0, size)?;
    let text = String::from_utf8_lossy(&bytes);
    let (mut at, mut facts) = (0, 0);
    for line in text.split_inclusive('\n') {
        input.poll(1)?;
        facts += report(input, line, at)?;
        at += line.len() as u64;
        if facts > limits::FACTS {
            break;
        }
    }
    let first = [&b"{{"[..], b"{%"].iter().filter_map(|mark| bytes.windows(2).position(|pair| pair == *mark)).min();
    if let Some(first) = first {
        let child = Child::range(b"value", 0, first as u64, bytes.len() as u64 - first as u64);
        input.child(&Child { format_hint: "jinja", encoding: "string", ..child })?;
    }
    if (bytes.len() as u64) < size {
        let found = size.to_string();
        input.emit(&Fact::anomaly("limit-size").text("expected", &limits::YAML.to_string()).text("found", &found).at(bytes.len() as u64, 0))?;
        return Err(Failure::Unsupported);
    }
    Ok(())
}

fn report(input: &Input<'_>, line: &str, at: u64) -> Result<u64, Stop> {
    let layer = |framework: &str, role: &str, name: &str| {
        let Some((module, class)) = names::dotted(name) else { return Ok(()) };
        let fact = Fact::new("layer").text("framework", framework).text("module", module).text("class", class).text("registered_name", role);
        input.emit(&fact.at(at, line.len() as u64)).map(|_| ())
    };
    let mut facts = 0;
    if let Some((framework, prefix, name)) = tag(line) {
        layer(framework, prefix.trim_end_matches(':'), name)?;
        facts += 1;
    }
    if let Some((key, value)) = entry(line) {
        if let Some(framework) = names::callable(key).filter(|_| value.contains('.') || !matches!(key, "target" | "impl")) {
            layer(framework, key, value)?;
            facts += 1;
        } else if key == "trust_remote_code" && value.eq_ignore_ascii_case("true") {
            input.emit(&Fact::new("metadata").text("key", key).text("value", "true").at(at, line.len() as u64))?;
            facts += 1;
        }
    }
    if values::is_loud(line) {
        let shown = line.trim();
        let shown = &shown[..shown.floor_char_boundary(limits::SHOWN.min(shown.len()))];
        input.emit(&Fact::new("text").text("role", "configuration").text("value", shown).at(at, line.len() as u64))?;
        facts += 1;
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_seen_wherever_they_stand() {
        for (line, found) in [
            ("!!python/object/apply:os.system ['echo']", Some(("pyyaml", "python/object/apply:", "os.system"))),
            ("a: !<tag:yaml.org,2002:python/name:os.system>", Some(("pyyaml", "python/name:", "os.system"))),
            ("  - !!python/object/new:mine.Net {}", Some(("pyyaml", "python/object/new:", "mine.Net"))),
            ("net: !new:torch.nn.Linear", Some(("hyperpyyaml", "!new:", "torch.nn.Linear"))),
            ("x: python/object:a.b", None),
            ("x: 1 # !!python/name:os.system", None),
            ("x: !!python/tuple [1, 2]", None),
        ] {
            assert_eq!(tag(line), found, "{line}");
        }
        assert_eq!(entry("  - _target_: torch.nn.Linear  # layer\n"), Some(("_target_", "torch.nn.Linear")));
        assert_eq!(entry("{'_target_': \"os.system\", x: 1}"), Some(("_target_", "os.system")));
    }
}
