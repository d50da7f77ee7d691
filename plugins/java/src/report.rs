//! What the stream holds, as facts.

use crate::limits;
use crate::stream::{Error, Stream, Visitor};
use weighbridge_parse_strings::could_be_code;
use weighbridge_sdk::{Account, Child, Fact, Failure, Input, ReadAt, Span, Stop, read_up_to};

struct Report<'i, 'h> {
    input: &'i Input<'h>,
    account: Account,
    texts: usize,
    children: u64,
}

/// `java.util.HashMap` as the package and the class in it; arrays are of what stands behind their brackets.
fn split(name: &str) -> (&str, &str) {
    let bare = name.trim_start_matches('[');
    let bare = if bare.len() < name.len() { bare.strip_prefix('L').unwrap_or(bare).trim_end_matches(';') } else { bare };
    bare.rsplit_once('.').unwrap_or(("", bare))
}

impl Report<'_, '_> {
    fn named(&mut self, name: &str, proxy: bool, at: Span) -> Result<(), Stop> {
        let (module, class) = split(name);
        let fact = Fact::new("layer").text("framework", "java").text("module", module).text("class", class);
        let fact = if proxy { fact.text("form", "interface") } else { fact };
        self.input.emit(&fact.at(at.start, at.len())).map(drop)
    }

    fn text(&mut self, role: &str, text: &str, at: Span) -> Result<(), Stop> {
        self.texts += 1;
        if self.texts <= limits::TEXTS {
            self.input.emit(&Fact::new("text").text("role", role).text_cut("value", text, at.len()).at(at.start, at.len()))?;
        }
        Ok(())
    }
}

impl Visitor for Report<'_, '_> {
    fn class(&mut self, name: &str, proxy: bool, at: Span) -> Result<(), Stop> {
        self.named(name, proxy, at)
    }

    fn string(&mut self, text: &str, at: Span) -> Result<(), Stop> {
        if text.len() >= limits::SHORTEST && (could_be_code(text) || is_class(text)) { self.text("string", text, at) } else { Ok(()) }
    }

    fn data(&mut self, at: Span, bytes: bool) -> Result<(), Stop> {
        if at.len() < limits::CHILD {
            return Ok(());
        }
        self.account.payload(self.input, at)?;
        if bytes && self.children < limits::CHILDREN {
            self.children += 1;
            let child = Child::range(b"bytes", self.children, at.start, at.len());
            self.input.child(&Child { payload: true, speculative: true, ..child })?;
        }
        Ok(())
    }
}

/// Whether a text is the full name of a class of the platform or of a library.
fn is_class(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$');
    text.len() < 256
        && text.matches('.').nth(1).is_some()
        && text.chars().all(plain)
        && ["java.", "javax.", "com.", "org.", "sun.", "jdk."].iter().any(|start| text.starts_with(start))
}

pub(crate) fn scan(input: &Input<'_>, start: u64) -> Result<(), Failure> {
    let fact = Fact::new("metadata").text("key", "java.serialization").text("value", "5");
    input.emit(&fact.at(start, 4))?;
    let mut report = Report { input, account: Account::new(start), texts: 0, children: 0 };
    let mut stream = Stream::new(input, start + 4, &mut report);
    let result = stream.read();
    let (size, end) = (input.size(), stream.at.min(input.size()));
    report.account.structure(input, end)?;
    if report.texts > limits::TEXTS {
        let found = format!("{} more", report.texts - limits::TEXTS);
        input.emit(&Fact::anomaly("limit-facts").text("detail", "texts that were not handed on").text("found", &found).at(0, 0))?;
    }
    let (at, fact, failure) = match &result {
        Ok(()) => {
            if end < size && !input.carved() {
                let found = format!("{} bytes", size - end);
                input.emit(&Fact::anomaly("trailing-data").text("found", &found).at(end, size - end))?;
                input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, end, size - end) })?;
            }
            return if report.texts > limits::TEXTS { Err(Failure::Unsupported) } else { Ok(()) };
        }
        Err(Error::Stop(stop)) => return Err(Failure::Stop(*stop)),
        Err(Error::Truncated { at, expected }) => (*at, Fact::anomaly("truncated").text("expected", expected), Failure::Malformed),
        Err(Error::Invalid { at, expected, found }) => {
            (*at, Fact::anomaly("invalid").text("expected", expected).text("found", found), Failure::Malformed)
        }
        Err(Error::Unsupported { at, what }) => (*at, Fact::anomaly("unsupported").text("detail", what), Failure::Unsupported),
        Err(Error::Limit { at, code, expected }) => (*at, Fact::anomaly(code).text("expected", expected), Failure::Unsupported),
    };
    input.emit(&fact.at(at.min(size), 0))?;
    if !input.carved() {
        rest(&mut report, end)?;
    }
    Err(failure)
}

/// A class may write its data as it likes, which no reader but itself can follow: the descriptors behind a break are found by their shape, a tag, a length and
/// the name of a class.
fn rest(report: &mut Report<'_, '_>, from: u64) -> Result<(), Stop> {
    let bytes = read_up_to(report.input, from, limits::REST)?;
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == 0x72) {
        let tag = at + found;
        at = tag + 1;
        let Some(length) = bytes.get(at..at + 2).map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]]))) else { break };
        let Some(name) = bytes.get(at + 2..at + 2 + length).and_then(|name| std::str::from_utf8(name).ok()) else { continue };
        if is_class(name.trim_start_matches("[L").trim_end_matches(';')) {
            let start = from + tag as u64;
            report.named(name, false, Span { start, end: start + 3 + length as u64 })?;
            at += 2 + length;
        }
    }
    let input = report.input;
    weighbridge_parse_strings::runs(input, from, from.saturating_add(limits::REST as u64), limits::SHORTEST, |run| {
        if could_be_code(run.text) || is_class(run.text.trim()) {
            report.text("unread", run.text, Span { start: run.at, end: run.at + run.length })?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::{is_class, split};

    #[test]
    fn names_of_classes_are_taken_apart() {
        assert_eq!(split("java.util.HashMap"), ("java.util", "HashMap"));
        assert_eq!(split("[Ljava.lang.Object;"), ("java.lang", "Object"));
        assert_eq!(split("[B"), ("", "B"));
        assert_eq!(split("a.Label"), ("a", "Label"));
        assert!(is_class("org.apache.commons.collections.functors.InvokerTransformer"));
        assert!(!is_class("com.") && !is_class("see java.util.HashMap") && !is_class("weka.core"));
    }
}
