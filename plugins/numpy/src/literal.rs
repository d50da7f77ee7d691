//! Python literals, as `ast.literal_eval` takes them: what a header is made of.
//!
//! Grammar: <https://docs.python.org/3/reference/lexical_analysis.html>. Not taken: complex sums, `\N{…}` and f-strings, which no header has.

use crate::limits;

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    None,
    Bool(bool),
    /// `None` where it is beyond 128 bits.
    Int(Option<i128>),
    Float,
    Text(String),
    Bytes,
    Tuple(Vec<Literal>),
    List(Vec<Literal>),
    Set,
    Dict(Vec<(Literal, Literal)>),
}

/// Where the text is no literal, and what would have been one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotLiteral {
    /// In characters.
    pub at: usize,
    pub expected: &'static str,
}

/// A literal, and how it was written.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub value: Literal,
    /// An integer of Python 2 with the suffix `L`: NumPy drops it in versions 1.0 and 2.0.
    pub long_suffix: bool,
}

/// The whole text as one literal.
pub(crate) fn parse(text: &str) -> Result<Parsed, NotLiteral> {
    let mut parser = Parser { text: text.chars().collect(), at: 0, long_suffix: false };
    parser.space();
    let value = parser.value(0)?;
    parser.space();
    match parser.peek() {
        None => Ok(Parsed { value, long_suffix: parser.long_suffix }),
        Some(_) => Err(parser.error("the end")),
    }
}

struct Parser {
    text: Vec<char>,
    at: usize,
    long_suffix: bool,
}

impl Parser {
    fn error(&self, expected: &'static str) -> NotLiteral {
        NotLiteral { at: self.at, expected }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '\x0c' => self.at += 1,
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Literal, NotLiteral> {
        if depth > limits::DEPTH {
            return Err(self.error("fewer brackets within brackets"));
        }
        match self.peek() {
            Some('{') => self.braces(depth),
            Some('[') => {
                self.at += 1;
                Ok(Literal::List(self.items(']', depth)?.0))
            }
            Some('(') => {
                self.at += 1;
                let (mut items, comma) = self.items(')', depth)?;
                Ok(if items.len() == 1 && !comma { items.remove(0) } else { Literal::Tuple(items) })
            }
            Some('\'' | '"') => self.strings(),
            Some('0'..='9' | '.' | '+' | '-') => self.number(),
            Some(c) if c.is_alphabetic() => self.word(),
            _ => Err(self.error("a literal")),
        }
    }

    /// Items up to the bracket, and whether a comma stood behind the last.
    fn items(&mut self, close: char, depth: usize) -> Result<(Vec<Literal>, bool), NotLiteral> {
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            self.space();
            if self.eat(close) {
                return Ok((items, comma));
            }
            if !items.is_empty() && !comma {
                return Err(self.error("a comma"));
            }
            items.push(self.value(depth + 1)?);
            self.space();
            comma = self.eat(',');
        }
    }

    fn braces(&mut self, depth: usize) -> Result<Literal, NotLiteral> {
        self.at += 1;
        let mut pairs = Vec::new();
        let mut comma = true;
        loop {
            self.space();
            if self.eat('}') {
                return Ok(Literal::Dict(pairs));
            }
            if !comma {
                return Err(self.error("a comma"));
            }
            let key = self.value(depth + 1)?;
            self.space();
            if !self.eat(':') {
                if pairs.is_empty() && matches!(self.peek(), Some(',' | '}')) {
                    self.eat(',');
                    self.items('}', depth)?;
                    return Ok(Literal::Set);
                }
                return Err(self.error("a colon"));
            }
            self.space();
            pairs.push((key, self.value(depth + 1)?));
            self.space();
            comma = self.eat(',');
        }
    }

    fn word(&mut self) -> Result<Literal, NotLiteral> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.at += 1;
        }
        let word: String = self.text[start..self.at].iter().collect();
        if matches!(self.peek(), Some('\'' | '"')) && word.len() <= 2 && word.chars().all(|c| "uUbBrR".contains(c)) {
            self.at = start;
            return self.strings();
        }
        match word.as_str() {
            "True" => Ok(Literal::Bool(true)),
            "False" => Ok(Literal::Bool(false)),
            "None" => Ok(Literal::None),
            _ => {
                self.at = start;
                Err(self.error("a literal, not a name"))
            }
        }
    }

    fn number(&mut self) -> Result<Literal, NotLiteral> {
        let mut negative = false;
        while let Some(sign @ ('+' | '-')) = self.peek() {
            negative ^= sign == '-';
            self.at += 1;
            self.space();
        }
        let start = self.at;
        while let Some(c) = self.peek() {
            // The sign of an exponent belongs to the number.
            let exponent = matches!(c, '+' | '-') && self.at > start && matches!(self.text[self.at - 1], 'e' | 'E');
            if !c.is_ascii_alphanumeric() && c != '.' && c != '_' && !exponent {
                break;
            }
            self.at += 1;
        }
        let mut digits: String = self.text[start..self.at].iter().filter(|c| **c != '_').collect();
        if digits.ends_with(['L', 'l']) {
            digits.pop();
            self.long_suffix = true;
        }
        let lower = digits.to_ascii_lowercase();
        let (radix, body) = match lower.get(..2) {
            Some("0x") => (16, &lower[2..]),
            Some("0o") => (8, &lower[2..]),
            Some("0b") => (2, &lower[2..]),
            _ => (10, lower.as_str()),
        };
        if !body.is_empty() && body.chars().all(|c| c.is_digit(radix)) {
            let value = i128::from_str_radix(body, radix).ok();
            return Ok(Literal::Int(value.map(|n| if negative { -n } else { n })));
        }
        if radix == 10 && lower.trim_end_matches('j').parse::<f64>().is_ok() {
            return Ok(Literal::Float);
        }
        self.at = start;
        Err(self.error("a number"))
    }

    /// One string, or several that Python would join.
    fn strings(&mut self) -> Result<Literal, NotLiteral> {
        let mut text = String::new();
        let mut bytes = false;
        loop {
            let mut raw = false;
            while let Some(prefix) = self.peek().filter(|c| c.is_alphabetic()) {
                raw |= matches!(prefix, 'r' | 'R');
                bytes |= matches!(prefix, 'b' | 'B');
                self.at += 1;
            }
            self.string(raw, &mut text)?;
            self.space();
            let prefixed = |n: usize| matches!(self.text.get(self.at + n), Some('\'' | '"'));
            let prefix = |n: usize| self.text.get(self.at + n).is_some_and(|c| "uUbBrR".contains(*c));
            if !(prefixed(0) || prefix(0) && prefixed(1) || prefix(0) && prefix(1) && prefixed(2)) {
                return Ok(if bytes { Literal::Bytes } else { Literal::Text(text) });
            }
        }
    }

    fn string(&mut self, raw: bool, text: &mut String) -> Result<(), NotLiteral> {
        let quote = self.peek().ok_or(self.error("a quote"))?;
        self.at += 1;
        let triple = self.text.get(self.at..self.at + 2) == Some(&[quote, quote]);
        if triple {
            self.at += 2;
        }
        loop {
            let c = self.peek().ok_or(self.error("the closing quote"))?;
            self.at += 1;
            if c == quote {
                if !triple {
                    return Ok(());
                }
                if self.text.get(self.at..self.at + 2) == Some(&[quote, quote]) {
                    self.at += 2;
                    return Ok(());
                }
                text.push(c);
            } else if c == '\n' && !triple {
                return Err(self.error("the closing quote"));
            } else if c == '\\' && !raw {
                self.escape(text)?;
            } else if c == '\\' {
                text.push(c);
                if let Some(next) = self.peek() {
                    text.push(next);
                    self.at += 1;
                }
            } else {
                text.push(c);
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), NotLiteral> {
        let c = self.peek().ok_or(self.error("an escape"))?;
        self.at += 1;
        let plain = match c {
            '\n' => return Ok(()),
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '\\' | '\'' | '"' => c,
            'x' => self.code(16, 2, 2)?,
            'u' => self.code(16, 4, 4)?,
            'U' => self.code(16, 8, 8)?,
            '0'..='7' => {
                self.at -= 1;
                self.code(8, 1, 3)?
            }
            'N' => return Err(self.error("an escape by number")),
            _ => {
                text.push('\\');
                c
            }
        };
        text.push(plain);
        Ok(())
    }

    fn code(&mut self, radix: u32, least: usize, most: usize) -> Result<char, NotLiteral> {
        let mut code = 0u32;
        let mut seen = 0;
        while seen < most
            && let Some(digit) = self.peek().and_then(|c| c.to_digit(radix))
        {
            code = code.wrapping_mul(radix) | digit;
            self.at += 1;
            seen += 1;
        }
        if seen < least {
            return Err(self.error("digits of an escape"));
        }
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Literal {
        parse(text).expect(text).value
    }

    #[test]
    fn reads_what_numpy_writes() {
        let Literal::Dict(pairs) = value("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }          \n") else { panic!() };
        assert_eq!(pairs[0], (Literal::Text("descr".into()), Literal::Text("<f8".into())));
        assert_eq!(pairs[1].1, Literal::Bool(false));
        assert_eq!(pairs[2].1, Literal::Tuple(vec![Literal::Int(Some(3)), Literal::Int(Some(4))]));
    }

    #[test]
    fn reads_what_python_would() {
        assert_eq!(value("(7)"), Literal::Int(Some(7)));
        assert_eq!(value("(7,)"), Literal::Tuple(vec![Literal::Int(Some(7))]));
        assert_eq!(value("()"), Literal::Tuple(vec![]));
        assert_eq!(value("-0x1_0"), Literal::Int(Some(-16)));
        assert_eq!(value("'a' \"b\" # joined\n u'\\x63\\u0064\\145'"), Literal::Text("abcde".into()));
        assert_eq!(value("'''it's'''"), Literal::Text("it's".into()));
        assert_eq!(value("r'\\O'"), Literal::Text("\\O".into()));
        assert_eq!(value("1.5e-3"), Literal::Float);
        assert_eq!(value("{1, 2}"), Literal::Set);
        assert_eq!(value("99999999999999999999999999999999999999999999"), Literal::Int(None));
        assert!(parse("(3L,)").expect("long").long_suffix);
    }

    #[test]
    fn refuses_what_is_no_literal() {
        for text in [
            "",
            "{",
            "{'a' 1}",
            "{'a': 1 'b': 2}",
            "(1 2)",
            "__import__('os')",
            "[x for x in y]",
            "f'{x}'",
            "'open",
            "1 + 1",
            "0x",
            "{}{}",
            "'\\x4'",
            "lambda: 1",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&format!("{}{}", "[".repeat(30), "]".repeat(30))).is_ok());
    }
}
