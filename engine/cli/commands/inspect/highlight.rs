//! Words of program text in colours. It works line by line and knows no grammar: it is to help the eye, and says nothing of what the text does.

use crate::terminal::{CYAN, DIM, GREEN, Look, MAGENTA};
use anstyle::Style;
use weighbridge_core::fact::ColumnKind;

const KEYWORDS: [&str; 36] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "False", "finally", "for", "from",
    "global", "if", "import", "in", "is", "lambda", "None", "nonlocal", "not", "or", "pass", "raise", "return", "True", "try", "while", "with",
    "yield", "match",
];

/// A line in colours, where there are colours. The text is escaped already.
pub fn line(look: Look, kind: ColumnKind, text: &str) -> String {
    match kind {
        _ if !look.color => text.to_owned(),
        ColumnKind::Python => python(look, text),
        ColumnKind::Jinja => jinja(look, text),
        _ => text.to_owned(),
    }
}

fn python(look: Look, text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (end, style) = match first {
            '#' => (rest.len(), Some(DIM)),
            '\'' | '"' => (string(rest, first), Some(GREEN)),
            c if c.is_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                (end, KEYWORDS.contains(&&rest[..end]).then_some(MAGENTA))
            }
            c => (c.len_utf8(), None),
        };
        push(&mut out, look, style, &rest[..end]);
        rest = &rest[end..];
    }
    out
}

/// Where a string ends that begins here: behind its quote, or at the line's end.
fn string(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn jinja(look: Look, text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while !rest.is_empty() {
        let opens = [("{{", "}}", CYAN), ("{%", "%}", MAGENTA), ("{#", "#}", DIM)];
        let next = opens.into_iter().filter_map(|(open, close, style)| rest.find(open).map(|at| (at, close, style))).min_by_key(|(at, ..)| *at);
        let Some((at, close, style)) = next else {
            out.push_str(rest);
            break;
        };
        out.push_str(&rest[..at]);
        let end = rest[at..].find(close).map_or(rest.len(), |end| at + end + close.len());
        push(&mut out, look, Some(style), &rest[at..end]);
        rest = &rest[end..];
    }
    out
}

fn push(out: &mut String, look: Look, style: Option<Style>, text: &str) {
    match style {
        Some(style) => out.push_str(&look.paint(style, text)),
        None => out.push_str(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_in_colours() {
        let look = Look { color: true, width: 80 };
        for text in ["from os import system  # é", "x = 'a\\'b' + \"c", "{{ a }} b {% if c", "é{#", "'", "\\", "{% x %}{{ y }}"] {
            for kind in [ColumnKind::Python, ColumnKind::Jinja, ColumnKind::Text] {
                let painted = line(look, kind, text);
                let plain = anstream::adapter::strip_str(&painted).to_string();
                assert_eq!(plain, text);
            }
        }
        assert!(line(look, ColumnKind::Python, "import os").len() > "import os".len());
    }
}
