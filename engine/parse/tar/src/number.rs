//! Numbers of a header, as each reader reads them.
//!
//! POSIX: "leading zero-filled numbers using digits from the ISO/IEC 646 IRV, terminated by one or more space or NUL characters", in
//! octal. GNU and star write what does not fit in base 256: the first byte is 0x80 (or 0xff, negative), the rest a big-endian number.

/// What readers make of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Readings {
    /// Python's `tarfile.nti`: cut at a NUL, stripped, `int(text, 8)`. `None`: the header is refused.
    pub python: Option<i128>,
    /// GNU tar's `from_header`: digits, then a space or a NUL.
    pub gnu: Option<i128>,
    /// libarchive's `tar_atol`: any first byte with bit 7 is base 256, and octal ends at the first byte that is no digit.
    pub other: i128,
}

impl Readings {
    pub fn of(field: &[u8]) -> Self {
        let strict = base256(field).filter(|_| matches!(field.first(), Some(0x80 | 0xFF)));
        let other = base256(field).unwrap_or_else(|| loose(field));
        Readings { python: strict.or_else(|| python(field)), gnu: strict.or_else(|| gnu(field)), other }
    }

    /// Python's reading, or the next best.
    pub fn best(&self) -> i128 {
        self.python.or(self.gnu).unwrap_or(self.other)
    }

    /// All readings.
    pub fn all(&self) -> impl Iterator<Item = i128> + use<> {
        [self.python, self.gnu, Some(self.other)].into_iter().flatten()
    }

    pub fn agree(&self) -> bool {
        self.python == self.gnu && self.python == Some(self.other)
    }
}

fn base256(field: &[u8]) -> Option<i128> {
    let (&first, rest) = field.split_first().filter(|(first, _)| **first & 0x80 != 0)?;
    // Fields have at most 12 bytes: 11 fit, with the sign.
    let value = rest.iter().fold(0i128, |value, &byte| (value << 8) | i128::from(byte));
    match first {
        0xFF => Some(value - (1i128 << (8 * rest.len().min(15)))),
        _ => Some(value | (i128::from(first & 0x7F) << (8 * rest.len().min(15)))),
    }
}

fn is_python_space(byte: &u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0D | 0x1C..=0x1F)
}

/// Octal text as Python's `int(text, 8)` takes it: a sign, `0o`, single underscores between digits.
pub(crate) fn python(field: &[u8]) -> Option<i128> {
    let text = field.split(|&b| b == 0).next()?;
    let start = text.iter().position(|b| !is_python_space(b)).unwrap_or(text.len());
    let end = text.iter().rposition(|b| !is_python_space(b)).map_or(start, |at| at + 1);
    let text = &text[start..end];
    if text.is_empty() {
        return Some(0);
    }
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (digits, mut underscore) = match digits {
        [b'0', b'o' | b'O', rest @ ..] => (rest, false),
        rest => (rest, true),
    };
    // `underscore`: the byte before is no digit, so that none may follow.
    let mut value = 0i128;
    for &byte in digits {
        match byte {
            b'0'..=b'7' => {
                value = (value << 3) | i128::from(byte - b'0');
                underscore = false;
            }
            b'_' if !underscore => underscore = true,
            _ => return None,
        }
    }
    let ends_well = digits.last().is_some_and(u8::is_ascii_digit);
    ends_well.then_some(if negative { -value } else { value })
}

fn gnu(field: &[u8]) -> Option<i128> {
    let start = field.iter().position(|&b| b != b' ')?;
    let (value, rest) = octal(&field[start..]);
    matches!(rest.first(), None | Some(0 | b' ' | 0x09..=0x0D)).then_some(value)
}

fn loose(field: &[u8]) -> i128 {
    let start = field.iter().position(|&b| b != b' ' && b != b'\t').unwrap_or(field.len());
    octal(&field[start..]).0
}

fn octal(text: &[u8]) -> (i128, &[u8]) {
    let digits = text.iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
    let value = text[..digits].iter().fold(0i128, |value, &byte| (value << 3) | i128::from(byte - b'0'));
    (value, &text[digits..])
}

/// Decimal text of a pax record as Python's `int(text)` takes it, underscores aside.
pub(crate) fn decimal(text: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(text).ok()?.trim();
    (text.len() <= 36).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_differ() {
        let same = Readings::of(b"00000000017\0");
        assert!(same.agree());
        assert_eq!(same.best(), 15);
        assert_eq!(Readings::of(b"0o17\0"), Readings { python: Some(15), gnu: None, other: 0 });
        assert_eq!(Readings::of(b"1_0 "), Readings { python: Some(8), gnu: None, other: 1 });
        assert_eq!(Readings::of(b"-10\0"), Readings { python: Some(-8), gnu: None, other: 0 });
        assert_eq!(Readings::of(b"12 34\0"), Readings { python: None, gnu: Some(10), other: 10 });
        assert_eq!(Readings::of(b"\x80\0\0\0\0\0\0\x02\0\0\0\0").best(), 2 << 32);
        assert_eq!(Readings::of(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe").best(), -2);
        assert_eq!(Readings::of(b"\0\0\0\0"), Readings { python: Some(0), gnu: Some(0), other: 0 });
        assert_eq!(python(b"9"), None);
        assert_eq!(python(b"7_"), None);
        assert_eq!(python(b"_7"), None);
    }
}
