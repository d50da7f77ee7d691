//! Code of functions: marshalled bytecode as base64, as Keras has written it since 2017, or as characters of one byte each, as it did before; or source.
//!
//! `keras.src.utils.python_utils.func_dump`: <https://github.com/keras-team/keras/blob/master/keras/src/utils/python_utils.py>

use crate::object::Item;
use crate::walk::Walk;
use crate::{encoded, limits};
use weighbridge_parse_json::Text;
use weighbridge_parse_marshal as marshal;
use weighbridge_parse_python as python;
use weighbridge_sdk::{Fact, ReadAt, Stop};

/// What the globals of a loader call modules that code uses without importing them.
const KNOWN: [(&str, &str); 6] =
    [("tf", "tensorflow"), ("np", "numpy"), ("K", "keras.backend"), ("ops", "keras.ops"), ("types_module", "types"), ("pd", "pandas")];

/// Looks at a string as code; the answer is whether it is some. `modules` are those whose names it uses as its own.
pub(crate) fn look(walk: &mut Walk<'_, '_>, item: &Item, parent: u64, modules: &[&str]) -> Result<bool, Stop> {
    if walk.codes >= limits::CODES {
        return Ok(false);
    }
    let whole = whole(walk, item)?;
    walk.input().poll(whole.len() as u64 / 8)?;
    let bytes = encoded::decode(&whole);
    if let Some(bytes) = bytes.as_deref().filter(|bytes| marshal::begins_code(bytes)) {
        return bytecode(walk, item, bytes, parent, modules);
    }
    let narrow: Option<Vec<u8>> = whole.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    if let Some(bytes) = narrow.as_deref().filter(|bytes| marshal::begins_code(bytes)) {
        return bytecode(walk, item, bytes, parent, modules);
    }
    let inner = bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()).filter(|text| is_source(text));
    match inner.or(Some(whole.as_str()).filter(|text| is_source(text))) {
        Some(text) => source(walk, item, text, parent, modules),
        None => Ok(false),
    }
}

/// The string, which the walk kept the beginning of.
fn whole(walk: &Walk<'_, '_>, item: &Item) -> Result<String, Stop> {
    if item.text.full <= item.text.text.len() as u64 {
        return Ok(item.text.text.clone());
    }
    let mut text = Text::new(walk.input(), item.text.at, walk.encoding())?;
    let (mut bytes, mut piece) = (Vec::new(), [0; 8 << 10]);
    loop {
        let got = text.read(&mut piece)?;
        if got == 0 || bytes.len() >= limits::CODE {
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
        bytes.extend_from_slice(&piece[..got]);
    }
}

/// Text that is more than a word, and could be an expression or a module.
fn is_source(text: &str) -> bool {
    let printable = text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    printable && (text.contains('(') || ["lambda ", "lambda:"].iter().any(|word| text.trim_start().starts_with(word)) || text.contains("import "))
}

fn bytecode(walk: &mut Walk<'_, '_>, item: &Item, bytes: &[u8], parent: u64, modules: &[&str]) -> Result<bool, Stop> {
    let object = marshal::read_best(bytes, 0)?;
    if object.codes().next().is_none() {
        return Ok(false);
    }
    let versions = marshal::versions(&object)?;
    let mut survey = marshal::survey(&object, &versions)?;
    survey.body.merge(survey.functions);
    let version = versions.first().copied().unwrap_or(marshal::Version::V3_11);
    let (text, all) = marshal::text(&object, version, limits::LISTED)?;
    if walk.input().inspect() {
        for line in text.lines() {
            walk.input().row("disassembly", item.text.at, item.text.length, u64::from(line.starts_with(' ')), &[line.trim_start()])?;
        }
    }
    if object.issue.is_some() {
        walk.unread = true;
        let issue = object.issue.as_ref().map_or(("", ""), |issue| (issue.expected, issue.found.as_str()));
        let fact = Fact::anomaly("invalid").text("expected", issue.0).text("found", issue.1).text("detail", "code of a function that breaks off");
        walk.input().emit(&fact.at(item.text.at, item.text.length))?;
    }
    let full = text.len() as u64 + u64::from(!all);
    emit(walk, item, "python-bytecode", (survey.body.list(), survey.body.total()), (&text, full), parent, modules)
}

fn source(walk: &mut Walk<'_, '_>, item: &Item, text: &str, parent: u64, modules: &[&str]) -> Result<bool, Stop> {
    let module = python::read(text);
    let mut names = module.import.list;
    names.extend(module.functions.list);
    // What is handed to eval is source too.
    for (_, string) in module.strings.iter().filter(|(_, string)| is_source(string)) {
        names.extend(python::read(string).import.list);
    }
    let total = names.len() as u64;
    let shown = &text[..text.floor_char_boundary(limits::LISTED.min(text.len()))];
    emit(walk, item, "python-source", (&names, total), (shown, text.len() as u64), parent, modules)
}

fn emit(
    walk: &mut Walk<'_, '_>,
    item: &Item,
    language: &str,
    (names, total): (&[String], u64),
    (text, full): (&str, u64),
    parent: u64,
    modules: &[&str],
) -> Result<bool, Stop> {
    walk.codes += 1;
    let mut all: Vec<String> = Vec::new();
    for name in names {
        let (root, rest) = name.split_once('.').unwrap_or((name, ""));
        if let Some((_, module)) = KNOWN.iter().find(|(short, _)| *short == root).filter(|_| !rest.is_empty()) {
            all.push(format!("{module}.{rest}"));
        } else {
            all.push(name.clone());
        }
        // The names of the function's module are there without an import.
        all.extend(modules.iter().filter(|_| !name.starts_with("builtins.")).map(|module| format!("{module}.{name}")));
    }
    all.truncate(limits::NAMES);
    let total = total.max(all.len() as u64);
    // Functions of layers run when a model is put together, before anything goes through it.
    let fact = Fact::new("code").text("language", language).texts("names", &all, total).text_cut("text", text, full).text("runs", "load");
    walk.input().emit(&fact.parent(parent).at(item.text.at, item.text.length))?;
    Ok(true)
}
