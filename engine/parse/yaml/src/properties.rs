//! Tags, anchors, aliases, directives. <https://yaml.org/spec/1.1/#id899912>

use crate::limits;
use crate::scanner::{End, Scanner, Step, is_blank, is_break};
use weighbridge_parse_read::ReadAt;

impl<R: ReadAt> Scanner<R> {
    /// `&name`, `*name`. libyaml ends a name where PyYAML wants other characters; both names are of what is there.
    pub fn anchor(&mut self) -> Step<String> {
        let from = self.at;
        self.forward(1)?;
        let start = self.at;
        while is_word(self.peek(0)) {
            self.forward(1)?;
        }
        if self.at == start {
            return Err(End::Fault(from, "the name of an anchor"));
        }
        let c = self.peek(0);
        if !is_blank(c) && !matches!(c, '?' | ':' | ',' | ']' | '}' | '%' | '@' | '`') {
            return Err(End::Fault(self.at, "a letter or a digit"));
        }
        Ok(self.source.text(start, self.at.min(start + limits::NAME)))
    }

    /// `!<uri>`, `!suffix`, `!!suffix`, `!handle!suffix`: handle and suffix.
    pub fn tag(&mut self) -> Step<(Option<String>, String)> {
        let from = self.at;
        if self.peek(1) == '<' {
            self.forward(2)?;
            let suffix = self.uri()?;
            if self.peek(0) != '>' {
                return Err(End::Fault(self.at, "the end of a tag, >"));
            }
            self.forward(1)?;
            return Ok((None, suffix));
        }
        if is_blank(self.peek(1)) {
            self.forward(1)?;
            return Ok((None, "!".into()));
        }
        let mut length = 1;
        while is_word(self.peek(length)) && length < limits::NAME {
            length += 1;
        }
        let handle = if self.peek(length) == '!' { self.source.text(from, from + length + 1) } else { "!".into() };
        self.forward(handle.chars().count())?;
        let suffix = self.uri()?;
        let c = self.peek(0);
        // In a flow libyaml lets a bracket or a comma end it.
        let ends = is_blank(c) || self.flow > 0 && matches!(c, ',' | ']' | '}');
        if !ends {
            return Err(End::Fault(self.at, "a space behind a tag"));
        }
        Ok((Some(handle), suffix))
    }

    /// What may stand in a tag, with its escapes of bytes decoded. In a flow a closing bracket ends it, as in libyaml; PyYAML takes it for a part of the tag, and
    /// then misses the bracket.
    fn uri(&mut self) -> Step<String> {
        let mut bytes = Vec::new();
        loop {
            let c = self.peek(0);
            if c == '%' {
                let byte = u8::from_str_radix(&self.source.text(self.at + 1, self.at + 3), 16);
                let Ok(byte) = byte else { return Err(End::Fault(self.at, "two hexadecimal digits")) };
                bytes.push(byte);
                self.forward(3)?;
            } else if c.is_ascii_alphanumeric() || "-;/?:@&=+$,_.!~*'()[]".contains(c) && !(self.flow > 0 && c == ']') {
                bytes.push(c as u8);
                self.forward(1)?;
            } else {
                break;
            }
        }
        if bytes.is_empty() {
            return Err(End::Fault(self.at, "the name of a tag"));
        }
        bytes.truncate(limits::NAME);
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// `%TAG handle prefix`; of others nothing is wanted.
    pub fn directive(&mut self) -> Step<Option<(String, String)>> {
        self.forward(1)?;
        let tag = self.starts_with("TAG") && matches!(self.peek(3), ' ' | '\t');
        let mut words = Vec::new();
        while self.at < self.source.len() && !is_break(self.peek(0)) && self.peek(0) != '#' {
            if matches!(self.peek(0), ' ' | '\t') {
                self.forward(1)?;
                continue;
            }
            let start = self.at;
            if tag && words.len() == 2 {
                words.push(self.uri()?);
            }
            while !is_blank(self.peek(0)) {
                self.forward(1)?;
            }
            if words.len() < 2 {
                words.push(self.source.text(start, self.at.min(start + limits::NAME)));
            }
        }
        while self.at < self.source.len() && !is_break(self.peek(0)) {
            self.forward(1)?;
        }
        self.line_break()?;
        Ok(match <[String; 3]>::try_from(words) {
            Ok([_, handle, prefix]) if tag => Some((handle, prefix)),
            _ => None,
        })
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}
