//! What the reader finds, as facts.

use crate::limits;
use crate::reader::{Error, Reader, Visitor};
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop};

struct Report<'i, 'h> {
    input: &'i Input<'h>,
    texts: usize,
    classes: Vec<String>,
    /// Where the structure since the last payload begins.
    structure: u64,
}

impl Visitor for Report<'_, '_> {
    fn string(&mut self, text: &[u8], length: u64, at: u64) -> Result<(), Stop> {
        let text = String::from_utf8_lossy(text);
        if length < limits::SHORTEST as u64 || !could_be_code(&text) {
            return Ok(());
        }
        self.texts += 1;
        if self.texts <= limits::TEXTS {
            self.input.emit(&Fact::new("text").text("role", "string").text_cut("value", &text, length).at(at, length))?;
        }
        Ok(())
    }

    fn class(&mut self, name: &str, at: u64) -> Result<(), Stop> {
        if self.classes.len() < limits::CLASSES && !self.classes.iter().any(|known| known == name) {
            self.classes.push(name.to_owned());
            self.input.emit(&Fact::new("layer").text("framework", "torch7").text("class", name).at(at, 0))?;
        }
        Ok(())
    }

    fn function(&mut self, at: u64, length: u64) -> Result<(), Stop> {
        let mut names: Vec<String> = Vec::new();
        let mut total = 0;
        let mut text = String::new();
        let end = at + length.min(limits::FUNCTION);
        // Constants of a function are strings: the names that it looks up, and what it hands on.
        weighbridge_parse_strings::runs(self.input, at, end, 2, |run| {
            total += 1;
            if names.len() < limits::NAMES {
                names.extend(
                    run.text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')).filter(|name| name.len() > 1).map(str::to_owned),
                );
            }
            if text.len() < limits::TEXT {
                text.push_str(run.text);
                text.push('\n');
            }
            Ok(())
        })?;
        names.dedup();
        let fact = Fact::new("code").text("language", "lua").texts("names", &names, total).text("text", &text).text("runs", "use");
        self.input.emit(&fact.at(at, length))?;
        Ok(())
    }

    fn payload(&mut self, at: u64, length: u64) -> Result<(), Stop> {
        if length > 0 {
            self.input.region(Region::Structure, self.structure, at - self.structure)?;
            self.input.region(Region::Payload, at, length)?;
            self.structure = at + length;
        }
        Ok(())
    }
}

pub(crate) fn scan(input: &Input<'_>, text: bool) -> Result<(), Failure> {
    let mut report = Report { input, texts: 0, classes: Vec::new(), structure: 0 };
    let mut reader = Reader::new(input, &mut report, text);
    let result = reader.read();
    let size = input.size();
    let end = reader.at.min(size);
    if end > report.structure {
        input.region(Region::Structure, report.structure, end - report.structure)?;
    }
    if report.texts > limits::TEXTS {
        let found = format!("{} more", report.texts - limits::TEXTS);
        input.emit(&Fact::anomaly("limit-facts").text("detail", "texts that were not handed on").text("found", &found).at(0, 0))?;
    }
    let (at, fact, failure) = match &result {
        Ok(()) => {
            let left = size - end;
            // A line's end after the last word of text.
            if left > 1 {
                let found = format!("{left} bytes");
                input.emit(&Fact::anomaly("trailing-data").text("found", &found).at(end, left))?;
                input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, end, left) })?;
            } else {
                input.region(Region::Padding, end, left)?;
            }
            return if report.texts > limits::TEXTS { Err(Failure::Unsupported) } else { Ok(()) };
        }
        Err(Error::Stop(stop)) => return Err(Failure::Stop(*stop)),
        Err(Error::Truncated { at, expected }) => (*at, Fact::anomaly("truncated").text("expected", expected), Failure::Malformed),
        Err(Error::Invalid { at, expected, found }) => {
            (*at, Fact::anomaly("invalid").text("expected", expected).text("found", found), Failure::Malformed)
        }
        Err(Error::Limit { at, code, expected }) => (*at, Fact::anomaly(code).text("expected", expected), Failure::Unsupported),
    };
    input.emit(&fact.at(at.min(size), 0))?;
    input.region(Region::Opaque, end, size - end)?;
    weighbridge_parse_strings::runs(input, end, end.saturating_add(limits::REST), limits::SHORTEST, |run| {
        input.emit(&Fact::new("text").text("role", "unread").text("value", run.text).at(run.at, run.length))?;
        Ok(())
    })?;
    Err(failure)
}
