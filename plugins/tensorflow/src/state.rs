//! The text file `checkpoint`: which checkpoint of a folder is the latest.
//!
//! `CheckpointState` of <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/python/training/checkpoint_state.proto>, as text.

use crate::limits;
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Span, Stop, read_up_to};

const FIRST: &[u8] = b"model_checkpoint_path:";

pub(crate) fn is_state(head: &[u8], name: &str) -> bool {
    let text = head.trim_ascii_start();
    text.starts_with(FIRST) || name == "checkpoint" && text.starts_with(b"all_model_checkpoint_paths:")
}

/// ```text
/// model_checkpoint_path: "…"
/// all_model_checkpoint_paths: "…"
/// all_model_checkpoint_timestamps: 1
/// last_preserved_timestamp: 1
/// ```
pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let bytes = read_up_to(input, 0, limits::STATE)?;
    input.poll(bytes.len() as u64 / 64)?;
    input.region(Region::Structure, 0, bytes.len() as u64)?;
    let mut at = 0;
    let mut broken = None;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let span = Span::new(at, at + line.len() as u64);
        at = span.end;
        let text = String::from_utf8_lossy(line);
        let said = text.trim();
        if said.is_empty() || said.starts_with('#') {
            continue;
        }
        let Some((key, value)) = text.split_once(':') else {
            broken = broken.or(Some((span, "a field and its value")));
            continue;
        };
        if is_open(value.trim()) {
            broken = broken.or(Some((span, "the end of a string")));
        }
        if !matches!(key.trim(), "model_checkpoint_path" | "all_model_checkpoint_paths") {
            continue;
        }
        reference(input, &unquoted(value.trim()), span)?;
    }
    if (bytes.len() as u64) < input.size() {
        let (expected, found) = (limits::STATE.to_string(), input.size().to_string());
        let fact = Fact::anomaly("limit-size").text("expected", &expected).text("found", &found);
        input.emit(&fact.at(bytes.len() as u64, input.size() - bytes.len() as u64))?;
        return Err(Failure::Unsupported);
    }
    if let Some((span, expected)) = broken {
        // The last line was to go on, another one is none.
        let code = if span.end == input.size() { "truncated" } else { "invalid" };
        input.emit(&Fact::anomaly(code).text("expected", expected).at(span.start, span.len()))?;
        return Err(Failure::Malformed);
    }
    Ok(())
}

/// Whether a string begins and does not end.
fn is_open(value: &str) -> bool {
    let Some(quote) = value.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { return value.is_empty() };
    let mut escaped = false;
    !value.chars().skip(1).any(|c| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })
}

fn reference(input: &Input<'_>, target: &str, at: Span) -> Result<(), Stop> {
    let fact = Fact::new("reference").text("role", "checkpoint").text("target", target);
    input.emit(&fact.at(at.start, at.len())).map(drop)
}

/// A string of the text format: quoted in either way, with the escapes of C.
pub(crate) fn unquoted(text: &str) -> String {
    let Some(quote) = text.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { return text.to_owned() };
    let mut bytes = Vec::new();
    let mut rest = text[1..].bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte == quote as u8 {
            break;
        }
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let digits = |radix: u32, most: usize, rest: &mut std::iter::Peekable<std::str::Bytes<'_>>, first: u32| {
            let mut number = first;
            for _ in 0..most {
                match rest.peek().and_then(|byte| char::from(*byte).to_digit(radix)) {
                    Some(digit) => number = number * radix + digit,
                    None => break,
                }
                rest.next();
            }
            number as u8
        };
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'x' | b'X') => bytes.push(digits(16, 2, &mut rest, 0)),
            Some(digit @ b'0'..=b'7') => bytes.push(digits(8, 2, &mut rest, u32::from(digit - b'0'))),
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_the_text_format() {
        assert_eq!(unquoted(r#""model.ckpt-1""#), "model.ckpt-1");
        assert_eq!(unquoted(r#""a\"b\\c\n\101\x41é" tail"#), "a\"b\\c\nAAé");
        assert_eq!(unquoted("'../x'"), "../x");
        assert_eq!(unquoted("bare"), "bare");
        assert_eq!(unquoted("\"\\"), "");
    }
}
