//! Characters to tokens: indentation becomes blocks, and what a colon follows becomes a key.
//!
//! A key shows only behind itself. What may be one is remembered, and its token held back, until the colon comes or can no longer come: at the end of the
//! line, or after 1,024 characters.

use crate::limits;
use crate::source::Source;
use crate::token::{Kind, Style, Token};
use std::collections::VecDeque;
use weighbridge_parse_read::{ReadAt, Stop};

/// What ends a step: the input is not as it should be, or the caller asked for the end.
pub(crate) enum End {
    Fault(usize, &'static str),
    Stop(Stop),
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        End::Stop(stop)
    }
}

pub(crate) type Step<T> = Result<T, End>;

/// What may turn out to be a key.
struct Candidate {
    level: usize,
    token: u64,
    required: bool,
    at: usize,
    line: usize,
    column: i64,
}

pub(crate) struct Scanner<R> {
    pub source: Source<R>,
    pub at: usize,
    pub line: usize,
    pub column: i64,
    pub flow: usize,
    pub indent: i64,
    pub indents: Vec<i64>,
    pub key_allowed: bool,
    /// By their tokens, and so by their levels.
    candidates: VecDeque<Candidate>,
    tokens: VecDeque<Token>,
    taken: u64,
    done: bool,
}

pub(crate) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The end, a line break, a space or a tab.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, '\0' | ' ' | '\t') || is_break(c)
}

impl<R: ReadAt> Scanner<R> {
    pub fn new(source: Source<R>) -> Self {
        Scanner {
            source,
            at: 0,
            line: 0,
            column: 0,
            flow: 0,
            indent: -1,
            indents: Vec::new(),
            key_allowed: true,
            candidates: VecDeque::new(),
            tokens: VecDeque::new(),
            taken: 0,
            done: false,
        }
    }

    pub fn peek(&self, ahead: usize) -> char {
        self.source.get(self.at + ahead)
    }

    pub fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, c)| self.peek(ahead) == c)
    }

    pub fn forward(&mut self, count: usize) -> Step<()> {
        for _ in 0..count {
            let c = self.peek(0);
            if self.at >= self.source.len() {
                break;
            }
            self.at += 1;
            if is_break(c) && !(c == '\r' && self.peek(0) == '\n') {
                self.line += 1;
                self.column = 0;
            } else if c != '\u{feff}' {
                self.column += 1;
            }
        }
        Ok(self.source.pass(count as u64)?)
    }

    /// One line break, as it is kept: none where there is none.
    pub fn line_break(&mut self) -> Step<Option<char>> {
        let c = self.peek(0);
        if !is_break(c) {
            return Ok(None);
        }
        self.forward(if c == '\r' && self.peek(1) == '\n' { 2 } else { 1 })?;
        Ok(Some(if matches!(c, '\u{2028}' | '\u{2029}') { c } else { '\n' }))
    }

    /// Goes on at a position: what was open is forgotten.
    pub fn resume(&mut self, at: usize) {
        let start = self.line_start(at);
        self.at = at.min(self.source.len());
        self.line += 1;
        self.column = i64::try_from(self.at - start).unwrap_or(0);
        (self.flow, self.indent, self.key_allowed, self.done) = (0, -1, true, false);
        self.indents.clear();
        self.candidates.clear();
        self.taken += self.tokens.len() as u64;
        self.tokens.clear();
    }

    /// Where the line of a position begins.
    pub fn line_start(&self, at: usize) -> usize {
        let mut start = at.min(self.source.len());
        while start > 0 && !is_break(self.source.get(start - 1)) {
            start -= 1;
        }
        start
    }

    /// The next token, which stays.
    pub fn look(&mut self) -> Step<&Token> {
        while self.wants_more()? {
            self.fetch()?;
        }
        // There is one: nothing was wanted.
        self.tokens.front().ok_or(End::Fault(self.at, "a token"))
    }

    pub fn take(&mut self) -> Step<Token> {
        self.look()?;
        self.taken += 1;
        self.tokens.pop_front().ok_or(End::Fault(self.at, "a token"))
    }

    fn wants_more(&mut self) -> Step<bool> {
        if self.done {
            return Ok(false);
        }
        if self.tokens.is_empty() {
            return Ok(true);
        }
        self.forget()?;
        Ok(self.candidates.front().is_some_and(|candidate| candidate.token == self.taken))
    }

    /// Drops candidates that can no longer be keys: an earlier one is at least as old as those behind it.
    fn forget(&mut self) -> Step<()> {
        while let Some(first) = self.candidates.front() {
            if first.line == self.line && self.at - first.at <= limits::KEY {
                break;
            }
            let (required, at) = (first.required, first.at);
            self.candidates.pop_front();
            if required {
                return Err(End::Fault(at, "a colon behind a key"));
            }
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, from: usize) {
        self.tokens.push_back(Token { kind, from, to: self.at });
    }

    /// Takes up what stands here as what may be a key.
    fn candidate(&mut self) -> Step<()> {
        if self.key_allowed {
            let required = self.flow == 0 && self.indent == self.column;
            self.drop_candidate()?;
            let token = self.taken + self.tokens.len() as u64;
            self.candidates.push_back(Candidate { level: self.flow, token, required, at: self.at, line: self.line, column: self.column });
        }
        Ok(())
    }

    fn drop_candidate(&mut self) -> Step<()> {
        if self.candidates.back().is_some_and(|last| last.level >= self.flow) {
            let required = self.candidates.pop_back().is_some_and(|last| last.required);
            if required {
                return Err(End::Fault(self.at, "a colon behind a key"));
            }
        }
        Ok(())
    }

    fn unwind(&mut self, column: i64) {
        if self.flow > 0 {
            return;
        }
        while self.indent > column {
            self.indent = self.indents.pop().unwrap_or(-1);
            self.push(Kind::BlockEnd, self.at);
        }
    }

    fn add_indent(&mut self, column: i64) -> Step<bool> {
        if self.indent >= column {
            return Ok(false);
        }
        if self.indents.len() >= limits::DEPTH {
            return Err(End::Fault(self.at, "fewer levels"));
        }
        self.indents.push(self.indent);
        self.indent = column;
        Ok(true)
    }

    fn fetch(&mut self) -> Step<()> {
        self.skip_between()?;
        self.forget()?;
        self.unwind(self.column);
        let (c, next) = (self.peek(0), self.peek(1));
        if self.at >= self.source.len() {
            return self.end();
        }
        let begins = self.column == 0 && is_blank(self.peek(3));
        match c {
            '%' if self.column == 0 => {
                self.between_documents()?;
                let from = self.at;
                let directive = self.directive()?;
                self.push(Kind::Directive(directive), from);
                Ok(())
            }
            '-' if begins && self.starts_with("---") => self.document(Kind::DocumentStart),
            '.' if begins && self.starts_with("...") => self.document(Kind::DocumentEnd),
            '[' => self.open(Kind::FlowSequenceStart),
            '{' => self.open(Kind::FlowMappingStart),
            ']' => self.close(Kind::FlowSequenceEnd),
            '}' => self.close(Kind::FlowMappingEnd),
            ',' => {
                self.key_allowed = true;
                self.drop_candidate()?;
                self.one(Kind::FlowEntry)
            }
            '-' if is_blank(next) => self.block_entry(),
            '?' if self.flow > 0 || is_blank(next) => self.key(),
            ':' if self.flow > 0 || is_blank(next) => self.value(),
            '*' | '&' => {
                self.candidate()?;
                self.key_allowed = false;
                let from = self.at;
                let name = self.anchor()?;
                self.push(if c == '*' { Kind::Alias(name) } else { Kind::Anchor(name) }, from);
                Ok(())
            }
            '!' => {
                self.candidate()?;
                self.key_allowed = false;
                let from = self.at;
                let (handle, suffix) = self.tag()?;
                self.push(Kind::Tag(handle, suffix), from);
                Ok(())
            }
            '|' | '>' if self.flow == 0 => {
                self.key_allowed = true;
                self.drop_candidate()?;
                let from = self.at;
                let text = self.block_scalar(c == '>')?;
                self.push(Kind::Scalar(text, if c == '>' { Style::Folded } else { Style::Literal }), from);
                Ok(())
            }
            '\'' | '"' => {
                self.candidate()?;
                self.key_allowed = false;
                let from = self.at;
                let text = self.flow_scalar(c == '"')?;
                self.push(Kind::Scalar(text, if c == '"' { Style::Double } else { Style::Single }), from);
                Ok(())
            }
            _ if self.is_plain() => {
                self.candidate()?;
                self.key_allowed = false;
                let from = self.at;
                let (text, to) = self.plain()?;
                self.tokens.push_back(Token { kind: Kind::Scalar(text, Style::Plain), from, to });
                Ok(())
            }
            _ => Err(End::Fault(self.at, "a value")),
        }
    }

    fn end(&mut self) -> Step<()> {
        self.unwind(-1);
        self.drop_all()?;
        self.key_allowed = false;
        self.push(Kind::StreamEnd, self.at);
        self.done = true;
        Ok(())
    }

    fn drop_all(&mut self) -> Step<()> {
        let required = self.candidates.iter().any(|candidate| candidate.required);
        self.candidates.clear();
        if required { Err(End::Fault(self.at, "a colon behind a key")) } else { Ok(()) }
    }

    fn between_documents(&mut self) -> Step<()> {
        self.unwind(-1);
        self.drop_candidate()?;
        self.key_allowed = false;
        Ok(())
    }

    fn document(&mut self, kind: Kind) -> Step<()> {
        self.between_documents()?;
        let from = self.at;
        self.forward(3)?;
        self.push(kind, from);
        Ok(())
    }

    fn one(&mut self, kind: Kind) -> Step<()> {
        let from = self.at;
        self.forward(1)?;
        self.push(kind, from);
        Ok(())
    }

    fn open(&mut self, kind: Kind) -> Step<()> {
        self.candidate()?;
        self.flow += 1;
        self.key_allowed = true;
        self.one(kind)
    }

    fn close(&mut self, kind: Kind) -> Step<()> {
        self.drop_candidate()?;
        self.flow = self.flow.saturating_sub(1);
        self.key_allowed = false;
        self.one(kind)
    }

    fn block_entry(&mut self) -> Step<()> {
        if self.flow == 0 {
            if !self.key_allowed {
                return Err(End::Fault(self.at, "no entry of a list on this line"));
            }
            if self.add_indent(self.column)? {
                self.push(Kind::BlockSequenceStart, self.at);
            }
        }
        self.key_allowed = true;
        self.drop_candidate()?;
        self.one(Kind::BlockEntry)
    }

    fn key(&mut self) -> Step<()> {
        if self.flow == 0 {
            if !self.key_allowed {
                return Err(End::Fault(self.at, "no key on this line"));
            }
            if self.add_indent(self.column)? {
                self.push(Kind::BlockMappingStart, self.at);
            }
        }
        self.key_allowed = self.flow == 0;
        self.drop_candidate()?;
        self.one(Kind::Key)
    }

    fn value(&mut self) -> Step<()> {
        if self.candidates.back().is_some_and(|last| last.level == self.flow) {
            if let Some(key) = self.candidates.pop_back() {
                let position = usize::try_from(key.token - self.taken).unwrap_or(usize::MAX).min(self.tokens.len());
                self.tokens.insert(position, Token { kind: Kind::Key, from: key.at, to: key.at });
                if self.flow == 0 && self.add_indent(key.column)? {
                    self.tokens.insert(position, Token { kind: Kind::BlockMappingStart, from: key.at, to: key.at });
                }
            }
            self.key_allowed = false;
        } else {
            if self.flow == 0 {
                if !self.key_allowed {
                    return Err(End::Fault(self.at, "no second colon on this line"));
                }
                if self.add_indent(self.column)? {
                    self.push(Kind::BlockMappingStart, self.at);
                }
            }
            self.key_allowed = self.flow == 0;
            self.drop_candidate()?;
        }
        self.one(Kind::Value)
    }

    /// Spaces, comments and line breaks. Tabs as libyaml has them: where no indentation is meant.
    fn skip_between(&mut self) -> Step<()> {
        loop {
            match self.peek(0) {
                '\u{feff}' if self.column == 0 => self.forward(1)?,
                ' ' => self.forward(1)?,
                '\t' if self.flow > 0 || !self.key_allowed => self.forward(1)?,
                '#' => {
                    while self.at < self.source.len() && !is_break(self.peek(0)) {
                        self.forward(1)?;
                    }
                }
                c if is_break(c) => {
                    self.line_break()?;
                    if self.flow == 0 {
                        self.key_allowed = true;
                    }
                }
                _ => return Ok(()),
            }
        }
    }
}
