//! Tokens: the data between constructs, and what stands in them.
//!
//! As Jinja's lexer has it: a construct ends at its closing delimiter outside brackets and strings, and white-space marks belong to the delimiters.

use std::borrow::Cow;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    String,
    Integer,
    Float,
    /// An operator or a bracket: its text says which.
    Operator,
    /// `}}` or `%}`.
    End,
}

#[derive(Debug, Clone)]
pub(crate) struct Token<'s> {
    pub kind: Kind,
    pub text: Cow<'s, str>,
    pub at: usize,
    /// A string that was written with escapes.
    pub escaped: bool,
}

impl Token<'_> {
    pub fn is(&self, text: &str) -> bool {
        self.kind == Kind::Operator && self.text == text
    }

    pub fn is_name(&self, name: &str) -> bool {
        self.kind == Kind::Name && self.text == name
    }
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'s> {
    Data(&'s str, usize),
    /// `{{`: its tokens follow.
    Output(usize),
    /// `{%`: its tokens follow.
    Statement(usize),
}

pub(crate) struct Lexer<'s> {
    pub source: &'s str,
    pub at: usize,
    /// Open brackets in the current construct.
    depth: u32,
    /// Where what is not closed begins: a comment, a string, a construct.
    pub unclosed: Option<usize>,
}

const OPERATORS: [&str; 6] = ["==", "!=", ">=", "<=", "//", "**"];

impl<'s> Lexer<'s> {
    pub fn new(source: &'s str) -> Self {
        Lexer { source, at: 0, depth: 0, unclosed: None }
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    /// The next part; comments are passed over.
    pub fn part(&mut self) -> Option<Part<'s>> {
        loop {
            let start = self.at;
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            let Some(open) = opening(rest) else {
                self.at = self.source.len();
                return Some(Part::Data(rest, start));
            };
            if open > 0 {
                self.at += open;
                return Some(Part::Data(&rest[..open], start));
            }
            self.at += 2;
            self.depth = 0;
            match rest.as_bytes()[1] {
                b'#' => match self.rest().find("#}") {
                    Some(end) => self.at += end + 2,
                    None => {
                        self.unclosed.get_or_insert(start);
                        self.at = self.source.len();
                    }
                },
                kind => {
                    if self.rest().starts_with(['-', '+']) {
                        self.at += 1;
                    }
                    return Some(if kind == b'{' { Part::Output(start) } else { Part::Statement(start) });
                }
            }
        }
    }

    /// Whether `=` comes next, and no comparison.
    pub fn rest_begins_with_assignment(&self) -> bool {
        let rest = self.rest().trim_start();
        rest.starts_with('=') && !rest.starts_with("==")
    }

    /// The data up to `{% endraw %}`, behind `{% raw %}`.
    pub fn raw(&mut self) -> (&'s str, usize) {
        let start = self.at;
        let mut from = start;
        while let Some(open) = self.source[from..].find("{%") {
            let inner = self.source[from + open + 2..].trim_start_matches(['-', '+']).trim_start();
            if let Some(after) = inner.strip_prefix("endraw") {
                let after = after.trim_start();
                let close = after.strip_prefix(['-', '+']).unwrap_or(after);
                if let Some(rest) = close.strip_prefix("%}") {
                    self.at = self.source.len() - rest.len();
                    return (&self.source[start..from + open], start);
                }
            }
            from += open + 2;
        }
        self.unclosed.get_or_insert(start);
        self.at = self.source.len();
        (&self.source[start..], start)
    }

    /// The next token of a construct; none at the end of the source.
    pub fn token(&mut self) -> Option<Token<'s>> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        let (at, rest) = (self.at, self.rest());
        let first = rest.chars().next()?;
        let plain = |kind, length: usize| Token { kind, text: Cow::Borrowed(&rest[..length]), at, escaped: false };
        let token = match first {
            '"' | '\'' => return Some(self.string(first)),
            _ if first.is_ascii_digit() => {
                let mut length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                let fraction = rest[length..].strip_prefix('.').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
                let float = fraction.is_some();
                if let Some(fraction) = fraction {
                    length += 1 + fraction.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                }
                plain(if float { Kind::Float } else { Kind::Integer }, length)
            }
            _ if first == '_' || first.is_alphabetic() => {
                plain(Kind::Name, rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len()))
            }
            _ => {
                if self.depth == 0
                    && let Some(length) = closing(rest)
                {
                    self.at += length;
                    return Some(plain(Kind::End, length));
                }
                match first {
                    '(' | '[' | '{' => self.depth += 1,
                    ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                let double = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
                plain(Kind::Operator, double.map_or(first.len_utf8(), |operator| operator.len()))
            }
        };
        self.at += token.text.len();
        Some(token)
    }

    fn string(&mut self, quote: char) -> Token<'s> {
        let start = self.at;
        let bytes = self.source.as_bytes();
        let mut at = start + 1;
        let mut escaped = false;
        while at < bytes.len() && bytes[at] != quote as u8 {
            if bytes[at] == b'\\' {
                escaped = true;
                at += 1;
            }
            at += 1;
        }
        let end = self.source.ceil_char_boundary(at.min(bytes.len()));
        let inner = &self.source[(start + 1).min(end)..end];
        if end >= bytes.len() {
            self.unclosed.get_or_insert(start);
        }
        self.at = (end + 1).min(bytes.len());
        let text = if escaped { Cow::Owned(crate::strings::unescape(inner)) } else { Cow::Borrowed(inner) };
        Token { kind: Kind::String, text, at: start, escaped }
    }
}

/// Where the next construct begins.
fn opening(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = text[from..].find('{') {
        let at = from + at;
        if matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#')) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// The length of a closing delimiter. Either is taken for either: an engine that cares has refused the template already.
fn closing(text: &str) -> Option<usize> {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    (bare.starts_with("}}") || bare.starts_with("%}")).then(|| text.len() - bare.len() + 2)
}
