//! Programs of PaddlePaddle 3: blocks of operators as JSON.
//!
//! Writer: <https://github.com/PaddlePaddle/Paddle/tree/develop/paddle/fluid/pir/serialize_deserialize>.
//!
//! ```text
//! { "base_code": { "magic": "pir", "version", … }, "program": { "regions": [ { "blocks": [ { "ops": [operator, …] } ] } ] } }
//! operator  = { "#": "<dialect>.<name>", "A": [attribute, …], "I": inputs, "O": outputs, …, and regions of its own }
//! attribute = { "N": name, "AT": { "#": "<dialect>.<type>", "D": value } }
//! ```

use crate::limits;
use weighbridge_parse_json::{self as json, Kind, Limits, Reader, Trail};
use weighbridge_parse_strings::{could_be_code, leads_out};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region, Stop};

/// Whether a document is a program.
pub(crate) fn is(input: &Input<'_>) -> Result<bool, Stop> {
    Ok(json::keys(input, ["base_code", "program"])? == Some([true, true]))
}

/// An operator while it is read.
#[derive(Default)]
struct Operator {
    at: u64,
    end: u64,
    name: String,
    attribute: String,
    args: Vec<String>,
}

impl Operator {
    fn say(&mut self, input: &Input<'_>) -> Result<(), Stop> {
        if self.name.is_empty() {
            return Ok(());
        }
        let fact = Fact::new("operator").text("framework", "paddle").text("domain", "").text("op", &self.name);
        let fact = if self.args.is_empty() { fact } else { fact.texts("args", &self.args, 0) };
        input.emit(&fact.at(self.at, self.end.saturating_sub(self.at)))?;
        *self = Operator::default();
        Ok(())
    }
}

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut reader = Reader::with(input, 0, u64::MAX, Limits { text: limits::TEXT, ..Limits::default() });
    let mut trail = Trail::new();
    let mut open = Operator::default();
    let (mut operators, mut texts) = (0u64, 0);
    loop {
        let token = reader.next()?;
        if token.kind == Kind::End {
            break;
        }
        trail.follow(&token, reader.text());
        if token.kind != Kind::String {
            continue;
        }
        let text = reader.text();
        let key = trail.key().or(trail.above(0)).unwrap_or("");
        match (key, trail.above(1)) {
            ("#", Some("ops")) => {
                open.say(input)?;
                operators += 1;
                // The dialect stands in front as a number.
                let name =
                    text.split_once('.').filter(|(dialect, _)| dialect.bytes().all(|byte| byte.is_ascii_digit())).map_or(text, |(_, name)| name);
                open = Operator { at: token.at, end: token.end(), name: name.to_owned(), ..Operator::default() };
            }
            ("N", _) => open.attribute = text[..text.floor_char_boundary(limits::NAME.min(text.len()))].to_owned(),
            ("D", _) if open.args.len() < limits::ARGUMENTS => {
                let value = &text[..text.floor_char_boundary(limits::NAME.min(text.len()))];
                open.args.push(format!("{}={value}", open.attribute));
                if open.attribute.ends_with("path") && leads_out(text) {
                    let fact = Fact::anomaly("outside-root").text("detail", "a file that an operator reads or writes").text("target", value);
                    input.emit(&fact.at(token.at, token.length))?;
                }
            }
            _ => {}
        }
        if could_be_code(text) && key != "#" {
            texts += 1;
            if texts <= limits::TEXTS {
                let fact = Fact::new("text").text("role", "parameter").text_cut("value", text, reader.text_len());
                input.emit(&fact.at(token.at, token.length))?;
            }
        }
    }
    open.say(input)?;
    input.region(Region::Structure, 0, input.size())?;
    let count = operators.to_string();
    input.emit(&Fact::new("metadata").text("key", "paddle.operators").text("value", &count).at(0, 0))?;
    for (code, issue) in reader.issues().anomalies() {
        input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
    }
    if reader.issues().faults() > 0 {
        return Err(Failure::Malformed);
    }
    if texts > limits::TEXTS {
        let found = format!("{} more", texts - limits::TEXTS);
        input.emit(&Fact::anomaly("limit-facts").text("detail", "texts that were not handed on").text("found", &found).at(0, 0))?;
        return Err(Failure::Unsupported);
    }
    Ok(())
}
