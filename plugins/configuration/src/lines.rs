//! Files of lines: lists of requirements, and keys in sections.
//!
//! Requirements: <https://pip.pypa.io/en/stable/reference/requirements-file-format/>. Sections: TOML <https://toml.io/en/v1.0.0> (`pyproject.toml`, `Pipfile`), and what Python's
//! `configparser` reads <https://docs.python.org/3/library/configparser.html> (`setup.cfg`, spaCy's `config.cfg` <https://spacy.io/api/data-formats#config>).
//! What is read of them is texts under their keys; no number or date matters.

use crate::meaning::{Meaning, Value};
use crate::requirement;
use crate::say::{Content, Place, Say};
use crate::trail::{Trail, Way};
use crate::{limits, names, values};
use weighbridge_sdk::{Fact, Failure, ReadAt, Region, Stop, read_up_to};

/// `requirements.txt` and files called like it.
pub(crate) fn is_requirements(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let text = name.ends_with(".txt") || name.ends_with(".in");
    text && (name.contains("requirements") || name.contains("constraints") || name.starts_with("reqs"))
}

/// Files of sections that are read whatever stands in them.
pub(crate) fn is_packaging(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pyproject.toml", "pipfile", "setup.cfg", "pixi.toml", "uv.toml"].iter().any(|known| name.ends_with(known))
}

/// Files of sections that are read if they say something to a loader.
pub(crate) fn is_sections(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".cfg", ".ini", ".toml", ".conf"].iter().any(|end| name.ends_with(end)) || is_of_a_tool(&name)
}

/// What git and DVC keep in a folder: `.git/config`, `.gitmodules`, `.dvc/config`.
fn is_of_a_tool(name: &str) -> bool {
    matches!(name, "config" | "config.local" | "config.worktree" | ".gitconfig" | "gitconfig" | ".gitmodules")
}

/// Whether sections say something.
pub(crate) fn says(text: &str) -> bool {
    let mut section = String::new();
    text.lines().any(|line| {
        if let Some(name) = line.trim().strip_prefix('[') {
            section = name.trim_end_matches(']').trim_matches('\'').to_ascii_lowercase();
        }
        if let Some((key, value)) = line.split_once('=')
            && (names::is_command(&section, &key.trim().to_ascii_lowercase()) || values::is_code(value))
        {
            return true;
        }
        let key = line.split(['=', ':']).next().unwrap_or("").trim().trim_matches('"');
        key.len() > 1 && key.starts_with('@') && key[1..].chars().all(|c| c.is_ascii_lowercase() || c == '_') || names::is_known(key)
    })
}

/// The lines of a file, each with those that continue it behind a backslash.
struct Lines<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Iterator for Lines<'t> {
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let from = self.at;
        let rest = self.text.get(from..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        self.at += length;
        Some((from, &rest[..length]))
    }
}

fn read(say: &Say<'_, '_>) -> Result<(String, u64), Stop> {
    let bytes = read_up_to(say.input, 0, limits::LINES)?;
    say.input.region(Region::Structure, 0, say.input.size())?;
    let read = bytes.len() as u64;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), read))
}

fn end(say: &Say<'_, '_>, read: u64) -> Result<(), Failure> {
    let size = say.input.size();
    if read < size {
        let (expected, found) = (limits::LINES.to_string(), size.to_string());
        say.input.emit(&Fact::anomaly("limit-size").text("expected", &expected).text("found", &found).at(read, size - read))?;
        return Err(Failure::Unsupported);
    }
    Ok(())
}

fn truncated(say: &Say<'_, '_>, expected: &str, from: usize, read: u64) -> Result<(), Stop> {
    say.input.emit(&Fact::anomaly("truncated").text("expected", expected).at((from as u64).min(read), 0))?;
    Ok(())
}

pub(crate) fn requirements(say: &mut Say<'_, '_>) -> Result<(), Failure> {
    let (text, read) = read(say)?;
    let (mut line, mut from) = (String::new(), 0);
    for (at, part) in (Lines { text: text.trim_start_matches('\u{feff}'), at: 0 }) {
        say.input.poll(1 + part.len() as u64 / 64)?;
        if line.is_empty() {
            from = at;
        }
        let part = part.trim_end_matches(['\r', '\n']);
        let continued = part.ends_with('\\');
        line.push_str(part.trim_end_matches('\\'));
        if line.len() > limits::LINE {
            let (expected, found) = (limits::LINE.to_string(), line.len().to_string());
            say.input.emit(&Fact::anomaly("limit-size").text("expected", &expected).text("found", &found).at(from as u64, line.len() as u64))?;
        }
        if !continued || line.len() > limits::LINE {
            requirement::one(say, &line, Place { at: from as u64, length: line.len() as u64 })?;
            line.clear();
        }
    }
    if !line.is_empty() {
        truncated(say, "the line that a backslash announces", from, read)?;
    }
    requirement::one(say, &line, Place { at: from as u64, length: line.len() as u64 })?;
    end(say, read)
}

pub(crate) fn sections(say: &mut Say<'_, '_>) -> Result<(), Failure> {
    let (text, read) = read(say)?;
    let mut meaning = Meaning::default();
    let (mut section, mut key, mut open) = (String::new(), String::new(), 0i32);
    for (at, raw) in (Lines { text: &text, at: 0 }) {
        say.input.poll(1 + raw.len() as u64 / 64)?;
        let raw = &raw[..raw.floor_char_boundary(limits::LINE.min(raw.len()))];
        let line = raw.trim();
        let place = Place { at: at as u64, length: raw.len() as u64 };
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let header = open <= 0 && line.starts_with('[') && line.trim_end_matches(']').len() < line.len() && !line.contains('=');
        if header {
            section = line.trim_matches(['[', ']', ' ']).to_owned();
            (key, open) = (String::new(), 0);
            continue;
        }
        // A list in lines goes on until its bracket closes; in setup.cfg what is indented does.
        let continues = open > 0 || !key.is_empty() && raw.starts_with([' ', '\t']);
        let value = if continues {
            line
        } else if let Some((name, value)) = line.split_once(['=', ':']) {
            key = name.trim().trim_matches(['"', '\'']).to_owned();
            value.trim()
        } else {
            continue;
        };
        open = if continues { open } else { 0 } + brackets(value);
        // Without quotes of its own a value is one text, whatever is quoted in it.
        let bare = !continues && !value.starts_with(['"', '\'', '[', '{', '(']) && values::is_code(value);
        for (name, text) in texts(value, line.contains(['"', '\'']) && !bare) {
            text_of(say, &mut meaning, &section, &key, &name, &text, place)?;
        }
    }
    if open > 0 {
        truncated(say, "a closing bracket", text.len(), read)?;
    }
    end(say, read)
}

/// A text under its section and key, `name` that in a table on the line.
fn text_of(say: &mut Say<'_, '_>, meaning: &mut Meaning, section: &str, key: &str, name: &str, text: &str, place: Place) -> Result<(), Stop> {
    let keys = section.split('.').chain([key, name]).map(|key| key.trim_matches(['"', '\''])).filter(|key| !key.is_empty());
    let trail = Trail::of(keys);
    let last = if name.is_empty() { key } else { name };
    let lists = ["dependencies", "requires", "install_requires", "setup_requires", "tests_require"].contains(&key)
        || ["optional-dependencies", "extras_require", "dependency-groups"].iter().any(|end| section.ends_with(end));
    let packages = section.contains("dependencies") || matches!(section, "packages" | "dev-packages") || section.ends_with("sources");
    if let Some(registry) = last.strip_prefix('@') {
        let (module, class) = names::dotted(text).unwrap_or((text, ""));
        return say.layer("spacy", module, class, &format!("{section}.@{registry}"), place);
    }
    if lists && name.is_empty() {
        return requirement::one(say, text, place);
    }
    match last {
        "git" | "hg" | "svn" if packages => return say.reference("url", text, "version-control", key, place),
        "url" | "path" | "file" if packages => return requirement::place_of(say, text, "requirement", key, place),
        "url" | "index-url" | "index_url" if section.ends_with("source") || section.ends_with("index") || last != "url" => {
            return requirement::place_of(say, text, "index-url", "", place);
        }
        "extra-index-url" | "extra_index_url" => return requirement::place_of(say, text, "extra-index-url", "", place),
        "find-links" | "find_links" => return requirement::place_of(say, text, "find-links", "", place),
        "backend-path" | "cmdclass" => return say.metadata(last, text, place),
        _ => {}
    }
    // An alias is another of git's own commands, but for what begins with a mark.
    let runs = !section.eq_ignore_ascii_case("alias") || text.starts_with('!');
    if runs && names::is_command(&section.to_ascii_lowercase(), &last.to_ascii_lowercase()) && is_of_a_tool(&say.input.name().to_ascii_lowercase()) {
        say.metadata("configured-command", text, place)?;
        return say.text(text, place);
    }
    let (content, behind_mark) = (Content::Held(text), Content::Held(text.get(1..).unwrap_or("")));
    let depth = section.split('.').count() as u64;
    meaning.string(say, Value { text, way: &trail as &dyn Way, depth, place, content, behind_mark, cut: false })
}

/// How many brackets a line leaves open.
fn brackets(value: &str) -> i32 {
    let mut quote = None;
    let mut open = 0;
    for c in value.chars() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => open += 1,
            (None, ']' | '}') => open -= 1,
            (None, '#') => break,
            _ => {}
        }
    }
    open
}

/// The texts of a value, with the keys that they have in a table on the line. Without quotes the whole is one.
fn texts(value: &str, quoted: bool) -> Vec<(String, String)> {
    if !quoted {
        let value = value.trim_matches(['[', ']', ',']);
        return if value.is_empty() { Vec::new() } else { vec![(String::new(), value.to_owned())] };
    }
    let mut found = Vec::new();
    let mut before = String::new();
    let mut rest = value;
    while let Some(at) = rest.find(['"', '\'']) {
        let quote = &rest[at..=at];
        before.push_str(&rest[..at]);
        let body = &rest[at + 1..];
        let end = (0..body.len())
            .filter(|end| body.is_char_boundary(*end) && body[*end..].starts_with(quote))
            .find(|end| quote == "'" || !body[..*end].ends_with('\\'))
            .unwrap_or(body.len());
        let name = before.trim_end().strip_suffix('=').map_or("", |name| name.trim_end().rsplit(['{', ',', ' ']).next().unwrap_or(""));
        found.push((name.to_owned(), unescaped(&body[..end])));
        before.clear();
        rest = body.get(end + 1..).unwrap_or("");
    }
    found
}

fn unescaped(text: &str) -> String {
    text.replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_with_their_keys() {
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(texts(r#"{git = "https://x.invalid/y", branch='z'}"#, true), [pair("git", "https://x.invalid/y"), pair("branch", "z")]);
        assert_eq!(texts(r#"["a>=1", "b @ https://x.invalid/b"]"#, true), [pair("", "a>=1"), pair("", "b @ https://x.invalid/b")]);
        assert_eq!(texts("a>=1", false), [pair("", "a>=1")]);
        assert_eq!(texts(r#""a\"b""#, true), [pair("", "a\"b")]);
        assert_eq!((brackets("[\"]\", {"), brackets("] # ["), brackets("x")), (2, -1, 0));
    }

    #[test]
    fn files_are_known_by_their_names() {
        assert!(is_requirements("requirements.txt") && is_requirements("requirements-dev.txt") && is_requirements("python_requirements.txt"));
        assert!(!is_requirements("requirements.md") && !is_requirements("vocab.txt"));
        assert!(is_packaging("Pipfile") && !is_packaging("config.toml") && is_sections("config.cfg"));
    }

    #[test]
    fn commands_of_tools_are_told() {
        assert!(says("[core]\n\tfsmonitor = sh -c x\n") && says("['remote \"x\"']\n    password_command = x\n") && says("[alias]\nst = !x\n"));
        assert!(!says("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://x.invalid/y\n"));
        assert!(is_sections("config") && is_sections(".gitconfig") && !is_sections("reconfig"));
    }

    #[test]
    fn sections_say_something_by_their_keys() {
        assert!(says("[nlp]\n@callbacks = \"x.v1\"\n") && says("_target_ = \"a.b\"") && !says("[a]\nb = 1\n@ = 2\n"));
    }
}
