//! Texts that a stream computes in order to spell a name, or bytes in order to hide them: joined, decoded, turned around.

use weighbridge_parse_read::Stop;

use crate::event::Visitor;
use crate::machine::Core;
use crate::text::{Text, TextKind, hex_digit};
use crate::value::{Tag, Value};

pub(crate) fn is_text_method(name: &str) -> bool {
    matches!(
        name,
        "join"
            | "lower"
            | "upper"
            | "replace"
            | "strip"
            | "lstrip"
            | "rstrip"
            | "swapcase"
            | "title"
            | "capitalize"
            | "casefold"
            | "removeprefix"
            | "removesuffix"
            | "encode"
            | "decode"
            | "format"
            | "split"
            | "__mod__"
            | "__str__"
            | "hex"
            | "translate"
    )
}

impl<V: Visitor> Core<'_, '_, V> {
    /// A text that is short enough to compute with.
    fn whole(&mut self, value: Value) -> Result<Option<Text>, Stop> {
        let max = self.values.limits.computed_len;
        let text = self.values.text(value, max)?.filter(|t| !t.truncated);
        let cost = text.as_ref().map_or(1, |t| 1 + t.bytes.len() as u64 / 2);
        Ok(text.filter(|_| self.values.charge(cost)))
    }

    fn make(&mut self, kind: TextKind, bytes: &[u8]) -> Option<Value> {
        self.values.intern_text(kind, bytes)
    }

    pub(crate) fn concat(&mut self, a: Value, b: Value) -> Result<Option<Value>, Stop> {
        if let (Some(mut left), Some(right)) = (self.whole(a)?, self.whole(b)?) {
            left.bytes.extend(right.bytes);
            return Ok(self.make(left.kind, &left.bytes));
        }
        if let (Some(mut left), Some(right)) = (self.few_items(a), self.few_items(b))
            && !a.is(Tag::Dict)
            && left.len() + right.len() <= 4096
        {
            left.extend(right);
            return Ok(Some(Value::new(a.tag(), self.values.containers.make(&left))));
        }
        Ok(None)
    }

    pub(crate) fn reversed_text(&mut self, value: Value) -> Result<Option<Value>, Stop> {
        let Some(items) = self.text_items(value)? else { return Ok(None) };
        let Some(mut items) = self.few_items(items) else { return Ok(None) };
        items.reverse();
        Ok(Some(Value::new(Tag::List, self.values.containers.make(&items))))
    }

    /// The characters of a text, or the bytes of bytes, as a list.
    pub(crate) fn text_items(&mut self, value: Value) -> Result<Option<Value>, Stop> {
        let Some(text) = self.whole(value)? else { return Ok(None) };
        if text.bytes.len() > 1024 {
            return Ok(None);
        }
        let mut items = Vec::new();
        if text.kind == TextKind::Str {
            for c in text.as_str().chars() {
                let Some(item) = self.make(TextKind::Str, c.encode_utf8(&mut [0; 4]).as_bytes()) else { return Ok(None) };
                items.push(item);
            }
        } else {
            items.extend(text.bytes.iter().map(|&b| Value::new(Tag::Int, u64::from(b))));
        }
        Ok(Some(Value::new(Tag::List, self.values.containers.make(&items))))
    }

    /// `text[key]`, for an index or a slice.
    pub(crate) fn text_item(&mut self, value: Value, key: Value) -> Result<Option<Value>, Stop> {
        let Some(text) = self.whole(value)? else { return Ok(None) };
        let slice = match self.values.call(key) {
            Some((f, args)) if self.values.name(f).is_some_and(|n| n.path() == "builtins.slice") => Some(args.to_vec()),
            _ => None,
        };
        let chars: Vec<String> = if text.kind == TextKind::Str {
            text.as_str().chars().map(String::from).collect()
        } else {
            text.bytes.iter().map(|&b| char::from(b).to_string()).collect()
        };
        let len = i64::try_from(chars.len()).unwrap_or(i64::MAX);
        let picked: Vec<usize> = match slice {
            None => {
                let Some(i) = key.as_int() else { return Ok(None) };
                let i = if i < 0 { i.saturating_add(len) } else { i };
                if !(0..len).contains(&i) {
                    return Ok(None);
                }
                if text.kind != TextKind::Str {
                    return Ok(text.bytes.get(i as usize).map(|&b| Value::new(Tag::Int, u64::from(b))));
                }
                vec![i as usize]
            }
            Some(args) => {
                let part = |v: Option<&Value>| match v {
                    None | Some(&Value::NONE) => Some(None),
                    Some(v) => v.as_int().map(Some),
                };
                let (start, stop, step) = if args.len() == 1 { (None, args.first(), None) } else { (args.first(), args.get(1), args.get(2)) };
                let (Some(start), Some(stop), Some(step)) = (part(start), part(stop), part(step)) else { return Ok(None) };
                slice_indexes(start, stop, step.unwrap_or(1), len)
            }
        };
        if text.kind == TextKind::Str {
            let out: String = picked.iter().filter_map(|&i| chars.get(i)).map(String::as_str).collect();
            return Ok(self.make(TextKind::Str, out.as_bytes()));
        }
        let out: Vec<u8> = picked.iter().filter_map(|&i| text.bytes.get(i)).copied().collect();
        Ok(self.make(text.kind, &out))
    }

    /// `text.method(args)`.
    pub(crate) fn text_method(&mut self, receiver: Value, method: &str, args: &[Value]) -> Result<Option<Value>, Stop> {
        let Some(text) = self.whole(receiver)? else { return Ok(None) };
        let kind = text.kind;
        let is_str = kind == TextKind::Str;
        let first = args.first().copied();
        let arg = match first {
            Some(value) if value.is_text() => self.whole(value)?,
            _ => None,
        };
        // Bytes are worked on as characters of the same number. Those beyond ASCII have no case, which the characters have.
        let read = |text: &Text| if is_str { text.as_str().into_owned() } else { text.bytes.iter().map(|&b| char::from(b)).collect() };
        let source: String = read(&text);
        if !is_str
            && !source.is_ascii()
            && matches!(method, "lower" | "casefold" | "upper" | "swapcase" | "capitalize" | "title" | "__mod__" | "__str__")
        {
            return Ok(None);
        }
        let out = match method {
            "join" => {
                let Some(items) = first else { return Ok(None) };
                let Some(list) = (if items.is_text() { self.text_items(items)? } else { Some(items) }) else { return Ok(None) };
                let Some(items) = self.few_items(list) else { return Ok(None) };
                let mut out = Vec::new();
                for (i, item) in items.into_iter().enumerate() {
                    let Some(part) = self.whole(item)? else { return Ok(None) };
                    if i > 0 {
                        out.extend(&text.bytes);
                    }
                    out.extend(part.bytes);
                    if out.len() > self.values.limits.computed_len {
                        return Ok(None);
                    }
                }
                return Ok(self.make(kind, &out));
            }
            "__getitem__" => {
                return match first {
                    Some(key) => self.text_item(receiver, key),
                    None => Ok(None),
                };
            }
            "__add__" | "__concat__" => {
                return match first {
                    Some(other) => self.concat(receiver, other),
                    None => Ok(None),
                };
            }
            "lower" | "casefold" => source.to_lowercase(),
            "upper" => source.to_uppercase(),
            "swapcase" => source
                .chars()
                .flat_map(|c| if c.is_uppercase() { c.to_lowercase().collect::<Vec<_>>() } else { c.to_uppercase().collect() })
                .collect(),
            "capitalize" | "title" => {
                let mut chars = source.chars();
                chars.next().map(|c| c.to_uppercase().collect::<String>() + &chars.as_str().to_lowercase()).unwrap_or_default()
            }
            "__str__" => source,
            "strip" | "lstrip" | "rstrip" => {
                let set: Vec<char> = match (&arg, first) {
                    (Some(set), _) => read(set).chars().collect(),
                    (None, None | Some(Value::NONE)) => vec![' ', '\t', '\n', '\r', '\x0b', '\x0c'],
                    _ => return Ok(None),
                };
                let mut s: &str = &source;
                if method != "rstrip" {
                    s = s.trim_start_matches(&set[..]);
                }
                if method != "lstrip" {
                    s = s.trim_end_matches(&set[..]);
                }
                s.to_owned()
            }
            "replace" => {
                let (Some(from), Some(&to)) = (&arg, args.get(1)) else { return Ok(None) };
                let Some(to) = self.whole(to)? else { return Ok(None) };
                if from.bytes.is_empty() || args.len() > 2 {
                    return Ok(None);
                }
                source.replace(&read(from), &read(&to))
            }
            "removeprefix" => match &arg {
                Some(p) => source.strip_prefix(&read(p)).unwrap_or(&source).to_owned(),
                None => return Ok(None),
            },
            "removesuffix" => match &arg {
                Some(p) => source.strip_suffix(&read(p)).unwrap_or(&source).to_owned(),
                None => return Ok(None),
            },
            "encode" if is_str => return self.codec(&text, first, true),
            "decode" if !is_str => return self.codec(&text, first, false),
            "split" => {
                let parts: Vec<String> = match &arg {
                    Some(sep) if !sep.bytes.is_empty() => source.split(&read(sep)).map(str::to_owned).collect(),
                    None if first.is_none() => source.split_whitespace().map(str::to_owned).collect(),
                    _ => return Ok(None),
                };
                let mut items = Vec::new();
                for part in parts.iter().take(1024) {
                    let Some(value) = self.make(kind, &written(kind, part)) else { return Ok(None) };
                    items.push(value);
                }
                return Ok(Some(Value::new(Tag::List, self.values.containers.make(&items))));
            }
            "format" if is_str => match self.format(&source, args)? {
                Some(out) => out,
                None => return Ok(None),
            },
            "__mod__" => {
                let Some(operand) = first else { return Ok(None) };
                let operands = if operand.is(Tag::Tuple) { self.few_items(operand) } else { Some(vec![operand]) };
                match operands {
                    Some(operands) => match self.percent(&source, &operands)? {
                        Some(out) => out,
                        None => return Ok(None),
                    },
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        Ok(self.make(kind, &written(kind, &out)))
    }

    /// The text of a value that is put into a format: a text, or a small integer.
    fn operand_text(&mut self, value: Value) -> Result<Option<String>, Stop> {
        if let Some(text) = self.whole(value)? {
            return Ok(Some(text.as_str().into_owned()));
        }
        Ok(value.as_int().filter(|_| value.is(Tag::Int)).map(|n| n.to_string()))
    }

    /// `format.format(args)` with fields that are empty or a number.
    fn format(&mut self, format: &str, args: &[Value]) -> Result<Option<String>, Stop> {
        let mut out = String::new();
        let mut next = 0;
        let mut rest = format;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                out.push_str(&rest[..1]);
                rest = &rest[2..];
                continue;
            }
            let Some((field, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) else { return Ok(None) };
            let index = if field.is_empty() { Some(next) } else { field.parse().ok() };
            next += 1;
            let Some(&value) = index.and_then(|i: usize| args.get(i)) else { return Ok(None) };
            let Some(text) = self.operand_text(value)? else { return Ok(None) };
            out.push_str(&text);
            if out.len() > self.values.limits.computed_len {
                return Ok(None);
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(Some(out))
    }

    /// `format % operands` with `%s`, `%d` and `%%`.
    fn percent(&mut self, format: &str, operands: &[Value]) -> Result<Option<String>, Stop> {
        let mut out = String::new();
        let mut operands = operands.iter();
        let mut parts = format.split('%');
        out.push_str(parts.next().unwrap_or(""));
        while let Some(part) = parts.next() {
            if part.is_empty() {
                // `%%`: the next part follows the sign as it is.
                out.push('%');
                out.push_str(parts.next().unwrap_or(""));
                continue;
            }
            let Some(tail) = part.strip_prefix(['s', 'd', 'i', 'c']) else { return Ok(None) };
            let Some(&value) = operands.next() else { return Ok(None) };
            let Some(text) = self.operand_text(value)? else { return Ok(None) };
            out.push_str(&text);
            out.push_str(tail);
            if out.len() > self.values.limits.computed_len {
                return Ok(None);
            }
        }
        Ok(Some(out))
    }

    /// `codecs.encode`, `codecs.decode`, `str.encode`, `bytes.decode`.
    fn codec(&mut self, text: &Text, codec: Option<Value>, encode: bool) -> Result<Option<Value>, Stop> {
        let name = match codec {
            Some(value) => match self.short_text(value)? {
                Some(name) => name,
                None => return Ok(None),
            },
            None => "utf-8".to_owned(),
        };
        let name = name.to_ascii_lowercase().replace(['-', ' '], "_");
        let out: Option<(TextKind, Vec<u8>)> = match name.as_str() {
            "utf_8" | "utf8" | "u8" | "utf" | "cp65001" | "utf_8_sig" | "ascii" | "us_ascii" | "646" | "latin_1" | "latin1" | "iso_8859_1"
            | "iso8859_1" | "8859" | "l1" | "cp1252" | "raw_unicode_escape" => {
                let latin =
                    matches!(name.as_str(), "latin_1" | "latin1" | "iso_8859_1" | "iso8859_1" | "8859" | "l1" | "cp1252" | "raw_unicode_escape");
                if encode {
                    let source = text.as_str();
                    if latin {
                        let bytes: Option<Vec<u8>> = source.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
                        bytes.map(|b| (TextKind::Bytes, b))
                    } else {
                        Some((TextKind::Bytes, source.as_bytes().to_vec()))
                    }
                } else if latin {
                    let s: String = text.bytes.iter().map(|&b| char::from(b)).collect();
                    Some((TextKind::Str, s.into_bytes()))
                } else {
                    Some((TextKind::Str, text.bytes.clone()))
                }
            }
            "unicode_escape" | "string_escape" if !encode => {
                Some((TextKind::Str, crate::text::unescape_unicode(&crate::text::unescape_string(&text.bytes).0).0))
            }
            "rot13" | "rot_13" => Some((text.kind, text.bytes.iter().map(|&b| rot13(b)).collect())),
            "hex" | "hex_codec" if encode => Some((TextKind::Bytes, text.bytes.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect())),
            "hex" | "hex_codec" => unhex(&text.bytes).map(|b| (TextKind::Bytes, b)),
            "base64" | "base64_codec" | "base_64" if !encode => Some((TextKind::Bytes, unbase64(&text.bytes))),
            _ => None,
        };
        Ok(out.and_then(|(kind, bytes)| self.make(kind, &bytes)))
    }

    /// Functions on one text or number.
    pub(crate) fn fold_text_function(&mut self, function: &str, args: &[Value]) -> Result<Option<Value>, Stop> {
        let first = args[0];
        let second = args.get(1).copied();
        let text = self.whole(first)?;
        Ok(match (function, text) {
            ("str", Some(text)) if text.kind == TextKind::Str => Some(first),
            ("str", Some(text)) if second.is_some() => self.codec(&text, second, false)?,
            ("str", None) => match first.as_int() {
                Some(n) if first.is(Tag::Int) => self.make(TextKind::Str, n.to_string().as_bytes()),
                _ => None,
            },
            ("bytes", Some(text)) if text.kind == TextKind::Str => self.codec(&text, second, true)?,
            ("bytes", Some(text)) => self.make(TextKind::Bytes, &text.bytes),
            ("bytes", None) => match self.few_items(first) {
                Some(items) => {
                    let bytes: Option<Vec<u8>> = items.iter().map(|v| v.as_int().and_then(|n| u8::try_from(n).ok())).collect();
                    bytes.and_then(|bytes| self.make(TextKind::Bytes, &bytes))
                }
                None => None,
            },
            ("int", Some(text)) => {
                let radix = second.and_then(Value::as_int).and_then(|n| u32::try_from(n).ok()).unwrap_or(10);
                let radix = if (2..=36).contains(&radix) { radix } else { 10 };
                i64::from_str_radix(text.as_str().trim(), radix).ok().map(|n| Value::int(n, 0)).filter(|v| v.is(Tag::Int))
            }
            ("int", None) => first.as_int().map(|n| Value::int(n, 0)),
            ("chr", None) => match first.as_int().and_then(|n| u32::try_from(n).ok()).and_then(char::from_u32) {
                Some(c) => self.make(TextKind::Str, c.encode_utf8(&mut [0; 4]).as_bytes()),
                None => None,
            },
            ("ord", Some(text)) => match (text.kind, &text.bytes[..]) {
                (TextKind::Str, _) => {
                    let s = text.as_str();
                    let mut chars = s.chars();
                    match (chars.next(), chars.next()) {
                        (Some(c), None) => Some(Value::new(Tag::Int, u64::from(u32::from(c)))),
                        _ => None,
                    }
                }
                (_, [b]) => Some(Value::new(Tag::Int, u64::from(*b))),
                _ => None,
            },
            ("encode", Some(text)) => self.codec(&text, second, true)?,
            ("decode", Some(text)) => self.codec(&text, second, false)?,
            ("base64", Some(text)) => self.make(TextKind::Bytes, &unbase64(&text.bytes)),
            ("hex", Some(text)) => unhex(&text.bytes).and_then(|bytes| self.make(TextKind::Bytes, &bytes)),
            _ => None,
        })
    }
}

/// A text as its bytes; of bytes, each of which is a character here, those.
fn written(kind: TextKind, text: &str) -> Vec<u8> {
    if kind == TextKind::Str { text.as_bytes().to_vec() } else { text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect() }
}

/// The indexes that a Python slice picks.
fn slice_indexes(start: Option<i64>, stop: Option<i64>, step: i64, len: i64) -> Vec<usize> {
    if step == 0 {
        return Vec::new();
    }
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp = |v: Option<i64>, default: i64| match v {
        None => default,
        Some(v) => (if v < 0 { v.saturating_add(len) } else { v }).clamp(low, high),
    };
    let start = clamp(start, if step > 0 { 0 } else { len - 1 });
    let stop = clamp(stop, if step > 0 { len } else { -1 });
    let mut out = Vec::new();
    let mut at = start;
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        if let Ok(i) = usize::try_from(at) {
            out.push(i);
        }
        match at.checked_add(step) {
            Some(next) => at = next,
            None => break,
        }
    }
    out
}

fn rot13(b: u8) -> u8 {
    match b {
        b'a'..=b'z' => (b - b'a' + 13) % 26 + b'a',
        b'A'..=b'Z' => (b - b'A' + 13) % 26 + b'A',
        _ => b,
    }
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    Some(digits.chunks_exact(2).map(|pair| hex_digit(pair[0]) << 4 | hex_digit(pair[1])).collect())
}

/// Base64 of either alphabet; what is not of it is skipped, as Python's decoder does.
fn unbase64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut buffer = 0u32;
    let mut bits = 0;
    for &b in text {
        let digit = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => continue,
        };
        buffer = buffer << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits & 0xff) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    out
}
