//! Strings: decoded into a bounded text, hashed and counted to their end.
//!
//! `string = quotation-mark *char quotation-mark`, <https://www.rfc-editor.org/rfc/rfc8259#section-7>.

use crate::cursor::Cursor;
use crate::encoding::Encoding;
use crate::issue::{Code, Issues};
use std::hash::Hasher;
use weighbridge_parse_read::{ReadAt, Stop};

/// Where decoded bytes go. A piece is UTF-8 but for what the input has wrong.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);

    /// Whether no more is wanted now. Asked between pieces.
    fn full(&self) -> bool {
        false
    }
}

/// How a string, or a part of it, came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// At its quote, which is passed.
    Quote,
    /// With the input.
    Input,
    /// The sink is full.
    Full,
}

/// The first bytes of a string, with its length and hash.
#[derive(Default)]
pub(crate) struct Kept {
    pub bytes: Vec<u8>,
    pub limit: usize,
    pub full: u64,
    pub hash: std::hash::DefaultHasher,
}

impl Kept {
    pub fn start(&mut self, limit: usize) {
        self.bytes.clear();
        self.limit = limit;
        self.full = 0;
        self.hash = std::hash::DefaultHasher::new();
    }
}

impl Sink for Kept {
    fn put(&mut self, bytes: &[u8]) {
        self.full += bytes.len() as u64;
        self.hash.write(bytes);
        let room = self.limit.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// Decodes from behind the opening quote. `verbatim` is cleared where the decoded bytes are not the input's own.
pub(crate) fn decode<R: ReadAt>(
    cursor: &mut Cursor<R>,
    quote: u8,
    sink: &mut impl Sink,
    issues: &mut Issues,
    verbatim: &mut bool,
) -> Result<Ended, Stop> {
    if cursor.encoding != Encoding::Utf8 {
        *verbatim = false;
        return wide(cursor, quote, sink, issues);
    }
    loop {
        if sink.full() {
            return Ok(Ended::Full);
        }
        let at = cursor.at;
        let run = cursor.run()?;
        if run.is_empty() {
            return Ok(Ended::Input);
        }
        // What a sink may take at once is bounded, so that one that fills up is not overrun by much.
        let run = &run[..run.len().min(PIECE)];
        let plain = memchr::memchr2(quote, b'\\', run).unwrap_or(run.len());
        if let Some(control) = run[..plain].iter().position(|byte| *byte < b' ') {
            issues.add(Code::Control, at + control as u64, "an escape", || format!("{:#04x}", run[control]));
        }
        sink.put(&run[..plain]);
        let stopped = run.get(plain).copied();
        cursor.advance(plain);
        match stopped {
            None => {}
            Some(b'\\') => {
                *verbatim = false;
                if !escape(cursor, sink, issues)? {
                    return Ok(Ended::Input);
                }
            }
            Some(_) => {
                cursor.advance(1);
                return Ok(Ended::Quote);
            }
        }
    }
}

/// Bytes handed to a sink at once.
const PIECE: usize = 16 << 10;

/// The same for units of two or four bytes.
fn wide<R: ReadAt>(cursor: &mut Cursor<R>, quote: u8, sink: &mut impl Sink, issues: &mut Issues) -> Result<Ended, Stop> {
    loop {
        if sink.full() {
            return Ok(Ended::Full);
        }
        let at = cursor.at;
        let Some(unit) = cursor.peek()? else {
            cursor.finish();
            return Ok(Ended::Input);
        };
        if unit == u32::from(quote) {
            cursor.advance(1);
            return Ok(Ended::Quote);
        }
        if unit == u32::from(b'\\') {
            if !escape(cursor, sink, issues)? {
                return Ok(Ended::Input);
            }
            continue;
        }
        cursor.advance(1);
        if unit < u32::from(b' ') {
            issues.add(Code::Control, at, "an escape", || format!("{unit:#04x}"));
        }
        let low = if is_high(unit) { cursor.peek()?.filter(|low| is_low(*low)) } else { None };
        if low.is_some() {
            cursor.advance(1);
        }
        put_char(pair(unit, low), at, sink, issues);
    }
}

fn is_high(unit: u32) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

fn is_low(unit: u32) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

fn pair(high: u32, low: Option<u32>) -> u32 {
    low.map_or(high, |low| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
}

fn put_char(code: u32, at: u64, sink: &mut impl Sink, issues: &mut Issues) {
    let c = char::from_u32(code).unwrap_or_else(|| {
        issues.add(Code::Surrogate, at, "a character", || format!("\\u{code:04x}"));
        '\u{fffd}'
    });
    sink.put(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// A backslash and what it escapes. False at the end of the input.
fn escape<R: ReadAt>(cursor: &mut Cursor<R>, sink: &mut impl Sink, issues: &mut Issues) -> Result<bool, Stop> {
    let at = cursor.at;
    let Some(unit) = cursor.peek_at(1)? else {
        cursor.finish();
        return Ok(false);
    };
    let simple = match u8::try_from(unit).unwrap_or(0) {
        plain @ (b'"' | b'\\' | b'/') => plain,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => {
            cursor.advance(2);
            return hexadecimal(cursor, at, sink, issues);
        }
        _ => {
            // The backslash stays, as it stands: what follows is read as itself, so that a quote of the other kind ends nothing.
            issues.add(Code::Escape, at, "one of \"\\/bfnrtu", || char::from_u32(unit).unwrap_or('\u{fffd}').to_string());
            cursor.advance(1);
            if unit == u32::from(b'\'') {
                cursor.advance(1);
                sink.put(b"'");
            } else {
                sink.put(b"\\");
            }
            return Ok(true);
        }
    };
    cursor.advance(2);
    sink.put(&[simple]);
    Ok(true)
}

/// Four digits behind `\u`, and the other half of a pair behind them.
fn hexadecimal<R: ReadAt>(cursor: &mut Cursor<R>, at: u64, sink: &mut impl Sink, issues: &mut Issues) -> Result<bool, Stop> {
    let Some(first) = digits(cursor, 0)? else {
        issues.add(Code::Escape, at, "four hexadecimal digits", String::new);
        sink.put(b"\\u");
        return Ok(true);
    };
    cursor.advance(4);
    let mut low = None;
    if is_high(first) && cursor.peek()? == Some(u32::from(b'\\')) && cursor.peek_at(1)? == Some(u32::from(b'u')) {
        low = digits(cursor, 2)?.filter(|low| is_low(*low));
    }
    if low.is_some() {
        cursor.advance(6);
    }
    put_char(pair(first, low), at, sink, issues);
    Ok(true)
}

fn digits<R: ReadAt>(cursor: &mut Cursor<R>, from: usize) -> Result<Option<u32>, Stop> {
    let mut code = 0;
    for at in from..from + 4 {
        let digit = cursor.peek_at(at)?.and_then(char::from_u32).and_then(|c| c.to_digit(16));
        let Some(digit) = digit else { return Ok(None) };
        code = code * 16 + digit;
    }
    Ok(Some(code))
}
