//! The model as JSON.

use crate::limits;
use crate::model::{Model, Value};
use weighbridge_parse_json::{Kind, Limits, Reader};
use weighbridge_sdk::{Fact, Failure, Input, ReadAt, Region};

pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut reader = Reader::with(input, 0, u64::MAX, Limits { text: limits::TEXT, ..Limits::default() });
    let mut model = Model::new(input);
    loop {
        let token = reader.next()?;
        match token.kind {
            Kind::End => break,
            Kind::BeginObject | Kind::BeginArray => model.begin(token.at),
            Kind::EndObject | Kind::EndArray => model.end(token.end())?,
            Kind::Key => model.key(reader.text(), token.at)?,
            Kind::String => model.value(Value::Text(reader.text(), reader.text_len()), token.at)?,
            Kind::Number => {
                let number = reader.text().parse().unwrap_or(f64::NAN);
                model.value(Value::Number(number), token.at)?;
            }
            Kind::Bool(_) | Kind::Null => model.value(Value::Other, token.at)?,
        }
    }
    model.finish(reader.end())?;
    input.region(Region::Structure, 0, input.size())?;
    for (code, issue) in reader.issues().anomalies() {
        input.emit(&Fact::anomaly(code).text("expected", issue.expected).text("found", &issue.found).at(issue.at, 0))?;
    }
    if reader.issues().faults() > 0 {
        return Err(Failure::Malformed);
    }
    if model.is_cut() { Err(Failure::Unsupported) } else { Ok(()) }
}
