//! llamafiles: a program that runs models, with a model and its arguments behind it in a ZIP archive.
//!
//! <https://github.com/mozilla-ai/llamafile/blob/main/docs/creating_llamafiles.md>. The archive is `zip`'s, the model `gguf`'s. What is left are the texts of
//! the runtime, and models that lie in it without an archive. Its machine code is not read.

use crate::{kind, limits};
use weighbridge_parse_strings::{could_be_code, runs};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop, read_up_to};

const WORD: &[u8] = b"llamafile";

/// Whether a program says that it is one, or has a model or arguments for one in an archive at its end.
pub(crate) fn is(input: &Input<'_>, head: &[u8]) -> Result<bool, Stop> {
    if input.carved() || !kind::is_magic(head) {
        return Ok(false);
    }
    let name = input.name().to_ascii_lowercase();
    if kind::is_library(&name) {
        return Ok(false);
    }
    let tail = read_up_to(input, input.size().saturating_sub(limits::TAIL), limits::TAIL as usize)?;
    if archived(&tail) || contains(&tail) {
        return Ok(true);
    }
    // A program by another name says so in its texts.
    let plain = name.ends_with(".llamafile") || kind::kind(head, input)?.is_some() && (name.ends_with(".exe") || !name.contains('.'));
    let limit = if plain { limits::MARKER } else { limits::BLOCK as u64 };
    let mut at = 0;
    while at < limit.min(input.size()) {
        let block = read_up_to(input, at, limits::BLOCK + WORD.len())?;
        input.poll(block.len() as u64 / 16 + 1)?;
        if contains(&block) {
            return Ok(true);
        }
        at += limits::BLOCK as u64;
    }
    Ok(false)
}

fn contains(bytes: &[u8]) -> bool {
    bytes.windows(WORD.len()).any(|window| window[0].eq_ignore_ascii_case(&WORD[0]) && window.eq_ignore_ascii_case(WORD))
}

/// Whether the end of an archive's directory names a model, or a file of arguments.
fn archived(tail: &[u8]) -> bool {
    let mut rest = tail;
    // Central file header: signature, …, the name's length at 28, the name at 46.
    while let Some(at) = rest.windows(4).position(|window| window == b"PK\x01\x02") {
        rest = &rest[at..];
        let length = rest.get(28..30).map_or(0, |bytes| usize::from(u16::from_le_bytes([bytes[0], bytes[1]])));
        let name = rest.get(46..46 + length).unwrap_or_default();
        if name == b".args" || name.to_ascii_lowercase().ends_with(b".gguf") {
            return true;
        }
        rest = &rest[4..];
    }
    false
}

pub(crate) fn scan(input: &Input<'_>, head: &[u8]) -> Result<(), Failure> {
    let size = input.size();
    let what = kind::kind(head, input)?.unwrap_or(if head.starts_with(b"MZ") { "pe" } else { "elf" });
    let fact = Fact::new("binary").text("type", what).text("named", "llamafile");
    input.emit(&fact.at(0, size.min(limits::HEAD as u64)))?;
    let first = if input.thorough() { size } else { size.min(limits::RUNTIME) };
    let mut left = limits::TEXTS;
    texts(input, 0, first, &mut left)?;
    texts(input, size.saturating_sub(limits::END).max(first), size, &mut left)?;
    if left == 0 {
        input.emit(&Fact::anomaly("limit-facts").text("detail", "texts of a runtime").text("expected", &limits::TEXTS.to_string()))?;
    }
    // Where an archive has the models, its reader gives them; a thorough scan looks for others.
    let tail = read_up_to(input, size.saturating_sub(limits::TAIL), limits::TAIL as usize)?;
    if !archived(&tail) {
        models(input, first)?;
    }
    // What its headers do not name is searched by a thorough scan.
    input.region(Region::Structure, 0, size.min(limits::HEAD as u64))?;
    input.region(Region::Payload, 0, size)?;
    if left == 0 { Err(Failure::Unsupported) } else { Ok(()) }
}

fn texts(input: &Input<'_>, from: u64, to: u64, left: &mut u64) -> Result<(), Stop> {
    runs(input, from, to, limits::SHORTEST, |run| {
        // One line is one text: commands stand in lines.
        for line in run.text.lines().filter(|line| line.len() >= limits::SHORTEST && could_be_code(line)) {
            if *left == 0 {
                return Ok(());
            }
            *left -= 1;
            let shown = &line[..line.floor_char_boundary(limits::TEXT.min(line.len()))];
            let fact = Fact::new("text").text("role", "runtime").text_cut("value", shown, line.len() as u64);
            input.emit(&fact.at(run.at, run.length))?;
        }
        Ok(())
    })
}

/// Models in it, by their magic.
fn models(input: &Input<'_>, to: u64) -> Result<(), Stop> {
    let (mut found, mut at) = (0, 1);
    while at < to && found < limits::MODELS {
        // Blocks overlap, so that no header is cut.
        let block = read_up_to(input, at, limits::BLOCK + 7)?;
        input.poll(block.len() as u64 / 16 + 1)?;
        for (index, window) in block.windows(8).enumerate() {
            let gguf = window.starts_with(b"GGUF") && window[5..] == [0, 0, 0] && (1..16).contains(&window[4]);
            if (gguf || window.starts_with(b"T7\0\0")) && found < limits::MODELS {
                let start = at + index as u64;
                found += 1;
                input.child(&Child { speculative: true, ..Child::range(b"model", found, start, input.size() - start) })?;
            }
        }
        at += limits::BLOCK as u64;
    }
    Ok(())
}

/// `.args`: an argument in each line, which come before those of whoever starts it.
pub(crate) fn is_arguments(input: &Input<'_>) -> Result<bool, Stop> {
    if input.name() != ".args" || input.carved() || input.encoding().is_empty() {
        return Ok(false);
    }
    let head = read_up_to(input, 0, limits::HEAD)?;
    Ok(!head.is_empty() && !head.contains(&0))
}

pub(crate) fn arguments(input: &Input<'_>) -> Result<(), Failure> {
    let bytes = read_up_to(input, 0, limits::ARGUMENTS)?;
    input.poll(bytes.len() as u64 / 16)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    // What an option is given stands in the next line, or behind a sign.
    for (index, line) in lines.iter().enumerate().take(limits::ARGUMENT_COUNT) {
        let Some((option, value)) = line.split_once('=').or(Some((line, ""))).filter(|_| line.starts_with('-')) else { continue };
        let next = lines.get(index + 1).filter(|next| !next.starts_with("--")).copied().unwrap_or("");
        let value = if value.is_empty() { next } else { value };
        input.emit(&Fact::new("metadata").text("key", &format!("llamafile.{option}")).text("value", value).at(0, bytes.len() as u64))?;
    }
    for line in lines.iter().filter(|line| could_be_code(line)).take(limits::ARGUMENT_COUNT) {
        input.emit(&Fact::new("text").text("role", "parameter").text("value", line).at(0, bytes.len() as u64))?;
    }
    input.region(Region::Structure, 0, input.size())?;
    if lines.len() > limits::ARGUMENT_COUNT || (bytes.len() as u64) < input.size() {
        input.emit(&Fact::anomaly("limit-size").text("detail", "more arguments than are read").at(0, input.size()))?;
        return Err(Failure::Unsupported);
    }
    Ok(())
}
