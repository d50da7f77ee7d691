//! TFLite models as JSON, as `flatc --strict-json` writes and reads them.
//!
//! The keys are the names of the fields in <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs>.

use super::FLEX;
use crate::limits;
use crate::report::Report;
use std::collections::BTreeSet;
use weighbridge_parse_json::{Kind, Reader, Trail};
use weighbridge_sdk::{Fact, Failure, Input, Span, Stop};

/// Whether it has the keys of one: operators alone are in other files too.
pub(crate) fn is_lite_json(input: &Input<'_>) -> Result<bool, Stop> {
    Ok(weighbridge_parse_json::keys(input, ["operator_codes", "subgraphs"])? == Some([true, true]))
}

/// ```text
/// { "version": 3, "operator_codes": [{ "builtin_code": "CUSTOM", "custom_code": "FlexReadFile" }], "subgraphs": [{ "operators": […] }],
///   "description": …, "buffers": [{ "data": […] }], "metadata": … }
/// ```
pub(crate) fn scan(input: &Input<'_>) -> Result<(), Failure> {
    let mut report = Report::new(input);
    let mut reader = Reader::new(input);
    let mut trail = Trail::new();
    let mut told = BTreeSet::new();
    loop {
        let token = reader.next()?;
        trail.follow(&token, reader.text());
        let span = Span::new(token.at, token.end());
        match token.kind {
            Kind::End => break,
            Kind::String => match (trail.above(0), trail.above(1)) {
                (Some("custom_code"), Some("operator_codes")) => {
                    let name = reader.text();
                    let name = &name[..name.floor_char_boundary(limits::NAME.min(name.len()))];
                    if told.len() < limits::FUNCTIONS && told.insert(name.to_owned()) {
                        let (domain, op) = name.strip_prefix(FLEX).map_or(("custom", name), |op| ("flex", op));
                        let fact = Fact::new("operator").text("framework", "tflite").text("domain", domain).text("op", op);
                        input.emit(&fact.at(span.start, span.len()))?;
                    }
                }
                (key, above) => {
                    let text = reader.text();
                    let shown = &text[..text.floor_char_boundary(limits::VALUE.min(text.len()))];
                    if (key, above) == (Some("description"), None) {
                        report.metadata("tflite.description", shown, text.len() as u64, span)?;
                    }
                    if weighbridge_parse_strings::could_be_code(shown) {
                        let fact = Fact::new("text").text("role", "metadata").text_cut("value", shown, text.len() as u64);
                        input.emit(&fact.at(span.start, span.len()))?;
                    }
                }
            },
            _ => {}
        }
    }
    for issue in reader.issues().list().iter().filter(|issue| issue.code.is_fault()) {
        report.broken(issue.code.anomaly().unwrap_or("invalid"), issue.code.as_str(), issue.expected, &issue.found, issue.at)?;
    }
    report.finish()
}
