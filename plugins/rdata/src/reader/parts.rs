//! What becomes of an item within the one that it is a part of.

use super::{Frame, Known, Place, Reader, Stage, Visitor, first_stage};
use crate::code::{Code, Kind, Node, Value};
use crate::item::{self, Flags};
use crate::limits;
use crate::stream::Error;

/// Operations of R's bytecode that fetch a function by its name: `GETFUN`, `GETGLOBFUN`, `GETSYMFUN`, `GETBUILTIN`, `GETINTLBUILTIN`. The next integer
/// is the symbol's place among the constants.
const FETCH: std::ops::RangeInclusive<i32> = 23..=27;

impl<V: Visitor> Reader<'_, '_, '_, V> {
    /// Begins the next part of the innermost frame, or ends the frame where none is left.
    pub(super) fn next(&mut self) -> Result<Option<Value>, Error> {
        let at = self.stream.at;
        match self.frames.last_mut() {
            Some(Frame::Cells { kind, stage: stage @ Stage::Cdr, flags, tag, .. })
                if matches!(*kind, item::PAIRLIST | item::LANGUAGE | item::DOTS) =>
            {
                let next = Flags(self.stream.int("the rest of a list")?);
                if !matches!(next.kind(), item::PAIRLIST | item::DOTS) {
                    return self.item_of(next, at);
                }
                // The next cell takes this one's place: a list is as long as it likes without being deep.
                let kind = *kind;
                *flags = next;
                *tag = None;
                *stage = first_stage(next);
                let stage = *stage;
                self.enter(kind, stage);
                Ok(None)
            }
            Some(Frame::Vector { left: 0, .. } | Frame::Strings { left: 0, .. } | Frame::Bytecode { left: Some(0), .. }) => self.end(Value::Null),
            Some(Frame::Bytecode { left: Some(_), .. }) => {
                let kind = self.stream.int("the type of a constant")?;
                if kind == i32::from(item::BYTECODE) {
                    self.bytecode(false, false, at)?;
                    return Ok(None);
                }
                self.constant(kind, false)
            }
            Some(Frame::Constant { stage: Stage::Car, .. }) => {
                let kind = self.stream.int("the type of a constant")?;
                self.constant(kind, false)
            }
            Some(Frame::Constant { stage: Stage::Cdr, .. }) => {
                let kind = self.stream.int("the type of a constant's rest")?;
                self.constant(kind, true)
            }
            _ => self.item(),
        }
    }

    /// A constant of bytecode: a call or list in a form of its own, or an item. The `rest` of a list takes the place of the cell before it.
    fn constant(&mut self, kind: i32, rest: bool) -> Result<Option<Value>, Error> {
        let mut kind = u8::try_from(kind).unwrap_or(item::NULL);
        if kind == item::BYTECODE_REFERENCE {
            // What it refers to was read, and its names with it.
            let _position = self.stream.int("the number of a repeated constant")?;
            return Ok(Some(Value::Object("…")));
        }
        if kind == item::BYTECODE_DEFINITION {
            let _position = self.stream.int("the number of a repeated constant")?;
            kind = u8::try_from(self.stream.int("the type of a repeated constant")?).unwrap_or(item::NULL);
        }
        let (language, attributes) = match kind {
            item::LANGUAGE => (true, false),
            item::PAIRLIST => (false, false),
            item::ATTRIBUTED_LANGUAGE => (true, true),
            item::ATTRIBUTED_PAIRLIST => (false, true),
            // The type is read again, with the item.
            _ => return self.item(),
        };
        let stage = if attributes { Stage::Attributes } else { Stage::Tag };
        match self.frames.last_mut() {
            Some(Frame::Constant { stage: last, tag, .. }) if rest && !language => {
                *last = stage;
                *tag = None;
            }
            _ => self.push(Frame::Constant { language, stage, base: self.cells.len(), tag: None, fun: None })?,
        }
        if attributes {
            self.codes.push(None);
        }
        Ok(None)
    }

    pub(super) fn bytecode(&mut self, attributes: bool, outer: bool, at: u64) -> Result<(), Error> {
        let owns = outer && !self.in_code();
        if owns {
            self.codes.push(Some(Code::new(Kind::Bytecode, at)));
        }
        self.push(Frame::Bytecode { left: None, first: Value::Null, pool: Vec::new(), calls: Vec::new(), owns, attributes })
    }

    /// The instructions of the bytecode that is open: which constants it fetches as functions.
    pub(super) fn instructions(&mut self, length: u64) -> Result<Value, Error> {
        let mut before = 0;
        for _ in 0..length {
            let word = self.stream.int("an instruction")?;
            if FETCH.contains(&before)
                && let Some(Frame::Bytecode { calls, .. }) = self.frames.last_mut()
                && calls.len() < limits::NODES
            {
                calls.extend(u32::try_from(word));
            }
            before = word;
        }
        Ok(Value::Object("<instructions>"))
    }

    /// Hands an item to the frame that it is a part of. `Some` when that frame ends with it.
    pub(super) fn take(&mut self, value: Value) -> Result<Option<Value>, Error> {
        match self.frames.last_mut() {
            Some(Frame::Cells { kind, stage, .. }) => {
                let (kind, stage) = (*kind, *stage);
                self.leave(kind, stage);
                self.take_cell(value)
            }
            Some(Frame::Constant { stage: Stage::Attributes, .. }) => {
                self.codes.pop();
                self.take_cell(value)
            }
            Some(Frame::Constant { .. }) => self.take_cell(value),
            Some(Frame::Environment { left: 1 } | Frame::Pointer { left: 1, .. } | Frame::Attributes { .. }) => {
                self.codes.pop();
                self.end(value)
            }
            Some(Frame::Environment { left } | Frame::Pointer { left, .. }) => {
                *left -= 1;
                Ok(None)
            }
            Some(Frame::Altrep { left }) => {
                *left -= 1;
                match *left {
                    2 => self.altrep_class(value)?,
                    1 => {}
                    _ => {
                        self.codes.pop();
                        return self.end(value);
                    }
                }
                Ok(None)
            }
            Some(Frame::Vector { left, texts, .. }) => {
                *left -= 1;
                if let Some(texts) = texts {
                    texts.push(self.string.take().unwrap_or_else(|| "NA".into()));
                }
                Ok(None)
            }
            Some(Frame::Symbol) => self.end(value),
            Some(Frame::Strings { left, first, .. }) => {
                *left -= 1;
                if first.is_none() {
                    *first = self.string.take();
                }
                Ok(None)
            }
            Some(Frame::Bytecode { left: left @ None, .. }) => {
                *left = Some(self.stream.length("the number of constants")?);
                Ok(None)
            }
            Some(Frame::Bytecode { left: Some(left), first, pool, .. }) => {
                *left -= 1;
                if pool.is_empty() {
                    *first = value;
                }
                // Nodes are no functions by name: what is needed here are symbols, and where they stand.
                if pool.len() < limits::NODES {
                    pool.push(value);
                }
                Ok(None)
            }
            None => Ok(Some(value)),
        }
    }

    fn take_cell(&mut self, value: Value) -> Result<Option<Value>, Error> {
        let in_code = self.in_code();
        let root = self.frames.len() == 1;
        let at = self.stream.at;
        let mut binding = None;
        // A call keeps what it calls, a promise its value, to tell whether it has one.
        let (keeps, stage, tag, fun, has_tag) = match self.frames.last_mut() {
            Some(Frame::Cells { kind, stage, tag, fun, flags, .. }) => {
                (matches!(*kind, item::LANGUAGE | item::PROMISE), stage, tag, fun, flags.has_tag())
            }
            Some(Frame::Constant { language, stage, tag, fun, .. }) => (*language, stage, tag, fun, true),
            _ => return Ok(Some(value)),
        };
        match *stage {
            Stage::Attributes => *stage = if has_tag { Stage::Tag } else { Stage::Car },
            Stage::Tag => {
                *tag = match value {
                    Value::Symbol(name) => Some(name),
                    _ => None,
                };
                *stage = Stage::Car;
            }
            Stage::Car => {
                *stage = Stage::Cdr;
                match fun {
                    None if keeps => *fun = Some(value),
                    _ if in_code && self.cells.len() < limits::NODES => self.cells.push((*tag, value)),
                    _ => {}
                }
                binding = tag.filter(|_| root);
            }
            Stage::Cdr => return self.end(value),
        }
        if let Some(name) = binding {
            self.visitor.name("binding", self.names.get(name), at)?;
        }
        if let Some(Frame::Cells { kind, stage, .. }) = self.frames.last() {
            let (kind, stage) = (*kind, *stage);
            self.enter(kind, stage);
        }
        Ok(None)
    }

    /// The class of an ALTREP object: the first item of its description.
    fn altrep_class(&mut self, value: Value) -> Result<(), Error> {
        let at = self.stream.at;
        if let Some(Some(code)) = self.codes.pop()
            && let Some(Value::Symbol(class)) = code.first_argument(value)
        {
            self.visitor.name("altrep", self.names.get(class), at)?;
        }
        self.codes.push(None);
        Ok(())
    }

    /// Ends the innermost frame, whose last part was `last`.
    fn end(&mut self, last: Value) -> Result<Option<Value>, Error> {
        match self.frames.pop() {
            Some(Frame::Cells { kind, base, fun, flags: _, owns, tag: _, stage: _ }) => self.end_cells(kind, base, fun, owns, last),
            Some(Frame::Constant { language, base, fun, .. }) => {
                let args: Vec<_> = self.cells.drain(base.min(self.cells.len())..).collect();
                Ok(Some(self.combine(language, fun, args)))
            }
            Some(Frame::Environment { .. }) => {
                self.environments -= 1;
                Ok(Some(Value::Object("<environment>")))
            }
            Some(Frame::Altrep { .. }) => Ok(Some(Value::Object("<vector>"))),
            Some(Frame::Vector { kind, attributes, texts, .. }) => {
                let value = match texts {
                    Some(texts) => self.keep(Node::Text(texts), "<strings>"),
                    None if kind == item::STRING => Value::Object("<strings>"),
                    None => Value::Object("<list>"),
                };
                self.attributes(value, attributes)
            }
            Some(Frame::Symbol) => {
                let name = self.string.take().unwrap_or_else(|| "NA".into());
                let Some(index) = self.names.add(&name) else {
                    let expected = format!("at most {} bytes of names", limits::NAME_BYTES);
                    return Err(Error::Limit { at: self.stream.at, code: "limit-memory", expected });
                };
                self.known(Known::Symbol(index))?;
                Ok(Some(Value::Symbol(index)))
            }
            Some(Frame::Strings { kind, first, at, .. }) => {
                let what = match kind {
                    item::PACKAGE => "package",
                    item::NAMESPACE => "namespace",
                    _ => "persistent",
                };
                self.visitor.name(what, &first.unwrap_or_default(), at)?;
                self.known(Known::Other("<environment>"))?;
                Ok(Some(Value::Object("<environment>")))
            }
            Some(Frame::Pointer { attributes, .. }) => self.attributes(Value::Object("<pointer>"), attributes),
            Some(Frame::Attributes { value }) => Ok(Some(value)),
            Some(Frame::Bytecode { first, pool, calls, owns, attributes, .. }) => {
                self.end_bytecode(first, &pool, &calls, owns)?;
                self.attributes(first, attributes)
            }
            None => Ok(Some(last)),
        }
    }

    fn attributes(&mut self, value: Value, there: bool) -> Result<Option<Value>, Error> {
        if !there {
            return Ok(Some(value));
        }
        self.codes.push(None);
        self.push(Frame::Attributes { value })?;
        Ok(None)
    }

    /// A call or a list, as a node of the code that is open.
    fn combine(&mut self, language: bool, fun: Option<Value>, args: Vec<(Option<u32>, Value)>) -> Value {
        match self.codes.last_mut() {
            Some(Some(code)) if language => code.call(&self.names, fun.unwrap_or(Value::Null), args),
            Some(Some(code)) => code.list(Value::Object("pairlist"), args),
            _ => Value::Object("<list>"),
        }
    }

    fn end_cells(&mut self, kind: u8, base: usize, fun: Option<Value>, owns: bool, last: Value) -> Result<Option<Value>, Error> {
        let args: Vec<_> = self.cells.drain(base.min(self.cells.len())..).collect();
        let value = match kind {
            item::CLOSURE => last,
            item::PROMISE => last,
            _ => self.combine(kind == item::LANGUAGE, fun, args),
        };
        if !owns {
            return Ok(Some(value));
        }
        let Some(Some(code)) = self.codes.pop() else { return Ok(Some(value)) };
        let unbound = kind == item::PROMISE && fun == Some(Value::Unbound);
        self.say(&code, value, unbound)?;
        Ok(Some(Value::Object(match kind {
            item::CLOSURE => "<function>",
            item::PROMISE => "<promise>",
            _ => "<call>",
        })))
    }

    fn end_bytecode(&mut self, first: Value, pool: &[Value], calls: &[u32], owns: bool) -> Result<(), Error> {
        if let Some(Some(code)) = self.codes.last_mut() {
            for call in calls {
                if let Some(Value::Symbol(name)) = pool.get(*call as usize) {
                    code.name(self.names.get(*name).to_owned());
                }
            }
        }
        if owns && let Some(Some(code)) = self.codes.pop() {
            self.say(&code, first, false)?;
        }
        Ok(())
    }

    /// Hands a piece of code to the visitor, and its names to the piece that it is a part of.
    fn say(&mut self, code: &Code, value: Value, unbound: bool) -> Result<(), Error> {
        let text = code.text(&self.names, value);
        let (mut binding, mut active) = ("", false);
        if let Some(Frame::Cells { tag, flags, kind: item::PAIRLIST, .. }) = self.frames.last() {
            active = self.environments > 0 && flags.is_active();
            if self.frames.len() == 1 {
                binding = tag.map_or("", |tag| self.names.get(tag));
            }
        }
        let place = Place { end: self.stream.at, binding, in_environment: self.environments > 0, unbound, active };
        self.visitor.code(code, text, place)?;
        if let Some(Some(outer)) = self.codes.last_mut() {
            outer.absorb(code);
        }
        Ok(())
    }
}
