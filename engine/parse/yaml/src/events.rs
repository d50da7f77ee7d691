//! Tokens to events. <https://yaml.org/spec/1.1/#id861060>
//!
//! A stack of states instead of recursion: depth is a number.

use crate::scanner::{End, Scanner, Step};
use crate::source::Source;
use crate::token::{Kind as Is, Style};
use crate::{Fault, limits};
use weighbridge_parse_read::{ReadAt, Stop};

/// What an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A document begins.
    DocumentStart,
    /// It ends; also where a fault ended it.
    DocumentEnd,
    /// `[` or a list in lines.
    SequenceStart,
    /// Its end.
    SequenceEnd,
    /// `{` or keys in lines. Keys and values follow in turn.
    MappingStart,
    /// Its end.
    MappingEnd,
    /// A text, decoded.
    Scalar(String, Style),
    /// `*name`: the node of that anchor once more.
    Alias(String),
    /// The end of the input.
    End,
}

/// One step through the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, in bytes of the input.
    pub at: u64,
    /// Its length in bytes; of what opens, that of the opening.
    pub length: u64,
    /// The tag, its shorthand resolved: `tag:yaml.org,2002:str` for `!!str`.
    pub tag: Option<String>,
    /// The name of the anchor, without `&`.
    pub anchor: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    ImplicitDocument,
    Document,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockEntryFirst,
    BlockEntry,
    IndentlessEntry,
    BlockKeyFirst,
    BlockKey,
    BlockValue,
    FlowEntryFirst,
    FlowEntry,
    PairKey,
    PairValue,
    PairEnd,
    FlowKeyFirst,
    FlowKey,
    FlowValue,
    FlowEmptyValue,
    End,
}

/// The events of an input.
pub struct Events<R> {
    scanner: Scanner<R>,
    state: State,
    states: Vec<State>,
    handles: Vec<(String, String)>,
    faults: Vec<Fault>,
    /// The position from which reading was last resumed.
    resumed: usize,
    open: bool,
    gave_up: bool,
}

impl<R: ReadAt> Events<R> {
    /// Reads the beginning of the input, as far as the limit.
    pub fn new(input: R) -> Result<Self, Stop> {
        let source = Source::new(input)?;
        let faults = source.bad.map(|at| Fault { at, expected: "text of its encoding" }).into_iter().collect();
        Ok(Events {
            scanner: Scanner::new(source),
            state: State::ImplicitDocument,
            states: Vec::new(),
            handles: Vec::new(),
            faults,
            resumed: 0,
            open: false,
            gave_up: false,
        })
    }

    /// Places that are not as the grammar has them, in order.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// There is more than was read: behind the limit of the input's size, or behind too many faults.
    pub fn is_cut(&self) -> bool {
        self.scanner.source.cut || self.gave_up
    }

    /// The next event. Behind `End` it is `End` again.
    #[expect(clippy::should_implement_trait, reason = "it may fail, and ends with an event")]
    pub fn next(&mut self) -> Result<Event, Stop> {
        match self.step() {
            Ok(event) => {
                self.open = match event.kind {
                    Kind::DocumentStart => true,
                    Kind::DocumentEnd => false,
                    _ => self.open,
                };
                Ok(event)
            }
            Err(End::Stop(stop)) => Err(stop),
            Err(End::Fault(at, expected)) => self.recover(at, expected),
        }
    }

    /// Notes a fault, and goes on as with a document of its own.
    fn recover(&mut self, at: usize, expected: &'static str) -> Result<Event, Stop> {
        let offset = self.scanner.source.offset(at);
        self.faults.push(Fault { at: offset, expected });
        self.states.clear();
        self.handles.clear();
        self.state = State::ImplicitDocument;
        if self.faults.len() >= limits::FAULTS {
            self.gave_up = true;
            self.state = State::End;
        } else {
            // What broke may be what stands above: the line is read by itself. If that fails too, what is behind the fault is.
            let line = self.scanner.line_start(at);
            self.resumed = if line > self.resumed { line } else { at.max(self.resumed) + 1 };
            self.scanner.resume(self.resumed);
        }
        if std::mem::take(&mut self.open) {
            return Ok(Event { kind: Kind::DocumentEnd, at: offset, length: 0, tag: None, anchor: None });
        }
        self.next()
    }

    fn event(&self, kind: Kind, from: usize, to: usize) -> Event {
        let at = self.scanner.source.offset(from);
        Event { kind, at, length: self.scanner.source.offset(to).saturating_sub(at), tag: None, anchor: None }
    }

    fn here(&self, kind: Kind) -> Event {
        self.event(kind, self.scanner.at, self.scanner.at)
    }

    fn empty(&self) -> Event {
        self.here(Kind::Scalar(String::new(), Style::Plain))
    }

    fn push(&mut self, state: State) -> Step<()> {
        if self.states.len() >= limits::DEPTH {
            return Err(End::Fault(self.scanner.at, "fewer levels"));
        }
        self.states.push(state);
        Ok(())
    }

    fn pop(&mut self) {
        self.state = self.states.pop().unwrap_or(State::DocumentEnd);
    }

    fn is(&mut self, kinds: &[Is]) -> Step<bool> {
        let token = self.scanner.look()?;
        Ok(kinds.contains(&token.kind))
    }

    fn step(&mut self) -> Step<Event> {
        match self.state {
            State::ImplicitDocument => self.implicit_document(),
            State::Document => self.document(),
            State::DocumentContent => {
                let token = self.scanner.look()?;
                if matches!(token.kind, Is::Directive(_) | Is::DocumentStart | Is::DocumentEnd | Is::StreamEnd) {
                    self.pop();
                    return Ok(self.empty());
                }
                self.node(true, false)
            }
            State::DocumentEnd => {
                if self.is(&[Is::DocumentEnd])? {
                    self.scanner.take()?;
                }
                self.state = State::Document;
                Ok(self.here(Kind::DocumentEnd))
            }
            State::BlockNode => self.node(true, false),
            State::BlockEntryFirst => {
                self.scanner.take()?;
                self.state = State::BlockEntry;
                self.step()
            }
            State::BlockEntry => self.block_entry(),
            State::IndentlessEntry => self.indentless_entry(),
            State::BlockKeyFirst => {
                self.scanner.take()?;
                self.state = State::BlockKey;
                self.step()
            }
            State::BlockKey => self.block_key(),
            State::BlockValue => self.block_value(),
            State::FlowEntryFirst => {
                self.scanner.take()?;
                self.flow_entry(true)
            }
            State::FlowEntry => self.flow_entry(false),
            State::PairKey => {
                self.scanner.take()?;
                if self.is(&[Is::Value, Is::FlowEntry, Is::FlowSequenceEnd])? {
                    self.state = State::PairValue;
                    return Ok(self.empty());
                }
                self.push(State::PairValue)?;
                self.node(false, false)
            }
            State::PairValue => {
                if self.is(&[Is::Value])? {
                    self.scanner.take()?;
                    if !self.is(&[Is::FlowEntry, Is::FlowSequenceEnd])? {
                        self.push(State::PairEnd)?;
                        return self.node(false, false);
                    }
                }
                self.state = State::PairEnd;
                Ok(self.empty())
            }
            State::PairEnd => {
                self.state = State::FlowEntry;
                Ok(self.here(Kind::MappingEnd))
            }
            State::FlowKeyFirst => {
                self.scanner.take()?;
                self.flow_key(true)
            }
            State::FlowKey => self.flow_key(false),
            State::FlowValue => {
                if self.is(&[Is::Value])? {
                    self.scanner.take()?;
                    if !self.is(&[Is::FlowEntry, Is::FlowMappingEnd])? {
                        self.push(State::FlowKey)?;
                        return self.node(false, false);
                    }
                }
                self.state = State::FlowKey;
                Ok(self.empty())
            }
            State::FlowEmptyValue => {
                self.state = State::FlowKey;
                Ok(self.empty())
            }
            State::End => Ok(self.here(Kind::End)),
        }
    }

    fn implicit_document(&mut self) -> Step<Event> {
        let token = self.scanner.look()?;
        if matches!(token.kind, Is::Directive(_) | Is::DocumentStart | Is::StreamEnd) {
            return self.document();
        }
        let from = token.from;
        self.handles.clear();
        self.push(State::DocumentEnd)?;
        self.state = State::BlockNode;
        Ok(self.event(Kind::DocumentStart, from, from))
    }

    fn document(&mut self) -> Step<Event> {
        while self.is(&[Is::DocumentEnd])? {
            self.scanner.take()?;
        }
        self.handles.clear();
        let from = self.scanner.look()?.from;
        loop {
            let token = self.scanner.look()?;
            match &token.kind {
                Is::Directive(handle) => {
                    if let Some(handle) = handle.clone()
                        && self.handles.len() < limits::HANDLES
                    {
                        self.handles.push(handle);
                    }
                    self.scanner.take()?;
                }
                Is::StreamEnd => {
                    self.state = State::End;
                    return Ok(self.here(Kind::End));
                }
                Is::DocumentStart => break,
                _ => return Err(End::Fault(token.from, "the beginning of a document, ---")),
            }
        }
        let to = self.scanner.take()?.to;
        self.push(State::DocumentEnd)?;
        self.state = State::DocumentContent;
        Ok(self.event(Kind::DocumentStart, from, to))
    }

    fn resolve(&self, handle: Option<String>, suffix: String) -> String {
        let Some(handle) = handle else { return suffix };
        let prefix = match self.handles.iter().rev().find(|(known, _)| *known == handle) {
            Some((_, prefix)) => prefix,
            None if handle == "!!" => "tag:yaml.org,2002:",
            // A handle that no directive names is refused by loaders; what is behind it is seen all the same.
            None => &handle,
        };
        format!("{prefix}{suffix}")
    }

    /// A node: its properties, and what it is.
    fn node(&mut self, block: bool, indentless: bool) -> Step<Event> {
        let (mut tag, mut anchor) = (None, None);
        let mut from = None;
        loop {
            let token = self.scanner.look()?;
            from.get_or_insert(token.from);
            match &token.kind {
                Is::Alias(_) if tag.is_none() && anchor.is_none() => {
                    let token = self.scanner.take()?;
                    let Is::Alias(name) = token.kind else { return Err(End::Fault(token.from, "an alias")) };
                    self.pop();
                    return Ok(self.event(Kind::Alias(name), token.from, token.to));
                }
                Is::Anchor(_) if anchor.is_none() => {
                    if let Is::Anchor(name) = self.scanner.take()?.kind {
                        anchor = Some(name);
                    }
                }
                Is::Tag(..) if tag.is_none() => {
                    if let Is::Tag(handle, suffix) = self.scanner.take()?.kind {
                        tag = Some(self.resolve(handle, suffix));
                    }
                }
                _ => break,
            }
        }
        let from = from.unwrap_or(self.scanner.at);
        let token = self.scanner.look()?.clone();
        let (kind, to) = match token.kind {
            Is::BlockEntry if indentless => {
                self.state = State::IndentlessEntry;
                (Kind::SequenceStart, token.to)
            }
            Is::Scalar(..) => {
                let token = self.scanner.take()?;
                let Is::Scalar(text, style) = token.kind else { return Err(End::Fault(from, "a scalar")) };
                self.pop();
                (Kind::Scalar(text, style), token.to)
            }
            Is::FlowSequenceStart => {
                self.state = State::FlowEntryFirst;
                (Kind::SequenceStart, token.to)
            }
            Is::FlowMappingStart => {
                self.state = State::FlowKeyFirst;
                (Kind::MappingStart, token.to)
            }
            Is::BlockSequenceStart if block => {
                self.state = State::BlockEntryFirst;
                (Kind::SequenceStart, token.to)
            }
            Is::BlockMappingStart if block => {
                self.state = State::BlockKeyFirst;
                (Kind::MappingStart, token.to)
            }
            // Properties alone are those of an empty text.
            _ if tag.is_some() || anchor.is_some() => {
                self.pop();
                (Kind::Scalar(String::new(), Style::Plain), token.from)
            }
            _ => return Err(End::Fault(token.from, "a value")),
        };
        Ok(Event { tag, anchor, ..self.event(kind, from, to.max(from)) })
    }

    fn block_entry(&mut self) -> Step<Event> {
        if self.is(&[Is::BlockEntry])? {
            self.scanner.take()?;
            if !self.is(&[Is::BlockEntry, Is::BlockEnd])? {
                self.push(State::BlockEntry)?;
                return self.node(true, false);
            }
            self.state = State::BlockEntry;
            return Ok(self.empty());
        }
        self.block_end(Kind::SequenceEnd)
    }

    fn block_end(&mut self, kind: Kind) -> Step<Event> {
        let token = self.scanner.look()?;
        if token.kind != Is::BlockEnd {
            return Err(End::Fault(token.from, "the end of a block"));
        }
        let token = self.scanner.take()?;
        self.pop();
        Ok(self.event(kind, token.from, token.to))
    }

    fn indentless_entry(&mut self) -> Step<Event> {
        if self.is(&[Is::BlockEntry])? {
            self.scanner.take()?;
            if !self.is(&[Is::BlockEntry, Is::Key, Is::Value, Is::BlockEnd])? {
                self.push(State::IndentlessEntry)?;
                return self.node(true, false);
            }
            self.state = State::IndentlessEntry;
            return Ok(self.empty());
        }
        self.pop();
        Ok(self.here(Kind::SequenceEnd))
    }

    fn block_key(&mut self) -> Step<Event> {
        if self.is(&[Is::Key])? {
            self.scanner.take()?;
            if !self.is(&[Is::Key, Is::Value, Is::BlockEnd])? {
                self.push(State::BlockValue)?;
                return self.node(true, true);
            }
            self.state = State::BlockValue;
            return Ok(self.empty());
        }
        // A value whose key is empty: libyaml takes it.
        if self.is(&[Is::Value])? {
            self.state = State::BlockValue;
            return Ok(self.empty());
        }
        self.block_end(Kind::MappingEnd)
    }

    fn block_value(&mut self) -> Step<Event> {
        if self.is(&[Is::Value])? {
            self.scanner.take()?;
            if !self.is(&[Is::Key, Is::Value, Is::BlockEnd])? {
                self.push(State::BlockKey)?;
                return self.node(true, true);
            }
        }
        self.state = State::BlockKey;
        Ok(self.empty())
    }

    fn flow_entry(&mut self, first: bool) -> Step<Event> {
        if !self.is(&[Is::FlowSequenceEnd])? {
            if !first {
                self.comma()?;
            }
            if self.is(&[Is::Key])? {
                let from = self.scanner.look()?.from;
                self.state = State::PairKey;
                return Ok(self.event(Kind::MappingStart, from, from));
            }
            if !self.is(&[Is::FlowSequenceEnd])? {
                self.push(State::FlowEntry)?;
                return self.node(false, false);
            }
        }
        let token = self.scanner.take()?;
        self.pop();
        Ok(self.event(Kind::SequenceEnd, token.from, token.to))
    }

    fn comma(&mut self) -> Step<()> {
        let token = self.scanner.look()?;
        if token.kind != Is::FlowEntry {
            return Err(End::Fault(token.from, "a comma or a closing bracket"));
        }
        self.scanner.take()?;
        Ok(())
    }

    fn flow_key(&mut self, first: bool) -> Step<Event> {
        if !self.is(&[Is::FlowMappingEnd])? {
            if !first {
                self.comma()?;
            }
            if self.is(&[Is::Key])? {
                self.scanner.take()?;
                if !self.is(&[Is::Value, Is::FlowEntry, Is::FlowMappingEnd])? {
                    self.push(State::FlowValue)?;
                    return self.node(false, false);
                }
                self.state = State::FlowValue;
                return Ok(self.empty());
            }
            if !self.is(&[Is::FlowMappingEnd])? {
                self.push(State::FlowEmptyValue)?;
                return self.node(false, false);
            }
        }
        let token = self.scanner.take()?;
        self.pop();
        Ok(self.event(Kind::MappingEnd, token.from, token.to))
    }
}
