//! Text from files, made fit for a terminal: escaped, wrapped, cut.

use std::borrow::Cow;
use unicode_width::UnicodeWidthChar;

/// Whether a character could move the cursor, change the terminal, or make text look like something else.
pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Directions, joiners, marks and fillers that show nothing.
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            // Tags, and variation selectors.
            | '\u{e0000}'..='\u{e0fff}')
}

/// Text that does nothing to a terminal: each dangerous character is written as an escape.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_dangerous(c) && u32::from(c) < 0x100 => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_dangerous(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The same for text of several lines.
pub fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// Columns that text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Text of at most `max` characters; where it is cut it says so.
pub fn cut(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        None => Cow::Borrowed(text),
        Some((at, _)) => {
            let more = text[at..].chars().count();
            Cow::Owned(format!("{}… (+{more} characters)", &text[..at]))
        }
    }
}

/// Lines of at most `columns`, broken between words, and within a word that is longer than a line.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(20);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let wide = width(word);
        if used > 0 && used + 1 + wide > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        if wide <= columns {
            line.push_str(word);
            used += wide;
            continue;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += wide;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal() {
        assert_eq!(escape("models/ä.pkl"), "models/ä.pkl");
        assert_eq!(escape("a\x1b[31mb\x07\n\u{9b}2J"), "a\\x1b[31mb\\x07\\n\\x9b2J");
        assert_eq!(escape("exe\u{202e}lkp.py\u{2066}\u{200b}\u{feff}"), "exe\\u{202e}lkp.py\\u{2066}\\u{200b}\\u{feff}");
        assert_eq!(escape("\u{e0041}\u{2028}\u{7f}"), "\\u{e0041}\\u{2028}\\x7f");
    }

    #[test]
    fn text_is_wrapped_to_the_width() {
        assert_eq!(wrap("the quick brown fox jumps over", 20), ["the quick brown fox", "jumps over"]);
        assert_eq!(wrap(&"x".repeat(45), 20), ["x".repeat(20), "x".repeat(20), "x".repeat(5)]);
        assert!(wrap("   ", 20).is_empty());
        assert!(wrap("日本語のモデル 日本語のモデル", 20).iter().all(|line| width(line) <= 20));
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abcd… (+2 characters)");
    }
}
