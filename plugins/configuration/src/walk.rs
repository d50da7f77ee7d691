//! The walk over a file in JSON: one pass over its tokens, with the keys on the way to each.

use crate::limits;
use crate::meaning::{Meaning, Value};
use crate::say::{Content, Place, Say};
use weighbridge_parse_json::{Code, Encoding, Kind, Limits, Reader, Token, Trail};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop, Table, read_up_to};

pub(crate) fn walk(say: &mut Say<'_, '_>, encoding: &mut Encoding) -> Result<(), Failure> {
    let input = say.input;
    let limits = Limits { text: limits::TEXT, lines: true, ..Limits::default() };
    let mut reader = Reader::with(input, 0, u64::MAX, limits);
    *encoding = reader.encoding();
    let (mut trail, mut meaning) = (Trail::new(), Meaning::default());
    let table = input.table("values", &["key", "value"])?;
    loop {
        let token = reader.next()?;
        trail.follow(&token, reader.text());
        if let Some(table) = &table {
            list(table, input, &reader, &trail, &token)?;
        }
        let place = Place { at: token.at, length: token.length };
        match token.kind {
            Kind::End => break,
            Kind::Key => meaning.key(reader.text(), token.depth),
            Kind::BeginArray => meaning.items.clear(),
            Kind::EndArray => meaning.list(say, &trail, token.depth, place)?,
            Kind::String => {
                let text = reader.text();
                let (content, behind_mark) = (content(&reader, &token, 0), content(&reader, &token, 1));
                meaning.string(say, Value { text, way: &trail, depth: token.depth, place, content, behind_mark, cut: reader.is_cut() })?;
            }
            Kind::Bool(true) => meaning.truth(say, trail.key(), place)?,
            _ => {}
        }
    }
    input.region(Region::Structure, 0, input.size())?;
    issues(input, &reader, meaning.known)
}

/// What is no object and no array, by the way to it, for those who inspect a file.
fn list(table: &Table<'_, '_>, input: &Input<'_>, reader: &Reader<&Input<'_>>, trail: &Trail, token: &Token) -> Result<(), Stop> {
    let text = match token.kind {
        Kind::String => {
            let text = reader.text();
            text[..text.floor_char_boundary(limits::SHOWN.min(text.len()))].to_owned()
        }
        Kind::Number | Kind::Bool(_) | Kind::Null => {
            let length = usize::try_from(token.length).unwrap_or(usize::MAX).min(limits::NUMBER);
            String::from_utf8_lossy(&read_up_to(input, token.at, length)?).into_owned()
        }
        _ => return Ok(()),
    };
    table.row(token.at, token.length, 0, &[&trail.path(), &text])
}

/// Where a string's characters lie; a decoded one is decoded again for whoever asks.
fn content(reader: &Reader<&Input<'_>>, token: &Token, mark: u64) -> Content<'static> {
    if reader.verbatim() { Content::Range(token.at + 1 + mark, token.length.saturating_sub(2 + mark)) } else { Content::Json(token.at) }
}

fn issues(input: &Input<'_>, reader: &Reader<&Input<'_>>, known: bool) -> Result<(), Failure> {
    let mut sound = true;
    // JSON with comments and the like are nobody's fault where the file is no model's. What ends before its end is no dialect.
    let known = known || reader.issues().list().iter().filter(|issue| issue.code.is_fault()).all(|issue| issue.code == Code::Truncated);
    for issue in reader.issues().list() {
        let code = match issue.code {
            Code::DuplicateKey => "duplicate-name",
            Code::Depth => "limit-depth",
            code if !code.is_fault() => continue,
            Code::Truncated | Code::Empty => "truncated",
            _ => "invalid",
        };
        sound &= !issue.code.is_fault();
        if known {
            anomaly(input, code, issue)?;
        }
    }
    if sound || !known { Ok(()) } else { Err(Failure::Malformed) }
}

fn anomaly(input: &Input<'_>, code: &str, issue: &weighbridge_parse_json::Issue) -> Result<(), Stop> {
    let fact = Fact::anomaly(code).text("detail", issue.code.as_str()).text("expected", issue.expected);
    let fact = if issue.code == Code::DuplicateKey { fact.text("target", &issue.found) } else { fact.text_if("found", &issue.found) };
    input.emit(&fact.at(issue.at, 0))?;
    Ok(())
}
