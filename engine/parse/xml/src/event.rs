//! What a document consists of.

use crate::doctype::Doctype;

/// A part of a document.
#[derive(Debug)]
pub enum Event {
    /// A start tag, or a tag that is start and end in one ([`Element::empty`]); no end follows that one.
    Start(Element),
    /// An end tag of that name.
    End {
        /// As it stands in the file, with its prefix.
        name: String,
        /// Where the tag begins.
        at: u64,
    },
    /// Characters between tags; CDATA sections are texts of their own.
    Text(Text),
    /// A comment's content.
    Comment(Text),
    /// A processing instruction.
    Instruction {
        /// Its name: `xml-stylesheet`.
        target: String,
        /// What follows the name.
        text: Text,
    },
    /// A document type declaration.
    Doctype(Doctype),
    /// What breaks the grammar. After a fatal one the stream of events ends.
    Issue(Issue),
}

/// Characters, with references to characters and to the five predefined entities put in; others stand as they are.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Text {
    /// At most [`crate::limits::VALUE`] bytes.
    pub value: String,
    /// Bytes that it has in the file.
    pub length: u64,
    /// Whether it is longer than what is kept.
    pub cut: bool,
    /// References to entities that a document type would have to declare.
    pub entities: u64,
    /// Where it begins in the file.
    pub at: u64,
}

/// A start tag.
#[derive(Debug)]
pub struct Element {
    /// With its prefix.
    pub name: String,
    /// In order; at most [`crate::limits::ATTRIBUTES`].
    pub attributes: Vec<Attribute>,
    /// Whether it ends with itself.
    pub empty: bool,
    /// Where the tag begins.
    pub at: u64,
    /// Where it ends.
    pub end: u64,
    /// How many elements are open around it.
    pub depth: usize,
}

/// An attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// With its prefix.
    pub name: String,
    /// Its value.
    pub value: Text,
}

impl Element {
    /// The name without its prefix.
    pub fn local(&self) -> &str {
        local(&self.name)
    }

    /// The value of an attribute, found by its name without prefix; of two the first.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| local(&attribute.name) == name).map(|attribute| attribute.value.value.as_str())
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// What breaks the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// What it is.
    pub code: Code,
    /// Where.
    pub at: u64,
    /// What the grammar asks for there.
    pub expected: &'static str,
    /// What stands there.
    pub found: String,
}

/// Kinds of issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The document ends inside something.
    Truncated,
    /// Something breaks the grammar.
    Invalid,
    /// Elements nest deeper, or there are more issues, than is followed.
    Limit,
    /// Characters are written in a way that is not read.
    Encoding,
    /// Two attributes of one name, or two roots: readers differ in which they take.
    Duplicate,
}

impl Code {
    /// Whether the document was not read to its end because of it.
    pub fn is_fatal(self) -> bool {
        matches!(self, Code::Truncated | Code::Limit | Code::Encoding)
    }
}
