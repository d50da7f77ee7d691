//! The stream, read without recursion.
//!
//! ```text
//! stream    = 0xACED 0x0005 content*
//! content   = object | blockdata
//! object    = OBJECT class data*    CLASS class    ARRAY class size:u32 values    STRING utf    LONGSTRING utf    ENUM class name:object
//!           | class | REFERENCE handle:u32 | NULL | RESET | EXCEPTION object
//! class     = CLASSDESC name:utf uid:u64 flags:u8 count:u16 field* annotation class | PROXY count:u32 utf* annotation class | REFERENCE | NULL
//! field     = type:u8 name:utf [ type name:object ]          the part in brackets of objects and arrays
//! data      = the values of the fields, of each class from the topmost down, and behind those of a class that writes by itself an annotation
//! annotation = content* ENDBLOCKDATA
//! blockdata = BLOCKDATA size:u8 bytes | BLOCKDATALONG size:u32 bytes
//! utf       = length:u16 bytes                               of a LONGSTRING length:u64
//! ```

use crate::limits;
use weighbridge_sdk::{Input, ReadAt, Span, Stop, Window};

/// Why a reader cannot go on.
#[derive(Debug)]
pub(crate) enum Error {
    Stop(Stop),
    Truncated { at: u64, expected: &'static str },
    Invalid { at: u64, expected: &'static str, found: String },
    Unsupported { at: u64, what: &'static str },
    Limit { at: u64, code: &'static str, expected: String },
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Self {
        Error::Stop(stop)
    }
}

/// What the reader finds.
pub(crate) trait Visitor {
    fn class(&mut self, name: &str, proxy: bool, at: Span) -> Result<(), Stop>;
    fn string(&mut self, text: &str, at: Span) -> Result<(), Stop>;
    /// The values of an array of numbers, `bytes` where they are bytes; or data that a class wrote in a form of its own.
    fn data(&mut self, at: Span, bytes: bool) -> Result<(), Stop>;
}

/// Flags of a descriptor.
const WRITES: u8 = 1;
const SERIALIZABLE: u8 = 2;
const EXTERNALIZABLE: u8 = 4;
const BLOCK_DATA: u8 = 8;

struct Class {
    flags: u8,
    /// The types of its fields, a letter each.
    fields: Vec<u8>,
    /// What an array is of.
    element: u8,
    parent: Option<usize>,
}

/// What is still to be read.
enum Task {
    /// Contents up to the end of the stream.
    Contents,
    /// Contents up to the mark that ends them.
    Annotation,
    Object,
    /// So many objects.
    Objects(u64),
    /// So many fields of a descriptor.
    Descriptor(usize, u16),
    /// The class above a descriptor was read.
    Parent(usize),
    /// The class of what follows was read.
    Instance,
    Array,
    Enum,
    ClassObject,
    /// What a class of an instance wrote.
    Data(usize),
    /// Its fields from one on.
    Fields(usize, usize),
}

pub(crate) struct Stream<'v, 'i, 'h, V> {
    window: Window<&'i Input<'h>>,
    visitor: &'v mut V,
    pub at: u64,
    tasks: Vec<Task>,
    classes: Vec<Class>,
    /// The class that each handle stands for, where it stands for one.
    handles: Vec<Option<u32>>,
    /// The class that was read last.
    class: Option<usize>,
    steps: u64,
}

fn width(kind: u8) -> Option<u64> {
    Some(match kind {
        b'B' | b'Z' => 1,
        b'C' | b'S' => 2,
        b'I' | b'F' => 4,
        b'J' | b'D' => 8,
        _ => return None,
    })
}

impl<'v, 'i, 'h, V: Visitor> Stream<'v, 'i, 'h, V> {
    pub fn new(input: &'i Input<'h>, at: u64, visitor: &'v mut V) -> Self {
        let window = Window::new(input, limits::WINDOW);
        Stream { window, visitor, at, tasks: Vec::new(), classes: Vec::new(), handles: Vec::new(), class: None, steps: 0 }
    }

    pub fn read(&mut self) -> Result<(), Error> {
        self.tasks.push(Task::Contents);
        while let Some(task) = self.tasks.pop() {
            self.steps += 1;
            if self.steps.is_multiple_of(1024) {
                self.window.input().poll(1024)?;
            }
            if self.tasks.len() > limits::DEPTH {
                let expected = format!("at most {} levels", limits::DEPTH);
                return Err(Error::Limit { at: self.at, code: "limit-depth", expected });
            }
            self.task(task)?;
        }
        Ok(())
    }

    fn task(&mut self, task: Task) -> Result<(), Error> {
        match task {
            Task::Contents if self.at >= self.window.size() && self.steps > 1 => Ok(()),
            // What else stands behind the last object is none of the stream's.
            Task::Contents if matches!(self.window.array::<1>(self.at)?, Some([0..=0x6f | 0x7f..])) => Ok(()),
            Task::Contents => self.then([Task::Contents, Task::Object]),
            Task::Annotation if self.window.array::<1>(self.at)? == Some([0x78]) => {
                self.at += 1;
                Ok(())
            }
            Task::Annotation => self.then([Task::Annotation, Task::Object]),
            Task::Object => self.object(),
            Task::Objects(0) => Ok(()),
            Task::Objects(left) => self.then([Task::Objects(left - 1), Task::Object]),
            Task::Descriptor(class, 0) => self.then([Task::Parent(class), Task::Object, Task::Annotation]),
            Task::Descriptor(class, left) => {
                let at = self.at;
                let [kind] = self.array("the type of a field")?;
                let _name = self.utf(limits::NAME, "the name of a field")?;
                let object = matches!(kind, b'L' | b'[');
                if !object && width(kind).is_none() {
                    return Err(Error::Invalid { at, expected: "the type of a field", found: kind.to_string() });
                }
                let fields = &mut self.classes[class].fields;
                if fields.len() >= limits::FIELDS {
                    return Err(Error::Limit { at, code: "limit-memory", expected: format!("at most {} fields", limits::FIELDS) });
                }
                fields.push(kind);
                self.tasks.push(Task::Descriptor(class, left - 1));
                if object {
                    self.tasks.push(Task::Object);
                }
                Ok(())
            }
            Task::Parent(class) => {
                if self.class == Some(class) {
                    return Err(Error::Invalid { at: self.at, expected: "the class above another", found: "the class itself".into() });
                }
                self.classes[class].parent = self.class;
                self.class = Some(class);
                Ok(())
            }
            Task::Instance => {
                self.handle(None)?;
                let mut next = self.class;
                let mut left = limits::PARENTS;
                while let Some(class) = next.filter(|_| left > 0) {
                    self.tasks.push(Task::Data(class));
                    (next, left) = (self.classes[class].parent, left - 1);
                }
                Ok(())
            }
            Task::Array => self.array_values(),
            Task::Enum => {
                self.handle(None)?;
                self.tasks.push(Task::Object);
                Ok(())
            }
            Task::ClassObject => self.handle(None),
            Task::Data(class) => {
                let flags = self.classes[class].flags;
                if flags & SERIALIZABLE != 0 {
                    if flags & WRITES != 0 {
                        self.tasks.push(Task::Annotation);
                    }
                    self.tasks.push(Task::Fields(class, 0));
                } else if flags & EXTERNALIZABLE != 0 && flags & BLOCK_DATA != 0 {
                    self.tasks.push(Task::Annotation);
                } else if flags & EXTERNALIZABLE != 0 {
                    return Err(Error::Unsupported { at: self.at, what: "an object in a form that its class alone knows" });
                }
                Ok(())
            }
            Task::Fields(class, from) => {
                for index in from..self.classes[class].fields.len() {
                    let kind = self.classes[class].fields[index];
                    match width(kind) {
                        Some(width) => self.skip(width, "the value of a field")?,
                        None => return self.then([Task::Fields(class, index + 1), Task::Object]),
                    }
                }
                Ok(())
            }
        }
    }

    /// Puts off what comes later, the last of it first.
    fn then<const N: usize>(&mut self, tasks: [Task; N]) -> Result<(), Error> {
        self.tasks.extend(tasks);
        Ok(())
    }

    fn object(&mut self) -> Result<(), Error> {
        let at = self.at;
        let [tag] = self.array("an object or a block of data")?;
        match tag {
            0x70 => {
                self.class = None;
                Ok(())
            }
            0x71 => {
                let handle = u32::from_be_bytes(self.array("a handle")?).wrapping_sub(0x7e_0000);
                let known = usize::try_from(handle).ok().and_then(|handle| self.handles.get(handle));
                let class = known.ok_or(Error::Invalid { at, expected: "the handle of an object before", found: format!("{handle}") })?;
                self.class = class.and_then(|class| usize::try_from(class).ok());
                Ok(())
            }
            0x72 => self.descriptor(at),
            0x73 => self.then([Task::Instance, Task::Object]),
            0x74 | 0x7c => {
                let length = if tag == 0x74 {
                    u64::from(u16::from_be_bytes(self.array("the length of a string")?))
                } else {
                    u64::from_be_bytes(self.array("the length of a string")?)
                };
                self.handle(None)?;
                let span = self.span(length, "a string")?;
                let text = self.window.text(span, limits::TEXT)?;
                Ok(self.visitor.string(&text, span)?)
            }
            0x75 => self.then([Task::Array, Task::Object]),
            0x76 => self.then([Task::ClassObject, Task::Object]),
            0x77 | 0x7a => {
                let length = if tag == 0x77 {
                    let [length] = self.array("the length of a block")?;
                    u64::from(length)
                } else {
                    u64::from(u32::from_be_bytes(self.array("the length of a block")?))
                };
                let span = self.span(length, "a block of data")?;
                Ok(self.visitor.data(span, true)?)
            }
            0x79 => {
                self.handles.clear();
                Ok(())
            }
            0x7b => {
                self.handles.clear();
                self.then([Task::Object])
            }
            0x7d => {
                let count = u32::from_be_bytes(self.array("the number of interfaces")?);
                let class = self.new_class(at, SERIALIZABLE, b'L')?;
                for _ in 0..count {
                    let from = self.at;
                    let name = self.utf(limits::NAME, "the name of an interface")?;
                    self.visitor.class(&name, true, Span { start: from, end: self.at })?;
                    self.steps += 1;
                    if self.steps.is_multiple_of(1024) {
                        self.window.input().poll(1024)?;
                    }
                }
                self.then([Task::Parent(class), Task::Object, Task::Annotation])
            }
            0x7e => self.then([Task::Enum, Task::Object]),
            tag => Err(Error::Invalid { at, expected: "an object or a block of data", found: format!("{tag:#04x}") }),
        }
    }

    fn descriptor(&mut self, at: u64) -> Result<(), Error> {
        let name = self.utf(limits::NAME, "the name of a class")?;
        self.visitor.class(&name, false, Span { start: at, end: self.at })?;
        let _uid = self.array::<8>("the version of a class")?;
        let element = name.strip_prefix('[').and_then(|rest| rest.bytes().next()).unwrap_or(b'L');
        let class = self.new_class(at, 0, element)?;
        let [flags] = self.array("the flags of a class")?;
        self.classes[class].flags = flags;
        let fields = u16::from_be_bytes(self.array("the number of fields")?);
        self.then([Task::Descriptor(class, fields)])
    }

    fn new_class(&mut self, at: u64, flags: u8, element: u8) -> Result<usize, Error> {
        let class = self.classes.len();
        if class >= limits::CLASSES {
            return Err(Error::Limit { at, code: "limit-memory", expected: format!("at most {} classes", limits::CLASSES) });
        }
        self.classes.push(Class { flags, fields: Vec::new(), element, parent: None });
        self.handle(u32::try_from(class).ok())?;
        Ok(class)
    }

    fn handle(&mut self, class: Option<u32>) -> Result<(), Error> {
        if self.handles.len() >= limits::HANDLES {
            return Err(Error::Limit { at: self.at, code: "limit-memory", expected: format!("at most {} objects", limits::HANDLES) });
        }
        self.handles.push(class);
        Ok(())
    }

    fn array_values(&mut self) -> Result<(), Error> {
        self.handle(None)?;
        let at = self.at;
        let element = self.class.map_or(b'L', |class| self.classes[class].element);
        let count = u32::from_be_bytes(self.array("the length of an array")?);
        let count = u64::from(count);
        if count > u64::from(u32::MAX / 2) {
            return Err(Error::Invalid { at, expected: "the length of an array", found: count.to_string() });
        }
        match width(element) {
            Some(width) => {
                let span = self.span(count * width, "the values of an array")?;
                Ok(self.visitor.data(span, element == b'B')?)
            }
            None => self.then([Task::Objects(count)]),
        }
    }

    fn array<const N: usize>(&mut self, expected: &'static str) -> Result<[u8; N], Error> {
        let bytes = self.window.array::<N>(self.at)?.ok_or(Error::Truncated { at: self.at, expected })?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn utf(&mut self, most: usize, expected: &'static str) -> Result<String, Error> {
        let length = u64::from(u16::from_be_bytes(self.array(expected)?));
        let span = self.span(length, expected)?;
        Ok(self.window.text(span, most)?)
    }

    fn span(&mut self, length: u64, expected: &'static str) -> Result<Span, Error> {
        let start = self.at;
        self.skip(length, expected)?;
        Ok(Span { start, end: self.at })
    }

    fn skip(&mut self, length: u64, expected: &'static str) -> Result<(), Error> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.window.size());
        self.at = end.ok_or(Error::Truncated { at: self.at, expected })?;
        Ok(())
    }
}
