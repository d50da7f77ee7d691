//! Scalars without quotes. <https://yaml.org/spec/1.1/#plain>

use crate::scanner::{Scanner, Step, is_blank, is_break};
use weighbridge_parse_read::ReadAt;

impl<R: ReadAt> Scanner<R> {
    /// Whether a scalar without quotes may begin here.
    pub fn is_plain(&self) -> bool {
        let (c, next) = (self.peek(0), self.peek(1));
        let indicator = matches!(c, '-' | '?' | ':' | ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`');
        !is_blank(c) && !indicator || !is_blank(next) && (c == '-' || self.flow == 0 && matches!(c, '?' | ':'))
    }

    /// Its text, and where it ends.
    pub fn plain(&mut self) -> Step<(String, usize)> {
        let (mut text, mut end) = (String::new(), self.at);
        let mut spaces = String::new();
        let indent = self.indent + 1;
        loop {
            if self.peek(0) == '#' {
                break;
            }
            let mut length = 0;
            loop {
                let (c, next) = (self.peek(length), self.peek(length + 1));
                let flow = self.flow > 0;
                let value = c == ':' && (is_blank(next) || flow && matches!(next, ',' | '[' | ']' | '{' | '}'));
                if is_blank(c) || value || flow && matches!(c, ',' | '?' | '[' | ']' | '{' | '}') {
                    break;
                }
                length += 1;
            }
            if length == 0 {
                break;
            }
            self.key_allowed = false;
            text.push_str(&spaces);
            text.push_str(&self.source.text(self.at, self.at + length));
            self.forward(length)?;
            end = self.at;
            spaces = self.plain_spaces()?;
            if spaces.is_empty() || self.peek(0) == '#' || self.flow == 0 && self.column < indent {
                break;
            }
        }
        Ok((text, end))
    }

    /// What stands between two parts of a scalar, folded; empty where the scalar ends.
    fn plain_spaces(&mut self) -> Step<String> {
        let mut blank = String::new();
        while matches!(self.peek(0), ' ' | '\t') {
            blank.push(self.peek(0));
            self.forward(1)?;
        }
        let Some(first) = self.line_break()? else { return Ok(blank) };
        self.key_allowed = true;
        let mut breaks = String::new();
        loop {
            if self.is_document() {
                return Ok(String::new());
            }
            if self.peek(0) == ' ' {
                self.forward(1)?;
            } else if is_break(self.peek(0)) {
                breaks.extend(self.line_break()?);
            } else {
                break;
            }
        }
        Ok(folded(first, &breaks))
    }

    /// `---` or `...` at the beginning of a line.
    pub fn is_document(&self) -> bool {
        self.column == 0 && (self.starts_with("---") || self.starts_with("...")) && is_blank(self.peek(3))
    }
}

/// A line break and those behind it, as folding makes them: one alone is a space.
pub(crate) fn folded(first: char, breaks: &str) -> String {
    match (first, breaks) {
        ('\n', "") => " ".into(),
        ('\n', breaks) => breaks.into(),
        (first, breaks) => format!("{first}{breaks}"),
    }
}
