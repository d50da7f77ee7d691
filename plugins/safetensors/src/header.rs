//! The header: `{"NAME": {"dtype": DTYPE, "shape": [SIZE, …], "data_offsets": [BEGIN, END]}, …, "__metadata__": {"KEY": "VALUE", …}}`.

use crate::tensor::Tensor;
use crate::{limits, metadata};
use weighbridge_parse_json::{Bounds, Code, Kind, Limits, Reader, Token};
use weighbridge_sdk::{Child, Fact, Input, Stop, read_up_to};

/// Where a tensor lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// From the end of the header on.
    pub begin: u64,
    pub end: u64,
    /// Of its entry in the header.
    pub at: u64,
}

/// What the header says.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub spans: Vec<Span>,
    /// Whether the reference reader would take it, as far as the header goes.
    pub sound: bool,
    /// More tensors than are kept.
    pub cut: bool,
}

impl Header {
    /// Reads the header that ends at `end`, saying what is in it.
    pub fn read(input: &Input<'_>, end: u64) -> Result<Header, Stop> {
        let limits = Limits { text: limits::VALUE, depth: limits::DEPTH, ..Limits::default() };
        let mut reader = Reader::with(input, 8, end, limits);
        let mut header = Header { sound: true, ..Header::default() };
        let first = reader.next()?;
        if first.kind == Kind::BeginObject {
            if first.at > 8 {
                let fact = Fact::anomaly("invalid").text("detail", "something stands before the header's brace").text("expected", "{");
                input.emit(&fact.at(8, first.at - 8))?;
            }
            header.entries(input, &mut reader)?;
            behind(input, reader.end(), end)?;
        } else if first.kind != Kind::End {
            header.wrong(input, "the header is no object", "{", "", first.at, first.length)?;
        }
        // The end, or what stands behind the object.
        reader.next()?;
        header.issues(input, &reader)?;
        Ok(header)
    }

    fn entries(&mut self, input: &Input<'_>, reader: &mut Reader<&Input<'_>>) -> Result<(), Stop> {
        let mut index = 0;
        loop {
            let token = reader.next()?;
            match token.kind {
                Kind::Key if reader.text() == "__metadata__" => {
                    let value = reader.next()?;
                    match value.kind {
                        Kind::BeginObject => self.sound &= metadata::read(input, reader)?,
                        Kind::Null => {}
                        // The object ended behind the key: an issue of the reader says so.
                        _ if value.ends() || value.kind == Kind::End => return Ok(()),
                        _ => {
                            self.wrong(input, "the metadata is no object", "an object of texts", "", value.at, value.length)?;
                            reader.skip(&value)?;
                        }
                    }
                }
                Kind::Key => {
                    let name = name(reader);
                    let value = reader.next()?;
                    if value.ends() || value.kind == Kind::End {
                        return Ok(());
                    }
                    self.tensor(input, reader, &name, &token, &value, index)?;
                    index += 1;
                }
                Kind::EndObject | Kind::End => return Ok(()),
                _ => {
                    reader.skip(&token)?;
                }
            }
        }
    }

    fn tensor(&mut self, input: &Input<'_>, reader: &mut Reader<&Input<'_>>, name: &str, key: &Token, value: &Token, index: u64) -> Result<(), Stop> {
        let bounds = Bounds { nodes: 2 * limits::DIMENSIONS, bytes: limits::NAME, depth: 8 };
        let tree = reader.tree(value, &bounds)?;
        let tensor = Tensor::read(&tree.root, tree.cut);
        if index < limits::ENTRIES {
            metadata::odd_name(input, name, key)?;
            let (begin, size) = match tensor.span {
                Some((begin, end)) => (begin.to_string(), end.saturating_sub(begin).to_string()),
                None => (tensor.offsets.clone(), "?".to_owned()),
            };
            let length = tree.root.at + tree.root.length - key.at;
            input.row("tensors", key.at, length, 0, &[name, &tensor.dtype, &tensor.shape, &begin, &size])?;
        }
        if tree.root.members().iter().any(|member| !matches!(member.key.as_str(), "dtype" | "shape" | "data_offsets")) && index < limits::ENTRIES {
            // The reference reader passes over other keys; what reads them is not known.
            let child = Child::range(name.as_bytes(), index, tree.root.at, tree.root.length);
            input.child(&Child { format_hint: "json", encoding: "string", ..child })?;
        }
        for wrong in &tensor.wrong {
            self.sound = false;
            let fact = Fact::anomaly("invalid").text("detail", wrong.detail).text("target", name);
            let fact = fact.text_if("expected", &wrong.expected).text_if("found", &wrong.found);
            input.emit(&fact.at(tree.root.at, tree.root.length))?;
        }
        if let Some((begin, end)) = tensor.span {
            if self.spans.len() < limits::TENSORS {
                self.spans.push(Span { begin, end, at: key.at });
            } else {
                self.cut = true;
            }
        }
        Ok(())
    }

    fn wrong(&mut self, input: &Input<'_>, detail: &str, expected: &str, found: &str, at: u64, length: u64) -> Result<(), Stop> {
        self.sound = false;
        let fact = Fact::anomaly("invalid").text("detail", detail).text("expected", expected).text_if("found", found);
        input.emit(&fact.at(at, length)).map(|_| ())
    }

    /// What the JSON itself has wrong. The reference reader takes no liberty but repeated keys, of which it keeps the last.
    fn issues(&mut self, input: &Input<'_>, reader: &Reader<&Input<'_>>) -> Result<(), Stop> {
        for issue in reader.issues().list() {
            let code = match issue.code {
                Code::DuplicateKey => "duplicate-name",
                Code::Truncated | Code::Empty => "truncated",
                Code::Depth => "limit-depth",
                Code::Keys => continue,
                _ => "invalid",
            };
            self.sound &= issue.code == Code::DuplicateKey;
            let (detail, target) =
                if code == "duplicate-name" { ("a key of the header stands twice", issue.found.as_str()) } else { (issue.code.as_str(), "") };
            let fact = Fact::anomaly(code).text("detail", detail).text_if("target", target).text("expected", issue.expected);
            let found = if target.is_empty() { issue.found.as_str() } else { "" };
            input.emit(&fact.text_if("found", found).at(issue.at, 0))?;
        }
        Ok(())
    }
}

/// Blanks fill the header up; anything else behind its brace may be anything.
fn behind(input: &Input<'_>, from: u64, end: u64) -> Result<(), Stop> {
    let length = end.saturating_sub(from);
    let bytes = read_up_to(input, from, usize::try_from(length).unwrap_or(limits::VALUE).min(limits::VALUE))?;
    match bytes.iter().position(|byte| !byte.is_ascii_whitespace()) {
        Some(blank) => crate::unowned(input, b"header", 0, from + blank as u64, length - blank as u64),
        None => Ok(()),
    }
}

/// The key that was just read, as far as it goes into facts.
fn name(reader: &Reader<&Input<'_>>) -> String {
    let text = reader.text();
    text[..text.floor_char_boundary(limits::NAME.min(text.len()))].to_owned()
}
