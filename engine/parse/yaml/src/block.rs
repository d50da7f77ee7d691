//! Scalars of several lines, `|` and `>`. <https://yaml.org/spec/1.1/#id926836>

use crate::scanner::{End, Scanner, Step, is_break};
use weighbridge_parse_read::ReadAt;

impl<R: ReadAt> Scanner<R> {
    pub fn block_scalar(&mut self, fold: bool) -> Step<String> {
        let from = self.at;
        self.forward(1)?;
        // Keep the last line breaks, or none of them; digits say how far the text is indented.
        let (mut keep, mut given) = (None, None);
        for _ in 0..2 {
            match self.peek(0) {
                c @ ('+' | '-') if keep.is_none() => keep = Some(c == '+'),
                c @ '1'..='9' if given.is_none() => given = c.to_digit(10).map(i64::from),
                _ => break,
            }
            self.forward(1)?;
        }
        while matches!(self.peek(0), ' ' | '\t') {
            self.forward(1)?;
        }
        if self.peek(0) == '#' {
            while self.at < self.source.len() && !is_break(self.peek(0)) {
                self.forward(1)?;
            }
        }
        if self.at < self.source.len() && self.line_break()?.is_none() {
            return Err(End::Fault(from, "a line break behind the indicator of a text"));
        }
        let least = (self.indent + 1).max(1);
        let mut breaks;
        let indent = match given {
            Some(given) => {
                breaks = self.block_breaks(least + given - 1)?;
                least + given - 1
            }
            None => {
                let deepest;
                (breaks, deepest) = self.block_indentation()?;
                least.max(deepest)
            }
        };
        let mut text = String::new();
        let mut last: Option<char> = None;
        while self.column == indent && self.at < self.source.len() {
            text.push_str(&breaks);
            let leading = !matches!(self.peek(0), ' ' | '\t');
            let mut length = 0;
            while self.at + length < self.source.len() && !is_break(self.peek(length)) {
                length += 1;
            }
            text.push_str(&self.source.text(self.at, self.at + length));
            self.forward(length)?;
            last = self.line_break()?;
            breaks = self.block_breaks(indent)?;
            if self.column != indent || self.at >= self.source.len() {
                break;
            }
            match last {
                // Between two lines that are not indented further a line break is a space.
                Some('\n') if fold && leading && !matches!(self.peek(0), ' ' | '\t') => {
                    if breaks.is_empty() {
                        text.push(' ');
                    }
                }
                other => text.extend(other),
            }
            last = None;
        }
        if keep != Some(false) {
            text.extend(last);
        }
        if keep == Some(true) {
            text.push_str(&breaks);
        }
        Ok(text)
    }

    /// Empty lines before the first that is not, and how far the deepest of all is indented.
    fn block_indentation(&mut self) -> Step<(String, i64)> {
        let (mut breaks, mut deepest) = (String::new(), 0);
        loop {
            if self.peek(0) == ' ' {
                self.forward(1)?;
                deepest = deepest.max(self.column);
            } else if let Some(c) = self.line_break()? {
                breaks.push(c);
            } else {
                return Ok((breaks, deepest));
            }
        }
    }

    fn block_breaks(&mut self, indent: i64) -> Step<String> {
        let mut breaks = String::new();
        loop {
            while self.column < indent && self.peek(0) == ' ' {
                self.forward(1)?;
            }
            match self.line_break()? {
                Some(c) => breaks.push(c),
                None => return Ok(breaks),
            }
        }
    }
}
