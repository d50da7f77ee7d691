//! What the walk meets, as facts.

use crate::limits;
use weighbridge_parse_hdf5::{
    self as hdf5, Attribute, Dataset, Issue, Kind, Link, LinkTarget, Object, Problem, Span, Storage, Superblock, TypeClass,
};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Stop, read_up_to};

/// Attributes in which Keras keeps what it builds a model from.
const CONFIGURATION: [&str; 2] = ["model_config", "training_config"];

/// The visitor.
pub(crate) struct Seen<'s, 'h> {
    input: &'s Input<'h>,
    /// The superblock was read.
    pub opened: bool,
    /// Where the file ends, as it says.
    pub end: Option<u64>,
    /// Chunks lie where their index was not read.
    pub scattered: bool,
    malformed: bool,
    unsupported: bool,
    texts: u64,
    children: u64,
    words: u64,
}

impl<'s, 'h> Seen<'s, 'h> {
    pub fn new(input: &'s Input<'h>) -> Self {
        Seen { input, opened: false, end: None, scattered: false, malformed: false, unsupported: false, texts: 0, children: 0, words: 0 }
    }

    /// Whether the walk came to its end.
    pub fn broken(&self) -> Result<(), Failure> {
        match (self.malformed, self.unsupported) {
            (true, _) => Err(Failure::Malformed),
            (false, true) => Err(Failure::Unsupported),
            (false, false) => Ok(()),
        }
    }

    /// Content that may be a file of its own.
    fn child(&mut self, name: &str, span: Span, payload: bool) -> Result<(), Stop> {
        if span.len < limits::SHORTEST || self.children >= limits::CHILDREN {
            return Ok(());
        }
        let index = self.children;
        self.children += 1;
        self.input.child(&Child { payload, speculative: true, ..Child::range(name.as_bytes(), index, span.at, span.len) })
    }

    /// A text without the NULs that fill its place up.
    fn trimmed(&self, span: Span) -> Result<Span, Stop> {
        let tail = span.len.min(limits::PADDING);
        let bytes = read_up_to(self.input, span.at + span.len - tail, usize::try_from(tail).unwrap_or(0))?;
        let padding = bytes.iter().rev().take_while(|byte| **byte == 0).count() as u64;
        Ok(Span { at: span.at, len: span.len - padding })
    }

    /// Whether a text begins with an object: other programs have attributes of these names too.
    fn is_json(&self, span: Span) -> Result<bool, Stop> {
        let head = read_up_to(self.input, span.at, usize::try_from(span.len).unwrap_or(usize::MAX).min(64))?;
        Ok(head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{'))
    }

    fn metadata(&mut self, name: &str, span: Span) -> Result<(), Stop> {
        self.texts += 1;
        let bytes = read_up_to(self.input, span.at, usize::try_from(span.len).unwrap_or(usize::MAX).min(limits::TEXT))?;
        let value = String::from_utf8_lossy(&bytes);
        self.input.emit(&Fact::new("metadata").text("key", name).text_cut("value", value.trim_end_matches('\0'), span.len).at(span.at, span.len))?;
        Ok(())
    }

    fn reference(&self, mechanism: &str, file: &str, object: &str, place: Span, part: Option<(u64, Option<u64>)>) -> Result<(), Stop> {
        let mut fact =
            Fact::new("reference").text("role", "external-data").text("mechanism", mechanism).text("target", file).text_if("object", object);
        if let Some((offset, length)) = part {
            fact = fact.u64("offset", offset);
            if let Some(length) = length {
                fact = fact.u64("length", length);
            }
        }
        self.input.emit(&fact.at(place.at, place.len)).map(|_| ())
    }

    /// A shape for which a reader makes up far more than there is.
    fn expansion(&self, object: &Object<'_>, dataset: &Dataset) -> Result<(), Stop> {
        let Some(stored) = dataset.stored.filter(|_| !matches!(dataset.storage, Storage::External | Storage::Virtual)) else { return Ok(()) };
        let declared = dataset.declared();
        if declared < limits::SHAPE || declared / limits::EXPANSION < stored {
            return Ok(());
        }
        let (expected, found) = (format!("{declared} bytes of elements"), format!("{stored} bytes"));
        let fact = Fact::anomaly("ratio").text("detail", "shape").text("expected", &expected).text("found", &found).text("target", object.path);
        self.input.emit(&fact.at(object.at, 0)).map(|_| ())
    }
}

/// The name of a part of an object.
fn name(object: &Object<'_>, part: &str) -> String {
    match (object.path.trim_matches('/'), part) {
        ("", part) => part.to_owned(),
        (path, "") => path.to_owned(),
        (path, part) => format!("{path}/{part}"),
    }
}

impl hdf5::Visitor for Seen<'_, '_> {
    fn superblock(&mut self, superblock: &Superblock) -> Result<(), Stop> {
        self.opened = true;
        self.input.columns("objects", &["name", "kind", "about"])?;
        self.end = superblock.end;
        if let Some(end) = superblock.end.filter(|end| *end > self.input.size()) {
            let (expected, found) = (format!("a file of {end} bytes"), format!("{} bytes", self.input.size()));
            self.input.emit(&Fact::anomaly("truncated").text("expected", &expected).text("found", &found).at(superblock.at, superblock.length))?;
            // The library refuses the file, whatever is left of it.
            self.malformed = true;
        }
        Ok(())
    }

    fn object(&mut self, object: &Object<'_>) -> Result<(), Stop> {
        let kind = match object.kind {
            Kind::Group => "group",
            Kind::Dataset => "dataset",
            Kind::NamedType => "type",
            Kind::Unknown => "unknown",
        };
        self.input.row("objects", object.at, 1, 0, &[object.path, kind, ""])
    }

    fn attribute(&mut self, object: &Object<'_>, attribute: &Attribute) -> Result<(), Stop> {
        let size = format!("{} bytes", attribute.data.len);
        self.input.row("objects", attribute.place.at, attribute.place.len, 1, &[&attribute.name, "attribute", &size])?;
        if !attribute.datatype.is_bytes() {
            return Ok(());
        }
        let name = name(object, &attribute.name);
        let text = matches!(attribute.datatype.class, TypeClass::String | TypeClass::VariableString);
        let size = u64::from(attribute.datatype.size);
        let mut values = attribute.values.clone();
        if !attribute.datatype.is_variable() {
            if text && size >= limits::SHORTEST_TEXT && attribute.data.len > size {
                let count = (attribute.data.len / size).min(hdf5::limits::ELEMENTS);
                values.extend((0..count).map(|index| Span { at: attribute.data.at + index * size, len: size }));
            } else if !text || attribute.data.len == size {
                // One text, or bytes as a whole. A list of short words is neither.
                values.push(attribute.data);
            }
        }
        let one = values.len() == 1;
        for span in values {
            let span = if text { self.trimmed(span)? } else { span };
            let configuration = object.path == "/" && CONFIGURATION.contains(&attribute.name.as_str());
            if configuration && one && self.is_json(span)? {
                let child = Child::range(name.as_bytes(), self.children, span.at, span.len);
                self.children += 1;
                self.input.child(&Child { format_hint: "keras-config", ..child })?;
                continue;
            }
            if text && one && object.path == "/" && self.texts < limits::TEXTS {
                self.metadata(&attribute.name, span)?;
            }
            self.child(&name, span, false)?;
        }
        Ok(())
    }

    fn link(&mut self, object: &Object<'_>, link: &Link) -> Result<(), Stop> {
        let about = match &link.target {
            LinkTarget::Hard(_) => None,
            LinkTarget::Soft(path) => Some(("soft link", path.clone())),
            LinkTarget::External { file, path } => Some(("external link", format!("{file}:{path}"))),
            LinkTarget::User(number) => Some(("link", format!("of a kind of its own, {number}"))),
        };
        if let Some((kind, about)) = about.filter(|_| self.input.inspect()) {
            self.input.row("objects", link.place.at, link.place.len, 1, &[&link.name, kind, &about])?;
        }
        match &link.target {
            LinkTarget::Hard(_) => Ok(()),
            LinkTarget::Soft(path) => {
                let fact = Fact::new("reference").text("role", "symlink").text("mechanism", "soft-link").text("target", path);
                self.input.emit(&fact.at(link.place.at, link.place.len)).map(|_| ())
            }
            LinkTarget::External { file, path } => self.reference("external-link", file, path, link.place, None),
            LinkTarget::User(number) => {
                let name = name(object, &link.name);
                let found = number.to_string();
                let fact =
                    Fact::anomaly("unsupported").text("detail", "a link that a program has to register").text("found", &found).text("target", &name);
                self.input.emit(&fact.at(link.place.at, link.place.len)).map(|_| ())
            }
        }
    }

    fn dataset(&mut self, object: &Object<'_>, dataset: &Dataset, values: &mut dyn FnMut() -> Result<Vec<Span>, Stop>) -> Result<(), Stop> {
        let shape: Vec<String> = dataset.space.dims.iter().map(u64::to_string).collect();
        self.input.row("objects", object.at, 1, 1, &[&format!("({})", shape.join(", ")), "data", dataset.storage.name()])?;
        for file in &dataset.external {
            self.reference("external-storage", &file.name, "", file.place, Some((file.offset, file.len)))?;
        }
        // "." is this file.
        for source in dataset.sources.iter().filter(|source| source.file != ".") {
            self.reference("virtual-dataset", &source.file, &source.dataset, source.place, None)?;
        }
        self.expansion(object, dataset)?;
        if dataset.stored.is_none() && dataset.storage == Storage::Chunked {
            self.scattered = true;
        }
        let Some(datatype) = dataset.datatype.as_ref().filter(|datatype| datatype.is_bytes() && dataset.filters.is_empty()) else { return Ok(()) };
        let name = name(object, "");
        if !datatype.is_variable() {
            for part in dataset.parts.iter().filter(|part| part.len <= limits::ELEMENT) {
                self.child(&name, *part, true)?;
            }
            return Ok(());
        }
        for span in values()?.into_iter().filter(|span| span.len <= limits::ELEMENT) {
            if datatype.class == TypeClass::VariableString {
                if span.len < limits::SHORTEST_TEXT || self.words >= limits::WORDS {
                    continue;
                }
                self.words += 1;
            }
            self.child(&name, span, true)?;
        }
        Ok(())
    }

    fn issue(&mut self, object: &Object<'_>, issue: &Issue) -> Result<(), Stop> {
        let code = match issue.problem {
            Problem::Truncated => "truncated",
            Problem::Invalid | Problem::Cycle => "invalid",
            Problem::Checksum => "bad-crc",
            Problem::Unsupported => "unsupported",
            Problem::Limit => "limit-memory",
            Problem::Size => "size-mismatch",
        };
        match issue.problem {
            Problem::Unsupported | Problem::Limit => self.unsupported = true,
            _ => self.malformed |= issue.loses(),
        }
        let fact = Fact::anomaly(code).text("expected", issue.expected).text_if("found", &issue.found).text("target", object.path);
        self.input.emit(&fact.at(issue.at.min(self.input.size()), 0)).map(|_| ())
    }
}
