//! Text and bytes constants: decoding what protocol 0 escapes, and writing values as Python would.

use std::borrow::Cow;

/// Whether a constant is text or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// `str`; the bytes are UTF-8 unless the file lies.
    Str,
    /// `bytes`.
    Bytes,
    /// `bytearray`.
    ByteArray,
}

/// A decoded constant, bounded by whoever asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Text or bytes.
    pub kind: TextKind,
    /// The content: UTF-8 for text, unless the file lies.
    pub bytes: Vec<u8>,
    /// Whether the constant is longer than `bytes`.
    pub truncated: bool,
}

impl Text {
    /// The content as text: UTF-8, and where it is not, Latin-1 (which is how old pickles are loaded with `encoding="latin1"`).
    #[must_use]
    pub fn as_str(&self) -> Cow<'_, str> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(e) if self.truncated && e.error_len().is_none() => String::from_utf8_lossy(&self.bytes),
            Err(_) => Cow::Owned(self.bytes.iter().map(|&b| char::from(b)).collect()),
        }
    }
}

/// The content of a STRING argument without its quotes, its escapes decoded as the `string-escape` codec does.
/// The flag says whether all was well-formed.
pub(crate) fn unescape_string(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(raw.len());
    let mut clean = true;
    let mut rest = raw;
    while let Some((&b, tail)) = rest.split_first() {
        rest = tail;
        if b != b'\\' {
            out.push(b);
            continue;
        }
        let Some((&e, tail)) = rest.split_first() else {
            clean = false;
            out.push(b);
            break;
        };
        rest = tail;
        match e {
            b'\n' => {}
            b'\\' | b'\'' | b'"' => out.push(e),
            b'a' => out.push(7),
            b'b' => out.push(8),
            b't' => out.push(9),
            b'n' => out.push(10),
            b'v' => out.push(11),
            b'f' => out.push(12),
            b'r' => out.push(13),
            b'0'..=b'7' => {
                let mut n = u32::from(e - b'0');
                for _ in 0..2 {
                    match rest.split_first() {
                        Some((&d @ b'0'..=b'7', tail)) => {
                            n = n * 8 + u32::from(d - b'0');
                            rest = tail;
                        }
                        _ => break,
                    }
                }
                out.push((n & 0xff) as u8);
            }
            b'x' => match rest {
                [a, b, tail @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                    out.push(hex_digit(*a) << 4 | hex_digit(*b));
                    rest = tail;
                }
                _ => {
                    clean = false;
                    out.extend([b'\\', b'x']);
                }
            },
            other => out.extend([b'\\', other]),
        }
    }
    (out, clean)
}

pub(crate) fn hex_digit(b: u8) -> u8 {
    match b {
        b'0'..=b'9' => b - b'0',
        b'a'..=b'f' => b - b'a' + 10,
        b'A'..=b'F' => b - b'A' + 10,
        _ => 0,
    }
}

/// The content of a UNICODE argument (`raw-unicode-escape`): `\uXXXX` and `\UXXXXXXXX`, all other bytes are Latin-1.
pub(crate) fn unescape_unicode(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut out = String::with_capacity(raw.len());
    let mut clean = true;
    let mut at = 0;
    while at < raw.len() {
        if raw[at] != b'\\' {
            out.push(char::from(raw[at]));
            at += 1;
            continue;
        }
        let slashes = raw[at..].iter().take_while(|&&b| b == b'\\').count();
        let after = at + slashes;
        let len = match raw.get(after) {
            Some(b'u') if slashes % 2 == 1 => 4,
            Some(b'U') if slashes % 2 == 1 => 8,
            _ => {
                out.extend(std::iter::repeat_n('\\', slashes));
                at = after;
                continue;
            }
        };
        out.extend(std::iter::repeat_n('\\', slashes - 1));
        let digits = raw.get(after + 1..after + 1 + len).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        match digits {
            Some(digits) => {
                let n = digits.iter().fold(0u32, |n, &d| n << 4 | u32::from(hex_digit(d)));
                clean &= char::from_u32(n).is_some();
                out.push(char::from_u32(n).unwrap_or(char::REPLACEMENT_CHARACTER));
                at = after + 1 + len;
            }
            None => {
                clean = false;
                out.push('\\');
                at = after;
            }
        }
    }
    (out.into_bytes(), clean)
}

/// Appends `text` to `out` as a Python literal, at most about `max` characters of it; a cut one ends in `...`.
pub(crate) fn write_literal(out: &mut String, text: &Text, max: usize) {
    use std::fmt::Write;
    let quote = if text.bytes.contains(&b'\'') && !text.bytes.contains(&b'"') { '"' } else { '\'' };
    let open = match text.kind {
        TextKind::Str => "",
        TextKind::Bytes => "b",
        TextKind::ByteArray => "bytearray(b",
    };
    out.push_str(open);
    out.push(quote);
    let limit = out.len() + max;
    let mut cut = text.truncated;
    let mut one = |out: &mut String, c: char, is_text: bool| {
        if out.len() >= limit {
            cut = true;
            return false;
        }
        // Writing to a String cannot fail.
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c if is_text && u32::from(c) > 0xff && !c.is_control() && !is_invisible(c) => out.push(c),
            c if is_text && c.is_alphanumeric() => out.push(c),
            c if u32::from(c) <= 0xff => write!(out, "\\x{:02x}", u32::from(c)).unwrap_or_default(),
            c if u32::from(c) <= 0xffff => write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            c => write!(out, "\\U{:08x}", u32::from(c)).unwrap_or_default(),
        }
        true
    };
    if text.kind == TextKind::Str {
        for c in text.as_str().chars() {
            if !one(out, c, true) {
                break;
            }
        }
    } else {
        for &b in &text.bytes {
            if !one(out, char::from(b), false) {
                break;
            }
        }
    }
    if cut {
        out.push_str("...");
    }
    out.push(quote);
    if text.kind == TextKind::ByteArray {
        out.push(')');
    }
}

/// Characters that a reader of a report would not see, or that would reorder what he sees.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x2000..=0x200f | 0x2028..=0x202f
        | 0x205f..=0x206f | 0x3000 | 0x3164 | 0xd800..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffd | 0xe0000..=0x10ffff)
}
