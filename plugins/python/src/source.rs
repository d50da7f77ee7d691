//! Source: `.py` files, scripts, the code of TorchScript archives, and text that is a module whatever it is called.

use crate::limits;
use weighbridge_parse_python as python;
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop, contains, read_up_to};

const EXTENSIONS: [&str; 3] = ["py", "pyi", "pyw"];
/// Endings of files that are never text. Templates of pages end in `pt` too; none of them is a statement of Python.
const FOREIGN: [&str; 15] =
    ["pt", "ckpt", "pkl", "pickle", "joblib", "dill", "h5", "hdf5", "keras", "safetensors", "gguf", "tflite", "npy", "npz", "bin"];

/// Encodings in which ASCII is ASCII, by the beginnings of their names without hyphens and underscores.
const ENCODINGS: [&str; 10] = ["utf8", "ascii", "usascii", "latin1", "latin", "iso8859", "cp125", "windows125", "koi8", "utf8sig"];

/// Whether text is Python: by its name, by its first line, or by what it consists of.
pub(crate) fn probe(input: &Input<'_>) -> Result<bool, Stop> {
    let head = read_up_to(input, 0, limits::PROBE)?;
    if input.carved() || head.is_empty() || head.contains(&0) {
        return Ok(false);
    }
    let named = input.name().rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)));
    let starts = is_path_file(input.name()) && statements(&String::from_utf8_lossy(&head)).contains("import");
    if named || starts || is_script(&head) {
        return Ok(true);
    }
    // What somebody encoded, put behind the end of another format, or gave a name under which nobody looks for text, need not be a whole module.
    let apart = input.encoding() == "carved" || is_foreign(input.name());
    let encoded = matches!(input.encoding(), "base64" | "hex");
    if encoded || apart {
        let statement = head.len() as u64 == input.size() && std::str::from_utf8(&head).is_ok_and(python::is_statement);
        if statement || encoded {
            return Ok(statement);
        }
    }
    // A word that every module has, before anything is taken apart.
    let word = [&b"import "[..], b"def ", b"class "].iter().any(|word| contains(&head, word));
    if !word {
        return Ok(false);
    }
    let whole = head.len() as u64 == input.size();
    let text = match std::str::from_utf8(&head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && !whole => std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or(""),
        Err(_) => return Ok(false),
    };
    Ok(python::is_module(text, whole))
}

fn is_foreign(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| FOREIGN.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// A file of paths that Python reads when it starts: <https://docs.python.org/3/library/site.html>. A checkpoint of PyTorch is often called so too.
fn is_path_file(name: &str) -> bool {
    name.len() > 4 && name.as_bytes()[name.len() - 4..].eq_ignore_ascii_case(b".pth")
}

/// The lines that Python executes: those that begin with `import`. Others become empty, so that all keep their lines.
fn statements(text: &str) -> String {
    let line = |line: &str| if line.starts_with("import ") || line.starts_with("import\t") { line.to_owned() } else { String::new() };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// `#!` and an interpreter of that name.
fn is_script(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
    line.starts_with(b"#!") && contains(line, b"python")
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let bytes = read_up_to(input, 0, limits::SOURCE)?;
    let size = input.size();
    let encoding = declared(&bytes);
    let mut text = match &encoding {
        // In a single-byte encoding every byte is a character; which, matters to strings alone.
        _ if std::str::from_utf8(&bytes).is_err() => bytes.iter().map(|byte| char::from(*byte)).collect(),
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    };
    // A module under that name is none of Python's own files: the name is a checkpoint's.
    let paths = is_path_file(input.name()) && !python::is_module(&text, true);
    if paths {
        text = statements(&text);
    }
    let module = python::read(&text);
    input.poll(bytes.len() as u64 / 8)?;
    let language = if module.torchscript { "torchscript" } else { "python-source" };
    let read = bytes.len() as u64;
    // A text within another format is no module: when it runs, if it does, is its reader's affair.
    let import = if input.encoding() == "string" { "unknown" } else { "import" };
    // A cell runs when somebody runs it, whatever stands in it.
    let import = if input.encoding() == "cells" { "use" } else { import };
    for (at, names, runs) in [(0, &module.import, import), (1, &module.functions, "use")] {
        if names.list.is_empty() {
            continue;
        }
        let fact = Fact::new("code").text("language", language).texts("names", &names.list, names.total).text("runs", runs);
        let fact = if module.calls[at].is_empty() { fact } else { fact.texts("calls", &module.calls[at], 0) };
        let fact = if module.features[at].is_empty() { fact } else { fact.texts("features", &module.features[at], 0) };
        let full = module.excerpt.len() as u64 + u64::from(module.excerpt_cut);
        let fact = if at == 0 && !module.excerpt.is_empty() { fact.text_cut("text", &module.excerpt, full) } else { fact };
        // The line where it happens says more than the whole; a text that was put together anew has its lines elsewhere.
        let (from, to) = module.places[at].filter(|_| text.len() as u64 == read).map_or((0, read), |(from, to)| (from as u64, to as u64));
        input.emit(&fact.at(from, to - from))?;
    }
    if module.torchscript {
        operators(input, &module, read)?;
        annotations(input, &text)?;
    }
    for (at, value) in module.strings.iter().filter(|(_, value)| value.len() >= limits::SHORTEST).take(limits::STRINGS) {
        let cut = &value[..value.floor_char_boundary(limits::STRING.min(value.len()))];
        input.emit(&Fact::new("text").text("role", "constant").text_cut("value", cut, value.len() as u64).at((*at as u64).min(read), 0))?;
    }
    list(input, &bytes)?;
    // Strings of a source may hold what is encoded: a thorough scan goes over it.
    input.region(Region::Payload, 0, size)?;
    if let Some(encoding) = encoding.filter(|encoding| !is_plain(encoding)) {
        let fact = Fact::anomaly("unsupported").text("detail", "source in an encoding that gives its characters another meaning");
        input.emit(&fact.text("expected", "utf-8").text("found", &encoding).at(0, read))?;
        return Err(Failure::Unsupported);
    }
    if read < size {
        let (expected, found) = (limits::SOURCE.to_string(), size.to_string());
        input.emit(&Fact::anomaly("limit-size").text("expected", &expected).text("found", &found).at(read, size - read))?;
        return Err(Failure::Unsupported);
    }
    Ok(())
}

/// What code of TorchScript asks of libraries: `ops.<library>.<operator>`.
fn operators(input: &Input<'_>, module: &python::Module, read: u64) -> Result<(), Stop> {
    let mut told = std::collections::BTreeSet::new();
    for name in module.import.list.iter().chain(&module.functions.list) {
        let Some((domain, op)) = name.strip_prefix("ops.").and_then(|name| name.split_once('.')) else { continue };
        if told.len() < limits::OPERATORS && told.insert((domain, op)) {
            let fact = Fact::new("operator").text("framework", "torchscript").text("domain", domain).text("op", op);
            input.emit(&fact.at(0, read))?;
        }
    }
    Ok(())
}

/// Comments that give types, which PyTorch before 1.13.1 evaluated (CVE-2022-45907): those in which there is a call.
fn annotations(input: &Input<'_>, text: &str) -> Result<(), Stop> {
    let mut at = 0;
    let mut left = limits::OPERATORS;
    for line in text.split_inclusive('\n') {
        let here = at;
        at += line.len() as u64;
        let Some((_, comment)) = line.split_once("# type:").filter(|_| left > 0) else { continue };
        // `(Tensor, List[int]) -> Tensor`: a bracket opens a list of types, never behind a name.
        let called = comment
            .match_indices('(')
            .any(|(bracket, _)| comment[..bracket].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ']' | ')')));
        if called {
            left -= 1;
            let shown = comment.trim();
            let shown = &shown[..shown.floor_char_boundary(limits::STRING.min(shown.len()))];
            input.emit(&Fact::new("text").text("role", "type-comment").text("value", shown).at(here, line.len() as u64))?;
        }
    }
    Ok(())
}

/// The source line by line, for those who inspect it.
fn list(input: &Input<'_>, bytes: &[u8]) -> Result<(), Stop> {
    if !input.inspect() {
        return Ok(());
    }
    input.columns("source", &["line:number", "text:python"])?;
    let mut at = 0;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line);
        input.row("source", at, line.len() as u64, 0, &[&(number + 1).to_string(), text.trim_end_matches(['\r', '\n'])])?;
        at += line.len() as u64;
    }
    Ok(())
}

/// The encoding that one of the first two lines declares (PEP 263): `coding[:=]\s*([-\w.]+)` in a comment.
fn declared(bytes: &[u8]) -> Option<String> {
    for line in bytes.split(|byte| *byte == b'\n').take(2) {
        let line = String::from_utf8_lossy(&line[..line.len().min(512)]).into_owned();
        let comment = line.trim_start_matches(['\u{feff}', ' ', '\t', '\u{c}']);
        if !comment.starts_with('#') {
            continue;
        }
        for (at, word) in comment.match_indices("coding") {
            let rest = &comment[at + word.len()..];
            if let Some(rest) = rest.strip_prefix([':', '=']) {
                let name: String = rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')).collect();
                if !name.is_empty() {
                    return Some(name);
                }
            }
        }
    }
    None
}

fn is_plain(encoding: &str) -> bool {
    let name: String = encoding.to_ascii_lowercase().chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
    name == "utf8" || ENCODINGS.iter().any(|known| name.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_that_hide_code_are_told_from_plain_ones() {
        for (line, name, plain) in [
            (&b"# -*- coding: utf-8 -*-\n"[..], "utf-8", true),
            (b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n", "latin-1", true),
            (b"# coding: iso-8859-15", "iso-8859-15", true),
            (b"# coding=cp1252", "cp1252", true),
            (b"# coding: unicode_escape\n", "unicode_escape", false),
            (b"\xef\xbb\xbf# coding: utf_7\n", "utf_7", false),
            (b"# encoding: rot13\n", "rot13", false),
        ] {
            let found = declared(line).unwrap_or_default();
            assert_eq!((found.as_str(), is_plain(&found)), (name, plain));
        }
        assert_eq!(declared(b"import os\n\n# coding: rot13\n"), None);
        assert_eq!(declared(b"x = 'coding: rot13'\n"), None);
    }

    #[test]
    fn scripts_name_their_interpreter() {
        assert!(is_script(b"#!/usr/bin/env python3\nimport os\n"));
        assert!(!is_script(b"#!/bin/sh\npython x.py\n"));
        assert!(!is_script(b"python"));
    }
}
