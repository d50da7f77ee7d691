//! Marshalled code objects, alone or behind the header of a `.pyc` file.

use crate::limits;
use std::collections::HashSet;
use weighbridge_parse_marshal::{self as marshal, Header, Id, Names, Node, Object, Part, Problem, Span, Version};
use weighbridge_sdk::{Child, Fact, Failure, Input, ReadAt, Region, Stop, read_up_to};

/// Whether an input is a `.pyc` file or a bare code object.
pub(crate) fn probe(input: &Input<'_>) -> Result<marshal::Probe, Stop> {
    let head = read_up_to(input, 0, marshal::LONGEST_HEADER)?;
    if let Some(header) = Header::read(&head) {
        let inner = marshal::probe(input, header.size)?;
        // A header of a released version before anything at all: a file that breaks off, or that hides what it holds.
        return Ok(if inner > marshal::Probe::No || header.version.is_none() { inner } else { broken(&head, input) });
    }
    marshal::probe(input, 0)
}

/// A released version's magic before what is no code object: recognised where nothing follows, or what begins like one.
fn broken(head: &[u8], input: &Input<'_>) -> marshal::Probe {
    let released = marshal::RELEASED.iter().any(|(magic, _)| head.get(..2) == Some(&magic.to_le_bytes()[..]));
    let Some(header) = Header::read(head).filter(|_| released && !input.carved()) else { return marshal::Probe::No };
    let begins = usize::try_from(header.size).is_ok_and(|at| input.size() <= header.size || head.get(at).is_some_and(|byte| byte & 0x7f == b'c'));
    let extension = input.name().rsplit('.').next().unwrap_or("");
    if begins || matches!(extension, "pyc" | "pyo") { marshal::Probe::Likely } else { marshal::Probe::No }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let head = read_up_to(input, 0, marshal::LONGEST_HEADER)?;
    let header = Header::read(&head);
    let start = header.map_or(0, |header| header.size.min(input.size()));
    let declared = header.and_then(|header| header.version);
    let mut object = match declared {
        Some(version) => marshal::read(input, start, version.layout())?,
        None => marshal::read_best(input, start)?,
    };
    if declared.is_some() && object.issue.is_some() {
        // Bytecode of another version than the header says: no interpreter loads the file as it is, and a header is soon changed.
        let other = marshal::read_best(input, start)?;
        if other.issue.is_none() {
            object = other;
        }
    }
    let mut versions = marshal::versions(&object)?;
    if let Some(version) = declared {
        if versions.contains(&version) {
            versions = vec![version];
        } else if object.issue.is_none() {
            let found: Vec<&str> = versions.iter().map(|version| version.name()).collect();
            let fact = Fact::anomaly("header-mismatch").text("detail", "bytecode that the version of the header does not have");
            input.emit(&fact.text("expected", version.name()).text("found", &found.join(", ")).at(0, start))?;
        }
    }
    input.region(Region::Structure, 0, start)?;
    report(input, &object, header, &versions)?;
    let payloads = constants(input, &object)?;
    regions(input, object.start..object.end, payloads)?;
    rest(input, &object)
}

/// What the code uses. A file's module runs when it is imported; of a code object by itself nobody knows.
fn report(input: &Input<'_>, object: &Object<'_, Input<'_>>, header: Option<Header>, versions: &[Version]) -> Result<(), Stop> {
    let (start, length) = (object.start, object.end - object.start);
    for version in versions {
        input.emit(&Fact::new("metadata").text("key", "python.version").text("value", version.name()).at(start, length))?;
    }
    if object.codes().next().is_none() {
        return Ok(());
    }
    let mut survey = marshal::survey(object, versions)?;
    let version = versions.first().copied().unwrap_or(Version::V3_11);
    let (text, whole) = marshal::text(object, version, limits::TEXT)?;
    let full = text.len() as u64 + u64::from(!whole);
    let emit = |names: &Names, runs: &str, text: &str, full: u64| {
        let fact = Fact::new("code").text("language", "python-bytecode").texts("names", names.list(), names.total());
        let fact = if text.is_empty() { fact } else { fact.text_cut("text", text, full) };
        input.emit(&fact.text("runs", runs).at(start, length))
    };
    if header.is_some() {
        emit(&survey.body, "import", &text, full)?;
        if !survey.functions.list().is_empty() {
            emit(&survey.functions, "use", "", 0)?;
        }
    } else {
        survey.body.merge(survey.functions);
        emit(&survey.body, "unknown", &text, full)?;
    }
    if input.inspect() {
        list(input, object, version)?;
    }
    Ok(())
}

fn list(input: &Input<'_>, object: &Object<'_, Input<'_>>, version: Version) -> Result<(), Stop> {
    input.columns("disassembly", &["at", "operation", "argument"])?;
    for (_, code) in object.codes() {
        let qualified = object.name(code, Part::QualifiedName)?;
        let name = if qualified.is_empty() { object.name(code, Part::Name)? } else { qualified };
        input.row("disassembly", code.at, 1, 0, &["code", &name, &object.name(code, Part::Filename)?])?;
        let base = match code.part(Part::Bytecode).map(|id| object.node(id)) {
            Some(Node::Bytes(span) | Node::Text { span, .. }) => span.at,
            _ => code.at,
        };
        marshal::disassemble(object, code, version, |line| {
            let at = base + line.at as u64;
            input.row("disassembly", at, 1, 1, &[&line.at.to_string(), line.name, &line.argument])?;
            Ok(true)
        })?;
    }
    Ok(())
}

/// Strings as facts, byte strings as children. The answer is where the long ones lie.
fn constants(input: &Input<'_>, object: &Object<'_, Input<'_>>) -> Result<Vec<Span>, Stop> {
    let mut next: Vec<Id> = object.codes().flat_map(|(_, code)| object.items(code, Part::Constants)).copied().collect();
    next.push(object.root());
    next.reverse();
    let mut seen = HashSet::new();
    let mut payloads = Vec::new();
    let (mut strings, mut children) = (0, 0);
    while let Some(id) = next.pop() {
        if !seen.insert(id) {
            continue;
        }
        if seen.len().is_multiple_of(8_192) {
            input.poll(8_192)?;
        }
        let span = match object.node(id) {
            Node::Text { span, .. } | Node::Bytes(span) => *span,
            Node::Tuple(items)
            | Node::List(items)
            | Node::Set(items)
            | Node::FrozenSet(items)
            | Node::Dict(items)
            | Node::FrozenDict(items)
            | Node::Slice(items) => {
                next.extend(items.iter().rev().filter(|id| !seen.contains(*id)));
                continue;
            }
            _ => continue,
        };
        if span.len >= limits::PAYLOAD {
            payloads.push(span);
        }
        if strings < limits::STRINGS
            && span.len as usize >= limits::SHORTEST
            && let Some(cut) = object.text(id, limits::STRING)?
            && readable(&cut.text)
        {
            strings += 1;
            let fact = Fact::new("text").text("role", "constant").text_cut("value", &cut.text, cut.full.max(cut.text.len() as u64));
            input.emit(&fact.at(span.at, u64::from(span.len)))?;
        }
        if children < limits::CHILDREN && span.len >= limits::CHILD && matches!(object.node(id), Node::Bytes(_)) {
            let child = Child::range(b"", children, span.at, u64::from(span.len));
            children += 1;
            input.child(&Child { speculative: true, encoding: "constant", ..child })?;
        }
    }
    Ok(payloads)
}

/// Text, and not bytes that happen to be held as such.
fn readable(text: &str) -> bool {
    text.chars().all(|c| c != char::REPLACEMENT_CHARACTER && (!c.is_control() || matches!(c, '\n' | '\r' | '\t')))
}

fn regions(input: &Input<'_>, whole: std::ops::Range<u64>, mut payloads: Vec<Span>) -> Result<(), Stop> {
    payloads.sort_by_key(|span| span.at);
    let mut at = whole.start;
    for span in payloads {
        let end = span.at + u64::from(span.len);
        if span.at < at || end > whole.end {
            continue;
        }
        input.region(Region::Structure, at, span.at - at)?;
        input.region(Region::Payload, span.at, end - span.at)?;
        at = end;
    }
    input.region(Region::Structure, at, whole.end - at)
}

/// What follows the value, or why it was not read to its end.
fn rest(input: &Input<'_>, object: &Object<'_, Input<'_>>) -> Result<(), Failure> {
    if let Some(issue) = &object.issue {
        let code = match issue.problem {
            Problem::Truncated => "truncated",
            Problem::Invalid => "invalid",
            Problem::Depth => "limit-depth",
            Problem::Size => "limit-memory",
        };
        input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
        return Err(Failure::Malformed);
    }
    if object.end < input.size() && !input.carved() {
        let length = input.size() - object.end;
        let found = length.to_string();
        let fact = Fact::anomaly("trailing-data").text("detail", "bytes behind the code object").text("found", &found);
        input.emit(&fact.at(object.end, length))?;
        input.child(&Child { speculative: true, ..Child::range(b"trailing", 0, object.end, length) })?;
    }
    Ok(())
}
