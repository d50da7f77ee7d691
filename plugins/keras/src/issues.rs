//! What is wrong with the JSON, as facts.

use crate::limits;
use weighbridge_parse_json::{Code, Issues};
use weighbridge_sdk::{Fact, Input, ReadAt, Stop};

/// Says it; the answer is whether a loader reads the file to its end.
pub(crate) fn report(input: &Input<'_>, issues: &Issues) -> Result<bool, Stop> {
    let mut duplicates = 0;
    for issue in issues.list() {
        let code = match issue.code {
            Code::Truncated | Code::Empty => "truncated",
            Code::TrailingData => "trailing-data",
            Code::Depth => "limit-depth",
            Code::DuplicateKey if duplicates < limits::DUPLICATES => {
                duplicates += 1;
                "duplicate-name"
            }
            code if code.is_fault() => "invalid",
            // What Python's reader takes without a word.
            _ => continue,
        };
        let fact = Fact::anomaly(code).text("detail", issue.code.as_str()).text_if("expected", issue.expected).text_if("found", &issue.found);
        input.emit(&fact.at(issue.at.min(input.size()), 0))?;
    }
    Ok(issues.faults() > 0)
}
