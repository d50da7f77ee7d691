//! Values as people read them, for those who inspect a file.

use crate::types;
use weighbridge_sdk::{Input, Stop, read_up_to};

/// Elements of an array that are shown.
const ELEMENTS: usize = 6;
/// Bytes of a text in an array that are shown.
const TEXT: usize = 64;

/// Type and value of what was read at a place already: it is there, and whole.
pub(crate) fn value(input: &Input<'_>, kind: u32, at: u64, big: bool, wide: bool) -> Result<(String, String), Stop> {
    let bytes = read_up_to(input, at, 16)?;
    let number = |from: usize, size: usize| -> u64 {
        let bytes = bytes.get(from..from + size).unwrap_or(&[]);
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
    };
    if kind != types::ARRAY {
        let size = types::size(kind).unwrap_or(0);
        return Ok((name(kind).to_owned(), scalar(kind, number(0, size as usize))));
    }
    let (inner, word) = (number(0, 4) as u32, if wide { 8 } else { 4 });
    let count = number(4, word as usize);
    let begin = at + 4 + word;
    let mut shown = Vec::new();
    if let Some(size) = types::size(inner) {
        let bytes = read_up_to(input, begin, ELEMENTS * 8)?;
        for element in bytes.chunks_exact(size as usize).take(ELEMENTS.min(usize::try_from(count).unwrap_or(ELEMENTS))) {
            let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
            shown.push(scalar(inner, if big { element.iter().fold(0, add) } else { element.iter().rev().fold(0, add) }));
        }
    } else if inner == types::STRING {
        let mut at = begin;
        for _ in 0..count.min(ELEMENTS as u64) {
            let head = read_up_to(input, at, word as usize)?;
            let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
            let length = if big { head.iter().fold(0, add) } else { head.iter().rev().fold(0, add) };
            let text = read_up_to(input, at + word, TEXT.min(usize::try_from(length).unwrap_or(TEXT)))?;
            let more = if length > TEXT as u64 { "…" } else { "" };
            shown.push(format!("{:?}{more}", String::from_utf8_lossy(&text)));
            at = at.saturating_add(word).saturating_add(length);
        }
    }
    let more = if count > shown.len() as u64 { ", …" } else { "" };
    Ok((format!("{}[{count}]", name(inner)), format!("{}{more}", shown.join(", "))))
}

/// As the specification calls them.
fn name(kind: u32) -> &'static str {
    match kind {
        0 => "u8",
        1 => "i8",
        2 => "u16",
        3 => "i16",
        4 => "u32",
        5 => "i32",
        6 => "f32",
        7 => "bool",
        8 => "string",
        9 => "array",
        10 => "u64",
        11 => "i64",
        12 => "f64",
        _ => "?",
    }
}

fn scalar(kind: u32, bits: u64) -> String {
    match kind {
        1 => (bits as i8).to_string(),
        3 => (bits as i16).to_string(),
        5 => (bits as i32).to_string(),
        11 => (bits as i64).to_string(),
        6 => f32::from_bits(bits as u32).to_string(),
        12 => f64::from_bits(bits).to_string(),
        7 => if bits == 0 { "false" } else { "true" }.to_owned(),
        _ => bits.to_string(),
    }
}
