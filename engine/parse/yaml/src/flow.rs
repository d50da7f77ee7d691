//! Scalars in quotes. <https://yaml.org/spec/1.1/#id904245>

use crate::plain::folded;
use crate::scanner::{End, Scanner, Step, is_blank, is_break};
use weighbridge_parse_read::ReadAt;

impl<R: ReadAt> Scanner<R> {
    pub fn flow_scalar(&mut self, double: bool) -> Step<String> {
        let quote = if double { '"' } else { '\'' };
        let from = self.at;
        let mut text = String::new();
        self.forward(1)?;
        loop {
            let c = self.peek(0);
            if self.at >= self.source.len() {
                return Err(End::Fault(from, "a closing quote"));
            }
            if c == quote && !double && self.peek(1) == quote {
                text.push(quote);
                self.forward(2)?;
            } else if c == quote {
                self.forward(1)?;
                return Ok(text);
            } else if double && c == '\\' {
                self.escape(&mut text)?;
            } else if is_blank(c) {
                self.flow_spaces(&mut text, from)?;
            } else {
                text.push(c);
                self.forward(1)?;
            }
        }
    }

    /// A backslash and what it escapes. What it does not escape is kept as it stands.
    fn escape(&mut self, text: &mut String) -> Step<()> {
        let c = self.peek(1);
        if is_break(c) {
            self.forward(1)?;
            self.line_break()?;
            return self.flow_breaks(text, self.at);
        }
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let number = self.source.text(self.at + 2, self.at + 2 + digits);
            let whole = number.len() == digits && number.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !whole {
                return Err(End::Fault(self.at, "a hexadecimal number"));
            }
            let value = u32::from_str_radix(&number, 16).ok().and_then(char::from_u32);
            text.push(value.unwrap_or(char::REPLACEMENT_CHARACTER));
            return self.forward(2 + digits);
        }
        let value = match c {
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' | '\t' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            ' ' | '"' | '\\' | '/' => c,
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            _ => return Err(End::Fault(self.at, "an escape")),
        };
        text.push(value);
        self.forward(2)
    }

    fn flow_spaces(&mut self, text: &mut String, from: usize) -> Step<()> {
        let mut blank = String::new();
        while matches!(self.peek(0), ' ' | '\t') {
            blank.push(self.peek(0));
            self.forward(1)?;
        }
        match self.line_break()? {
            Some(first) => {
                let mut breaks = String::new();
                self.flow_breaks(&mut breaks, from)?;
                text.push_str(&folded(first, &breaks));
            }
            None => text.push_str(&blank),
        }
        Ok(())
    }

    fn flow_breaks(&mut self, text: &mut String, from: usize) -> Step<()> {
        loop {
            if self.is_document() {
                return Err(End::Fault(from, "a closing quote before the next document"));
            }
            while matches!(self.peek(0), ' ' | '\t') {
                self.forward(1)?;
            }
            match self.line_break()? {
                Some(c) => text.push(c),
                None => return Ok(()),
            }
        }
    }
}
