//! What a plugin passes by pointer, copied into values of ours and cut to the engine's limits.

use crate::fact::Value;
use crate::limits;
use weighbridge_abi as abi;

/// A string of a descriptor; `None` where it is not UTF-8 or longer than any name.
///
/// # Safety
/// The pointer is null with a length of 0, or leads to that many bytes for as long as `'a`.
pub(super) unsafe fn text<'a>(s: abi::Str) -> Option<&'a str> {
    if s.len == 0 {
        return Some("");
    }
    if s.ptr.is_null() || s.len > limits::VALUE_BYTES as u64 {
        return None;
    }
    // SAFETY: as the caller promises.
    std::str::from_utf8(unsafe { std::slice::from_raw_parts(s.ptr, s.len as usize) }).ok()
}

/// # Safety
/// As [`text`], for `count` strings.
pub(super) unsafe fn texts(first: *const abi::Str, count: u64) -> Option<Vec<String>> {
    if count == 0 {
        return Some(Vec::new());
    }
    if first.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    (0..count as usize).map(|i| unsafe { text(*first.add(i)) }.map(str::to_owned)).collect()
}

/// # Safety
/// The pointer is null with a length of 0, or leads to that many bytes for as long as `'a`.
pub(super) unsafe fn bytes<'a>(ptr: *const u8, len: u64) -> &'a [u8] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    let len = usize::try_from(len).unwrap_or(0).min(limits::VALUE_BYTES);
    // SAFETY: as the caller promises; no more than its length.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

/// Text of a plugin: what is not UTF-8 becomes replacement characters, what is too long is cut.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn lossy(s: abi::Str) -> (String, u64) {
    // SAFETY: as the caller promises.
    let bytes = unsafe { bytes(s.ptr, s.len) };
    let text = String::from_utf8_lossy(bytes);
    if (bytes.len() as u64) < s.len {
        // The cut may have split a character: what is left of it is not part of the text.
        return (text.trim_end_matches(char::REPLACEMENT_CHARACTER).to_owned(), s.len);
    }
    let text = text.into_owned();
    let len = text.len() as u64;
    (text, len)
}

/// A value; `None` where its type is none.
///
/// # Safety
/// What the value points to is valid.
pub(super) unsafe fn value(raw: &abi::Value, nested: bool) -> Option<Value> {
    let cut = |have: u64| if raw.flags & abi::TRUNCATED != 0 { raw.full_len.max(have + 1) } else { have };
    // SAFETY: which field of the union holds is said by the type, and its pointers are valid.
    unsafe {
        Some(match raw.type_ {
            abi::TYPE_U64 => Value::U64(raw.as_.u64),
            abi::TYPE_I64 => Value::I64(raw.as_.i64),
            abi::TYPE_F64 => Value::F64(raw.as_.f64),
            abi::TYPE_BYTES => {
                let held = bytes(raw.as_.bytes.ptr, raw.as_.bytes.len).to_vec();
                let full = cut(raw.as_.bytes.len);
                Value::Bytes(held, full)
            }
            abi::TYPE_TEXT => {
                let (held, full) = lossy(raw.as_.text);
                Value::Text(held, cut(full))
            }
            abi::TYPE_LIST if !nested => {
                let list = raw.as_.list;
                let kept = if list.items.is_null() { 0 } else { usize::try_from(list.len).unwrap_or(0).min(limits::LIST_ITEMS) };
                let mut items = Vec::with_capacity(kept);
                for i in 0..kept {
                    items.push(value(&*list.items.add(i), true)?);
                }
                Value::List(items, cut(list.len))
            }
            _ => return None,
        })
    }
}
