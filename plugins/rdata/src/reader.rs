//! Items, one within the other, read without recursion: what is open lies on a stack of frames.
//!
//! `serialize.c`'s `ReadItem` in the words of <https://cran.r-project.org/doc/manuals/r-release/R-ints.html#Serialization-Formats>:
//!
//! ```text
//! item      = flags body
//! symbol    = item(CHAR)
//! pairlist  = [attributes] [tag] car cdr          also language, closure (tag environment, car formals, cdr body),
//!                                                 promise (tag environment, car value, cdr code), dots
//! environ   = locked:int enclosure frame hashtab attributes
//! vector    = length element*  [attributes]       strings, lists and expressions have items for elements
//! bytecode  = repetitions:int code constants      [attributes]
//! constants = count:int (type:int constant)*
//! altrep    = info state attributes
//! ```

mod parts;

use crate::code::{Code, Kind, Names, Node, Value};
use crate::item::{self, Flags};
use crate::limits;
use crate::stream::{Encoding, Error, Stream};

/// What the reader finds.
pub(crate) trait Visitor {
    /// A whole piece of code: the names that it uses, how it reads, and where it stands.
    fn code(&mut self, code: &Code, text: String, place: Place<'_>) -> Result<(), Error>;

    /// An object in the workspace (`name`), or a namespace or package that is loaded with the file.
    fn name(&mut self, what: &'static str, name: &str, at: u64) -> Result<(), Error>;

    /// Bytes that are data: packages keep whole files in them.
    fn raw(&mut self, at: u64, length: u64) -> Result<(), Error>;
}

/// Where a piece of code stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'p> {
    pub end: u64,
    /// The object of the workspace that it is.
    pub binding: &'p str,
    /// Within an environment: the variables of a function or an object.
    pub in_environment: bool,
    /// A promise that has no value yet: whoever reads it runs its code.
    pub unbound: bool,
    /// The function of a binding that calls it when it is read.
    pub active: bool,
}

/// An item that is open.
enum Frame {
    /// Cells of a pairlist or call, or one closure or promise.
    Cells { kind: u8, stage: Stage, flags: Flags, base: usize, tag: Option<u32>, fun: Option<Value>, owns: bool },
    /// An environment's four parts.
    Environment { left: u8 },
    /// ALTREP's three.
    Altrep { left: u8 },
    /// Elements of a vector.
    Vector { kind: u8, left: u64, attributes: bool, texts: Option<Vec<String>> },
    /// A symbol's name.
    Symbol,
    /// A list of strings that names a package or namespace.
    Strings { kind: u8, left: u64, first: Option<String>, at: u64 },
    /// An external pointer's two parts.
    Pointer { left: u8, attributes: bool },
    /// Attributes behind an item that came to `value`.
    Attributes { value: Value },
    /// Bytecode: its instructions, then its constants.
    Bytecode { left: Option<u64>, first: Value, pool: Vec<Value>, calls: Vec<u32>, owns: bool, attributes: bool },
    /// A call or list among bytecode's constants.
    Constant { language: bool, stage: Stage, base: usize, tag: Option<u32>, fun: Option<Value> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Attributes,
    Tag,
    Car,
    Cdr,
}

/// What later items refer to by number.
#[derive(Debug, Clone, Copy)]
enum Known {
    Symbol(u32),
    Other(&'static str),
}

pub(crate) struct Reader<'v, 'i, 'h, V> {
    stream: Stream<'i, 'h>,
    visitor: &'v mut V,
    names: Names,
    known: Vec<Known>,
    frames: Vec<Frame>,
    /// Arguments of the calls that are open, each with its tag.
    cells: Vec<(Option<u32>, Value)>,
    /// Pieces of code that are open; `None` where data begins within one.
    codes: Vec<Option<Code>>,
    environments: usize,
    /// What the last string was.
    string: Option<String>,
    latin1: bool,
}

impl<'v, 'i, 'h, V: Visitor> Reader<'v, 'i, 'h, V> {
    pub fn new(stream: Stream<'i, 'h>, visitor: &'v mut V) -> Self {
        Reader {
            stream,
            visitor,
            names: Names::default(),
            known: Vec::new(),
            frames: Vec::new(),
            cells: Vec::new(),
            codes: Vec::new(),
            environments: 0,
            string: None,
            latin1: false,
        }
    }

    /// Reads one item and all that is in it. The answer is where it ends, and why if that is before its end.
    pub fn read(mut self) -> (u64, Option<Error>) {
        let mut error = self.items().err();
        if error.is_none() && self.stream.encoding == Encoding::Ascii {
            error = self.stream.blanks().err();
        }
        // What was read of code that the input breaks off in is still said.
        if error.as_ref().is_some_and(|error| !matches!(error, Error::Stop(_))) {
            while let Some(code) = self.codes.pop() {
                let place = Place { end: self.stream.at, binding: "", in_environment: self.environments > 0, unbound: false, active: false };
                if let Some(code) = code
                    && let Err(stop) = self.visitor.code(&code, String::new(), place)
                {
                    return (self.stream.at, Some(stop));
                }
            }
        }
        (self.stream.at, error)
    }

    fn items(&mut self) -> Result<(), Error> {
        let mut done = self.item()?;
        loop {
            match done {
                None => done = self.next()?,
                Some(value) if self.frames.is_empty() => {
                    let _root: Value = value;
                    return Ok(());
                }
                Some(value) => done = self.take(value)?,
            }
        }
    }

    fn push(&mut self, frame: Frame) -> Result<(), Error> {
        if self.frames.len() >= limits::DEPTH {
            return Err(Error::Limit { at: self.stream.at, code: "limit-depth", expected: format!("at most {} levels", limits::DEPTH) });
        }
        self.frames.push(frame);
        Ok(())
    }

    fn in_code(&self) -> bool {
        self.codes.last().is_some_and(Option::is_some)
    }

    fn known(&mut self, known: Known) -> Result<(), Error> {
        if self.known.len() >= limits::REFERENCES {
            let expected = format!("at most {} symbols and environments", limits::REFERENCES);
            return Err(Error::Limit { at: self.stream.at, code: "limit-memory", expected });
        }
        self.known.push(known);
        Ok(())
    }

    /// Begins the next item. `Some` when it is one without parts.
    fn item(&mut self) -> Result<Option<Value>, Error> {
        let at = self.stream.at;
        let flags = Flags(self.stream.int("an item's flags")?);
        self.item_of(flags, at)
    }

    fn item_of(&mut self, flags: Flags, at: u64) -> Result<Option<Value>, Error> {
        Ok(match flags.kind() {
            item::NIL | item::NULL => Some(Value::Null),
            item::MISSING => Some(Value::Missing),
            item::UNBOUND => Some(Value::Unbound),
            item::EMPTY_ENVIRONMENT | item::BASE_ENVIRONMENT | item::GLOBAL_ENVIRONMENT | item::BASE_NAMESPACE => {
                Some(Value::Object("<environment>"))
            }
            item::REFERENCE => Some(self.reference(flags, at)?),
            item::SYMBOL => {
                self.push(Frame::Symbol)?;
                None
            }
            kind @ (item::PERSISTENT | item::PACKAGE | item::NAMESPACE) => {
                // An integer that has always been 0, then the number of strings.
                let _flag = self.stream.int("0 before a package's name")?;
                let left = self.stream.length("the number of strings of a package's name")?;
                self.push(Frame::Strings { kind, left, first: None, at })?;
                None
            }
            item::ENVIRONMENT => {
                let _locked = self.stream.int("whether an environment is locked")?;
                self.known(Known::Other("<environment>"))?;
                self.codes.push(None);
                self.environments += 1;
                self.push(Frame::Environment { left: 4 })?;
                None
            }
            kind @ (item::PAIRLIST | item::LANGUAGE | item::CLOSURE | item::PROMISE | item::DOTS) => {
                self.cells_of(kind, flags, at)?;
                None
            }
            item::POINTER => {
                self.known(Known::Other("<pointer>"))?;
                self.codes.push(None);
                self.push(Frame::Pointer { left: 2, attributes: flags.has_attributes() })?;
                None
            }
            item::WEAK => {
                self.known(Known::Other("<weak reference>"))?;
                self.behind(Value::Object("<weak reference>"), flags)?
            }
            item::SPECIAL | item::BUILTIN => {
                let length = self.stream.length("the length of a primitive's name")?;
                let name = self.stream.string(length, "a primitive's name")?;
                let name = String::from_utf8_lossy(&name).into_owned();
                let value = self.keep(Node::Primitive(name), "<primitive>");
                self.behind(value, flags)?
            }
            item::CHAR => {
                self.char(flags)?;
                self.behind(Value::Object("<string>"), flags)?
            }
            kind @ (item::LOGICAL | item::INTEGER | item::REAL | item::COMPLEX | item::RAW) => {
                let value = self.numbers(kind)?;
                self.behind(value, flags)?
            }
            kind @ (item::STRING | item::LIST | item::EXPRESSION) => {
                let left = self.stream.length("the length of a vector")?;
                let texts = (kind == item::STRING && self.in_code() && left <= limits::ELEMENTS).then(Vec::new);
                self.push(Frame::Vector { kind, left, attributes: flags.has_attributes(), texts })?;
                None
            }
            item::BYTECODE => {
                let _repetitions = self.stream.length("the number of repetitions in bytecode")?;
                self.bytecode(flags.has_attributes(), true, at)?;
                None
            }
            item::S4 => self.behind(Value::Object("<S4 object>"), flags)?,
            item::ALTREP => {
                // Its class is the first item of a list, which is kept as code is.
                self.codes.push(Some(Code::new(Kind::Language, at)));
                self.push(Frame::Altrep { left: 3 })?;
                None
            }
            other => return Err(Error::Invalid { at, expected: "the type of an item", found: other.to_string() }),
        })
    }

    fn reference(&mut self, flags: Flags, at: u64) -> Result<Value, Error> {
        let index = match flags.reference() {
            0 => self.stream.int("the number of a reference")? as u32,
            packed => packed,
        };
        match index.checked_sub(1).and_then(|index| self.known.get(index as usize)) {
            Some(Known::Symbol(name)) => Ok(Value::Symbol(*name)),
            Some(Known::Other(what)) => Ok(Value::Object(what)),
            None => Err(Error::Invalid { at, expected: "the number of something read before", found: index.to_string() }),
        }
    }

    /// A piece of code begins with calls, closures and promises; within a piece a call is a part of it.
    fn cells_of(&mut self, kind: u8, flags: Flags, at: u64) -> Result<(), Error> {
        let code = match kind {
            item::CLOSURE => Some(Kind::Closure),
            item::PROMISE => Some(Kind::Promise),
            item::LANGUAGE if !self.in_code() => Some(Kind::Language),
            _ => None,
        };
        if let Some(code) = code {
            self.codes.push(Some(Code::new(code, at)));
        }
        let stage = first_stage(flags);
        self.push(Frame::Cells { kind, stage, flags, base: self.cells.len(), tag: None, fun: None, owns: code.is_some() })?;
        self.enter(kind, stage);
        Ok(())
    }

    /// Attributes, a closure's or promise's environment and a promise's value are data, whatever they lie in.
    fn enter(&mut self, kind: u8, stage: Stage) {
        if is_data(kind, stage) {
            self.codes.push(None);
        }
    }

    fn leave(&mut self, kind: u8, stage: Stage) {
        if is_data(kind, stage) {
            self.codes.pop();
        }
    }

    fn behind(&mut self, value: Value, flags: Flags) -> Result<Option<Value>, Error> {
        if !flags.has_attributes() {
            return Ok(Some(value));
        }
        self.codes.push(None);
        self.push(Frame::Attributes { value })?;
        Ok(None)
    }

    fn keep(&mut self, node: Node, otherwise: &'static str) -> Value {
        match self.codes.last_mut() {
            Some(Some(code)) => code.node(node),
            _ => Value::Object(otherwise),
        }
    }

    fn char(&mut self, flags: Flags) -> Result<(), Error> {
        let at = self.stream.at;
        let length = self.stream.int("the length of a string")?;
        self.string = None;
        if length == -1 || length == i32::MIN && self.stream.encoding == Encoding::Ascii {
            return Ok(());
        }
        let length = u64::try_from(length).map_err(|_| Error::Invalid { at, expected: "the length of a string", found: length.to_string() })?;
        let bytes = self.stream.string(length, "a string")?;
        let latin1 = self.latin1 || flags.is_latin1();
        self.string = Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if latin1 => error.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        });
        Ok(())
    }

    /// A vector of numbers: within code its elements are read, in data it is passed over.
    fn numbers(&mut self, kind: u8) -> Result<Value, Error> {
        const EXPECTED: &str = "the elements of a vector";
        let length = self.stream.length("the length of a vector")?;
        let instructions = matches!(self.frames.last(), Some(Frame::Bytecode { left: None, .. }));
        if kind == item::INTEGER && instructions {
            return self.instructions(length);
        }
        let width = match kind {
            item::LOGICAL | item::INTEGER => 4,
            item::REAL => 8,
            item::COMPLEX => 16,
            _ => 1,
        };
        if !self.in_code() || length > limits::ELEMENTS || !matches!(kind, item::LOGICAL | item::INTEGER | item::REAL | item::RAW) {
            let at = self.stream.at;
            self.stream.skip(length, width, EXPECTED)?;
            if kind == item::RAW && self.stream.encoding != Encoding::Ascii {
                self.visitor.raw(at, self.stream.at.saturating_sub(at))?;
            }
            return Ok(Value::Object("<vector>"));
        }
        let mut numbers = Vec::new();
        for _ in 0..length {
            numbers.push(match kind {
                item::REAL => self.stream.real(EXPECTED)?,
                item::RAW => f64::from(self.stream.raw(EXPECTED)?),
                _ => f64::from(self.stream.int(EXPECTED)?),
            });
        }
        Ok(self.keep(Node::Numbers(numbers), "<vector>"))
    }
}

fn is_data(kind: u8, stage: Stage) -> bool {
    match stage {
        Stage::Attributes => true,
        Stage::Tag => matches!(kind, item::CLOSURE | item::PROMISE),
        Stage::Car => kind == item::PROMISE,
        Stage::Cdr => false,
    }
}

fn first_stage(flags: Flags) -> Stage {
    match (flags.has_attributes(), flags.has_tag()) {
        (true, _) => Stage::Attributes,
        (false, true) => Stage::Tag,
        (false, false) => Stage::Car,
    }
}
