//! String literals: Jinja hands them to Python's `unicode-escape` decoder.
//!
//! <https://docs.python.org/3/reference/lexical_analysis.html#escape-sequences>.

/// A literal's text without its escapes.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            return out;
        };
        let (decoded, taken) = match c {
            'n' => (Some('\n'), 1),
            't' => (Some('\t'), 1),
            'r' => (Some('\r'), 1),
            'a' => (Some('\u{7}'), 1),
            'b' => (Some('\u{8}'), 1),
            'f' => (Some('\u{c}'), 1),
            'v' => (Some('\u{b}'), 1),
            '\\' | '\'' | '"' => (Some(c), 1),
            '\n' => (None, 1),
            'x' => digits(rest, 2, 16),
            'u' => digits(rest, 4, 16),
            'U' => digits(rest, 8, 16),
            '0'..='7' => {
                let length = rest.bytes().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
                (u32::from_str_radix(&rest[..length], 8).ok().and_then(char::from_u32), length)
            }
            _ => {
                out.push('\\');
                (Some(c), c.len_utf8())
            }
        };
        out.extend(decoded);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// The character of `count` digits behind a letter; the letter itself where there are none.
fn digits(text: &str, count: usize, radix: u32) -> (Option<char>, usize) {
    let code = text.get(1..1 + count).and_then(|digits| u32::from_str_radix(digits, radix).ok());
    match code {
        Some(code) => (Some(char::from_u32(code).unwrap_or('\u{fffd}')), 1 + count),
        None => (text.chars().next(), 1),
    }
}
