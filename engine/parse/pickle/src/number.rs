//! Numbers written as text: INT, LONG, FLOAT, GET and PUT of protocol 0.

/// The number of a text argument as its loosest reader takes it: up to a NUL, without white space and underscores.
pub(crate) fn text_number(raw: &[u8]) -> String {
    let end = raw.iter().position(|&b| b == 0).unwrap_or(raw.len());
    let text = String::from_utf8_lossy(&raw[..end]);
    text.trim().trim_end_matches(['L', 'l']).replace('_', "")
}

/// How an integer was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Integer {
    /// In base ten.
    Decimal(i64),
    /// In base ten, longer than 64 bits.
    Long,
    /// In a base that a prefix names: what C's strtol with base 0 takes.
    Based(i64),
    /// Not a number.
    Invalid,
}

/// Reads an integer in base ten or, as `_pickle` does, in base zero.
pub(crate) fn integer(text: &str) -> Integer {
    if let Ok(n) = text.parse::<i64>() {
        // strtol with base 0 reads a leading zero as octal; pickle.py reads it in base ten, or refuses.
        return match text.trim_start_matches(['+', '-']) {
            digits if digits.len() > 1 && digits.starts_with('0') => {
                let magnitude = i64::from_str_radix(digits, 8).unwrap_or(n);
                Integer::Based(if text.starts_with('-') { -magnitude } else { magnitude })
            }
            _ => Integer::Decimal(n),
        };
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let based = [("0x", 16), ("0o", 8), ("0b", 2)].iter().find_map(|(prefix, radix)| {
        let rest = lower.strip_prefix(prefix)?;
        i64::from_str_radix(rest, *radix).ok()
    });
    match based {
        Some(n) => Integer::Based(if negative { -n } else { n }),
        None if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => Integer::Long,
        None => Integer::Invalid,
    }
}

/// An integer in two's complement, little-endian, as LONG1 and LONG4 write it; `None` beyond 64 bits.
pub(crate) fn long(bytes: &[u8]) -> Option<i64> {
    if bytes.len() > 8 {
        return None;
    }
    let mut buf = [if bytes.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 }; 8];
    buf[..bytes.len()].copy_from_slice(bytes);
    Some(i64::from_le_bytes(buf))
}
