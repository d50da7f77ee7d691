//! The walk over a notebook: one pass over its tokens.
//!
//! ```text
//! { "cells": [ { "cell_type": "code", "source": text | [ line … ], "outputs": [ { "data": { mime: text | [ line … ] } } … ], "metadata": { … } } … ],
//!   "metadata": { "kernelspec": { "language": … }, "language_info": { "name": … } }, "nbformat": 4, "nbformat_minor": … }
//! ```
//! Before version 4 cells lie in `worksheets`, and a cell's source is called `input`.

use crate::{cell, limits};
use weighbridge_parse_json::{Kind, Limits, Reader, Token, Trail};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop};

/// What is learned of a notebook.
#[derive(Default)]
struct Notebook {
    /// The cell that is being read: its type, and its source.
    kind: String,
    source: String,
    /// Of all cells.
    python: String,
    /// The kernel's language.
    language: String,
    facts: u64,
    cut: bool,
}

/// Reads a notebook; the answer is the source of its cells, if it is Python.
pub(crate) fn walk(input: &Input<'_>) -> (Vec<u8>, Result<(), Failure>) {
    let mut notebook = Notebook::default();
    let done = read(input, &mut notebook);
    let python = notebook.language.is_empty() || notebook.language.to_ascii_lowercase().contains("python");
    let done = done.and_then(|()| {
        if python && !notebook.python.trim().is_empty() {
            let child = Child::token(b"cells.py", 0, 0, "cells").at(0, input.size());
            input.child(&Child { format_hint: "python-source", ..child })?;
        }
        Ok(())
    });
    (notebook.python.into_bytes(), done)
}

fn read(input: &Input<'_>, notebook: &mut Notebook) -> Result<(), Failure> {
    let mut reader = Reader::with(input, 0, u64::MAX, Limits { text: limits::TEXT, ..Limits::default() });
    let mut trail = Trail::new();
    // Outputs may hold what is encoded: a thorough scan goes over it.
    input.region(Region::Payload, 0, input.size())?;
    loop {
        let token = reader.next()?;
        trail.follow(&token, reader.text());
        match token.kind {
            Kind::End => break,
            Kind::EndObject if is_cell(&trail.path()) => notebook.cell(input, &token)?,
            Kind::String => notebook.text(input, &trail, reader.text(), reader.is_cut(), &token)?,
            _ => {}
        }
    }
    if !notebook.language.is_empty() {
        input.emit(&Fact::new("metadata").text("key", "notebook.language").text("value", &notebook.language))?;
    }
    let broken = reader.issues().faults() > 0;
    let mut deep = false;
    for (code, issue) in reader.issues().anomalies() {
        deep |= code == "limit-depth";
        let fact = Fact::anomaly(code).text("detail", issue.code.as_str()).text("expected", issue.expected).text_if("found", &issue.found);
        input.emit(&fact.at(issue.at, 0))?;
    }
    if notebook.cut {
        let found = format!("more than {} bytes of source", limits::SOURCE);
        input.emit(&Fact::anomaly("limit-size").text("expected", &limits::SOURCE.to_string()).text("found", &found).at(0, 0))?;
        return Err(Failure::Unsupported);
    }
    match (broken, deep) {
        (true, _) => Err(Failure::Malformed),
        // No cell lies as deep, so none was looked for there.
        (_, true) => Err(Failure::Unsupported),
        _ => Ok(()),
    }
}

/// `cells[3]`, `worksheets[0].cells[3]`
fn is_cell(path: &str) -> bool {
    path.ends_with(']') && path.rfind("cells[").is_some_and(|at| path[at + 6..].trim_end_matches(']').bytes().all(|byte| byte.is_ascii_digit()))
}

impl Notebook {
    fn text(&mut self, input: &Input<'_>, trail: &Trail, text: &str, cut: bool, token: &Token) -> Result<(), Stop> {
        let path = trail.path();
        let behind = path.rsplit_once("cells[").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(_, rest)| rest);
        match behind {
            ".cell_type" => self.kind = text.to_owned(),
            rest if [".source", ".input"].iter().any(|key| rest.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('['))) => {
                self.cut |= cut;
                // Lines of version 3 come without their ends.
                if !self.source.is_empty() && !self.source.ends_with('\n') {
                    self.source.push('\n');
                }
                self.source.push_str(text);
            }
            _ => {
                if matches!(path.as_str(), "metadata.language_info.name" | "metadata.kernelspec.language") {
                    self.language = text[..text.floor_char_boundary(64.min(text.len()))].to_owned();
                }
                if acts(text) {
                    self.fact(input, "notebook-output", text, token)?;
                }
            }
        }
        Ok(())
    }

    /// The end of a cell.
    fn cell(&mut self, input: &Input<'_>, token: &Token) -> Result<(), Stop> {
        let (kind, source) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.source));
        input.poll(1 + source.len() as u64 / 64)?;
        if kind != "code" {
            return if acts(&source) { self.fact(input, "notebook-text", &source, token) } else { Ok(()) };
        }
        let cell = cell::read(&source);
        for command in &cell.shell {
            self.shell(input, command, token)?;
        }
        if let Some(markup) = cell.markup.filter(|markup| acts(markup)) {
            self.fact(input, "notebook-output", &markup, token)?;
        }
        if self.python.len() + cell.python.len() <= limits::SOURCE {
            self.python.push_str(&cell.python);
            self.python.push('\n');
        } else {
            self.cut = true;
        }
        Ok(())
    }

    fn shell(&mut self, input: &Input<'_>, command: &str, token: &Token) -> Result<(), Stop> {
        self.facts += 1;
        if self.facts > limits::FACTS || command.trim().is_empty() {
            return Ok(());
        }
        let shown = &command[..command.floor_char_boundary(limits::SHOWN.min(command.len()))];
        let fact = Fact::new("code").text("language", "shell").text("runs", "use").text_cut("text", shown, command.len() as u64);
        input.emit(&fact.at(token.at, token.length))?;
        Ok(())
    }

    fn fact(&mut self, input: &Input<'_>, role: &str, text: &str, token: &Token) -> Result<(), Stop> {
        self.facts += 1;
        if self.facts > limits::FACTS {
            return Ok(());
        }
        // Where it acts, with what is around it.
        let at = MARKS.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(0);
        let from = text.floor_char_boundary(at.saturating_sub(limits::SHOWN / 4));
        let to = text.floor_char_boundary((from + limits::SHOWN).min(text.len()));
        input.emit(&Fact::new("text").text("role", role).text("value", &text[from..to]).at(token.at, token.length))?;
        Ok(())
    }
}

/// What a text has that would do something in a browser, beyond showing itself.
const MARKS: [&str; 7] = ["kernel.execute", "document.cookie", "onerror=", "javascript:", "localStorage", "requestExecute", "onload="];

fn acts(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}
